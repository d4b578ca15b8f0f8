//! One run: connect, start TLS, log in, say goodbye.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout_at;

use super::answers::{Meaning, Shown, code, read};
use super::keys::{Destination, Remembered};
use super::packet::{Connack, DISCONNECT, Head, Introduction, connack, connect, head};
use crate::cause::Cause;
use crate::check::login::stating;
use crate::check::reader::{ReadError, Reader};
use crate::check::tls_keys::TlsKeys;
use crate::check::{Run, Runnable};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::{Protocol, recognise};
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{AUTH_METHOD, Detail, FactKey, FactValue, Fault, Phase};
use crate::random;
use crate::secret::Secret;

/// The version that was spoken.
pub(super) const MQTT_VERSION: FactKey =
    FactKey { name: "mqtt_version", meaning: "the version of MQTT that the login used" };

/// How a check asks for TLS.
const CLEARTEXT_FIX: &str =
    "enable a listener with TLS on the broker, and write mqtts:// in the URL of the app and of this check";
/// The most that a server may say in its answer to a login, in bytes.
const ANSWER_LIMIT: usize = 16 * 1024;
/// How many letters and digits stand behind `pf` in a client id. Servers of 3.1.1 must accept 23 in all.
const ID_LENGTH: usize = 20;

/// The values of one run; the files of CA and client certificate are read when TLS starts.
pub(super) struct MqttRun {
    pub(super) destination: Destination,
    /// The client id, where the check sets one.
    pub(super) client_id: Option<String>,
    pub(super) tls: Option<TlsKeys>,
    /// The version that the server is known to speak.
    pub(super) remembered: Arc<Remembered>,
}

/// Why a login has no usable answer.
#[derive(Debug)]
pub(super) enum SessionError {
    /// Reading failed.
    Read(ReadError),
    /// The peer sent something that is no answer to a login: what is wrong with it.
    Unexpected(&'static str),
}

impl From<ReadError> for SessionError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// Logs in; the answer that decides. A server that sends its client away may close without reading, so the answer is read
/// even if sending failed.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(
    reader: &mut Reader<S>,
    introduction: Introduction<'_>,
) -> Result<Connack, SessionError> {
    let sent = reader.send(&connect(introduction)).await;
    match (answer(reader, introduction).await, sent) {
        (Err(SessionError::Read(ReadError::Ended)), Err(error)) => Err(error.into()),
        (answer, _) => answer,
    }
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
    reader: &mut Reader<S>,
    introduction: Introduction<'_>,
) -> Result<Connack, SessionError> {
    let mut bytes = Vec::new();
    let length = loop {
        let [byte] = reader.array().await?;
        bytes.push(byte);
        match head(&bytes) {
            Head::Incomplete => {}
            Head::Connack(length) => break length,
            Head::Strange(what) => return Err(SessionError::Unexpected(what)),
        }
    };
    let body = reader.body(length.into(), ANSWER_LIMIT).await?;
    connack(introduction.version, &body).map_err(SessionError::Unexpected)
}

impl Runnable for MqttRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let user = self.destination.server.shown_user();
            self.probe(attempt).await.map_err(|fault| stating(fault, user, None))
        })
    }
}

impl MqttRun {
    async fn probe(&self, attempt: &mut Attempt) -> Result<(), Fault> {
        let endpoint = self.destination.server.endpoint();
        // Report unreadable files before connecting.
        let options = self.tls.as_ref().map(|keys| keys.options(&endpoint.host, attempt.world())).transpose()?;
        let mut io = self.destination.server.connect(attempt, endpoint).await?;
        if let Some(options) = &options {
            io = attempt.start_tls(io, options).await?;
        }
        attempt.enter(Phase::Login);
        let mut reader = Reader::new(io);
        let result = self.log_in(attempt, &mut reader).await;
        self.end(attempt, reader, &result).await;
        result
    }

    async fn log_in(&self, attempt: &mut Attempt, reader: &mut Reader<Io>) -> Result<(), Fault> {
        let version = self.destination.version;
        // New for each connection: a broker ends the connection of whoever has the same one.
        let client_id = self.client_id.clone().unwrap_or_else(|| format!("pf{}", random::word(ID_LENGTH)));
        let user = self.destination.server.user.as_deref();
        let introduction =
            Introduction { version, client_id: &client_id, user, password: self.destination.password.as_ref() };
        let method = match (self.shown(), &self.destination.password) {
            (Shown::Credentials, Some(_)) => "password",
            (Shown::Credentials, None) => "user",
            (Shown::Certificate, _) => "certificate",
            (Shown::Nothing, _) => "none",
        };
        attempt.facts().learn(AUTH_METHOD, Some(FactValue::word(method)));
        if self.shown() == Shown::Credentials && self.tls.is_none() {
            attempt.note_cleartext_login(self.destination.server.endpoint(), CLEARTEXT_FIX);
        }
        let answer = log_in(reader, introduction).await.map_err(|error| self.of_session(attempt, &error))?;
        if answer.code != 0 {
            return Err(self.refusal(attempt, &answer));
        }
        self.remembered.set(version);
        attempt.facts().learn(MQTT_VERSION, Some(FactValue::word(version.word())));
        Ok(())
    }

    /// The fault of an answer that is no success.
    fn refusal(&self, attempt: &Attempt, answer: &Connack) -> Fault {
        let version = self.destination.version;
        let verdict = read(answer.code, self.shown());
        let message = verdict.message(answer, &self.secrets());
        let fault = match verdict.meaning {
            Meaning::Refused(refusal) => refusal.fault(message),
            Meaning::OtherVersion => {
                // The next run tries the other one: no run logs in twice.
                self.remembered.set(version.other());
                let says = format!("the broker does not speak {}", version.name());
                attempt.fault(Cause::ProtocolError, message.replacen(verdict.says, &says, 1)).stating(says)
            }
            Meaning::Failed(cause) => attempt.fault(cause, message).stating(verdict.says),
        };
        attempt.of_connection(fault.with(observed(verdict.code)))
    }

    /// The fault of a login that has no answer.
    fn of_session(&self, attempt: &Attempt, error: &SessionError) -> Fault {
        let error = match error {
            SessionError::Read(error) => error.as_stream_error(),
            SessionError::Unexpected(what) => StreamError::Unexpected(what),
        };
        let head = attempt.monitor().map(|monitor| monitor.seen().head).unwrap_or_default();
        if self.tls.is_none() && recognise(&head) == Some(Protocol::Tls) {
            let message = "the port speaks TLS, but neither the URL nor the keys ask for it";
            let fault = Fault::new(Phase::Login, Cause::TlsUnsupported, message).with(observed(code::PORT_WANTS_TLS));
            return attempt.of_connection(fault.stating(message));
        }
        let expected = Expected { what: "the answer to the login (CONNACK)", protocol: Some(Protocol::Mqtt) };
        attempt.stream_error(error, expected)
    }

    /// Says goodbye to a server that accepted the login; one that refused it closes by itself.
    async fn end(&self, attempt: &mut Attempt, mut reader: Reader<Io>, result: &Result<(), Fault>) {
        match result {
            Ok(()) => {
                // The time may be up.
                drop(timeout_at(attempt.deadline(), reader.send(DISCONNECT)).await);
                attempt.close(reader.into_stream()).await;
            }
            Err(fault) if matches!(fault.detail, Some(Detail::Protocol { .. })) => {
                attempt.close(reader.into_stream()).await;
            }
            Err(_) => attempt.abandon(reader.into_stream()).await,
        }
    }

    /// What the login shows of itself.
    fn shown(&self) -> Shown {
        let has_certificate = self.tls.as_ref().is_some_and(|keys| keys.cert.is_some());
        match (&self.destination.server.user, &self.destination.password) {
            (None, None) if has_certificate => Shown::Certificate,
            (None, None) => Shown::Nothing,
            _ => Shown::Credentials,
        }
    }

    /// What no message may repeat.
    fn secrets(&self) -> Vec<Secret> {
        let server = &self.destination.server;
        let hidden = server.user.clone().filter(|_| server.shown_user().is_none()).map(Secret::new);
        self.destination.password.iter().cloned().chain(hidden).collect()
    }
}

/// What was observed, by its code.
const fn observed(code: &'static str) -> Detail {
    Detail::Protocol { code, product: None }
}
