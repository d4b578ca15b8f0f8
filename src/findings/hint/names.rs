//! Hints for names that do not resolve.

use std::time::Duration;

use crate::cause::Cause;
use crate::findings::context::Context;
use crate::findings::host_class::{
    HostClass, by_shape, classify, cluster_part, domain, flag, is_address, is_cluster_name, is_outside_clusters,
    is_private, is_public, is_service_of, last_label, own_namespace, written,
};
use crate::findings::provider::{PrivateZone, private_zone, way_over_ipv4};
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
    if fault.detail == Some(Detail::Dns(DnsDetail::Excluded)) {
        return Some(excluded(fault, evidence, context));
    }
    let last = queries.last().map(|query| written(query)).unwrap_or_default();
    if matches!(cause, Cause::DnsNotFound | Cause::DnsNoAddress)
        && queries.iter().all(|query| query.answers == 0)
        && let Some(text) = of_private_zone(last, &format!("{last} is"))
    {
        return Some(text);
    }
    Some(match cause {
        Cause::DnsNotFound => not_found(fault, evidence, context),
        Cause::DnsNoAddress => no_address(fault, &queries, evidence, context),
        Cause::DnsTimeout => unknown_here(cause, &queries, evidence).unwrap_or_else(|| timeout(evidence)),
        Cause::DnsServerFailure => unknown_here(cause, &queries, evidence).unwrap_or_else(|| server_failure(evidence)),
        Cause::DnsRefused => "That name server does not serve this pod or this zone. Compare `nameserver` in the \
                              pod's /etc/resolv.conf with kubectl -n kube-system get svc kube-dns, and check \
                              dnsPolicy and dnsConfig."
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
        own if query.name.strip_suffix('.') == Some(own) => "itself, in a loop".to_owned(),
        gone if is_rcode(query, "NXDOMAIN") => format!("{gone}, which does not exist"),
        other => format!("{other}, for which no {} record came", query.record),
    };
    let name = query.name.trim_end_matches('.');
    if let Some(text) = of_private_zone(alias, &format!("{name} is an alias of")) {
        return Some(text);
    }
    Some(format!("{} is an alias of {to}. Correct the externalName of its Service, or the CNAME.", query.name))
}

/// A name of a private endpoint that has no address here: the name itself is right.
fn of_private_zone(name: &str, what: &str) -> Option<String> {
    let PrivateZone { zone, network } = private_zone(name)?;
    Some(format!(
        "{what} a private endpoint, which only the private DNS zone {zone} resolves. Link that zone to the {network} of \
         this cluster, add the record of the endpoint, and let CoreDNS ask that network's name server."
    ))
}

/// No Service of the cluster, and as a name of the Internet it failed: which of both it should be is not known.
fn unknown_here(cause: Cause, queries: &[&Query], evidence: &Evidence) -> Option<String> {
    let last = queries.last()?;
    let (name, domain) = (written(last), domain(evidence)?);
    let HostClass::Service { service, .. } = classify(&Host::Name(name.to_owned()), evidence) else { return None };
    let gone = queries.iter().filter(|query| query.suffix.is_some()).all(|query| is_rcode(query, "NXDOMAIN"));
    // A name with its final dot is not looked up among the Services.
    let searched = queries[0].suffix.is_some();
    (searched && gone && last.suffix.is_none() && !name.ends_with(domain)).then(|| {
        format!(
            "{} is NXDOMAIN. If {name} should be a Service, run kubectl get svc,endpointslices -A | grep {service} (a \
             headless Service without a ready pod is NXDOMAIN too); if it is not one, {}: kubectl -n kube-system logs \
             -l k8s-app=kube-dns",
            queries[0].name,
            match cause {
                Cause::DnsTimeout if slow(evidence) => "slow answers used up its time",
                _ => "the upstream of CoreDNS fails",
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
    let bare = without_cluster(evidence);
    match asked(fault, evidence, context) {
        Some(HostClass::Service { .. } | HostClass::Unclear { .. }) if bare.is_some() => bare.unwrap_or_default(),
        Some(HostClass::Service { service, namespace: None })
            if evidence.queries.iter().all(|query| query.suffix.is_none()) =>
        {
            format!(
                "Only {service}. was looked up, without a search list. Write {service}.NAMESPACE.svc.cluster.local \
                 (if the pod has no search list, check its dnsPolicy)."
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
                    "There is no Service {service} in {there}, it has no port named {port}, or it is headless without \
                     a ready pod. Run kubectl describe svc {service} to see which."
                );
            }
            let elsewhere = if namespace.as_deref() == own {
                format!("; if it is in another namespace, use {service}.NAMESPACE")
            } else {
                String::new()
            };
            format!(
                "There is no Service {service} in {there}, or it is headless without a ready pod. Run kubectl get \
                 svc,endpointslices -A | grep {service} to tell which{elsewhere}."
            )
        }
        Some(HostClass::Unclear { service, namespace }) => format!(
            "There is no Service {service} in a namespace {namespace}, and no public name {service}.{namespace}. \
             Check the first with kubectl -n {namespace} get svc {service}, the second with nslookup outside the cluster."
        ),
        Some(HostClass::Laptop(name)) => format!(
            "{name} looks like a name from a laptop's hosts file or an ingress, which a pod does not know. Use the \
             Service name (kubectl get svc -A); if it belongs to your company's domain, let CoreDNS forward that \
             domain to its name server."
        ),
        Some(HostClass::Docker(name)) => format!(
            "Only Docker and minikube know the name {name}. In a pod, use the Service name (kubectl get svc -A) or \
             the node's address."
        ),
        Some(HostClass::Public(name)) if is_private(last_label(&name)) => format!(
            "No name server of this pod knows {name}. Check its spelling; if it is a name of your own network, let {} \
             forward {} to the name server of that network.",
            if domain(evidence).is_some() { "CoreDNS" } else { "the one in /etc/resolv.conf" },
            last_label(&name)
        ),
        Some(HostClass::Public(name)) => format!(
            "No name server knows {name}. Check its spelling, and look it up outside the pod: nslookup {}{name}",
            match evidence.queries.last().map(|query| query.record.as_str()) {
                None | Some("A" | "AAAA") => String::new(),
                Some(record) => format!("-type={record} "),
            }
        ),
        Some(HostClass::Address(_)) | None => Cause::DnsNotFound.info().remedy.to_owned(),
    }
}

/// A name that does not resolve where the search list has no domain of a cluster, of which it is none either: nothing is
/// known of Services.
fn without_cluster(evidence: &Evidence) -> Option<String> {
    let name = written(evidence.queries.last()?);
    let is_of_cluster = name.starts_with('_') || is_cluster_name(name, evidence);
    (is_outside_clusters(evidence) && !is_of_cluster).then(|| {
        format!(
            "No name server knows {name}, and /etc/resolv.conf has no search list of a cluster. Check the spelling of the \
             name; in a pod, check its dnsPolicy and dnsConfig."
        )
    })
}

/// What the search list tells against looking for a Service: it is none of a cluster, or the name has another domain.
fn not_of_this_cluster(evidence: &Evidence) -> Option<String> {
    let query = evidence.queries.last()?;
    let name = written(query);
    if name == "localhost" {
        return Some(
            "Name servers need not know localhost: apps find it in /etc/hosts, which a dns check does not read. Give this \
             check another name, or probe a port of localhost with tcp."
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
            "The search list in resolv.conf is not one of a cluster, so the name server is probably the node's, which knows no \
             Service. Set dnsPolicy to ClusterFirst (ClusterFirstWithHostNet with hostNetwork), or compare the name with \
             kubectl get svc -A."
                .to_owned(),
        ),
        Some(domain) if foreign && (!is_service || !name.ends_with(domain)) => Some(format!(
            "According to resolv.conf, Services are named NAME.NAMESPACE.{domain} here. Compare {name} with that, and \
             with kubectl get svc -A."
        )),
        _ => None,
    }
}

/// A literal address of the family that the check does not allow: no name is wrong, and no name server.
fn excluded(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> String {
    match context.endpoint(evidence, Some(fault)).map(|endpoint| endpoint.host) {
        Some(host @ Host::Ip(ip)) => {
            let (own, other) = if ip.to_canonical().is_ipv4() { ("IPv4", "IPv6") } else { ("IPv6", "IPv4") };
            format!(
                "{host} is an {own} address, and this check allows {other} alone. Remove `addresses` from the check, or \
                 give it an {other} address or a name in place of {host}."
            )
        }
        _ => "The address is not of the family that this check allows. Remove `addresses` from the check, or give it \
              an address of that family."
            .to_owned(),
    }
}

fn no_address(fault: &Fault, queries: &[&Query], evidence: &Evidence, context: Context<'_>) -> String {
    let other = queries.iter().find(|query| query.answers > 0 && is_address(query));
    if let Some(query) = other {
        if let Some(way) = way_over_ipv4(written(query)) {
            return format!("The name has only {} records. Use {way}, or change `addresses`.", query.record);
        }
        return format!(
            "The name has only {} records. Change `addresses`, or add records of the other family.",
            query.record
        );
    }
    if fault.detail == Some(Detail::Dns(DnsDetail::HostsFile)) {
        return "/etc/hosts has the name, so no name server was queried. Add an address of that family there \
                (hostAliases), or change `addresses`."
            .to_owned();
    }
    let exists = queries.iter().find(|query| is_rcode(query, "NOERROR"));
    if let Some(text) = exists.and_then(|query| only_as_suffixed(query, "without an address", evidence)) {
        return text;
    }
    let within = exists.map(|query| (query, query.suffix.as_deref().and_then(cluster_part)));
    match (asked(fault, evidence, context), within) {
        // CoreDNS answers so where there is a namespace of that name.
        (_, Some((query, Some("")))) if !written(query).contains('.') => {
            let name = written(query);
            format!("{} is a namespace, not a Service. Write SERVICE.{name} (kubectl -n {name} get svc).", query.name)
        }
        (Some(HostClass::Service { service, namespace }), within)
            if within.is_none_or(|(query, of_cluster)| of_cluster.is_some() || query.name.contains(".svc.")) =>
        {
            format!(
                "The Service exists but has no address of the requested families. Check its type, families and \
                 externalName: kubectl {}get svc {service} -o wide",
                flag(namespace.as_deref())
            )
        }
        _ => "The name exists, but has neither A nor AAAA records. Use the name that has them; this may be the name \
              of a zone or of mail servers."
            .to_owned(),
    }
}

/// A name of the cluster that is known only with a suffix of the search list that is none of the cluster's.
fn only_as_suffixed(query: &Query, how: &str, evidence: &Evidence) -> Option<String> {
    let (name, suffix) = (written(query), query.suffix.as_deref()?);
    let gone = |other: &Query| other.suffix.is_none() && written(other) == name && is_rcode(other, "NXDOMAIN");
    let foreign = is_cluster_name(name, evidence) && !is_service_of(&format!("{name}.{suffix}"), domain(evidence));
    (foreign && evidence.queries.iter().any(gone)).then(|| {
        let get = match by_shape(name) {
            HostClass::Service { service, namespace } => format!("{}get svc {service}", flag(namespace.as_deref())),
            _ => "get svc -A".to_owned(),
        };
        format!(
            "{name} does not exist (kubectl {get}). Only the search domain {suffix} answers for it, {how}: remove its \
             wildcard record, or write {name}. with a final dot."
        )
    })
}

fn server_failure(evidence: &Evidence) -> String {
    let failed = |query: &&Query| !is_rcode(query, "NOERROR") && !is_rcode(query, "NXDOMAIN");
    let by_suffix = |query: &Query| only_as_suffixed(query, "with an error", evidence);
    if let Some(text) = evidence.queries.iter().filter(failed).find_map(by_suffix) {
        return text;
    }
    if evidence.queries.iter().any(|query| query.answer == DnsAnswer::Malformed) {
        return "The peer that answers is not a name server. Compare `nameserver` in the pod's /etc/resolv.conf with \
                kubectl -n kube-system get svc kube-dns."
            .to_owned();
    }
    "The name server runs but cannot answer, because its upstream or that zone is broken. Read its log, which names the \
     upstream: kubectl -n kube-system logs -l k8s-app=kube-dns"
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
            "{servers} answered over UDP that the answer needs TCP, and TCP port 53 does not work. Allow TCP 53 as \
             well as UDP 53 in the NetworkPolicy."
        );
    }
    if let Some("operation not permitted" | "permission denied") = error {
        return format!(
            "The kernel of this node forbids the query. Allow UDP and TCP to {servers} in the NetworkPolicy (kubectl get \
             netpol) or the firewall here."
        );
    }
    if let Some(text) = error.filter(|text| text.contains("unreachable") || text.contains("no route")) {
        return format!(
            "{servers}: {text}. Run ip route get in the pod: if it shows no route there, the network of the pod is not \
             set up; otherwise a router or firewall on the way rejects the packets."
        );
    }
    if servers.starts_with("169.254.20.") && !evidence.queries.iter().any(is_answer) {
        return format!(
            "{servers} did not answer; such an address belongs to NodeLocal DNSCache. Run kubectl -n kube-system get \
             pods -l k8s-app=node-local-dns -o wide to see whether it runs on this node; if it does, read its log."
        );
    }
    if error.is_some() {
        return format!(
            "No name server listens at {servers}. Compare `nameserver` in the pod's /etc/resolv.conf with kubectl -n \
             kube-system get svc kube-dns, and check {COREDNS}"
        );
    }
    if slow(evidence) {
        return format!(
            "{servers} answered other names so slowly that no time was left for this one. Find out why CoreDNS or its \
             upstream is slow (kubectl -n kube-system logs -l k8s-app=kube-dns), or raise `timeout`."
        );
    }
    if evidence.queries.iter().any(is_answer) {
        return format!(
            "{servers} answered some names, but not this one in time: its upstream for that zone is slow, or CoreDNS \
             is overloaded. Read its log: kubectl -n kube-system logs -l k8s-app=kube-dns"
        );
    }
    format!(
        "{servers} did not answer. If other pods resolve names, allow egress to kube-dns (UDP and TCP 53) in the \
         NetworkPolicy here (kubectl get netpol); otherwise check whether CoreDNS runs: {COREDNS}"
    )
}
