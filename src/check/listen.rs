//! `listen`: the app in this pod listens, on an address that others can reach.
//!
//! It reads the kernel's list of sockets, which the containers of a pod share, and dials nothing: an app that logs every
//! connection, or has room for few, never notices it.

mod hint;

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use tokio::time::Instant;

use crate::cause::Cause;
use crate::check::{
    Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, literal, readings,
};
use crate::config::node::{self, Keys, Node};
use crate::env::Env;
use crate::findings::TlsKeyNames;
use crate::net::attempt::Attempt;
use crate::outcome::{Detail, FactValue, Fault, Phase};
use crate::pod;
use crate::scheme::Scheme;
use crate::sock_diag;
use crate::url::parse_port;
use crate::value::{Setting, Value};

/// The kind.
pub const KIND: Kind = Kind {
    name: "listen",
    summary: "the app in this pod listens on an address that others can reach",
    example: "{port: 3000, reachable: pod}",
    url_form: "listen::3000",
    schemes: &[Scheme::new("listen").opaque()],
    subject: Subject::Surroundings,
    shown: ShownKeys { plain: &["port"], ..ShownKeys::NONE },
    tls_keys: TlsKeyNames::NONE,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault,
    parse,
    from_url: |url| Arc::new(Listen::Url(url)),
    facts: &[hint::LISTENING],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<ListenKeys>(),
};

/// What stands before the port in a target.
const TARGET: &str = "listen::";
/// How many other ports a message names.
const NAMED: usize = 8;

/// The keys of a `listen` check.
#[derive(Debug, Keys)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "listen"))]
struct ListenKeys {
    /// The port, 1 to 65535.
    port: Setting<Port>,
    /// Who must reach the port: with `pod` (the default), other pods, over IPv4 or IPv6 as this pod has it; with `loopback`,
    /// the containers of this pod and `kubectl port-forward`.
    reachable: Option<Setting<From>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Port(u16);

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse_port(text).map(Self).map_err(|_| "a port from 1 to 65535".to_owned())
    }
}

/// From where it must be reachable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum From {
    #[default]
    Pod,
    Loopback,
}

impl FromStr for From {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "pod" => Ok(Self::Pod),
            "loopback" => Ok(Self::Loopback),
            _ => Err("one of pod, loopback".to_owned()),
        }
    }
}

/// A `listen` check: from the configuration, or of a target that may come from a variable.
#[derive(Debug)]
enum Listen {
    ListenKeys(ListenKeys),
    Url(Value),
}

/// What is wrong with a TARGET: `listen::3000`, which is no URL.
fn target_fault(text: &str) -> Option<String> {
    let unread = || "it cannot be read".to_owned();
    let Some(port) = text.strip_prefix(TARGET) else { return Some(unread()) };
    let problems = parse(&Node::mapping(vec![("port", literal(port))])).err()?;
    Some(problems.into_iter().next().map_or_else(unread, |problem| problem.message))
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Listen::ListenKeys(node::read(node)?)))
}

impl Listen {
    fn wanted(&self, env: &dyn Env) -> Result<Wanted, Fault> {
        match self {
            Self::ListenKeys(keys) => {
                let Port(port) = keys.port.resolve("port", env)?;
                let from = keys.reachable.as_ref().map(|from| from.resolve("reachable", env)).transpose()?;
                Ok(Wanted { port, from: from.unwrap_or_default() })
            }
            Self::Url(value) => {
                let text = value.resolve(env)?;
                let port = text.expose().strip_prefix(TARGET).and_then(|port| port.parse::<Port>().ok());
                let Port(port) = port.ok_or_else(|| {
                    let message = format!("{} is not {TARGET}PORT", value.origin());
                    Fault::new(Phase::Assert, Cause::UrlMalformed, message)
                })?;
                Ok(Wanted { port, from: From::default() })
            }
        }
    }
}

/// What must listen, in one run.
struct Wanted {
    port: u16,
    from: From,
}

impl Check for Listen {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let wanted = self.wanted(env);
        let target = match (&wanted, self) {
            (Ok(wanted), _) => format!("{TARGET}{}", wanted.port),
            (Err(_), Self::Url(value)) => value.origin(),
            (Err(_), Self::ListenKeys(_)) => TARGET.to_owned(),
        };
        Prepared::new(target, Vec::new(), readings(&self.values(), env), wanted)
    }

    fn values(&self) -> Vec<&Value> {
        match self {
            Self::Url(value) => vec![value],
            Self::ListenKeys(keys) => {
                let reachable = keys.reachable.as_ref().and_then(Setting::later);
                keys.port.later().into_iter().chain(reachable).collect()
            }
        }
    }

    fn stays_in_pod(&self) -> bool {
        true
    }
}

impl Runnable for Wanted {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        let Self { port, from } = *self;
        Box::pin(async move {
            attempt.enter(Phase::Assert);
            let Some(all) = pod::listeners(attempt.env()) else {
                return Err(attempt.fault(Cause::Internal, "cannot read this pod's sockets in /proc/net/tcp"));
            };
            let (own, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.port() == port);
            let ips: Vec<IpAddr> = own.iter().map(SocketAddr::ip).collect();
            let shown = FactValue::List(own.iter().map(ToString::to_string).collect());
            attempt.facts().learn(hint::LISTENING, Some(shown).filter(|_| !own.is_empty()));
            let now = Instant::now();
            let restarts = attempt.world().sightings.keeps_vanishing(port, !own.is_empty(), now);
            attempt.facts().restarts = restarts.then_some(port);
            let mut ports: Vec<u16> = others.iter().map(SocketAddr::port).collect();
            ports.dedup();
            let families = Families::of_pod(attempt.env());
            let ipv6_only = families != Families::Ipv6 && takes_ipv6_only(attempt, from, &own);
            judge(port, from, &ips, families, ipv6_only, &ports).map_err(|(cause, message)| {
                // Which other ports are open may change from run to run.
                let statement = message.split(';').next().unwrap_or_default().to_owned();
                let fault = attempt.fault(cause, message).stating(statement);
                let code = match families {
                    Families::Ipv6 => hint::IPV6_POD,
                    Families::Ipv4 if ipv6_only => hint::IPV6_SOCKET,
                    Families::Ipv4 | Families::Other => return fault,
                };
                let of_family = from == From::Pod && !ips.is_empty();
                let detail = of_family.then_some(Detail::Protocol { code, product: None });
                Fault { detail, ..fault }
            })
        })
    }
}

/// Which addresses the pod has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Families {
    Ipv4,
    Ipv6,
    /// Both, or none that is known.
    Other,
}

impl Families {
    fn of_pod(env: &dyn Env) -> Self {
        let addresses = pod::addresses(env);
        if pod::is_ipv6_alone(env) {
            Self::Ipv6
        } else if !addresses.is_empty() && addresses.iter().all(IpAddr::is_ipv4) {
            Self::Ipv4
        } else {
            Self::Other
        }
    }
}

/// Whether nothing accepts IPv4 on the port because the socket on `::` takes IPv6 alone. nginx and others have a socket for
/// each family.
fn takes_ipv6_only(attempt: &mut Attempt, from: From, own: &[SocketAddr]) -> bool {
    let accepts_ipv4 = |ip: IpAddr| match from {
        From::Pod => ip.is_ipv4() && !ip.is_loopback(),
        From::Loopback => ip.is_ipv4() && (ip.is_loopback() || ip.is_unspecified()),
    };
    let on_any = |one: &&SocketAddr| one.is_ipv6() && one.ip().is_unspecified();
    let Some(socket) = own.iter().find(on_any).filter(|_| !own.iter().any(|one| accepts_ipv4(one.ip()))) else {
        return false;
    };
    let ports = sock_diag::ipv6_only_listeners().unwrap_or_default();
    let only = sock_diag::is_among(&ports, socket);
    attempt.evidence().ipv6_only = only.then(|| vec![socket.port()]);
    only
}

/// What is wrong with the addresses that listen on the port, in a pod of these families; `ipv6_only` where the socket on `::`
/// takes no IPv4.
fn judge(
    port: u16,
    from: From,
    ips: &[IpAddr],
    families: Families,
    ipv6_only: bool,
    others: &[u16],
) -> Result<(), (Cause, String)> {
    let fits = |ip: &IpAddr| match from {
        From::Pod if ip.is_loopback() => false,
        From::Pod if ip.is_ipv4() => families != Families::Ipv6,
        From::Pod => !(ipv6_only && families == Families::Ipv4 && ip.is_unspecified()),
        From::Loopback => ip.is_loopback() || ip.is_unspecified(),
    };
    if ips.iter().any(fits) {
        return Ok(());
    }
    let shown: Vec<String> = ips.iter().map(ToString::to_string).collect();
    let shown = shown.join(" and ");
    Err(match (from, ips.is_empty()) {
        (_, true) => (Cause::NotListening, format!("nothing in this pod listens on port {port}; {}", listed(others))),
        (From::Pod, false) => {
            let loopback = ips.iter().all(IpAddr::is_loopback);
            let cause = if loopback { Cause::ListeningOnLoopback } else { Cause::NotListening };
            let pod = match families {
                Families::Ipv6 => ", and this pod has only IPv6 addresses",
                Families::Ipv4 if ipv6_only => " for IPv6 alone (IPV6_V6ONLY), and this pod has only IPv4 addresses",
                Families::Ipv4 | Families::Other => "",
            };
            (cause, format!("port {port} listens only on {shown}{pod}"))
        }
        (From::Loopback, false) => {
            (Cause::NotListening, format!("port {port} listens only on {shown}, not on loopback"))
        }
    })
}

/// The other ports, which may be the right one.
fn listed(ports: &[u16]) -> String {
    let mut names: Vec<String> = ports.iter().take(NAMED).map(u16::to_string).collect();
    if ports.len() > NAMED {
        names.push(format!("{} more", ports.len() - NAMED));
    }
    if names.is_empty() { "no port is open".to_owned() } else { format!("open ports: {}", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{Families, From, judge};

    #[test]
    fn addresses_that_others_can_reach() {
        use From::{Loopback, Pod};
        for (from, ips, expected) in [
            (Pod, &["0.0.0.0"][..], None),
            (Pod, &["::"], None),
            (Pod, &["10.0.0.7"], None),
            (Pod, &["127.0.0.1", "10.0.0.7"], None),
            (Pod, &["127.0.0.1", "::1"], Some("listening_on_loopback: port 3000 listens only on 127.0.0.1 and ::1")),
            (Pod, &[], Some("not_listening: nothing in this pod listens on port 3000; open ports: 3001, 9809")),
            (Loopback, &["127.0.0.1"], None),
            (Loopback, &["::"], None),
            (Loopback, &["10.0.0.7"], Some("not_listening: port 3000 listens only on 10.0.0.7, not on loopback")),
        ] {
            let parsed: Vec<IpAddr> = ips.iter().map(|ip| ip.parse().unwrap()).collect();
            let got = judge(3000, from, &parsed, Families::Other, false, &[3001, 9809]);
            let got = got.err().map(|(cause, message)| format!("{}: {message}", cause.slug()));
            assert_eq!(got.as_deref(), expected, "{from:?} {ips:?}");
        }
    }

    #[test]
    fn a_socket_on_ipv4_is_nothing_in_a_pod_without_it() {
        let of = |ip: &str, from| judge(3000, from, &[ip.parse().unwrap()], Families::Ipv6, false, &[]);
        let (cause, message) = of("0.0.0.0", From::Pod).unwrap_err();
        assert_eq!(cause.slug(), "not_listening");
        assert_eq!(message, "port 3000 listens only on 0.0.0.0, and this pod has only IPv6 addresses");
        assert!(of("::", From::Pod).is_ok() && of("0.0.0.0", From::Loopback).is_ok());
    }

    #[test]
    fn a_socket_for_ipv6_alone_is_nothing_in_a_pod_without_it() {
        let of = |ips: &[&str], families, from| {
            let ips: Vec<IpAddr> = ips.iter().map(|ip| ip.parse().unwrap()).collect();
            judge(3000, from, &ips, families, true, &[])
        };
        let (cause, message) = of(&["::"], Families::Ipv4, From::Pod).unwrap_err();
        assert_eq!(cause.slug(), "not_listening");
        assert_eq!(
            message,
            "port 3000 listens only on :: for IPv6 alone (IPV6_V6ONLY), and this pod has only IPv4 addresses"
        );
        assert!(of(&["127.0.0.1", "::"], Families::Ipv4, From::Pod).is_err());
        assert!(of(&["::"], Families::Other, From::Pod).is_ok() && of(&["::"], Families::Ipv4, From::Loopback).is_ok());
    }

    #[test]
    fn many_ports_are_cut_and_none_is_said() {
        let text = |ports: &[u16]| judge(1, From::Pod, &[], Families::Other, false, ports).unwrap_err().1;
        assert!(text(&[]).ends_with("no port is open"));
        assert!(text(&(2..=11).collect::<Vec<_>>()).ends_with("8, 9, 2 more"));
    }
}
