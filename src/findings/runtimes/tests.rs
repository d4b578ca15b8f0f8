//! The golden vectors: what the real runtimes did with these addresses, in the order in which their resolver gave them.

use std::net::IpAddr;
use std::time::Duration;

use super::leg::Leg;
use super::order::{Library, arrange};
use super::walk::Lean;
use super::{MODELS, Told, foretell, go, judge};
use crate::finding::{Finding, Predicted, Prediction, Severity};
use crate::findings::{Context, RUNTIMES};
use crate::outcome::{Evidence, Ipv6, Resolved, Surveyed, TryResult};
use crate::url::{Endpoint, Host};

const BOTH: Ipv6 = Ipv6 { loopback: true, elsewhere: true };

/// `v4 310` connects after that many milliseconds, `v6 U` has no route, `B` is silent, `R` refuses. A source may follow:
/// `v6 B from fd09::1`, and a target: `v6 B to fd09::2`.
fn addresses(text: &str) -> Vec<Surveyed> {
    let mut seen: Vec<Surveyed> = Vec::new();
    for (number, part) in text.split(", ").enumerate() {
        let words: Vec<&str> = part.split(' ').collect();
        let after = |key: &str| {
            let at = words.iter().position(|word| *word == key)?;
            Some(words[at + 1].parse::<IpAddr>().unwrap())
        };
        let v4 = words[0] == "v4";
        let usual = if v4 { format!("203.0.113.{}", number + 1) } else { format!("2600::{}", number + 1) };
        let ip = after("to").unwrap_or_else(|| usual.parse().unwrap());
        let ms = Duration::from_millis;
        let (result, errno, duration) = match words[1] {
            "U" => (TryResult::NetworkUnreachable, Some(101), Duration::ZERO),
            "R" => (TryResult::Refused, Some(111), ms(1)),
            "B" => (TryResult::Cut, None, ms(3000)),
            "?" => (TryResult::NotTried, None, Duration::ZERO),
            number => (TryResult::Connected, None, ms(number.parse().unwrap())),
        };
        let own = if v4 { "10.9.0.1" } else { "2600:1::1" };
        let source = after("from").or_else(|| (result != TryResult::NetworkUnreachable).then(|| own.parse().unwrap()));
        seen.push(Surveyed { host: None, address: (ip, 5432).into(), result, errno, duration, source });
    }
    seen
}

fn legs(text: &str) -> Vec<Leg> {
    addresses(text).iter().map(Leg::new).collect()
}

/// What the runtime does with addresses in this very order: `ok 319`, `fails 264 ETIMEDOUT`, `hangs`.
fn ends(runtime: &str, text: &str) -> String {
    let model = MODELS.iter().find(|model| model.name == runtime).unwrap();
    let ended = go(model.manner, &legs(text), Lean::Late);
    let after = ended.after.unwrap_or_default().as_millis();
    match ended.result {
        Predicted::Connects => format!("ok {after}"),
        Predicted::Fails => format!("fails {after} {}", ended.errors.first().unwrap().1.name),
        Predicted::Hangs => "hangs".to_owned(),
        Predicted::Unknown => "unknown".to_owned(),
        Predicted::Borderline => unreachable!("of one walk"),
    }
}

/// Compares with a measured `ok 264-270`, `fails 264-270 ETIMEDOUT`: 30 ms more or less are allowed.
#[track_caller]
fn measured(runtimes: &[&str], text: &str, expected: &str) {
    for runtime in runtimes {
        let got = ends(runtime, text);
        let (got_words, words): (Vec<&str>, Vec<&str>) = (got.split(' ').collect(), expected.split(' ').collect());
        assert_eq!(got_words.len(), words.len(), "{runtime} with {text}: {got}, measured {expected}");
        for (got_word, word) in got_words.iter().zip(&words) {
            match (got_word.parse::<i64>(), word.split_once('-').unwrap_or((word, word))) {
                (Ok(ms), (from, to)) => {
                    let (from, to): (i64, i64) = (from.parse().unwrap(), to.parse().unwrap());
                    assert!((from - 30..=to + 30).contains(&ms), "{runtime} with {text}: {got}, measured {expected}");
                }
                _ => assert_eq!(got_word, word, "{runtime} with {text}"),
            }
        }
    }
}

const OLDER: &[&str] = &["node@20", "node@22", "node@24"];
const NEWER: &[&str] = &["node@25", "node@26"];
const NODE_18: &[&str] = &["node@18"];

#[test]
fn node_golden_vectors() {
    measured(OLDER, "v4 310", "ok 319");
    measured(NEWER, "v4 310", "ok 319");
    measured(NODE_18, "v4 310", "ok 319");

    measured(OLDER, "v4 310, v6 U", "fails 264-270 ETIMEDOUT");
    measured(NEWER, "v4 310, v6 U", "ok 324");
    measured(NODE_18, "v4 310, v6 U", "ok 322");

    let six = "v4 310, v4 310, v4 310, v6 U, v6 U, v6 U";
    measured(OLDER, six, "fails 769-790 ETIMEDOUT");
    measured(NEWER, six, "ok 328");
    measured(NODE_18, six, "ok 315");

    measured(OLDER, "v4 310, v4 310, v4 310", "ok 821-833");
    measured(NEWER, "v4 310, v4 310, v4 310", "ok 326");
    measured(NODE_18, "v4 310, v4 310, v4 310", "ok 317");

    let v6_first = "v6 U, v6 U, v6 U, v4 310, v4 310, v4 310";
    measured(OLDER, v6_first, "ok 828");
    measured(NEWER, v6_first, "ok 325");

    measured(OLDER, "v6 B, v4 310", "ok 575");
    measured(NEWER, "v6 B, v4 310", "ok 825");
    measured(NODE_18, "v6 B, v4 310", "hangs");

    let blackholed = "v6 B, v6 B, v6 B, v4 310, v4 310, v4 310";
    measured(OLDER, blackholed, "ok 1583");
    measured(NEWER, blackholed, "ok 850");
    measured(NODE_18, blackholed, "hangs");

    measured(OLDER, "v4 B, v6 B", "hangs");
    measured(NEWER, "v4 B, v6 B", "hangs");

    measured(OLDER, "v4 14, v6 B", "ok 14");
    measured(NEWER, "v4 14, v6 B", "ok 14");
    measured(NODE_18, "v4 14, v6 B", "ok 14");

    measured(OLDER, "v4 1350, v6 U", "fails 262 ETIMEDOUT");
    measured(NEWER, "v4 1350, v6 U", "fails 515 ETIMEDOUT");
    measured(NODE_18, "v4 1350, v6 U", "ok 1351");
}

#[test]
fn node_errors_stand_in_the_order_of_the_attempts() {
    let told = predicted("node@24", "v4 310, v4 310, v6 U, v6 U");
    assert_eq!(
        told.error.unwrap(),
        "AggregateError [ETIMEDOUT]: ETIMEDOUT 203.0.113.1:5432, ENETUNREACH [2600::3]:5432, \
         ETIMEDOUT 203.0.113.2:5432, ENETUNREACH [2600::4]:5432"
    );
    assert_eq!(
        predicted("node@24", "v4 R, v6 U").error.unwrap().split(':').next().unwrap(),
        "AggregateError [ECONNREFUSED]"
    );
    assert_eq!(predicted("node@24", "v4 R").error.unwrap(), "connect ECONNREFUSED 203.0.113.1:5432");
    let silent = predicted("node@20", "v4 B, v6 B");
    assert!(silent.error.unwrap().contains("UND_ERR_CONNECT_TIMEOUT"));
}

#[test]
fn other_runtimes_golden_vectors() {
    let (unroutable, blackholed) = ("v6 U, v4 310", "v6 B, v4 310");
    measured(OLDER, "v4 310, v6 U", "fails 264-270 ETIMEDOUT");
    measured(&["go"], unroutable, "ok 311");
    measured(&["go"], blackholed, "ok 612");
    measured(&["curl"], unroutable, "ok 310");
    measured(&["curl"], blackholed, "ok 510");
    measured(&["python"], unroutable, "ok 315");
    measured(&["python"], blackholed, "ok 5315");
    measured(&["python"], "v6 B, v6 B, v6 B, v4 310", "ok 15300");
    measured(&["python-asyncio"], unroutable, "ok 315");
    measured(&["python-asyncio"], blackholed, "hangs");
    measured(&["python-anyio"], unroutable, "ok 335");
    measured(&["python-anyio"], blackholed, "ok 570-590");
    measured(&["libpq", "psycopg3", "tokio"], unroutable, "ok 315");
    measured(&["libpq", "psycopg3", "tokio"], blackholed, "hangs");
    measured(&["jvm"], "v4 310, v6 U", "ok 330");
    measured(&["jvm"], blackholed, "ok 330");
    for runtime in RUNTIMES {
        let code = ends(runtime, "v4 R, v6 R");
        assert!(code.starts_with("fails ") && code.ends_with(" ECONNREFUSED"), "{runtime}: {code}");
    }
}

#[test]
fn the_last_error_is_the_one_that_some_show() {
    let last = |runtime| predicted(runtime, "v4 R, v6 U").error.unwrap();
    assert_eq!(last("tokio"), "Network is unreachable (os error 101)");
    assert_eq!(last("python"), "OSError: [Errno 101] Network is unreachable (ENETUNREACH)");
    assert_eq!(last("go"), "dial tcp 203.0.113.1:5432: connect: connection refused");
    assert_eq!(last("jvm"), "java.net.ConnectException: Connection refused");
    assert!(last("psycopg3").ends_with("2600::2, port 5432 failed: Network is unreachable"), "{}", last("psycopg3"));
    let refused = predicted("psycopg3", "v4 R").error.unwrap();
    assert!(refused.contains("failed: server closed the connection unexpectedly (so it calls: Connection refused)"));
    assert!(
        last("libpq").contains("203.0.113.1, port 5432 failed: Connection refused, connection to server at 2600::2")
    );
}

/// The order of a library, as the numbers of the addresses.
fn order(library: Library, text: &str) -> String {
    let legs = legs(text);
    let arranged = arrange(&legs, library, None);
    let number = |leg: &Leg| legs.iter().position(|one| one == leg).unwrap() + 1;
    arranged.iter().map(|leg| number(leg).to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn orders_of_the_libraries() {
    const ALL: [Library; 3] = [Library::Glibc, Library::Musl, Library::Go];
    for library in ALL {
        assert_eq!(order(library, "v6 U, v4 1"), "2 1", "{library:?}: no route is last");
        assert_eq!(order(library, "v4 1, v6 1"), "2 1", "{library:?}: global to global is IPv6 first");
        assert_eq!(order(library, "v4 1, v4 1, v6 U, v6 U"), "1 2 3 4", "{library:?}");
        let from_private = "v6 B from fd09::1, v4 1";
        assert_eq!(order(library, from_private), "2 1", "{library:?}: a private source for a global address");
        let loopback = "v4 1 to 127.0.0.1 from 127.0.0.1, v6 1 to ::1 from ::1";
        assert_eq!(order(library, loopback), "2 1", "{library:?}: localhost is ::1 first");
    }
    let private = "v4 1, v6 B to fd09::2 from fd09::1";
    assert_eq!(order(Library::Glibc, private), "2 1", "the precedences of RFC 3484");
    assert_eq!(order(Library::Musl, private), "1 2");
    assert_eq!(order(Library::Go, private), "1 2");
    // The longest prefix that source and target share, of IPv6 addresses only; musl knows IPv4 by its mapped form too.
    let near = "v6 1 to 2600:9::1, v6 1 to 2600:1::2";
    assert_eq!(order(Library::Glibc, near), "2 1");
    let near = "v4 1 to 192.0.2.1, v4 1 to 10.9.0.7, v6 U";
    assert_eq!(order(Library::Glibc, near), "1 2 3");
    assert_eq!(order(Library::Go, near), "1 2 3");
    assert_eq!(order(Library::Musl, near), "2 1 3");
    assert_eq!(order(Library::Musl, "v4 1 to 192.0.2.1, v4 1 to 10.9.0.7"), "1 2", "IPv4 alone is not sorted");
}

#[test]
fn configured_families_only() {
    let legs = legs("v4 310, v6 U");
    let left = |library, loopback, elsewhere| arrange(&legs, library, Some(Ipv6 { loopback, elsewhere })).len();
    assert_eq!(left(Library::Glibc, true, true), 2, "a link-local address is enough");
    assert_eq!(left(Library::Glibc, true, false), 1);
    assert_eq!(left(Library::Musl, true, false), 2, "::1 is enough");
    assert_eq!(left(Library::Musl, false, false), 1);
    let loopback = super::tests::legs("v4 1 to 127.0.0.1 from 127.0.0.1, v6 1 to ::1 from ::1");
    let left = arrange(&loopback, Library::Glibc, Some(Ipv6 { loopback: true, elsewhere: false }));
    assert_eq!(left.len(), 2, "a pod of loopback alone asks for both");
}

fn told(runtime: &str, text: &str, ipv6: Ipv6) -> Told {
    let model = MODELS.iter().find(|model| model.name == runtime).unwrap();
    foretell(model, &legs(text), ipv6)
}

fn predicted(runtime: &str, text: &str) -> Prediction {
    told(runtime, text, BOTH).prediction
}

#[test]
fn near_a_limit_is_said_to_be_near() {
    for ms in [236, 250, 264] {
        let near = predicted("node@20", &format!("v4 {ms}, v6 U"));
        assert_eq!(near.result, Predicted::Borderline, "{ms}");
        assert!(
            near.error.unwrap().starts_with("within 15 ms of its limit of 250ms per address: connects after"),
            "{ms}"
        );
        assert!(near.cure.is_some());
    }
    assert_eq!(predicted("node@20", "v4 234, v6 U").result, Predicted::Connects);
    assert_eq!(predicted("node@20", "v4 266, v6 U").result, Predicted::Fails);
    assert_eq!(predicted("node@20", "v4 250, v4 250").result, Predicted::Connects, "the last one has no limit");
    assert_eq!(predicted("node@26", "v4 505, v6 U").result, Predicted::Borderline);
}

#[test]
fn what_depends_on_the_image_is_said_so() {
    let only_loopback = Ipv6 { loopback: true, elsewhere: false };
    let told = told("node@20", "v4 310, v6 U", only_loopback).prediction;
    assert_eq!(told.result, Predicted::Borderline);
    let error = told.error.unwrap();
    assert!(
        error.starts_with("images with glibc (Debian): connects after 310ms; images with musl (Alpine): fails"),
        "{error}"
    );
    let none = Ipv6 { loopback: false, elsewhere: false };
    assert_eq!(super::tests::told("node@20", "v4 310, v6 U", none).prediction.result, Predicted::Connects);
}

#[test]
fn what_was_not_measured_is_unknown() {
    assert_eq!(predicted("node@20", "v4 ?, v6 U").result, Predicted::Unknown);
    assert_eq!(predicted("libpq", "v4 ?, v6 U").error.unwrap(), "203.0.113.1:5432 was not measured");
    assert_eq!(predicted("libpq", "v4 5, v6 U, v4 ?").result, Predicted::Connects, "it is not needed");
}

#[test]
fn cures_are_tried_out() {
    let cure = |runtime, text| predicted(runtime, text).cure.unwrap_or_default();
    let six = "v4 310, v4 310, v4 310, v6 U, v6 U, v6 U";
    assert_eq!(
        cure("node@20", six),
        "NODE_OPTIONS=--network-family-autoselection-attempt-timeout=1000 (Node 20.13 or later), or \
         NODE_OPTIONS=--no-network-family-autoselection, or Node 25.2 or later"
    );
    let slower = cure("node@26", "v4 900, v6 U");
    assert!(slower.starts_with("NODE_OPTIONS=--network-family-autoselection-attempt-timeout=2000, or "), "{slower}");
    assert!(!slower.contains("25.2"), "{slower}");
    assert_eq!(cure("node@20", "v4 R, v6 U"), "", "nothing of the client helps where nothing answers");
    assert_eq!(cure("node@20", "v4 3"), "");
    assert_eq!(cure("libpq", "v6 U, v4 3"), "", "it loses nothing");
    assert!(cure("libpq", "v6 B, v4 3").contains("connect_timeout=3"));
    assert!(cure("python-asyncio", "v6 B, v4 3").contains("happy_eyeballs_delay=0.25"));
    assert!(cure("node@18", "v6 B, v4 3").contains("ipv4first"));
    assert!(cure("node@18", "v4 B, v4 3").starts_with("Node 20"));
    assert!(cure("jvm", "v4 B, v6 3").contains("preferIPv6Addresses"));
}

fn found(text: &str, clients: &[&'static str]) -> Vec<Finding> {
    let resolved = Resolved { name: "db".to_owned(), family: 4, addresses: Vec::new() };
    let evidence =
        Evidence { survey: addresses(text), ipv6: Some(BOTH), resolved: vec![resolved], ..Evidence::default() };
    judge(&evidence, Context { kind: "tcp", endpoints: &[], readings: &[], clients, ..Context::default() }).0
}

fn codes(text: &str, clients: &[&'static str]) -> Vec<&'static str> {
    found(text, clients).iter().map(|finding| finding.code).collect()
}

#[test]
fn the_flagship() {
    let found = found("v4 310, v4 312, v4 311, v6 U, v6 U, v6 U", &[]);
    let [cut] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(cut.code, "node_connect_cut");
    assert_eq!(
        cut.message,
        "3 of 6 addresses of db answer after 310ms to 312ms, but Node 20, 22 and 24 cut each but the last off after 250ms, \
         and the last that they try, [2600::6]:5432, has no route here (ENETUNREACH): they fail after 780ms with ETIMEDOUT"
    );
    assert_eq!(
        cut.fix,
        "for the app, set NODE_OPTIONS=--network-family-autoselection-attempt-timeout=1000 (Node 20.13, 22.1 or later), or \
         NODE_OPTIONS=--no-network-family-autoselection, or Node 25.2 or later; --dns-result-order=ipv4first alone does not \
         help"
    );
}

#[test]
fn slower_than_every_node_waits() {
    let found = found("v4 900, v6 U", &["node@22", "node@26"]);
    assert_eq!(
        found[0].message,
        "1 of 2 addresses of db answers after 900ms, but Node 22 and 26 cut each but the last off after 250ms, from Node \
         25.2 on 500ms, and the last that they try, [2600::2]:5432, has no route here (ENETUNREACH): they fail after 260ms \
         with ETIMEDOUT"
    );
    assert!(!found[0].fix.contains("25.2"), "{}", found[0].fix);
}

#[test]
fn findings_where_something_is_wrong() {
    assert_eq!(codes("v4 310, v6 U", &["node@26"]), [""; 0]);
    assert_eq!(codes("v4 310, v6 U", &["node@24"]), ["node_connect_cut"]);
    assert_eq!(codes("v4 310, v6 B from fd09::1", &["node@24"]), ["node_connect_cut"], "it hangs on the last");
    assert_eq!(codes("v4 255, v6 U", &[]), ["node_connect_borderline"]);
    assert_eq!(codes("v6 B, v4 3", &[]), ["ipv6_dead"]);
    assert_eq!(codes("v4 B, v4 3", &["libpq"]), ["address_dead"]);
    assert_eq!(codes("v4 B, v4 3", &["python-anyio"]), [""; 0]);
    assert_eq!(codes("v4 R, v4 3", &["jvm"]), ["address_dead"]);
    let dead = &found("v4 B, v4 3", &[])[0];
    assert_eq!(
        dead.fix,
        "find out why that address does not answer, or take it out of the name; until then, give the app's client a connect \
         timeout (libpq: connect_timeout=3)"
    );
    assert!(found("v4 B, v4 3", &["libpq"])[0].fix.ends_with(
        "; until then, libpq: connect_timeout=3 in the connection \
         string or PGCONNECT_TIMEOUT=3: it counts for each address"
    ));
    let private = found("v4 3, v6 B to fd09::2 from fd09::1", &["libpq"]);
    assert_eq!(private.len(), 1);
    assert!(private[0].message.contains("libpq in images with glibc (Debian) waits for it"), "{private:?}");
}

/// The order of a name server is another one the next time, that of a hosts file is not.
#[test]
fn a_dead_address_behind_a_good_one() {
    let of = |text: &str, clients: &[&'static str], queries: usize| {
        let queries = vec![crate::findings::testing::query("db.", "A", "NOERROR", 2); queries];
        let evidence = Evidence { survey: addresses(text), ipv6: Some(BOTH), queries, ..Evidence::default() };
        judge(&evidence, Context { kind: "tcp", clients, ..Context::default() }).0
    };
    let [dead] = of("v4 3, v4 B, v4 4", &[], 1).try_into().unwrap();
    assert_eq!(dead.code, "address_dead");
    assert!(dead.message.starts_with("1 of 3 addresses does not work: 203.0.113.2:5432 is silent"), "{}", dead.message);
    assert!(
        dead.message.ends_with("whenever the name server puts it first (this time it did not)"),
        "{}",
        dead.message
    );
    assert!(of("v4 3, v4 B", &[], 0).is_empty());
    // Those who try the next one at once lose nothing, and who tries one alone was not named.
    assert!(of("v4 3, v4 R", &[], 1).is_empty());
    assert_eq!(of("v4 3, v4 R", &["jvm"], 1).len(), 1);
    // Of another family, or not dialled: that is told elsewhere, or not known.
    assert!(of("v4 3, v6 B from fd09::1", &[], 1).is_empty() && of("v4 3, v4 ?", &[], 1).is_empty());
    assert!(of("v4 3, v6 U", &[], 1).is_empty() && of("v4 3, v6 4, v6 U", &[], 1).is_empty());
}

#[test]
fn where_the_image_decides_it_is_a_warning() {
    let evidence = Evidence {
        survey: addresses("v4 310, v6 U"),
        ipv6: Some(Ipv6 { loopback: true, elsewhere: false }),
        ..Evidence::default()
    };
    let (found, _) = judge(&evidence, Context { clients: &["node@24"], ..Context::default() });
    let [cut] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(cut.severity, Severity::Warning);
    assert!(cut.message.contains("Node 24 in images with musl (Alpine) cuts each"), "{}", cut.message);
}

#[test]
fn times_of_a_container_that_stood_still() {
    let of = |text: &str, stood: u64| {
        let pod = crate::pod::Pod { throttled: Some(Duration::from_millis(stood)), ..Default::default() };
        let evidence = Evidence { survey: addresses(text), ipv6: Some(BOTH), pod: Some(pod), ..Evidence::default() };
        let endpoints = [Endpoint { host: Host::parse("db").unwrap(), port: 5432 }];
        let context = Context { endpoints: &endpoints, ..Context::default() };
        let found = crate::findings::judge(None, &evidence, context).findings;
        found.iter().map(|finding| (finding.code, finding.severity)).collect::<Vec<_>>()
    };
    assert_eq!(of("v4 310, v6 U", 20), [("node_connect_cut", Severity::Error)]);
    let doubtful = [("node_connect_cut", Severity::Warning), ("cpu_throttled", Severity::Info)];
    assert_eq!(of("v4 310, v6 U", 120), doubtful);
    assert_eq!(of("v4 255, v6 U", 120), [("cpu_throttled", Severity::Info)]);
}

#[test]
fn healthy_setups_are_not_accused() {
    for text in [
        "v4 3",
        "v4 3, v4 4, v4 3",
        "v4 3, v6 U",
        "v4 310",
        "v4 310, v4 310, v4 310",
        "v4 3, v6 B from fd09::1",
        "v4 3, v6 4",
        "v4 1 to 127.0.0.1 from 127.0.0.1, v6 R to ::1 from ::1",
        "v6 1 to ::1 from ::1, v4 R to 127.0.0.1 from 127.0.0.1",
        "v4 R, v6 R",
        "v4 B",
        "v4 1350",
        "v4 3, v6 ?",
    ] {
        assert_eq!(codes(text, &[]), [""; 0], "{text}");
    }
    let none = Evidence::default();
    let judged = judge(
        &none,
        Context { kind: "tcp", endpoints: &[], readings: &[], clients: &["node@20"], ..Context::default() },
    );
    assert_eq!(judged, (Vec::new(), Vec::new()), "nothing was measured, nothing is told");
}

#[test]
fn every_runtime_has_a_model_and_nothing_but_what_is_asked_for_is_told() {
    let names: Vec<&str> = MODELS.iter().map(|model| model.name).collect();
    assert_eq!(names, RUNTIMES);
    let evidence = Evidence { survey: addresses("v4 3"), ipv6: Some(BOTH), ..Evidence::default() };
    let told = |clients| {
        let (_, predictions) =
            judge(&evidence, Context { kind: "tcp", endpoints: &[], readings: &[], clients, ..Context::default() });
        predictions.iter().map(|one| one.runtime).collect::<Vec<_>>()
    };
    assert_eq!(told(&["go", "jvm"]), ["go", "jvm"]);
    assert_eq!(told(&[]), RUNTIMES);
}

#[test]
fn of_several_hosts_the_worst_is_told() {
    let mut survey = addresses("v4 3, v4 R");
    survey[0].host = Some("one".to_owned());
    survey[1].host = Some("two".to_owned());
    let evidence = Evidence { survey, ipv6: Some(BOTH), ..Evidence::default() };
    let (_, told) = judge(
        &evidence,
        Context { kind: "tcp", endpoints: &[], readings: &[], clients: &["go"], ..Context::default() },
    );
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].error.as_deref(), Some("two: dial tcp 203.0.113.2:5432: connect: connection refused"));
}
