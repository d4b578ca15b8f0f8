use std::time::Duration;

use super::hint;
use crate::cause::Cause;
use crate::check::KINDS;
use crate::findings::Context;
use crate::findings::testing::{query, tried, with_queries};
use crate::outcome::{Aim, Certificate, Evidence, Facts, Fault, Phase, Query, Redirect, Surveyed, Try, TryResult};
use crate::pod::{Pod, Service};
use crate::url::Endpoint;

const SHOP: &str = "todo-production.svc.cluster.local";

/// The hint for a fault of this cause at a target.
fn at(cause: Cause, phase: Phase, message: &str, kind: &str, target: &str, evidence: &Evidence) -> String {
    let endpoints = [Endpoint::parse(target).unwrap()];
    let context = Context { kind, endpoints: &endpoints, ..Context::default() };
    hint(&Fault::new(phase, cause, message), evidence, context)
}

fn dialled(target: &str, cause: Cause, tries: Vec<Try>, queries: Vec<Query>, pod: Option<Pod>) -> String {
    let evidence = Evidence { tries, queries, pod, ..Evidence::default() };
    at(cause, Phase::Connect, "", "tcp", target, &evidence)
}

fn unresolved(target: &str, cause: Cause, queries: Vec<Query>) -> String {
    at(cause, Phase::Resolve, "", "tcp", target, &with_queries(queries))
}

fn in_list(name: &str, answer: &str) -> Query {
    query(&format!("{name}.{SHOP}."), "A", answer, usize::from(answer == "NOERROR")).suffix(SHOP)
}

fn login(cause: Cause, message: &str) -> String {
    at(cause, Phase::Login, message, "postgres", "db:5432", &Evidence::default())
}

/// Where a redirect led is what is spoken of, not where the check begins.
/// `diagnose` measures longer than the run waited.
#[test]
fn a_try_that_had_too_little_time_is_told_how_much_it_takes() {
    let told_with = |result: TryResult, had: u64, takes: u64| {
        let ms = Duration::from_millis;
        let one = Try { duration: ms(had), ..tried("203.0.113.1:5432", TryResult::Cut) };
        let (address, duration) = (one.address, ms(takes));
        let seen = Surveyed { host: None, address, result, errno: None, duration, source: None };
        let evidence = Evidence { tries: vec![one], survey: vec![seen], ..Evidence::default() };
        let endpoints = [Endpoint::parse("db.example.com:5432").unwrap()];
        let context = Context { endpoints: &endpoints, ..Context::default() };
        hint(&Fault::new(Phase::Connect, Cause::ConnectTimeout, ""), &evidence, context)
    };
    let told = |had, takes| told_with(TryResult::Connected, had, takes);
    assert_eq!(told(200, 310), "it answers after 310ms, and the try had 200ms: raise `timeout` (or `connect_timeout`)");
    assert!(told(2_500, 3).starts_with("dialled once more it answered after 3ms: packets were lost"));
    assert!(told_with(TryResult::HostUnreachable, 2_500, 3_060).starts_with("nobody on the network answered"));
    assert!(told_with(TryResult::Cut, 2_500, 3_500).starts_with("packets vanish"));
}

/// Where the way out is a proxy, the direct way is closed on purpose.
#[test]
fn a_proxy_of_the_app_is_named() {
    let told = |host: &str, proxies| {
        let endpoints = [Endpoint::parse(host).unwrap()];
        let context = Context { kind: "http", endpoints: &endpoints, proxies, ..Context::default() };
        let fault = Fault::new(Phase::Connect, Cause::ConnectTimeout, "");
        hint(&fault, &Evidence::default(), context)
    };
    let named = told("api.example.com:443", [true, true]);
    assert!(
        named.ends_with(". HTTPS_PROXY is set: an app that goes through that proxy does not go this way"),
        "{named}"
    );
    assert!(told("api.example.com:80", [true, false]).contains("HTTP_PROXY is set"));
    for (host, proxies) in [
        ("api.example.com:443", [true, false]),
        ("backend-api:443", [true, true]),
        ("db.example.com:5432", [true, true]),
        ("10.0.0.7:443", [true, true]),
    ] {
        assert!(!told(host, proxies).contains("PROXY"), "{host}");
    }
}

#[test]
fn after_a_redirect_the_port_is_the_one_that_was_dialled_last() {
    let of_host = |address, result| Try { host: Some("127.0.0.1".to_owned()), ..tried(address, result) };
    let tries = vec![of_host("127.0.0.1:80", TryResult::Connected), of_host("127.0.0.1:9443", TryResult::Refused)];
    let pod = Pod::default();
    let text = dialled("127.0.0.1:80", Cause::ConnectRefused, tries, Vec::new(), Some(pod));
    assert!(text.contains("port 9443 in this pod"), "{text}");
}

/// A Secret's volume with `defaultMode: 0400`: its content is not what is wrong.
#[test]
fn a_file_that_may_not_be_read_is_a_matter_of_the_volume() {
    let denied = format!("the file /secrets/pw cannot be read: {}", std::io::Error::from_raw_os_error(13));
    let text = at(Cause::FileInvalid, Phase::Assert, &denied, "postgres", "db:5432", &Evidence::default());
    assert!(text.contains("defaultMode") && text.contains("fsGroup"), "{text}");
    for (message, says) in [
        (denied.replace("/secrets/pw", "/proc/7/environ"), "runAsUser"),
        ("the file /pw is empty".to_owned(), "how many bytes"),
        ("A: it is not set or empty".to_owned(), "how many bytes"),
    ] {
        let text = at(Cause::FileInvalid, Phase::Assert, &message, "postgres", "db:5432", &Evidence::default());
        assert!(text.contains(says), "{message}: {text}");
    }
}

/// PgBouncer whose database is away begins the login and lets its client wait.
#[test]
fn a_pooler_that_waits_for_its_database_is_no_other_protocol() {
    let of = |message: &str| at(Cause::Timeout, Phase::Login, message, "postgres", "db:1", &Evidence::default());
    assert!(of("out of time after 5s; connected, 173 bytes came in 5s, the last 5.0s ago").contains("SHOW POOLS"));
    assert!(of("out of time after 5s; connected, then nothing came for 5s").contains("compare the port"));
}

/// What `ask` and events show is the hint alone.
#[test]
fn a_variable_that_is_missing_is_named() {
    for (message, name) in [
        ("the variable DATABASE_URL is not set or empty", "for DATABASE_URL: add"),
        ("JWT_SECRET: it is not set or empty; PORT: it does not match /x/", "for JWT_SECRET: add"),
        ("", "for it: add"),
    ] {
        let text = at(Cause::VariableMissing, Phase::Assert, message, "env", "db:1", &Evidence::default());
        assert!(text.starts_with(&format!("this container has no value {name}")), "{text}");
    }
}

/// With TLS and without it there was no rule: TLS is no remedy.
#[test]
fn without_a_rule_for_tls_either_tls_is_not_advised() {
    let both = "with TLS: no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", SSL encryption (28000); \
                without: no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", no encryption (28000)";
    assert!(login(Cause::LoginRejected, both).starts_with("no line of pg_hba.conf"));
}

#[test]
fn who_follows_redirects_is_not_told_to_follow_them() {
    let text = answered(
        Cause::HttpRedirect,
        "302 to http://api/, after 10 redirects: as many as are followed",
        Facts::default(),
    );
    assert!(!text.contains("follow_redirects: true"), "{text}");
}

fn answered(cause: Cause, message: &str, facts: Facts) -> String {
    let evidence = Evidence { facts, ..Evidence::default() };
    at(cause, Phase::Assert, message, "http", "api:80", &evidence)
}

fn certificate(subject: &str, issuer: &str, names: &[&str]) -> Certificate {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Certificate { subject: subject.to_owned(), issuer: issuer.to_owned(), names, not_before: 0, not_after: 1 }
}

fn with_chain(chain: Vec<Certificate>) -> Evidence {
    Evidence { facts: Facts { certificates: chain, ..Facts::default() }, ..Evidence::default() }
}

/// One sentence ends where a new one begins: with a full stop (not of an abbreviation) and a capital.
fn sentences(text: &str) -> usize {
    let mut count = 1;
    for (at, _) in text.match_indices(". ") {
        count += usize::from(text[at + 2..].starts_with(|c: char| c.is_uppercase()));
    }
    count
}

/// Evidence of several kinds, each of which may change a hint.
fn pieces_of_evidence() -> Vec<Evidence> {
    let names = || vec![in_list("backend-api", "NOERROR")];
    let tries = |result, errno| {
        let one = |address| Try { errno, duration: Duration::from_secs(3), ..tried(address, result) };
        vec![one("10.96.134.207:8000"), one("[fd00:10:96::a7c1]:8000")]
    };
    let mut all = vec![Evidence::default(), with_queries(vec![in_list("backend-api", "NXDOMAIN")])];
    for answer in ["TIMEOUT", "TRUNCATED", "refused", "SERVFAIL"] {
        all.push(with_queries(vec![
            in_list("backend-api", answer).from("[fd00:10:96::a]:53"),
            in_list("backend-api", answer),
        ]));
    }
    for (result, errno) in [
        (TryResult::Refused, Some(111)),
        (TryResult::Cut, None),
        (TryResult::NotTried, None),
        (TryResult::HostUnreachable, Some(113)),
        (TryResult::NetworkUnreachable, Some(101)),
        (TryResult::LocalLimit, Some(99)),
        (TryResult::LocalLimit, Some(24)),
    ] {
        all.push(Evidence { tries: tries(result, errno), ..with_queries(names()) });
    }
    let name = "CN=backend-api.todo-production.svc.cluster.local,O=Example Corporation,OU=Platform Engineering";
    for names in [&["*.todo-production.svc.cluster.local", "backend-api.todo-production.svc"][..], &[]] {
        all.push(with_chain(vec![certificate(name, name, names)]));
        all.push(with_chain(vec![certificate(name, "CN=An Authority", names), certificate("CN=B", name, &[])]));
    }
    for status in [400, 401, 404, 405, 406, 418, 421, 429, 500, 502, 503] {
        all.push(Evidence { facts: Facts { status_code: Some(status), ..Facts::default() }, ..Evidence::default() });
    }
    for aim in [Aim::Tls, Aim::TlsSamePort, Aim::Slash, Aim::Login, Aim::Elsewhere] {
        let redirect = Some(Redirect { to: "https://backend-api/".to_owned(), aim });
        all.push(Evidence { facts: Facts { redirect, ..Facts::default() }, ..Evidence::default() });
    }
    all
}

#[test]
fn every_cause_of_every_kind_has_a_short_hint() {
    let phases = [Phase::Resolve, Phase::Connect, Phase::Tls, Phase::Login, Phase::Request, Phase::Assert];
    let targets =
        ["backend-api:8000", "127.0.0.1:8000", "api.eu-central-1.aws.example.com:443", "db.dev:5432", "todo.local:80"];
    let mut longest = String::new();
    for cause in Cause::ALL.iter().copied() {
        for kind in KINDS.iter().map(|kind| kind.name) {
            for (evidence, target) in pieces_of_evidence().iter().zip(targets.iter().cycle()) {
                for phase in phases {
                    let text = at(cause, phase, "", kind, target, evidence);
                    assert!(!text.is_empty(), "{} {kind}", cause.slug());
                    assert!(sentences(&text) <= 2, "{} {kind}: {text}", cause.slug());
                    assert!(text.len() <= 300, "{} {kind} ({} bytes): {text}", cause.slug(), text.len());
                    assert!(!text.ends_with('.') && !text.contains("  "), "{} {kind}: {text}", cause.slug());
                    if text.len() > longest.len() {
                        longest = text;
                    }
                }
            }
        }
    }
    assert!(longest.len() > 200, "the table above reaches the long ones: {longest}");
}

#[test]
fn names_that_do_not_resolve() {
    use Cause::{DnsNoAddress, DnsNotFound, DnsServerFailure, DnsTimeout};
    for (target, cause, queries, says) in [
        (
            "backend-api:80",
            DnsNotFound,
            vec![in_list("backend-api", "NXDOMAIN")],
            &[
                "no Service backend-api in the namespace todo-production",
                "headless without a ready pod",
                "backend-api.NAMESPACE",
            ][..],
        ),
        (
            "db.data:80",
            DnsNotFound,
            vec![in_list("db.data", "NXDOMAIN")],
            &["no Service db in the namespace data", "get svc,endpointslices -A | grep db"],
        ),
        ("db.dev:80", DnsNotFound, vec![], &["neither a Service db in a namespace dev nor a public name db.dev"]),
        ("todo.local:80", DnsNotFound, vec![], &["a laptop's hosts file"]),
        ("host.docker.internal:80", DnsNotFound, vec![], &["a name of Docker"]),
        ("api.exmaple.com:80", DnsNotFound, vec![], &["nslookup api.exmaple.com"]),
        (
            "a.exmaple.com:80",
            DnsNotFound,
            vec![query("_mongodb._tcp.a.exmaple.com.", "SRV", "NXDOMAIN", 0)],
            &["nslookup -type=SRV _mongodb._tcp.a.exmaple.com"],
        ),
        (
            "db:80",
            DnsNotFound,
            vec![query(&format!("_pg._tcp.db.{SHOP}."), "SRV", "NXDOMAIN", 0)],
            &["no Service db in the namespace todo-production, none of its ports is called pg"],
        ),
        ("db:80", DnsNoAddress, vec![], &["/etc/hosts settles the name"]),
        ("db:80", DnsNoAddress, vec![query("db.", "AAAA", "NOERROR", 1)], &["has AAAA records only", "`addresses`"]),
        (
            "db:80",
            DnsNoAddress,
            vec![query("db.", "A", "NOERROR", 0).alias("gone.example.com")],
            &["db. is an alias of gone.example.com, for which no A record came"],
        ),
        (
            "db:80",
            DnsServerFailure,
            vec![in_list("db", "NXDOMAIN").alias("gone.example.com"), query("db.", "A", "SERVFAIL", 0)],
            &["alias of gone.example.com, which does not exist: correct the externalName"],
        ),
        (
            "db:80",
            DnsServerFailure,
            vec![in_list("db", "NXDOMAIN"), query("db.", "A", "SERVFAIL", 0)],
            &[
                "db.todo-production.svc.cluster.local. is NXDOMAIN: if db should be",
                "grep db",
                "CoreDNS's upstream fails",
            ],
        ),
        (
            "db:80",
            DnsTimeout,
            vec![in_list("db", "NXDOMAIN").took(800), query("db.", "A", "TIMEOUT", 0).took(90)],
            &["db.todo-production.svc.cluster.local. is NXDOMAIN", "slow answers left it no time"],
        ),
        (
            "shop:80",
            DnsNoAddress,
            vec![query("shop.svc.cluster.local.", "A", "NOERROR", 0).suffix("svc.cluster.local")],
            &["shop.svc.cluster.local. is a namespace, no Service: write SERVICE.shop"],
        ),
        (
            "example.shop:80",
            DnsNoAddress,
            vec![in_list("example.shop", "NXDOMAIN"), query("example.shop.", "A", "NOERROR", 0)],
            &["has neither A nor AAAA records"],
        ),
        (
            "db:80",
            DnsNoAddress,
            vec![query("db.", "A", "NOERROR", 0).alias("db")],
            &["db. is an alias of itself, in a circle"],
        ),
        ("db:80", DnsNotFound, vec![query("db.", "A", "NXDOMAIN", 0)], &["db. alone was asked for", "dnsPolicy"]),
        (
            "db:80",
            DnsNotFound,
            vec![
                query("db.corp.example.", "A", "NXDOMAIN", 0).suffix("corp.example"),
                query("db.", "A", "NXDOMAIN", 0),
            ],
            &["none of a cluster", "ClusterFirstWithHostNet"],
        ),
        (
            "db.shop.svc.cluster.local:80",
            DnsNotFound,
            vec![query("db.shop.svc.cluster.local.svc.k8s.corp.", "A", "NXDOMAIN", 0).suffix("svc.k8s.corp")],
            &["called NAME.NAMESPACE.svc.k8s.corp here: compare db.shop.svc.cluster.local"],
        ),
        (
            "db.shop.cluster.local:80",
            DnsNotFound,
            vec![in_list("db.shop.cluster.local", "NXDOMAIN")],
            &["called NAME.NAMESPACE.svc.cluster.local here: compare db.shop.cluster.local"],
        ),
        ("db:80", DnsNotFound, vec![in_list("localhost", "NXDOMAIN")], &["need not know localhost"]),
        ("db:80", DnsNoAddress, vec![in_list("db", "SERVFAIL")], &["kubectl -n todo-production get svc db -o wide"]),
        (
            "db:80",
            DnsTimeout,
            vec![in_list("db", "TIMEOUT")],
            &["10.96.0.10:53 did not answer", "NetworkPolicy", "CoreDNS is down"],
        ),
        (
            "db:80",
            DnsTimeout,
            vec![in_list("api.example.com", "NXDOMAIN"), query("api.example.com.", "A", "TIMEOUT", 0)],
            &["answered other names in up to 2ms, which left 2ms for this one", "a longer `timeout`"],
        ),
        (
            "db:80",
            DnsTimeout,
            vec![in_list("api.example.com", "NXDOMAIN"), query("api.example.com.", "A", "TIMEOUT", 0).took(900)],
            &["answered some names and not this one"],
        ),
        ("db:80", DnsTimeout, vec![in_list("db", "TRUNCATED")], &["allow TCP 53"]),
        (
            "db:80",
            DnsTimeout,
            vec![
                query("a.", "A", "TRUNCATED", 0),
                query("a.", "A", "NOERROR", 60).tcp(),
                query("db.", "A", "TIMEOUT", 0).took(900),
            ],
            &["answered some names and not this one"],
        ),
        ("db:80", DnsTimeout, vec![in_list("db", "refused")], &["nothing serves names at 10.96.0.10:53"]),
        ("db:80", DnsTimeout, vec![in_list("db", "refused").from("169.254.20.10:53")], &["k8s-app=node-local-dns"]),
        ("db:80", DnsTimeout, vec![in_list("db", "forbidden")], &["forbids it", "UDP and TCP to 10.96.0.10:53"]),
        (
            "db:80",
            DnsTimeout,
            vec![in_list("db", "no way")],
            &["10.96.0.10:53: network is unreachable: if ip route get"],
        ),
        ("db:80", DnsServerFailure, vec![in_list("db", "SERVFAIL")], &["logs -l k8s-app=kube-dns"]),
    ] {
        let text = unresolved(target, cause, queries);
        for part in says {
            assert!(text.contains(part), "{target}: {text}");
        }
    }
    for (cause, answer) in [(DnsTimeout, "TIMEOUT"), (DnsServerFailure, "SERVFAIL")] {
        let evidence = with_queries(vec![query("db.", "A", answer, 0).from("192.0.2.1:53")]);
        let text = at(cause, Phase::Resolve, "", "dns", "192.0.2.1:53", &evidence);
        assert!(text.starts_with("the check's own `server` was asked"), "{text}");
    }
    // A `dns` check has no endpoint, or its server's.
    let evidence = with_queries(vec![in_list("backend-api", "NXDOMAIN")]);
    let text = at(DnsNotFound, Phase::Resolve, "", "dns", "10.96.0.10:53", &evidence);
    assert!(text.contains("no Service backend-api in"), "{text}");
}

#[test]
fn connections_that_do_not_come_about() {
    use TryResult::{Cut, HostUnreachable, LocalLimit, NetworkUnreachable, NotTried, Refused};
    let service = || vec![in_list("backend-api", "NOERROR")];
    let one = |result, ms| vec![Try { duration: Duration::from_millis(ms), ..tried("10.96.0.7:8000", result) }];
    let listening = |address: &str| {
        let listeners = Some(vec![address.parse().unwrap()]);
        Some(Pod {
            listeners,
            addresses: ["10.0.0.7", "fd09::7"].map(|ip| ip.parse().unwrap()).to_vec(),
            ..Pod::default()
        })
    };
    let known = Pod {
        services: vec![Service {
            prefix: "BACKEND_API".to_owned(),
            address: "10.96.0.7".parse().unwrap(),
            ports: vec![80],
        }],
        ..Pod::default()
    };
    let pods = || vec![tried("10.0.1.1:8000", Refused), tried("10.0.1.2:8000", Refused)];
    for (target, cause, tries, queries, pod, says) in [
        (
            "backend-api:8000",
            Cause::ConnectRefused,
            one(Refused, 1),
            service(),
            None,
            &[
                "kubectl -n todo-production get endpointslices -l kubernetes.io/service-name=backend-api",
                "no pod of backend-api is ready",
            ][..],
        ),
        (
            "backend-api:8000",
            Cause::ConnectRefused,
            pods(),
            service(),
            None,
            &["2 addresses, all refused", "headless Service backend-api"],
        ),
        (
            "backend-api:8000",
            Cause::ConnectRefused,
            vec![tried("10.0.1.1:8000", Refused), tried("10.0.1.2:8000", TryResult::Cut)],
            service(),
            None,
            &["behind the headless Service backend-api that pod is there, but nothing listens on port 8000"],
        ),
        (
            "backend-api:8000",
            Cause::ConnectRefused,
            [("a", "10.0.1.1:8000"), ("backend-api", "10.0.1.2:8000"), ("backend-api", "10.0.1.2:8000")]
                .map(|(host, address)| Try { host: Some(host.to_owned()), ..tried(address, Refused) })
                .to_vec(),
            service(),
            None,
            &["kubectl -n todo-production get endpointslices -l kubernetes.io/service-name=backend-api: without"],
        ),
        (
            "backend-api:8000",
            Cause::ConnectRefused,
            one(Refused, 1),
            service(),
            Some(known.clone()),
            &["has the port 80, not 8000", "kubectl get svc backend-api"],
        ),
        (
            "localhost:8000",
            Cause::ConnectRefused,
            vec![tried("127.0.0.1:8000", Refused)],
            vec![],
            None,
            &["localhost in a pod is the pod itself"],
        ),
        (
            "localhost:8000",
            Cause::ConnectRefused,
            vec![tried("127.0.0.1:8000", Refused)],
            vec![],
            listening("10.0.0.7:8000"),
            &["listens on 10.0.0.7 and 127.0.0.1 is refused", "HOSTNAME=0.0.0.0"],
        ),
        (
            "web-0:8000",
            Cause::ConnectRefused,
            vec![tried("[fd09::7]:8000", Refused)],
            vec![],
            listening("0.0.0.0:8000"),
            &["port 8000 of this pod listens on 0.0.0.0 alone: start the app with --host :: "],
        ),
        (
            "0.0.0.0:8000",
            Cause::ConnectRefused,
            vec![tried("0.0.0.0:8000", Refused)],
            vec![],
            None,
            &["0.0.0.0 in a pod is the pod itself"],
        ),
        // It was too early: nothing is wrong with where it listens.
        (
            "10.0.0.7:8000",
            Cause::ConnectRefused,
            vec![tried("10.0.0.7:8000", Refused)],
            vec![],
            listening("0.0.0.0:8000"),
            &["listens on 0.0.0.0 now", "only just started"],
        ),
        (
            "[::1]:8000",
            Cause::ConnectRefused,
            vec![tried("[::1]:8000", Refused)],
            vec![],
            listening("127.0.0.1:8000"),
            &["listens on 127.0.0.1 and ::1 is refused", "dial 127.0.0.1", "listen on [::]"],
        ),
        (
            "10.0.0.7:8000",
            Cause::ConnectRefused,
            vec![tried("10.0.0.7:8000", Refused)],
            vec![],
            listening("127.0.0.1:8000"),
            &["--host 0.0.0.0"],
        ),
        (
            "10.0.0.7:8000",
            Cause::ConnectRefused,
            vec![tried("10.0.0.7:8000", Refused)],
            vec![],
            listening("127.0.0.1:80"),
            &["10.0.0.7 is this pod itself, and nothing in it listens"],
        ),
        (
            "db.example.com:8000",
            Cause::ConnectRefused,
            one(Refused, 1),
            vec![query("db.example.com.", "A", "NOERROR", 1)],
            None,
            &["the machine is there, but nothing listens on port 8000"],
        ),
        (
            "backend-api:8000",
            Cause::ConnectTimeout,
            one(Cut, 2500),
            service(),
            None,
            &["kubectl -n todo-production get svc backend-api", "get netpol"],
        ),
        (
            "backend-api:8000",
            Cause::ConnectTimeout,
            one(Cut, 500),
            service(),
            None,
            &["one lost packet costs as much", "raise `timeout`"],
        ),
        ("backend-api:8000", Cause::ConnectTimeout, one(NotTried, 0), service(), None, &["raise `timeout`"]),
        (
            "db.example.com:8000",
            Cause::ConnectTimeout,
            one(Cut, 2500),
            vec![],
            None,
            &["security group", "egress NetworkPolicy"],
        ),
        (
            "10.0.9.9:8000",
            Cause::HostUnreachable,
            one(HostUnreachable, 3100),
            vec![],
            None,
            &["the pod or node behind it is gone"],
        ),
        (
            "10.0.9.9:8000",
            Cause::HostUnreachable,
            one(HostUnreachable, 1),
            vec![],
            None,
            &["router or firewall rejected"],
        ),
        (
            "backend-api:8000",
            Cause::HostUnreachable,
            one(HostUnreachable, 1),
            service(),
            None,
            &["with Cilium", "get endpointslices"],
        ),
        (
            "[fd00::9]:80",
            Cause::NetworkUnreachable,
            vec![tried("[fd00::9]:80", NetworkUnreachable)],
            vec![],
            None,
            &["no IPv6 route"],
        ),
        (
            "10.0.9.9:80",
            Cause::NetworkUnreachable,
            one(NetworkUnreachable, 0),
            vec![],
            None,
            &["no route to that address", "ip route get", "on the way"],
        ),
        (
            "10.0.9.9:80",
            Cause::NetworkUnreachable,
            one(NetworkUnreachable, 0),
            vec![],
            Some(Pod { addresses: vec!["fd00::5".parse().unwrap()], ..Pod::default() }),
            &["this pod has IPv6 addresses alone", "NAT64"],
        ),
        (
            "[2600::1]:5432",
            Cause::NetworkUnreachable,
            vec![tried("[2600::1]:5432", TryResult::NetworkUnreachable)],
            vec![],
            None,
            &["this pod has no IPv6 route", "by its name or an IPv4 address"],
        ),
        (
            "10.0.9.9:80",
            Cause::LocalLimit,
            vec![Try { errno: Some(99), ..tried("10.0.9.9:80", LocalLimit) }],
            vec![],
            None,
            &["every local port"],
        ),
        (
            "10.0.9.9:80",
            Cause::LocalLimit,
            vec![Try { errno: Some(24), ..tried("10.0.9.9:80", LocalLimit) }],
            vec![],
            None,
            &["no file descriptor"],
        ),
        ("10.0.9.9:80", Cause::ConnectNotPermitted, vec![], vec![], None, &["EPERM"]),
        ("10.0.9.9:80", Cause::ConnectReset, vec![], vec![], None, &["wants TLS"]),
    ] {
        let text = dialled(target, cause, tries, queries, pod);
        for part in says {
            assert!(text.contains(part), "{target}: {text}");
        }
    }
}

#[test]
fn tls() {
    let own = || certificate("CN=a", "CN=a", &["a"]);
    let leaf = |names: &[&str]| certificate("CN=a", "CN=authority", names);
    let named = |cause, target: &str, evidence: &Evidence| at(cause, Phase::Tls, "", "tls", target, evidence);
    let with_message =
        |cause, message: &str| at(cause, Phase::Tls, message, "tls", "a:1", &with_chain(vec![leaf(&["a"])]));
    let wrong = Cause::TlsWrongName;
    for (text, says) in [
        (named(Cause::TlsUntrusted, "a:1", &with_chain(vec![own()])), "self-signed"),
        (named(Cause::TlsUntrusted, "a:1", &with_chain(vec![leaf(&["a"])])), "fullchain.pem"),
        (
            named(
                Cause::TlsUntrusted,
                "a:1",
                &with_chain(vec![leaf(&["a"]), certificate("CN=authority", "CN=root", &[])]),
            ),
            "the chain ends in CN=root",
        ),
        // The leaf sent twice is no chain.
        (named(Cause::TlsUntrusted, "a:1", &with_chain(vec![leaf(&["a"]), leaf(&["a"])])), "fullchain.pem"),
        (with_message(Cause::TlsUntrusted, "does not allow its use for a server (extended key usage)"), "serverAuth"),
        (with_message(Cause::TlsUntrusted, "the chain of \"a\" was not accepted: x"), "openssl verify"),
        (with_message(Cause::TlsUntrusted, "was signed with another key: the CA"), "that the authority has now"),
        (
            with_message(Cause::TlsExpired, "the root \"CN=authority\" of the file ca.pem expired"),
            "make the authority anew",
        ),
        (
            named(wrong, "a.b.example.com:1", &with_chain(vec![leaf(&["*.example.com"])])),
            "*.example.com covers one label",
        ),
        (
            named(wrong, "10.0.0.7:1", &with_chain(vec![leaf(&["db.example.com"])])),
            "the URL has an address and the certificate names (db.example.com)",
        ),
        (
            named(wrong, "db:1", &with_chain(vec![leaf(&["db.example.com"])])),
            "use a name that the certificate has (db.example.com)",
        ),
        (
            at(wrong, Phase::Tls, "", "postgres", "db:1", &with_chain(vec![leaf(&["db.example.com"])])),
            "(db.example.com), or issue one",
        ),
        (named(Cause::TlsUnsupported, "db:1", &with_chain(vec![leaf(&[])])), "Go and Python refuse a common name"),
        (named(Cause::TlsUnsupported, "db:1", &Evidence::default()), "TLS 1.2 or 1.3"),
        (at(Cause::TlsUnsupported, Phase::Tls, "", "postgres", "db:1", &Evidence::default()), "ssl = on"),
        (at(Cause::TlsUnsupported, Phase::Login, "", "postgres", "db:1", &Evidence::default()), "sslmode: verify-full"),
        (
            answered(Cause::TlsUnsupported, "400: this port wants TLS, and plain HTTP was sent", Facts::default()),
            "write https://",
        ),
        (
            at(Cause::TlsNotTls, Phase::Tls, "the peer speaks plain HTTP", "http", "db:1", &Evidence::default()),
            "write http://",
        ),
        (
            at(Cause::TlsNotTls, Phase::Tls, "the peer speaks plain SMTP", "http", "db:1", &Evidence::default()),
            "compare the port",
        ),
        (named(wrong, "a:1", &with_chain(vec![leaf(&["spiffe://cluster.local/ns/a/sa/b"])])), "a service mesh's proxy"),
        (
            at(Cause::Timeout, Phase::Tls, "connected, 17 bytes came in 4.9s", "tls", "a:1", &Evidence::default()),
            "was begun and not ended",
        ),
        (
            at(
                Cause::ConnectReset,
                Phase::Connect,
                "the end of the TLS handshake was awaited",
                "tls",
                "a:1",
                &Evidence::default(),
            ),
            "or a server without TLS",
        ),
        (
            at(
                Cause::TlsHandshakeFailed,
                Phase::Tls,
                "(alert unrecognized_name (112))",
                "tls",
                "a:1",
                &Evidence::default(),
            ),
            "`server_name`",
        ),
        (
            at(
                Cause::TlsHandshakeFailed,
                Phase::Tls,
                "(alert no_application_protocol (120))",
                "http",
                "a:1",
                &Evidence::default(),
            ),
            "`http_version`",
        ),
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
    let short = query(&format!("db.{SHOP}."), "A", "NOERROR", 1).suffix(SHOP);
    let evidence = Evidence { queries: vec![short], ..with_chain(vec![leaf(&[&format!("*.{SHOP}")])]) };
    let text = named(wrong, "db:1", &evidence);
    assert!(text.starts_with(&format!("the certificate is good for db.{SHOP}, the full name of db: ")), "{text}");
    let alias = query(&format!("db.{SHOP}."), "A", "NOERROR", 1).suffix(SHOP).alias("pg.example.com");
    let evidence = Evidence { queries: vec![alias], ..with_chain(vec![leaf(&["*.example.com"])]) };
    let text = named(wrong, "db:1", &evidence);
    assert!(text.contains("db is an alias (ExternalName, CNAME) of pg.example.com"), "{text}");
}

#[test]
fn logins() {
    for (cause, message, says) in [
        (
            Cause::PasswordRejected,
            "password authentication failed for user \"app\" (28P01)",
            "an unknown role, one without password and an md5 hash",
        ),
        (Cause::PasswordRejected, "password authentication failed (08P01)", "userlist.txt"),
        (
            Cause::PasswordRejected,
            "password authentication failed for user \"app\" (28P01), said by the server behind a pooler",
            "PostgreSQL refused the login that the pooler made",
        ),
        (
            Cause::LoginRejected,
            "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", SSL off (28000)",
            "switch it on there",
        ),
        (
            Cause::LoginRejected,
            "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", no encryption (08P01)",
            "the server refuses the pooler",
        ),
        (Cause::LoginRejected, "role \"app\" does not exist (28000)", "CREATE ROLE"),
        (Cause::LoginRejected, "permission denied to set parameter \"x\" (42501)", "take it out of the URL"),
        (Cause::LoginRejected, "no such user (08P01)", "the pooler does not let this user in"),
        (Cause::PasswordRejected, "authentication failed: username \"app\" or password … (XX000)", "pool_passwd"),
        (Cause::PasswordRejected, "PAM authentication failed for user \"app\" (28000)", "judged elsewhere"),
        (
            Cause::QueryFailed,
            "failed to create a backend connection: executing failover on backend (XX000)",
            "the pooler gets no connection",
        ),
        (Cause::LoginRejected, "Tenant or user not found (XX000)", "USER.PROJECT"),
        (
            Cause::TooManyConnections,
            "remaining connection slots are reserved for roles with the SUPERUSER attribute (53300)",
            "every connection is taken",
        ),
        (
            Cause::TooManyConnections,
            "client connections exceeded (max_user_client_connections) (08P01)",
            "the pooler is full",
        ),
        (Cause::ShuttingDown, "terminating connection due to administrator command (57P01)", "pg_terminate_backend"),
        (Cause::QueryFailed, "canceling statement due to user request (57014)", "look the code"),
        (
            Cause::QueryFailed,
            "could not extend file \"base/5/1\": No space left on device (53100)",
            "disk of the server",
        ),
        (Cause::QueryFailed, "canceling statement due to lock timeout (55P03)", "another session holds the lock"),
        (
            Cause::QueryFailed,
            "server login has been failing, cached error: connect failed (server_login_retry) (08P01)",
            "the pooler gets no connection",
        ),
        (
            Cause::LoginRejected,
            "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", no encryption (28000)",
            "switch it on there",
        ),
        (
            Cause::LoginRejected,
            "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", SSL encryption (28000)",
            "no line of pg_hba.conf",
        ),
        (
            Cause::LoginRejected,
            "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a \", no encryption (28000)",
            "ends in white space",
        ),
        (Cause::LoginRejected, "role \"app\" is not permitted to log in (28000)", "ALTER ROLE … LOGIN"),
        (Cause::LoginRejected, "database \"x\" is not currently accepting connections (55000)", "ALLOW_CONNECTIONS"),
        (Cause::LoginRejected, "permission denied for database \"x\" (42501)", "GRANT CONNECT"),
        (Cause::LoginRejected, "unsupported startup parameter: x (08P01)", "ignore_startup_parameters"),
        (Cause::NoSuchDatabase, "database \"app \" does not exist (3D000)", "newline"),
        (Cause::NoSuchDatabase, "database \"app\" does not exist (3D000)", "without one it is the user's"),
        (Cause::TooManyConnections, "too many connections for role \"app\" (53300)", "CONNECTION LIMIT"),
        (Cause::NoSuchDatabase, "no such database: x (08P01)", "the pooler has no such database"),
        (Cause::TooManyConnections, "no more connections allowed (max_client_conn) (08P01)", "the pooler is full"),
        (Cause::TooManyConnections, "sorry, too many clients already (53300)", "every connection is taken: SELECT"),
        (Cause::StartingUp, "the database system is not accepting connections (57P03)", "hot_standby"),
        (Cause::QueryFailed, "it is a primary (not in recovery), a replica is wanted", "the replicas' Service"),
        (Cause::QueryFailed, "relation \"users\" does not exist (42P01)", "migrations"),
        (Cause::QueryFailed, "column \"publickey\" does not exist (42703)", "capitals"),
        (Cause::QueryFailed, "canceling statement due to statement timeout (57014)", "statement_timeout"),
        (Cause::QueryFailed, "unrecognized configuration parameter \"schema\" (42704)", "take it out of the URL"),
    ] {
        let text = login(cause, message);
        assert!(text.contains(says), "{message}: {text}");
    }
}

/// What is said of a key is where it stands in that kind of check.
#[test]
fn keys_of_tls_are_named_as_the_kind_has_them() {
    let own = with_chain(vec![certificate("CN=a", "CN=a", &["a"])]);
    for (kind, cause, says) in [
        ("http", Cause::TlsUntrusted, "as `tls.ca`"),
        ("tls", Cause::TlsUntrusted, "as `ca`"),
        ("postgres", Cause::TlsUntrusted, "as `ca` (in a URL: sslrootcert)"),
        ("peer", Cause::TlsClientCertRequired, "as `tls.cert` and `tls.key`"),
        ("peer", Cause::TlsWrongName, "set `tls.server_name`"),
    ] {
        let text = at(cause, Phase::Tls, "", kind, "b:1", &own);
        assert!(text.contains(says), "{text}");
    }
}

#[test]
fn answers() {
    let status = |code| Facts { status_code: Some(code), ..Facts::default() };
    let redirect = |aim| Facts { redirect: Some(Redirect { to: String::new(), aim }), ..Facts::default() };
    for (cause, message, facts, says) in [
        (Cause::HttpStatus, "", status(404), "no such path"),
        (Cause::HttpStatus, "", status(401), "or others than it got"),
        (Cause::HttpStatus, "", status(422), "body or headers"),
        (Cause::HttpStatus, "", status(403), "by a rule for client"),
        (Cause::HttpStatus, "", status(421), "allowed_hosts"),
        (Cause::HttpStatus, "", status(406), "Accept"),
        (Cause::HttpStatus, "", status(503), "says so of itself, or a proxy"),
        (Cause::HttpStatus, "", status(502), "a proxy answered"),
        (Cause::HttpStatus, "", status(500), "read its log"),
        (Cause::HttpRedirect, "", redirect(Aim::Tls), "https://"),
        (Cause::HttpRedirect, "", redirect(Aim::TlsSamePort), "X-Forwarded-Proto"),
        (
            Cause::TlsNotTls,
            "redirected to https://a:80: the peer speaks plain HTTP",
            redirect(Aim::TlsSamePort),
            "X-Forwarded-Proto",
        ),
        (Cause::HttpRedirect, "", redirect(Aim::Slash), "final slash"),
        (Cause::HttpRedirect, "", redirect(Aim::Login), "asks for a login"),
        (
            Cause::HttpRedirect,
            "302 to http://a/, where it has been before: a loop",
            redirect(Aim::Tls),
            "X-Forwarded-Proto",
        ),
        (Cause::HttpRedirect, "302 with a Location of the scheme ftp", Facts::default(), "cannot be followed"),
        (Cause::JsonMismatch, "answered with a page for people, not with its health", Facts::default(), "/api/health"),
        (Cause::PermissionDenied, "", status(403), "not allowed"),
        (Cause::PermissionDenied, "", status(401), "expired"),
    ] {
        let text = answered(cause, message, facts);
        assert!(text.contains(says), "{says}: {text}");
    }
}

#[test]
fn what_is_too_large_and_by_which_key_it_may_be_larger() {
    let none = Evidence::default();
    for (kind, phase, message, says) in [
        ("http", Phase::Request, "the body is over the limit of 9 bytes", "`max_response`"),
        ("http", Phase::Request, "the headers are over the limit", "compare the port"),
        ("postgres", Phase::Request, "the server announced a message of 3000000 bytes", "LIMIT 1"),
        ("postgres", Phase::Login, "the server announced a message of 1213486160 bytes", "compare the port"),
        ("tcp", Phase::Request, "70000 bytes came and no end", "compare the port"),
    ] {
        let text = at(Cause::TooLarge, phase, message, kind, "db:5432", &none);
        assert!(text.contains(says), "{kind} {message}: {text}");
    }
}

#[test]
fn an_answer_of_http_that_breaks_off_is_known_for_one() {
    for (cause, message, says) in [
        (
            Cause::ProtocolError,
            "what came (9 bytes) is not the body of the answer: its framing is broken",
            "breaks its rules",
        ),
        (
            Cause::ProtocolError,
            "what came (9 bytes) is not an HTTP answer: invalid HTTP header parsed",
            "breaks its rules",
        ),
        (
            Cause::ProtocolError,
            "what came (9 bytes) is not an HTTP answer: invalid HTTP version parsed",
            "another kind of server",
        ),
        (
            Cause::Timeout,
            "out of time after 5s; connected, 62 bytes came in 5.0s, the last 5s ago",
            "text/event-stream",
        ),
        (Cause::Timeout, "out of time after 5s; connected, then nothing came for 5s", "then nobody answers"),
        (
            Cause::ConnectionClosed,
            "the peer closed the connection after 87 bytes, before the end of the body of the answer",
            "in the midst of its answer",
        ),
    ] {
        let text = at(cause, Phase::Request, message, "http", "api:80", &Evidence::default());
        assert!(text.contains(says), "{message}: {text}");
    }
}

#[test]
fn before_starttls_it_is_not_tls_that_is_not_answered() {
    let message = "out of time after 5s; TLS was not begun, since the server has not consented";
    let text = at(Cause::Timeout, Phase::Tls, message, "tls", "mail:465", &Evidence::default());
    assert!(text.contains("`starttls`") && text.contains("465"), "{text}");
}

#[test]
fn a_server_that_agrees_on_no_protocol_is_not_told_to_allow_newer_tls() {
    let message = "the server agreed on none of the application protocols offered: smtp";
    let text = at(Cause::TlsUnsupported, Phase::Tls, message, "tls", "mail:465", &Evidence::default());
    assert!(text.contains("`alpn`"), "{text}");
}

#[test]
fn sentences_are_counted() {
    assert_eq!(sentences("see kubectl get svc, i.e. all of them"), 1);
    assert_eq!(sentences("raise `timeout`. If it stays, read the log"), 2);
}
