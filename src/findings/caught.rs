//! Names that are whole as they are written, and were found all the same by appending a suffix of the search list: what
//! answers is another machine, a wildcard record as a rule.

use crate::findings::host_class::{
    cluster_domain, cluster_part, domain, found, is_cluster_name, is_public, is_service_of, search_list,
};
use crate::outcome::{DnsAnswer, Evidence, Query};

/// A whole name that a suffix of the search list answered for.
pub(super) struct Caught<'a> {
    /// The name as it was asked for.
    pub(super) name: &'a str,
    /// The suffix that answered.
    pub(super) suffix: &'a str,
    /// Both together: what was found.
    pub(super) full: String,
    /// What the name is.
    pub(super) whole: Whole,
}

/// What a whole name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    /// A name of the cluster (`api.prod.svc`, `api.prod.svc.cluster.local`).
    OfCluster {
        /// The name itself was asked for as well, and does not exist.
        missing: bool,
    },
    /// A name of the Internet.
    Public,
}

/// Whether the addresses of this name are those of another one.
pub(super) fn caught<'a>(name: &'a str, evidence: &'a Evidence) -> Option<Caught<'a>> {
    let name = name.trim_end_matches('.');
    let hit = found(name, evidence)?;
    let appended = hit.suffix.as_deref()?;
    let alias = hit.alias.as_deref();
    // autopath of CoreDNS answers the first suffix with a CNAME to the name that the walk would have ended with.
    if alias == Some(name) {
        return None;
    }
    let by_autopath = alias.and_then(|alias| alias.strip_prefix(name)?.strip_prefix('.'));
    let suffix = by_autopath.filter(|rest| search_list(evidence).any(|known| known == *rest)).unwrap_or(appended);
    let full = format!("{name}.{suffix}");
    let whole = if is_cluster_name(name, evidence) {
        (!is_service_of(&full, domain(evidence))).then(|| Whole::OfCluster { missing: is_missing(name, evidence) })?
    } else {
        (is_public(name) && !is_of_cluster(suffix, evidence)).then_some(Whole::Public)?
    };
    Some(Caught { name, suffix, full, whole })
}

/// Whether a suffix is the cluster's own.
fn is_of_cluster(suffix: &str, evidence: &Evidence) -> bool {
    let within = |domain: &str| suffix.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    within("cluster.local") || within(cluster_domain(evidence)) || cluster_part(suffix).is_some()
}

/// Whether the name as it is was asked for, and does not exist.
fn is_missing(name: &str, evidence: &Evidence) -> bool {
    let gone = |query: &&Query| matches!(&query.answer, DnsAnswer::Rcode(code) if code == "NXDOMAIN");
    evidence.queries.iter().filter(gone).any(|query| query.suffix.is_none() && query.name.trim_end_matches('.') == name)
}

#[cfg(test)]
mod tests {
    use super::{Whole, caught};
    use crate::findings::testing::{query, with_queries};
    use crate::outcome::{Evidence, Query, SearchList};

    const NAME: &str = "api.prod.svc.cluster.local";

    fn in_pod(search: &[&str], queries: Vec<Query>) -> Evidence {
        let suffixes = search.iter().map(|suffix| (*suffix).to_owned()).collect();
        Evidence { search_list: Some(SearchList { suffixes, ..SearchList::default() }), ..with_queries(queries) }
    }

    fn hit(name: &str, suffix: &str) -> Query {
        query(&format!("{name}.{suffix}."), "A", "NOERROR", 1).suffix(suffix)
    }

    #[test]
    fn whole_names_that_a_suffix_answers_for() {
        let cluster = |missing| Some(Whole::OfCluster { missing });
        let list = ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.example"];
        let gone = || query("api.prod.svc.cluster.local.", "A", "NXDOMAIN", 0);
        let hub = "multiclusterhub-repo.open-cluster-management.svc.cluster.local";
        for (name, search, queries, expected) in [
            (NAME, &list[..], vec![hit(NAME, "corp.example")], cluster(false)),
            (NAME, &list, vec![gone(), hit(NAME, "corp.example")], cluster(true)),
            ("api.prod.svc", &list, vec![hit("api.prod.svc", "corp.example")], cluster(false)),
            (
                "10-0-0-7.prod.pod.cluster.local",
                &list,
                vec![hit("10-0-0-7.prod.pod.cluster.local", "corp.example")],
                cluster(false),
            ),
            // openshift: the cluster was named nip.io, so that its domain answers for every name.
            (
                hub,
                &["a.svc.cluster.local", "169.59.253.69.nip.io"],
                vec![hit(hub, "169.59.253.69.nip.io")],
                cluster(false),
            ),
            // No suffix of a cluster at all: dnsPolicy None with a list of one's own.
            (NAME, &["foo.com"], vec![hit(NAME, "foo.com")], cluster(false)),
            // A wildcard within the cluster's zone (template of CoreDNS).
            (NAME, &list, vec![hit(NAME, "shop.svc.cluster.local")], cluster(false)),
            // autopath, which walks the list for the client.
            (NAME, &list, vec![hit(NAME, list[0]).alias("api.prod.svc.cluster.local.corp.example")], cluster(false)),
            (
                "api.prod.svc.k8s.corp",
                &["a.svc.k8s.corp", "svc.k8s.corp", "k8s.corp", "corp"],
                vec![hit("api.prod.svc.k8s.corp", "corp")],
                cluster(false),
            ),
            (
                "api.prod.svc.clusterset.local",
                &list,
                vec![hit("api.prod.svc.clusterset.local", "corp.example")],
                cluster(false),
            ),
            ("api.example.com", &list, vec![hit("api.example.com", "corp.example")], Some(Whole::Public)),
            // Healthy from here on.
            (NAME, &list, vec![query("api.prod.svc.cluster.local.", "A", "NOERROR", 1)], None),
            (NAME, &list, vec![hit(NAME, list[0]).alias(NAME)], None),
            ("api.prod.svc", &list, vec![hit("api.prod.svc", "cluster.local")], None),
            (
                "api.prod.svc",
                &["a.svc.k8s.corp", "svc.k8s.corp", "k8s.corp"],
                vec![hit("api.prod.svc", "k8s.corp")],
                None,
            ),
            (NAME, &["a.svc.cluster.local.corp", "svc.cluster.local.corp", "corp"], vec![hit(NAME, "corp")], None),
            ("api.prod", &list, vec![hit("api.prod", "svc.cluster.local")], None),
            ("db-0.db.prod.svc", &list, vec![hit("db-0.db.prod.svc", "cluster.local")], None),
            ("jenkins.eng", &list, vec![hit("jenkins.eng", "corp.example")], None),
            ("jenkins", &list, vec![hit("jenkins", "corp.example")], None),
            ("db.internal.lan", &list, vec![hit("db.internal.lan", "corp.example")], None),
            (
                "www.example.com",
                &list,
                vec![hit("www.example.com", list[0]).alias("www.example.com.edgekey.net")],
                None,
            ),
        ] {
            let evidence = in_pod(search, queries);
            assert_eq!(caught(name, &evidence).map(|caught| caught.whole), expected, "{name} {search:?}");
        }
        let evidence = in_pod(&list, vec![hit(NAME, list[0]).alias("api.prod.svc.cluster.local.corp.example")]);
        assert_eq!(caught(NAME, &evidence).map(|caught| caught.suffix), Some("corp.example"));
    }
}
