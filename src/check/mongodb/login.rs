//! The login over any stream: SCRAM, X.509 or PLAIN. One of them, once.
//!
//! Sources: the drivers' specification "Authentication", RFC 5802, RFC 7677, RFC 4616.

use bson::raw::{RawDocumentBuf, cstr};
use bson::spec::BinarySubtype;
use bson::{Binary, RawDocumentBuf as Document};
use md5::{Digest as _, Md5};
use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use super::wire::{Reply, SessionError, Wire};
use super::words::Mechanism;
use crate::check::scram::{Exchange, Hash, ScramError, prepared};
use crate::net::turns::Turns;
use crate::secret::Secret;
use crate::slices::Slices;

/// The database of users that are not in MongoDB.
pub(super) const EXTERNAL: &str = "$external";
/// How many messages of a server belong to one login; MongoDB needs three at most.
const ROUNDS: usize = 4;

/// Who logs in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Login<'a> {
    /// Only a certificate may name the user by itself.
    pub(super) user: Option<&'a str>,
    pub(super) password: Option<&'a Secret>,
    /// Where the user is.
    pub(super) source: &'a str,
    /// The fewest rounds of SCRAM.
    pub(super) least_rounds: u32,
}

/// Logs in.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(
    wire: &mut Wire<S>,
    mechanism: Mechanism,
    login: Login<'_>,
    turns: &Turns,
    slices: Slices,
) -> Result<(), SessionError> {
    match mechanism {
        Mechanism::Sha1 => scram(wire, Hash::Sha1, mechanism, login, turns, slices).await,
        Mechanism::Sha256 => scram(wire, Hash::Sha256, mechanism, login, turns, slices).await,
        Mechanism::X509 => {
            let mut command = RawDocumentBuf::new();
            command.append(cstr!("authenticate"), 1_i32);
            command.append(cstr!("mechanism"), mechanism.name());
            if let Some(user) = login.user {
                command.append(cstr!("user"), user);
            }
            wire.run(command, EXTERNAL).await.map(drop)
        }
        Mechanism::Plain => {
            let password = login.password.map_or("", Secret::expose);
            let payload = Zeroizing::new(format!("\0{}\0{password}", login.user.unwrap_or_default()));
            let mut reply = start(wire, mechanism, payload.as_bytes(), login.source).await?;
            for _ in 0..ROUNDS {
                if reply.is("done") {
                    return Ok(());
                }
                reply = go_on(wire, &reply, b"", login.source).await?;
            }
            Err(endless())
        }
    }
}

async fn scram<S: AsyncRead + AsyncWrite + Unpin>(
    wire: &mut Wire<S>,
    hash: Hash,
    mechanism: Mechanism,
    login: Login<'_>,
    turns: &Turns,
    mut slices: Slices,
) -> Result<(), SessionError> {
    let user = login.user.unwrap_or_default();
    let password = login.password.map_or("", Secret::expose);
    let password = match hash {
        Hash::Sha1 => digest(user, password),
        Hash::Sha256 | Hash::Sha512 => prepared(password),
    };
    let exchange = Exchange::begin(hash, user)?;
    let challenge = start(wire, mechanism, exchange.first().as_bytes(), login.source).await?;
    let (proof, expected) = {
        // A proof takes milliseconds: one check at a time.
        let _turn = turns.take().await;
        exchange.answer(payload(&challenge)?, &password, login.least_rounds, &mut slices).await?
    };
    let mut reply = go_on(wire, &challenge, proof.as_bytes(), login.source).await?;
    expected.judge(payload(&reply)?)?;
    for _ in 0..ROUNDS {
        if reply.is("done") {
            return Ok(());
        }
        // Servers before 4.4 expect one more, empty message.
        reply = go_on(wire, &reply, b"", login.source).await?;
    }
    Err(endless())
}

/// MongoDB's own form of a password for SCRAM-SHA-1.
fn digest(user: &str, password: &str) -> Zeroizing<String> {
    let mut hash = Md5::new();
    for part in [user, ":mongo:", password] {
        hash.update(part.as_bytes());
    }
    Zeroizing::new(hex::encode(hash.finalize()))
}

async fn start<S: AsyncRead + AsyncWrite + Unpin>(
    wire: &mut Wire<S>,
    mechanism: Mechanism,
    text: &[u8],
    source: &str,
) -> Result<Reply, SessionError> {
    let mut command = Document::new();
    command.append(cstr!("saslStart"), 1_i32);
    command.append(cstr!("mechanism"), mechanism.name());
    command.append(cstr!("payload"), binary(text));
    let mut options = Document::new();
    options.append(cstr!("skipEmptyExchange"), true);
    command.append(cstr!("options"), options);
    wire.run(command, source).await
}

async fn go_on<S: AsyncRead + AsyncWrite + Unpin>(
    wire: &mut Wire<S>,
    last: &Reply,
    text: &[u8],
    source: &str,
) -> Result<Reply, SessionError> {
    let id = last.number("conversationId").and_then(|id| i32::try_from(id).ok());
    let id = id.ok_or_else(|| SessionError::Unexpected("a login without a number".to_owned()))?;
    let mut command = Document::new();
    command.append(cstr!("saslContinue"), 1_i32);
    command.append(cstr!("conversationId"), id);
    command.append(cstr!("payload"), binary(text));
    wire.run(command, source).await
}

fn binary(text: &[u8]) -> Binary {
    Binary { subtype: BinarySubtype::Generic, bytes: text.to_vec() }
}

fn payload(reply: &Reply) -> Result<&[u8], SessionError> {
    let payload = reply.get_binary("payload").ok();
    payload.map(|payload| payload.bytes).ok_or(SessionError::Scram(ScramError::Malformed("it has no payload")))
}

fn endless() -> SessionError {
    SessionError::Unexpected("the login does not end".to_owned())
}

#[cfg(test)]
mod tests;
