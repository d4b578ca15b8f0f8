//! How each client reads `NO_PROXY`: for which hosts it leaves the proxy out. No two do it alike.

use std::net::IpAddr;

use crate::url::Host;

/// Where a request goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Destination<'a> {
    pub(super) host: &'a Host,
    /// The host as text: lower case, without brackets; with its final dot, which most clients take for a part of the name.
    pub(super) name: &'a str,
    pub(super) port: u16,
    pub(super) tls: bool,
}

impl Destination<'_> {
    fn ip(self) -> Option<IpAddr> {
        match self.host {
            Host::Ip(ip) => Some(*ip),
            Host::Name(_) => None,
        }
    }

    /// The same without its final dot.
    fn without_dot(self) -> Self {
        Self { name: self.name.strip_suffix('.').unwrap_or(self.name), ..self }
    }

    /// The host as it stands in a URL: an IPv6 address in brackets.
    fn in_url(self) -> String {
        match self.ip() {
            Some(IpAddr::V6(_)) => format!("[{}]", self.name),
            Some(IpAddr::V4(_)) | None => self.name.to_owned(),
        }
    }

    /// Whether this pod itself is meant.
    pub(super) fn is_local(self) -> bool {
        self.name == "localhost" || self.ip().is_some_and(|ip| ip.is_loopback())
    }

    /// `host:port`.
    fn with_port(self) -> String {
        format!("{}:{}", self.in_url(), self.port)
    }

    /// Whether the name is this one or below it.
    fn is_within(self, domain: &str) -> bool {
        self.name == domain || self.is_below(domain)
    }

    fn is_below(self, domain: &str) -> bool {
        self.name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
    }

    /// Whether the address is this one or in this range, which may be written `10.0.0.0/8`.
    fn is_in(self, range: &str) -> bool {
        self.ip().is_some_and(|ip| in_range(ip, range))
    }
}

/// Entries between commas.
fn entries(list: &str) -> impl Iterator<Item = String> {
    list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).filter(|entry| !entry.is_empty())
}

/// Entries between commas and white space.
fn words(list: &str) -> impl Iterator<Item = String> {
    list.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase)
}

/// `host:port` in two; an IPv6 address is no host with a port.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            port.parse().map_or((entry, None), |port| (host, Some(port)))
        }
        _ => (entry, None),
    }
}

fn in_range(ip: IpAddr, range: &str) -> bool {
    let (network, bits) = match range.split_once('/') {
        Some((network, bits)) => (network, bits.parse::<u32>().ok()),
        None => (range, Some(128)),
    };
    let (Ok(network), Some(bits)) = (network.trim_matches(['[', ']']).parse::<IpAddr>(), bits) else { return false };
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            let mask = u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0);
            ip.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            let mask = u128::MAX.checked_shl(128 - bits.min(128)).unwrap_or(0);
            ip.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}

/// lib/noproxy.c (7.86 and later): leading dots and a final one are ignored, ranges of IPv4 count (not `/0`), ports do not. A
/// blank parts entries as well, but in the newest versions.
pub(super) fn curl(list: &str, to: Destination<'_>) -> bool {
    let to = to.without_dot();
    list.split([',', ' ']).map(str::to_ascii_lowercase).any(|entry| match to.host {
        Host::Name(_) => {
            let domain = entry.trim_end_matches('.');
            to.is_within(domain.strip_prefix('.').unwrap_or(domain))
        }
        Host::Ip(IpAddr::V4(_)) => to.is_in(&entry) && !entry.ends_with("/0"),
        Host::Ip(IpAddr::V6(_)) => to.name == entry,
    })
}

/// golang.org/x/net/http/httpproxy: a leading dot means names below alone, `*` may stand anywhere, ranges and ports count,
/// and the pod itself never goes to the proxy.
pub(super) fn go(list: &str, to: Destination<'_>) -> bool {
    to.is_local()
        || entries(list).any(|entry| {
            let (host, port) = split_port(&entry);
            let host = host.strip_prefix("*.").map_or(host, |_| &host[1..]);
            let covers = match host.strip_prefix('.') {
                // The end of an address is no domain.
                Some(domain) => to.ip().is_none() && to.is_below(domain),
                None => host == "*" || to.is_within(host) || (to.is_in(host) && !host.starts_with('[')),
            };
            covers && port.is_none_or(|port| port == to.port)
        })
}

/// urllib.request.proxy_bypass_environment: leading dots are ignored, and ranges are not known.
pub(super) fn urllib(list: &str, to: Destination<'_>) -> bool {
    let below = |name: &str, domain: &str| name == domain || name.ends_with(&format!(".{domain}"));
    entries(list).any(|entry| {
        let domain = entry.trim_start_matches('.');
        below(&to.in_url(), domain) || below(&to.with_port(), domain)
    })
}

/// requests.utils.should_bypass_proxies: ranges for IPv4 (not `/0`), for which ports do not count; else as urllib has it, with
/// IPv6 without brackets.
pub(super) fn requests(list: &str, to: Destination<'_>) -> bool {
    let list = list.replace(' ', "");
    match to.host {
        Host::Ip(IpAddr::V4(_)) => entries(&list).any(|entry| {
            let end = entry.trim_start_matches('.');
            (to.is_in(&entry) && !entry.ends_with("/0")) || to.is_within(end)
        }),
        Host::Ip(IpAddr::V6(_)) => entries(&list).any(|entry| to.name.ends_with(entry.trim_start_matches('.'))),
        Host::Name(_) => urllib(&list, to),
    }
}

/// `httpx._utils.get_environment_proxies`: a leading dot means names below alone, `*` may stand anywhere, ports count; of a
/// range only the address before the slash.
pub(super) fn httpx(list: &str, to: Destination<'_>) -> bool {
    entries(list).any(|entry| {
        let entry = entry.split_once("://").map_or(entry.as_str(), |(_, rest)| rest);
        let address = entry.split('/').next().unwrap_or_default();
        match address.parse() {
            Ok(IpAddr::V4(_)) => return to.is_in(address),
            Ok(IpAddr::V6(_)) => return to.name == address,
            Err(_) => {}
        }
        let (host, port) = split_port(address);
        let covers = match host.strip_prefix('.') {
            Some(domain) => to.is_below(domain),
            None => host == "*" || to.is_within(host),
        };
        covers && port.is_none_or(|port| port == to.port)
    })
}

/// undici's EnvHttpProxyAgent, which is Node's fetch: `*.` and a leading dot are ignored, ports count, ranges do not.
pub(super) fn undici(list: &str, to: Destination<'_>) -> bool {
    words(list).any(|entry| {
        let (host, port) = split_port(&entry);
        let host = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
        let domain = host.strip_prefix('.').unwrap_or(host);
        (to.in_url() == domain || to.is_below(domain)) && port.is_none_or(|port| port == to.port)
    })
}

/// Node's http.Agent (lib/internal/http.js): an entry without a dot or `*.` before it is that host alone; a range is written
/// from-to.
pub(super) fn node_http(list: &str, to: Destination<'_>) -> bool {
    let between = |entry: &str| {
        let (from, until) = entry.split_once('-')?;
        let (from, until) = (from.trim().parse::<IpAddr>().ok()?, until.trim().parse::<IpAddr>().ok()?);
        to.ip().map(|ip| ip.is_ipv4() && (from..=until).contains(&ip))
    };
    entries(list).any(|entry| {
        entry == "*"
            || entry == to.name
            || entry == to.with_port()
            || entry.strip_prefix('.').is_some_and(|domain| to.is_within(domain))
            || entry.strip_prefix("*.").is_some_and(|domain| to.is_below(domain))
            || between(&entry) == Some(true)
    })
}

/// axios in Node (proxy-from-env, and its own shouldBypassProxy since 1.15): an entry without a dot or `*` before it is that
/// host alone; ports count, and ranges in the newest versions.
pub(super) fn axios(list: &str, to: Destination<'_>) -> bool {
    words(list).any(|entry| {
        let (host, port) = split_port(&entry);
        let covers = match host.strip_prefix('*').or_else(|| host.starts_with('.').then_some(host)) {
            Some(end) => to.name.ends_with(end),
            None => host == to.name || to.is_in(host) || (to.is_local() && is_local(host)),
        };
        covers && port.is_none_or(|port| port == to.port)
    })
}

fn is_local(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// hyper-util's matcher, which is reqwest's: a leading dot is ignored, `*` may stand anywhere, ranges count, ports do not.
pub(super) fn reqwest(list: &str, to: Destination<'_>) -> bool {
    let to = to.without_dot();
    entries(list).any(|entry| match to.host {
        Host::Ip(_) => to.is_in(&entry),
        Host::Name(_) => entry == "*" || to.is_within(entry.strip_prefix('.').unwrap_or(&entry)),
    })
}
