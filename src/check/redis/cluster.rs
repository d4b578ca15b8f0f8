//! Cluster: its state, its slots, and the addresses that it announces to clients, which this pod must reach.
//!
//! Announced addresses are resolved and connected to, one after another, and nothing is sent to them. Only the one that has the
//! slot of the key that the check asks for gets a login.

use tokio::io::{AsyncRead, AsyncWrite};

use super::client::{Client, Reply, SessionError};
use super::fault::{Trouble, code, observed};
use crate::cause::Cause;
use crate::check::announced::{Announced, Unreachable, in_words};
use crate::check::reader::ReadError;
use crate::outcome::{Fault, Phase};
use crate::url::{Endpoint, Host};

/// How many slots every cluster has.
const SLOTS: u32 = 16_384;
/// What CLUSTER INFO says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    /// Whether the node serves keys.
    pub(super) is_ok: bool,
    /// How many slots no node serves.
    pub(super) uncovered: u32,
}

/// A node as it is announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) endpoint: Endpoint,
    /// Whether it is the primary of some slots.
    pub(super) is_primary: bool,
    id: Vec<u8>,
    /// The cluster knows that it is down.
    pub(super) has_failed: bool,
}

impl Announced for Node {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

/// Asks a node for the state.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn state<S: AsyncRead + AsyncWrite + Unpin>(client: &mut Client<S>) -> Result<State, SessionError> {
    let reply = client.ask("CLUSTER", &["INFO"]).await?;
    let Reply::Bulk(text) = &reply else {
        return Err(SessionError::Unexpected(format!("{} in place of a bulk string", reply.name())));
    };
    State::read(text).ok_or_else(|| SessionError::Unexpected("no state of a cluster in CLUSTER INFO".to_owned()))
}

/// Asks a node for the nodes that clients are sent to; `asked` is the one that was connected to.
///
/// # Errors
/// Every [`SessionError`]; `probe_limit` for a list that is longer than what is read.
pub(super) async fn nodes<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
    state: State,
    asked: &Endpoint,
) -> Result<Vec<Node>, Trouble> {
    let reply = match client.ask("CLUSTER", &["SLOTS"]).await {
        Err(SessionError::Read(ReadError::TooLong(_) | ReadError::Announced(_))) => {
            let message = "the cluster splits its slots among its nodes in more pieces than pilotfish reads";
            let fault = Fault::new(Phase::Request, Cause::ProbeLimit, message).stating(message);
            return Err(fault.with(observed(code::LARGE_CLUSTER)).into());
        }
        reply => reply?,
    };
    let mut nodes = read_slots(&reply, asked)?;
    // Whether a node is known to be down matters only if something is.
    if state.uncovered > 0
        && let Reply::Bulk(text) = client.ask("CLUSTER", &["NODES"]).await?
    {
        let failed = failed_ids(&text);
        for node in &mut nodes {
            node.has_failed = failed.contains(&node.id.as_slice());
        }
    }
    Ok(nodes)
}

impl State {
    fn read(text: &[u8]) -> Option<Self> {
        let value = |name: &str| {
            let line = text.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(name.as_bytes()));
            line.and_then(|line| std::str::from_utf8(line.trim_ascii()).ok())
        };
        let covered: u32 = value("cluster_slots_ok:")?.parse().ok()?;
        Some(Self { is_ok: value("cluster_state:")? == "ok", uncovered: SLOTS.saturating_sub(covered) })
    }

    /// The fault of a cluster that serves no keys.
    pub(super) fn fault(self) -> Option<Fault> {
        let fault = |message: String, statement, code| {
            let fault = Fault::new(Phase::Assert, Cause::NotEnoughReplicas, message);
            Some(fault.stating(statement).with(observed(code)))
        };
        match (self.is_ok, self.uncovered) {
            (true, _) => None,
            (false, 0) => {
                let text = "the cluster is down for this node: it does not see the majority of the primaries";
                fault(text.to_owned(), text, code::MINORITY)
            }
            (false, count) => fault(
                format!("the cluster is down: {count} of its {SLOTS} slots are served by no node"),
                "the cluster is down: some slots are served by no node",
                code::SLOTS,
            ),
        }
    }

    /// What is not well although the cluster serves the other keys (`cluster-require-full-coverage no`).
    pub(super) fn warning(self) -> Option<String> {
        let count = self.uncovered;
        (self.is_ok && count > 0).then(|| {
            format!("{count} of the {SLOTS} slots of the cluster are served by no node: their keys are missing")
        })
    }
}

/// The nodes in the reply to CLUSTER SLOTS, each once. A node without an address is reached at the one that was asked.
fn read_slots(reply: &Reply, asked: &Endpoint) -> Result<Vec<Node>, SessionError> {
    let unexpected = || SessionError::Unexpected("another list than that of the slots of a cluster".to_owned());
    let Reply::Array(ranges) = reply else { return Err(unexpected()) };
    let mut nodes: Vec<Node> = Vec::new();
    for range in ranges {
        let Reply::Array(range) = range else { return Err(unexpected()) };
        for (index, node) in range.iter().skip(2).enumerate() {
            let Reply::Array(fields) = node else { return Err(unexpected()) };
            let [host, Reply::Integer(port), rest @ ..] = fields.as_slice() else { return Err(unexpected()) };
            let host = match host {
                Reply::Nil => asked.host.clone(),
                Reply::Bulk(text) if matches!(text.as_slice(), b"" | b"?") => asked.host.clone(),
                Reply::Bulk(text) => {
                    let text = std::str::from_utf8(text).ok();
                    text.and_then(|text| Host::parse(text).ok()).ok_or_else(unexpected)?
                }
                _ => return Err(unexpected()),
            };
            let port = u16::try_from(*port).ok().filter(|port| *port != 0).ok_or_else(unexpected)?;
            let id = if let Some(Reply::Bulk(id)) = rest.first() { id.clone() } else { Vec::new() };
            let endpoint = Endpoint { host, port };
            match nodes.iter_mut().find(|known| known.endpoint == endpoint) {
                Some(known) => known.is_primary |= index == 0,
                None => nodes.push(Node { endpoint, is_primary: index == 0, id, has_failed: false }),
            }
        }
    }
    Ok(nodes)
}

/// The ids of the nodes that CLUSTER NODES shows as failed, or as suspected: lines of `ID ADDRESS FLAGS …`.
fn failed_ids(text: &[u8]) -> Vec<&[u8]> {
    let id = |line| -> Option<&[u8]> {
        let mut words = <[u8]>::split(line, |byte| *byte == b' ');
        let (id, flags) = (words.next()?, words.nth(1)?);
        flags.split(|byte| *byte == b',').any(|flag| matches!(flag, b"fail" | b"fail?")).then_some(id)
    };
    text.split(|byte| *byte == b'\n').filter_map(id).collect()
}

/// The fault of announced addresses that clients need and this pod cannot reach: those of primaries that the cluster takes to
/// be up. A replica is a warning.
///
/// # Errors
/// `advertised_unreachable`; `local_limit` where this pod is what fails.
pub(super) fn judge(unreachable: &[Unreachable<'_, Node>], count: usize) -> Result<Option<String>, Fault> {
    let needed: Vec<&Unreachable<'_, Node>> =
        unreachable.iter().filter(|one| one.one.is_primary && !one.one.has_failed).collect();
    let Some(first) = needed.first() else {
        let text = || format!("announced nodes of the cluster cannot be reached: {}", in_words(unreachable));
        return Ok((!unreachable.is_empty()).then(text));
    };
    if first.fault.cause == Cause::LocalLimit {
        return Err(first.fault.clone());
    }
    let code = match (first.fault.phase, first.one.endpoint.host.is_loopback()) {
        (_, true) => code::CLUSTER_LOOPBACK,
        (Phase::Resolve, false) => code::CLUSTER_NAMES,
        _ => code::CLUSTER_UNREACHABLE,
    };
    let message = format!(
        "the cluster announces {count} nodes to its clients, of which {} cannot be reached: {}",
        unreachable.len(),
        in_words(unreachable)
    );
    let fault = Fault::new(Phase::Assert, Cause::AdvertisedUnreachable, message).of_attempt(first.fault.attempt);
    Err(fault.with(observed(code)).stating("the cluster announces nodes that this pod cannot reach"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::time::{Duration, Instant};

    use super::{Node, State, failed_ids, judge, read_slots};
    use crate::check::announced::Turn;
    use crate::check::redis::client::Reply;
    use crate::env::MapEnv;
    use crate::net::World;
    use crate::net::attempt::{Attempt, AttemptOptions};
    use crate::net::dial::DialRules;
    use crate::net::resolve::Walk;
    use crate::url::Endpoint;

    fn bulk(text: &str) -> Reply {
        Reply::Bulk(text.as_bytes().to_vec())
    }

    fn node(host: Reply, port: i64, id: &str) -> Reply {
        Reply::Array(vec![host, Reply::Integer(port), bulk(id), Reply::Array(Vec::new())])
    }

    fn range(nodes: Vec<Reply>) -> Reply {
        Reply::Array([Reply::Integer(0), Reply::Integer(5460)].into_iter().chain(nodes).collect())
    }

    #[test]
    fn the_state_is_read() {
        let read = |text: &str| State::read(text.as_bytes()).map(|state| (state.is_ok, state.uncovered));
        let text = "cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\ncluster_size:3\r\n";
        assert_eq!(read(text), Some((true, 0)));
        assert_eq!(read("cluster_state:fail\r\ncluster_slots_ok:10923\r\n"), Some((false, 5461)));
        assert_eq!(read("cluster_state:ok\ncluster_slots_ok:99999999"), Some((true, 0)));
        for text in ["", "cluster_state:ok", "cluster_slots_ok:1", "cluster_state:ok\r\ncluster_slots_ok:-1"] {
            assert_eq!(read(text), None, "{text}");
        }
        let fault = |is_ok, uncovered| State { is_ok, uncovered }.fault().map(|fault| fault.cause.slug());
        assert_eq!(
            (fault(true, 5), fault(false, 0), fault(false, 9)),
            (None, Some("not_enough_replicas"), Some("not_enough_replicas"))
        );
        assert!(
            State { is_ok: true, uncovered: 1 }.warning().is_some()
                && State { is_ok: true, uncovered: 0 }.warning().is_none()
        );
    }

    #[test]
    fn the_nodes_are_read_each_once() {
        let asked = Endpoint::parse("cache:7000").unwrap();
        let reply = Reply::Array(vec![
            range(vec![node(bulk("10.0.0.1"), 6379, "a"), node(bulk("10.0.0.2"), 6379, "b")]),
            range(vec![node(bulk("10.0.0.2"), 6379, "b"), node(bulk(""), 6380, "c")]),
            range(vec![node(Reply::Nil, 6381, "d"), node(bulk("?"), 6381, "d")]),
        ]);
        let nodes = read_slots(&reply, &asked).unwrap();
        let shown = |node: &Node| format!("{} {}", node.endpoint, node.is_primary);
        let all: Vec<String> = nodes.iter().map(shown).collect();
        assert_eq!(all, ["10.0.0.1:6379 true", "10.0.0.2:6379 true", "cache:6380 false", "cache:6381 true"]);
        assert!(read_slots(&Reply::Array(Vec::new()), &asked).unwrap().is_empty());
        for reply in [
            Reply::Nil,
            Reply::Array(vec![Reply::Nil]),
            Reply::Array(vec![range(vec![Reply::Nil])]),
            Reply::Array(vec![range(vec![node(bulk("a b"), 1, "a")])]),
            Reply::Array(vec![range(vec![node(bulk("redis://x"), 1, "a")])]),
            Reply::Array(vec![range(vec![node(bulk("a"), 0, "a")])]),
            Reply::Array(vec![range(vec![node(bulk("a"), 70_000, "a")])]),
        ] {
            assert!(read_slots(&reply, &asked).is_err(), "{reply:?}");
        }
    }

    fn attempt() -> Attempt {
        let deadline = Instant::now() + Duration::from_secs(10);
        let options = AttemptOptions { rules: DialRules::default(), deadline, walk: Walk::Full, pinned: None };
        Attempt::new(Arc::new(World::new(Arc::new(MapEnv::default()))), options)
    }

    #[tokio::test]
    async fn every_node_has_its_turn() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = silent.local_addr().expect("it has an address").port();
        let node = |last: u8| Node {
            endpoint: Endpoint::parse(&format!("127.0.0.{last}:{port}")).unwrap(),
            is_primary: last != 3,
            id: Vec::new(),
            has_failed: last == 4,
        };
        let nodes: Vec<Node> = (1..=20).map(node).collect();
        let turn = Turn::default();
        let mut counts = [0; 21];
        for run in 1..=5 {
            let mut attempt = attempt();
            let unreachable = turn.reach(&mut attempt, &nodes).await.expect("there is time").unreachable;
            let tries = attempt.finish().tries;
            assert_eq!(tries.len(), 16, "run {run}");
            for one in &tries {
                let std::net::IpAddr::V4(ip) = one.address.ip() else { panic!("IPv4") };
                counts[usize::from(ip.octets()[3])] += 1;
            }
            assert!(unreachable.iter().all(|one| one.one.endpoint.to_string() != format!("127.0.0.1:{port}")));
            let fault = judge(&unreachable, nodes.len()).expect_err("most are not there");
            assert_eq!(fault.cause.slug(), "advertised_unreachable");
            assert!(fault.message.ends_with(" more"), "{}", fault.message);
        }
        assert_eq!(counts[1..], [4; 20], "80 turns for 20 nodes");
        // A replica, and a node that the cluster knows to be down, are no failure.
        let mut attempt = attempt();
        let unreachable = Turn::default().reach(&mut attempt, &nodes[..4]).await.expect("there is time").unreachable;
        let needed: Vec<_> = unreachable.into_iter().filter(|one| one.one.endpoint != nodes[1].endpoint).collect();
        let warning = judge(&needed, 4).expect("nothing that clients need");
        assert!(warning.is_some_and(|text| text.contains("127.0.0.3") && text.contains("127.0.0.4")));
        assert_eq!(judge(&[], 4).expect("all is well"), None);
    }

    #[test]
    fn failed_nodes_are_known_by_their_flags() {
        let text = b"07c 127.0.0.1:30004@31004 slave,fail e7d 0 142 4 connected\n67e 127.0.0.1:1@2 master - 0 1 2 connected 0-5\n\
                     292 127.0.0.1:3@4 master,fail? - 0 1 2 connected\n\nshort";
        assert_eq!(failed_ids(text), [b"07c", b"292"]);
    }
}
