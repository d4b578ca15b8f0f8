//! The kind `http`: one request, and every expectation of its answer.
//!
//! `peer` asks in the same way and reads more out of the answer. How it asks is in `ask`; what a browser would make of
//! the answer is in `cors`, what Better Auth makes of an origin in `trusted_origin`.

use std::sync::Arc;

use crate::check::http::cors::{Cors, CorsKeys};
use crate::check::http::keys::HttpKeys;
use crate::check::http::origin::{HTTP_PORT, HTTPS_PORT};
use crate::check::http::page_origin::PageOrigin;
use crate::check::tls_keys::PEM_KEYS;
use crate::check::{Care, Check, DiscoveryRule, Kind, Parsed, Prepared, ShownKeys, Subject, fault_of_url};
use crate::config::node::{Keys, Node, Problem};
use crate::env::Env;
use crate::findings::{Context, TlsKeyNames};
use crate::outcome::{Evidence, Fault};
use crate::scheme::{Discovery, Scheme};
use crate::url::Url;
use crate::value::{Setting, Value};

mod ask;
mod converse;
mod cookie;
mod cors;
pub(crate) mod encoding;
pub(crate) mod exchange;
pub(crate) mod expect;
mod explain;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
pub(crate) mod hint;
pub(crate) mod json;
mod json_path;
pub(crate) mod keys;
pub(crate) mod origin;
mod page_origin;
pub(crate) mod pointer;
pub(crate) mod proxy;
pub(crate) mod read;
pub(crate) mod redirect;
pub(crate) mod request;
pub(crate) mod rules;
#[cfg(test)]
mod schema;
pub(crate) mod settings;
mod trusted_origin;
pub(crate) mod upgrade;
mod way;

pub(crate) use self::ask::{
    BodyUse, Exchange, exchange_of, exchange_to, is_event_stream, is_health_document, on_socket, prepare, try_prepare,
};

/// The kind.
pub const KIND: Kind = Kind {
    name: "http",
    summary: "an HTTP request whose answer meets every expectation",
    example: r#"url: "https://api.example.com/v1/status"
status: [200, 204]
json: {/database/state: connected}
header: {content-type: {matches: "^application/json"}}
follow_redirects: true
bearer_token: {file: /etc/secrets/token}
"#,
    url_form: "https://host/path",
    schemes: &[
        Scheme::new("http").port(HTTP_PORT).proxied().discovery(Discovery::Connect),
        Scheme::new("https").port(HTTPS_PORT).tls().proxied().discovery(Discovery::Connect),
    ],
    subject: Subject::Server,
    shown: ShownKeys { plain: &OWN_PLAIN, ..SHOWN },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault,
    parse,
    from_url: |url| Arc::new(Http { keys: Arc::new(HttpKeys::of_url(url)), own: OwnKeys::default() }),
    facts: &[cors::MISSING],
    hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<AllKeys>(),
};

/// Keys that are shown as they are written.
pub(crate) const PLAIN: [&str; 9] = [
    "follow_redirects",
    "http_version",
    "max_response",
    "method",
    "server_name",
    "socket",
    "status",
    "username",
    "verify",
];
/// What is shown of the keys.
pub(crate) const SHOWN: ShownKeys =
    ShownKeys { plain: &PLAIN, urls: &["proxy", "url"], paths: PEM_KEYS, free: &["headers", "header", "json"] };

/// Those, and what `http` has beside `peer`.
const OWN_PLAIN: [&str; 13] = [
    "credentials",
    "follow_redirects",
    "http_version",
    "max_response",
    "method",
    "origin",
    "refused_origin",
    "server_name",
    "socket",
    "status",
    "trusted_origin",
    "username",
    "verify",
];

/// The keys that `http` has and `peer` has not.
const OWN: [&str; 2] = ["cors", "trusted_origin"];

/// The keys of `http` that `peer` has not.
#[derive(Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct OwnKeys {
    /// Asks as a browser does for a page of another origin, and judges the answers by the rules of browsers (the Fetch
    /// standard): first the preflight, if the method or a header needs one, then, for GET and HEAD only, the request itself.
    /// All other keys are about the request itself.
    cors: Option<CorsKeys>,
    /// The origin of a page, `https://app.example.com`, that Better Auth must trust. `url` is the base URL of Better Auth
    /// (`http://auth:3000/api/auth`, its default path). The check sends `POST …/sign-out` with the body `{}`, this Origin and a
    /// cookie without a session, which changes nothing: 403 means that the origin is not trusted.
    trusted_origin: Option<Setting<PageOrigin>>,
}

/// An HTTP request, and what the answer must contain.
#[cfg(test)]
#[derive(schemars::JsonSchema)]
#[schemars(rename = "HttpKeys", extend("additionalProperties" = false))]
#[expect(dead_code, reason = "it stands for the schema; the keys are read in two parts")]
struct AllKeys {
    #[serde(flatten)]
    http: HttpKeys,
    #[serde(flatten)]
    own: OwnKeys,
}

struct Http {
    keys: Arc<HttpKeys>,
    own: OwnKeys,
}

/// What is wrong with a TARGET.
pub(crate) fn target_fault(text: &str) -> Option<String> {
    match Url::parse(text) {
        Ok(_) => fault_of_url(parse, text),
        Err(error) => Some(error.to_string()),
    }
}

fn parse(node: &Node) -> Parsed {
    let (keys, own) = read::read::<OwnKeys>(node, &OWN)?;
    let span = |key: &str| node.get(key).map_or(node.span, |value| value.span);
    let mut problems = Vec::new();
    let mut tell = |key: &'static str, message: &'static str| problems.push(Problem::new(span(key), key, message));
    if let Some(cors) = &own.cors {
        cors.contradictions(&keys).into_iter().for_each(|(key, message)| tell(key, message));
    }
    if own.trusted_origin.is_some() {
        let excluded = trusted_origin::EXCLUDED.iter().filter(|key| node.get(key).is_some());
        excluded.for_each(|key| tell(key, "excludes trusted_origin, which has a request of its own"));
    }
    match problems.is_empty() {
        true => Ok(Arc::new(Http { keys: Arc::new(keys), own })),
        false => Err(problems),
    }
}

impl Check for Http {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        match &self.own {
            OwnKeys { trusted_origin: Some(origin), .. } => trusted_origin::prepare(&self.keys, origin, env),
            OwnKeys { cors: Some(keys), .. } => try_prepare(&self.keys, env, |exchange| Cors::new(keys, exchange, env)),
            OwnKeys { cors: None, trusted_origin: None } => prepare(&self.keys, env, |exchange| exchange),
        }
    }

    fn stays_in_pod(&self) -> bool {
        self.keys.is_on_socket()
    }

    fn values(&self) -> Vec<&Value> {
        let own = self.own.cors.iter().flat_map(CorsKeys::values);
        let own = own.chain(self.own.trusted_origin.as_ref().and_then(Setting::later));
        self.keys.values().into_iter().chain(own).collect()
    }
}

/// What to do about a fault: first about those that only this kind has.
fn hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    let own = cors::hint(fault, evidence).or_else(|| trusted_origin::hint(fault, evidence));
    own.or_else(|| hint::hint(fault, evidence, context))
}
