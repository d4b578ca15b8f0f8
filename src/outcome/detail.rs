//! What was observed when a check failed, typed: hints and findings are chosen from this, never from the message.
//!
//! The detail is set where the fault is made. Where a server's text is the only evidence, the protocol's own folder
//! reads that text once and gives it a code ([`Detail::Protocol`], [`Detail::SqlState`]).

mod http;
mod sqlstate;
mod tls;
mod value;

pub use http::HttpDetail;
pub use sqlstate::SqlState;
pub use tls::TlsDetail;
pub use value::{BrokenVariable, ValueDetail, VariableFlaw};

/// What was observed, beyond phase and cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// The operating system's error number.
    Os(i32),
    /// What resolving the name showed.
    Dns(DnsDetail),
    /// What the TLS handshake showed.
    Tls(TlsDetail),
    /// What the HTTP exchange showed.
    Http(HttpDetail),
    /// An error of an SQL server or of a pooler or proxy in front of it.
    SqlState {
        /// The SQLSTATE as it was sent.
        state: SqlState,
        /// What the error is about, as the protocol's folder classifies it; empty where the state says all.
        code: &'static str,
        /// Who sent it, where it is not the server: `PgBouncer`, `Supabase`, ….
        product: Option<&'static str>,
    },
    /// What any other protocol showed.
    Protocol {
        /// What the failure is about, as the protocol's folder classifies it.
        code: &'static str,
        /// Who said so, or whose record it is, where it is not the server's own.
        product: Option<&'static str>,
    },
    /// What is wrong with a value, a variable or a file.
    Value(ValueDetail),
    /// How the stream stood.
    Stream(StreamDetail),
    /// Why a Unix socket could not be connected to.
    Socket(SocketDetail),
}

/// Why a Unix socket could not be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketDetail {
    /// There is no such file.
    Missing,
    /// This user may not write to it.
    Denied,
    /// The file is there, and no server.
    Refused,
    /// It has no file, and no server has made it.
    Unbound,
    /// The file is of another type.
    NotSocket,
    /// The server accepts no connection.
    Full,
    /// It takes datagrams alone.
    Datagrams,
    /// Anything else.
    Other,
}

/// What resolving a name showed, where the queries do not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DnsDetail {
    /// The hosts file has the name, so no name server was asked.
    HostsFile,
    /// The address is written in the check, and is not of the family that `addresses` allows.
    Excluded,
}

/// How a stream stood when a check failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamDetail {
    /// The time ran out, and the peer had not sent a byte.
    Silent,
    /// The time ran out after the peer had sent something.
    Stalled,
    /// The peer speaks another protocol: its name.
    Speaks(&'static str),
    /// The peer's first bytes belong to no protocol that is known.
    Unrecognised,
    /// The peer stopped in the middle of a large answer, and other checks needed the memory.
    GivenUp,
    /// Other checks held the memory for the rest of the answer until the time ran out.
    NoRoom,
}
