//! What the kinds that speak SMTP share (RFC 5321, RFC 3207): replies over any stream, how a conversation is opened and TLS
//! asked for in it, and what a server means that sends its client away. Nothing here logs in.

mod client;
mod opening;
mod refusal;

pub use client::{Client, Reply, ReplyError};
pub use opening::{Ehlo, Hello, Opening, TOO_MUCH};
pub use refusal::{code, hint};
