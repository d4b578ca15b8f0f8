//! What of it hurts the app: the findings, and the setups that are healthy.

use std::time::Duration;

use super::{BOTH, IPV4_ALONE, addresses, told};
use crate::finding::{Finding, Severity};
use crate::findings::runtimes::{MODELS, judge};
use crate::findings::{Context, RUNTIMES};
use crate::outcome::{Evidence, Families, Resolved};
use crate::url::{Endpoint, Host};

fn found(text: &str, clients: &[&'static str]) -> Vec<Finding> {
    found_with("", text, clients)
}

/// The same where pilotfish has these `NODE_OPTIONS`.
fn found_with(node_options: &str, text: &str, clients: &[&'static str]) -> Vec<Finding> {
    let survey = addresses(text);
    let evidence = Evidence { survey, families: Some(BOTH), resolved: vec![name()], ..Evidence::default() };
    judge(&evidence, Context { clients, node_options, ..Context::default() }).0
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
        "3 of 6 addresses of db answer after 310ms to 312ms, but Node 20, 22 and 24 give each address except the last \
         250ms, and the last address, [2600::6]:5432, has no route here (ENETUNREACH), so they fail after 780ms with \
         ETIMEDOUT"
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
        "1 of 2 addresses of db answers after 900ms, but Node 22 and 26 give each address except the last 250ms, in \
         Node 25.2 and later 500ms, and the last address, [2600::2]:5432, has no route here (ENETUNREACH), so they \
         fail after 260ms with ETIMEDOUT"
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
        "find out why that address does not answer, or remove it from the name; until then, give the app's client a connect \
         timeout (libpq: connect_timeout=3)"
    );
    assert!(found("v4 B, v4 3", &["libpq"])[0].fix.ends_with(
        "; until then, libpq: connect_timeout=3 in the connection string or PGCONNECT_TIMEOUT=3, which applies to \
         each address"
    ));
    let private = found("v4 3, v6 B to fd09::2 from fd09::1", &["libpq"]);
    assert_eq!(private.len(), 1);
    assert!(private[0].message.contains("libpq in images with glibc (Debian) waits without a timeout"), "{private:?}");
}

/// The order of a name server is another one the next time, that of a hosts file is not.
#[test]
fn a_dead_address_behind_a_good_one() {
    let of = |text: &str, clients: &[&'static str], queries: usize| {
        let queries = vec![crate::findings::testing::query("db.", "A", "NOERROR", 2); queries];
        let evidence = Evidence { survey: addresses(text), families: Some(BOTH), queries, ..Evidence::default() };
        judge(&evidence, Context { clients, ..Context::default() }).0
    };
    let [dead] = of("v4 3, v4 B, v4 4", &[], 1).try_into().unwrap();
    assert_eq!(dead.code, "address_dead");
    assert!(dead.message.starts_with("of the 3 addresses, 203.0.113.2:5432 does not answer"), "{}", dead.message);
    assert!(dead.message.ends_with("if the name server returns it first (this time it did not)"), "{}", dead.message);
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
    assert!(cut.message.contains("Node 24 in images with musl (Alpine) gives each"), "{}", cut.message);
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
    assert!(cut.message.contains("Node 20, 22 and 24 in images with musl (Alpine) give each"), "{}", cut.message);
    assert_eq!(of(BOTH)[0].severity, Severity::Error, "it has IPv4, and no way to that address");
    let no_address = told("node@20", "v4 U", Families { ipv4: false, ..BOTH }).scenarios;
    assert!(
        no_address.iter().any(|scenario| scenario.measured.is_empty())
            && no_address.iter().any(|scenario| !scenario.measured.is_empty())
    );
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
        short[0].message.contains("Node 20, 22, 24, 25.2 and 26 give each address except the last 300ms, and"),
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
    assert_eq!(dead.fix, "let the server listen on that address too, or remove it from the name");
}

/// The limit in the URL or the environment ends libpq's waiting.
#[test]
fn a_connect_timeout_that_is_set_is_known() {
    use crate::findings::Reading;
    let of = |url: &str, pg_connect_timeout: &str| {
        let origin = String::new();
        let text = crate::secret::Secret::new(url.to_owned());
        let reading = Reading { key: "url", variable: None, is_template: false, origin, text };
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
    assert_eq!(fix, "find out why that address does not answer, or remove it from the name", "it is not advised again");
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
        dead.message.starts_with("of the 3 addresses of db, 203.0.113.1:5432 does not answer for 3s; "),
        "{}",
        dead.message
    );
    assert!(dead.message.contains("; Node 18, Go, asyncio, libpq, psycopg 3, Java, curl and tokio wait without a timeout, Python connects only after 5.0s"), "{}", dead.message);
}

/// Who fails in the order of this time does so not only in that of another time.
#[test]
fn whom_the_order_of_this_time_hurts_is_not_told_of_the_next() {
    let queries = vec![crate::findings::testing::query("db.", "A", "NOERROR", 2)];
    let survey = addresses("v4 R, v6 3, v6 B");
    let evidence = Evidence { survey, families: Some(BOTH), queries, resolved: vec![name()], ..Evidence::default() };
    let [next] = judge(&evidence, Context::default()).0.try_into().unwrap();
    assert!(
        next.message.starts_with("of the 3 addresses of db, [2600::3]:5432 does not answer for 3s; [2600::2]"),
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
    let judged = judge(&none, Context { endpoints: &[], readings: &[], clients: &["node@20"], ..Context::default() });
    assert_eq!(judged, (Vec::new(), Vec::new()), "nothing was measured, nothing is told");
}

#[test]
fn every_runtime_has_a_model_and_nothing_but_what_is_asked_for_is_told() {
    let names: Vec<&str> = MODELS.iter().map(|model| model.name).collect();
    assert_eq!(names, RUNTIMES);
    let evidence = Evidence { survey: addresses("v4 3"), families: Some(BOTH), ..Evidence::default() };
    let told = |clients| {
        let (_, predictions) =
            judge(&evidence, Context { endpoints: &[], readings: &[], clients, ..Context::default() });
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
    let (_, told) = judge(&evidence, Context { endpoints: &[], readings: &[], clients: &["go"], ..Context::default() });
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].error.as_deref(), Some("two: dial tcp 203.0.113.2:5432: connect: connection refused"));
}
