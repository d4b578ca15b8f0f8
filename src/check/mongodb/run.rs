//! One run: find the server, log in, ask, and say hello to the other members of its replica set.

use std::sync::Arc;
use std::time::Duration;

use bson::raw::{RawDocumentBuf, cstr};
use tokio::time::{Instant, timeout};

use super::code;
use super::errors::Known;
use super::facts::{REPLICA_SET, SERVER_STATE};
use super::fault::Session;
use super::hello::{Asked, State};
use super::keys::Settings;
use super::link::{Link, Opener};
use super::login::{EXTERNAL, Login, log_in};
use super::members;
use super::parameters::Parameters;
use super::role::{Place, Wanted};
use super::srv;
use super::url::UrlOddity;
use super::wire::SessionError;
use super::words::{Mechanism, MechanismWord};
use crate::check::announced::Turn;
use crate::check::login::{Cleartext, stating};
use crate::check::several::{furthest, in_words};
use crate::check::warning::warn;
use crate::check::{Run, Runnable};
use crate::mask::Mask;
use crate::net::attempt::Attempt;
use crate::net::turns::slices;
use crate::outcome::{AUTH_METHOD, FactValue, Facts, Fault, Phase, SERVER_VERSION, clean_text};
use crate::secret::Secret;
use crate::url::Endpoint;

const NO_SLASH: &str = "the URL has no `/` before its `?`, and some drivers reject that";
const COLON: &str = "the password in the URL has a `:`, and some drivers reject that";
const COLON_FIX: &str = "write %3A for the `:` in the password";
const SLASH_FIX: &str = "write `/` before the `?` of the URL: mongodb://HOST/?OPTION";
/// For how long a proof is computed before others get their turn.
const SLICE: Duration = Duration::from_millis(2);
/// A shorter password is in every text, in bytes.
const SHORTEST: usize = 4;
/// The longest version of a server that is shown, in bytes.
const VERSION_LIMIT: usize = 64;

/// The values of one run; the files of CA and client certificate are read when TLS starts.
pub(super) struct MongodbRun {
    pub(super) settings: Settings,
    /// Whose turn it is of the members of a replica set.
    pub(super) turn: Arc<Turn>,
}

impl Runnable for MongodbRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let result = self.probe(attempt).await;
            let user = self.settings.destination.server.shown_user();
            // A name from the URL, such as that of its replica set, may be the password.
            let mut mask = Mask::default();
            let password = self.settings.password.iter().map(Secret::expose).filter(|text| text.len() >= SHORTEST);
            password.for_each(|text| mask.add(text));
            let database = self.settings.destination.database.as_deref();
            result.map_err(|fault| mask.strike_fault(stating(fault, user, database)))
        })
    }
}

impl MongodbRun {
    async fn probe(&self, attempt: &mut Attempt) -> Result<(), Fault> {
        let settings = &self.settings;
        let destination = &settings.destination;
        let mut parameters = destination.parameters.clone();
        let seeds = match &destination.srv {
            Some((host, service)) => srv::seeds(attempt, host, service, &mut parameters).await?,
            None => destination.server.hosts.iter().filter(|host| attempt.is_for(host)).cloned().collect(),
        };
        let source = settings.source(&parameters);
        let asked_user = self.asked_user(&source);
        let secrets: Vec<&Secret> = settings.password.iter().collect();
        let opener = Opener {
            settings,
            asked: Asked { user: asked_user.as_deref(), load_balanced: parameters.load_balanced },
            session: Session {
                secrets: &secrets,
                over_tls: settings.tls.is_some(),
                logs_in: settings.logs_in(),
                known: Known::Nothing,
                least_rounds: settings.least_rounds,
            },
        };
        let wanted = self.wanted(&parameters);
        let (link, greeted) = choose(&opener, attempt, &wanted, &seeds).await?;
        let hello = link.hello.clone();
        self.serve(attempt, link, &opener, &source).await?;
        match destination.oddity {
            Some(UrlOddity::NoSlash) => warn(attempt, NO_SLASH.to_owned(), SLASH_FIX),
            Some(UrlOddity::Colon) => warn(attempt, COLON.to_owned(), COLON_FIX),
            None => {}
        }
        // Whoever is led to one server only uses no other.
        if hello.set.is_none() || wanted.direct || wanted.load_balanced {
            return Ok(());
        }
        // Nobody logs in to the others.
        let opener = Opener { asked: Asked { user: None, ..opener.asked }, ..opener };
        // What is reported of certificates is about the server of the login.
        let facts = attempt.facts().clone();
        members::survey(&opener, attempt, &wanted, &hello, &greeted, &self.turn).await?;
        let warning = attempt.facts().health_warning.take();
        *attempt.facts() = Facts { health_warning: warning, ..facts };
        Ok(())
    }

    fn wanted(&self, parameters: &Parameters) -> Wanted {
        let (settings, destination) = (&self.settings, &self.settings.destination);
        let set = settings.set.clone().or_else(|| parameters.set.clone());
        let several = destination.srv.is_some() || destination.server.hosts.len() > 1;
        Wanted {
            role: settings.role,
            // A check on a socket does not leave the pod.
            direct: settings.direct == Some(true) || destination.server.socket.is_some(),
            load_balanced: parameters.load_balanced,
            discovers: several || set.is_some() || settings.direct == Some(false),
            set,
        }
    }

    /// The user whose login methods the hello asks for, where the server is to choose.
    fn asked_user(&self, source: &str) -> Option<String> {
        let user = self.settings.user().filter(|_| self.settings.mechanism.is_none())?;
        Some(format!("{source}.{user}"))
    }

    /// Logs in, sends a command that needs the login, and ends the connection.
    async fn serve(
        &self,
        attempt: &mut Attempt,
        mut link: Link,
        opener: &Opener<'_>,
        source: &str,
    ) -> Result<(), Fault> {
        learn(attempt, &link);
        let mut result = self.authenticate(attempt, &mut link, source).await;
        if result.is_ok() {
            attempt.enter(Phase::Request);
            result = self.ask(attempt, &mut link).await;
        }
        match result {
            Ok(()) => {
                link.close(attempt).await;
                Ok(())
            }
            Err(error) => {
                let unknown = self.unknown_user(&link, source);
                let known = match (self.settings.mechanism, unknown.as_deref()) {
                    (Some(MechanismWord::Spoken(Mechanism::X509)), _) => Known::Certificate,
                    (_, Some(unknown)) => Known::Unlisted(unknown),
                    (_, None) => Known::Nothing,
                };
                let session = Session { known, ..opener.session };
                let fault = session.fault(attempt, &error);
                link.close_after(attempt, &error).await;
                Err(fault)
            }
        }
    }

    async fn authenticate(&self, attempt: &mut Attempt, link: &mut Link, source: &str) -> Result<(), SessionError> {
        let settings = &self.settings;
        attempt.enter(Phase::Login);
        if !settings.logs_in() {
            attempt.facts().learn(AUTH_METHOD, Some(FactValue::word("none")));
            return Ok(());
        }
        let mechanism = match settings.mechanism {
            Some(MechanismWord::Spoken(mechanism)) => mechanism,
            Some(MechanismWord::NotSpoken(name)) => {
                let text = format!("the login method is {name}, which pilotfish does not have");
                return Err(SessionError::Limit(code::NOT_SPOKEN, text));
            }
            None => Mechanism::of_list(link.hello.mechanisms.as_deref()),
        };
        if mechanism == Mechanism::Plain {
            self.may_send_password(link.verified)?;
        }
        attempt.facts().learn(AUTH_METHOD, Some(FactValue::word(mechanism.word())));
        let source = if mechanism == Mechanism::X509 { EXTERNAL } else { source };
        let login = Login {
            user: settings.user(),
            password: settings.password.as_ref(),
            source,
            least_rounds: settings.least_rounds,
        };
        let turns = attempt.world().turns.clone();
        log_in(&mut link.wire, mechanism, login, &turns, slices(SLICE)).await
    }

    /// Whether the password itself may go over this connection.
    fn may_send_password(&self, verified: Option<bool>) -> Result<(), SessionError> {
        let (code, why) = match (verified, self.settings.cleartext) {
            (Some(true), _) | (Some(false), Cleartext::Encrypted) => return Ok(()),
            (Some(false), Cleartext::Verified) => (code::PLAIN_UNVERIFIED, "the server's certificate was not verified"),
            (None, _) => (code::PLAIN_WITHOUT_TLS, "the connection is not encrypted"),
        };
        let text = format!("PLAIN sends the password in clear text, and {why}: it was not sent");
        Err(SessionError::Limit(code, text))
    }

    /// A command that every user may run; without a user, one that a server which requires a login refuses.
    async fn ask(&self, attempt: &mut Attempt, link: &mut Link) -> Result<(), SessionError> {
        let mut command = RawDocumentBuf::new();
        if self.settings.logs_in() {
            command.append(cstr!("ping"), 1_i32);
        } else {
            command.append(cstr!("listDatabases"), 1_i32);
            command.append(cstr!("nameOnly"), true);
            // A secondary answers, too.
            command
                .append(cstr!("$readPreference"), RawDocumentBuf::from_iter([(cstr!("mode"), "secondaryPreferred")]));
        }
        link.wire.run(command, "admin").await?;
        let mut command = RawDocumentBuf::new();
        command.append(cstr!("buildInfo"), 1_i32);
        // The version is nothing that an app needs.
        if let Some(Ok(reply)) = attempt.aside(link.wire.run(command, "admin")).await {
            let version = reply.get_str("version").ok().map(|version| clean_text(version, VERSION_LIMIT));
            attempt.facts().learn(SERVER_VERSION, version.map(FactValue::text));
        }
        Ok(())
    }

    /// That a server which was asked for the user's login methods lists none, in words.
    fn unknown_user(&self, link: &Link, source: &str) -> Option<String> {
        let asked = self.asked_user(source).is_some() && link.hello.mechanisms.is_none();
        let user =
            self.settings.destination.server.shown_user().map_or("this user".to_owned(), |user| format!("user {user}"));
        asked.then(|| format!("the server lists no login method for {user} in the database {source}"))
    }
}

/// The server to log in to, and all that said hello until it was found.
async fn choose(
    opener: &Opener<'_>,
    attempt: &mut Attempt,
    wanted: &Wanted,
    seeds: &[Endpoint],
) -> Result<(Link, Vec<Endpoint>), Fault> {
    let first = first(opener, attempt, seeds).await?;
    let mut greeted = vec![first.endpoint.clone()];
    match wanted.place(&first.hello) {
        Ok(Place::Here) => Ok((first, greeted)),
        Ok(Place::Elsewhere) => {
            let (endpoint, hello) = (first.endpoint.clone(), first.hello.clone());
            first.close(attempt).await;
            let link = members::find(opener, attempt, wanted, (&endpoint, &hello), seeds, &mut greeted).await?;
            Ok((link, greeted))
        }
        Err(fault) => {
            let fault = attempt.of_connection(fault);
            first.close(attempt).await;
            Err(fault)
        }
    }
}

/// The first server of the URL that says hello.
async fn first(opener: &Opener<'_>, attempt: &mut Attempt, seeds: &[Endpoint]) -> Result<Link, Fault> {
    let mut faults = Vec::new();
    for (index, seed) in seeds.iter().enumerate() {
        if seeds.len() > 1 {
            attempt.for_host(Some(seed.host.to_string()));
        }
        let parts = u32::try_from(seeds.len() - index).unwrap_or(u32::MAX);
        let time = attempt.deadline().saturating_duration_since(Instant::now()) / parts;
        let fault = match timeout(time, opener.open(attempt, seed)).await {
            Ok(Ok(link)) => {
                if !faults.is_empty() {
                    attempt.evidence().degraded = true;
                    attempt.facts().passed_over = in_words(&faults);
                }
                return Ok(link);
            }
            Ok(Err(fault)) => fault,
            Err(_) => attempt.deadline_fault(),
        };
        faults.push((seed, fault));
    }
    Err(furthest(faults))
}

/// Records what a server reports about itself.
fn learn(attempt: &mut Attempt, link: &Link) {
    let word = match link.hello.state {
        State::Standalone => "standalone",
        State::Mongos => "mongos",
        State::Primary => "primary",
        State::Secondary => "secondary",
        State::Arbiter => "arbiter",
        State::NotInitiated => "not_initiated",
        State::Recovering => "recovering",
    };
    attempt.facts().learn(SERVER_STATE, Some(FactValue::word(word)));
    attempt.facts().learn(REPLICA_SET, link.hello.set.clone().map(FactValue::text));
}
