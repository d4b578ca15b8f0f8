//! The fault of a session that ended early.

use super::client::SessionError;
use super::code;
use super::errors::{ILLEGAL_SASL_STATE, UNSUPPORTED_MECHANISM, named};
use super::login::Refusal;
use super::words::Mechanism;
use crate::cause::Cause;
use crate::check::login::LoginRefusal;
use crate::check::scram::ScramError;
use crate::mask;
use crate::net::attempt::Attempt;
use crate::net::speaks::{Protocol, recognise};
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Detail, Fault, Phase, clean_text};
use crate::secret::Secret;

/// The maximum size of a broker's sentence in a message, and of one that is searched for secrets.
const SENTENCE_LIMIT: usize = 160;
const SEARCH_LIMIT: usize = 1024;

/// What was observed, by its code.
pub(super) const fn observed(code: &'static str) -> Detail {
    Detail::Protocol { code, product: None }
}

/// What a check knows of the session that ended.
pub(super) struct Context<'a> {
    pub(super) over_tls: bool,
    /// How the login was done, where there was one.
    pub(super) mechanism: Option<Mechanism>,
    /// Whether the check names the mechanism.
    pub(super) is_named: bool,
    /// What no message may repeat.
    pub(super) secrets: Vec<&'a Secret>,
}

impl Context<'_> {
    /// The fault of a session on the newest stream.
    pub(super) fn of_session(&self, attempt: &Attempt, error: &SessionError) -> Fault {
        let stream_error = match error {
            SessionError::Read(error) => error.as_stream_error(),
            SessionError::Unexpected(what) => StreamError::Unexpected(what),
        };
        let head = attempt.monitor().map(|monitor| monitor.seen().head).unwrap_or_default();
        if !self.over_tls && recognise(&head) == Some(Protocol::Tls) {
            let message = "the broker speaks TLS, but neither the URL nor the keys ask for it";
            let fault = Fault::new(Phase::Login, Cause::TlsUnsupported, message).with(observed(code::WANTS_TLS));
            return attempt.of_connection(fault.stating(message));
        }
        let what = match attempt.phase() {
            Some(Phase::Request) => "the broker's answer",
            _ => "the broker's answer to the start of a session",
        };
        attempt.stream_error(stream_error, Expected { what, protocol: Some(Protocol::Kafka) })
    }

    /// The fault of a login that was refused.
    pub(super) fn of_refusal(&self, attempt: &Attempt, refusal: &Refusal) -> Fault {
        let name = self.mechanism.map_or("", Mechanism::name);
        let fault = match refusal {
            Refusal::Session(error) => return self.of_session(attempt, error),
            Refusal::NotOffered(offered) => self.not_offered(name, offered),
            Refusal::NoLogin => {
                let text = "the listener has no login (SASL), but the check has a user and a password";
                let message = format!("{text}: {}", named(ILLEGAL_SASL_STATE));
                LoginRefusal::NotExpected.fault(message).with(observed(code::NO_LOGIN)).stating(text)
            }
            Refusal::NoUser(says) => {
                let of = if self.is_named { name } else { "SCRAM" };
                let message = format!("the broker has no {of} credential for the user");
                LoginRefusal::NotAllowed.fault(self.and_says(&message, says)).with(observed(code::NO_SCRAM_USER))
            }
            Refusal::Rejected(says) => {
                let message = match self.mechanism {
                    Some(Mechanism::Scram(_)) => "the broker rejected the password",
                    _ => "the broker rejected the user or the password",
                };
                LoginRefusal::Rejected.fault(self.and_says(message, says)).with(observed(code::REJECTED))
            }
            Refusal::Error(number) => {
                let message = format!("the broker answers the login with {}", named(*number));
                LoginRefusal::NotAllowed.fault(message).with(observed(code::LOGIN_ERROR))
            }
            Refusal::Scram(error) => return self.of_scram(attempt, error),
        };
        attempt.of_connection(fault)
    }

    fn not_offered(&self, name: &str, offered: &[String]) -> Fault {
        let list = if offered.is_empty() { "no mechanism that can be read".to_owned() } else { offered.join(", ") };
        if self.is_named {
            let message = format!("the broker offers {list}, but not {name}: {}", named(UNSUPPORTED_MECHANISM));
            return LoginRefusal::Unsupported.fault(message).with(observed(code::MECHANISM));
        }
        let message = format!("the broker offers {list}, which pilotfish does not have");
        let fault = Fault::new(Phase::Login, Cause::ProbeLimit, message).with(observed(code::OTHER_MECHANISM));
        fault.stating("the broker offers no mechanism that pilotfish has")
    }

    fn of_scram(&self, attempt: &Attempt, error: &ScramError) -> Fault {
        let limit = |code, message: String, statement: &str| {
            let fault = Fault::new(Phase::Login, Cause::ProbeLimit, message);
            attempt.of_connection(fault.with(observed(code)).stating(statement))
        };
        match error {
            ScramError::FewRounds(count, least) => limit(
                code::FEW_ROUNDS,
                format!("the broker demands {count} rounds of SCRAM, at least {least} are required: no proof was sent"),
                "the broker demands fewer rounds of SCRAM than are required",
            ),
            ScramError::ManyRounds(count) => limit(
                code::MANY_ROUNDS,
                format!("the broker demands {count} rounds of SCRAM, more than pilotfish computes"),
                "the broker demands more rounds of SCRAM than pilotfish computes",
            ),
            ScramError::Refused(_) => self.of_refusal(attempt, &Refusal::Rejected(String::new())),
            ScramError::Unproven => {
                let message = "the broker could not prove that it knows the password";
                attempt.fault(Cause::ProtocolError, message).with(observed(code::UNPROVEN)).stating(message)
            }
            ScramError::Malformed(what) => self.of_session(attempt, &SessionError::Unexpected(what)),
            ScramError::NoRandom => {
                Fault::new(Phase::Login, Cause::LocalLimit, "this pod has no random numbers for a login")
            }
        }
    }

    /// The message, and the broker's own sentence where it holds no part of a secret.
    fn and_says(&self, message: &str, says: &str) -> String {
        let text = clean_text(says, SEARCH_LIMIT);
        let text = mask::sentence(&text, true, self.secrets.iter().copied());
        match clean_text(text.trim().trim_end_matches('.'), SENTENCE_LIMIT) {
            text if text.is_empty() => message.to_owned(),
            text => format!("{message}: {text}"),
        }
    }
}
