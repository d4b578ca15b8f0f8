//! The start of a session over any stream: the server introduces itself, the client logs in, both agree on limits, and the
//! virtual host is opened.
//!
//! Source: "1.4 Class connection" of the AMQP 0-9-1 reference, and RabbitMQ's extensions (`authentication_failure_close`,
//! `connection.blocked`, SASL EXTERNAL).

use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use super::fields::{Fields, field};
use super::frames::{Frames, OPEN, OPEN_OK, START_OK, SessionError, TUNE, TUNE_OK, method};
use crate::outcome::clean_text;
use crate::secret::Secret;

/// How this client is named in the log of the server and in its management UI.
const NAME: &str = "pilotfish";
/// What the client understands. Without the first one, a rejected login is nothing but a closed connection.
const CAPABILITIES: [&str; 2] = ["authentication_failure_close", "connection.blocked"];
/// The maximum size of a version in the facts.
const VERSION_LIMIT: usize = 32;
/// How many mechanisms are looked at.
const MECHANISMS: usize = 16;

/// Who logs in.
#[derive(Debug, Clone)]
pub(super) enum Credential {
    /// A user and a password.
    Plain { user: String, password: Secret },
    /// The client certificate.
    External,
}

impl Credential {
    /// The name of its mechanism.
    pub(super) const fn mechanism(&self) -> &'static str {
        match self {
            Self::Plain { .. } => "PLAIN",
            Self::External => "EXTERNAL",
        }
    }

    /// The word for facts.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Plain { .. } => "plain",
            Self::External => "external",
        }
    }

    /// The password.
    pub(super) const fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Plain { password, .. } => Some(password),
            Self::External => None,
        }
    }

    /// RFC 4616 for PLAIN; a certificate has said everything already.
    fn response(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Plain { user, password } => {
                let mut bytes = Zeroizing::new(Vec::with_capacity(user.len() + password.expose().len() + 2));
                for text in [user.as_str(), password.expose()] {
                    bytes.push(0);
                    bytes.extend_from_slice(text.as_bytes());
                }
                bytes
            }
            Self::External => Zeroizing::default(),
        }
    }
}

/// What a server says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Greeting {
    /// The product and its version, `RabbitMQ 3.10.8`.
    pub(super) version: Option<String>,
    /// What it offers to log in with.
    pub(super) mechanisms: Vec<String>,
}

/// The limits that a server proposes, as they are sent back: the largest number of channels, the largest frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits([u8; 6]);

/// Lets the server introduce itself.
///
/// # Errors
/// Every [`SessionError`] but that of a channel.
pub(super) async fn greet<S: AsyncRead + AsyncWrite + Unpin>(frames: &mut Frames<S>) -> Result<Greeting, SessionError> {
    let start = frames.begin().await?;
    let mut fields = Fields(&start);
    if (fields.u8()?, fields.u8()?) != (0, 9) {
        return Err(SessionError::Unexpected("connection.start is of another version"));
    }
    let properties = Fields(fields.long()?).texts();
    let text = |name: &[u8]| {
        let found = properties.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| clean_text(&String::from_utf8_lossy(text), VERSION_LIMIT))
    };
    let version = [text(b"product"), text(b"version")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let offered = String::from_utf8_lossy(fields.long()?);
    let mechanisms = offered.split_ascii_whitespace().take(MECHANISMS).map(|word| clean_text(word, VERSION_LIMIT));
    Ok(Greeting { version: Some(version).filter(|version| !version.is_empty()), mechanisms: mechanisms.collect() })
}

/// Logs in, once.
///
/// # Errors
/// Every [`SessionError`] but that of a channel; nothing is sent if the server does not offer the mechanism.
pub(super) async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(
    frames: &mut Frames<S>,
    greeting: &Greeting,
    credential: &Credential,
) -> Result<Limits, SessionError> {
    let mechanism = credential.mechanism();
    if !greeting.mechanisms.iter().any(|offered| offered == mechanism) {
        return Err(SessionError::Mechanisms(greeting.mechanisms.clone()));
    }
    let response = credential.response();
    let start_ok = method(START_OK, response.len() + 512);
    let start_ok = start_ok.long(&properties()).short(mechanism).long(&response).short("en_US");
    let tune = frames.call(0, &start_ok, TUNE).await?;
    tune.first_chunk().map(|limits| Limits(*limits)).ok_or(SessionError::Unexpected("connection.tune ends too early"))
}

/// Agrees to the server's limits and opens the virtual host.
///
/// # Errors
/// Every [`SessionError`] but that of a channel.
pub(super) async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    frames: &mut Frames<S>,
    Limits(limits): Limits,
    vhost: &str,
) -> Result<(), SessionError> {
    // Lower limits may be below what the server allows. Without heartbeats, a slow run is not taken for a dead one.
    let tune_ok = method(TUNE_OK, 8).bytes(&limits).bytes(&[0; 2]);
    frames.send(0, &tune_ok).await?;
    let open = method(OPEN, vhost.len() + 8).short(vhost).short("").bytes(&[0]);
    frames.call(0, &open, OPEN_OK).await.map(drop)
}

fn properties() -> Vec<u8> {
    let mut capabilities = Vec::new();
    CAPABILITIES.iter().for_each(|name| field(&mut capabilities, name, b't', &[1]));
    let mut table = Vec::new();
    field(&mut table, "product", b'S', NAME.as_bytes());
    field(&mut table, "version", b'S', env!("CARGO_PKG_VERSION").as_bytes());
    field(&mut table, "connection_name", b'S', NAME.as_bytes());
    field(&mut table, "capabilities", b'F', &capabilities);
    table
}

#[cfg(test)]
mod tests;
