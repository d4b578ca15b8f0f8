//! The golden vectors: what the real runtimes did with these addresses, in the order in which their resolver gave them.

use std::net::IpAddr;
use std::time::Duration;

use super::forecast::Forecast;
use super::measured_address::MeasuredAddress;
use super::model::MODELS;
use super::order::{Library, arrange};
use super::walk::TimerRace;

use crate::finding::{Predicted, Prediction};
use crate::findings::RUNTIMES;
use crate::outcome::{ConnectResult, Families, Surveyed};

mod findings;

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
            "U" => (ConnectResult::NetworkUnreachable, Some(101), Duration::ZERO),
            "R" => (ConnectResult::Refused, Some(111), ms(1)),
            "B" => (ConnectResult::Cut, None, ms(3000)),
            "?" => (ConnectResult::NotTried, None, Duration::ZERO),
            number => (ConnectResult::Connected, None, ms(number.parse().unwrap())),
        };
        let own = if v4 { "10.9.0.1" } else { "2600:1::1" };
        let source =
            after("from").or_else(|| (result != ConnectResult::NetworkUnreachable).then(|| own.parse().unwrap()));
        seen.push(Surveyed { host: None, address: (ip, 5432).into(), result, errno, duration, source });
    }
    seen
}

fn measured_addresses(text: &str) -> Vec<MeasuredAddress> {
    addresses(text).iter().map(MeasuredAddress::new).collect()
}

/// What the runtime does with addresses in this very order: `ok 319`, `fails 264 ETIMEDOUT`, `hangs`.
fn ends(runtime: &str, text: &str) -> String {
    let model = MODELS.iter().find(|model| model.name == runtime).unwrap();
    let ended = model.strategy.walk(&measured_addresses(text), TimerRace::Late);
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
    let measured = measured_addresses(text);
    let arranged = arrange(&measured, library, None);
    let number = |candidate: &MeasuredAddress| measured.iter().position(|one| one == candidate).unwrap() + 1;
    arranged.iter().map(|candidate| number(candidate).to_string()).collect::<Vec<_>>().join(" ")
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
    let measured = measured_addresses("v4 310, v6 U");
    let left = |library, families| arrange(&measured, library, Some(families)).len();
    assert_eq!(left(Library::Glibc, BOTH), 2, "a link-local address is enough");
    assert_eq!(left(Library::Glibc, IPV4_ALONE), 1);
    assert_eq!(left(Library::Musl, IPV4_ALONE), 2, "::1 is enough");
    assert_eq!(left(Library::Musl, Families { ipv6_loopback: false, ..IPV4_ALONE }), 1);
    let ipv6_alone = Families { ipv4: false, ..BOTH };
    assert!(arrange(&measured, Library::Glibc, Some(ipv6_alone))[0].address.is_ipv6(), "a pod without IPv4");
    assert_eq!(left(Library::Glibc, ipv6_alone), 1);
    assert_eq!(left(Library::Musl, ipv6_alone), 2, "musl asks 127.0.0.1, which is always there");
    let loopback_alone = Families { ipv4: false, ..IPV4_ALONE };
    assert_eq!(left(Library::Glibc, loopback_alone), 2, "a pod of loopback alone asks for both");
}

fn told(runtime: &str, text: &str, families: Families) -> Forecast {
    let model = MODELS.iter().find(|model| model.name == runtime).unwrap();
    Forecast::of(*model, &measured_addresses(text), Some(families))
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
