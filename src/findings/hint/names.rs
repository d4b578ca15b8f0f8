//! Hints for names that do not resolve.

use std::time::Duration;

use crate::cause::Cause;
use crate::findings::Context;
use crate::findings::host_class::{
    HostClass, classify, cluster_part, domain, flag, is_address, is_public, own_namespace, written,
};
use crate::outcome::{Detail, DnsAnswer, DnsDetail, Evidence, Fault, Query};
use crate::url::Host;

/// What shows whether CoreDNS runs.
const COREDNS: &str = "kubectl -n kube-system get pods -l k8s-app=kube-dns";

pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> Option<String> {
    let queries = of_last_name(evidence);
    if let Some(text) = leads_nowhere(&queries) {
        return Some(text);
    }
    let cause = fault.cause;
    Some(match cause {
        Cause::DnsNotFound => not_found(fault, evidence, context),
        Cause::DnsNoAddress => no_address(fault, &queries, evidence, context),
        Cause::DnsTimeout => unknown_here(cause, &queries, evidence).unwrap_or_else(|| timeout(evidence)),
        Cause::DnsServerFailure => unknown_here(cause, &queries, evidence).unwrap_or_else(|| server_failure(evidence)),
        Cause::DnsRefused => "that server does not serve this pod or this zone: compare `nameserver` in the pod's \
             /etc/resolv.conf with kubectl -n kube-system get svc kube-dns, and look at dnsPolicy and dnsConfig"
            .to_owned(),
        _ => return None,
    })
}

/// What was asked for the name that was asked for last: a redirect or a list of hosts brings others before it.
fn of_last_name(evidence: &Evidence) -> Vec<&Query> {
    let last = evidence.queries.last().map(written);
    evidence.queries.iter().filter(|query| Some(written(query)) == last).collect()
}

fn is_rcode(query: &Query, code: &str) -> bool {
    matches!(&query.answer, DnsAnswer::Rcode(rcode) if rcode == code)
}

/// A CNAME, as an ExternalName gives it, whose end has no address.
fn leads_nowhere(queries: &[&Query]) -> Option<String> {
    let (query, alias) = queries.iter().find_map(|query| Some((query, query.alias.as_deref()?)))?;
    if queries.iter().any(|query| query.answers > 0) {
        return None;
    }
    let to = match alias {
        own if query.name.strip_suffix('.') == Some(own) => "itself, in a circle".to_owned(),
        gone if is_rcode(query, "NXDOMAIN") => format!("{gone}, which does not exist"),
        other => format!("{other}, for which no {} record came", query.record),
    };
    Some(format!("{} is an alias of {to}: correct the externalName of its Service, or the CNAME", query.name))
}

/// No Service of the cluster, and as a name of the Internet it failed: which of both it should be is not known.
fn unknown_here(cause: Cause, queries: &[&Query], evidence: &Evidence) -> Option<String> {
    let last = queries.last()?;
    let (name, domain) = (written(last), domain(evidence)?);
    let HostClass::Service { service, .. } = classify(&Host::Name(name.to_owned()), evidence) else { return None };
    let gone = queries.iter().filter(|query| query.suffix.is_some()).all(|query| is_rcode(query, "NXDOMAIN"));
    (gone && last.suffix.is_none() && !name.ends_with(domain)).then(|| {
        format!(
            "{} is NXDOMAIN: if {name} should be a Service, kubectl get svc,endpointslices -A | grep {service} (headless without \
             a ready pod is NXDOMAIN too); if it is none, {}: kubectl -n kube-system logs -l k8s-app=kube-dns",
            queries[0].name,
            match cause {
                Cause::DnsTimeout if slow(evidence) => "slow answers left it no time",
                _ => "CoreDNS's upstream fails",
            }
        )
    })
}

/// What the name is that was asked for last, or that is dialled.
fn asked(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> Option<HostClass> {
    let of_query = evidence.queries.last().map(|query| Host::Name(written(query).to_owned()));
    let host = of_query.or_else(|| Some(context.endpoint(evidence, Some(fault))?.host))?;
    Some(classify(&host, evidence))
}

fn not_found(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> String {
    if let Some(text) = not_of_this_cluster(evidence) {
        return text;
    }
    match asked(fault, evidence, context) {
        Some(HostClass::Service { service, namespace: None })
            if evidence.queries.iter().all(|query| query.suffix.is_none()) =>
        {
            format!(
                "{service}. alone was asked for, without a search list: write {service}.NAMESPACE.svc.cluster.local (in a pod \
                 that has no search list, see its dnsPolicy)"
            )
        }
        Some(HostClass::Service { service, namespace }) => {
            let own = own_namespace(evidence);
            let there = match &namespace {
                Some(namespace) => format!("the namespace {namespace}"),
                None => "this pod's namespace".to_owned(),
            };
            // As CoreDNS has it, a port without that name is NXDOMAIN as well.
            let port = evidence.queries.last().and_then(|query| written(query).strip_prefix('_')?.split('.').next());
            if let Some(port) = port {
                return format!(
                    "there is no Service {service} in {there}, none of its ports is called {port}, or it is headless without a \
                     ready pod: kubectl describe svc {service} shows which"
                );
            }
            let elsewhere = if namespace.as_deref() == own {
                format!("; if it lives in another one, {service}.NAMESPACE is its name")
            } else {
                String::new()
            };
            format!(
                "there is no Service {service} in {there}, or it is headless without a ready pod: kubectl get \
                 svc,endpointslices -A | grep {service} tells which{elsewhere}"
            )
        }
        Some(HostClass::Unclear { service, namespace }) => format!(
            "there is neither a Service {service} in a namespace {namespace} nor a public name {service}.{namespace}: \
             kubectl -n {namespace} get svc {service} shows the one, nslookup outside of the cluster the other"
        ),
        Some(HostClass::Laptop(name)) => format!(
            "{name} looks like a name of a laptop's hosts file or an ingress, which a pod does not have: use the Service's name \
             (kubectl get svc -A); if it is of your company's own domain, let CoreDNS forward that to its name server"
        ),
        Some(HostClass::Docker(name)) => format!(
            "{name} is a name of Docker or minikube, which a pod does not have; use the Service's name: kubectl get svc -A \
             (or the node's address)"
        ),
        Some(HostClass::Public(name)) => format!(
            "no name server knows {name}: compare its spelling with where it is from, and ask outside the pod: \
             nslookup {}{name}",
            match evidence.queries.last().map(|query| query.record.as_str()) {
                None | Some("A" | "AAAA") => String::new(),
                Some(record) => format!("-type={record} "),
            }
        ),
        Some(HostClass::Address(_)) | None => Cause::DnsNotFound.info().remedy.to_owned(),
    }
}

/// What the search list tells against looking for a Service: it is none of a cluster, or the name has another domain.
fn not_of_this_cluster(evidence: &Evidence) -> Option<String> {
    let query = evidence.queries.last()?;
    let name = written(query);
    if name == "localhost" {
        return Some(
            "name servers need not know localhost: apps find it in /etc/hosts, which a dns check does not read"
                .to_owned(),
        );
    }
    let listed = evidence.queries.iter().any(|query| query.suffix.is_some());
    let domain = domain(evidence);
    let is_service = matches!(classify(&Host::Name(name.to_owned()), evidence), HostClass::Service { .. });
    let foreign = name.ends_with(".cluster.local")
        || (name.contains(".svc.") && !name.ends_with(".clusterset.local") && !is_public(name));
    match domain {
        None if listed && is_service => Some(
            "the search list of resolv.conf is none of a cluster: with dnsPolicy Default, or hostNetwork without \
             ClusterFirstWithHostNet, a pod asks the node's name server, which knows no Service; else compare the name with \
             kubectl get svc -A"
                .to_owned(),
        ),
        Some(domain) if foreign && (!is_service || !name.ends_with(domain)) => Some(format!(
            "as resolv.conf has it, Services are called NAME.NAMESPACE.{domain} here: compare {name} with that, and with kubectl \
             get svc -A"
        )),
        _ => None,
    }
}

fn no_address(fault: &Fault, queries: &[&Query], evidence: &Evidence, context: Context<'_>) -> String {
    let other = queries.iter().find(|query| query.answers > 0 && is_address(query));
    if let Some(query) = other {
        return format!("the name has {} records only: change `addresses`, or give it the other family", query.record);
    }
    if fault.detail == Some(Detail::Dns(DnsDetail::HostsFile)) {
        return "/etc/hosts settles the name, and no name server was asked: add an address of that family there (hostAliases), or \
                change `addresses`"
            .to_owned();
    }
    let exists = queries.iter().find(|query| is_rcode(query, "NOERROR"));
    let within = exists.map(|query| (query, query.suffix.as_deref().and_then(cluster_part)));
    match (asked(fault, evidence, context), within) {
        // CoreDNS answers so where there is a namespace of that name.
        (_, Some((query, Some("")))) if !written(query).contains('.') => {
            let name = written(query);
            format!("{} is a namespace, no Service: write SERVICE.{name} (kubectl -n {name} get svc)", query.name)
        }
        (Some(HostClass::Service { service, namespace }), within)
            if within.is_none_or(|(query, of_cluster)| of_cluster.is_some() || query.name.contains(".svc.")) =>
        {
            format!(
                "the Service exists and has no address of the families asked for: kubectl {}get svc {service} -o wide shows \
                 its type, families and externalName",
                flag(namespace.as_deref())
            )
        }
        _ => "the name exists, but has neither A nor AAAA records: ask for the name that has them (is it a zone's own name, \
              or one of a mail server?)"
            .to_owned(),
    }
}

fn server_failure(evidence: &Evidence) -> String {
    if evidence.queries.iter().any(|query| query.answer == DnsAnswer::Malformed) {
        return "what answers there is no name server: compare `nameserver` in the pod's /etc/resolv.conf with kubectl -n \
                kube-system get svc kube-dns"
            .to_owned();
    }
    "the name server is there and cannot answer, since its upstream or that zone is broken: kubectl -n kube-system logs -l \
     k8s-app=kube-dns names the upstream"
        .to_owned()
}

fn is_answer(query: &Query) -> bool {
    matches!(query.answer, DnsAnswer::Rcode(_))
}

/// Whether the slowest answer took at least as long as the last name, which has none, was waited for.
fn slow(evidence: &Evidence) -> bool {
    let slowest = evidence.queries.iter().filter(|query| is_answer(query)).map(|query| query.duration).max();
    let last = evidence.queries.last().map(|query| &query.name);
    let unanswered =
        evidence.queries.iter().filter(|query| query.answer == DnsAnswer::Timeout && Some(&query.name) == last);
    slowest.is_some_and(|slowest| slowest >= unanswered.map(|query| query.duration).sum::<Duration>())
}

fn timeout(evidence: &Evidence) -> String {
    let mut servers: Vec<String> = Vec::new();
    for server in evidence.queries.iter().map(|query| query.server.to_string()) {
        if !servers.contains(&server) {
            servers.push(server);
        }
    }
    let error = evidence.queries.iter().rev().find_map(|query| match &query.answer {
        DnsAnswer::Io(text) => Some(text.as_str()),
        _ => None,
    });
    let answered = |at: usize| evidence.queries.get(at).is_some_and(is_answer);
    let mut cut = evidence.queries.iter().enumerate().filter(|(_, query)| query.answer == DnsAnswer::Truncated);
    // Over TCP it was asked right afterwards.
    let tcp_alone = cut.any(|(at, _)| !answered(at + 1));
    let servers = if servers.is_empty() { "the name server".to_owned() } else { servers.join(", ") };
    if tcp_alone {
        return format!(
            "{servers} answered over UDP that the answer needs TCP, and TCP port 53 does not work: allow TCP 53 beside \
             UDP 53 in the NetworkPolicy"
        );
    }
    if let Some("operation not permitted" | "permission denied") = error {
        return format!(
            "the kernel of this node forbids it: a NetworkPolicy, or a firewall here, must let UDP and TCP to {servers} pass \
             (kubectl get netpol)"
        );
    }
    if let Some(text) = error.filter(|text| text.contains("unreachable") || text.contains("no route")) {
        return format!(
            "{servers}: {text}: if ip route get in the pod shows no way there, its network is not set up; else a router or \
             firewall on the way answers so"
        );
    }
    if servers.starts_with("169.254.20.") && !evidence.queries.iter().any(is_answer) {
        return format!(
            "{servers} did not answer, an address as NodeLocal DNSCache has it: kubectl -n kube-system get pods -l \
             k8s-app=node-local-dns -o wide shows whether it runs on this node; if it does, see its log"
        );
    }
    if error.is_some() {
        return format!(
            "nothing serves names at {servers}: compare `nameserver` in the pod's /etc/resolv.conf with \
             kubectl -n kube-system get svc kube-dns, and see {COREDNS}"
        );
    }
    if slow(evidence) {
        return format!(
            "{servers} answered other names so slowly that no time was left for this one: CoreDNS or its upstream is slow \
             (kubectl -n kube-system logs -l k8s-app=kube-dns); a longer `timeout` gives names more time"
        );
    }
    if evidence.queries.iter().any(is_answer) {
        return format!(
            "{servers} answered some names and not this one in time: its upstream for that zone is slow, or CoreDNS is \
             overloaded; see kubectl -n kube-system logs -l k8s-app=kube-dns"
        );
    }
    format!(
        "{servers} did not answer: if other pods resolve names, a NetworkPolicy without egress to kube-dns (UDP and TCP 53) \
         is the cause (kubectl get netpol), else CoreDNS is down: {COREDNS}"
    )
}
