//! One run: find a server that answers, log in, send PING; then connect to the servers that it announces.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::{Instant, timeout};

use super::credential::Credential;
use super::errors::{AUTHORIZATION, Meaning, ServerError};
use super::hint::code;
use super::info::Info;
use super::keys::Settings;
use super::session::{self, News, SessionError};
use crate::cause::Cause;
use crate::check::announced::{Reached, Turn, in_words as announced_in_words};
use crate::check::login::{LoginRefusal, stating};
use crate::check::reader::Reader;
use crate::check::several::{furthest, in_words};
use crate::check::warning::warn;
use crate::check::{Run, Runnable};
use crate::net::attempt::Attempt;
use crate::net::io::{Io, StreamMonitor};
use crate::net::speaks::Protocol;
use crate::net::stream_error::{Expected, StreamError};
use crate::net::tls::TlsOptions;
use crate::outcome::{AUTH_METHOD, Detail, FactValue, Fault, Phase, SERVER_VERSION, StreamDetail, TlsDetail};
use crate::timestamp::{rfc3339_unix, unix};
use crate::url::Endpoint;

/// How TLS is asked for.
const CLEARTEXT_FIX: &str = "set `tls` in the server's configuration: clients then use TLS without further settings";
const LEAVING: &str = "the server is in lame duck mode: it closes its connections one after another";
const LEAVING_FIX: &str = "wait until the server has restarted; make sure that the app reconnects to another server";
const UNREACHABLE_FIX: &str = "start these servers, or correct the address that they announce (client_advertise)";

/// The values of one run.
pub(super) struct NatsRun {
    pub(super) settings: Settings,
    /// Whose turn it is of the announced servers.
    pub(super) turn: Arc<Turn>,
}

impl Runnable for NatsRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(self.probe(attempt))
    }
}

impl NatsRun {
    async fn probe(&self, attempt: &mut Attempt) -> Result<(), Fault> {
        let (server, announced) = self.log_in(attempt).await?;
        let others: Vec<Endpoint> = announced.into_iter().filter(|other| other != server).collect();
        if self.settings.cluster && !others.is_empty() {
            let reached = self.turn.reach(attempt, &others).await?;
            if let Some(text) = judge(&reached, others.len())? {
                warn(attempt, text, UNREACHABLE_FIX);
            }
        }
        Ok(())
    }

    /// The server that lets this login in, and what it announces. Another one is asked as long as none has seen the login.
    async fn log_in(&self, attempt: &mut Attempt) -> Result<(&Endpoint, Vec<Endpoint>), Fault> {
        let several = self.settings.server.hosts.len() > 1;
        let hosts: Vec<&Endpoint> = self.settings.server.hosts.iter().filter(|host| attempt.is_for(host)).collect();
        let count = hosts.len();
        let mut faults: Vec<(&Endpoint, Fault)> = Vec::new();
        for (index, endpoint) in hosts.into_iter().enumerate() {
            attempt.for_host(several.then(|| endpoint.host.to_string()));
            let left = u32::try_from(count - index).unwrap_or(u32::MAX);
            let share = attempt.deadline().saturating_duration_since(Instant::now()) / left;
            let fault = match timeout(share, self.visit(attempt, endpoint)).await {
                Ok(Ok(announced)) => {
                    if !faults.is_empty() {
                        attempt.evidence().degraded = true;
                        attempt.facts().passed_over = in_words(&faults);
                    }
                    return Ok((endpoint, announced));
                }
                Ok(Err(fault)) => fault,
                Err(_) => self.timed_out(attempt),
            };
            let is_final = matches!(
                fault.cause,
                Cause::PasswordRejected | Cause::LoginRejected | Cause::PasswordMissing | Cause::AuthUnsupported
            );
            faults.push((endpoint, fault));
            if is_final {
                break;
            }
        }
        Err(stating(furthest(faults), self.settings.server.shown_user(), None))
    }

    /// One session; returns the addresses that the server announces.
    async fn visit(&self, attempt: &mut Attempt, endpoint: &Endpoint) -> Result<Vec<Endpoint>, Fault> {
        let settings = &self.settings;
        // Report unreadable files before connecting; a server without TLS needs no roots.
        let options = settings.wants_tls.then(|| settings.tls.options(&endpoint.host, attempt.world())).transpose()?;
        let mut io = settings.server.connect(attempt, endpoint).await?;
        if let Some(options) = options.as_ref().filter(|_| settings.tls_first) {
            io = attempt.start_tls(io, options).await.map_err(|fault| not_first(attempt, fault))?;
        }
        attempt.enter(Phase::Login);
        let mut reader = Reader::new(io);
        let info = match session::greeting(&mut reader).await {
            Ok(info) => info,
            Err(error) => return Err(self.refused(attempt, reader, &error).await),
        };
        let version = Some(info.version.clone()).filter(|version| !version.is_empty());
        attempt.facts().learn(SERVER_VERSION, version.map(FactValue::text));
        let over_tls = settings.wants_tls || info.requires_tls;
        if over_tls && !settings.tls_first {
            let options = match options {
                Some(options) => options,
                None => settings.tls.options(&endpoint.host, attempt.world())?,
            };
            reader = self.start_tls(attempt, reader, &info, &options).await?;
            attempt.enter(Phase::Login);
        }
        if matches!(settings.credential, Credential::Nkey(_)) && info.nonce.is_empty() {
            attempt.close(reader.into_stream()).await;
            let fault = LoginRefusal::Unsupported.fault("the server takes no nkeys: it asks for no signature");
            return Err(attempt.of_connection(fault.with(observed(code::NO_NKEYS))));
        }
        if settings.credential.is_sent_in_clear() && !over_tls {
            attempt.note_cleartext_login(endpoint, CLEARTEXT_FIX);
        }
        attempt.facts().learn(AUTH_METHOD, Some(FactValue::word(settings.credential.method())));
        match session::log_in(&mut reader, &settings.credential, &info.nonce, over_tls).await {
            Ok(news) => {
                attempt.leave();
                attempt.close(reader.into_stream()).await;
                Ok(announced(attempt, info, news))
            }
            Err(error) => Err(self.refused(attempt, reader, &error).await),
        }
    }

    /// TLS behind the server's INFO.
    async fn start_tls(
        &self,
        attempt: &mut Attempt,
        reader: Reader<Io>,
        info: &Info,
        options: &TlsOptions,
    ) -> Result<Reader<Io>, Fault> {
        if !info.offers_tls {
            attempt.close(reader.into_stream()).await;
            let message = "the server offers no TLS, but the URL or the keys ask for it";
            let fault = Fault::new(Phase::Tls, Cause::TlsUnsupported, message);
            return Err(attempt.of_connection(fault.with(Detail::Tls(TlsDetail::NotOffered))));
        }
        // What came behind it would be taken for something said under TLS.
        if !reader.is_drained() {
            let error = SessionError::Unexpected("more than INFO came before TLS");
            return Err(self.refused(attempt, reader, &error).await);
        }
        Ok(Reader::new(attempt.start_tls(reader.into_stream(), options).await?))
    }

    /// The fault of a session that ended early, after the goodbye.
    async fn refused(&self, attempt: &mut Attempt, reader: Reader<Io>, error: &SessionError) -> Fault {
        let fault = self.fault(attempt, error);
        match error {
            SessionError::Refused(_) => attempt.close(reader.into_stream()).await,
            SessionError::Read(_) | SessionError::Unexpected(_) => attempt.abandon(reader.into_stream()).await,
        }
        fault
    }

    fn fault(&self, attempt: &Attempt, error: &SessionError) -> Fault {
        let stream_error = match error {
            SessionError::Refused(error) => return attempt.of_connection(self.of_error(error)),
            SessionError::Read(error) => error.as_stream_error(),
            SessionError::Unexpected(what) => StreamError::Unexpected(what),
        };
        let seen = attempt.monitor().map(StreamMonitor::seen).unwrap_or_default();
        let what = if seen.sent == 0 { "the server's INFO" } else { "the answer to the login" };
        let fault = attempt.stream_error(stream_error, Expected { what, protocol: Some(Protocol::Nats) });
        // What waits for the client's first bytes closes after a while.
        let waited = fault.cause == Cause::ConnectionClosed && fault.detail.is_none() && seen.received == 0;
        if waited && seen.sent == 0 { fault.with(observed(code::NO_INFO)) } else { fault }
    }

    fn of_error(&self, error: &ServerError) -> Fault {
        let secrets = self.settings.credential.secrets();
        if error.code == AUTHORIZATION {
            let (refusal, code, says) = self.rejected();
            return refusal.fault(error.message(&says, &secrets)).with(observed(code));
        }
        let message = error.message(error.says, &secrets);
        let fault = match error.meaning {
            Meaning::Refused(refusal) => refusal.fault(message),
            Meaning::Failed(cause) => {
                let phase = if cause == Cause::QueryFailed { Phase::Request } else { Phase::Login };
                let fault = Fault::new(phase, cause, message);
                if error.says.is_empty() { fault } else { fault.stating(error.says) }
            }
        };
        fault.with(observed(error.code))
    }

    /// What a rejection is about: the server does not say why.
    fn rejected(&self) -> (LoginRefusal, &'static str, String) {
        let has_certificate = self.settings.tls.cert.is_some();
        let (refusal, code, says) = match &self.settings.credential {
            Credential::None if has_certificate => {
                (LoginRefusal::NotAllowed, code::CERTIFICATE, "the server has no user for the client certificate")
            }
            Credential::None => (LoginRefusal::Missing, code::NO_LOGIN, "the server requires a login, and none is set"),
            Credential::Password { .. } => {
                (LoginRefusal::Rejected, code::PASSWORD, "the server rejected the user or the password")
            }
            Credential::Token(_) => (LoginRefusal::Rejected, code::TOKEN, "the server rejected the token"),
            Credential::Nkey(seed) => {
                let says = format!("the server rejected the nkey with the public key {}", seed.public());
                return (LoginRefusal::NotAllowed, code::NKEY, says);
            }
            Credential::Jwt(creds) if !creds.fit() => {
                let says = "the server rejected the login: the seed of the creds file is not of the user in its JWT";
                (LoginRefusal::NotAllowed, code::OTHER_SEED, says)
            }
            Credential::Jwt(creds) => match creds.expires().filter(|at| *at <= unix(SystemTime::now())) {
                Some(at) => {
                    let says = format!("the server rejected the login: the JWT expired on {}", rfc3339_unix(at));
                    return (LoginRefusal::NotAllowed, code::JWT_EXPIRED, says);
                }
                None => (LoginRefusal::NotAllowed, code::JWT, "the server rejected the user's JWT"),
            },
        };
        (refusal, code, says.to_owned())
    }

    /// The fault of a server that lets its time run out.
    fn timed_out(&self, attempt: &mut Attempt) -> Fault {
        let fault = attempt.deadline_fault();
        let is_silent = fault.detail == Some(Detail::Stream(StreamDetail::Silent));
        let is_on_port = self.settings.server.socket.is_none();
        if fault.cause == Cause::Timeout
            && fault.phase == Phase::Login
            && is_silent
            && is_on_port
            && !self.settings.tls_first
        {
            return fault.with(observed(code::NO_INFO));
        }
        fault
    }
}

/// What a server announces, and whether it is about to leave.
fn announced(attempt: &mut Attempt, info: Info, news: News) -> Vec<Endpoint> {
    if info.is_leaving || news.is_leaving {
        warn(attempt, LEAVING.to_owned(), LEAVING_FIX);
    }
    news.announced.unwrap_or(info.announced)
}

/// The fault of a TLS handshake that starts with the first byte, at a server that says INFO first.
fn not_first(attempt: &mut Attempt, fault: Fault) -> Fault {
    let never_began = attempt.facts().tls_version.is_none();
    let code = match (fault.cause, &fault.detail) {
        (Cause::TlsNotTls, Some(Detail::Stream(StreamDetail::Speaks("NATS")))) => code::INFO_FIRST,
        (Cause::Timeout | Cause::ConnectionClosed, _) if never_began => code::INFO_FIRST,
        _ => return fault,
    };
    fault.with(observed(code))
}

/// The fault where clients have no other server to go to: none of those announced can be reached. Where some can, a client
/// goes on to those, and the others are a warning; an address of a family that this pod lacks is none.
///
/// # Errors
/// `advertised_unreachable`; `local_limit` where this pod is what fails.
fn judge(reached: &Reached<'_, Endpoint>, count: usize) -> Result<Option<String>, Fault> {
    let unreachable = &reached.unreachable;
    let Some(first) = unreachable.first() else { return Ok(None) };
    if let Some(ours) = unreachable.iter().find(|one| one.fault.cause == Cause::LocalLimit) {
        return Err(ours.fault.clone());
    }
    if unreachable.len() < reached.tried || reached.tried < count.min(AT_LEAST) {
        let is_telling = unreachable.iter().any(|one| one.fault.cause != Cause::NetworkUnreachable);
        let text =
            || format!("the cluster announces servers that cannot be reached: {}", announced_in_words(unreachable));
        return Ok(is_telling.then(text));
    }
    let code = match (first.fault.phase, unreachable.iter().all(|one| one.one.host.is_loopback())) {
        (_, true) => code::CLUSTER_LOOPBACK,
        (Phase::Resolve, false) => code::CLUSTER_NAMES,
        _ => code::CLUSTER_UNREACHABLE,
    };
    let message = format!(
        "the cluster announces {count} other server{} to its clients, and none of them can be reached: {}",
        if count == 1 { "" } else { "s" },
        announced_in_words(unreachable)
    );
    let fault = Fault::new(Phase::Assert, Cause::AdvertisedUnreachable, message).of_attempt(first.fault.attempt);
    Err(fault.with(observed(code)).stating("the cluster announces servers, of which this pod can reach none"))
}

/// So many unreachable servers are enough to say that none can be reached.
const AT_LEAST: usize = 16;

/// What was observed, by its code.
const fn observed(code: &'static str) -> Detail {
    Detail::Protocol { code, product: None }
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::cause::Cause;
    use crate::check::announced::{Reached, Unreachable};
    use crate::outcome::{Fault, Phase};
    use crate::url::Endpoint;

    /// What is made of these announced servers, each with the cause that keeps this pod from it.
    fn judged(servers: &[(&str, Option<Cause>)]) -> Result<Option<String>, Fault> {
        let all: Vec<Endpoint> = servers.iter().map(|(text, _)| Endpoint::parse(text).unwrap()).collect();
        let fault = |cause| Fault::new(Phase::Connect, cause, "no");
        let unreachable =
            all.iter().zip(servers).filter_map(|(one, (_, cause))| Some(Unreachable { one, fault: fault((*cause)?) }));
        judge(&Reached { tried: all.len(), unreachable: unreachable.collect() }, all.len())
    }

    #[test]
    fn a_client_needs_one_other_server() {
        let (refused, network) = (Some(Cause::ConnectRefused), Some(Cause::NetworkUnreachable));
        assert_eq!(judged(&[("a:1", None), ("b:1", None)]), Ok(None));
        assert_eq!(judged(&[("a:1", None), ("[fd00::1]:1", network)]), Ok(None), "a family that the pod lacks");
        let warning = judged(&[("a:1", None), ("b:1", refused)]).expect("clients go to a").expect("b is a warning");
        assert!(warning.contains("b:1: no") && !warning.contains("a:1"), "{warning}");
        for (servers, code) in [
            (&[("a:1", refused)][..], "cluster_unreachable"),
            (&[("a:1", refused), ("[fd00::1]:1", network)], "cluster_unreachable"),
            (&[("127.0.0.1:1", refused), ("localhost:2", refused)], "cluster_loopback"),
        ] {
            let fault = judged(servers).expect_err(code);
            assert_eq!(fault.cause, Cause::AdvertisedUnreachable);
            assert_eq!(fault.detail, Some(super::observed(code)), "{servers:?}");
        }
        let ours = judged(&[("a:1", Some(Cause::LocalLimit))]).expect_err("ours");
        assert_eq!(ours.cause, Cause::LocalLimit);
    }
}
