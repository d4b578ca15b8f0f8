use std::time::Duration;

use super::{SHOP, at, general_hint, in_list, proxy_note};
use crate::cause::Cause;
use crate::env::MapEnv;
use crate::findings::testing::{query, tried, with_queries};
use crate::findings::{Context, ProxyVariables};
use crate::outcome::{ConnectAttempt, ConnectResult, Detail, Evidence, Fault, Phase, Query, Surveyed};
use crate::pod::{Pod, Service};
use crate::url::Endpoint;

fn dialled(target: &str, cause: Cause, tries: Vec<ConnectAttempt>, queries: Vec<Query>, pod: Option<Pod>) -> String {
    let last = tries.len().checked_sub(1);
    let errno = tries.last().and_then(|one| one.errno);
    let fault = Fault { detail: errno.map(Detail::Os), ..Fault::new(Phase::Connect, cause, "").of_attempt(last) };
    at(&fault, target, &Evidence { tries, queries, pod, ..Evidence::default() })
}

/// `diagnose` measures longer than the run waited.
#[test]
fn a_try_that_had_too_little_time_is_told_how_much_it_takes() {
    let told_with = |result: ConnectResult, had: u64, takes: u64| {
        let ms = Duration::from_millis;
        let one = ConnectAttempt { duration: ms(had), ..tried("203.0.113.1:5432", ConnectResult::Cut) };
        let (address, duration) = (one.address, ms(takes));
        let seen = Surveyed { host: None, address, result, errno: None, duration, source: None };
        let evidence = Evidence { tries: vec![one], survey: vec![seen], ..Evidence::default() };
        at(&Fault::new(Phase::Connect, Cause::ConnectTimeout, ""), "db.example.com:5432", &evidence)
    };
    let told = |had, takes| told_with(ConnectResult::Connected, had, takes);
    assert_eq!(
        told(200, 310),
        "The address answers, but later than the connect attempt waited. Raise `timeout` (or `connect_timeout`)."
    );
    assert_eq!(told(200, 310), told(190, 305), "each new text would be a new event");
    assert!(told(2_500, 3).starts_with("A second connect attempt was answered in time: packets were lost"));
    assert!(told_with(ConnectResult::HostUnreachable, 2_500, 3_060).starts_with("No host on the network answered"));
    assert!(told_with(ConnectResult::Cut, 2_500, 3_500).starts_with("No answer arrives"));
}

/// Where the way out is a proxy, the direct way is closed on purpose.
#[test]
fn a_proxy_of_the_app_is_named() {
    const BOTH: [(&str, &str); 2] = [("HTTP_PROXY", "http://proxy:3128"), ("https_proxy", "proxy:3128")];
    let told = |host: &str, proxies: &[(&str, &str)]| {
        let proxies = &ProxyVariables::read(&MapEnv::with_vars(proxies));
        let endpoints = [Endpoint::parse(host).unwrap()];
        let context = Context { endpoints: &endpoints, proxies, ..Context::default() };
        let of = |phase| proxy_note(&Fault::new(phase, Cause::ConnectTimeout, ""), &Evidence::default(), &context);
        assert_eq!(of(Phase::Login), None, "{host}");
        of(Phase::Connect).unwrap_or_default()
    };
    let named = told("api.example.com:443", &BOTH);
    assert_eq!(named, "HTTPS_PROXY is set: an app that uses that proxy connects another way.");
    assert!(told("api.example.com:80", &BOTH[..1]).starts_with("HTTP_PROXY is set"));
    for (host, proxies) in [
        ("api.example.com:443", &BOTH[..1]),
        ("backend-api:443", &BOTH),
        ("db.example.com:5432", &BOTH),
        ("10.0.0.7:443", &BOTH),
    ] {
        assert_eq!(told(host, proxies), "", "{host}");
    }
}

/// Where a redirect led is what is spoken of, not where the check begins.
#[test]
fn after_a_redirect_the_port_is_the_one_that_was_dialled_last() {
    let of_host = |address, result| ConnectAttempt { host: Some("127.0.0.1".to_owned()), ..tried(address, result) };
    let tries =
        vec![of_host("127.0.0.1:80", ConnectResult::Connected), of_host("127.0.0.1:9443", ConnectResult::Refused)];
    let pod = Pod::default();
    let text = dialled("127.0.0.1:80", Cause::ConnectRefused, tries, Vec::new(), Some(pod));
    assert!(text.contains("Nothing in this pod listens on port 9443"), "{text}");
}

#[test]
fn connections_that_do_not_come_about() {
    use ConnectResult::{Cut, HostUnreachable, LocalLimit, NetworkUnreachable, NotTried, Refused};
    let service = || vec![in_list("backend-api", "NOERROR")];
    let one =
        |result, ms| vec![ConnectAttempt { duration: Duration::from_millis(ms), ..tried("10.96.0.7:8000", result) }];
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
            &["All 2 addresses refused the connection", "headless Service backend-api"],
        ),
        (
            "backend-api:8000",
            Cause::ConnectRefused,
            vec![tried("10.0.1.1:8000", Refused), tried("10.0.1.2:8000", ConnectResult::Cut)],
            service(),
            None,
            &["A pod of the headless Service backend-api is running, but nothing listens on port 8000"],
        ),
        (
            "backend-api:8000",
            Cause::ConnectRefused,
            [("a", "10.0.1.1:8000"), ("backend-api", "10.0.1.2:8000"), ("backend-api", "10.0.1.2:8000")]
                .map(|(host, address)| ConnectAttempt { host: Some(host.to_owned()), ..tried(address, Refused) })
                .to_vec(),
            service(),
            None,
            &["kubectl -n todo-production get endpointslices -l kubernetes.io/service-name=backend-api. Without"],
        ),
        (
            "backend-api:8000",
            Cause::ConnectRefused,
            one(Refused, 1),
            service(),
            Some(known.clone()),
            &["has the port 80, not 8000.", "kubectl get svc backend-api"],
        ),
        (
            "localhost:8000",
            Cause::ConnectRefused,
            vec![tried("127.0.0.1:8000", Refused)],
            vec![],
            None,
            &["inside a pod localhost is the pod itself"],
        ),
        (
            "localhost:8000",
            Cause::ConnectRefused,
            vec![tried("127.0.0.1:8000", Refused)],
            vec![],
            listening("10.0.0.7:8000"),
            &["listens on 10.0.0.7, and 127.0.0.1 refuses the connection", "HOSTNAME=0.0.0.0"],
        ),
        (
            "web-0:8000",
            Cause::ConnectRefused,
            vec![tried("[fd09::7]:8000", Refused)],
            vec![],
            listening("0.0.0.0:8000"),
            &["Port 8000 of this pod listens only on 0.0.0.0. Start the app with --host :: "],
        ),
        (
            "0.0.0.0:8000",
            Cause::ConnectRefused,
            vec![tried("0.0.0.0:8000", Refused)],
            vec![],
            None,
            &["inside a pod 0.0.0.0 is the pod itself"],
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
            &["listens on 127.0.0.1, and ::1 refuses the connection", "Use 127.0.0.1", "listen on [::]"],
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
            &["The host is up, but nothing listens on port 8000"],
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
            &["one lost packet costs that much", "raise `timeout`"],
        ),
        ("backend-api:8000", Cause::ConnectTimeout, one(NotTried, 0), service(), None, &["Raise `timeout`"]),
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
            &["router or firewall rejected the connection"],
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
            &["this pod has only IPv6 addresses", "NAT64"],
        ),
        (
            "[2600::1]:5432",
            Cause::NetworkUnreachable,
            vec![tried("[2600::1]:5432", ConnectResult::NetworkUnreachable)],
            vec![],
            None,
            &["This pod has no IPv6 route", "the target's name or an IPv4 address"],
        ),
        (
            "10.0.9.9:80",
            Cause::LocalLimit,
            vec![ConnectAttempt { errno: Some(99), ..tried("10.0.9.9:80", LocalLimit) }],
            vec![],
            None,
            &["Every local port"],
        ),
        (
            "10.0.9.9:80",
            Cause::LocalLimit,
            vec![ConnectAttempt { errno: Some(24), ..tried("10.0.9.9:80", LocalLimit) }],
            vec![],
            None,
            &["No file descriptor"],
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

/// Who can change the addresses of a name is told by whose name it is.
#[test]
fn names_of_ipv6_alone_in_a_pod_without_ipv6() {
    let of = |target: &str, asked: &str, suffix: &str, alias: Option<&str>| {
        let hit = query(asked, "AAAA", "NOERROR", 1).suffix(suffix);
        let hit = alias.map_or_else(|| hit.clone(), |alias| hit.clone().alias(alias));
        let tries = vec![tried("[2600:1f18::1]:5432", ConnectResult::NetworkUnreachable)];
        let evidence = Evidence { tries, ..with_queries(vec![hit]) };
        at(&Fault::new(Phase::Connect, Cause::NetworkUnreachable, ""), target, &evidence)
    };
    let supabase = "db.abcdefghijklmnopqrst.supabase.co";
    let shop = format!("db.{SHOP}.");
    for (text, says) in [
        (of(&format!("{supabase}:5432"), &format!("{supabase}."), "", None), "Use the Supabase pooler"),
        (of("db:5432", &shop, SHOP, Some(supabase)), "Use the Supabase pooler"),
        (
            of("db.example.com:5432", "db.example.com.", "", None),
            "If the name is yours, give it an A record; otherwise",
        ),
        (of("db:5432", &shop, SHOP, Some("db.example.com")), "a host of its provider that has IPv4"),
        (of("db:5432", &shop, SHOP, None), "The Service db has only IPv6 addresses"),
    ] {
        assert!(text.contains(says) && text.len() <= 300, "{says}: {text}");
    }
    let tries = vec![tried("[fe80::1]:8000", ConnectResult::NetworkUnreachable)];
    let fault = Fault::new(Phase::Connect, Cause::NetworkUnreachable, "");
    let text = at(&fault, "[fe80::1]:8000", &Evidence { tries, ..Evidence::default() });
    assert!(text.starts_with("A link-local address works only with its zone"), "{text}");
}

/// Inside a pod no firewall is on the way: on an address of loopback, and on one of this pod.
#[test]
fn a_server_in_this_pod_that_accepts_nothing_has_a_full_queue() {
    let pod = || Pod { addresses: vec!["10.0.0.7".parse().unwrap()], ..Pod::default() };
    for (address, is_here) in
        [("127.0.0.1:8000", true), ("[::1]:8000", true), ("10.0.0.7:8000", true), ("10.0.0.8:8000", false)]
    {
        for ms in [300, 3000] {
            let one = ConnectAttempt { duration: Duration::from_millis(ms), ..tried(address, ConnectResult::Cut) };
            let evidence = Evidence { tries: vec![one], pod: Some(pod()), ..Evidence::default() };
            let fault = Fault::new(Phase::Connect, Cause::ConnectTimeout, "").of_attempt(Some(0));
            let text = at(&fault, address, &evidence);
            assert_eq!(text.contains("queue of new connections on port 8000"), is_here, "{address}: {text}");
            assert_eq!(text.contains("NetworkPolicy"), !is_here, "{address}: {text}");
        }
    }
}

/// A database has its own settings: it is no app of a framework.
#[test]
fn a_server_that_listens_on_loopback_is_not_told_of_uvicorn() {
    for (target, address, listens) in [
        ("db-0:5432", "10.0.0.7:5432", "127.0.0.1:5432"),
        ("db-0:5432", "[fd09::7]:5432", "0.0.0.0:5432"),
        ("localhost:5432", "127.0.0.1:5432", "10.0.0.7:5432"),
    ] {
        let pod = Some(Pod {
            listeners: Some(vec![listens.parse().unwrap()]),
            addresses: vec!["10.0.0.7".parse().unwrap(), "fd09::7".parse().unwrap()],
            ..Pod::default()
        });
        let tries = vec![tried(address, ConnectResult::Refused)];
        let evidence = Evidence { pod, tries, ..Evidence::default() };
        let fault = Fault { attempt: Some(0), ..Fault::new(Phase::Connect, Cause::ConnectRefused, "") };
        let endpoints = [Endpoint::parse(target).unwrap()];
        let text = |is_server| {
            general_hint(&fault, &evidence, &Context { is_server, endpoints: &endpoints, ..Context::default() })
        };
        for word in ["uvicorn", "Next.js", "HOSTNAME", "the app"] {
            assert!(!text(true).contains(word), "{}", text(true));
        }
        assert!(text(true).contains("server"), "{}", text(true));
        assert!(text(false).contains("HOSTNAME="), "{}", text(false));
    }
}
