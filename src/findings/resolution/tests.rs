use super::judge;
use crate::cause::Cause;
use crate::finding::{Finding, Severity};
use crate::findings::Context;
use crate::findings::testing::{query, tried, with_queries};
use crate::outcome::{
    ConnectResult, Detail, Evidence, Facts, Fault, Pairs, Phase, Query, Resolved, SearchList, TlsDetail,
};
use crate::url::Endpoint;

const SHOP: &str = "shop.svc.cluster.local";
const SVC: &str = "svc.cluster.local";

/// The findings of these queries, after a walk through the whole list.
fn findings(queries: Vec<Query>) -> Vec<Finding> {
    judge(None, &with_queries(queries), Context { full_walk: true, ..Context::default() })
}

fn codes(queries: Vec<Query>) -> Vec<&'static str> {
    findings(queries).iter().map(|finding| finding.code).collect()
}

fn only(queries: Vec<Query>) -> Finding {
    let mut found = findings(queries);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// A question for a name through the cluster's search list, all of it unknown.
fn through_the_list(name: &str) -> Vec<Query> {
    [SHOP, SVC, "cluster.local"]
        .map(|suffix| query(&format!("{name}.{suffix}."), "A", "NXDOMAIN", 0).suffix(suffix))
        .into_iter()
        .collect()
}

#[test]
fn healthy_setups_are_not_accused() {
    let ok = |name: &str, record: &str, suffix: &str| query(name, record, "NOERROR", 1).suffix(suffix);
    let no = |name: &str, suffix: &str| query(name, "A", "NXDOMAIN", 0).suffix(suffix);
    for (what, queries) in [
        ("nothing was asked", vec![]),
        ("a Service of the namespace", vec![ok("db.shop.svc.cluster.local.", "A", SHOP)]),
        (
            "a Service of another namespace",
            vec![no("db.data.shop.svc.cluster.local.", SHOP), ok("db.data.svc.cluster.local.", "A", SVC)],
        ),
        ("a name with a final dot", vec![ok("api.example.com.", "A", "")]),
        (
            "one suffix too much",
            vec![no("api.example.com.corp.example.", "corp.example"), ok("api.example.com.", "A", "")],
        ),
        (
            "no AAAA",
            vec![
                ok("db.shop.svc.cluster.local.", "A", SHOP),
                query("db.shop.svc.cluster.local.", "AAAA", "NOERROR", 0),
            ],
        ),
        ("both families", vec![ok("api.example.com.", "A", ""), ok("api.example.com.", "AAAA", "")]),
        ("unknown", through_the_list("db")),
        (
            "a short answer, and TCP",
            vec![query("many.shop.", "A", "TRUNCATED", 0), query("many.shop.", "A", "NOERROR", 40).tcp()],
        ),
        (
            "a short name of the node's own domain",
            vec![no("jenkins.eng.shop.svc.cluster.local.", SHOP), ok("jenkins.eng.corp.example.", "A", "corp.example")],
        ),
        (
            "a short name with a region",
            vec![no("db.eu.shop.svc.cluster.local.", SHOP), ok("db.eu.corp.example.", "A", "corp.example")],
        ),
        (
            "autopath of CoreDNS",
            vec![ok("api.example.com.corp.example.", "A", "corp.example").alias("api.example.com")],
        ),
        (
            "two servers in turn",
            vec![
                ok("db.shop.", "A", "").from("10.0.0.2:53"),
                query("db.shop.", "AAAA", "NOERROR", 0).from("10.0.0.3:53"),
            ],
        ),
        ("all servers silent", vec![query("db.shop.", "A", "TIMEOUT", 0).took(1000)]),
    ] {
        assert_eq!(findings(queries), [], "{what}");
    }
}

#[test]
fn queries_wasted_on_the_search_list() {
    let mut queries = through_the_list("api.example.com");
    queries.push(query("api.example.com.", "A", "NOERROR", 1));
    let finding = only(queries.clone());
    assert_eq!(finding.code, "dns_search_wasted");
    assert_eq!(
        finding.message,
        "api.example.com was found only after 3 names of the search list were NXDOMAIN \
         (api.example.com.shop.svc.cluster.local. and so on), which takes 6ms of each lookup; an app that asks for A \
         and AAAA sends 6 useless queries"
    );
    assert_eq!(
        finding.fix,
        "set dnsConfig.options ndots to 2 for the pod, or write the name with a final dot (api.example.com.)"
    );
    assert!(
        judge(None, &with_queries(queries), Context::default()).is_empty(),
        "only a walk through it all is an app's"
    );
}

#[test]
fn a_search_list_on_which_musl_stops() {
    let hit = || query("db.data.svc.cluster.local.", "A", "NOERROR", 1).suffix(SVC);
    for (answer, error) in [
        (
            "SERVFAIL",
            "answered SERVFAIL before db.data.svc.cluster.local. was found: glibc continues with the next name, musl \
             (Alpine images) stops (EAI_AGAIN after 5 s)",
        ),
        ("NOERROR", "answered no address before"),
        ("REFUSED", "EAI_AGAIN"),
    ] {
        let finding = only(vec![query("db.data.shop.svc.cluster.local.", "A", answer, 0).suffix(SHOP), hit()]);
        assert_eq!(finding.code, "dns_search_stops_musl");
        assert!(finding.message.contains(error), "{finding:?}");
        assert_eq!(finding.fix, "write db.data.svc.cluster.local. instead of db.data");
    }
    // The second server knew: musl asks both at once.
    let twice = |answer| query("db.data.shop.svc.cluster.local.", "A", answer, 0).suffix(SHOP);
    let found = codes(vec![twice("SERVFAIL").from("10.0.0.2:53"), twice("NXDOMAIN").from("10.0.0.3:53"), hit()]);
    assert_eq!(found, ["dns_servers_differ"]);
    // With dots enough musl asks for the name alone.
    let finding = only(vec![
        query("db.data.", "A", "NXDOMAIN", 0),
        query("db.data.svc.cluster.local.", "A", "NOERROR", 1).suffix(SVC),
    ]);
    assert!(finding.message.starts_with("db.data. answered NXDOMAIN before"), "{finding:?}");
}

#[test]
fn a_suffix_that_answers_for_a_public_name() {
    let finding = only(vec![
        query("api.example.com.shop.svc.cluster.local.", "A", "NXDOMAIN", 0).suffix(SHOP),
        query("api.example.com.corp.example.", "A", "NOERROR", 1).suffix("corp.example"),
    ]);
    assert_eq!(finding.code, "dns_search_hijack");
    assert!(finding.message.contains("api.example.com was found as api.example.com.corp.example."), "{finding:?}");
    assert!(
        finding.fix.contains("api.example.com. with a final dot") && finding.fix.contains("ndots: 2"),
        "{finding:?}"
    );
}

/// The queries in a pod whose resolv.conf has this list.
fn with_list(list: SearchList, queries: Vec<Query>) -> Vec<Finding> {
    let evidence = Evidence { search_list: Some(list), ..with_queries(queries) };
    judge(None, &evidence, Context { full_walk: true, ..Context::default() })
}

fn list(suffixes: &[&str]) -> SearchList {
    let suffixes = suffixes.iter().map(|suffix| (*suffix).to_owned()).collect();
    SearchList { suffixes, ndots: 5, ..SearchList::default() }
}

#[test]
fn a_suffix_that_answers_for_a_service() {
    let caught = query("api.prod.svc.cluster.local.corp.example.", "A", "NOERROR", 1).suffix("corp.example");
    let of = |queries| with_list(list(&[SHOP, SVC, "cluster.local", "corp.example"]), queries);
    let found = of(vec![caught.clone()]);
    assert_eq!((found[0].code, found[0].severity), ("dns_search_hijack", Severity::Error), "{found:?}");
    assert!(found[0].message.ends_with("answers for that name, and the name itself was never looked up"), "{found:?}");
    let gone = query("api.prod.svc.cluster.local.", "A", "NXDOMAIN", 0);
    let found = of(vec![gone, caught]);
    let found = found.iter().find(|one| one.code == "dns_search_hijack").unwrap();
    assert!(found.message.ends_with("and the name itself does not exist (NXDOMAIN)"), "{found:?}");
}

/// musl was run with these files: it ignores the long line, and until 1.2.3 a `.` ended the lookup (musl 1e7fb12f,
/// k3s-io/k3s#6132).
#[test]
fn search_lists_that_musl_reads_otherwise() {
    let short = || vec![query("db.shop.svc.cluster.local.", "A", "NOERROR", 1).suffix(SHOP)];
    let long = SearchList { too_long_for_musl: Some(300), ..list(&[SHOP, SVC]) };
    let found = with_list(long.clone(), short());
    assert_eq!((found.len(), found[0].code, found[0].severity), (1, "dns_search_stops_musl", Severity::Warning));
    assert!(found[0].message.contains("a search line of 300 bytes"), "{found:?}");
    assert_eq!(found[0].fix.split(',').next(), Some("write db.shop.svc.cluster.local. instead of db"));
    let whole = || vec![query("db.shop.svc.cluster.local.", "A", "NOERROR", 1)];
    assert_eq!(with_list(long, whole()), [], "the whole name needs no list");

    let dotted = |root| SearchList { root: Some(root), ..list(&[SHOP, SVC, "corp.example"]) };
    let outside = || vec![query("example.com.", "A", "NOERROR", 1)];
    let intranet = || vec![query("wiki.corp.example.", "A", "NOERROR", 1).suffix("corp.example")];
    for (list, queries, hurt) in [
        (dotted(2), outside(), true),
        (dotted(3), outside(), true),
        (dotted(2), intranet(), true),
        (dotted(3), intranet(), false),
        (dotted(2), short(), false),
        (SearchList { ndots: 1, ..dotted(2) }, outside(), false),
        (list(&[SHOP, SVC]), outside(), false),
    ] {
        let found = with_list(list.clone(), queries);
        let says = |one: &Finding| one.code == "dns_search_stops_musl" && one.severity == Severity::Info;
        assert_eq!(found.iter().any(says), hurt, "{list:?} {found:?}");
    }
    let resolved = vec![Resolved { name: "example.com.".to_owned(), family: 4, addresses: Vec::new() }];
    let evidence = Evidence { search_list: Some(dotted(2)), resolved, ..with_queries(outside()) };
    assert_eq!(judge(None, &evidence, Context::default()), [], "a final dot needs no list");
}

#[test]
fn addresses_that_stand_for_none() {
    let of = |name: &str, ip: &str, fault: Option<&Fault>, asked: bool| {
        let resolved = vec![Resolved { name: name.to_owned(), family: 4, addresses: vec![ip.parse().unwrap()] }];
        let queries = if asked { vec![query(&format!("{name}."), "A", "NOERROR", 1)] } else { Vec::new() };
        let evidence = Evidence { resolved, ..with_queries(queries) };
        judge(fault, &evidence, Context::default()).iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    let refused = Fault::new(Phase::Connect, Cause::ConnectRefused, "");
    let login = Fault::new(Phase::Login, Cause::PasswordRejected, "");
    for (ip, fault, asked, found) in [
        ("0.0.0.0", Some(&refused), true, true),
        ("0.0.0.0", None, true, true),
        ("::", Some(&login), true, true),
        ("127.0.0.1", Some(&refused), true, true),
        ("127.0.53.53", Some(&refused), true, true),
        // The pod's own proxy under a public name; the hosts file; a server.
        ("127.0.0.1", None, true, false),
        ("127.0.0.1", Some(&login), true, false),
        ("127.0.0.1", Some(&refused), false, false),
        ("10.0.0.7", Some(&refused), true, false),
    ] {
        let expected: &[&str] = if found { &["dns_placeholder"] } else { &[] };
        assert_eq!(of("stats.example.com", ip, fault, asked), expected, "{ip} {fault:?}");
    }
}

#[test]
fn aaaa_that_kills_musl_images_only() {
    let pair = |answer: &str| {
        vec![query("db.example.com.", "A", "NOERROR", 1), query("db.example.com.", "AAAA", answer, 0).took(500)]
    };
    for (answer, code, says) in [
        ("SERVFAIL", "dns_aaaa_breaks_musl", "EAI_AGAIN after 5 s"),
        ("REFUSED", "dns_aaaa_breaks_musl", "EAI_AGAIN after 5 s"),
        ("NXDOMAIN", "dns_aaaa_breaks_musl", "the name does not resolve"),
        ("TIMEOUT", "dns_aaaa_silent", "none for AAAA within 500ms; without that answer"),
    ] {
        let finding = only(pair(answer));
        assert_eq!(finding.code, code, "{answer}");
        assert!(finding.message.contains(says), "{finding:?}");
    }
    // A name server that is slow with everything is not silent about AAAA; one that lost the first datagram neither.
    let slow = |first: &str, ms| {
        let again = query("db.example.com.", "A", "NOERROR", 1).took(ms);
        vec![
            query("db.example.com.", "A", first, 0).took(1000),
            again,
            query("db.example.com.", "AAAA", "TIMEOUT", 0).took(500),
        ]
    };
    assert!(codes(slow("TIMEOUT", 300)).iter().all(|code| *code != "dns_aaaa_silent"));
    assert!(codes(slow("TIMEOUT", 700)[1..].to_vec()).is_empty());
    // A second server answered in the end.
    let mut queries = pair("SERVFAIL");
    queries.push(query("db.example.com.", "AAAA", "NOERROR", 0).from("10.0.0.3:53"));
    assert_eq!(codes(queries), ["dns_servers_differ"]);
}

#[test]
fn tcp_that_is_blocked() {
    let cut = || query("many.shop.", "A", "TRUNCATED", 0);
    let finding = only(vec![cut(), query("many.shop.", "A", "TIMEOUT", 0).tcp().took(900)]);
    assert_eq!(finding.code, "dns_tcp_blocked");
    assert!(finding.message.ends_with("TCP fails: no answer for 900ms"), "{finding:?}");
    let finding = only(vec![cut(), query("many.shop.", "A", "refused", 0).tcp()]);
    assert!(finding.message.ends_with("TCP fails: connection refused"), "{finding:?}");
    assert!(codes(vec![cut(), query("many.shop.", "A", "TIMEOUT", 0).tcp().took(3)]).is_empty(), "no time was left");
}

#[test]
fn a_datagram_that_was_lost() {
    let finding = only(vec![query("db.shop.", "A", "TIMEOUT", 0).took(1000), query("db.shop.", "A", "NOERROR", 1)]);
    assert_eq!(finding.code, "dns_lost_datagram");
    assert!(finding.message.contains("within 1s, but answered the repeated query after 2ms"), "{finding:?}");
}

#[test]
fn questions_in_pairs_that_lose_an_answer() {
    let judged = |together, together_lost, apart, apart_lost| {
        let server = "10.96.0.10:53".parse().unwrap();
        let pairs = Some(Pairs { server, together, together_lost, apart, apart_lost });
        judge(None, &Evidence { pairs, ..Evidence::default() }, Context::default())
    };
    let found = judged(5, 3, 24, 0);
    assert_eq!(found[0].code, "dns_conntrack_race");
    assert!(
        found[0].message.starts_with("3 of 5 pairs of A and AAAA queries to 10.96.0.10:53 lost an answer"),
        "{found:?}"
    );
    for (together, lost, apart, apart_lost) in [(12, 0, 0, 0), (12, 2, 0, 0), (8, 3, 5, 1), (8, 3, 4, 0)] {
        assert!(judged(together, lost, apart, apart_lost).is_empty(), "{together} {lost} {apart} {apart_lost}");
    }
}

#[test]
fn a_server_that_is_dead_and_servers_that_differ() {
    let first = |answer: &str, ms| query("db.shop.", "A", answer, 0).from("10.0.0.2:53").took(ms);
    let second = || query("db.shop.", "A", "NOERROR", 1).from("10.0.0.3:53");
    let finding = only(vec![first("TIMEOUT", 1000), second()]);
    assert_eq!(finding.code, "dns_server_silent");
    assert!(
        finding.message.contains("10.0.0.2:53 did not answer (no answer for 1s), but 10.0.0.3:53 did"),
        "{finding:?}"
    );
    let finding = only(vec![first("refused", 0), second()]);
    assert!(finding.message.contains("(connection refused)"), "{finding:?}");
    assert!(!finding.message.contains("waits"), "what is refused at once costs no time: {finding:?}");
    assert!(codes(vec![first("TIMEOUT", 20), second()]).is_empty(), "no time was left");
    let finding = only(vec![first("REFUSED", 1), second()]);
    assert_eq!(finding.code, "dns_servers_differ");
    assert!(finding.message.contains("10.0.0.2:53 answers REFUSED, but 10.0.0.3:53 answers NOERROR"), "{finding:?}");
}

/// What is found where an alias was resolved and this fault came of it.
fn of_alias(name: &str, suffix: &str, alias: &str, fault: &Fault, facts: Facts) -> Vec<&'static str> {
    let asked = if suffix.is_empty() { format!("{name}.") } else { format!("{name}.{suffix}.") };
    let hit = query(&asked, "A", "NOERROR", 1).suffix(suffix).alias(alias);
    let tries = vec![tried("10.0.0.7:443", ConnectResult::Connected)];
    let evidence = Evidence { facts, tries, ..with_queries(vec![hit]) };
    let endpoints = [Endpoint::parse(&format!("{name}:443")).unwrap()];
    let context = Context { endpoints: &endpoints, ..Context::default() };
    judge(Some(fault), &evidence, context).iter().map(|finding| finding.code).collect()
}

#[test]
fn external_names() {
    let wrong = |alias: &str, names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let fault = Fault::new(Phase::Tls, Cause::TlsWrongName, "");
        let fault = fault.with(Detail::Tls(TlsDetail::WrongName { names, expected: "db".to_owned() }));
        of_alias("db", SHOP, alias, &fault, Facts::default())
    };
    assert_eq!(wrong("pg.example.com", &["*.example.com"]), ["external_name_tls"]);
    assert!(wrong("a.pg.example.com", &["*.example.com"]).is_empty(), "a star is one label");
    assert!(wrong("pg.example.com", &["other.example"]).is_empty());
    let status = |code| Facts { status_code: Some(code), ..Facts::default() };
    let other = Fault::new(Phase::Assert, Cause::HttpStatus, "");
    assert_eq!(of_alias("api", SHOP, "api.example.com", &other, status(404)), ["external_name_host"]);
    assert!(of_alias("api", SHOP, "api.example.com", &other, status(500)).is_empty());
    assert!(of_alias("www.example.com", "", "cdn.example.net", &other, status(404)).is_empty());
}

#[test]
fn names_of_another_world() {
    let of = |name: &str, cause| {
        let endpoints = [Endpoint::parse(&format!("{name}:80")).unwrap()];
        let context = Context { endpoints: &endpoints, ..Context::default() };
        let fault = Fault::new(Phase::Resolve, cause, "");
        judge(Some(&fault), &Evidence::default(), context).iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    assert_eq!(of("todo.local", Cause::DnsNotFound), ["ingress_name_in_pod"]);
    assert_eq!(of("host.docker.internal", Cause::DnsNotFound), ["ingress_name_in_pod"]);
    assert!(of("todo.local", Cause::DnsTimeout).is_empty());
    assert!(of("db.test", Cause::DnsNotFound).is_empty(), "it may be a namespace");
    assert!(of("db", Cause::DnsNotFound).is_empty());
}

#[test]
fn a_private_endpoint_that_resolves_to_a_public_address() {
    let name = "shop.blob.core.windows.net";
    let hit = query("shop.blob.core.windows.net.", "A", "NOERROR", 1)
        .chain(&["shop.privatelink.blob.core.windows.net", "blob.ams07prdstr02a.store.core.windows.net"]);
    let evidence = Evidence {
        resolved: vec![Resolved { name: name.to_owned(), family: 4, addresses: vec!["20.60.1.7".parse().unwrap()] }],
        ..with_queries(vec![hit])
    };
    let severity = |fault: Option<&Fault>| {
        let found = judge(fault, &evidence, Context::default());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].code, "dns_private_endpoint_public");
        assert!(
            found[0]
                .message
                .contains("zone privatelink.blob.core.windows.net and resolves to the public address 20.60.1.7")
        );
        found[0].severity
    };
    assert_eq!(severity(None), Severity::Info);
    assert_eq!(severity(Some(&Fault::new(Phase::Connect, Cause::ConnectTimeout, ""))), Severity::Warning);
}
