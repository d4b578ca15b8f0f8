//! The golden vectors: what the real runtimes did with these addresses, in the order in which their resolver gave them.

use std::net::IpAddr;
use std::time::Duration;

use super::leg::Leg;
use super::order::{Library, arrange};
use super::walk::Lean;
use super::{MODELS, Told, foretell, go, judge};
use crate::finding::{Finding, Predicted, Prediction, Severity};
use crate::findings::{Context, RUNTIMES};
use crate::outcome::{Evidence, Families, Resolved, Surveyed, TryResult};
use crate::url::{Endpoint, Host};

const BOTH: Families = Families { ipv4: true, ipv6: true, ipv6_loopback: true };
const IPV4_ALONE: Families = Families { ipv6: false, ..BOTH };

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

/// Measured: what the kernel knows at once has other words than what comes back.
#[test]
fn errors_in_the_words_of_each_runtime() {
    let error = |runtime, text| predicted(runtime, text).error.unwrap();
    assert_eq!(error("python-asyncio", "v6 U, v6 U"), "OSError: [Errno 101] Network is unreachable");
    assert_eq!(
        error("python-asyncio", "v4 R"),
        "ConnectionRefusedError: [Errno 111] Connect call failed ('203.0.113.1', 5432)"
    );
    assert_eq!(
        error("python-asyncio", "v4 R, v6 U"),
        "OSError: Multiple exceptions: [Errno 111] Connect call failed ('203.0.113.1', 5432), [Errno 101] Network is unreachable"
    );
    assert_eq!(error("python", "v4 B"), "TimeoutError: timed out");
    assert_eq!(error("python", "v4 R"), "ConnectionRefusedError: [Errno 111] Connection refused");
    assert_eq!(error("jvm", "v6 U"), "java.net.SocketException: Network is unreachable");
    assert!(error("psycopg3", "v6 U").ends_with("failed: Network is unreachable"));
}

#[test]
fn the_last_error_is_the_one_that_some_show() {
    let last = |runtime| predicted(runtime, "v4 R, v6 U").error.unwrap();
    assert_eq!(last("tokio"), "Network is unreachable (os error 101)");
    assert_eq!(last("python"), "OSError: [Errno 101] Network is unreachable");
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
    let left = |library, families| arrange(&legs, library, Some(families)).len();
    assert_eq!(left(Library::Glibc, BOTH), 2, "a link-local address is enough");
    assert_eq!(left(Library::Glibc, IPV4_ALONE), 1);
    assert_eq!(left(Library::Musl, IPV4_ALONE), 2, "::1 is enough");
    assert_eq!(left(Library::Musl, Families { ipv6_loopback: false, ..IPV4_ALONE }), 1);
    let ipv6_alone = Families { ipv4: false, ..BOTH };
    assert!(arrange(&legs, Library::Glibc, Some(ipv6_alone))[0].address.is_ipv6(), "a pod without IPv4");
    assert_eq!(left(Library::Glibc, ipv6_alone), 1);
    assert_eq!(left(Library::Musl, ipv6_alone), 2, "musl asks 127.0.0.1, which is always there");
    let loopback_alone = Families { ipv4: false, ..IPV4_ALONE };
    assert_eq!(left(Library::Glibc, loopback_alone), 2, "a pod of loopback alone asks for both");
}

fn told(runtime: &str, text: &str, families: Families) -> Told {
    let model = MODELS.iter().find(|model| model.name == runtime).unwrap();
    foretell(*model, &legs(text), Some(families))
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
    let told = told("node@20", "v4 310, v6 U", IPV4_ALONE).prediction;
    assert_eq!(told.result, Predicted::Borderline);
    let error = told.error.unwrap();
    assert!(
        error.starts_with("images with glibc (Debian): connects after 310ms; images with musl (Alpine): fails"),
        "{error}"
    );
    let none = Families { ipv6_loopback: false, ..IPV4_ALONE };
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
    assert!(cure("go", "v4 B, v4 3").contains("Timeout: 5 * time.Second"));
    assert!(
        cure("go", "v4 B, v4 B, v4 B, v4 3").contains("Timeout: 8 * time.Second"),
        "two seconds for each at the least"
    );
    assert!(cure("python-asyncio", "v6 B, v4 3").contains("happy_eyeballs_delay=0.25"));
    assert!(cure("node@18", "v6 B, v4 3").contains("ipv4first"));
    assert!(cure("node@18", "v4 B, v4 3").starts_with("Node 20"));
    assert!(cure("jvm", "v4 B, v6 3").contains("preferIPv6Addresses"));
}

fn found(text: &str, clients: &[&'static str]) -> Vec<Finding> {
    found_with("", text, clients)
}

/// The same where pilotfish has these `NODE_OPTIONS`.
fn found_with(node_options: &str, text: &str, clients: &[&'static str]) -> Vec<Finding> {
    let survey = addresses(text);
    let evidence = Evidence { survey, families: Some(BOTH), resolved: vec![name()], ..Evidence::default() };
    judge(&evidence, Context { kind: "tcp", clients, node_options, ..Context::default() }).0
}

fn name() -> Resolved {
    Resolved { name: "db".to_owned(), family: 4, addresses: Vec::new() }
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
    assert!(private[0].message.contains("libpq in images with glibc (Debian) waits without an end"), "{private:?}");
}

/// The order of a name server is another one the next time, that of a hosts file is not.
#[test]
fn a_dead_address_behind_a_good_one() {
    let of = |text: &str, clients: &[&'static str], queries: usize| {
        let queries = vec![crate::findings::testing::query("db.", "A", "NOERROR", 2); queries];
        let evidence = Evidence { survey: addresses(text), families: Some(BOTH), queries, ..Evidence::default() };
        judge(&evidence, Context { kind: "tcp", clients, ..Context::default() }).0
    };
    let [dead] = of("v4 3, v4 B, v4 4", &[], 1).try_into().unwrap();
    assert_eq!(dead.code, "address_dead");
    assert!(dead.message.starts_with("of the 3 addresses, 203.0.113.2:5432 is silent"), "{}", dead.message);
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
        families: Some(IPV4_ALONE),
        resolved: vec![name()],
        ..Evidence::default()
    };
    let (found, _) = judge(&evidence, Context { clients: &["node@24"], ..Context::default() });
    let [cut] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(cut.severity, Severity::Warning);
    assert!(cut.message.contains("Node 24 in images with musl (Alpine) cuts each"), "{}", cut.message);
}

/// glibc leaves IPv4 out where the pod has none, so that Node has one address, and no limit for it.
#[test]
fn a_pod_without_ipv4_does_not_cut_its_ipv6() {
    let of = |families| {
        let survey = addresses("v4 U, v6 310");
        let evidence = Evidence { survey, families: Some(families), resolved: vec![name()], ..Evidence::default() };
        judge(&evidence, Context::default()).0
    };
    let [cut] = of(Families { ipv4: false, ..BOTH }).try_into().unwrap();
    assert_eq!((cut.code, cut.severity), ("node_connect_cut", Severity::Warning));
    assert!(cut.message.contains("Node 20, 22 and 24 in images with musl (Alpine) cut each"), "{}", cut.message);
    assert_eq!(of(BOTH)[0].severity, Severity::Error, "it has IPv4, and no way to that address");
    let no_address = told("node@20", "v4 U", Families { ipv4: false, ..BOTH }).ways;
    assert!(no_address.iter().any(|way| way.legs.is_empty()) && no_address.iter().any(|way| !way.legs.is_empty()));
}

/// Of an address in place of a name no library is asked, and none leaves it out.
#[test]
fn an_address_in_place_of_a_name_is_dialled_as_it_is() {
    let evidence = Evidence { survey: addresses("v6 U"), families: Some(IPV4_ALONE), ..Evidence::default() };
    let (_, told) = judge(&evidence, Context { clients: &["node@24"], ..Context::default() });
    assert_eq!(told[0].error.as_deref(), Some("connect ENETUNREACH [2600::1]:5432"));
}

#[test]
fn a_pod_whose_node_options_hold_the_cure_is_not_accused() {
    let slow = "v4 310, v6 U";
    for cured in [
        "--network-family-autoselection-attempt-timeout=1000",
        "--max-old-space-size=200 --network-family-autoselection-attempt-timeout 1000 --enable-source-maps",
        "--no-network-family-autoselection",
    ] {
        assert!(found_with(cured, slow, &[]).is_empty(), "{cured}");
    }
    for not in ["--dns-result-order=ipv4first", "--network-family-autoselection-attempt-timeout=x", "--inspect"] {
        assert_eq!(found_with(not, slow, &[])[0].code, "node_connect_cut", "{not}");
    }
    assert!(
        found_with("--dns-result-order=ipv6first", slow, &[]).is_empty(),
        "the IPv4 address is the last, which is not cut"
    );
    let short = found_with("--network-family-autoselection-attempt-timeout=300", "v4 400, v6 U", &[]);
    assert!(
        short[0].message.contains("Node 20, 22, 24, 25.2 and 26 cut each but the last off after 300ms, and"),
        "{}",
        short[0].message
    );
    assert!(short[0].fix.contains("timeout=1000 ") && !short[0].fix.contains("or Node 25.2"), "{}", short[0].fix);
    let first = found_with("--no-network-family-autoselection", "v4 R, v4 3", &["node@24"]);
    assert!(first[0].fix.contains("Node 24: Node without --no-network-family-autoselection"), "{}", first[0].fix);
    assert!(found_with("--dns-result-order=ipv4first", "v6 R, v4 3", &["node@18"]).is_empty());
}

/// An app in a pod without IPv6 asks for IPv4 alone, also of localhost.
#[test]
fn a_limit_is_no_cure_for_a_refusal() {
    let survey = addresses("v4 R to 127.0.0.1 from 127.0.0.1, v6 1 to ::1 from ::1");
    let evidence = Evidence { survey, families: Some(IPV4_ALONE), resolved: vec![name()], ..Evidence::default() };
    let [dead] = judge(&evidence, Context::default()).0.try_into().unwrap();
    assert_eq!(dead.fix, "let the server listen on that address too, or take it out of the name");
}

/// The limit in the URL or the environment ends libpq's waiting.
#[test]
fn a_connect_timeout_that_is_set_is_known() {
    use crate::findings::Reading;
    let of = |url: &str, pg_connect_timeout: &str| {
        let origin = String::new();
        let reading = Reading { key: "url", variable: None, origin, text: crate::secret::Secret::new(url.to_owned()) };
        let readings = [reading];
        let survey = addresses("v4 B, v4 3");
        let evidence = Evidence { survey, families: Some(BOTH), resolved: vec![name()], ..Evidence::default() };
        let clients = &["libpq", "psycopg3"];
        let context = Context { clients, readings: &readings, pg_connect_timeout, ..Context::default() };
        judge(&evidence, context).1.iter().map(|one| one.after.map(|after| after.as_millis())).collect::<Vec<_>>()
    };
    assert_eq!(of("postgres://app:s3cret@db/app?connect_timeout=3", ""), [Some(3003), Some(3003)]);
    let limited = Context { clients: &["libpq"], pg_connect_timeout: "3", ..Context::default() };
    let survey = addresses("v4 B, v4 3");
    let evidence = Evidence { survey, families: Some(BOTH), ..Evidence::default() };
    let fix = &judge(&evidence, limited).0[0].fix;
    assert_eq!(fix, "find out why that address does not answer, or take it out of the name", "it is not advised again");
    assert_eq!(of("postgres://app:s3cret@db/app?connect_timeout=1", "9"), [Some(2003), Some(2003)], "its own least");
    assert_eq!(of("postgres://app:s3cret@db/app", "5"), [Some(5003), Some(5003)]);
    assert_eq!(of("postgres://app:s3cret@db/app?connect_timeout=0", ""), [None, None], "no limit");
    assert_eq!(of("host=db", "x"), [None, None]);
}

/// What is lost on a slow address that answers is not the fault of a dead one.
#[test]
fn a_slow_address_is_not_the_harm_of_a_dead_one() {
    assert!(found("v4 R, v4 1030, v4 3", &[]).is_empty());
    assert!(found("v4 1030, v4 3", &["libpq"]).is_empty());
    let dead = &found("v4 B, v4 3, v4 B", &[])[0];
    assert!(
        dead.message.starts_with("of the 3 addresses of db, 203.0.113.1:5432 is silent for 3s; "),
        "{}",
        dead.message
    );
    assert!(dead.message.contains("; Node 18, Go, asyncio, libpq, psycopg 3, Java, curl and tokio wait without an end of their own, Python connects only after 5.0s"), "{}", dead.message);
}

/// Who fails in the order of this time does so not only in that of another time.
#[test]
fn whom_the_order_of_this_time_hurts_is_not_told_of_the_next() {
    let queries = vec![crate::findings::testing::query("db.", "A", "NOERROR", 2)];
    let survey = addresses("v4 R, v6 3, v6 B");
    let evidence = Evidence { survey, families: Some(BOTH), queries, resolved: vec![name()], ..Evidence::default() };
    let [next] = judge(&evidence, Context::default()).0.try_into().unwrap();
    assert!(
        next.message.starts_with("of the 3 addresses of db, [2600::3]:5432 is silent for 3s; [2600::2]"),
        "{}",
        next.message
    );
    assert!(!next.message.contains("Java"), "{}", next.message);
}

#[test]
fn times_of_a_container_that_stood_still() {
    let of = |text: &str, stood: u64| {
        let pod = crate::pod::Pod { throttled: Some(Duration::from_millis(stood)), ..Default::default() };
        let evidence =
            Evidence { survey: addresses(text), families: Some(BOTH), pod: Some(pod), ..Evidence::default() };
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
    let evidence = Evidence { survey: addresses("v4 3"), families: Some(BOTH), ..Evidence::default() };
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
    let evidence = Evidence { survey, families: Some(BOTH), ..Evidence::default() };
    let (_, told) = judge(
        &evidence,
        Context { kind: "tcp", endpoints: &[], readings: &[], clients: &["go"], ..Context::default() },
    );
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].error.as_deref(), Some("two: dial tcp 203.0.113.2:5432: connect: connection refused"));
}
