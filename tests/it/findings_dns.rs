//! Findings on names, each provoked by a name server (and a network) that behaves so, and healthy setups with none.

use serde_json::Value;

use crate::support::ca::{Ca, Leaf};
use crate::support::dns::NameServer;
use crate::support::hostile::{Inside, Manner};
use crate::support::netns::Namespace;
use crate::support::nginx::Nginx;
use crate::support::{Folder, run, until};

/// What a pod of the namespace `shop` has.
const RESOLV_CONF: &str = "nameserver 127.0.0.1\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\n\
                           options ndots:5 timeout:1 attempts:2\n";

/// A pod with its name server, and something that accepts on port 5432.
struct Pod {
    namespace: Namespace,
    names: NameServer,
    _server: Inside,
}

impl Pod {
    fn new(script: &str) -> Self {
        let namespace = Namespace::new();
        namespace.resolv_conf(RESOLV_CONF);
        let names = NameServer::inside(&namespace, "127.0.0.1", script);
        let server = Inside::start(&namespace, &["127.0.0.1:5432"], &Manner::Nothing);
        Self { namespace, names, _server: server }
    }

    /// The one check of this report.
    fn report(&self, command: &str, target: &str) -> Value {
        let report = self.namespace.json(&[command, "-o", "json", target]);
        report["checks"][0].clone()
    }

    /// The codes of `check` on `tcp://NAME:5432`.
    fn check(&self, name: &str) -> Vec<String> {
        codes(&self.report("check", &format!("tcp://{name}:5432")))
    }

    fn diagnose(&self, name: &str) -> Vec<String> {
        let about_names = |code: &String| code.starts_with("dns_");
        codes(&self.report("diagnose", &format!("tcp://{name}:5432"))).into_iter().filter(about_names).collect()
    }
}

fn codes(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap_or_else(|| panic!("{report:#}"));
    findings.iter().map(|finding| finding["code"].as_str().expect("a code").to_owned()).collect()
}

#[track_caller]
fn only(report: &Value, code: &str, message: &str) {
    assert_eq!(codes(report), [code], "{report:#}");
    let finding = &report["findings"][0];
    assert!(finding["message"].as_str().is_some_and(|text| text.contains(message)), "{finding:#}");
    assert!(finding["fix"].as_str().is_some_and(|text| !text.is_empty()), "{finding:#}");
}

#[test]
fn healthy_names_have_no_finding() {
    let pod = Pod::new(
        "db.shop.svc.cluster.local A = 127.0.0.1\ndb.shop.svc.cluster.local AAAA nodata\n\
         cache.data.svc.cluster.local A = 127.0.0.1\ncache.data.svc.cluster.local AAAA nodata\n\
         api.example.com A = 127.0.0.1\napi.example.com AAAA nodata\n\
         large.shop.svc.cluster.local A short = 127.0.0.1\nlarge.shop.svc.cluster.local AAAA nodata\n\
         www.shop.svc.cluster.local A cname db.shop.svc.cluster.local = 127.0.0.1\nwww.shop.svc.cluster.local AAAA nodata\n",
    );
    for name in ["db", "db.shop.svc.cluster.local.", "cache.data", "api.example.com.", "large", "www"] {
        assert_eq!(pod.check(name), [""; 0], "{name}");
        assert_eq!(pod.diagnose(name), [""; 0], "{name}");
    }
}

#[test]
fn the_search_list() {
    let pod = Pod::new(
        "api.example.com A = 127.0.0.1\n\
         db.data.shop.svc.cluster.local A servfail\ndb.data.svc.cluster.local A = 127.0.0.1\n\
         web.data.shop.svc.cluster.local * nodata\nweb.data.svc.cluster.local A = 127.0.0.1\n",
    );
    let report = pod.report("check", "tcp://api.example.com:5432");
    only(&report, "dns_search_wasted", "only after 3 names of the search list were NXDOMAIN");
    assert_eq!(report["result"], "pass");
    let asked = pod.names.asked().len();
    assert_eq!(asked, 4, "the finding needed no query of its own");

    only(
        &pod.report("check", "tcp://db.data:5432"),
        "dns_search_stops_musl",
        "db.data.shop.svc.cluster.local. answered SERVFAIL",
    );
    only(&pod.report("check", "tcp://web.data:5432"), "dns_search_stops_musl", "answered no address");

    pod.namespace.resolv_conf("nameserver 127.0.0.1\nsearch shop.svc.cluster.local svc.cluster.local cluster.local corp.example\noptions ndots:5\n");
    pod.names.script("*.corp.example A = 127.0.0.1\n");
    only(
        &pod.report("check", "tcp://api.example.com:5432"),
        "dns_search_hijack",
        "the search domain corp.example answers for that name",
    );
}

fn failure<'a>(report: &'a Value, part: &str) -> &'a str {
    report["failure"][part].as_str().unwrap_or_else(|| panic!("{report:#}"))
}

/// The node's domain has a wildcard record, and resolv.conf of every pod ends with it.
#[test]
fn a_wildcard_of_the_company_answers_for_services() {
    let pod = Pod::new("db.data.svc.cluster.local A = 127.0.0.1\n*.corp.example A = 127.0.0.1\n");
    let search = "search shop.svc.cluster.local svc.cluster.local cluster.local corp.example";
    let resolv_conf = |ndots: u8| format!("nameserver 127.0.0.1\n{search}\noptions ndots:{ndots}\n");
    pod.namespace.resolv_conf(resolv_conf(5));
    let whole = "tcp://api.prod.svc.cluster.local:5432";
    let report = pod.report("check", whole);
    only(
        &report,
        "dns_search_hijack",
        "found as api.prod.svc.cluster.local.corp.example.: the search domain corp.example",
    );
    assert_eq!((&report["result"], &report["findings"][0]["severity"]), (&"pass".into(), &"error".into()));
    only(&pod.report("check", "tcp://api.prod.svc:5432"), "dns_search_hijack", "api.prod.svc.corp.example");
    // The Service exists, and the wildcard is asked first.
    only(&pod.report("check", "tcp://db.data.svc.cluster.local:5432"), "dns_search_hijack", "was never looked up");
    let report = pod.report("check", "http://api.prod.svc.cluster.local:1/");
    let hint = failure(&report, "hint");
    assert!(
        hint.contains("corp.example answered for api.prod.svc.cluster.local, so this is not the Service"),
        "{hint}"
    );

    for name in ["db.data", "db.data.svc", "db.data.svc.cluster.local.", "wiki", "jenkins.eng"] {
        assert!(!pod.check(name).contains(&"dns_search_hijack".to_owned()), "{name}");
    }
    // With fewer dots asked for, the name itself comes first.
    pod.namespace.resolv_conf(resolv_conf(2));
    assert_eq!(pod.check("db.data.svc.cluster.local"), [""; 0]);
    let report = pod.report("check", whole);
    let codes = codes(&report);
    assert!(codes.contains(&"dns_search_hijack".to_owned()), "{report:#}");
    let hint = failure(&pod.report("check", "tcp://api.prod.svc.cluster.local:1"), "hint").to_owned();
    assert!(
        hint.starts_with("api.prod.svc.cluster.local does not exist, and the search domain corp.example"),
        "{hint}"
    );
}

#[test]
fn a_dns_filter_and_a_missing_private_zone() {
    let pod = Pod::new(
        "stats.example.com A = 0.0.0.0\nstats.example.com AAAA = ::\nproxy.example.com A = 127.0.0.1\nproxy.example.com AAAA nodata\n\
         shop.database.windows.net * cname shop.privatelink.database.windows.net nxdomain\n\
         db.abcdefghijklmnopqrst.supabase.co AAAA = 2001:db8::7\ndb.abcdefghijklmnopqrst.supabase.co A nodata\n",
    );
    let report = pod.report("check", "tcp://stats.example.com.:1");
    only(&report, "dns_placeholder", "the name server answers 0.0.0.0 for stats.example.com: a DNS filter");
    let hint = failure(&report, "hint");
    assert!(hint.starts_with("The name server answers 0.0.0.0 for stats.example.com"), "{hint}");
    // Another server of this pod listens there: the check passes at the wrong one.
    only(&pod.report("check", "tcp://stats.example.com.:5432"), "dns_placeholder", "answers 0.0.0.0");
    only(&pod.report("check", "tcp://proxy.example.com.:1"), "dns_placeholder", "answers 127.0.0.1");
    assert_eq!(pod.check("proxy.example.com."), [""; 0]);

    let report = pod.report("check", "tcp://shop.database.windows.net.:1433");
    let hint = failure(&report, "hint");
    assert!(hint.contains("only the private DNS zone privatelink.database.windows.net resolves"), "{hint}");
    let report = pod.report("check", "tcp://db.abcdefghijklmnopqrst.supabase.co.:5432");
    assert_eq!(failure(&report, "cause"), "network_unreachable", "{report:#}");
    assert!(failure(&report, "hint").contains("Use the Supabase pooler"), "{report:#}");
}

/// One name, two servers: the one that refuses the login is named, and the hint stays the same whichever it is.
#[test]
fn the_address_that_rejects_a_login_is_named() {
    let pod =
        Pod::new("cache.shop.svc.cluster.local A = 127.0.0.2 | 127.0.0.3\nold.shop.svc.cluster.local A = 127.0.0.3\n");
    let rejects = Manner::SaysAndEnds(b"-WRONGPASS invalid username-password pair or user is disabled.\r\n".to_vec());
    let _server = Inside::start(&pod.namespace, &["127.0.0.3:6379"], &rejects);
    let report = pod.report("check", "redis://:s3cret-word@cache:6379");
    assert_eq!(failure(&report, "cause"), "password_rejected", "{report:#}");
    assert!(failure(&report, "message").ends_with("(127.0.0.3:6379, one of 2 addresses of cache)"), "{report:#}");
    let hint = failure(&report, "hint");
    assert!(hint.contains("cache has several addresses") && !hint.contains("127.0.0"), "{hint}");
    let report = pod.report("check", "redis://:s3cret-word@old:6379");
    assert!(!failure(&report, "message").contains("127.0.0.3"), "{report:#}");
}

/// The real musl ignores such a line; a `.` ended its lookups until 1.2.3.
#[test]
fn search_lists_that_musl_reads_otherwise() {
    let pod = Pod::new("db.shop.svc.cluster.local A = 127.0.0.1\nwiki A = 127.0.0.1\n");
    let more: String = (0..12).map(|number| format!(" zone-{number}.corp.example")).collect();
    let list = |tail: &str| {
        format!("nameserver 127.0.0.1\nsearch shop.svc.cluster.local svc.cluster.local{tail}\noptions ndots:5\n")
    };
    pod.namespace.resolv_conf(list(&more));
    only(&pod.report("check", "tcp://db:5432"), "dns_search_stops_musl", "ignores a line of 255 bytes or more");
    assert_eq!(pod.check("db.shop.svc.cluster.local."), [""; 0]);
    pod.namespace.resolv_conf(list(" ."));
    assert_eq!(pod.check("db"), [""; 0]);
    let report = pod.report("check", "tcp://wiki:5432");
    only(&report, "dns_search_stops_musl", "has `.` before wiki.: musl before 1.2.4");
    assert_eq!(report["findings"][0]["severity"], "info");
}

#[test]
fn aaaa_that_only_musl_minds() {
    let pod = Pod::new(
        "broken.example.com A = 127.0.0.1\nbroken.example.com AAAA servfail\n\
         strict.example.com A = 127.0.0.1\nstrict.example.com AAAA refused\n\
         odd.example.com A = 127.0.0.1\nodd.example.com AAAA nxdomain\n\
         mute.example.com A = 127.0.0.1\nmute.example.com AAAA silent\n",
    );
    for (name, code) in [
        ("broken", "dns_aaaa_breaks_musl"),
        ("strict", "dns_aaaa_breaks_musl"),
        ("odd", "dns_aaaa_breaks_musl"),
        ("mute", "dns_aaaa_silent"),
    ] {
        assert_eq!(pod.diagnose(&format!("{name}.example.com.")), [code], "{name}");
        assert_eq!(pod.check(&format!("{name}.example.com.")), [""; 0], "AAAA was not asked for");
    }
}

#[test]
fn tcp_port_53_is_closed() {
    let pod = Pod::new("many.shop.svc.cluster.local A short = 127.0.0.1\n");
    pod.namespace.nft(
        "add table inet t; add chain inet t c { type filter hook input priority 0; }; \
                       add rule inet t c tcp dport 53 drop",
    );
    let report = pod.report("check", "tcp://many:5432");
    assert_eq!(report["failure"]["cause"], "dns_timeout", "{report:#}");
    only(&report, "dns_tcp_blocked", "TCP fails: no answer for");
    pod.namespace.nft(
        "flush ruleset; add table inet t; add chain inet t c { type filter hook input priority 0; }; \
                       add rule inet t c tcp dport 53 reject with tcp reset",
    );
    only(&pod.report("check", "tcp://many:5432"), "dns_tcp_blocked", "TCP fails: connection refused");
}

#[test]
fn the_second_packet_of_a_port_is_dropped() {
    let pod = Pod::new("db.shop.svc.cluster.local A = 127.0.0.1\ndb.shop.svc.cluster.local AAAA nodata\n");
    assert_eq!(pod.diagnose("db"), [""; 0]);
    pod.namespace.nft(
        "add table inet t; add set inet t seen { type inet_service; flags dynamic; timeout 20ms; }; \
         add chain inet t c { type filter hook input priority 0; }; \
         add rule inet t c udp dport 53 udp sport @seen drop; add rule inet t c udp dport 53 add @seen { udp sport }",
    );
    // A port may be taken again within the time for which it is known: then packets of two sockets are lost too.
    let mut reports = (0..3).map(|_| pod.report("diagnose", "tcp://db:5432"));
    let report = reports.find(|report| report["dns_pairs"]["apart_lost"] == 0).expect("one of three");
    assert_eq!(report["result"], "pass", "{report:#}");
    assert_eq!(report["dns_pairs"]["together_lost"], 3, "{report:#}");
    only(&report, "dns_conntrack_race", "3 of 3 pairs of A and AAAA queries");
}

#[test]
fn a_name_server_that_a_policy_forbids() {
    let pod = Pod::new("db.shop.svc.cluster.local A = 127.0.0.1\n");
    pod.namespace.nft(
        "add table inet t; add chain inet t c { type filter hook output priority 0; }; \
                       add rule inet t c udp dport 53 drop",
    );
    let report = pod.report("check", "tcp://db:5432");
    assert_eq!(report["failure"]["cause"], "dns_timeout", "{report:#}");
    let hint = report["failure"]["hint"].as_str().unwrap_or_default();
    assert!(hint.starts_with("The kernel of this node forbids the query"), "{hint}");
}

#[test]
fn name_servers_that_lose_fail_or_are_gone() {
    let pod = Pod::new("db.shop.svc.cluster.local A lost = 127.0.0.1\n");
    only(
        &pod.report("check", "tcp://db:5432"),
        "dns_lost_datagram",
        "127.0.0.1:53 did not answer the query for db.shop.svc.cluster.local. A within 1",
    );

    pod.names.script("db.shop.svc.cluster.local A = 127.0.0.1\n");
    pod.namespace.resolv_conf(RESOLV_CONF.replace("nameserver", "nameserver 127.0.0.2\nnameserver"));
    only(
        &pod.report("check", "tcp://db:5432"),
        "dns_server_silent",
        "127.0.0.2:53 did not answer (connection refused)",
    );
    pod.namespace.nft(
        "add table inet t; add chain inet t c { type filter hook input priority 0; }; \
                       add rule inet t c ip daddr 127.0.0.2 udp dport 53 drop",
    );
    only(&pod.report("check", "tcp://db:5432"), "dns_server_silent", "127.0.0.2:53 did not answer (no answer for 1");

    pod.namespace.nft("flush ruleset");
    let _other = NameServer::inside(&pod.namespace, "127.0.0.2", "* * refused\n");
    only(
        &pod.report("check", "tcp://db:5432"),
        "dns_servers_differ",
        "127.0.0.2:53 answers REFUSED, but 127.0.0.1:53 answers NOERROR",
    );
}

#[test]
fn names_of_a_laptop() {
    let pod = Pod::new("");
    for name in ["todo.local", "host.docker.internal"] {
        let report = pod.report("check", &format!("http://{name}/"));
        assert_eq!(report["failure"]["cause"], "dns_not_found", "{report:#}");
        only(&report, "ingress_name_in_pod", name);
    }
    assert_eq!(pod.check("db"), [""; 0], "a Service that is not there");
    assert_eq!(pod.check("db.shop.cluster.local"), [""; 0], "a Service's name that lacks a part");
    pod.namespace.resolv_conf("search corp.example\nnameserver 127.0.0.1\n");
    let report = pod.report("check", "tcp://db:80");
    let hint = report["failure"]["hint"].as_str().unwrap_or_default();
    assert!(hint.starts_with("The search list in resolv.conf is not one of a cluster"), "{hint}");
}

#[test]
fn slow_answers_leave_no_time_for_the_last_name() {
    let pod = Pod::new("* * late 900 nxdomain\n");
    let report = pod.report("check", "tcp://dbb:80");
    assert_eq!(report["failure"]["cause"], "dns_timeout", "{report:#}");
    let hint = report["failure"]["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("is slow") && hint.contains("raise `timeout`"), "{hint}");
}

#[test]
fn external_names() {
    let pod = Pod::new("api.shop.svc.cluster.local A cname api.example.com = 127.0.0.1\n");
    let (root, folder) = (Ca::root("Lab Root"), Folder::new());
    let ca = folder.write("ca.pem", &root.pem);
    let (cert, key) = root.issue(&Leaf::server("api.example.com", &["api.example.com"])).write(&folder, "server", &[]);
    let nginx = format!(
        "server {{ listen 127.0.0.1:443 ssl; server_name api.example.com; ssl_certificate {cert}; ssl_certificate_key {key}; \
         location / {{ return 200; }} }}
         server {{ listen 127.0.0.1:80 default_server; return 404; }}
         server {{ listen 127.0.0.1:80; server_name api.example.com; location / {{ return 200; }} }}"
    );
    let config = folder.write(
        "pilotfish.yaml",
        format!(
            "checks:\n  - {{name: tls, gates: [], http: {{url: \"https://api/\", tls: {{ca: {ca}}}}}}}\n  \
             - {{name: plain, gates: [], http: {{url: \"http://api/\"}}}}\n  \
             - {{name: right, gates: [], http: {{url: \"https://api/\", tls: {{ca: {ca}, server_name: api.example.com}}}}}}\n"
        ),
    );
    let _nginx = Nginx::inside(&pod.namespace, folder, &nginx);
    until("nginx listens", || run(pod.namespace.command("cat").arg("/proc/net/tcp")).stdout.contains(":01BB "));
    let report = pod.namespace.json(&["check", "-o", "json", "-c", &config]);
    let (tls, plain, right) = (&report["checks"][0], &report["checks"][1], &report["checks"][2]);
    assert_eq!(tls["failure"]["cause"], "tls_wrong_name", "{report:#}");
    only(tls, "external_name_tls", "api is an alias of api.example.com");
    assert!(
        tls["failure"]["hint"].as_str().is_some_and(|hint| hint.contains("`tls.server_name: api.example.com`")),
        "{tls:#}"
    );
    let fix = &tls["findings"][0]["fix"];
    assert!(fix.as_str().is_some_and(|fix| fix.contains("set tls.server_name: api.example.com")), "{fix}");
    assert_eq!(plain["failure"]["cause"], "http_status");
    only(plain, "external_name_host", "api is an ExternalName of api.example.com, whose server answered 404");
    assert_eq!((right["result"].as_str(), codes(right).len()), (Some("pass"), 0), "{right:#}");
    assert_eq!(right["queries"][0]["alias"], "api.example.com");
}
