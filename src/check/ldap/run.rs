//! One run: connect, start TLS, log in, look for the entry, say goodbye.

use tokio::time::timeout_at;

use super::answers::{Asked, Hold, Meaning, code, read};
use super::client::{Client, Found, SessionError};
use super::keys::{Destination, Login};
use super::message::{Answer, Policy};
use crate::cause::Cause;
use crate::check::login::stating;
use crate::check::mail::TOO_MUCH;
use crate::check::tls_keys::TlsKeys;
use crate::check::tls_mode::Mode;
use crate::check::{Run, Runnable};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::{Protocol, recognise};
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{AUTH_METHOD, Aftermath, Detail, FactValue, Fault, HealthRemark, Phase};
use crate::secret::Secret;
use crate::url::Url;

/// How a check asks for TLS.
const CLEARTEXT_FIX: &str = "set `tls: starttls` (or write ldaps://, port 636), and the same in the app";
/// Of a password that lets its user in for a few times more.
const GRACE_FIX: &str =
    "set a new password in the directory, and put it into the Secret: when no login is left, the app is out";

/// The values of one run; the files of CA and client certificate are read when TLS starts.
pub(super) struct LdapRun {
    pub(super) destination: Destination,
    /// `None` for an anonymous login.
    pub(super) login: Option<Login>,
    pub(super) tls: TlsKeys,
}

impl Runnable for LdapRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let user = self.login.as_ref().and_then(|login| login.shown.as_deref());
            self.probe(attempt).await.map_err(|fault| stating(fault, user, None))
        })
    }
}

impl LdapRun {
    async fn probe(&self, attempt: &mut Attempt) -> Result<(), Fault> {
        let (endpoint, mode) = (self.destination.server.endpoint(), self.destination.mode);
        // Report unreadable files before connecting.
        let options = || self.tls.options(&endpoint.host, attempt.world());
        let options = (mode != Mode::None).then(options).transpose()?;
        let mut io = self.destination.server.connect(attempt, endpoint).await?;
        if let (Mode::Implicit, Some(options)) = (mode, &options) {
            io = attempt.start_tls(io, options).await?;
        }
        let mut client = Client::new(io);
        if let (Mode::StartTls, Some(options)) = (mode, &options) {
            attempt.enter(Phase::Tls);
            if let Err(fault) = self.ask_for_tls(attempt, &mut client).await {
                self.end(attempt, client, Some(&fault)).await;
                return Err(fault);
            }
            client = Client::new(attempt.start_tls(client.into_stream(), options).await?);
        }
        let result = self.session(attempt, &mut client).await;
        self.end(attempt, client, result.as_ref().err()).await;
        result
    }

    async fn ask_for_tls(&self, attempt: &mut Attempt, client: &mut Client<Io>) -> Result<(), Fault> {
        match client.start_tls().await {
            Ok(Answer { code: 0, .. }) if client.is_drained() => Ok(()),
            Ok(Answer { code: 0, .. }) => Err(attempt.fault(Cause::ProtocolError, TOO_MUCH)),
            Ok(answer) => Err(self.refusal(attempt, &answer, Policy::default(), Asked::StartTls)),
            Err(error) => Err(self.of_session(attempt, &error, "the answer to StartTLS")),
        }
    }

    async fn session(&self, attempt: &mut Attempt, client: &mut Client<Io>) -> Result<(), Fault> {
        attempt.enter(Phase::Login);
        self.log_in(attempt, client).await?;
        let Some(base) = &self.destination.base else { return Ok(()) };
        attempt.enter(Phase::Request);
        let found = client.exists(base).await;
        let found = found.map_err(|error| self.of_session(attempt, &error, "the answer to the search"))?;
        self.judge(attempt, &found)
    }

    async fn log_in(&self, attempt: &mut Attempt, client: &mut Client<Io>) -> Result<(), Fault> {
        let (user, password, method) = match &self.login {
            Some(login) => (login.user.as_str(), login.password.expose(), "simple"),
            None => ("", "", "anonymous"),
        };
        attempt.facts().learn(AUTH_METHOD, Some(FactValue::word(method)));
        if self.login.is_some() && self.is_plain() {
            attempt.note_cleartext_login(self.destination.server.endpoint(), CLEARTEXT_FIX);
        }
        let bound = client.bind(user, password).await;
        let (answer, policy) = bound.map_err(|error| self.of_session(attempt, &error, "the answer to the bind"))?;
        if answer.code != 0 || policy.restricts() {
            let fault = self.refusal(attempt, &answer, policy, Asked::Bind { anonymous: self.login.is_none() });
            return Err(fault);
        }
        if let Some(left) = policy.grace_logins {
            let text = format!("the password has expired, and the directory accepts it {left} times more");
            attempt.facts().health_warning = Some(HealthRemark { text, fix: GRACE_FIX.to_owned() });
            attempt.evidence().degraded = true;
            // Each login uses one up.
            attempt.evidence().aftermath = Aftermath::Locked;
        }
        Ok(())
    }

    /// What the search for the entry says.
    fn judge(&self, attempt: &mut Attempt, found: &Found) -> Result<(), Fault> {
        match found {
            Found { answer: Answer { code: 0, .. }, entry: true, .. } => Ok(()),
            Found { answer: Answer { code: 0, .. }, elsewhere, .. } if !elsewhere.is_empty() => {
                let answer = Answer { code: 10, referrals: elsewhere.clone(), ..Answer::default() };
                Err(self.refusal(attempt, &answer, Policy::default(), Asked::Search))
            }
            Found { answer: Answer { code: 0, .. }, .. } => {
                let says = "the directory does not show the entry at `base` to this user";
                let fault = Fault::new(Phase::Assert, Cause::NotFoundOnServer, says).with(observed(code::NOT_SHOWN));
                Err(attempt.of_connection(fault.stating(self.statement(says))))
            }
            Found { answer, .. } => Err(self.refusal(attempt, answer, Policy::default(), Asked::Search)),
        }
    }

    /// The fault of an answer that is no success.
    fn refusal(&self, attempt: &mut Attempt, answer: &Answer, policy: Policy, asked: Asked) -> Fault {
        let verdict = read(answer, policy, asked, self.is_plain());
        let message = format!("{}{}", verdict.message(answer, &self.secrets()), referral(answer));
        let fault = match verdict.meaning {
            Meaning::Refused(refusal) => refusal.fault(message),
            Meaning::WantsTls => Fault::new(Phase::Login, Cause::TlsUnsupported, message),
            Meaning::Failed(phase, cause) => Fault::new(phase, cause, message),
        };
        let says = matches!(verdict.meaning, Meaning::WantsTls | Meaning::Failed(..));
        let fault = if says { fault.stating(self.statement(verdict.says)) } else { fault };
        let fault = attempt.of_connection(fault.with(observed(verdict.code)));
        if verdict.hold == Hold::Locked {
            attempt.evidence().aftermath = Aftermath::Locked;
        }
        if verdict.hold == Hold::Usual { fault } else { fault.risking_lock() }
    }

    /// What the check is about, where that is an entry that may be shown.
    fn statement(&self, says: &str) -> String {
        let base = self.destination.shown_base.as_deref();
        base.map_or_else(|| says.to_owned(), |base| says.replace("`base`", base))
    }

    /// The fault of a conversation that ended early.
    fn of_session(&self, attempt: &mut Attempt, error: &SessionError, awaited: &'static str) -> Fault {
        let error = match error {
            SessionError::Notice(answer) => return self.refusal(attempt, answer, Policy::default(), Asked::Nothing),
            SessionError::Read(error) => error.as_stream_error(),
            SessionError::Unexpected(what) => StreamError::Unexpected(what),
        };
        let head = attempt.monitor().map(|monitor| monitor.seen().head).unwrap_or_default();
        if self.is_plain() && recognise(&head) == Some(Protocol::Tls) {
            let message = "the port speaks TLS, but neither the URL nor the keys ask for it";
            let fault = Fault::new(Phase::Login, Cause::TlsUnsupported, message).with(observed(code::PORT_WANTS_TLS));
            return attempt.of_connection(fault.stating(message));
        }
        attempt.stream_error(error, Expected { what: awaited, protocol: Some(Protocol::Ldap) })
    }

    /// Says goodbye to what speaks the protocol, and leaves alone what does not.
    async fn end(&self, attempt: &mut Attempt, mut client: Client<Io>, fault: Option<&Fault>) {
        let is_stranger = fault.is_some_and(|fault| {
            let causes = [
                Cause::ProtocolError,
                Cause::ConnectionClosed,
                Cause::ConnectReset,
                Cause::Timeout,
                Cause::TooLarge,
                Cause::LocalLimit,
            ];
            causes.contains(&fault.cause) || fault.detail == Some(observed(code::PORT_WANTS_TLS))
        });
        if is_stranger {
            attempt.abandon(client.into_stream()).await;
        } else {
            // The time may be up.
            drop(timeout_at(attempt.deadline(), client.unbind()).await);
            attempt.close(client.into_stream()).await;
        }
    }

    /// Whether what is said goes in clear text.
    fn is_plain(&self) -> bool {
        self.destination.mode == Mode::None
    }

    /// What no message may repeat.
    fn secrets(&self) -> Vec<Secret> {
        let Some(login) = &self.login else { return Vec::new() };
        let hidden = login.shown.is_none().then(|| Secret::new(login.user.clone()));
        [login.password.clone()].into_iter().chain(hidden).collect()
    }
}

/// Where a server says that the answer is, as far as that may be shown.
fn referral(answer: &Answer) -> String {
    let host = answer.referrals.iter().find_map(|url| {
        let (host, _) = Url::parse(url).ok()?.hosts.into_iter().next()?;
        Some(host.to_string())
    });
    host.map(|host| format!("; it names {host}")).unwrap_or_default()
}

/// What was observed, by its code.
const fn observed(code: &'static str) -> Detail {
    Detail::Protocol { code, product: None }
}
