//! The pod itself: who listens where, ports and descriptors, CPU time, the clock, the ports of its neighbours.
//!
//! Everything was read from the kernel or the environment of this pod; a rule is silent where that could not be read.

use std::net::IpAddr;
use std::time::Duration;

use super::context::Context;
use super::entry::Entry;
use super::placeholder::placeholder_at;
use crate::cause::Cause;
use crate::duration::show;
use crate::finding::{Finding, Severity};
use crate::outcome::{ConnectAttempt, ConnectResult, Detail, Evidence, Fault};
use crate::pod::{Pod, Service};

/// The catalogue of this family.
pub(super) const CODES: &[Entry] = &[
    LOCALHOST_IN_POD,
    LISTENS_LOOPBACK_ONLY,
    LISTENS_POD_IP_ONLY,
    LISTENS_IPV6_ONLY,
    SERVICE_PORT_WRONG,
    PORTS_EXHAUSTED,
    DESCRIPTORS_EXHAUSTED,
    CPU_THROTTLED,
    CLOCK_SKEW,
    APP_RESTARTS,
];

const LOCALHOST_IN_POD: Entry = Entry {
    code: "localhost_in_pod",
    severity: Severity::Error,
    cause: Cause::ConnectRefused,
    meaning: "the target is localhost, which inside a pod is the pod itself, and nothing in it listens on that port",
    remedy: "use the Service name if the server runs in another pod; otherwise check that its container has started",
};
const LISTENS_LOOPBACK_ONLY: Entry = Entry {
    code: "listens_loopback_only",
    severity: Severity::Error,
    cause: Cause::ListeningOnLoopback,
    meaning: "the pod's own address refuses the connection: the port listens only on 127.0.0.1 or ::1",
    remedy: "start the app with `--host 0.0.0.0` (uvicorn, Flask, FastMCP) or `HOSTNAME=0.0.0.0` (Next.js)",
};
const LISTENS_POD_IP_ONLY: Entry = Entry {
    code: "listens_pod_ip_only",
    severity: Severity::Error,
    cause: Cause::NotListening,
    meaning: "loopback refuses the connection: the port listens only on the pod's own address",
    remedy: "let the app listen on 0.0.0.0 (Next.js standalone: `HOSTNAME=0.0.0.0`), because port-forward and meshes \
             need it",
};
const LISTENS_IPV6_ONLY: Entry = Entry {
    code: "listens_ipv6_only",
    severity: Severity::Error,
    cause: Cause::NotListening,
    meaning: "the port listens only on IPv6, and refuses IPv4 connections",
    remedy: "let the app listen on 0.0.0.0 too, or remove the option that binds it only to IPv6",
};
const SERVICE_PORT_WRONG: Entry = Entry {
    code: "service_port_wrong",
    severity: Severity::Error,
    cause: Cause::ConnectRefused,
    meaning: "the target is the address of a Service, and the pod's variables show other ports for that Service",
    remedy: "use one of the ports of the Service: `kubectl get svc NAME`",
};
const PORTS_EXHAUSTED: Entry = Entry {
    code: "ports_exhausted",
    severity: Severity::Error,
    cause: Cause::LocalLimit,
    meaning: "no local port was free for the connection",
    remedy: "let clients reuse connections (pool, keep-alive), or widen `net.ipv4.ip_local_port_range` for the pod",
};
const DESCRIPTORS_EXHAUSTED: Entry = Entry {
    code: "descriptors_exhausted",
    severity: Severity::Error,
    cause: Cause::LocalLimit,
    meaning: "no file descriptor was free for the connection",
    remedy: "raise the limit of open files, or find what leaks them: `ls /proc/PID/fd | wc -l`",
};
const CPU_THROTTLED: Entry = Entry {
    code: "cpu_throttled",
    severity: Severity::Warning,
    cause: Cause::Timeout,
    meaning: "the CPU limit of this container stopped it while it measured, so the measured times are too long",
    remedy: "raise `resources.limits.cpu` of the pilotfish container, or set only requests",
};
const CLOCK_SKEW: Entry = Entry {
    code: "clock_skew",
    severity: Severity::Warning,
    cause: Cause::HeaderMismatch,
    meaning: "the clock of the peer (the Date of its answer) and the clock of this pod differ by more than a minute",
    remedy: "compare `date -u` on both nodes and fix the time service of the one that is wrong",
};

/// What lets a server take connections over loopback too.
const SERVER_ON_ANY: &str = "set the listen address in the server's own settings to 0.0.0.0";
/// What lets a socket take both families.
const IPV4_TOO: &str =
    "let the app listen on 0.0.0.0 as well; a socket on :: accepts IPv4 only if IPV6_V6ONLY is off (bindv6only)";
const APP_RESTARTS: Entry = Entry {
    code: "app_restarts",
    severity: Severity::Warning,
    cause: Cause::NotListening,
    meaning: "the app in this pod keeps restarting: its port was open and then closed at least three times within 10 \
              minutes",
    remedy: "read why the last container ended: `kubectl logs POD -c CONTAINER --previous`, and `kubectl describe pod` for \
             OOMKilled or a failed liveness probe",
};

/// Whether a finding of this code may come of what other checks show at that moment: the log names those that are down.
#[must_use]
pub fn may_come_of_others(code: &str) -> bool {
    code == APP_RESTARTS.code
}

/// Less of it changes no verdict.
const THROTTLED_WORTH_TELLING: Duration = Duration::from_millis(50);
/// The difference that tokens and certificates usually tolerate.
const SKEW_WORTH_TELLING: i64 = 60;
/// How many ports a message names.
const NAMED: usize = 8;

/// What the pod itself says.
pub(super) fn judge(fault: Option<&Fault>, evidence: &Evidence, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(clock_skew(evidence));
    findings.extend(exhausted(evidence));
    findings.extend(takes_no_ipv4(fault, evidence));
    findings.extend(evidence.facts.restarts.map(|port| {
        let message = format!(
            "the app on port {port} keeps restarting: it stopped listening at least three times within 10 minutes"
        );
        APP_RESTARTS.found(message, APP_RESTARTS.remedy.replace('`', ""))
    }));
    let Some(pod) = &evidence.pod else { return findings };
    findings.extend(stood_still(evidence).map(|spent| throttled(spent, fault)));
    if let Some(fault) = fault {
        findings.extend(listeners(fault, pod, evidence, context.is_server));
        findings.extend(wrong_port(fault, pod, evidence, context));
    }
    findings
}

/// A check that looked at the sockets alone: `::` is shown for those that take both families as well.
fn takes_no_ipv4(fault: Option<&Fault>, evidence: &Evidence) -> Option<Finding> {
    let dialled = fault.is_some_and(|fault| fault.cause == Cause::ConnectRefused);
    let port = evidence.ipv6_only.as_ref().filter(|_| !dialled)?.first()?;
    let message = format!(
        "port {port} listens on :: for IPv6 alone (IPV6_V6ONLY), so IPv4 connections are refused, those of the kubelet \
         and of Services among them unless they use IPv6"
    );
    Some(LISTENS_IPV6_ONLY.found(message, IPV4_TOO))
}

fn listeners(fault: &Fault, pod: &Pod, evidence: &Evidence, is_server: bool) -> Option<Finding> {
    // Where the kind knows what is to listen there, it says so.
    if fault.cause != Cause::ConnectRefused || matches!(fault.detail, Some(Detail::Protocol { .. })) {
        return None;
    }
    let refused = |one: &&ConnectAttempt| one.result == ConnectResult::Refused;
    let here = |one: &&ConnectAttempt| own_loopback(one.address.ip()) || pod.addresses.contains(&one.address.ip());
    let one = evidence.tries.iter().filter(refused).find(here)?;
    let (ip, port) = (one.address.ip(), one.address.port());
    // Nobody meant this pod: the name server answered so.
    if placeholder_at(ip, evidence).is_some() {
        return None;
    }
    let ips = pod.on_port(port)?;
    let shown = ips.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    let found_as = |entry: &Entry, fix: &str| {
        let message =
            format!("{} refuses the connection, and port {port} of this pod listens only on {shown}", one.address);
        Some(entry.found(message, fix))
    };
    match (own_loopback(ip), ips.as_slice()) {
        (true, []) => {
            let message = format!(
                "{} is this pod itself, and nothing in it listens on port {port} ({})",
                one.address,
                others(pod, port)
            );
            let fix = "use the Service name if the server runs in another pod; otherwise check that its container has started";
            Some(LOCALHOST_IN_POD.found(message, fix))
        }
        (false, []) => None,
        (_, ips) if ips.iter().all(IpAddr::is_loopback) && !own_loopback(ip) => {
            found_as(&LISTENS_LOOPBACK_ONLY, &listen_everywhere(ip, is_server))
        }
        (_, ips) if ip.is_ipv4() && ips.iter().all(IpAddr::is_ipv6) => {
            let found = found_as(&LISTENS_IPV6_ONLY, IPV4_TOO)?;
            let on_any = ips.iter().any(IpAddr::is_unspecified);
            // A socket on `::` that takes IPv4 as well was not there in time.
            let takes_both = evidence.ipv6_only.as_ref().is_some_and(|ports| on_any && !ports.contains(&port));
            if takes_both {
                return None;
            }
            let unclear = on_any && evidence.ipv6_only.is_none();
            let or = if unclear {
                ": the socket accepts only IPv6, or the app started to listen after the connect \
                                   attempt"
            } else {
                ""
            };
            let severity = if unclear { Severity::Warning } else { found.severity };
            Some(Finding { severity, message: format!("{}{or}", found.message), ..found })
        }
        (true, ips) if !ips.iter().any(|ip| ip.is_loopback() || ip.is_unspecified()) => found_as(
            &LISTENS_POD_IP_ONLY,
            if is_server {
                SERVER_ON_ANY
            } else {
                "let the app listen on 0.0.0.0 (Next.js standalone: HOSTNAME=0.0.0.0, because Kubernetes sets HOSTNAME to \
             the pod's name)"
            },
        ),
        // The port listens where it was refused: it was too early, or its queue is full.
        _ => None,
    }
}

/// What lets a server that listens on too few addresses listen on all of them, of the family of this one.
pub(super) fn listen_everywhere(ip: IpAddr, is_server: bool) -> String {
    // A socket on 0.0.0.0 takes no IPv6.
    let host = if ip.is_ipv6() { "::" } else { "0.0.0.0" };
    match is_server {
        true => format!("set the listen address in the server's own settings to {host}, or to this pod's address"),
        false => format!("start the app with --host {host} (uvicorn, Flask, FastMCP) or HOSTNAME={host} (Next.js)"),
    }
}

/// Whether connecting to it ends in this pod: the kernel takes 0.0.0.0 and :: for loopback.
fn own_loopback(ip: IpAddr) -> bool {
    ip.is_loopback() || ip.is_unspecified()
}

/// The ports that do listen: one of them may be the right one.
fn others(pod: &Pod, port: u16) -> String {
    let mut ports: Vec<u16> = pod.listeners.iter().flatten().map(std::net::SocketAddr::port).collect();
    ports.retain(|other| *other != port);
    ports.dedup();
    let mut names: Vec<String> = ports.iter().take(NAMED).map(u16::to_string).collect();
    if ports.len() > NAMED {
        names.push(format!("{} more", ports.len() - NAMED));
    }
    if names.is_empty() { "no port is open".to_owned() } else { format!("open ports: {}", names.join(", ")) }
}

/// A try of a Service's address at a port that its variables do not know.
pub(super) fn wrong_port_of<'a>(pod: &'a Pod, evidence: &'a Evidence) -> Option<(&'a ConnectAttempt, &'a Service)> {
    evidence.tries.iter().find_map(|one| {
        let service = pod.services.iter().find(|service| service.address == one.address.ip())?;
        (!service.ports.contains(&one.address.port())).then_some((one, service))
    })
}

fn wrong_port(fault: &Fault, pod: &Pod, evidence: &Evidence, context: Context<'_>) -> Option<Finding> {
    if !matches!(fault.cause, Cause::ConnectRefused | Cause::ConnectTimeout) {
        return None;
    }
    let (one, service) = wrong_port_of(pod, evidence)?;
    let ports = service.ports.iter().take(NAMED).map(u16::to_string).collect::<Vec<_>>().join(", ");
    let variable = format!("{}_SERVICE_PORT", service.prefix);
    let host = context
        .endpoint(evidence, Some(fault))
        .map_or_else(|| service.prefix.clone(), |endpoint| endpoint.host.to_string());
    let message = format!(
        "{host} is {}, whose Service had {} {ports} when this pod started ({variable}), not {}",
        service.address,
        if service.ports.len() == 1 { "the port" } else { "the ports" },
        one.address.port()
    );
    let name = service.prefix.to_ascii_lowercase().replace('_', "-");
    Some(
        SERVICE_PORT_WRONG
            .found(message, format!("use a port of the Service, not a port of its pods: kubectl get svc {name}")),
    )
}

fn exhausted(evidence: &Evidence) -> Option<Finding> {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    const EADDRNOTAVAIL: i32 = 99;
    let short = evidence.tries.iter().find(|one| one.result == ConnectResult::LocalLimit)?;
    let pod = evidence.pod.as_ref();
    match short.errno? {
        EADDRNOTAVAIL => {
            let sockets = pod?.sockets?;
            let (first, last) = sockets.ports;
            let message = format!(
                "no local port was free to connect to {}: the range has {} ports ({first} to {last}), {} sockets are \
                 in use and {} in TIME_WAIT",
                short.address,
                u32::from(last.saturating_sub(first)) + 1,
                sockets.in_use,
                sockets.time_wait
            );
            let fix = "let the app reuse connections (pool, keep-alive; ss -tan shows whose they are), or \
                       widen net.ipv4.ip_local_port_range in the pod's securityContext.sysctls";
            Some(PORTS_EXHAUSTED.found(message, fix))
        }
        errno @ (ENFILE | EMFILE) => {
            let whose = if errno == ENFILE { "on the whole node" } else { "in the pilotfish container" };
            // Without a descriptor the limit itself cannot be read, as a rule.
            let limit =
                pod.and_then(|pod| pod.descriptors).map_or_else(String::new, |limit| format!("; its limit is {limit}"));
            let message = format!("no file descriptor was free {whose} to connect to {}{limit}", short.address);
            let fix = match errno {
                ENFILE => "find the process that leaks files on the node (compare fs.file-nr with fs.file-max)",
                _ => "raise the open file limit of the container runtime, or probe fewer targets at a time",
            };
            Some(DESCRIPTORS_EXHAUSTED.found(message, fix))
        }
        _ => None,
    }
}

/// How long the CPU limit kept this container from running while it measured, where that is worth telling.
pub(super) fn stood_still(evidence: &Evidence) -> Option<Duration> {
    evidence.pod.as_ref()?.throttled.filter(|spent| *spent >= THROTTLED_WORTH_TELLING)
}

fn throttled(spent: Duration, fault: Option<&Fault>) -> Finding {
    let message = format!(
        "the CPU limit stopped this container for {} during the check or just before: the measured times are too long",
        show(spent)
    );
    let found = CPU_THROTTLED.found(message, CPU_THROTTLED.remedy.replace('`', ""));
    // Where it passed all the same, a small limit is no mistake.
    if fault.is_none() { Finding { severity: Severity::Info, ..found } } else { found }
}

fn clock_skew(evidence: &Evidence) -> Option<Finding> {
    let ahead = evidence.facts.peer_clock?.ahead;
    if ahead.abs() <= SKEW_WORTH_TELLING {
        return None;
    }
    let by = match ahead.unsigned_abs() {
        seconds if seconds >= 48 * 3600 => format!("{} days", seconds / (24 * 3600)),
        seconds if seconds >= 2 * 3600 => format!("{} hours", seconds / 3600),
        seconds => show(Duration::from_secs(seconds)),
    };
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    let message = format!(
        "the Date of the peer's answer is {by} {way} this pod's clock: checks of tokens and certificates can fail"
    );
    Some(CLOCK_SKEW.found(message, CLOCK_SKEW.remedy.replace('`', "")))
}

#[cfg(test)]
mod tests;
