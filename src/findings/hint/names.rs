//! Hints for names that do not resolve.

use crate::cause::Cause;
use crate::findings::{Named, named};
use crate::outcome::{Answer, Evidence};
use crate::url::Endpoint;

pub(super) fn hint(cause: Cause, evidence: &Evidence, endpoint: Option<&Endpoint>) -> String {
    let name = endpoint.and_then(|endpoint| named(&endpoint.host));
    match cause {
        Cause::DnsNotFound => not_found(name),
        Cause::DnsNoAddress => no_address(evidence, name),
        Cause::DnsTimeout => timeout(evidence),
        Cause::DnsServerFailure => {
            "the name server is reachable but cannot answer: its upstream or the zone is broken; read the log of CoreDNS: \
             kubectl -n kube-system logs -l k8s-app=kube-dns"
                .to_owned()
        }
        Cause::DnsRefused => {
            "that server does not serve this pod or this zone; compare `nameserver` in the pod's /etc/resolv.conf with \
             kubectl -n kube-system get svc kube-dns, and look at dnsPolicy and dnsConfig"
                .to_owned()
        }
        other => other.info().remedy.to_owned(),
    }
}

fn not_found(name: Option<Named<'_>>) -> String {
    match name {
        Some(Named::Short(name)) => format!(
            "there is no Service {name} in this pod's namespace (a headless one without ready pods has no name either); \
             find it with kubectl get svc -A, and use {name}.NAMESPACE if it lives in another one"
        ),
        Some(Named::Service(service, namespace)) => format!(
            "there is no Service {service} in the namespace {namespace}, or it is headless and has no ready pod: \
             kubectl -n {namespace} get svc,endpointslices"
        ),
        Some(Named::Laptop(name)) => format!(
            "{name} looks like a name of a laptop's hosts file or an ingress, which a pod does not have; use the Service's \
             name: kubectl get svc"
        ),
        Some(Named::Public(name)) => format!(
            "no name server knows {name}: compare its spelling with where it is from, and ask outside the pod: \
             nslookup {name}"
        ),
        None => Cause::DnsNotFound.info().remedy.to_owned(),
    }
}

fn no_address(evidence: &Evidence, name: Option<Named<'_>>) -> String {
    let other =
        evidence.queries.iter().find(|query| query.answers > 0 && matches!(query.record.as_str(), "A" | "AAAA"));
    if let Some(query) = other {
        return format!(
            "the name has {} records only; change `addresses`, or give the Service the other family",
            query.record
        );
    }
    match name {
        Some(Named::Short(service) | Named::Service(service, _)) => format!(
            "the name exists without an address: is {service} an ExternalName or of another family? See \
             kubectl get svc {service} -o wide"
        ),
        _ => "the name exists, but has neither A nor AAAA records: ask for the name that has them (perhaps it is a CNAME \
              to nothing)"
            .to_owned(),
    }
}

fn timeout(evidence: &Evidence) -> String {
    let mut servers: Vec<String> = evidence.queries.iter().map(|query| query.server.to_string()).collect();
    servers.dedup();
    let refused = evidence.queries.iter().any(|query| matches!(query.answer, Answer::Io(_)));
    let tcp_alone = evidence.queries.iter().any(|query| query.answer == Answer::Truncated);
    let servers = if servers.is_empty() { "the name server".to_owned() } else { servers.join(", ") };
    if tcp_alone {
        return format!(
            "{servers} answered over UDP that the answer needs TCP, and TCP port 53 is silent: allow TCP 53 beside UDP 53 in \
             the NetworkPolicy"
        );
    }
    if refused {
        return format!(
            "nothing serves names at {servers}: compare `nameserver` in the pod's /etc/resolv.conf with \
             kubectl -n kube-system get svc kube-dns, and whether its pods run"
        );
    }
    format!(
        "{servers} did not answer: a NetworkPolicy without egress to kube-dns (UDP and TCP 53), or its pods are down; see \
         kubectl get netpol and kubectl -n kube-system get pods -l k8s-app=kube-dns"
    )
}
