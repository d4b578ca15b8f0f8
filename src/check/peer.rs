//! The kind `peer`: asks like `http`, then reads what the peer says of its own health.
//!
//! A part that says it is down fails the check by its name, also under a 200. A warning passes as degraded, so that one
//! peer's trouble does not take the next one out (`accept_degraded: false` makes it a failure).

use std::sync::Arc;

use hyper::header::CONTENT_TYPE;
use serde::Deserialize;

use crate::cause::Cause;
use crate::check::http::exchange::HttpResponse;
use crate::check::http::expect::body_in_words;
use crate::check::http::keys::HttpKeys;
use crate::check::http::origin::{HTTP_PORT, HTTPS_PORT};
use crate::check::http::{self, Exchange, contradictions, prepare};
use crate::check::words::Tone;
use crate::check::{Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject};
use crate::config::node::{self, LenientParse, Node, Raw};
use crate::env::Env;
use crate::findings::{Context, TlsKeyNames};
use crate::net::attempt::Attempt;
use crate::outcome::{Detail, Evidence, Fault, HealthWarning, HttpDetail, Phase};
use crate::scheme::Scheme;
use crate::value::Value;

mod document;
mod health;

use health::{Health, Reading};

/// The kind.
pub const KIND: Kind = Kind {
    name: "peer",
    summary: "an HTTP request, and the answer's own word on the peer's health",
    example: r#"{url: "http://backend-api:8000/health", json: {database: connected}, accept_degraded: true}"#,
    url_form: "peer+http://host:port/health",
    schemes: &[Scheme::new("peer+http").port(HTTP_PORT), Scheme::new("peer+https").port(HTTPS_PORT).tls()],
    subject: Subject::Server,
    shown: ShownKeys { plain: &PLAIN, ..http::SHOWN },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: DiscoveryRule::NONE,
    target_fault: |text| http::target_fault(text.strip_prefix("peer+").unwrap_or(text)),
    parse,
    from_url: |url| Arc::new(Peer { keys: Arc::new(HttpKeys::of_url(url)), accept_degraded: true }),
    facts: &[],
    hint,
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
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct OwnKeys {
    /// `true`, the default: a peer that warns of itself passes, degraded. `false`: it fails.
    accept_degraded: Option<bool>,
}

struct Peer {
    keys: Arc<HttpKeys>,
    accept_degraded: bool,
}

fn parse(node: &Node) -> Parsed {
    let (own, shared) = split(node);
    let own = node::read::<OwnKeys>(&own);
    let shared = node::parse_leniently::<HttpKeys>(&shared, &[ACCEPT_DEGRADED]);
    let (keys, own) = match (shared, own) {
        (LenientParse { value: Some(keys), whole: true, .. }, Ok(own)) => (keys, own),
        (LenientParse { problems, .. }, own) => return Err(own.err().into_iter().flatten().chain(problems).collect()),
    };
    contradictions(&keys, node)?;
    Ok(Arc::new(Peer { keys: Arc::new(keys), accept_degraded: own.accept_degraded.unwrap_or(true) }))
}

/// The mapping in two: our own key, and those shared with `http`.
fn split(node: &Node) -> (Node, Node) {
    let Raw::Mapping(entries) = &node.raw else {
        return (Node { span: node.span, raw: Raw::Mapping(Vec::new()) }, node.clone());
    };
    let (own, shared) = entries.iter().cloned().partition(|(key, _)| key.text() == Some(ACCEPT_DEGRADED));
    (Node { span: node.span, raw: Raw::Mapping(own) }, Node { span: node.span, raw: Raw::Mapping(shared) })
}

impl Check for Peer {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let accept_degraded = self.accept_degraded;
        prepare(&self.keys, env, |exchange| PeerRun { exchange, accept_degraded })
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
            let (request, answer) = self.exchange.ask(attempt).await?;
            let status = wanted.status(&request, &answer);
            let reading = health::read(media_type(&answer), &answer.body);
            if let Reading::Health(health) = &reading {
                attempt.facts().health.clone_from(&health.word);
            }
            match status {
                Err(fault) if fault.cause == Cause::HttpStatus => {
                    return Err(under_another_status(fault, answer.status, &reading));
                }
                Err(fault) => return Err(fault),
                Ok(()) => {}
            }
            if self.judge(&reading, &answer, wanted.says_of_the_body())? == Tone::Warn {
                attempt.evidence().degraded = true;
                if let Reading::Health(health) = &reading {
                    let text = health.in_words();
                    attempt.facts().health_warning = Some(HealthWarning { text, fix: WARNING_FIX });
                }
            }
            wanted.content(&answer)
        })
    }
}

fn media_type(answer: &HttpResponse) -> &str {
    answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The status is not wanted. Where the body says that something is down, that is the better answer; but under 4xx a bare
/// word (`{"status":"error"}`) is about our request, not about the peer.
fn under_another_status(fault: Fault, status: u16, reading: &Reading) -> Fault {
    match reading {
        Reading::Health(health) if health.tone == Tone::Bad && (status >= 500 || health.names_parts()) => {
            down(format!("{} ({})", health.in_words(), fault.message))
        }
        Reading::Health(_) | Reading::Silent | Reading::Page | Reading::NoJson | Reading::TooLarge => fault,
    }
}

impl PeerRun {
    /// What the body says under a status that is wanted.
    fn judge(&self, reading: &Reading, answer: &HttpResponse, body_is_expected: bool) -> Result<Tone, Fault> {
        match reading {
            Reading::Health(health) => self.judge_health(health),
            Reading::TooLarge => Err(Fault::new(
                Phase::Assert,
                Cause::TooLarge,
                format!("the health document has more than {} values", document::LIMIT),
            )),
            // Where the configuration says what the page must hold, it is known to be a page.
            Reading::Page if !body_is_expected => {
                let message =
                    format!("answered with a page for people, not with its health: {}", body_in_words(answer));
                let fault = Fault::new(Phase::Assert, Cause::JsonMismatch, message);
                Err(fault.with(Detail::Http(HttpDetail::PageForPeople)))
            }
            Reading::NoJson if !body_is_expected => {
                let message = format!("{} is no JSON, though it begins so", body_in_words(answer));
                Err(Fault::new(Phase::Assert, Cause::JsonMismatch, message))
            }
            Reading::Page | Reading::NoJson | Reading::Silent => Ok(Tone::Good),
        }
    }

    fn judge_health(&self, health: &Health) -> Result<Tone, Fault> {
        match health.tone {
            Tone::Bad => Err(down(health.in_words())),
            Tone::Warn if !self.accept_degraded => {
                Err(down(format!("{}, and accept_degraded is false", health.in_words())))
            }
            tone => Ok(tone),
        }
    }
}

/// As of any HTTP answer, and of what the peer says of itself.
fn hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    match fault.cause {
        Cause::HealthDown => Some(
            "The peer runs and reports that it is not healthy. Check the part that it names, in the peer's own log \
             (kubectl logs)."
                .to_owned(),
        ),
        _ => http::hint::hint(fault, evidence, context),
    }
}

fn down(message: String) -> Fault {
    Fault::new(Phase::Assert, Cause::HealthDown, message)
}
