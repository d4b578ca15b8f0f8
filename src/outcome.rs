//! What one run of a check gave: plain data, recorded where it happened and never changed afterwards.
//!
//! Shapes and names follow the contract of results: the same words stand in JSON, metrics, logs and docs. Nothing in
//! here may hold a secret; texts from peers are cleaned by [`clean_text`] before they come in.

mod advice;
mod aftermath;
mod bundle;
mod detail;
mod facts;
mod failure;
mod oddity;
pub mod phase;
mod standing;
mod text;
mod words;

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::cause::Cause;
use crate::finding::{Finding, Prediction};
use crate::pod::Pod;
use crate::timestamp::serialize_seconds;

#[cfg(test)]
pub(crate) use advice::{assert_hint, tells_what_to_do};
pub use aftermath::Aftermath;
pub use bundle::Bundle;
pub use detail::{
    BrokenVariable, Detail, DnsDetail, HttpDetail, SocketDetail, SqlState, StreamDetail, TlsDetail, ValueDetail,
    VariableFlaw,
};
pub use facts::{
    AUTH_METHOD, AbsentFile, BrowserOrigin, Certificate, CleartextLogin, Cookie, FactKey, FactValue, Facts,
    HealthRemark, PeerClock, ROLE, Redirect, RedirectPurpose, RequestedPath, SERVER_VERSION, URL_DIALECT,
};
pub use failure::{Failure, LINE_LIMIT};
pub use oddity::CertificateOddity;
pub use phase::Phase;
pub use standing::Standing;
pub use text::{
    HINT_LIMIT, MESSAGE_LIMIT, SERVER_TEXT_LIMIT, bytes, bytes_of, clean_text, cut_at_word, is_control, is_invisible,
    with_capital,
};

/// Why a check failed, as the check itself tells it; the hint is added by the probe from all the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it failed.
    pub phase: Phase,
    /// The slug of the closed vocabulary.
    pub cause: Cause,
    /// What was observed, lower case, one line, no secret.
    pub message: String,
    /// What was observed, in words that stay the same from run to run: the line of the failure leads with it. `None`
    /// where the cause and the target say all.
    pub statement: Option<String>,
    /// What was observed, typed; `None` where phase and cause say all.
    pub detail: Option<Detail>,
    /// The connection that it came from: the index into [`Evidence::tries`]; `None` where there was none.
    pub attempt: Option<usize>,
    /// Whether another login with the same credential may lock the account, or the server says that it is locked: the
    /// credential is sent again only when its value changed, on demand, or after [`LOCK_PAUSE`].
    pub risks_lock: bool,
}

/// How long a rejected credential of an account that locks is kept back.
pub const LOCK_PAUSE: Duration = Duration::from_mins(30);

impl Fault {
    /// A fault with an observed message; the message is cleaned and cut here, so that no caller can forget it.
    pub fn new(phase: Phase, cause: Cause, message: impl AsRef<str>) -> Self {
        Self {
            phase,
            cause,
            message: clean_text(message.as_ref(), MESSAGE_LIMIT),
            statement: None,
            detail: None,
            attempt: None,
            risks_lock: false,
        }
    }

    /// The same, of a login that must not be repeated soon: the account may lock, or is locked.
    #[must_use]
    pub fn risking_lock(self) -> Self {
        Self { risks_lock: true, ..self }
    }

    /// The same with what was observed, typed.
    #[must_use]
    pub fn with(self, detail: Detail) -> Self {
        Self { detail: Some(detail), ..self }
    }

    /// The same with its statement: no time, no counter and no text of a peer may be in it, for each new text is a new event.
    #[must_use]
    pub fn stating(self, statement: impl Into<String>) -> Self {
        Self { statement: Some(statement.into()), ..self }
    }

    /// The same with another message.
    #[must_use]
    pub fn with_message(self, message: impl AsRef<str>) -> Self {
        Self { message: clean_text(message.as_ref(), MESSAGE_LIMIT), ..self }
    }

    /// The same, from this connection where it names none yet.
    #[must_use]
    pub fn of_attempt(self, attempt: Option<usize>) -> Self {
        Self { attempt: self.attempt.or(attempt), ..self }
    }
}

/// One datagram (or TCP exchange) with a name server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Query {
    /// The name asked, absolute, with its final dot.
    pub name: String,
    /// `A`, `AAAA`, …
    #[serde(rename = "type")]
    pub record: String,
    /// The server asked.
    pub server: SocketAddr,
    /// What came back.
    #[serde(rename = "rcode")]
    pub answer: DnsAnswer,
    /// Records of the type asked for.
    pub answers: usize,
    /// From sending to the answer, or to giving up.
    #[serde(rename = "duration_seconds", serialize_with = "serialize_seconds")]
    pub duration: Duration,
    /// `udp` or `tcp`.
    pub transport: &'static str,
    /// The name that a CNAME led to, in lower case without its final dot; `None` where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// The first names that CNAMEs led through, in order and written likewise.
    #[serde(skip)]
    pub chain: Vec<String>,
    /// The smallest TTL of them, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
    /// The suffix of the search list that was appended; `None` for the name as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
    /// The host of the check that it was asked for; `None` where a check has but one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// How a name server answered one query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsAnswer {
    /// A well-formed answer with this response code (`NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED`, …).
    Rcode(String),
    /// The answer did not fit a datagram; asked again over TCP.
    Truncated,
    /// Nothing came in time.
    Timeout,
    /// The socket said why (connection refused, unreachable), as a short text.
    Io(String),
    /// Something came that is no answer to the question.
    Malformed,
}

impl DnsAnswer {
    /// The word in JSON's `rcode`: the response code in capitals, else `TRUNCATED`, `TIMEOUT`, `MALFORMED` or the socket's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Rcode(code) => code,
            Self::Truncated => "TRUNCATED",
            Self::Timeout => "TIMEOUT",
            Self::Io(text) => text,
            Self::Malformed => "MALFORMED",
        }
    }
}

/// One try to connect to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectAttempt {
    /// The host of the check that it was made for; `None` where a check has but one.
    pub host: Option<String>,
    /// Where to.
    pub address: SocketAddr,
    /// What happened.
    pub result: ConnectResult,
    /// The number of the operating system's error, where it gave one.
    pub errno: Option<i32>,
    /// From SYN to the result; zero where it was not tried.
    pub duration: Duration,
}

impl ConnectAttempt {
    /// 4 or 6.
    #[must_use]
    pub const fn family(&self) -> u8 {
        match self.address.ip() {
            IpAddr::V4(_) => 4,
            IpAddr::V6(_) => 6,
        }
    }

    /// Where to, as text.
    #[must_use]
    pub fn place(&self) -> String {
        place(self.address)
    }
}

/// An address that was tried, as text: an echo request has no port.
#[must_use]
pub fn place(address: SocketAddr) -> String {
    match address.port() {
        0 => address.ip().to_string(),
        _ => address.to_string(),
    }
}

/// One try to connect to a Unix socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketAttempt {
    /// Where it is.
    pub path: String,
    /// What happened.
    pub result: ConnectResult,
    /// The number of the operating system's error, where it gave one.
    pub errno: Option<i32>,
    /// Until the result.
    pub duration: Duration,
}

/// The result of one try; the word is a metric label, so the set is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConnectResult {
    /// The handshake was completed.
    Connected,
    /// RST, or ICMP port unreachable.
    Refused,
    /// The kernel gave up.
    Timeout,
    /// We gave up: the try's share of the time was used.
    Cut,
    /// Reset during or right after the handshake.
    Reset,
    /// No route to the host.
    HostUnreachable,
    /// No route to the network, or no such family in this pod.
    NetworkUnreachable,
    /// A local policy forbids it.
    NotPermitted,
    /// Out of descriptors, ports or memory here.
    LocalLimit,
    /// Any other error of the socket.
    Error,
    /// No time was left for it.
    NotTried,
}

impl ConnectResult {
    /// Every result.
    pub const ALL: [Self; 11] = [
        Self::Connected,
        Self::Refused,
        Self::Timeout,
        Self::Cut,
        Self::Reset,
        Self::HostUnreachable,
        Self::NetworkUnreachable,
        Self::NotPermitted,
        Self::LocalLimit,
        Self::Error,
        Self::NotTried,
    ];

    /// The word in JSON and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Cut => "cut",
            Self::Reset => "reset",
            Self::HostUnreachable => "host_unreachable",
            Self::NetworkUnreachable => "network_unreachable",
            Self::NotPermitted => "not_permitted",
            Self::LocalLimit => "local_limit",
            Self::Error => "error",
            Self::NotTried => "not_tried",
        }
    }
}

/// One address as a survey measured it: every address of the name, also those that the check did not need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Surveyed {
    /// Where to.
    pub address: SocketAddr,
    /// What happened.
    pub result: ConnectResult,
    /// The number of the operating system's error, where it gave one.
    pub errno: Option<i32>,
    /// From SYN to the result.
    #[serde(rename = "duration_seconds", serialize_with = "serialize_seconds")]
    pub duration: Duration,
    /// The address that this pod would send from, as the kernel's routes say; `None` where there is no route.
    pub source: Option<IpAddr>,
    /// The host that it belongs to; `None` where a check has but one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// A and AAAA asked at once, as a libc does, in pairs: how many, and how many of them lost an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pairs {
    /// Which name server.
    pub server: SocketAddr,
    /// From one socket.
    pub together: u32,
    /// Of these, without both answers.
    pub together_lost: u32,
    /// From two sockets; only where enough were lost from one.
    pub apart: u32,
    /// Of these, without both answers.
    pub apart_lost: u32,
}

/// The addresses that a name gave for one family, in the order of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The name as the check has it.
    pub name: String,
    /// 4 or 6.
    pub family: u8,
    /// In the order of the answer; empty where there was none, for whatever reason.
    pub addresses: Vec<IpAddr>,
}

/// The search list of resolv.conf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchList {
    /// The suffixes in order, lower case, without final dots.
    pub suffixes: Vec<String>,
    /// A name with fewer dots goes through the list first.
    pub ndots: usize,
    /// Where `.` stands among them: before the suffix of this index.
    pub root: Option<usize>,
    /// How long the line is, where it is too long for musl, which ignores it then.
    pub too_long_for_musl: Option<usize>,
}

/// Which addresses the interfaces of this pod have, link-local ones among them: what resolver libraries look at before
/// they ask for A and AAAA on behalf of runtimes that want configured families only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Families {
    /// An IPv4 address that is not loopback's; true where that could not be read.
    pub ipv4: bool,
    /// An IPv6 address that is not loopback's.
    pub ipv6: bool,
    /// `::1`.
    pub ipv6_loopback: bool,
}

/// The result for one address, under `require: all|each`.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The address that was probed.
    pub address: SocketAddr,
    /// `None` where it passed.
    pub failure: Option<Failure>,
}

/// All that was recorded while a check ran: what hints and findings are made from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// Time spent in each phase, added up where a phase happened more than once.
    pub phases: Vec<(Phase, Duration)>,
    /// Every query, in order.
    pub queries: Vec<Query>,
    /// What resolv.conf appends to names; `None` where it was not read.
    pub search_list: Option<SearchList>,
    /// Every try, in order.
    pub tries: Vec<ConnectAttempt>,
    /// Every try to connect to a Unix socket, in order.
    pub sockets: Vec<SocketAttempt>,
    /// What was learnt.
    pub facts: Facts,
    /// The members, under `require: all|each`.
    pub members: Vec<Member>,
    /// The peer works, but says of itself that something is not well: a pass is degraded.
    pub degraded: bool,
    /// What it leaves behind at a server that remembers it: the next run waits for that.
    pub aftermath: Aftermath,
    /// What the pod itself shows; read only where that can explain what happened.
    pub pod: Option<Pod>,
    /// What each name gave, by family, in the order in which it was asked.
    pub resolved: Vec<Resolved>,
    /// Every address of what was dialled, measured; empty but after a survey.
    pub survey: Vec<Surveyed>,
    /// The ports on which sockets on `::` listen that take no IPv4; `None` where nobody looked, or the kernel does not tell.
    pub ipv6_only: Option<Vec<u16>>,
    /// Which families this pod has; `None` but after a survey.
    pub families: Option<Families>,
    /// What became of questions in pairs; `None` but in `diagnose`.
    pub pairs: Option<Pairs>,
}

/// One finished run of a check.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// When it began.
    pub started_at: SystemTime,
    /// How long it took.
    pub duration: Duration,
    /// What it dialled, redacted.
    pub target: String,
    /// `None` where it passed.
    pub failure: Option<Failure>,
    /// Passed, but only by a fallback or with the peer's own warning; or failed by a limit of pilotfish, or with a cause that
    /// does not take the check down.
    pub degraded: bool,
    /// What was recorded: on the heap, because it is large and an outcome is handed on many times.
    pub evidence: Box<Evidence>,
    /// What will hurt the app.
    pub findings: Vec<Finding>,
    /// What other runtimes would do here, where that was asked for.
    pub predictions: Vec<Prediction>,
}

impl Evidence {
    /// Whether a server accepted a connection.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        let mut results = self.tries.iter().map(|one| one.result).chain(self.sockets.iter().map(|one| one.result));
        results.any(|result| result == ConnectResult::Connected)
    }
}

impl Outcome {
    /// Of a check whose code failed: nothing else is known of the run.
    #[must_use]
    pub fn internal(target: String, started_at: SystemTime, duration: Duration) -> Self {
        Self {
            started_at,
            duration,
            target,
            failure: Some(Failure::internal()),
            degraded: false,
            evidence: Box::default(),
            findings: Vec::new(),
            predictions: Vec::new(),
        }
    }

    /// How the run counts for gates and for `wait`.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing::new(self.failure.as_ref().map(|failure| failure.cause), self.evidence.is_connected())
    }

    /// Whether it passed.
    #[must_use]
    pub const fn passed(&self) -> bool {
        self.failure.is_none()
    }

    /// The findings for where words are few, the worst first.
    pub fn worth_showing(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_worth_showing() && !self.says(finding))
    }

    /// Whether the failure says already all that this finding says: the same word with the same remedy, or the same
    /// sentence.
    #[must_use]
    pub fn says(&self, finding: &Finding) -> bool {
        let same = |failure: &Failure| {
            let word = finding.code == failure.cause.slug() && failure.hint.ends_with(&finding.fix);
            word || failure.advises(&finding.message)
        };
        self.failure.as_ref().is_some_and(same)
    }

    /// Whether the hint of the failure says this already.
    #[must_use]
    pub fn advises(&self, text: &str) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.advises(text))
    }

    /// The same in one line for a log, at most eight: `CODE: WHAT WAS SEEN → WHAT TO DO; …`; `None` where there are none.
    #[must_use]
    pub fn findings_in_words(&self) -> Option<String> {
        const SHOWN: usize = 8;
        let all: Vec<String> = self.worth_showing().take(SHOWN).map(Finding::to_string).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}
