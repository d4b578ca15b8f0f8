//! The fault of a session that ended early.

use super::close::Close;
use super::code;
use super::errors::{self, Meaning, Names, Row};
use super::frames::SessionError;
use super::keys::GUEST;
use super::login::Credential;
use crate::cause::Cause;
use crate::net::attempt::Attempt;
use crate::net::speaks::{Protocol, recognise};
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Detail, Fault, Phase, clean_text};
use crate::secret::Secret;

/// A longer password may not fit into the first frame of a client, of which many brokers take no more than 4096 bytes.
const LONG_PASSWORD: usize = 3800;
/// The maximum size of a name in a statement.
const NAME_LIMIT: usize = 64;

/// How far a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The server is to introduce itself.
    Start,
    /// The login was sent.
    Login,
    /// The virtual host was asked for.
    Open,
    /// The queue was asked for.
    Queue,
}

impl Stage {
    const fn awaited(self) -> &'static str {
        match self {
            Self::Start => "the start of an AMQP session",
            Self::Login => "the answer to the AMQP login",
            Self::Open => "the answer to connection.open",
            Self::Queue => "the answer to queue.declare",
        }
    }
}

/// Whose session it is, and what it is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) credential: &'a Credential,
    /// The user, where it may be shown.
    pub(super) shown_user: Option<&'a str>,
    /// Whether the URL and the keys have no login.
    pub(super) has_default_login: bool,
    pub(super) vhost: &'a str,
    /// The same, where it may be shown.
    pub(super) shown_vhost: Option<&'a str>,
    /// Whether the URL and the keys name no virtual host.
    pub(super) has_default_vhost: bool,
    pub(super) queue: Option<&'a str>,
    pub(super) over_tls: bool,
}

/// Whether the row of this code is of one text, not of any.
fn is_known(code: &str) -> bool {
    ![code::OTHER, code::OTHER_CHANNEL, code::NOT_ALLOWED, code::FORCED].contains(&code)
}

impl Subject<'_> {
    /// The fault of a session that ended early. No message repeats the password.
    pub(super) fn fault(&self, attempt: &Attempt, stage: Stage, error: &SessionError) -> Fault {
        match error {
            SessionError::Closed(close) => self.of_connection(attempt, stage, close),
            SessionError::ChannelClosed(close) => self.of_queue(close),
            SessionError::Version(version) => self.of_version(attempt, stage, *version),
            SessionError::Mechanisms(offered) => self.of_mechanisms(attempt, offered),
            SessionError::Read(error) => self.of_stream(attempt, stage, error.as_stream_error()),
            SessionError::Unexpected(what) => self.of_stream(attempt, stage, StreamError::Unexpected(what)),
        }
    }

    fn names(&self) -> Names<'_> {
        let user = match self.credential {
            Credential::Plain { user, .. } => user.as_str(),
            Credential::External => "",
        };
        Names { user, vhost: self.vhost, queue: self.queue.unwrap_or_default() }
    }

    fn secrets(&self) -> impl Iterator<Item = &Secret> + Clone {
        // Everybody knows that one, and it is a part of other words.
        self.credential.secret().filter(|secret| secret.expose() != GUEST).into_iter()
    }

    fn of_connection(&self, attempt: &Attempt, stage: Stage, close: &Close) -> Fault {
        let (_, _, _, code, meaning, says) =
            errors::of_connection(close, self.names(), matches!(stage, Stage::Open | Stage::Queue));
        let certificate = matches!(self.credential, Credential::External) && code == code::REJECTED;
        if certificate {
            let says = "the server knows no user for the client certificate";
            let fault =
                Fault::new(Phase::Login, Cause::LoginRejected, close.message(says, is_known(code), self.secrets()));
            return fault.with(observed(code::CERTIFICATE)).stating(says);
        }
        let message = close.message(says, is_known(code), self.secrets());
        let fault = match meaning {
            Meaning::Refused(refusal) => refusal.fault(message),
            Meaning::Failed(cause) => attempt.fault(cause, message),
        };
        let fault = attempt.of_connection(fault.with(observed(self.refined(code))));
        match self.statement(code, says) {
            Some(statement) => fault.stating(statement),
            None => fault,
        }
    }

    /// The code, with what this check's own values say about it.
    fn refined(&self, code: &'static str) -> &'static str {
        match (code, self.names().user) {
            (code::REJECTED, "") => code::NO_USER,
            (code::REJECTED, GUEST) if self.has_default_login => code::DEFAULT_LOGIN,
            (code::REJECTED, GUEST) => code::GUEST,
            (code::NO_VHOST, _) if self.has_default_vhost => code::NO_DEFAULT_VHOST,
            (code::NO_VHOST, _) if self.vhost.contains(['/', '%']) => code::SLASH_IN_VHOST,
            _ => code,
        }
    }

    fn statement(&self, code: &str, says: &str) -> Option<String> {
        let short = |name: &str| clean_text(name, NAME_LIMIT);
        match (code, self.shown_user.map(short), self.shown_vhost.map(short)) {
            (code::REJECTED, user, _) => user.map(|user| format!("for user {user}")),
            (code::NO_VHOST, _, Some(vhost)) => Some(format!("virtual host {vhost} does not exist")),
            (code::NO_ACCESS, Some(user), Some(vhost)) => {
                Some(format!("user {user} has no permission for virtual host {vhost}"))
            }
            _ => Some(says.to_owned()),
        }
    }

    fn of_queue(&self, close: &Close) -> Fault {
        let (_, _, _, code, meaning, says): Row = errors::of_queue(close, self.names());
        let message = close.message(says, is_known(code), self.secrets());
        let fault = match meaning {
            Meaning::Refused(refusal) => refusal.fault(message),
            Meaning::Failed(cause @ (Cause::NotFoundOnServer | Cause::NotEnoughReplicas)) => {
                Fault::new(Phase::Assert, cause, message)
            }
            Meaning::Failed(cause) => Fault::new(Phase::Request, cause, message),
        };
        fault.with(observed(code)).stating(says)
    }

    fn of_version(&self, attempt: &Attempt, stage: Stage, version: [u8; 4]) -> Fault {
        let (code, message) = match version {
            // Plain, over TLS, and with SASL.
            [0 | 2 | 3, 1, 0, 0] => (code::VERSION_1, "the server speaks AMQP 1.0, but this check speaks AMQP 0-9-1"),
            [0..=3, 0 | 1, ..] if version != [0, 0, 9, 1] => {
                (code::OTHER_VERSION, "the server speaks another version of AMQP, but this check speaks AMQP 0-9-1")
            }
            _ => return self.of_stream(attempt, stage, StreamError::Unexpected("it is a header of AMQP")),
        };
        let fault = attempt.fault(Cause::ProbeLimit, message);
        attempt.of_connection(fault.with(observed(code)).stating(message))
    }

    fn of_mechanisms(&self, attempt: &Attempt, offered: &[String]) -> Fault {
        let wanted = self.credential.mechanism();
        let message = match offered {
            [] => format!("the server offers no way to log in, so not {wanted}"),
            offered => format!("the server offers {}, but not {wanted}", offered.join(", ")),
        };
        let offers_amqplain = offered.iter().any(|name| name == "AMQPLAIN");
        let (cause, code) = match self.credential {
            Credential::External => (Cause::AuthUnsupported, code::NO_EXTERNAL),
            // Some clients log in so.
            Credential::Plain { .. } if offers_amqplain => (Cause::ProbeLimit, code::ONLY_AMQPLAIN),
            Credential::Plain { .. } => (Cause::AuthUnsupported, code::NO_PLAIN),
        };
        attempt.fault(cause, &message).with(observed(code)).stating(message)
    }

    fn of_stream(&self, attempt: &Attempt, stage: Stage, error: StreamError<'_>) -> Fault {
        let head = attempt.monitor().map(|monitor| monitor.seen().head).unwrap_or_default();
        if !self.over_tls && recognise(&head) == Some(Protocol::Tls) {
            let message = "the server speaks TLS, but neither the URL nor the keys ask for it";
            let fault = Fault::new(Phase::Login, Cause::TlsUnsupported, message).with(observed(code::WANTS_TLS));
            return fault.stating(message);
        }
        let fault = attempt.stream_error(error, Expected { what: stage.awaited(), protocol: Some(Protocol::Amqp) });
        if stage != Stage::Login || fault.cause != Cause::ConnectionClosed {
            return fault;
        }
        let is_long = self.credential.secret().is_some_and(|secret| secret.expose().len() > LONG_PASSWORD);
        fault.with(observed(if is_long { code::LONG_LOGIN } else { code::CLOSED_AT_LOGIN }))
    }
}

/// What was observed, by its code.
const fn observed(code: &'static str) -> Detail {
    Detail::Protocol { code, product: None }
}
