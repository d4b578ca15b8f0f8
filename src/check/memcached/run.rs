//! One run: visit every server: connect, start TLS, find out which login it asks for, log in, ask for the version, say
//! goodbye.

use tokio::time::{Instant, timeout};

use super::client::{Client, SessionError, Speech, Wants};
use super::errors::{FULL, FULL_TEXT};
use super::hint::code;
use super::keys::{Auth, Settings};
use crate::cause::Cause;
use crate::check::login::{LoginRefusal, stating};
use crate::check::several::{furthest, in_words};
use crate::check::warning::warn;
use crate::check::{Run, Runnable};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::{Protocol, recognise};
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{AUTH_METHOD, Detail, FactValue, Fault, Phase, SERVER_VERSION};
use crate::secret::Secret;
use crate::url::Endpoint;

/// How TLS is asked for.
const CLEARTEXT_FIX: &str =
    "start memcached with --enable-ssl, set `tls: {}` in this check, and TLS in the app's client";
const NOT_ASKED: &str = "user and password are set, but the server asks for no login: everyone who reaches it can use it, and a \
                         client that logs in with the text protocol stores its password there";
const NOT_ASKED_FIX: &str =
    "start memcached with SASL (-S) or an auth file (-Y FILE), or remove user and password from the app and this check";
const DEAD_FIX: &str = "repair these servers, or remove them from the list of the app and of this check: clients lose each key that is on them";

impl Runnable for Settings {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let user = self.destination.server.shown_user();
            self.probe(attempt).await.map_err(|fault| stating(fault, user, None))
        })
    }
}

/// Why a session gave no pass.
enum Trouble {
    /// It ended early.
    Session(SessionError),
    /// The server is not as the check requires.
    Fault(Fault),
}

impl From<SessionError> for Trouble {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl Settings {
    /// Visits the servers, one after another: each has its share of the time. After a rejected login, no other one is sent.
    async fn probe(&self, attempt: &mut Attempt) -> Result<(), Fault> {
        let hosts: Vec<&Endpoint> = self.destination.server.hosts.iter().filter(|one| attempt.is_for(one)).collect();
        let mut faults: Vec<(&Endpoint, Fault)> = Vec::new();
        let mut open: Vec<String> = Vec::new();
        let mut may_degrade = true;
        for (index, endpoint) in hosts.iter().enumerate() {
            attempt.for_host((hosts.len() > 1).then(|| endpoint.host.to_string()));
            let left = u32::try_from(hosts.len() - index).unwrap_or(u32::MAX);
            let share = attempt.deadline().saturating_duration_since(Instant::now()) / left;
            let fault = match timeout(share, self.visit(attempt, endpoint)).await {
                Ok(Ok(is_open)) => {
                    if is_open && self.credential.is_some() {
                        open.push(endpoint.to_string());
                    }
                    continue;
                }
                Ok(Err(fault)) => self.with_login(fault),
                Err(_) => attempt.deadline_fault(),
            };
            may_degrade = !matches!(
                fault.cause,
                Cause::PasswordRejected | Cause::PasswordMissing | Cause::AuthUnsupported | Cause::ProbeLimit
            );
            faults.push((endpoint, fault));
            if !may_degrade {
                break;
            }
        }
        if !open.is_empty() {
            let of = if hosts.len() > 1 { format!("{}: ", open.join(", ")) } else { String::new() };
            warn(attempt, format!("{of}{NOT_ASKED}"), NOT_ASKED_FIX);
        }
        match faults.len() {
            0 => Ok(()),
            failing if may_degrade && failing < hosts.len() => {
                let verb = if failing == 1 { "fails" } else { "fail" };
                let all = in_words(&faults).join("; ");
                warn(attempt, format!("{failing} of {} servers {verb}: {all}", hosts.len()), DEAD_FIX);
                Ok(())
            }
            _ => {
                let all = in_words(&faults).join("; ");
                let fault = furthest(faults);
                Err(if hosts.len() > 1 { fault.with_message(all) } else { fault })
            }
        }
    }

    /// What closed a plain connection on which a login was to be sent may be a proxy that knows none.
    fn with_login(&self, fault: Fault) -> Fault {
        let is_end = fault.phase == Phase::Login && fault.cause == Cause::ConnectionClosed && fault.detail.is_none();
        let is_on_port = self.destination.server.socket.is_none();
        match is_end && is_on_port && self.tls.is_none() && self.credential.is_some() {
            true => fault.with(observed(code::CLOSED_AT_LOGIN)),
            false => fault,
        }
    }

    /// A server that closes at a question in the text protocol may speak only the other one: it is asked in that, too, on
    /// another connection and without a login. Gives whether it asks for no login.
    async fn visit(&self, attempt: &mut Attempt, endpoint: &Endpoint) -> Result<bool, Fault> {
        if self.credential.is_some() && self.auth != Some(Auth::Text) {
            return self.converse(attempt, endpoint, Speech::Binary).await;
        }
        let first = self.converse(attempt, endpoint, Speech::Text).await;
        let is_closed = |fault: &Fault| {
            matches!(fault.cause, Cause::ConnectionClosed | Cause::ConnectReset)
                && fault.phase != Phase::Tls
                && fault.detail.is_none()
        };
        let heard = attempt.monitor().map(|monitor| monitor.seen().received);
        let Some(fault) = first.as_ref().err().filter(|fault| is_closed(fault) && heard == Some(0)).cloned() else {
            return first;
        };
        let second = self.converse(attempt, endpoint, Speech::Binary).await;
        let is_telling = |fault: &Fault| matches!(fault.detail, Some(Detail::Protocol { .. }));
        second.map_err(|second| if is_telling(&second) { second } else { fault })
    }

    async fn converse(&self, attempt: &mut Attempt, endpoint: &Endpoint, speech: Speech) -> Result<bool, Fault> {
        // Report unreadable files before connecting.
        let tls = self.tls.as_ref().map(|keys| keys.options(&endpoint.host, attempt.world())).transpose()?;
        let mut io = self.destination.server.connect(attempt, endpoint).await?;
        if let Some(options) = tls {
            io = attempt.start_tls(io, &options).await.map_err(|fault| if_full(attempt, fault))?;
        }
        let mut client = Client::new(io, speech);
        let result = self.session(attempt, &mut client, endpoint).await;
        let (result, speaks) = match result {
            Ok(is_open) => (Ok(is_open), true),
            Err(Trouble::Fault(fault)) => (Err(attempt.of_connection(fault)), true),
            Err(Trouble::Session(error)) => {
                let fault = self.of_session(attempt, client.speech, &error);
                (Err(fault), matches!(error, SessionError::Refused(_)))
            }
        };
        if speaks {
            client.quit().await;
            attempt.close(client.into_stream()).await;
        } else {
            attempt.abandon(client.into_stream()).await;
        }
        result
    }

    async fn session(
        &self,
        attempt: &mut Attempt,
        client: &mut Client<Io>,
        endpoint: &Endpoint,
    ) -> Result<bool, Trouble> {
        attempt.enter(Phase::Login);
        let wants = client.open().await?;
        let method = match (wants, &self.credential) {
            (Wants::Nothing, None) => "none",
            (Wants::Nothing, Some(_)) => {
                self.judge_speech(client.speech)?;
                "none"
            }
            (Wants::Text, None) => {
                let says = "the server requires a login (text protocol), and no user and password are set";
                return Err(refused(LoginRefusal::Missing, says, "no_login"));
            }
            (Wants::Sasl(_), None) => {
                let says = "the server requires a login (SASL), and no user and password are set";
                return Err(refused(LoginRefusal::Missing, says, code::NO_SASL_LOGIN));
            }
            (Wants::Text, Some(login)) => {
                self.judge_speech(Speech::Text)?;
                self.note_cleartext(attempt, endpoint);
                client.log_in_by_text(login).await?;
                "text"
            }
            (Wants::Sasl(mechanisms), Some(login)) => {
                self.judge_speech(Speech::Binary)?;
                if !mechanisms.iter().any(|one| one == "PLAIN") {
                    return Err(no_plain(&mechanisms));
                }
                self.note_cleartext(attempt, endpoint);
                client.log_in_by_sasl(login).await?;
                "sasl_plain"
            }
        };
        attempt.facts().learn(AUTH_METHOD, Some(FactValue::word(method)));
        attempt.enter(Phase::Request);
        let version = client.version().await?;
        attempt.facts().learn(SERVER_VERSION, version.map(FactValue::text));
        Ok(method == "none")
    }

    /// Whether the app speaks the protocol of this server, where the check says how it logs in.
    fn judge_speech(&self, speech: Speech) -> Result<(), Trouble> {
        let (says, code) = match (self.auth, speech) {
            (Some(Auth::Text), Speech::Binary) => {
                ("`auth` is text, but the server speaks only the binary protocol", code::WANTS_SASL)
            }
            (Some(Auth::Sasl), Speech::Text) => {
                ("`auth` is sasl, but the server speaks only the text protocol", code::WANTS_TEXT)
            }
            _ => return Ok(()),
        };
        Err(refused(LoginRefusal::Unsupported, says, code))
    }

    fn note_cleartext(&self, attempt: &mut Attempt, endpoint: &Endpoint) {
        if self.tls.is_none() {
            attempt.note_cleartext_login(endpoint, CLEARTEXT_FIX);
        }
    }

    /// The fault of a session that ended early.
    fn of_session(&self, attempt: &Attempt, speech: Speech, error: &SessionError) -> Fault {
        let stream_error = match error {
            SessionError::Refused(error) => {
                let secrets: Vec<&Secret> = self
                    .credential
                    .iter()
                    .flat_map(|login| std::iter::once(&login.password).chain(&login.hidden_user))
                    .collect();
                let fault = error.fault(attempt.phase().unwrap_or(Phase::Login), &secrets);
                let by_sasl = fault.cause == Cause::PasswordRejected && speech == Speech::Binary;
                let code = if by_sasl { code::SASL_REJECTED } else { error.code };
                return attempt.of_connection(fault.with(observed(code)));
            }
            SessionError::Read(error) => error.as_stream_error(),
            SessionError::Unexpected(what) => StreamError::Unexpected(what),
        };
        let head = attempt.monitor().map(|monitor| monitor.seen().head).unwrap_or_default();
        if self.tls.is_none() && recognise(&head) == Some(Protocol::Tls) {
            let message = "the port speaks TLS, but neither the URL nor the keys ask for it";
            let fault = Fault::new(Phase::Login, Cause::TlsUnsupported, message).with(observed(code::WANTS_TLS));
            return attempt.of_connection(fault.stating(message));
        }
        let expected = Expected { what: "an answer of memcached", protocol: Some(Protocol::Memcached) };
        attempt.stream_error(stream_error, expected)
    }
}

/// The fault of a TLS handshake with a server that has no free connection, which says so without TLS.
fn if_full(attempt: &Attempt, fault: Fault) -> Fault {
    let head = attempt.monitor().map(|monitor| monitor.seen().head).unwrap_or_default();
    if !head.starts_with(FULL_TEXT) {
        return fault;
    }
    let says = "the server has reached its maximum number of connections";
    attempt.of_connection(LoginRefusal::Full.fault(says).with(observed(FULL)))
}

fn no_plain(mechanisms: &[String]) -> Trouble {
    let says = "the server does not offer the mechanism PLAIN: the check ends before the login";
    let message = format!("{says} (it offers {})", mechanisms.join(", "));
    let fault = Fault::new(Phase::Login, Cause::ProbeLimit, message).with(observed(code::OTHER_MECHANISM));
    Trouble::Fault(fault.stating(says))
}

fn refused(refusal: LoginRefusal, says: &str, code: &'static str) -> Trouble {
    Trouble::Fault(refusal.fault(says).with(observed(code)))
}

/// What was observed, by its code.
const fn observed(code: &'static str) -> Detail {
    Detail::Protocol { code, product: None }
}
