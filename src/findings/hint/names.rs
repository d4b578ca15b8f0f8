//! Hints for names that do not resolve.

use crate::cause::Cause;
use crate::findings::Context;
use crate::findings::place::{Place, flag, own_namespace, place, written};
use crate::outcome::{Answer, Evidence};
use crate::url::Host;

/// What shows whether CoreDNS runs.
const COREDNS: &str = "kubectl -n kube-system get pods -l k8s-app=kube-dns";

pub(super) fn hint(cause: Cause, evidence: &Evidence, context: Context<'_>) -> String {
    match cause {
        Cause::DnsNotFound => not_found(evidence, context),
        Cause::DnsNoAddress => no_address(evidence, context),
        Cause::DnsTimeout => timeout(evidence),
        Cause::DnsServerFailure => server_failure(evidence),
        Cause::DnsRefused => "that server does not serve this pod or this zone: compare `nameserver` in the pod's \
             /etc/resolv.conf with kubectl -n kube-system get svc kube-dns, and look at dnsPolicy and dnsConfig"
            .to_owned(),
        other => other.info().remedy.to_owned(),
    }
}

/// What the name is that was asked for last, or that is dialled.
fn asked(evidence: &Evidence, context: Context<'_>) -> Option<Place> {
    let of_query = evidence.queries.last().map(|query| Host::Name(written(query).to_owned()));
    let host = of_query.or_else(|| Some(context.endpoint(evidence)?.host))?;
    Some(place(&host, evidence))
}

fn not_found(evidence: &Evidence, context: Context<'_>) -> String {
    match asked(evidence, context) {
        Some(Place::Service { service, namespace: None })
            if evidence.queries.iter().all(|query| query.suffix.is_none()) =>
        {
            format!(
                "{service}. alone was asked for, without a search list: write {service}.NAMESPACE.svc.cluster.local"
            )
        }
        Some(Place::Service { service, namespace }) => {
            let own = own_namespace(evidence);
            let there = match &namespace {
                Some(namespace) => format!("the namespace {namespace}"),
                None => "this pod's namespace".to_owned(),
            };
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
        Some(Place::Unclear { service, namespace }) => format!(
            "there is neither a Service {service} in a namespace {namespace} nor a public name {service}.{namespace}: \
             kubectl -n {namespace} get svc {service} shows the one, nslookup outside of the cluster the other"
        ),
        Some(Place::Laptop(name)) => format!(
            "{name} looks like a name of a laptop's hosts file or an ingress, which a pod does not have; use the Service's \
             name: kubectl get svc -A"
        ),
        Some(Place::Docker(name)) => format!(
            "{name} is a name of Docker or minikube, which a pod does not have; use the Service's name: kubectl get svc -A \
             (or the node's address)"
        ),
        Some(Place::Public(name)) => format!(
            "no name server knows {name}: compare its spelling with where it is from, and ask outside the pod: \
             nslookup {name}"
        ),
        Some(Place::Address(_)) | None => Cause::DnsNotFound.info().remedy.to_owned(),
    }
}

fn no_address(evidence: &Evidence, context: Context<'_>) -> String {
    let other =
        evidence.queries.iter().find(|query| query.answers > 0 && matches!(query.record.as_str(), "A" | "AAAA"));
    if let Some(query) = other {
        return format!("the name has {} records only: change `addresses`, or give it the other family", query.record);
    }
    if let Some(alias) = evidence.queries.iter().find_map(|query| query.alias.as_deref()) {
        return format!(
            "the name is an alias of {alias}, which has no address: correct the externalName of its Service, or the CNAME"
        );
    }
    match asked(evidence, context) {
        Some(Place::Service { service, namespace }) => format!(
            "the Service exists and has no address of the families asked for: kubectl {}get svc {service} -o wide shows its type, \
             families and externalName",
            flag(namespace.as_deref())
        ),
        _ => "the name exists, but has neither A nor AAAA records: ask for the name that has them (is it a zone's own name, \
              or one of a mail server?)"
            .to_owned(),
    }
}

fn server_failure(evidence: &Evidence) -> String {
    if evidence.queries.iter().any(|query| query.answer == Answer::Malformed) {
        return "what answers there is no name server: compare `nameserver` in the pod's /etc/resolv.conf with kubectl -n \
                kube-system get svc kube-dns"
            .to_owned();
    }
    "the name server is there and cannot answer, since its upstream or that zone is broken: kubectl -n kube-system logs -l \
     k8s-app=kube-dns names the upstream"
        .to_owned()
}

fn timeout(evidence: &Evidence) -> String {
    let mut servers: Vec<String> = Vec::new();
    for server in evidence.queries.iter().map(|query| query.server.to_string()) {
        if !servers.contains(&server) {
            servers.push(server);
        }
    }
    let error = evidence.queries.iter().rev().find_map(|query| match &query.answer {
        Answer::Io(text) => Some(text.as_str()),
        _ => None,
    });
    let tcp_alone = evidence.queries.iter().any(|query| query.answer == Answer::Truncated);
    let answered = evidence.queries.iter().any(|query| matches!(query.answer, Answer::Rcode(_)));
    let servers = if servers.is_empty() { "the name server".to_owned() } else { servers.join(", ") };
    if tcp_alone {
        return format!(
            "{servers} answered over UDP that the answer needs TCP, and TCP port 53 does not work: allow TCP 53 beside \
             UDP 53 in the NetworkPolicy"
        );
    }
    if let Some("operation not permitted" | "permission denied") = error {
        return format!(
            "the kernel of this node forbids it: let the network policy, the agent or firewall behind it, pass UDP and TCP 53 to \
             {servers} (kubectl get netpol)"
        );
    }
    if let Some(text) = error.filter(|text| text.contains("unreachable") || text.contains("no route")) {
        return format!(
            "{servers}: {text}: if ip route get in the pod shows no way there, its network is not set up; else a router or \
             firewall on the way answers so"
        );
    }
    if error.is_some() {
        return format!(
            "nothing serves names at {servers}: compare `nameserver` in the pod's /etc/resolv.conf with \
             kubectl -n kube-system get svc kube-dns, and see {COREDNS}"
        );
    }
    if answered {
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
