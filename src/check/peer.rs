//! The kind `peer`: asks like `http`, then reads what the peer says of its own health.
//!
//! A part that says it is down fails the check by its name, also under a 200. A warning passes as degraded, so that one
//! peer's trouble does not take the next one out (`accept_degraded: false` makes it a failure). An answer that cannot be
//! read passes as degraded too, with a finding.

use std::sync::Arc;

use crate::cause::Cause;
use crate::check::http::exchange::HttpResponse;
use crate::check::http::expect::body_in_words;
use crate::check::http::keys::HttpKeys;
use crate::check::http::origin::{HTTP_PORT, HTTPS_PORT};
use crate::check::http::read::read;
use crate::check::http::{self, BodyUse, Exchange, prepare};
use crate::check::words::Tone;
use crate::check::{Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject};
use crate::config::node::{Keys, Node};
use crate::env::Env;
use crate::findings::{Context, TlsKeyNames};
use crate::net::attempt::Attempt;
use crate::outcome::{Evidence, Fault, HealthRemark, Phase};
use crate::scheme::Scheme;
use crate::value::Value;

mod answer;
mod document;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod health;
mod names;
mod own_status;
mod products;
mod reading;
mod statement;
mod subject;
mod text;

use health::Health;
use reading::{Reading, Unreadable};

/// The kind.
pub const KIND: Kind = Kind {
    name: "peer",
    summary: "an HTTP request, and what the answer says about the health of the peer",
    example: r#"{url: "http://backend-api:8000/health", json: {database: connected}, accept_degraded: true}"#,
    url_form: "peer+http://host:port/health",
    schemes: &[
        Scheme::new("peer+http").port(HTTP_PORT).proxied(),
        Scheme::new("peer+https").port(HTTPS_PORT).tls().proxied(),
    ],
    subject: Subject::Server,
    shown: ShownKeys { plain: &PLAIN, ..http::SHOWN },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: |text| http::target_fault(text.strip_prefix("peer+").unwrap_or(text)),
    parse,
    from_url: |url| Arc::new(Peer { keys: Arc::new(HttpKeys::of_url(url)), accept_degraded: true }),
    facts: &[],
    hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<PeerKeys>(),
};

/// The key that `peer` has beside those of `http`.
const ACCEPT_DEGRADED: &str = "accept_degraded";
/// Keys that are shown as they are written: those of `http`, and our own.
const PLAIN: [&str; http::PLAIN.len() + 1] = {
    let mut keys = [ACCEPT_DEGRADED; http::PLAIN.len() + 1];
    keys.split_at_mut(http::PLAIN.len()).0.copy_from_slice(&http::PLAIN);
    keys
};
/// What to do where the peer passes and says that something is not well.
const WARNING_FIX: &str = "check that part in the log of the peer; accept_degraded: false makes it a failure";

/// Asks a peer for its health. The keys are those of `http`, and one more.
#[cfg(test)]
#[derive(schemars::JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
#[expect(dead_code, reason = "it stands for the schema; the keys are read in two parts")]
struct PeerKeys {
    #[serde(flatten)]
    http: HttpKeys,
    #[serde(flatten)]
    own: OwnKeys,
}

/// What `peer` has of its own.
#[derive(Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct OwnKeys {
    /// `true`, the default: a peer that reports a warning passes, degraded. `false`: it fails.
    accept_degraded: Option<bool>,
}

struct Peer {
    keys: Arc<HttpKeys>,
    accept_degraded: bool,
}

fn parse(node: &Node) -> Parsed {
    let (keys, own) = read::<OwnKeys>(node, &[ACCEPT_DEGRADED])?;
    Ok(Arc::new(Peer { keys: Arc::new(keys), accept_degraded: own.accept_degraded.unwrap_or(true) }))
}

impl Check for Peer {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let accept_degraded = self.accept_degraded;
        prepare(&self.keys, env, |exchange| PeerRun { exchange, accept_degraded })
    }

    fn stays_in_pod(&self) -> bool {
        self.keys.is_on_socket()
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }
}

/// A request for health, with the values of one run.
struct PeerRun {
    exchange: Exchange,
    accept_degraded: bool,
}

impl Runnable for PeerRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let wanted = &self.exchange.wanted;
            let (request, response) = self.exchange.ask(attempt, BodyUse::Health).await?;
            let status = wanted.status(&request, &response);
            let _turn = attempt.world().turns.take_for(response.body.len()).await;
            let reading = answer::read(&response).await;
            if let Reading::Health(health) = &reading {
                attempt.facts().health.clone_from(&health.word);
            }
            match status {
                Err(fault) if fault.cause == Cause::HttpStatus => {
                    return Err(under_another_status(fault, response.status, &reading));
                }
                Err(fault) => return Err(fault),
                Ok(()) => {}
            }
            if let Reading::Health(health) = &reading
                && self.judge(health)? == Tone::Warn
            {
                attempt.evidence().degraded = true;
                let text = health.in_words();
                attempt.facts().health_warning = Some(HealthRemark { text, fix: WARNING_FIX.to_owned() });
            }
            wanted.content(&response).await?;
            // Where the configuration says what the body must hold, it is known for what it is.
            if let Some(unread) = unread(&reading).filter(|_| !wanted.says_of_the_body()) {
                attempt.evidence().degraded = true;
                attempt.facts().health_unread = Some(unread.in_words(&response));
            }
            Ok(())
        })
    }
}

/// The status is not wanted. Where the body says that something is down, that is the better answer; but under 4xx a bare
/// word (`{"status":"error"}`) is about our request, not about the peer, and the number of a status says nothing new.
fn under_another_status(fault: Fault, status: u16, reading: &Reading) -> Fault {
    match reading {
        Reading::Health(health)
            if health.tone == Tone::Bad && (health.names_parts() || (status >= 500 && !health.is_code)) =>
        {
            let message = format!("{} ({})", health.as_message(), fault.message);
            Fault { detail: fault.detail, ..down(health, message) }
        }
        Reading::Health(_) | Reading::Silent | Reading::Unreadable(_) => fault,
    }
}

/// What could not be read of an answer that passes.
fn unread(reading: &Reading) -> Option<Unreadable> {
    match reading {
        Reading::Unreadable(why) => Some(why.clone()),
        Reading::Health(health) => health.unknown().map(|place| Unreadable::Word(place.to_owned())),
        Reading::Silent => None,
    }
}

impl Unreadable {
    /// What it is, and what to do about it.
    fn in_words(&self, answer: &HttpResponse) -> HealthRemark {
        let body = body_in_words(answer);
        let (text, fix) = match self {
            Self::Word(place) if place.is_empty() => (
                "the answer is a word that pilotfish does not know".to_owned(),
                "read it with pilotfish check; if it is good news, set body_contains to it",
            ),
            Self::Word(place) => (
                format!("{place} is a word that pilotfish does not know"),
                "read it with pilotfish check; if it is good news, set json to it",
            ),
            Self::Packed(_) => {
                (body, "let the server send this path as it is (Accept-Encoding: identity), or with gzip")
            }
            Self::Binary => (
                format!("{body} is no text in UTF-8"),
                "let the path answer with JSON or text in UTF-8, or use the kind http if its status says enough",
            ),
            Self::Page => (
                format!("{body} is a page for people, and not the peer's health"),
                "use the path of the backend (/api/health) and its own Service: a frontend's router or a proxy answers \
                 every path; if the page is the health check, set body_contains",
            ),
            Self::Markup => (
                format!("{body} is XML"),
                "let the path answer with JSON, or set body_contains to what the answer must hold",
            ),
            Self::NoJson => (
                format!("{body} is no valid JSON, though it says or looks so"),
                "let the app write valid JSON, or set body_contains to what the answer must hold",
            ),
            Self::TooLarge => (
                format!("the health document has more than {} values", document::LIMIT),
                "use a path with a shorter answer, or set json to what must hold",
            ),
            Self::Stream => (
                "the answer is a stream of events".to_owned(),
                "use a path with an answer that ends, or the kind http if its status says enough",
            ),
        };
        HealthRemark { text, fix: fix.to_owned() }
    }
}

impl PeerRun {
    /// What the body says under a status that is wanted.
    fn judge(&self, health: &Health) -> Result<Tone, Fault> {
        match health.tone {
            Tone::Bad => Err(down(health, health.as_message())),
            Tone::Warn if !self.accept_degraded => {
                Err(down(health, format!("{}, and accept_degraded is false", health.as_message())))
            }
            tone => Ok(tone),
        }
    }
}

/// As of any HTTP answer, and of what the peer reports.
fn hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    match fault.cause {
        Cause::HealthDown => {
            http::hint::explained(fault).filter(|_| !http::is_health_document(fault)).map(str::to_owned).or_else(|| {
                Some(
            "Check the peer's own log (kubectl logs) for the part that is down. The peer runs and reports this itself."
                .to_owned(),
        )
            })
        }
        _ => http::hint::hint(fault, evidence, context),
    }
}

fn down(health: &Health, message: String) -> Fault {
    Fault::new(Phase::Assert, Cause::HealthDown, message).stating(health.statement())
}
