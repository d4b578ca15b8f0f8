//! `oidc`: a provider of OpenID Connect can be used, and accepts the redirect URI of the app.
//!
//! Every run asks for the discovery document. Only for a person (`check`, `diagnose`) does it also send the request that
//! starts a login, with `prompt=none`, so that no page is shown: the provider records each as an event. A provider sends
//! nobody to a redirect URI that it does not know (RFC 6749, section 4.1.2.1), so where it redirects tells whether it does.

mod answer;
mod hint;

use std::sync::Arc;

use self::answer::{Answer, fault_of, judge};
use self::hint::code;
use crate::check::http::keys::HttpKeys;
use crate::check::http::proxy::ProxyKey;
use crate::check::http::settings::HttpUrl;
use crate::check::http::{self, BodyUse, redirect};
use crate::check::provider::Provider;
use crate::check::tls_keys::{PEM_KEYS, TlsKeys};
use crate::check::{Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, readings};
use crate::config::node::{self, Keys, Node, Problem};
use crate::env::Env;
use crate::findings::TlsKeyNames;
use crate::findings::keys::OIDC_LOGIN_REFUSED;
use crate::mask::percent_encode;
use crate::net::attempt::Attempt;
use crate::outcome::{Detail, FactKey, FactValue, Fault, RedirectPurpose};
use crate::random;
use crate::value::Value;

/// What the provider answered to a login without a page.
const ANSWER: FactKey = FactKey {
    name: "authorization_answer",
    meaning: "how the provider answered the start of a login without a page: `login_required` is what is expected",
};

/// Errors that no login of the user changes.
const REFUSED: [&str; 4] = ["invalid_request", "invalid_scope", "unauthorized_client", "unsupported_response_type"];

/// The kind.
pub const KIND: Kind = Kind {
    name: "oidc",
    summary: "the discovery document of an OpenID Connect provider; `check` and `diagnose` also ask whether it accepts the \
              redirect URI",
    example: "{issuer: \"https://id.example.com/realms/shop\", client_id: web, \
              redirect_uri: \"https://shop.example.com/api/auth/callback\"}",
    url_form: "",
    schemes: &[],
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &["client_id", "scope", "server_name", "verify"],
        urls: &["issuer", "proxy", "redirect_uri"],
        paths: PEM_KEYS,
        ..ShownKeys::NONE
    },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: |_| None,
    parse,
    from_url: |issuer| Arc::new(Oidc { keys: OidcKeys::of(issuer) }),
    facts: &[ANSWER],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<OidcKeys>(),
};

/// The keys of an `oidc` check.
#[derive(Keys)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "oidc"))]
struct OidcKeys {
    /// The issuer: the URL before `/.well-known/openid-configuration`, exactly as the provider states it.
    issuer: HttpUrl,
    /// The client that the app is at the provider.
    client_id: Option<Value>,
    /// The URL to which the provider sends the browser back, exactly as the app sends it. `check` and `diagnose` ask the provider
    /// whether it accepts it; `serve` and `wait` do not, because each question is an event at the provider.
    redirect_uri: Option<Value>,
    /// The scopes of the question. Default: `openid`.
    scope: Option<Value>,
    /// The HTTP proxy to go through: `none` (the default), `env` or its URL; see the kind `http`.
    #[serde(default)]
    proxy: ProxyKey,
    /// TLS settings, for `https://`.
    #[serde(default)]
    tls: TlsKeys,
}

impl OidcKeys {
    fn of(issuer: Value) -> Self {
        Self {
            issuer: HttpUrl(issuer),
            client_id: None,
            redirect_uri: None,
            scope: None,
            proxy: ProxyKey::default(),
            tls: TlsKeys::default(),
        }
    }

    fn request(&self) -> HttpKeys {
        HttpKeys { proxy: self.proxy.clone(), tls: self.tls.clone(), ..HttpKeys::of_url(self.issuer.0.clone()) }
    }

    fn resolve(&self, env: &dyn Env) -> Result<OidcRun, Fault> {
        let text = |value: &Value| value.resolve(env).map(|text| text.expose().trim().to_owned());
        let client = match (&self.client_id, &self.redirect_uri) {
            (Some(client_id), Some(redirect_uri)) => Some(Client {
                id: text(client_id)?,
                redirect_uri: text(redirect_uri)?,
                scope: self.scope.as_ref().map(text).transpose()?.unwrap_or_else(|| "openid".to_owned()),
            }),
            _ => None,
        };
        Ok(OidcRun { provider: Provider::resolve(&self.issuer.0, self.request(), env)?, client })
    }
}

/// A configured check.
struct Oidc {
    keys: OidcKeys,
}

fn parse(node: &Node) -> Parsed {
    let keys: OidcKeys = node::read(node)?;
    let mut problems: Vec<Problem> = TlsKeys::problem_in(Some(&keys.tls), node).into_iter().collect();
    for (key, other, alone) in [
        ("redirect_uri", "client_id", keys.redirect_uri.is_some() && keys.client_id.is_none()),
        ("client_id", "redirect_uri", keys.client_id.is_some() && keys.redirect_uri.is_none()),
    ] {
        if alone {
            let span = node.get(key).map_or(node.span, |value| value.span);
            problems.push(Problem::new(span, key, format!("needs `{other}` beside it")));
        }
    }
    if problems.is_empty() { Ok(Arc::new(Oidc { keys })) } else { Err(problems) }
}

impl Check for Oidc {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let shown = http::prepare(&Arc::new(self.keys.request()), env, |exchange| exchange);
        Prepared::new(shown.target, shown.endpoints, readings(&self.values(), env), self.keys.resolve(env))
    }

    fn values(&self) -> Vec<&Value> {
        let OidcKeys { issuer, client_id, redirect_uri, scope, proxy, tls } = &self.keys;
        let mut values = vec![&issuer.0];
        values.extend([client_id, redirect_uri, scope].into_iter().flatten());
        values.extend(proxy.value());
        values.extend(tls.values());
        values
    }
}

/// What the app is at the provider.
struct Client {
    id: String,
    redirect_uri: String,
    scope: String,
}

/// The values of one run.
struct OidcRun {
    provider: Provider,
    client: Option<Client>,
}

impl Runnable for OidcRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let document = self.provider.ask(attempt).await?;
            let query = self.client.as_ref().map(Client::query).unwrap_or_default();
            let exchange = self.provider.exchange(attempt, &document, "authorization_endpoint", &query)?;
            let Some(client) = self.client.as_ref().filter(|_| attempt.world().is_for_a_person) else { return Ok(()) };
            attempt.for_host(Some(exchange.host()));
            let (request, answer) = exchange.ask(attempt, BodyUse::Expected).await?;
            let judged = judge(&answer, &client.redirect_uri);
            attempt.facts().learn(ANSWER, judged.error.map(FactValue::word));
            if let Some(error) = judged.error.filter(|error| REFUSED.contains(error)) {
                let message = format!("the provider accepts the redirect URI, and refuses the login: {error}");
                let fix = OIDC_LOGIN_REFUSED.remedy.replace('`', "");
                attempt.facts().noticed.push(OIDC_LOGIN_REFUSED.found(message, fix));
            }
            match judged.answer {
                Answer::Accepted => Ok(()),
                // The endpoint itself, over TLS or with a slash: nobody has looked at the redirect URI yet.
                Answer::Page if redirect::fact(&request, &answer).is_none_or(|fact| is_elsewhere(fact.purpose)) => {
                    Ok(())
                }
                Answer::Page => {
                    let moved = Detail::Protocol { code: code::MOVED, product: None };
                    exchange.wanted.status(&request, &answer).map_err(|fault| fault.with(moved))
                }
                Answer::Other => exchange.wanted.status(&request, &answer),
                rejected => Err(fault_of(rejected, &client.redirect_uri, answer.status)),
            }
        })
    }
}

fn is_elsewhere(purpose: RedirectPurpose) -> bool {
    matches!(purpose, RedirectPurpose::Login | RedirectPurpose::Elsewhere)
}

impl Client {
    /// The start of a login by code with PKCE, without a page (OpenID Connect Core 1.0, section 3.1.2.1).
    fn query(&self) -> String {
        let parts = [
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", &self.scope),
            ("prompt", "none"),
            ("state", &random::word(20)),
            ("nonce", &random::word(20)),
            // Any text of this length may be the hash of a verifier, which nobody will ask for.
            ("code_challenge", &random::word(43)),
            ("code_challenge_method", "S256"),
        ];
        let parts = parts.map(|(name, value)| format!("{name}={}", percent_encode(value)));
        parts.join("&")
    }
}
