use super::judge;
use crate::check::SCHEMES;
use crate::env::MapEnv;
use crate::finding::{Finding, Severity};
use crate::findings::testing::{query, with_queries};
use crate::findings::{Context, ProxyVariables, Reading};
use crate::outcome::Evidence;
use crate::secret::Secret;
use crate::url::{Endpoint, Host, Url};

const HTTP: (&str, &str) = ("HTTP_PROXY", "http://app:hunter2@proxy.corp.example:3128");

fn judged(url: &str, vars: &[(&str, &str)], clients: &[&'static str], evidence: &Evidence) -> Option<Finding> {
    let proxies = ProxyVariables::read(&MapEnv::with_vars(vars));
    let parsed = Url::parse(url).unwrap();
    let (host, port) = parsed.hosts[0].clone();
    let endpoints = [Endpoint { host, port: port.unwrap_or(80) }];
    let reading = Reading {
        key: "",
        variable: None,
        is_template: false,
        origin: "the URL".to_owned(),
        text: Secret::new(url.to_owned()),
    };
    let context = Context {
        schemes: SCHEMES,
        endpoints: &endpoints,
        readings: &[reading],
        clients,
        judges_all: true,
        proxies: &proxies,
        ..Context::default()
    };
    judge(evidence, context)
}

fn found(url: &str, vars: &[(&str, &str)], clients: &[&'static str]) -> Option<Finding> {
    let finding = judged(url, vars, clients, &Evidence::default());
    let said = format!("{finding:?}");
    assert!(!said.contains("hunter2") && !said.contains("proxy.corp"), "{said}");
    finding
}

#[test]
fn the_finding_says_who_goes_to_the_proxy_and_what_to_add() {
    let one = found("http://web:8000/health", &[HTTP], &[]).unwrap();
    assert_eq!(
        one.message,
        "HTTP_PROXY is set, and NO_PROXY is not set: Go, requests, urllib, httpx, reqwest and axios would send a request \
         for web:8000 to the proxy, but pilotfish connects directly"
    );
    assert_eq!(one.fix, "add web,.svc,.cluster.local to NO_PROXY: a short name must be written as the URL has it");
    assert_eq!(one.severity, Severity::Warning);
    let one = found("http://web:8000", &[HTTP, ("no_proxy", "localhost,.svc")], &["go"]).unwrap();
    assert!(one.message.starts_with("HTTP_PROXY is set, and no_proxy does not cover web: Go would"), "{one:?}");
    let full = "http://web.shop.svc.cluster.local:8000";
    let one = found(full, &[HTTP, ("NO_PROXY", "svc.cluster.local")], &["go", "node@22"]).unwrap();
    assert!(one.message.contains("NO_PROXY covers web.shop.svc.cluster.local only for Go: axios would"), "{one:?}");
    assert_eq!(one.fix, "add .svc,.cluster.local to NO_PROXY, each with its dot");
    let one = found("http://10.2.3.4:8000", &[HTTP, ("NO_PROXY", "10.0.0.0/8")], &["python"]).unwrap();
    assert!(one.message.contains("NO_PROXY covers 10.2.3.4 only for requests: urllib and httpx would"), "{one:?}");
    assert!(one.fix.starts_with("add 10.2.3.4 to NO_PROXY: only Go, "), "{one:?}");
    let one = found("http://localhost:8000", &[HTTP], &["go", "python"]).unwrap();
    assert!(one.fix == "add localhost,127.0.0.1 to NO_PROXY" && !one.message.contains("Go"), "{one:?}");
}

#[test]
fn only_destinations_within_the_cluster_are_judged() {
    let caught = |url: &str| found(url, &[HTTP, ("HTTPS_PROXY", "proxy:3128")], &["go"]).is_some();
    for url in [
        "http://web:8000",
        "https://web",
        "peer+http://web.shop:8000/health",
        "http://web.shop.svc:8000",
        "http://web.shop.svc.cluster.local",
        "http://db-0.db.shop.svc.cluster.local",
        "http://10.96.0.7:8000",
        "http://172.20.1.1",
        "http://[fd00::7]:8000",
    ] {
        assert!(caught(url), "{url}");
    }
    for url in [
        "http://api.example.com",
        "https://api.github.com/zen",
        "http://8.8.8.8",
        "http://[2001:db8::1]",
        "http://host.docker.internal:8000",
        "http://todo.local",
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://db.dev",
        "tcp://web:8000",
        "postgres://app:hunter2@db:5432/shop",
        "redis://cache:6379",
    ] {
        assert!(!caught(url), "{url}");
    }
    // The search list knows better than the shape of a name.
    let at = |suffix: &str| {
        let name = if suffix.is_empty() { "api.dev.".to_owned() } else { format!("api.dev.{suffix}.") };
        let evidence = with_queries(vec![query(&name, "A", "NOERROR", 1).suffix(suffix)]);
        judged("http://api.dev", &[HTTP], &["go"], &evidence)
    };
    assert!(at("").is_none());
    assert!(at("svc.k8s.corp").unwrap().fix.contains(".svc,.k8s.corp"));
}

#[test]
fn each_client_reads_variables_of_its_own() {
    let who = |url: &str, vars: &[(&str, &str)]| {
        let clients = ["go", "python", "tokio", "curl", "node@24", "jvm"];
        let Some(one) = found(url, vars, &clients) else { return String::new() };
        one.message.split(": ").nth(1).unwrap().split(" would").next().unwrap().to_owned()
    };
    const P: &str = "http://proxy:3128";
    for (url, vars, expected) in [
        ("http://web", &[("http_proxy", P)][..], "Go, requests, urllib, httpx, reqwest, curl and axios"),
        ("http://web", &[("HTTP_PROXY", P)], "Go, requests, urllib, httpx, reqwest and axios"),
        ("http://web", &[("HTTPS_PROXY", P)], ""),
        ("https://web", &[("HTTP_PROXY", P)], ""),
        ("https://web", &[("HTTPS_PROXY", P)], "Go, requests, urllib, httpx, reqwest, curl and axios"),
        ("http://web", &[("ALL_PROXY", P)], "requests, httpx, reqwest, curl and axios"),
        ("https://web", &[("all_proxy", P)], "requests, httpx, reqwest, curl and axios"),
        ("http://web", &[("HTTP_PROXY", "")], ""),
        ("http://web", &[("HTTP_PROXY", P), ("http_proxy", "")], "Go, reqwest and axios"),
        (
            "http://web",
            &[("HTTP_PROXY", P), ("NODE_USE_ENV_PROXY", "1")],
            "Go, requests, urllib, httpx, reqwest, fetch, http of Node and axios",
        ),
        (
            "http://web",
            &[("HTTP_PROXY", P), ("NO_PROXY", "web"), ("no_proxy", "db")],
            "requests, urllib, httpx and axios",
        ),
        (
            "http://web",
            &[("HTTP_PROXY", P), ("NO_PROXY", "db"), ("no_proxy", "")],
            "Go, requests, urllib, httpx, reqwest and axios",
        ),
    ] {
        assert_eq!(who(url, vars), expected, "{url} {vars:?}");
    }
    // Who may use the variables or not, as its library has it, is told without alarm.
    let severity = |clients: &[&'static str]| found("http://web", &[HTTP], clients).map(|one| one.severity);
    assert_eq!(severity(&["node@20"]), Some(Severity::Info));
    assert_eq!(severity(&["python-asyncio"]), Some(Severity::Info));
    assert_eq!(severity(&["go", "node@20"]), Some(Severity::Warning));
    for ignores in ["jvm", "curl", "libpq", "psycopg3"] {
        assert_eq!(severity(&[ignores]), None, "{ignores}");
    }
}

#[test]
fn nobody_is_judged_whom_nobody_named() {
    let proxies = ProxyVariables::read(&MapEnv::with_vars(&[HTTP]));
    let endpoints = [Endpoint { host: Host::parse("web").unwrap(), port: 80 }];
    let context = Context { schemes: SCHEMES, endpoints: &endpoints, proxies: &proxies, ..Context::default() };
    assert_eq!(judge(&Evidence::default(), context), None);
}

#[test]
fn a_list_that_covers_the_host_is_silent() {
    let all = ["go", "python", "python-anyio", "tokio", "curl", "node@24"];
    let env = |list| [HTTP, ("http_proxy", "proxy:3128"), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", list)];
    for (url, list) in [
        ("http://web", "*"),
        ("http://10.2.3.4", " * "),
        ("http://web:8000", "localhost,web"),
        ("http://web:8000", "localhost, WEB ,db"),
        ("http://web.shop", "web.shop"),
        ("http://web.shop.svc.cluster.local", ".svc,.cluster.local"),
        ("http://web.shop.svc.cluster.local.", ".cluster.local,.cluster.local."),
        ("http://web.shop.svc", "127.0.0.1,.svc"),
        ("http://10.2.3.4:8000", "10.2.3.4"),
        ("http://localhost:8000", "localhost"),
        ("http://127.0.0.1:8000", "localhost,127.0.0.1"),
    ] {
        assert_eq!(found(url, &env(list), &all), None, "{url} {list}");
    }
}
