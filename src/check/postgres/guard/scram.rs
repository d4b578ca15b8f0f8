//! SCRAM in the client's place. The client would compute each round with twice the hashes it takes, and all rounds at once.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{BufMut as _, BytesMut};
use zeroize::Zeroizing;

use super::rules::{MALFORMED, Rules, SCRAM_SHA_256, SCRAM_SHA_256_PLUS};
use crate::cause::Cause;
use crate::check::postgres::session_error::{SessionError, broken};
use crate::check::scram::{Binding, Exchange, Expected, Hash, ScramError, prepared};
use crate::net::turns::{Turns, slices};

/// How long rounds are computed before others get their turn.
const SLICE: Duration = Duration::from_millis(1);

type Proof = Result<(Zeroizing<String>, Expected), ScramError>;

/// How far the exchange is.
#[derive(Default)]
pub(super) enum Scram {
    /// There is none.
    #[default]
    None,
    /// The first text went out.
    Begun(Exchange),
    /// It waits for its turn, or computes the proof.
    Computing(Pin<Box<dyn Future<Output = Proof> + Send>>),
    /// The proof went out.
    Answered(Expected),
}

impl Scram {
    /// Chooses a mechanism: the message with the first text.
    pub(super) fn begin(&mut self, rules: &Rules, is_bound: bool) -> Result<BytesMut, SessionError> {
        let (mechanism, binding) = match (&rules.end_point, is_bound) {
            (Some(hash), true) => (SCRAM_SHA_256_PLUS, Binding::ServerEndPoint(hash.clone())),
            (Some(_), false) if rules.can_bind() => (SCRAM_SHA_256, Binding::NotOffered),
            _ => (SCRAM_SHA_256, Binding::None),
        };
        // The server takes the user of the startup message.
        let exchange = Exchange::begin(Hash::Sha256, "").map_err(|error| refused(&error))?.bound(binding);
        let first = exchange.first();
        let mut body = BytesMut::from(mechanism.as_bytes());
        body.put_u8(0);
        body.put_u32(u32::try_from(first.len()).unwrap_or(u32::MAX));
        body.extend_from_slice(first.as_bytes());
        *self = Self::Begun(exchange);
        Ok(message(&body))
    }

    /// Begins to compute the proof, once it is its turn: one check computes at a time.
    pub(super) fn challenge(&mut self, rules: &Rules, challenge: BytesMut, turns: &Turns) -> Result<(), SessionError> {
        let Self::Begun(exchange) = std::mem::take(self) else { return Err(broken(MALFORMED)) };
        let password = rules.secret.as_ref().map_or("", |secret| secret.expose());
        let prepared = prepared(password);
        // PostgreSQL takes a password of which SASLprep leaves nothing as it is.
        let password = if prepared.is_empty() { Zeroizing::new(password.to_owned()) } else { prepared };
        let turns = turns.clone();
        *self = Self::Computing(Box::pin(async move {
            let _turn = turns.take().await;
            // How many rounds are right was judged before.
            exchange.answer(&challenge, &password, 1, &mut slices(SLICE)).await
        }));
        Ok(())
    }

    /// The message with the proof, once it is there; at once where none is computed.
    pub(super) fn poll_proof(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<BytesMut>, SessionError>> {
        let Self::Computing(proof) = self else { return Poll::Ready(Ok(None)) };
        let (text, expected) = ready!(proof.as_mut().poll(cx)).map_err(|error| refused(&error))?;
        *self = Self::Answered(expected);
        Poll::Ready(Ok(Some(message(text.as_bytes()))))
    }

    /// Judges the proof of the server.
    pub(super) fn judge(&mut self, last: &[u8]) -> Result<(), SessionError> {
        let proven = matches!(self, Self::Answered(expected) if expected.judge(last).is_ok());
        *self = Self::None;
        if proven { Ok(()) } else { Err(broken("the server could not prove that it knows the password's hash")) }
    }
}

fn refused(error: &ScramError) -> SessionError {
    match error {
        ScramError::NoRandom => {
            SessionError::Stop(Cause::LocalLimit, "this pod has no random numbers for a login".to_owned())
        }
        _ => broken(MALFORMED),
    }
}

/// An answer to the server's demand for SASL.
fn message(body: &[u8]) -> BytesMut {
    let mut message = BytesMut::new();
    message.put_u8(b'p');
    message.put_u32(u32::try_from(body.len() + 4).unwrap_or(u32::MAX));
    message.extend_from_slice(body);
    message
}
