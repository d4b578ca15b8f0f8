//! `amqp`: a fresh login with the pod's own credentials to a virtual host of RabbitMQ, or of another broker that speaks AMQP
//! 0-9-1; then, if asked for, whether a queue exists.
//!
//! Each run logs in once, and publishes and consumes nothing. So alarms of the broker (memory, disk), which block publishers
//! alone, stay out of sight unless the broker announces them by itself.

mod auth;
mod close;
mod code;
mod discovery;
mod errors;
mod fault;
mod fields;
mod frames;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hint;
mod keys;
mod login;
mod parameters;
mod session;
#[cfg(test)]
mod testing;
mod vhost;

use std::sync::Arc;

use crate::check::server_keys::ServerKeys;
use crate::check::tls_keys::PEM_KEYS;
use crate::check::{Care, Check, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, fault_of_url};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::{Reading, TlsKeyNames};
use crate::mask;
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::outcome::{
    AUTH_METHOD, FactKey, FactValue, Fault, HealthRemark, Phase, SERVER_TEXT_LIMIT, SERVER_VERSION, clean_text,
};
use crate::value::Value;

use fault::Stage;
use frames::{Frames, SessionError};
use keys::{AmqpKeys, Destination, GUEST, RULES};
use login::Credential;
use session::Queue;

/// The form of its URLs.
const URL_FORM: &str = "amqp://user:password@host:5672/vhost";
/// How TLS is asked for.
const CLEARTEXT_FIX: &str = "enable TLS on the broker, and write amqps:// in the URL of the app and of this check";
const BLOCKED_FIX: &str = "free memory or disk on the broker (rabbitmq-diagnostics alarms shows which): until then apps \
                           cannot publish";

/// What the key `queue` does.
const RENEWS: &str = "each run counts as a use of the queue: if the queue has `x-expires`, it never expires while this check \
                      runs; then remove the key";

const QUEUE_STATE: FactKey = FactKey { name: "queue_state", meaning: "`open`, or `exclusive` to another connection" };
const QUEUE_MESSAGES: FactKey =
    FactKey { name: "queue_messages", meaning: "how many messages in the queue are ready for a consumer" };
const QUEUE_CONSUMERS: FactKey = FactKey { name: "queue_consumers", meaning: "how many consumers the queue has" };

/// The kind.
pub const KIND: Kind = Kind {
    name: "amqp",
    summary: "logs in to RabbitMQ (AMQP 0-9-1) with the pod's own credentials and opens the virtual host; publishes \
              nothing, so it sees no alarm",
    example: "{url: {env: RABBITMQ_URL}, password: {file: /etc/secrets/rabbitmq}, queue: jobs}",
    url_form: URL_FORM,
    schemes: RULES.schemes,
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &["auth", "host", "port", "server_name", "socket", "user", "username", "verify", "vhost"],
        urls: &["url"],
        paths: PEM_KEYS,
        ..ShownKeys::NONE
    },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: discovery::RULE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: |text| fault_of_url(parse, text),
    parse,
    from_url: |url| Arc::new(Amqp { keys: AmqpKeys { server: ServerKeys::of_url(url), ..AmqpKeys::default() } }),
    facts: &[SERVER_VERSION, AUTH_METHOD, QUEUE_STATE, QUEUE_MESSAGES, QUEUE_CONSUMERS],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| crate::check::server_keys::schema::<keys::OwnKeys>(generator, URL_FORM),
};

/// A configured check.
#[derive(Debug)]
struct Amqp {
    keys: AmqpKeys,
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Amqp { keys: AmqpKeys::read(node)? }))
}

impl Check for Amqp {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let destination = self.keys.destination(env);
        Prepared::new(
            destination.as_ref().map_or_else(|fault| self.keys.server.blamed_origin(fault), Destination::target),
            destination.as_ref().map(|destination| destination.server.endpoints()).unwrap_or_default(),
            self.keys.named().flat_map(|(key, value)| Reading::all(key, value, env)).collect(),
            destination.and_then(|destination| {
                let credential = self.keys.credential(&destination, env)?;
                Ok(AmqpRun { credential, queue: self.keys.queue(env)?, destination })
            }),
        )
    }

    fn stays_in_pod(&self) -> bool {
        self.keys.server.is_on_socket(&RULES)
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }

    fn warnings(&self) -> Vec<(&'static str, &'static str)> {
        self.keys.own.queue.iter().map(|_| ("queue", RENEWS)).collect()
    }
}

/// The values of one run; the files of CA and client certificate are read when TLS starts.
struct AmqpRun {
    destination: Destination,
    credential: Credential,
    queue: Option<String>,
}

impl Runnable for AmqpRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(self.probe(attempt))
    }
}

impl AmqpRun {
    async fn probe(&self, attempt: &mut Attempt) -> Result<(), Fault> {
        let endpoint = self.destination.server.endpoint();
        // Report unreadable files before connecting.
        let tls = self.destination.tls.as_ref();
        let tls = tls.map(|keys| keys.options(&endpoint.host, attempt.world())).transpose()?;
        let mut io = self.destination.server.connect(attempt, endpoint).await?;
        if let Some(options) = &tls {
            io = attempt.start_tls(io, options).await?;
        }
        let mut frames = Frames::new(io);
        let mut stage = Stage::Start;
        let result = self.talk(attempt, &mut frames, &mut stage).await;
        let result = result.map_err(|error| (self.subject().fault(attempt, stage, &error), error));
        self.end(attempt, frames, result.as_ref().err().map(|(_, error)| error), stage).await;
        result.map_err(|(fault, _)| fault)
    }

    async fn talk(
        &self,
        attempt: &mut Attempt,
        frames: &mut Frames<Io>,
        stage: &mut Stage,
    ) -> Result<(), SessionError> {
        attempt.enter(Phase::Login);
        let greeting = login::greet(frames).await?;
        attempt.facts().learn(SERVER_VERSION, greeting.version.clone().map(FactValue::text));
        *stage = Stage::Login;
        if self.destination.tls.is_none() && self.credential.secret().is_some() {
            attempt.note_cleartext_login(self.destination.server.endpoint(), CLEARTEXT_FIX);
        }
        let limits = login::log_in(frames, &greeting, &self.credential).await?;
        attempt.facts().learn(AUTH_METHOD, Some(FactValue::word(self.credential.word())));
        *stage = Stage::Open;
        login::open(frames, limits, self.destination.vhost()).await?;
        let Some(name) = &self.queue else { return Ok(()) };
        *stage = Stage::Queue;
        attempt.enter(Phase::Request);
        let queue = session::queue(frames, name).await?;
        learn(attempt, queue);
        Ok(())
    }

    /// Says goodbye to what speaks the protocol, and leaves alone what does not.
    async fn end(&self, attempt: &mut Attempt, mut frames: Frames<Io>, error: Option<&SessionError>, stage: Stage) {
        let speaks = match error {
            None | Some(SessionError::ChannelClosed(_)) => {
                // The server may have died meanwhile: the session was good.
                drop(attempt.aside(frames.close()).await);
                true
            }
            Some(SessionError::Closed(_)) if stage != Stage::Start => {
                attempt.aside(frames.confirm_close()).await;
                true
            }
            Some(_) => false,
        };
        if let (None, Some(reason)) = (error, frames.blocked()) {
            let reason = clean_text(reason, SERVER_TEXT_LIMIT);
            let text = match mask::sentence(&reason, true, self.credential.secret().into_iter()) {
                reason if reason.is_empty() => "the broker blocks publishers".to_owned(),
                reason => format!("the broker blocks publishers: {reason}"),
            };
            attempt.evidence().degraded = true;
            attempt.facts().health_warning = Some(HealthRemark { text, fix: BLOCKED_FIX.to_owned() });
        }
        match speaks {
            true => attempt.hang_up(frames.into_stream()).await,
            false => attempt.abandon(frames.into_stream()).await,
        }
    }

    fn subject(&self) -> fault::Subject<'_> {
        let server = &self.destination.server;
        let is_default = |user: &str| server.user.is_none() && user == GUEST;
        let has_default_login = matches!(&self.credential, Credential::Plain { user, .. } if is_default(user));
        fault::Subject {
            credential: &self.credential,
            shown_user: server.shown_user().or(has_default_login.then_some(GUEST)),
            has_default_login,
            vhost: self.destination.vhost(),
            shown_vhost: self.destination.shown_vhost(),
            has_default_vhost: self.destination.vhost.is_none(),
            queue: self.queue.as_deref(),
            over_tls: self.destination.tls.is_some(),
        }
    }
}

/// Records what is known of the queue.
fn learn(attempt: &mut Attempt, queue: Queue) {
    let (word, counts) = match queue {
        Queue::Open { messages, consumers } => ("open", Some((messages, consumers))),
        Queue::Exclusive => ("exclusive", None),
    };
    let number = |number: u32| FactValue::text(number.to_string());
    let facts = attempt.facts();
    facts.learn(QUEUE_STATE, Some(FactValue::word(word)));
    facts.learn(QUEUE_MESSAGES, counts.map(|(messages, _)| number(messages)));
    facts.learn(QUEUE_CONSUMERS, counts.map(|(_, consumers)| number(consumers)));
}
