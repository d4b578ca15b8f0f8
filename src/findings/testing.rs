//! Evidence for the tests of rules, made in one line.

use std::net::SocketAddr;
use std::time::Duration;

use crate::outcome::{ConnectAttempt, ConnectResult, DnsAnswer, Evidence, Query};

/// A query over UDP to one server: an rcode, or `TIMEOUT`, `TRUNCATED`, `refused`.
pub(super) fn query(name: &str, record: &str, answer: &str, answers: usize) -> Query {
    let answer = match answer {
        "TIMEOUT" => DnsAnswer::Timeout,
        "TRUNCATED" => DnsAnswer::Truncated,
        "MALFORMED" => DnsAnswer::Malformed,
        "refused" => DnsAnswer::Io("connection refused".to_owned()),
        "forbidden" => DnsAnswer::Io("operation not permitted".to_owned()),
        "no way" => DnsAnswer::Io("network is unreachable".to_owned()),
        rcode => DnsAnswer::Rcode(rcode.to_owned()),
    };
    Query {
        host: None,
        name: name.to_owned(),
        record: record.to_owned(),
        server: "10.96.0.10:53".parse().expect("an address"),
        transport: "udp",
        answer,
        answers,
        alias: None,
        chain: Vec::new(),
        ttl: None,
        suffix: None,
        duration: Duration::from_millis(2),
    }
}

impl Query {
    pub(super) fn suffix(self, suffix: &str) -> Self {
        Self { suffix: (!suffix.is_empty()).then(|| suffix.to_owned()), ..self }
    }

    pub(super) fn from(self, server: &str) -> Self {
        Self { server: server.parse().expect("an address"), ..self }
    }

    pub(super) fn took(self, ms: u64) -> Self {
        Self { duration: Duration::from_millis(ms), ..self }
    }

    pub(super) fn tcp(self) -> Self {
        Self { transport: "tcp", ..self }
    }

    /// By way of these names, the last of which is the alias.
    pub(super) fn chain(self, names: &[&str]) -> Self {
        let chain: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Self { alias: chain.last().cloned(), chain, ..self }
    }

    pub(super) fn alias(self, alias: &str) -> Self {
        Self { alias: Some(alias.to_owned()), ..self }
    }
}

/// Nothing but these queries.
pub(super) fn with_queries(queries: Vec<Query>) -> Evidence {
    Evidence { queries, ..Evidence::default() }
}

/// One try.
pub(super) fn tried(address: &str, result: ConnectResult) -> ConnectAttempt {
    let address: SocketAddr = address.parse().expect("an address");
    ConnectAttempt { host: None, address, result, errno: None, duration: Duration::from_millis(1) }
}
