//! The login over any stream (SASL): the mechanism is named, then the credential goes over once.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use super::client::{Client, SessionError};
use super::errors::{AUTHENTICATION_FAILED, ILLEGAL_SASL_STATE, UNSUPPORTED_MECHANISM};
use super::messages::{Step, authenticate, handshake};
use super::words::Mechanism;
use crate::check::scram::{Exchange, Hash, ScramError};
use crate::net::turns::{Turns, slices};
use crate::secret::Secret;

/// Who logs in.
#[derive(Debug, Clone)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: Secret,
    /// The user, where it may not be shown.
    pub(super) hidden_user: Option<Secret>,
}

/// Why nobody is logged in.
#[derive(Debug)]
pub(super) enum Refusal {
    Session(SessionError),
    /// The broker does not offer the mechanism, but these.
    NotOffered(Vec<String>),
    /// There is no login on this listener.
    NoLogin,
    /// The broker has no credential of this mechanism for the user; what it says.
    NoUser(String),
    /// The broker rejected the credential; what it says.
    Rejected(String),
    /// Another error; its number.
    Error(i16),
    /// What came is no step of the mechanism, or must not be answered.
    Scram(ScramError),
}

impl From<SessionError> for Refusal {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

/// So long a proof is computed until others get their turn.
const SLICE: Duration = Duration::from_millis(2);

/// The limits of the computation, and whose turn it is.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub(super) least_rounds: u32,
    pub(super) turns: Turns,
}

/// Names the mechanism; those that the broker offers.
///
/// # Errors
/// [`Refusal::NotOffered`], [`Refusal::NoLogin`], [`Refusal::Error`] and [`Refusal::Session`].
pub(super) async fn name<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
    mechanism: Mechanism,
) -> Result<Vec<String>, Refusal> {
    let answer = handshake(client, mechanism.name()).await?;
    match answer.error {
        0 => Ok(answer.offered),
        UNSUPPORTED_MECHANISM => Err(Refusal::NotOffered(answer.offered)),
        ILLEGAL_SASL_STATE => Err(Refusal::NoLogin),
        other => Err(Refusal::Error(other)),
    }
}

/// Sends the credential by the mechanism that was named.
///
/// # Errors
/// Every other [`Refusal`].
pub(super) async fn prove<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
    version: i16,
    mechanism: Mechanism,
    login: &Login,
    work: Work,
) -> Result<(), Refusal> {
    match mechanism {
        Mechanism::Scram(hash) => by_scram(client, version, hash, login, work).await,
        Mechanism::Plain | Mechanism::Other(_) => {
            let text = Zeroizing::new(format!("\0{}\0{}", login.user, login.password.expose()));
            let step = authenticate(client, version, text.as_bytes()).await?;
            accepted(step, Refusal::Rejected).map(drop)
        }
    }
}

async fn by_scram<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
    version: i16,
    hash: Hash,
    login: &Login,
    work: Work,
) -> Result<(), Refusal> {
    let exchange = Exchange::begin(hash, &login.user).map_err(Refusal::Scram)?;
    let step = authenticate(client, version, exchange.first().as_bytes()).await?;
    // No password was at stake yet: the broker looked for the user.
    let challenge = accepted(step, Refusal::NoUser)?;
    let (proof, expected) = {
        // A proof takes milliseconds: one check at a time.
        let _turn = work.turns.take().await;
        let mut slices = slices(SLICE);
        let answer = exchange.answer(&challenge, login.password.expose(), work.least_rounds, &mut slices);
        answer.await.map_err(Refusal::Scram)?
    };
    let step = authenticate(client, version, proof.as_bytes()).await?;
    let last = accepted(step, Refusal::Rejected)?;
    expected.judge(&last).map_err(|error| match error {
        ScramError::Refused(_) => Refusal::Rejected(String::new()),
        error => Refusal::Scram(error),
    })
}

fn accepted(step: Step, rejected: fn(String) -> Refusal) -> Result<Vec<u8>, Refusal> {
    match step.error {
        0 => Ok(step.bytes),
        AUTHENTICATION_FAILED => Err(rejected(step.says)),
        other => Err(Refusal::Error(other)),
    }
}
