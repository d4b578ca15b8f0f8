//! The fault of a conversation that ended early.

use super::code;
use super::errors::Known;
use super::wire::SessionError;
use crate::cause::Cause;
use crate::check::login::LoginRefusal;
use crate::check::scram::{MOST_ROUNDS, ScramError};
use crate::mask::sentence;
use crate::net::attempt::Attempt;
use crate::net::speaks::{Protocol, recognise};
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Detail, Fault, Phase, clean_text};
use crate::secret::Secret;

/// The longest word of a server that is shown, in bytes.
const WORD_LIMIT: usize = 100;

/// What was observed, by its code.
pub(super) const fn observed(code: &'static str) -> Detail {
    Detail::Protocol { code, product: None }
}

/// What is known of the session that ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Session<'a> {
    /// What no message may repeat.
    pub(super) secrets: &'a [&'a Secret],
    pub(super) over_tls: bool,
    pub(super) logs_in: bool,
    pub(super) known: Known<'a>,
    pub(super) least_rounds: u32,
}

impl Session<'_> {
    /// The fault, in the running phase.
    pub(super) fn fault(&self, attempt: &Attempt, error: &SessionError) -> Fault {
        let at_request = attempt.phase() == Some(Phase::Request);
        let stream_error = match error {
            SessionError::Server(error) => {
                return attempt.of_connection(match at_request {
                    true => error.at_request(self.secrets, self.logs_in),
                    false => error.at_login(self.secrets, self.known),
                });
            }
            SessionError::Limit(code, text) => return limit(attempt, code, text),
            SessionError::Scram(ScramError::Malformed(what)) => StreamError::Unexpected(what),
            SessionError::Scram(error) => return self.of_scram(attempt, error),
            SessionError::Read(error) => error.as_stream_error(),
            SessionError::Unexpected(what) => StreamError::Unexpected(what),
        };
        let seen = attempt.monitor().map(|monitor| monitor.seen()).unwrap_or_default();
        if !self.over_tls && recognise(&seen.head) == Some(Protocol::Tls) {
            let message = "the server speaks TLS, but neither the URL nor the keys ask for it";
            let fault = Fault::new(Phase::Login, Cause::TlsUnsupported, message).with(observed(code::WANTS_TLS));
            return fault.stating(message);
        }
        let what = if at_request { "the answer to a command" } else { "the answer to the hello or the login" };
        let fault = attempt.stream_error(stream_error, Expected { what, protocol: Some(Protocol::Mongodb) });
        // A server that requires TLS, and one that is full, close without a word.
        let closed = matches!(fault.cause, Cause::ConnectionClosed | Cause::ConnectReset);
        if closed && seen.received == 0 && !self.over_tls { fault.with(observed(code::CLOSED_PLAIN)) } else { fault }
    }

    fn of_scram(&self, attempt: &Attempt, error: &ScramError) -> Fault {
        match error {
            ScramError::FewRounds(rounds, _) => {
                let least = self.least_rounds;
                let text = format!(
                    "the server demands {rounds} rounds of SCRAM, at least {least} are required: no proof was sent"
                );
                let says = "the server demands fewer rounds of SCRAM than are required";
                limit(attempt, code::FEW_ROUNDS, &text).stating(says)
            }
            ScramError::ManyRounds(rounds) => {
                let text = format!("the server demands {rounds} rounds of SCRAM, at most {MOST_ROUNDS} are done");
                let says = "the server demands more rounds of SCRAM than pilotfish computes";
                limit(attempt, code::MANY_ROUNDS, &text).stating(says)
            }
            ScramError::Refused(word) => {
                let word = sentence(&clean_text(word, WORD_LIMIT), true, self.secrets.iter().copied());
                let colon = if word.is_empty() { "" } else { ": " };
                let message = format!("the server rejected the user or the password{colon}{word}");
                attempt.of_connection(LoginRefusal::Rejected.fault(message)).with(observed(code::REJECTED))
            }
            ScramError::NoRandom => attempt.fault(Cause::LocalLimit, "this pod has no random numbers for a login"),
            ScramError::Unproven | ScramError::Malformed(_) => {
                let text = "the server could not prove that it knows the password";
                attempt.fault(Cause::ProtocolError, text).stating(text).with(observed(code::UNPROVEN))
            }
        }
    }
}

fn limit(attempt: &Attempt, code: &'static str, text: &str) -> Fault {
    attempt.fault(Cause::ProbeLimit, text).with(observed(code)).stating(text)
}
