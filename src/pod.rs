//! What the kernel shows of this pod's own sockets, limits and CPU time, and what Kubernetes put into its environment.
//!
//! A sidecar shares the pod's network namespace, so that it sees the app's listeners without dialling. Everything is
//! read through [`Env`], only when it is needed; what cannot be read is not known, never assumed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use crate::env::{Env, FILE_LIMIT};
use crate::order;

/// What was read of the pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pod {
    /// Every TCP socket that listens; `None` where the kernel does not show them.
    pub listeners: Option<Vec<SocketAddr>>,
    /// The pod's own addresses, without loopback.
    pub addresses: Vec<IpAddr>,
    /// Sockets and local ports; read where a connection was not even tried.
    pub sockets: Option<Sockets>,
    /// How many descriptors this process may have; read where a connection was not even tried.
    pub descriptors: Option<u64>,
    /// Services of this namespace, as the kubelet's variables have them; read where a connection failed.
    pub services: Vec<Service>,
    /// For how long this container was kept from running while the check ran, or within the second before.
    pub throttled: Option<Duration>,
}

/// TCP sockets of this pod, and the ports that outgoing connections may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sockets {
    /// Those in use, listeners among them.
    pub in_use: u64,
    /// Those that wait for the end of a closed connection.
    pub time_wait: u64,
    /// The first and the last local port.
    pub ports: (u16, u16),
}

/// A Service as its variables have it: `BACKEND_SERVICE_HOST`, `BACKEND_SERVICE_PORT`, `BACKEND_SERVICE_PORT_HTTP`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The prefix of its variables: `BACKEND_API` for the Service `backend-api`.
    pub prefix: String,
    /// Its cluster address.
    pub address: IpAddr,
    /// Its ports, in order.
    pub ports: Vec<u16>,
}

impl Pod {
    /// The addresses that listen on this port; `None` where that is not known.
    #[must_use]
    pub fn on_port(&self, port: u16) -> Option<Vec<IpAddr>> {
        let listeners = self.listeners.as_ref()?;
        Some(listeners.iter().filter(|one| one.port() == port).map(SocketAddr::ip).collect())
    }
}

/// Every TCP socket that listens in this network namespace, each once, by port. An IPv4 address that an IPv6 socket is
/// bound to, as the JVM does, is shown as what it is.
#[must_use]
pub fn listeners(env: &dyn Env) -> Option<Vec<SocketAddr>> {
    let mut all = match env.listeners() {
        Some(all) => all,
        None => in_files(env)?,
    };
    order::sort_by_key(&mut all, |one| (one.port(), one.ip()));
    all.dedup();
    Some(all)
}

/// The same from the files of the kernel, unsorted.
fn in_files(env: &dyn Env) -> Option<Vec<SocketAddr>> {
    let mut all = listening_rows(&env.start_of(Path::new("/proc/net/tcp")).ok()?)?;
    // A kernel without IPv6 has no such file.
    if let Ok(text) = env.start_of(Path::new("/proc/net/tcp6")) {
        all.extend(listening_rows(&text)?);
    }
    Some(all)
}

/// The rows in the state LISTEN; the kernel writes them before all others. `None` where they are cut off.
fn listening_rows(text: &[u8]) -> Option<Vec<SocketAddr>> {
    const LISTEN: &str = "0A";
    let whole = (text.len() as u64) < FILE_LIMIT;
    let text = String::from_utf8_lossy(text);
    let mut found = Vec::new();
    for line in text.lines().skip(1) {
        let mut words = line.split_ascii_whitespace().skip(1);
        let (Some(local), Some(state)) = (words.next(), words.nth(1)) else { continue };
        if state != LISTEN {
            return Some(found);
        }
        found.extend(socket_address(local));
    }
    whole.then_some(found)
}

/// `0100007F:1F90`: the address as the kernel keeps it, in words of 32 bits of this machine's byte order.
fn socket_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(address.get(at * 8..at * 8 + 8)?, 16).ok().map(u32::to_ne_bytes);
    let ip: IpAddr = match address.len() {
        8 => Ipv4Addr::from(word(0)?).into(),
        32 => {
            let mut octets = [0; 16];
            for at in 0..4 {
                octets[at * 4..at * 4 + 4].copy_from_slice(&word(at)?);
            }
            Ipv6Addr::from(octets).into()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip.to_canonical(), port))
}

/// The pod's own IPv4 addresses, without loopback; `None` where the kernel does not show them.
#[must_use]
pub fn ipv4_addresses(env: &dyn Env) -> Option<Vec<IpAddr>> {
    let four = env.start_of(Path::new("/proc/net/fib_trie")).ok()?;
    let mut all: Vec<IpAddr> = Vec::new();
    let mut last = None;
    for line in String::from_utf8_lossy(&four).lines() {
        match line.split_once("|-- ") {
            Some((_, address)) => last = address.trim().parse::<Ipv4Addr>().ok(),
            None if line.contains("/32 host LOCAL") => all.extend(last.map(IpAddr::from)),
            None => {}
        }
    }
    all.retain(|ip| !ip.is_loopback());
    Some(all)
}

/// The pod's own addresses, without loopback and link-local ones.
#[must_use]
pub fn addresses(env: &dyn Env) -> Vec<IpAddr> {
    let mut all = ipv4_addresses(env).unwrap_or_default();
    let six = env.start_of(Path::new("/proc/net/if_inet6")).unwrap_or_default();
    for line in String::from_utf8_lossy(&six).lines() {
        let digits = line.split(' ').next().and_then(|word| u128::from_str_radix(word, 16).ok());
        all.extend(digits.map(Ipv6Addr::from).filter(|ip| !ip.is_unicast_link_local()).map(IpAddr::from));
    }
    all.retain(|ip| !ip.is_loopback());
    order::sort_by(&mut all, Ord::cmp);
    all.dedup();
    all
}

/// Whether this pod has IPv6 addresses and no IPv4 one.
#[must_use]
pub fn is_ipv6_alone(env: &dyn Env) -> bool {
    let no_ipv4 = ipv4_addresses(env).is_some_and(|addresses| addresses.is_empty());
    no_ipv4 && !addresses(env).is_empty()
}

/// How many sockets there are, and the range of local ports.
#[must_use]
pub fn sockets(env: &dyn Env) -> Option<Sockets> {
    let text = |path: &str| env.file(Path::new(path)).map(|text| String::from_utf8_lossy(&text).into_owned()).ok();
    let stat = text("/proc/net/sockstat")?;
    let line = stat.lines().find_map(|line| line.strip_prefix("TCP:"))?.to_owned();
    let six = text("/proc/net/sockstat6").unwrap_or_default();
    let number = |line: &str, key: &str| {
        let mut words = line.split_ascii_whitespace();
        words.find(|word| *word == key)?;
        words.next()?.parse::<u64>().ok()
    };
    let in_use_six = six.lines().find_map(|line| number(line.strip_prefix("TCP6:")?, "inuse")).unwrap_or(0);
    let (in_use, time_wait) = (number(&line, "inuse")? + in_use_six, number(&line, "tw")?);
    Some(Sockets { in_use, time_wait, ports: local_ports(env)? })
}

/// The ports that the kernel gives to outgoing connections, the first and the last.
#[must_use]
pub fn local_ports(env: &dyn Env) -> Option<(u16, u16)> {
    let text = env.file(Path::new("/proc/sys/net/ipv4/ip_local_port_range")).ok()?;
    let text = String::from_utf8_lossy(&text);
    let mut ports = text.split_ascii_whitespace().map(str::parse::<u16>);
    Some((ports.next()?.ok()?, ports.next()?.ok()?))
}

/// How many descriptors this process may have.
#[must_use]
pub fn descriptors(env: &dyn Env) -> Option<u64> {
    let text = env.file(Path::new("/proc/self/limits")).ok()?;
    let text = String::from_utf8_lossy(&text);
    let rest = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

/// The Services that the kubelet's variables name.
#[must_use]
pub fn services(env: &dyn Env) -> Vec<Service> {
    let vars = env.vars();
    let service = |(name, value): &(String, String)| {
        let prefix = name.strip_suffix("_SERVICE_HOST")?.to_owned();
        let address = value.parse().ok()?;
        let start = format!("{prefix}_SERVICE_PORT");
        let of_service = |(name, _): &&(String, String)| {
            name.strip_prefix(&start).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        };
        let mut ports: Vec<u16> = vars.iter().filter(of_service).filter_map(|(_, port)| port.parse().ok()).collect();
        order::sort_by(&mut ports, Ord::cmp);
        ports.dedup();
        (!ports.is_empty()).then_some(Service { prefix, address, ports })
    };
    vars.iter().filter_map(service).collect()
}

/// For how long the processes of this container were kept from running by its CPU limit, since it started; `None` where
/// its cgroup does not say.
#[must_use]
pub fn throttled(env: &dyn Env) -> Option<Duration> {
    let number = |path: &str, key: &str| -> Option<u64> {
        let text = env.file(Path::new(path)).ok()?;
        let text = String::from_utf8_lossy(&text);
        text.lines().find_map(|line| line.strip_prefix(key))?.trim().parse().ok()
    };
    let version_2 = || number("/sys/fs/cgroup/cpu.stat", "throttled_usec ").map(Duration::from_micros);
    let version_1 = || number("/sys/fs/cgroup/cpu/cpu.stat", "throttled_time ").map(Duration::from_nanos);
    version_2().or_else(version_1)
}

#[cfg(test)]
mod tests;
