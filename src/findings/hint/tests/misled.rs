use super::at;
use crate::cause::Cause;
use crate::findings::Context;
use crate::findings::hint::misled_hint;
use crate::findings::testing::{query, tried, with_queries};
use crate::outcome::{ConnectResult, Evidence, Fault, Phase, Query, Resolved, SearchList};
use crate::url::{Endpoint, Host};

const LIST: [&str; 4] = ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.example"];
const NAME: &str = "api.prod.svc.cluster.local";

fn in_pod(queries: Vec<Query>) -> Evidence {
    let suffixes = LIST.map(str::to_owned).to_vec();
    Evidence { search_list: Some(SearchList { suffixes, ndots: 5, ..SearchList::default() }), ..with_queries(queries) }
}

/// What is said of a fault in this phase at a name, where the name led elsewhere.
fn misled(name: &str, phase: Phase, cause: Cause, evidence: &Evidence) -> Option<String> {
    let endpoints = [Endpoint { host: Host::parse(name).unwrap(), port: 8000 }];
    let fault = Fault::new(phase, cause, "");
    misled_hint(&fault, evidence, &Context { endpoints: &endpoints, ..Context::default() })
}

fn by_suffix(name: &str, suffix: &str) -> Query {
    query(&format!("{name}.{suffix}."), "A", "NOERROR", 1).suffix(suffix)
}

#[test]
fn a_wildcard_that_answers_for_a_service_is_in_every_hint() {
    let gone = query("api.prod.svc.cluster.local.", "A", "NXDOMAIN", 0);
    for (queries, says) in [
        (vec![by_suffix(NAME, "corp.example")], "so this is not the Service"),
        (vec![gone, by_suffix(NAME, "corp.example")], "does not exist, and the search domain corp.example answered"),
    ] {
        for (phase, cause) in [
            (Phase::Connect, Cause::ConnectRefused),
            (Phase::Connect, Cause::ConnectTimeout),
            (Phase::Tls, Cause::TlsWrongName),
            (Phase::Login, Cause::PasswordRejected),
            (Phase::Assert, Cause::HttpStatus),
            (Phase::Request, Cause::Timeout),
        ] {
            let text = misled(NAME, phase, cause, &in_pod(queries.clone())).unwrap();
            assert!(text.contains(says) && text.contains("corp.example") && text.contains(NAME), "{text}");
            assert!(text.contains("kubectl -n prod get svc api") && text.len() <= 300, "{text}");
        }
        let evidence = in_pod(queries);
        assert_eq!(misled(NAME, Phase::Connect, Cause::LocalLimit, &evidence), None, "nothing was contacted");
    }
    let hub = "multiclusterhub-repo.open-cluster-management.svc.cluster.local";
    let text = misled(hub, Phase::Tls, Cause::TlsUntrusted, &in_pod(vec![by_suffix(hub, "corp.example")])).unwrap();
    assert!(text.len() <= 300, "{} bytes: {text}", text.len());
}

#[test]
fn names_that_led_where_they_should_keep_their_hint() {
    for (name, hit) in [
        (NAME, query("api.prod.svc.cluster.local.", "A", "NOERROR", 1)),
        ("api.prod.svc", by_suffix("api.prod.svc", "cluster.local")),
        ("api", by_suffix("api", "shop.svc.cluster.local")),
        ("jenkins.eng", by_suffix("jenkins.eng", "corp.example")),
        ("api.example.com", query("api.example.com.", "A", "NOERROR", 1)),
    ] {
        assert_eq!(misled(name, Phase::Connect, Cause::ConnectRefused, &in_pod(vec![hit])), None, "{name}");
    }
}

/// A short name of the company's own domain: it may be meant, so both are named.
#[test]
fn a_short_name_that_only_the_company_knows() {
    let refused = |target: &str, queries| {
        let tries = vec![tried("10.0.0.7:8000", ConnectResult::Refused)];
        at(&Fault::new(Phase::Connect, Cause::ConnectRefused, ""), target, &Evidence { tries, ..in_pod(queries) })
    };
    let unknown = |name: &str| query(&format!("{name}.{}.", LIST[0]), "A", "NXDOMAIN", 0).suffix(LIST[0]);
    let text = refused("api.prod:8000", vec![unknown("api.prod"), by_suffix("api.prod", "corp.example")]);
    assert!(text.starts_with("api.prod is no Service here: the search domain corp.example answered for it."), "{text}");
    assert!(text.contains("grep api; otherwise nothing listens on port 8000 there"), "{text}");
    let text = refused("example.com:8000", vec![unknown("example.com"), query("example.com.", "A", "NOERROR", 1)]);
    assert!(text.starts_with("The host is up"), "{text}");
}

#[test]
fn a_wildcard_without_addresses_is_no_service() {
    let gone = || query("api.prod.svc.cluster.local.", "A", "NXDOMAIN", 0);
    for (cause, answer) in [(Cause::DnsNoAddress, "NOERROR"), (Cause::DnsServerFailure, "SERVFAIL")] {
        let odd = query("api.prod.svc.cluster.local.corp.example.", "A", answer, 0).suffix("corp.example");
        let text =
            at(&Fault::new(Phase::Resolve, cause, ""), "api.prod.svc.cluster.local:80", &in_pod(vec![odd, gone()]));
        assert!(text.starts_with("api.prod.svc.cluster.local does not exist (kubectl -n prod get svc api)"), "{text}");
        assert!(text.contains("search domain corp.example") && text.len() <= 300, "{text}");
    }
}

fn answered(name: &str, addresses: &[&str]) -> Evidence {
    let addresses = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
    let resolved = vec![Resolved { name: name.to_owned(), family: 4, addresses }];
    Evidence { resolved, ..in_pod(vec![query(&format!("{name}."), "A", "NOERROR", 1)]) }
}

#[test]
fn addresses_that_stand_for_none() {
    use Phase::{Connect, Login};
    for (addresses, phase, says) in [
        (&["0.0.0.0"][..], Connect, "answers 0.0.0.0 for telemetry.example.com: a DNS filter blocks the name"),
        (&["0.0.0.0"], Login, "answers 0.0.0.0"),
        (&["::"], Connect, "answers :: for"),
        (&["127.0.0.1"], Connect, "answers 127.0.0.1"),
        (&["127.0.0.1", "::1"], Connect, "answers 127.0.0.1"),
        (&["127.0.53.53"], Login, "ICANN"),
    ] {
        let evidence = answered("telemetry.example.com", addresses);
        let text = misled("telemetry.example.com", phase, Cause::ConnectRefused, &evidence).unwrap();
        assert!(text.contains(says) && text.contains("nslookup telemetry.example.com") && text.len() <= 300, "{text}");
    }
    // A record of 127.0.0.1 that something in the pod answers at, a real address, the hosts file.
    for (addresses, phase) in
        [(&["127.0.0.1"][..], Login), (&["10.0.0.7"], Connect), (&["0.0.0.0", "10.0.0.7"], Connect)]
    {
        let evidence = answered("proxy.example.com", addresses);
        assert_eq!(misled("proxy.example.com", phase, Cause::ConnectRefused, &evidence), None, "{addresses:?}");
    }
    let hosts = Evidence { queries: Vec::new(), ..answered("proxy.example.com", &["127.0.0.1"]) };
    assert_eq!(misled("proxy.example.com", Connect, Cause::ConnectRefused, &hosts), None);
    let tries = vec![tried("127.0.0.1:8000", ConnectResult::Refused)];
    let fault = Fault::new(Connect, Cause::ConnectRefused, "");
    let text = at(&fault, "proxy.example.com:8000", &Evidence { tries, ..hosts });
    assert!(text.starts_with("/etc/hosts of this pod has 127.0.0.1 for proxy.example.com"), "{text}");
}

#[test]
fn the_public_address_of_a_private_endpoint_is_in_the_hint_where_it_refuses() {
    let name = "shop-production.postgres.database.azure.com";
    let chain =
        ["shop-production.privatelink.postgres.database.azure.com", "gw.westeurope.postgres.database.azure.com"];
    let at = |address: &str| Evidence {
        resolved: vec![Resolved { name: name.to_owned(), family: 4, addresses: vec![address.parse().unwrap()] }],
        ..with_queries(vec![query(&format!("{name}."), "A", "NOERROR", 1).chain(&chain)])
    };
    let public = at("20.71.84.7");
    let text = misled(name, Phase::Connect, Cause::ConnectTimeout, &public).unwrap();
    assert!(text.contains("20.71.84.7") && text.contains("Link the private DNS zone privatelink.postgres"), "{text}");
    assert!(text.len() <= 300, "{} bytes: {text}", text.len());
    assert_eq!(misled(name, Phase::Login, Cause::PasswordRejected, &public), None);
    assert_eq!(misled(name, Phase::Connect, Cause::ConnectTimeout, &at("10.4.0.7")), None);
}
