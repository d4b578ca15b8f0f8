//! A proxy that catches requests for the cluster: pilotfish connects directly, and so never sees it; the app's HTTP client
//! may well go through it.
//!
//! The rules are those of each client's source; `tests/it/proxies.rs` compares them with the real clients.

mod bypass;
mod clients;

use std::net::IpAddr;

use self::bypass::Destination;
use self::clients::{CLIENTS, Client, Way};
use super::context::Context;
use super::entry::Entry;
use super::host_class::{HostClass, classify, domain};
use super::proxy_variables::ProxyVariables;
use super::runtimes::RUNTIMES;
use super::wording::join_names;
use crate::cause::Cause;
use crate::finding::{Finding, Severity};
use crate::order;
use crate::outcome::Evidence;
use crate::url::{Endpoint, Host, Url};

/// The catalogue of this family.
pub(super) const CODES: &[Entry] = &[PROXY_CATCHES_CLUSTER_NAME];

const PROXY_CATCHES_CLUSTER_NAME: Entry = Entry {
    code: "proxy_catches_cluster_name",
    severity: Severity::Warning,
    cause: Cause::VariableInvalid,
    meaning: "a proxy is set in the environment, and NO_PROXY, as the app's HTTP client reads it, does not cover this \
              host of the cluster: the client sends the request to the proxy, while pilotfish connects directly",
    remedy: "add the host to NO_PROXY, and `.svc,.cluster.local` for every Service by its full name",
};

/// The variable that names the proxy on the way to a server, as Go's clients read the variables; `None` for the direct way.
#[must_use]
pub fn proxy_as_go_has_it(variables: &ProxyVariables, endpoint: &Endpoint, tls: bool) -> Option<&'static str> {
    let name = endpoint.host.to_string().trim_matches(['[', ']']).to_ascii_lowercase();
    let to = Destination { host: &endpoint.host, name: &name, port: endpoint.port, tls };
    match Client::Go.way("go", variables, to) {
        Way::Proxy(variable) => Some(variable),
        Way::Direct | Way::Bypasses => None,
    }
}

/// What the proxy variables of this container mean for the URL of the check.
pub(super) fn judge(evidence: &Evidence, context: Context<'_>) -> Option<Finding> {
    let variables = context.proxies;
    let (endpoint, tls) = requested(context).filter(|_| !variables.is_empty())?;
    let class = classify(&endpoint.host, evidence);
    if !is_of_cluster(&class) {
        return None;
    }
    let asked = match context.clients {
        [] if context.judges_all => RUNTIMES,
        named => named,
    };
    let name = endpoint.host.to_string();
    let name = name.trim_matches(['[', ']']).to_ascii_lowercase();
    let to = Destination { host: &endpoint.host, name: &name, port: endpoint.port, tls };
    let seen = Seen::of(asked, context, to);
    seen.caught.first()?;
    let message = seen.message(context, &endpoint);
    let mut finding = PROXY_CATCHES_CLUSTER_NAME.found(message, fix(context, evidence, to, &class));
    // Which of the clients of a runtime the app has is not known.
    if !seen.for_certain {
        finding.severity = Severity::Info;
    }
    Some(finding)
}

/// What an HTTP client is given: the URL of the check, where it is one for such clients.
fn requested(context: Context<'_>) -> Option<(Endpoint, bool)> {
    let endpoint = context.endpoints.first()?;
    context.readings.iter().find_map(|reading| {
        let url = Url::parse(reading.text.expose()).ok()?;
        let scheme = context.schemes.get(&url.scheme).filter(|scheme| scheme.proxied)?;
        let (host, _) = url.hosts.first()?;
        (*host == endpoint.host).then(|| (endpoint.clone(), scheme.tls))
    })
}

/// What no proxy outside the cluster can reach.
fn is_of_cluster(class: &HostClass) -> bool {
    match class {
        HostClass::Service { .. } => true,
        HostClass::Address(IpAddr::V4(ip)) => {
            let shared = ip.octets()[0] == 100 && (64..128).contains(&ip.octets()[1]);
            ip.is_private() || ip.is_loopback() || shared
        }
        HostClass::Address(IpAddr::V6(ip)) => ip.is_unique_local() || ip.is_loopback(),
        HostClass::Unclear { .. } | HostClass::Laptop(_) | HostClass::Docker(_) | HostClass::Public(_) => false,
    }
}

/// What the clients of the runtimes do.
#[derive(Default)]
struct Seen {
    /// Those whose requests go to the proxy, and the variable that names it.
    caught: Vec<(Client, &'static str)>,
    /// Those that read a proxy, and a list that covers the host.
    covered: Vec<Client>,
    /// Whether most clients of one runtime are caught.
    for_certain: bool,
}

impl Seen {
    fn of(asked: &[&'static str], context: Context<'_>, to: Destination<'_>) -> Self {
        let mut seen = Self::default();
        for runtime in asked {
            let of_runtime = CLIENTS.iter().filter(|(_, runtimes)| runtimes.contains(runtime));
            let (mut caught, mut all) = (0, 0);
            for (client, _) in of_runtime {
                all += 1;
                match client.way(runtime, context.proxies, to) {
                    Way::Direct => {}
                    Way::Bypasses if seen.covered.contains(client) => {}
                    Way::Bypasses => seen.covered.push(*client),
                    Way::Proxy(variable) => {
                        caught += 1;
                        if !seen.caught.iter().any(|(known, _)| known == client) {
                            seen.caught.push((*client, variable));
                        }
                    }
                }
            }
            seen.for_certain |= caught * 2 > all;
        }
        order::sort_by_key(&mut seen.caught, |(client, _)| *client);
        order::sort_by_key(&mut seen.covered, |client| *client);
        seen
    }

    fn message(&self, context: Context<'_>, endpoint: &Endpoint) -> String {
        let names =
            |clients: &mut dyn Iterator<Item = Client>| join_names(&clients.map(Client::name).collect::<Vec<_>>());
        let mut proxies: Vec<&str> = Vec::new();
        for (_, variable) in &self.caught {
            if !proxies.contains(variable) {
                proxies.push(variable);
            }
        }
        let are = if proxies.len() > 1 { "are" } else { "is" };
        let list = join_names(&context.proxies.lists());
        let gap = match self.covered.as_slice() {
            _ if !context.proxies.has_list() => format!("{list} is not set"),
            [] => format!("{list} does not cover {}", endpoint.host),
            covered => format!("{list} covers {} only for {}", endpoint.host, names(&mut covered.iter().copied())),
        };
        format!(
            "{} {are} set, and {gap}: {} would send a request for {endpoint} to the proxy, but pilotfish connects directly",
            join_names(&proxies),
            names(&mut self.caught.iter().map(|(client, _)| *client))
        )
    }
}

/// What to add, in a form that every client reads.
fn fix(context: Context<'_>, evidence: &Evidence, to: Destination<'_>, class: &HostClass) -> String {
    let lists = join_names(&context.proxies.lists());
    let cluster = domain(evidence).and_then(|domain| domain.strip_prefix("svc.")).unwrap_or("cluster.local");
    let suffixes = format!(".svc,.{cluster}");
    let name = to.name.trim_end_matches('.');
    let below = name.ends_with(".svc") || name.ends_with(&format!(".{cluster}"));
    match (to.host, class) {
        _ if to.is_local() => format!("add localhost,127.0.0.1 to {lists}"),
        (Host::Ip(ip), _) => {
            let range = match ip {
                IpAddr::V4(ip) if ip.octets()[0] == 10 => " such as 10.0.0.0/8",
                _ => "",
            };
            format!("add {} to {lists}: only Go, curl, requests, reqwest and new axios read ranges{range}", to.name)
        }
        (Host::Name(_), _) if below => format!("add {suffixes} to {lists}, each with its dot"),
        (Host::Name(_), _) => {
            format!("add {},{suffixes} to {lists}: a short name must be written as the URL has it", to.name)
        }
    }
}

#[cfg(test)]
mod tests;
