//! One run: the first broker that answers, the login, the topics, then the addresses that the brokers announce.

use std::sync::Arc;

use tokio::time::{Instant, timeout};

use super::client::{Client, SessionError};
use super::cluster::{self, Broker, Metadata};
use super::code;
use super::facts::{BROKERS, CLUSTER_ID, MECHANISMS};
use super::fault::{Context, observed};
use super::keys::{Credential, Destination};
use super::login::{self, Login, Refusal, Work};
use super::memory::Memory;
use super::messages::{self, Speaks, Versions};
use super::words::{Mechanism, OWN};
use crate::cause::Cause;
use crate::check::announced::{AT_MOST, Reached};
use crate::check::login::{LoginRefusal, stating};
use crate::check::scram::LEAST_ROUNDS;
use crate::check::several::{furthest, in_words};
use crate::check::tls_keys::TlsKeys;
use crate::check::warning::warn;
use crate::check::{Run, Runnable};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::tls::Verify;
use crate::outcome::{AUTH_METHOD, FactValue, Fault, Phase};
use crate::secret::Secret;
use crate::url::Endpoint;

/// How TLS is asked for.
const CLEARTEXT_FIX: &str = "set SASL_SSL on the listener, and security.protocol=SASL_SSL in the app (`security_protocol: SASL_SSL` in this check)";
const UNREACHABLE_FIX: &str = "start these brokers, or correct their advertised.listeners";
const NO_CONTROLLER: &str = "the cluster has no controller: it creates no topics and elects no leaders";
const NO_CONTROLLER_FIX: &str =
    "start the missing controllers: kafka-metadata-quorum.sh --bootstrap-server HOST:PORT describe --status shows them";

/// The values of one run; the files of CA and client certificate are read when TLS starts.
pub(super) struct KafkaRun {
    pub(super) destination: Destination,
    pub(super) credential: Credential,
    pub(super) tls: Option<TlsKeys>,
    pub(super) min_isr: Option<u32>,
    pub(super) min_rounds: Option<u32>,
    pub(super) memory: Arc<Memory>,
}

impl Runnable for KafkaRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let user = self.destination.server.shown_user();
            self.probe(attempt).await.map_err(|fault| stating(fault, user, None))
        })
    }
}

/// What a broker answered.
struct Answer {
    brokers: Vec<Broker>,
    has_controller: bool,
    /// Whether the topics are as they must be.
    topics: Result<(), Fault>,
}

/// A connection to a broker.
struct Link {
    client: Client<Io>,
    /// Whether TLS has shown that it is the right one.
    is_verified: bool,
    /// The mechanisms that it offers, once it was asked.
    offered: Vec<String>,
}

/// Why a session gave no answer.
enum Trouble {
    Session(SessionError),
    Fault(Fault),
    /// Before the credential was sent.
    Refused(Refusal),
    /// While the broker judged the credential.
    Judged(Refusal),
}

impl From<SessionError> for Trouble {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl KafkaRun {
    async fn probe(&self, attempt: &mut Attempt) -> Result<(), Fault> {
        let hosts: Vec<&Endpoint> = self.destination.server.hosts.iter().filter(|one| attempt.is_for(one)).collect();
        let mut faults = Vec::new();
        for (index, endpoint) in hosts.iter().enumerate() {
            attempt.for_host((hosts.len() > 1).then(|| endpoint.host.to_string()));
            let parts = u32::try_from(hosts.len() - index).unwrap_or(u32::MAX);
            let share = attempt.deadline().saturating_duration_since(Instant::now()) / parts;
            let fault = match timeout(share, self.visit(attempt, endpoint)).await {
                Ok(Ok(answer)) => {
                    if !faults.is_empty() {
                        attempt.evidence().degraded = true;
                        attempt.facts().passed_over = in_words(&faults);
                    }
                    return self.conclude(attempt, answer).await;
                }
                Ok(Err(fault)) => fault,
                Err(_) => attempt.deadline_fault(),
            };
            let goes_on = is_of_one_broker(&fault);
            faults.push((*endpoint, fault));
            if !goes_on {
                break;
            }
        }
        Err(furthest(faults))
    }

    async fn conclude(&self, attempt: &mut Attempt, answer: Answer) -> Result<(), Fault> {
        if !answer.has_controller {
            warn(attempt, NO_CONTROLLER.to_owned(), NO_CONTROLLER_FIX);
        }
        answer.topics?;
        let Reached { unreachable, .. } = self.memory.turn.reach(attempt, &answer.brokers).await?;
        if let Some(text) = cluster::judge_reach(&unreachable, answer.brokers.len())? {
            warn(attempt, text, UNREACHABLE_FIX);
        }
        Ok(())
    }

    async fn open(&self, attempt: &mut Attempt, endpoint: &Endpoint) -> Result<Link, Fault> {
        // Report unreadable files before connecting.
        let tls = self.tls.as_ref().map(|keys| keys.options(&endpoint.host, attempt.world())).transpose()?;
        let mut io = self.destination.server.connect(attempt, endpoint).await?;
        if let Some(options) = &tls {
            io = attempt.start_tls(io, options).await?;
        }
        let is_verified = tls.is_some_and(|options| options.verify == Verify::Full);
        Ok(Link { client: Client::new(io), is_verified, offered: Vec::new() })
    }

    /// A session with one broker; where the check names no mechanism, another one with the next mechanism that the broker
    /// offers, as long as none was found by which it knows the user. Nothing of a password was sent until then.
    async fn visit(&self, attempt: &mut Attempt, endpoint: &Endpoint) -> Result<Answer, Fault> {
        let mut mechanism = self.credential.mechanism.or_else(|| self.memory.mechanism()).unwrap_or(OWN[0]);
        let mut tried = vec![mechanism];
        loop {
            let mut link = self.open(attempt, endpoint).await?;
            let trouble = match self.session(attempt, &mut link, endpoint, mechanism).await {
                Ok(answer) => {
                    attempt.hang_up(link.client.into_stream()).await;
                    self.remember(mechanism);
                    return Ok(answer);
                }
                Err(trouble) => trouble,
            };
            if let (Mechanism::Scram(_), Trouble::Judged(Refusal::Rejected(_))) = (mechanism, &trouble) {
                // The broker knows the user by this one.
                self.remember(mechanism);
            }
            let may_choose = self.credential.mechanism.is_none()
                && matches!(trouble, Trouble::Refused(Refusal::NotOffered(_)) | Trouble::Judged(Refusal::NoUser(_)));
            let untried = |one: &Mechanism| !tried.contains(one) && link.offered.iter().any(|name| name == one.name());
            let next = OWN.into_iter().find(untried).filter(|_| may_choose);
            match next {
                // PLAIN shows the password.
                Some(Mechanism::Plain) if self.tls.is_none() => {
                    let fault = attempt.of_connection(plain_alone(&link.offered));
                    attempt.hang_up(link.client.into_stream()).await;
                    return Err(fault);
                }
                Some(next) => {
                    attempt.hang_up(link.client.into_stream()).await;
                    mechanism = next;
                    tried.push(next);
                }
                None => return Err(self.end(attempt, link, endpoint, mechanism, trouble).await),
            }
        }
    }

    async fn session(
        &self,
        attempt: &mut Attempt,
        link: &mut Link,
        endpoint: &Endpoint,
        mechanism: Mechanism,
    ) -> Result<Answer, Trouble> {
        attempt.enter(Phase::Login);
        let versions = messages::versions(&mut link.client).await?;
        let version = metadata_version(attempt, &versions).map_err(Trouble::Fault)?;
        let method = match &self.credential.login {
            Some(login) => {
                self.log_in(attempt, link, endpoint, (mechanism, login), &versions).await?;
                mechanism.word()
            }
            None if let Some(Mechanism::Other(name)) = self.credential.mechanism => {
                return Err(Trouble::Fault(other_mechanism(name)));
            }
            None => "none",
        };
        attempt.facts().learn(AUTH_METHOD, Some(FactValue::word(method)));
        attempt.enter(Phase::Request);
        let answer = messages::metadata(&mut link.client, version, &self.destination.topics).await?;
        let turns = attempt.world().turns.clone();
        let _turn = turns.take_for(answer.len()).await;
        let metadata = messages::read_metadata(&answer, version)?;
        learn(attempt, &metadata);
        Ok(Answer {
            topics: metadata
                .judge(&self.destination.topics, self.min_isr)
                .map_err(|fault| attempt.of_connection(fault)),
            brokers: metadata.announced(endpoint),
            has_controller: metadata.has_controller,
        })
    }

    async fn log_in(
        &self,
        attempt: &mut Attempt,
        link: &mut Link,
        endpoint: &Endpoint,
        (mechanism, login): (Mechanism, &Login),
        versions: &Versions,
    ) -> Result<(), Trouble> {
        if let Mechanism::Other(name) = mechanism {
            return Err(Trouble::Fault(other_mechanism(name)));
        }
        let Speaks::Version(version) = versions.login() else {
            return Err(Trouble::Fault(other_version(
                "the broker is older than Kafka 1.0, whose logins pilotfish does not speak",
            )));
        };
        let offered = login::name(&mut link.client, mechanism).await;
        if let Ok(names) | Err(Refusal::NotOffered(names)) = &offered {
            link.offered.clone_from(names);
            learn_mechanisms(attempt, names);
        }
        offered.map_err(Trouble::Refused)?;
        if mechanism == Mechanism::Plain && self.tls.is_none() {
            attempt.note_cleartext_login(endpoint, CLEARTEXT_FIX);
        }
        let work = Work { least_rounds: self.least_rounds(link.is_verified), turns: attempt.world().turns.clone() };
        let result = login::prove(&mut link.client, version, mechanism, login, work).await;
        result.map_err(Trouble::Judged)
    }

    fn least_rounds(&self, is_verified: bool) -> u32 {
        self.min_rounds.unwrap_or(if is_verified { 1 } else { LEAST_ROUNDS })
    }

    /// The fault of a session that gave no answer, after its end.
    async fn end(
        &self,
        attempt: &mut Attempt,
        link: Link,
        endpoint: &Endpoint,
        mechanism: Mechanism,
        trouble: Trouble,
    ) -> Fault {
        let context = self.context(Some(mechanism));
        let (fault, speaks) = match &trouble {
            Trouble::Session(error) => (context.of_session(attempt, error), false),
            Trouble::Fault(fault) => (attempt.of_connection(fault.clone()), true),
            Trouble::Refused(refusal) => {
                (context.of_refusal(attempt, refusal), !matches!(refusal, Refusal::Session(_)))
            }
            Trouble::Judged(refusal) => {
                let fault = context.of_refusal(attempt, refusal);
                let is_closed = matches!(fault.cause, Cause::ConnectionClosed | Cause::ConnectReset);
                (if is_closed { fault.with(observed(code::CLOSED_AT_LOGIN)) } else { fault }, true)
            }
        };
        match speaks {
            true => attempt.hang_up(link.client.into_stream()).await,
            false => attempt.abandon(link.client.into_stream()).await,
        }
        let is_closed = matches!(fault.cause, Cause::ConnectionClosed | Cause::ConnectReset);
        if is_closed && fault.phase == Phase::Request && self.credential.login.is_none() {
            return self.login_required(attempt, endpoint).await.unwrap_or(fault);
        }
        fault
    }

    /// A listener with a login closes the connection at the first request without one. Whether it is such a listener, it says
    /// itself: it is asked for a mechanism, and nobody logs in.
    async fn login_required(&self, attempt: &mut Attempt, endpoint: &Endpoint) -> Option<Fault> {
        let mut link = self.open(attempt, endpoint).await.ok()?;
        attempt.enter(Phase::Login);
        let answer = match messages::versions(&mut link.client).await {
            Ok(_) => Some(login::name(&mut link.client, Mechanism::Plain).await),
            Err(_) => None,
        };
        attempt.hang_up(link.client.into_stream()).await;
        let (Some(Ok(offered)) | Some(Err(Refusal::NotOffered(offered)))) = answer else { return None };
        let list = if offered.is_empty() { String::new() } else { format!(" ({})", offered.join(", ")) };
        learn_mechanisms(attempt, &offered);
        let message = format!("the listener requires a login{list}, but no user and no password are set");
        let fault = LoginRefusal::Missing.fault(message).with(observed(code::LOGIN_REQUIRED));
        Some(attempt.of_connection(fault.stating("the listener requires a login")))
    }

    fn context(&self, mechanism: Option<Mechanism>) -> Context<'_> {
        Context {
            over_tls: self.tls.is_some(),
            mechanism,
            is_named: self.credential.mechanism.is_some(),
            secrets: self.secrets(),
        }
    }

    /// What no message may repeat.
    fn secrets(&self) -> Vec<&Secret> {
        self.credential
            .login
            .iter()
            .flat_map(|login| std::iter::once(&login.password).chain(&login.hidden_user))
            .collect()
    }

    fn remember(&self, mechanism: Mechanism) {
        if self.credential.mechanism.is_none() && self.credential.login.is_some() {
            self.memory.remember(mechanism);
        }
    }
}

/// Whether another broker may do better: this one was not reached, or is none.
fn is_of_one_broker(fault: &Fault) -> bool {
    let is_broken = matches!(
        fault.cause,
        Cause::Timeout | Cause::ConnectionClosed | Cause::ConnectReset | Cause::ProtocolError | Cause::TooLarge
    );
    fault.phase < Phase::Login || is_broken
}

fn metadata_version(attempt: &Attempt, versions: &Versions) -> Result<i16, Fault> {
    match versions.metadata() {
        Speaks::Version(version) => Ok(version),
        Speaks::Others => {
            Err(other_version("the broker does not speak the versions of Metadata that pilotfish has (4 to 8)"))
        }
        Speaks::Nothing => {
            let message = "the port is the listener of a KRaft controller, which serves no clients, not of a broker";
            Err(attempt.fault(Cause::ProtocolError, message).with(observed(code::CONTROLLER)).stating(message))
        }
    }
}

fn other_version(message: &str) -> Fault {
    Fault::new(Phase::Login, Cause::ProbeLimit, message).with(observed(code::VERSION)).stating(message)
}

fn other_mechanism(name: &str) -> Fault {
    let message = format!("pilotfish does not have the mechanism {name}: the check ends before the login");
    Fault::new(Phase::Login, Cause::ProbeLimit, &message).with(observed(code::OTHER_MECHANISM)).stating(message)
}

fn plain_alone(offered: &[String]) -> Fault {
    let text = "the check names no mechanism, and PLAIN without TLS is not chosen unasked";
    let message = format!("{text}; the broker offers {}", offered.join(", "));
    Fault::new(Phase::Login, Cause::ProbeLimit, message).with(observed(code::PLAIN_ALONE)).stating(text)
}

fn learn_mechanisms(attempt: &mut Attempt, offered: &[String]) {
    let offered = Some(offered.to_vec()).filter(|all| !all.is_empty());
    attempt.facts().learn(MECHANISMS, offered.map(FactValue::List));
}

/// Records what a broker reports about its cluster.
fn learn(attempt: &mut Attempt, metadata: &Metadata) {
    let brokers = metadata.brokers.iter().take(AT_MOST).map(|broker| broker.endpoint.to_string()).collect();
    attempt.facts().learn(BROKERS, Some(FactValue::List(brokers)));
    attempt.facts().learn(CLUSTER_ID, metadata.cluster_id.clone().map(FactValue::text));
}
