//! Hints for connections that do not come about.

use std::net::IpAddr;
use std::time::Duration;

use crate::cause::Cause;
use crate::findings::context::Context;
use crate::findings::host_class::{HostClass, by_shape, classify, cluster_part, flag, found, written};
use crate::findings::local::{listen_everywhere, wrong_port_of};
use crate::findings::provider::way_over_ipv4;
use crate::outcome::{
    ConnectAttempt, ConnectResult, Detail, Evidence, Fault, Query, StreamDetail, TlsDetail, with_capital,
};
use crate::pod::Pod;
use crate::url::{Endpoint, Host};

/// The kernel repeats a lost SYN after one second.
const SYN_AGAIN: Duration = Duration::from_secs(1);
const NOBODY: &str = "No host on the network answered for that address within 3 s: the pod or node behind it is gone. \
                      Compare it with kubectl get pods -A -o wide.";
/// An address that nobody on the link answers for is given up after three.
const NO_NEIGHBOUR: Duration = Duration::from_millis(2_500);

pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> Option<String> {
    if fault.cause == Cause::LocalLimit {
        return Some(limit(fault).to_owned());
    }
    let endpoint = context.endpoint(evidence, Some(fault))?;
    let failed = FailedConnect {
        evidence,
        tried: fault.attempt.and_then(|index| evidence.tries.get(index)),
        place: classify(&endpoint.host, evidence),
        is_server: context.is_server,
        endpoint,
    };
    Some(match fault.cause {
        Cause::ConnectRefused => failed.refused(),
        Cause::ConnectTimeout => failed.timeout(),
        Cause::ConnectReset => format!(
            "Something accepts connections on port {} and closes them at once: a proxy or mesh without an upstream, \
             or a server {}. Read the log of what listens there.",
            failed.endpoint.port,
            if fault.detail == Some(Detail::Tls(TlsDetail::Reset)) { "without TLS" } else { "that wants TLS there" }
        ),
        Cause::HostUnreachable => failed.unreachable(),
        Cause::NetworkUnreachable => failed.no_network(),
        Cause::ConnectNotPermitted => {
            "The kernel of this node forbids the connection (EPERM, EACCES). Check the rules of the network policy \
             agent (eBPF, a reject or prohibit route) and seccomp for this pod."
                .to_owned()
        }
        _ => return None,
    })
}

/// The variable of the proxy through which apps go to a public web server.
pub(super) fn spared_by_proxy(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> Option<&'static str> {
    let endpoint = context.endpoint(evidence, Some(fault))?;
    let public = matches!(classify(&endpoint.host, evidence), HostClass::Public(_));
    let any = |names| public && context.proxies.any(names);
    match endpoint.port {
        443 if any(&["HTTPS_PROXY", "https_proxy"]) => Some("HTTPS_PROXY"),
        80 if any(&["HTTP_PROXY", "http_proxy"]) => Some("HTTP_PROXY"),
        _ => None,
    }
}

struct FailedConnect<'a> {
    evidence: &'a Evidence,
    /// The attempt that the fault is of.
    tried: Option<&'a ConnectAttempt>,
    /// See [`Context::is_server`].
    is_server: bool,
    endpoint: Endpoint,
    place: HostClass,
}

impl FailedConnect<'_> {
    fn tries(&self, result: ConnectResult) -> impl Iterator<Item = &ConnectAttempt> {
        self.evidence.tries.iter().filter(move |one| one.result == result)
    }

    /// The refused attempt that the fault is of; else the first.
    fn refused_one(&self) -> Option<&ConnectAttempt> {
        self.tried
            .filter(|one| one.result == ConnectResult::Refused)
            .or_else(|| self.tries(ConnectResult::Refused).next())
    }

    /// What to ask kubectl for, where the target is a Service.
    fn service(&self) -> Option<(&str, String)> {
        match &self.place {
            HostClass::Service { service, namespace } => Some((service, flag(namespace.as_deref()))),
            HostClass::Unclear { .. }
            | HostClass::Laptop(_)
            | HostClass::Docker(_)
            | HostClass::Public(_)
            | HostClass::Address(_) => None,
        }
    }

    /// The target is a Service whose ports are known, and has none like this.
    fn wrong_port(&self) -> Option<String> {
        let (one, service) = wrong_port_of(self.evidence.pod.as_ref()?, self.evidence)?;
        let ports = service.ports.iter().take(4).map(u16::to_string).collect::<Vec<_>>().join(", ");
        let name = service.prefix.to_ascii_lowercase().replace('_', "-");
        Some(format!(
            "The Service at {} has the port {ports}, not {}. Use that port (kubectl get svc {name}).",
            service.address,
            one.address.port()
        ))
    }

    fn refused(&self) -> String {
        let port = self.endpoint.port;
        if let Some(text) = self.inside().or_else(|| self.wrong_port()) {
            return text;
        }
        let of = self.refused_one().map(|one| (one.host.as_deref(), one.address.port()));
        // Several hosts, or one named twice, are no several addresses of one.
        let mut refused: Vec<&ConnectAttempt> = self
            .tries(ConnectResult::Refused)
            .filter(|one| Some((one.host.as_deref(), one.address.port())) == of)
            .collect();
        refused.dedup_by_key(|one| one.address);
        // A Service has one address per family, unless it is headless.
        let beside = |known: &ConnectAttempt, one: &ConnectAttempt| {
            one.host == known.host && one.family() == known.family() && one.address.ip() != known.address.ip()
        };
        let several = refused.first().is_some_and(|known| self.evidence.tries.iter().any(|one| beside(known, one)));
        let seen = if refused.len() > 1 {
            format!("All {} addresses refused the connection: ", refused.len())
        } else {
            String::new()
        };
        if let Some(text) = self.by_search_domain() {
            return format!("{text}; otherwise nothing listens on port {port} there.");
        }
        let text = match self.service() {
            Some((service, namespace)) if several => format!(
                "{seen}{who} of the headless Service {service} {are} running, but nothing listens on port {port}. \
                 Compare it with the containerPort, and look for a listener on 127.0.0.1 only (kubectl {namespace}get \
                 endpointslices).",
                who = if refused.len() > 1 { "the pods" } else { "a pod" },
                are = if refused.len() > 1 { "are" } else { "is" },
            ),
            Some((service, namespace)) => format!(
                "{seen}run kubectl {namespace}get endpointslices -l kubernetes.io/service-name={service}. Without \
                 addresses, no pod of {service} is ready; with addresses, the Service has no port {port}, or its pods \
                 do not listen on the targetPort, or only on 127.0.0.1."
            ),
            None => format!(
                "{seen}the host is up, but nothing listens on port {port}. Compare the port with the server's, and \
                 check that the server does not listen on 127.0.0.1 only."
            ),
        };
        with_capital(&text)
    }

    /// A short name that the cluster does not know, and another domain of the search list does: which of both is meant is not
    /// known.
    fn by_search_domain(&self) -> Option<String> {
        let HostClass::Public(name) = &self.place else { return None };
        let suffix = found(name, self.evidence)?.suffix.as_deref()?;
        let of_cluster = |query: &&Query| query.suffix.as_deref().is_some_and(|suffix| cluster_part(suffix).is_some());
        let asked_before = self.evidence.queries.iter().filter(of_cluster).any(|query| written(query) == name);
        let (HostClass::Service { service, .. } | HostClass::Unclear { service, .. }) = by_shape(name) else {
            return None;
        };
        asked_before.then(|| {
            format!(
                "{name} is no Service here: the search domain {suffix} answered for it. If it should be a Service, \
                 run kubectl get svc -A | grep {service}"
            )
        })
    }

    /// Whether this is an address of this pod, other than those of loopback.
    fn is_own(&self, ip: IpAddr) -> bool {
        self.evidence.pod.as_ref().is_some_and(|pod| pod.addresses.contains(&ip))
    }

    /// The target is this pod itself: what listens in it is known, as a rule.
    fn inside(&self) -> Option<String> {
        let one = self.refused_one()?;
        let (ip, port) = (one.address.ip(), self.endpoint.port);
        let pod = self.evidence.pod.as_ref();
        let own = self.is_own(ip);
        // The kernel takes 0.0.0.0 and :: for loopback.
        if !ip.is_loopback() && !ip.is_unspecified() && !own {
            return None;
        }
        let ips = pod.and_then(|pod| Pod::on_port(pod, port)).unwrap_or_default();
        let shown = ips.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
        if let Host::Name(name) = &self.endpoint.host
            && !own
            && ips.is_empty()
            && !self.endpoint.host.is_loopback()
            && found(name, self.evidence).is_none()
        {
            return Some(format!(
                "/etc/hosts of this pod has {ip} for {name}: the pod itself, in which nothing listens on port {port}. \
                 Correct the entry (hostAliases), or check that its container has started."
            ));
        }
        Some(match (own, ips.is_empty()) {
            (true, true) => format!(
                "{ip} is this pod itself, and nothing in it listens on port {port}. Check whether the app has \
                 started, and on which port."
            ),
            (_, true) => format!(
                "Nothing in this pod listens on port {port}, and inside a pod {} is the pod itself. Use the Service \
                 name if the server runs in another pod; otherwise check that its container has started.",
                if ip.is_unspecified() { ip.to_string() } else { "localhost".to_owned() }
            ),
            _ if ips
                .iter()
                .any(|known| *known == ip || (known.is_unspecified() && known.is_ipv4() == ip.is_ipv4())) =>
            {
                format!(
                    "Port {port} of this pod listens on {shown} now: the app has only just started, or its connection \
                     queue is full. Wait; if it happens again, read the app's log and check its CPU limit."
                )
            }
            (true, false) => format!(
                "Port {port} of this pod listens only on {shown}. {}.",
                with_capital(&listen_everywhere(ip, self.is_server))
            ),
            (false, false) if ip.is_ipv6() => format!(
                "Port {port} of this pod listens on {shown}, and {ip} refuses the connection. Use 127.0.0.1 as the \
                 target, or let the app listen on [::]."
            ),
            (false, false) => format!(
                "Port {port} of this pod listens on {shown}, and {ip} refuses the connection. Let the {} listen on \
                 0.0.0.0, or check whether it has only just started.",
                if self.is_server { "server" } else { "app (Next.js: HOSTNAME=0.0.0.0)" }
            ),
        })
    }

    fn timeout(&self) -> String {
        let port = self.endpoint.port;
        if let Some(text) = self.wrong_port() {
            return text;
        }
        if self.tried.is_some_and(|one| one.address.ip().is_loopback() || self.is_own(one.address.ip())) {
            return format!(
                "The queue of new connections on port {port} of this pod is full, because its \
                 server accepts none. Check whether it hangs, is at its limit of connections, or lacks CPU time."
            );
        }
        if self.tries(ConnectResult::NotTried).next().is_some() {
            return "The time was too short to try every address. Raise `timeout` (or set `connect_timeout`), and find \
                    out why the first addresses do not answer."
                .to_owned();
        }
        if let Some(text) = self.learnt_later() {
            return text;
        }
        let cut: Vec<&ConnectAttempt> = self.tries(ConnectResult::Cut).collect();
        if !cut.is_empty() && cut.iter().all(|one| one.duration < SYN_AGAIN) {
            return format!(
                "No connect attempt had a whole second, and one lost packet costs that much: raise `timeout` (or \
                 `connect_timeout`). If there is still no answer, a NetworkPolicy or firewall drops port {port}."
            );
        }
        if let Some(text) = self.by_search_domain() {
            return format!("{text}; otherwise a firewall drops port {port}.");
        }
        match self.service() {
            Some((service, namespace)) => format!(
                "No answer arrives. If kubectl {namespace}get svc {service} does not show port {port}, correct the \
                 port; otherwise a NetworkPolicy (egress here, ingress there) drops the packets: kubectl get netpol -A"
            ),
            None => format!(
                "No answer arrives. If this pod reaches other hosts on port {port}, the target's firewall or security \
                 group drops the packets, or the address is wrong; if it reaches none, check the egress NetworkPolicy \
                 here (kubectl get netpol)."
            ),
        }
    }

    /// What became of an address that was cut, when it was measured after the run, as `diagnose` does. Without its times,
    /// which differ from run to run: each new text is a new event.
    fn learnt_later(&self) -> Option<String> {
        let ended = |result: ConnectResult| {
            self.tries(ConnectResult::Cut).find_map(|one| {
                let seen = self.evidence.survey.iter().find(|seen| seen.address == one.address)?;
                (seen.result == result).then_some(seen.duration > one.duration)
            })
        };
        let Some(slower) = ended(ConnectResult::Connected) else {
            return ended(ConnectResult::HostUnreachable).map(|_| NOBODY.to_owned());
        };
        let text = if slower {
            "The address answers, but later than the connect attempt waited. Raise `timeout` (or `connect_timeout`)."
        } else {
            "A second connect attempt was answered in time: packets were lost, or the connection queue was full. \
             Check whether it happens again."
        };
        Some(text.to_owned())
    }

    fn unreachable(&self) -> String {
        let slow = self.tries(ConnectResult::HostUnreachable).any(|one| one.duration >= NO_NEIGHBOUR);
        match (self.service(), slow) {
            (_, true) => NOBODY.to_owned(),
            (Some((service, namespace)), false) => format!(
                "A firewall rejects the connection, or (with Cilium) {service} has no backend. Run kubectl \
                 {namespace}get endpointslices -l kubernetes.io/service-name={service} to see the backends."
            ),
            (None, false) if matches!(self.place, HostClass::Public(_)) => {
                "A router or firewall rejected the connection at once, or there is no route to the host. Check the \
                 rules for egress, then ip route in the pod."
                    .to_owned()
            }
            (None, false) => {
                "A router or firewall rejected the connection at once, or there is no route to the host. Compare the \
                 address with kubectl get pods -A -o wide, then check ip route in the pod."
                    .to_owned()
            }
        }
    }

    fn is_ipv6_alone(&self) -> bool {
        let own = self.evidence.pod.as_ref().map(|pod| pod.addresses.as_slice()).unwrap_or_default();
        !own.is_empty() && own.iter().all(IpAddr::is_ipv6)
    }

    fn is_link_local(&self) -> bool {
        matches!(self.place, HostClass::Address(IpAddr::V6(ip)) if ip.is_unicast_link_local())
    }

    /// The target has IPv6 addresses alone, and there is no route to any. Whose name it is decides who can change that.
    fn no_ipv6(&self) -> String {
        let seen = "has only IPv6 addresses, and this pod has no IPv6 route";
        let Host::Name(name) = &self.endpoint.host else {
            return format!("The target {seen} (ip -6 route). Give the pod a dual-stack network.");
        };
        let alias = found(name, self.evidence).and_then(|query| query.alias.as_deref());
        let way = [Some(name.as_str()), alias].into_iter().flatten().find_map(|known| way_over_ipv4(known));
        match (way, &self.place, alias) {
            (Some(way), ..) => format!("{name} {seen}. Use {way}, or give the pod a dual-stack network."),
            (None, HostClass::Service { service, namespace }, None) => format!(
                "The Service {service} {seen} (ip -6 route). Give it IPv4 (ipFamilyPolicy: kubectl {}get svc {service} \
                 -o yaml), or the pod a dual-stack network.",
                flag(namespace.as_deref())
            ),
            (None, ..) => format!(
                "{name} {seen} (ip -6 route). If the name is yours, give it an A record; otherwise use a host of its \
                 provider that has IPv4 (a pooler, an add-on), or give the pod a dual-stack network."
            ),
        }
    }

    fn no_network(&self) -> String {
        let tried = |six: bool| self.evidence.tries.iter().any(|one| one.address.is_ipv6() == six);
        match (tried(true), tried(false)) {
            (true, false) if self.is_link_local() => {
                "A link-local address works only with its zone (the interface), which pilotfish does not dial. Give this \
                 check the name of the server, or an address that is routed."
                    .to_owned()
            }
            (true, false) if matches!(self.place, HostClass::Address(_)) => {
                "This pod has no IPv6 route (ip -6 route). Use the target's name or an IPv4 address, or give the pod \
                 a dual-stack network."
                    .to_owned()
            }
            (true, false) => self.no_ipv6(),
            (false, true) if self.is_ipv6_alone() => {
                "The target has only IPv4 addresses, and this pod has only IPv6 addresses. Give the name an AAAA \
                 record, or use NAT64 (with a name, not an IPv4 address: DNS64 makes the AAAA record from it)."
                    .to_owned()
            }
            _ => "There is no route to that address. Run ip route get ADDRESS in the pod: if it shows none (or a \
                  blackhole), this pod lacks it; otherwise a router or firewall on the way rejects the packets."
                .to_owned(),
        }
    }
}

/// By the number of the operating system's error.
fn limit(fault: &Fault) -> &'static str {
    match fault.detail {
        Some(Detail::Stream(StreamDetail::NoRoom)) => {
            "Peers that send large answers slowly hold the memory. Find their checks with pilotfish status, and request \
             something smaller there."
        }
        Some(Detail::Os(99)) => {
            "Every local port to that target is in use, so the target was not contacted. Let the app reuse \
             connections (ss -tan shows whose they are), or widen net.ipv4.ip_local_port_range."
        }
        Some(Detail::Os(23 | 24)) => {
            "No file descriptor was free, so the target was not contacted. Raise the limit of open files (ulimit -n), \
             or probe fewer targets at a time."
        }
        Some(Detail::Os(12 | 105)) => {
            "The kernel had no memory for a socket, so the target was not contacted. Check the memory of this node \
             (kubectl describe node) and net.ipv4.tcp_mem."
        }
        _ => {
            "This pod is out of sockets, ports or memory, so the target was not contacted. Check ss -s and ulimit -n \
             in the pod."
        }
    }
}
