//! What a host is in a cluster: by the shape of its name, and by the suffix of the search list under which it was found.

use std::net::IpAddr;

use crate::outcome::{Evidence, Query};
use crate::url::Host;

/// What a host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostClass {
    /// A Service, with its namespace where that can be told.
    Service { service: String, namespace: Option<String> },
    /// `db.dev`: a Service and its namespace, or a public name.
    Unclear { service: String, namespace: String },
    /// `todo.local` and the like: names of a laptop's hosts file.
    Laptop(String),
    /// `host.docker.internal` and the like: names that only Docker and minikube have.
    Docker(String),
    /// Any other name.
    Public(String),
    /// No name at all.
    Address(IpAddr),
}

/// What this host is, as far as name and evidence tell.
pub(super) fn classify(host: &Host, evidence: &Evidence) -> HostClass {
    let name = match host {
        Host::Name(name) => name.trim_end_matches('.').to_ascii_lowercase(),
        Host::Ip(ip) => return HostClass::Address(*ip),
    };
    let of_cluster = domain(evidence).and_then(|domain| name.strip_suffix(domain)?.strip_suffix('.'));
    let shaped = match of_cluster.and_then(|rest| rest.rsplit_once('.')) {
        Some((rest, namespace)) => service(last_label(rest), Some(namespace)),
        None => by_shape(&name),
    };
    match found(&name, evidence).map(|query| query.suffix.as_deref()) {
        // Found by itself, or by another suffix than a cluster's: no Service, whatever it looks like.
        Some(None)
            if matches!(shaped, HostClass::Unclear { .. })
                || !name.contains('.')
                || (is_outside_clusters(evidence) && !is_cluster_name(&name, evidence)) =>
        {
            HostClass::Public(name)
        }
        Some(Some(suffix)) => match cluster_part(suffix) {
            Some("") => match name.rsplit_once('.') {
                Some((rest, namespace)) => service(last_label(rest), Some(namespace)),
                None => shaped,
            },
            Some(namespace) => service(last_label(&name), Some(namespace)),
            None if suffix == "cluster.local" => shaped,
            None => HostClass::Public(name),
        },
        Some(None) => shaped,
        None => match shaped {
            HostClass::Service { service, namespace: None } => {
                HostClass::Service { service, namespace: own_namespace(evidence).map(str::to_owned) }
            }
            // In the hosts file, or never looked for.
            other => other,
        },
    }
}

/// The query that gave the addresses of this name.
pub(super) fn found<'a>(name: &str, evidence: &'a Evidence) -> Option<&'a Query> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    evidence.queries.iter().find(|query| query.answers > 0 && is_address(query) && written(query) == name)
}

/// Whether the query asks for addresses.
pub(super) fn is_address(query: &Query) -> bool {
    matches!(query.record.as_str(), "A" | "AAAA")
}

/// The name that a query was made for, without the suffix and the final dot.
pub(super) fn written(query: &Query) -> &str {
    let name = query.name.trim_end_matches('.');
    let bare = query.suffix.as_deref().and_then(|suffix| name.strip_suffix(suffix)?.strip_suffix('.'));
    bare.unwrap_or(name)
}

/// The namespace of this pod: the first suffix of a cluster's search list is made of it.
pub(super) fn own_namespace(evidence: &Evidence) -> Option<&str> {
    search_list(evidence).filter_map(cluster_part).find(|namespace| !namespace.is_empty())
}

/// The suffixes of the search list, as resolv.conf has them, else as far as they were asked for.
pub(super) fn search_list(evidence: &Evidence) -> impl Iterator<Item = &str> {
    let written = evidence.search_list.iter().flat_map(|list| &list.suffixes).map(String::as_str);
    written.chain(evidence.queries.iter().filter_map(|query| query.suffix.as_deref()))
}

/// The namespace in `shop.svc.cluster.local`, empty for `svc.cluster.local`; `None` for a suffix that no cluster makes.
pub(super) fn cluster_part(suffix: &str) -> Option<&str> {
    if suffix.starts_with("svc.") {
        return Some("");
    }
    let (namespace, rest) = suffix.split_once('.')?;
    rest.starts_with("svc.").then_some(namespace)
}

/// What every Service's name ends in here, `svc.cluster.local` as a rule: the search list of a cluster's pod tells.
pub(super) fn domain(evidence: &Evidence) -> Option<&str> {
    let mut of_cluster = search_list(evidence).filter_map(|suffix| Some((suffix, cluster_part(suffix)?)));
    of_cluster.find_map(|(suffix, namespace)| suffix.strip_prefix(namespace)?.strip_prefix('.').or(Some(suffix)))
}

/// What every name of the cluster ends in here, `cluster.local` as a rule.
pub(super) fn cluster_domain(evidence: &Evidence) -> &str {
    domain(evidence).and_then(|domain| domain.strip_prefix("svc.")).unwrap_or("cluster.local")
}

/// Whether a name is written as one of the cluster, whole or up to `svc`: `api.prod.svc`, `api.prod.svc.cluster.local`.
pub(super) fn is_cluster_name(name: &str, evidence: &Evidence) -> bool {
    let within = |domain: &str| name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    let up_to_svc = name.strip_suffix(".svc").is_some_and(|rest| rest.contains('.'));
    // What is only written so in other clusters may be a zone of the company here.
    up_to_svc || within("cluster.local") || within("svc.clusterset.local") || domain(evidence).is_some_and(within)
}

/// Whether a whole name is that of a Service, or of a pod behind one, where the names of Services end in this domain.
pub(super) fn is_service_of(name: &str, domain: Option<&str>) -> bool {
    let domain = domain.unwrap_or("svc.cluster.local");
    let rest = name.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'));
    rest.is_some_and(|rest| !rest.is_empty() && rest.split('.').all(|label| label != "svc"))
}

/// `-n NAMESPACE ` for kubectl, or nothing.
pub(super) fn flag(namespace: Option<&str>) -> String {
    namespace.map_or_else(String::new, |namespace| format!("-n {namespace} "))
}

/// What a host is by the shape of its name alone.
pub(super) fn by_shape(name: &str) -> HostClass {
    let labels: Vec<&str> = name.split('.').collect();
    match labels.as_slice() {
        [only] => service(only, None),
        [.., one, namespace, "svc"] | [.., one, namespace, "svc", "cluster", "local"] => service(one, Some(namespace)),
        [.., "docker" | "minikube", "internal"] => HostClass::Docker(name.to_owned()),
        [.., last] if is_private(last) => HostClass::Public(name.to_owned()),
        // A pod of a StatefulSet, and its Service.
        [pod, one] if is_ordinal(pod) && !PUBLIC.contains(one) => service(one, None),
        [one, namespace] if is_either(namespace) => {
            HostClass::Unclear { service: (*one).to_owned(), namespace: (*namespace).to_owned() }
        }
        [.., "cluster" | "clusterset", "local"] => HostClass::Public(name.to_owned()),
        [.., "local" | "test" | "localdomain"] => HostClass::Laptop(name.to_owned()),
        [one, namespace] if !PUBLIC.contains(namespace) => service(one, Some(namespace)),
        _ => HostClass::Public(name.to_owned()),
    }
}

/// Whether names with this end are those of a company's or a home's network, and no one's namespace.
pub(super) fn is_private(last: &str) -> bool {
    const PRIVATE: &[&str] = &["corp", "example", "home", "internal", "intranet", "invalid", "lan", "private"];
    PRIVATE.contains(&last)
}

/// Whether the search list is known, and none of a cluster: what a name says of Services there means nothing.
pub(super) fn is_outside_clusters(evidence: &Evidence) -> bool {
    evidence.search_list.is_some() && domain(evidence).is_none()
}

/// Whether a name ends like one of the Internet's.
pub(super) fn is_public(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let last = last_label(name);
    PUBLIC.contains(&last) || (is_either(last) && name.matches('.').count() >= 2)
}

/// Top-level domains that are no one's namespace.
const PUBLIC: &[&str] = &["com", "net", "org", "edu", "gov", "io", "co", "xyz", "site", "online"];

/// A top-level domain that is a namespace just as often: that of a country, which all have two letters, or one of these.
fn is_either(label: &str) -> bool {
    const EITHER: &[&str] =
        &["dev", "app", "test", "page", "zone", "team", "systems", "services", "tools", "cloud", "tech", "info"];
    EITHER.contains(&label) || (label.len() == 2 && label.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// `db-0`: a pod of a StatefulSet.
fn is_ordinal(label: &str) -> bool {
    let number = label.rsplit_once('-').map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) fn last_label(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn service(service: &str, namespace: Option<&str>) -> HostClass {
    HostClass::Service { service: service.to_owned(), namespace: namespace.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::{HostClass, classify, cluster_part, domain, service};
    use crate::findings::testing::{query, with_queries};
    use crate::outcome::Evidence;
    use crate::url::Host;

    fn at(name: &str, evidence: &Evidence) -> HostClass {
        classify(&Host::parse(name).unwrap(), evidence)
    }

    #[test]
    fn names_of_a_cluster_are_told_apart() {
        let none = Evidence::default();
        let owned = str::to_owned;
        for (name, expected) in [
            ("db", service("db", None)),
            ("db.shop", service("db", Some("shop"))),
            ("db.shop.svc", service("db", Some("shop"))),
            ("DB.shop.svc.cluster.local.", service("db", Some("shop"))),
            ("db-0.db.shop.svc.cluster.local", service("db", Some("shop"))),
            ("db-0.db", service("db", None)),
            ("db.dev", HostClass::Unclear { service: owned("db"), namespace: owned("dev") }),
            ("todo.local", HostClass::Laptop(owned("todo.local"))),
            ("db.internal", HostClass::Public(owned("db.internal"))),
            ("db-0.corp", HostClass::Public(owned("db-0.corp"))),
            ("a.b.lan", HostClass::Public(owned("a.b.lan"))),
            ("api.todo.test", HostClass::Laptop(owned("api.todo.test"))),
            ("host.docker.internal", HostClass::Docker(owned("host.docker.internal"))),
            ("db.kz", HostClass::Unclear { service: owned("db"), namespace: owned("kz") }),
            ("db.s3", service("db", Some("s3"))),
            ("db.shop.svc.clusterset.local", HostClass::Public(owned("db.shop.svc.clusterset.local"))),
            ("db.shop.cluster.local", HostClass::Public(owned("db.shop.cluster.local"))),
            ("db.it", HostClass::Unclear { service: owned("db"), namespace: owned("it") }),
            ("example.com", HostClass::Public(owned("example.com"))),
            ("www.example.it", HostClass::Public(owned("www.example.it"))),
            ("web-1.com", HostClass::Public(owned("web-1.com"))),
            ("ep-x.eu-central-1.aws.neon.tech", HostClass::Public(owned("ep-x.eu-central-1.aws.neon.tech"))),
            ("10.0.0.7", HostClass::Address("10.0.0.7".parse().unwrap())),
        ] {
            assert_eq!(at(name, &none), expected, "{name}");
        }
    }

    #[test]
    fn the_suffix_that_matched_knows_better() {
        let found = |suffix: &'static str, name: &str| {
            let asked = if suffix.is_empty() { format!("{name}.") } else { format!("{name}.{suffix}.") };
            with_queries(vec![query(&asked, "A", "NOERROR", 1).suffix(suffix)])
        };
        for (name, suffix, expected) in [
            ("db", "shop.svc.cluster.local", service("db", Some("shop"))),
            ("db.dev", "svc.cluster.local", service("db", Some("dev"))),
            ("db-0.db", "shop.svc.corp.example", service("db", Some("shop"))),
            ("db.dev", "", HostClass::Public("db.dev".to_owned())),
            ("db", "corp.example.com", HostClass::Public("db".to_owned())),
            ("db", "", HostClass::Public("db".to_owned())),
        ] {
            assert_eq!(at(name, &found(suffix, name)), expected, "{name} {suffix}");
        }
        let missing = with_queries(vec![
            query("db.shop.svc.cluster.local.", "A", "NXDOMAIN", 0).suffix("shop.svc.cluster.local"),
        ]);
        assert_eq!(at("db", &missing), service("db", Some("shop")), "the list tells the pod's own namespace");
    }

    #[test]
    fn a_cluster_may_have_another_domain() {
        for suffix in ["shop.svc.k8s.corp", "svc.k8s.corp"] {
            let asked = query(&format!("db.shop.svc.k8s.corp.{suffix}."), "A", "NXDOMAIN", 0).suffix(suffix);
            let evidence = with_queries(vec![asked]);
            assert_eq!(domain(&evidence), Some("svc.k8s.corp"), "{suffix}");
            assert_eq!(at("db.shop.svc.k8s.corp", &evidence), service("db", Some("shop")), "{suffix}");
        }
        assert_eq!(
            domain(&with_queries(vec![query("db.corp.example.", "A", "NXDOMAIN", 0).suffix("corp.example")])),
            None
        );
    }

    #[test]
    fn suffixes_of_clusters() {
        assert_eq!(cluster_part("shop.svc.cluster.local"), Some("shop"));
        assert_eq!(cluster_part("svc.k8s.corp"), Some(""));
        assert_eq!(cluster_part("cluster.local"), None);
        assert_eq!(cluster_part("corp.example.com"), None);
    }
}
