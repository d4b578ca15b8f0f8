//! Hints for connections that do not come about.

use crate::cause::Cause;
use crate::findings::{Named, named};
use crate::outcome::{Evidence, TryResult};
use crate::url::Endpoint;

pub(super) fn hint(cause: Cause, evidence: &Evidence, endpoint: Option<&Endpoint>) -> String {
    let Some(endpoint) = endpoint else { return cause.info().remedy.to_owned() };
    let port = endpoint.port;
    let loopback = endpoint.host.is_loopback();
    match cause {
        Cause::ConnectRefused if loopback => format!(
            "nothing listens on port {port} in this pod, and localhost in a pod is the pod itself: use the Service's name if \
             the server runs elsewhere, else see whether the app has started"
        ),
        Cause::ConnectRefused => refused(evidence, endpoint),
        Cause::ConnectTimeout => timeout(evidence, endpoint),
        Cause::ConnectReset => format!(
            "something accepts on port {port} and hangs up at once: a proxy or mesh without an upstream, or one that wants \
             TLS; read the log of what listens there"
        ),
        Cause::HostUnreachable => {
            "the pod or node behind that address is gone, or a firewall rejects it: compare the address \
             with kubectl get pods -o wide"
                .to_owned()
        }
        Cause::NetworkUnreachable => {
            "this pod has no route to that address; an IPv6 address in an IPv4-only cluster (or the other \
             way round) is the usual reason: see ip route and ip -6 route in the pod"
                .to_owned()
        }
        Cause::ConnectNotPermitted => {
            "the kernel of this node forbids it (EPERM, EACCES): look at the network policy agent, eBPF or \
             seccomp rules for this pod"
                .to_owned()
        }
        Cause::LocalLimit => {
            "this pod is out of sockets, ports or memory, the target was not even asked: see ss -s and ulimit -n \
             in the pod"
                .to_owned()
        }
        other => other.info().remedy.to_owned(),
    }
}

fn refused(evidence: &Evidence, endpoint: &Endpoint) -> String {
    let tried = evidence.tries.iter().filter(|one| one.result == TryResult::Refused).count();
    let port = endpoint.port;
    let seen = if tried > 1 { format!("{tried} addresses, all refused: ") } else { String::new() };
    match named(&endpoint.host) {
        Some(Named::Short(service) | Named::Service(service, _)) => format!(
            "{seen}the Service {service} has no ready endpoint, or its pods do not listen on the targetPort behind {port} (or \
             only on 127.0.0.1): kubectl get endpointslices -l kubernetes.io/service-name={service}"
        ),
        Some(Named::Public(_) | Named::Laptop(_)) | None => format!(
            "{seen}the machine is there, but nothing listens on port {port}: compare the port with the server's own, and see \
             that it does not listen on 127.0.0.1 alone"
        ),
    }
}

fn timeout(evidence: &Evidence, endpoint: &Endpoint) -> String {
    let untried = evidence.tries.iter().any(|one| one.result == TryResult::NotTried);
    if untried {
        return "not every address could be tried in time: raise `timeout` (or set `connect_timeout`), and find out why the \
                first ones are silent"
            .to_owned();
    }
    let port = endpoint.port;
    match named(&endpoint.host) {
        Some(Named::Short(service) | Named::Service(service, _)) => format!(
            "packets vanish: a NetworkPolicy (egress here, ingress there) or a port that the Service {service} does not have; \
             compare {port} with kubectl get svc {service}, then kubectl get netpol -A"
        ),
        Some(Named::Public(_) | Named::Laptop(_)) | None => format!(
            "packets vanish: an egress NetworkPolicy, a firewall or security group on port {port}, or a wrong address; test \
             from another pod on the same node to tell which"
        ),
    }
}
