//! What the pod looks like from inside: its names, addresses and routes, from files alone; no command is run.

use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

use serde::Serialize;

use crate::env::Env;
use crate::outcome::clean_text;
use crate::pod;

/// More lines of a file than this are counted, not shown.
const LINES: usize = 200;
/// The longest line that is shown, in bytes.
const LINE: usize = 256;

/// The pod's own facts. What could not be read is empty.
#[derive(Debug, Serialize)]
pub(super) struct Pod {
    /// The host name: in Kubernetes the pod's name.
    pub(super) hostname: Option<String>,
    /// The namespace, where a service account is mounted.
    pub(super) namespace: Option<String>,
    /// The kernel's release.
    pub(super) kernel: Option<String>,
    /// Every address of the pod but loopback and link-local ones.
    pub(super) addresses: Vec<String>,
    /// Its routes, but those of loopback.
    pub(super) routes: Vec<Route>,
    /// Every TCP socket that listens in the pod.
    pub(super) listening: Vec<String>,
    /// /etc/resolv.conf, without comments.
    pub(super) resolv_conf: Vec<String>,
    /// /etc/hosts, without comments.
    pub(super) hosts: Vec<String>,
}

/// One route.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub(super) struct Route {
    /// `10.0.0.0/24`, `default` written out.
    pub(super) destination: String,
    /// Through whom; `None` where the destination is on the link.
    pub(super) gateway: Option<String>,
    /// The network device; empty where only the number of those left out is told.
    pub(super) device: String,
}

impl Pod {
    /// What can be read now.
    pub(super) fn read(env: &dyn Env) -> Self {
        let text = |path: &str| String::from_utf8_lossy(&env.file(Path::new(path)).unwrap_or_default()).into_owned();
        let word = |path: &str| Some(clean_text(text(path).trim(), LINE)).filter(|word| !word.is_empty());
        let mut routes = ipv4_routes(&text("/proc/net/route"));
        routes.extend(ipv6_routes(&text("/proc/net/ipv6_route")));
        Self {
            hostname: word("/proc/sys/kernel/hostname"),
            namespace: word("/var/run/secrets/kubernetes.io/serviceaccount/namespace"),
            kernel: word("/proc/sys/kernel/osrelease"),
            addresses: pod::addresses(env).iter().map(ToString::to_string).collect(),
            routes: cut(routes, |more| Route { destination: more, gateway: None, device: String::new() }),
            listening: cut(pod::listeners(env).iter().flatten().map(ToString::to_string).collect(), |more| more),
            resolv_conf: lines(&text("/etc/resolv.conf")),
            hosts: lines(&text("/etc/hosts")),
        }
    }
}

/// Comments may hold anything, so they are left out.
fn lines(text: &str) -> Vec<String> {
    let kept = |line: &str| line.split(['#', ';']).next().unwrap_or_default().trim().to_owned();
    let all: Vec<String> = text.lines().map(kept).filter(|line| !line.is_empty()).collect();
    cut(all.iter().map(|line| clean_text(line, LINE)).collect(), |more| more)
}

/// The first ones, and how many were left out.
fn cut<T>(mut all: Vec<T>, left_out: impl Fn(String) -> T) -> Vec<T> {
    let more = all.len().saturating_sub(LINES);
    all.truncate(LINES);
    if more > 0 {
        all.push(left_out(format!("… and {more} more")));
    }
    all
}

/// `DEVICE DESTINATION GATEWAY FLAGS _ _ METRIC MASK …`: numbers in hexadecimal digits, as the machine orders bytes.
fn ipv4_routes(table: &str) -> Vec<Route> {
    let number = |field: Option<&&str>| u32::from_str_radix(field?, 16).ok().map(|number| number.to_ne_bytes());
    let route = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let device = clean_text(fields.first()?, LINE);
        let (to, gateway) = (number(fields.get(1))?, number(fields.get(2))?);
        let prefix = u32::from_be_bytes(number(fields.get(7))?).count_ones();
        Some(written(IpAddr::from(to), prefix, IpAddr::from(gateway), device))
    };
    table.lines().skip(1).filter_map(route).collect()
}

/// `DESTINATION PREFIX SOURCE PREFIX GATEWAY METRIC _ _ FLAGS DEVICE`.
fn ipv6_routes(table: &str) -> Vec<Route> {
    const UP: u32 = 0x0001;
    const LOCAL: u32 = 0x8000_0000;
    let route = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let flags = u32::from_str_radix(fields.get(8)?, 16).ok()?;
        let device = clean_text(fields.get(9)?, LINE);
        let to = ipv6(fields.first()?)?;
        let multicast = to.is_multicast();
        if device == "lo" || flags & UP == 0 || flags & LOCAL != 0 || multicast {
            return None;
        }
        let prefix = u32::from_str_radix(fields.get(1)?, 16).ok()?;
        Some(written(to.into(), prefix, ipv6(fields.get(4)?)?.into(), device))
    };
    table.lines().filter_map(route).collect()
}

fn written(to: IpAddr, prefix: u32, gateway: IpAddr, device: String) -> Route {
    let destination = if prefix == 0 { format!("default ({to}/0)") } else { format!("{to}/{prefix}") };
    Route { destination, gateway: (!gateway.is_unspecified()).then(|| gateway.to_string()), device }
}

fn ipv6(digits: &str) -> Option<Ipv6Addr> {
    if digits.len() != 32 {
        return None;
    }
    u128::from_str_radix(digits, 16).ok().map(Ipv6Addr::from_bits)
}

#[cfg(test)]
mod tests {
    use super::{Pod, Route};
    use crate::env::MapEnv;

    #[test]
    fn the_kernels_tables_are_read() {
        let env = MapEnv::default()
            .with_file("/proc/net/fib_trie", b"Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\nLocal:\n     |-- 10.9.0.1\n        /32 host LOCAL\n     |-- 10.9.0.255\n        /32 link BROADCAST\n     |-- 127.0.0.1\n        /32 host LOCAL\n")
            .with_file("/proc/net/if_inet6", b"fd090000000000000000000000000001 02 40 00 80     eth0\n00000000000000000000000000000001 01 80 10 80       lo\n")
            .with_file("/proc/net/route", b"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\neth0\t00000000\t0200090A\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t0000090A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n")
            .with_file("/proc/net/ipv6_route", b"fd090000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\nff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000004 00000000 00000001     eth0\n00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 80200001       lo\n")
            .with_file("/etc/resolv.conf", b"# s3cret\nnameserver 10.96.0.10 ; s3cret\n\noptions ndots:5\n")
            .with_file("/proc/sys/kernel/hostname", b"web-0\n");
        let pod = Pod::read(&env);
        assert_eq!(pod.addresses, ["10.9.0.1", "fd09::1"]);
        let route = |destination: &str, gateway: Option<&str>| Route {
            destination: destination.to_owned(),
            gateway: gateway.map(str::to_owned),
            device: "eth0".to_owned(),
        };
        let expected =
            [route("default (0.0.0.0/0)", Some("10.9.0.2")), route("10.9.0.0/24", None), route("fd09::/64", None)];
        assert_eq!(pod.routes, expected);
        assert_eq!(pod.resolv_conf, ["nameserver 10.96.0.10", "options ndots:5"]);
        assert_eq!((pod.hostname.as_deref(), pod.namespace), (Some("web-0"), None));
    }

    #[test]
    fn what_is_odd_or_missing_is_passed_over() {
        let mut env = MapEnv::default();
        for path in ["fib_trie", "route", "ipv6_route"] {
            for text in ["", "x", "\u{0}\u{ff}", "a b\nc\t\n", "-- \n/32 host LOCAL"] {
                env = env.with_file(&format!("/proc/net/{path}"), format!("\n{text}").as_bytes());
                let pod = Pod::read(&env);
                assert!(pod.addresses.is_empty() && pod.routes.is_empty(), "{pod:?}");
            }
        }
        let long = "nameserver 10.0.0.1\n".repeat(300);
        let pod = Pod::read(&env.with_file("/etc/resolv.conf", long.as_bytes()));
        assert_eq!(pod.resolv_conf.len(), 201);
        assert_eq!(pod.resolv_conf[200], "… and 100 more");
        let header = "  sl  local_address rem_address   st\n";
        let row = |port: u32| {
            format!("   0: 0100007F:{port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1\n")
        };
        let table = header.to_owned() + &(1..=300).map(row).collect::<String>();
        let pod = Pod::read(&MapEnv::default().with_file("/proc/net/tcp", table.as_bytes()));
        assert_eq!(pod.listening.last().map(String::as_str), Some("… and 100 more"), "of {}", pod.listening.len());
    }
}
