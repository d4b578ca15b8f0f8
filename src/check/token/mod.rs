//! `token`: whether a verifier with these settings accepts a sample token (JWT, RFC 7519), and why it does not.
//!
//! The key is a shared secret, or the key set of the issuer, which is asked for like `http`. Without a token, the settings
//! alone are judged: whether the key can verify the algorithms. The token is never shown, nor any part of it but its
//! algorithm, its times and the URLs that it names as issuer and audience.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hint;
mod judge;
mod jwt;

use std::sync::Arc;
use std::time::SystemTime;

use self::judge::{Key, Verifier};
use crate::cause::Cause;
use crate::check::http::keys::HttpKeys;
use crate::check::http::proxy::ProxyKey;
use crate::check::http::request::without_final_newline;
use crate::check::http::rules::Headers;
use crate::check::http::settings::{HttpUrl, Size};
use crate::check::http::{self, BodyUse, Exchange};
use crate::check::jwk::{self, Algs, LONGEST};
use crate::check::texts::Texts;
use crate::check::tls_keys::{PEM_KEYS, TlsKeys};
use crate::check::{
    Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, readings_with_secret,
};
use crate::config::node::{self, Keys, Node, Problem};
use crate::env::Env;
use crate::findings::TlsKeyNames;
use crate::mask::Mask;
use crate::net::attempt::Attempt;
use crate::outcome::{FactKey, FactValue, Fault, Phase};
use crate::timestamp::unix;
use crate::value::Value;

/// The algorithm of the token.
const TOKEN_ALG: FactKey = FactKey { name: "token_alg", meaning: "the algorithm that the sample token is signed with" };

/// Of a token with an audience, where `audience` is not set.
const AUDIENCE: &str = "the audience (aud) of the token was not judged, as `audience` is not set: PyJWT and python-jose reject \
                        such a token unless the app passes its audience";

/// The kind.
pub const KIND: Kind = Kind {
    name: "token",
    summary: "whether a verifier with these settings accepts a sample token (JWT): algorithm, key, issuer and audience",
    example: "{token: {env: SAMPLE_TOKEN}, jwks: \"http://web:3000/api/auth/jwks\", alg: EdDSA, \
              issuer: \"https://shop.example.com\", audience: \"https://shop.example.com\"}",
    url_form: "",
    schemes: &[],
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &["alg", "server_name", "verify"],
        urls: &["jwks", "proxy"],
        paths: PEM_KEYS,
        free: &["headers"],
    },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: |_| None,
    parse,
    from_url: |url| Arc::new(Token { keys: TokenKeys { jwks: Some(HttpUrl(url)), ..TokenKeys::default() } }),
    facts: &[TOKEN_ALG],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<TokenKeys>(),
};

/// The keys of a `token` check.
#[derive(Default, Keys)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "token"))]
struct TokenKeys {
    /// A sample token. If it has expired, that is a finding, and the rest is judged. Without it, only the other keys are judged.
    token: Option<Value>,
    /// The URL of the key set with which the verifier verifies.
    jwks: Option<HttpUrl>,
    /// The shared secret with which the verifier verifies, byte for byte as the app has it: HS256, HS384 or HS512.
    secret: Option<Value>,
    /// The algorithm that the verifier allows, or several. Default: any that the key can verify.
    alg: Option<Texts<Algs>>,
    /// The issuer (`iss`) that the verifier demands, character by character.
    issuer: Option<Value>,
    /// The audience (`aud`) that the verifier demands.
    audience: Option<Value>,
    /// Headers to send with the request for `jwks`, by name.
    #[serde(default)]
    headers: Headers,
    /// The HTTP proxy to go through: `none` (the default), `env` or its URL; see the kind `http`.
    #[serde(default)]
    proxy: ProxyKey,
    /// TLS settings, for `https://`.
    #[serde(default)]
    tls: TlsKeys,
}

/// A configured check.
struct Token {
    keys: TokenKeys,
}

fn parse(node: &Node) -> Parsed {
    let keys: TokenKeys = node::read(node)?;
    let mut problems: Vec<Problem> = TlsKeys::problem_in(Some(&keys.tls), node).into_iter().collect();
    let mut wrong = |key: &'static str, message: &str| {
        problems.push(Problem::new(node.get(key).map_or(node.span, |value| value.span), key, message));
    };
    match (&keys.jwks, &keys.secret) {
        (None, None) => wrong("", "needs `jwks` or `secret`"),
        (Some(_), Some(_)) => wrong("secret", "excludes `jwks`: a verifier has one of them"),
        _ if keys.token.is_none() && keys.alg.is_none() => wrong("", "needs `token`, `alg` or both"),
        _ => {}
    }
    if problems.is_empty() { Ok(Arc::new(Token { keys })) } else { Err(problems) }
}

impl TokenKeys {
    /// The request for the key set.
    fn request(&self, url: &HttpUrl) -> HttpKeys {
        HttpKeys {
            headers: self.headers.clone(),
            proxy: self.proxy.clone(),
            tls: self.tls.clone(),
            max_response: Some(Size(LONGEST)),
            ..HttpKeys::of_url(url.0.clone())
        }
    }

    fn resolve(&self, env: &dyn Env) -> Result<TokenRun, Fault> {
        let text = |value: &Option<Value>| value.as_ref().map(|value| value.resolve(env)).transpose();
        let algs = self.alg.as_ref().map(|algs| algs.resolve("alg", env)).transpose()?;
        Ok(TokenRun {
            verifier: Verifier {
                token: self
                    .token
                    .as_ref()
                    .map(|value| Ok::<_, Fault>(without_final_newline(value, value.resolve(env)?)))
                    .transpose()?,
                algs: algs.unwrap_or_default(),
                issuer: text(&self.issuer)?,
                audience: text(&self.audience)?,
            },
            secret: text(&self.secret)?.map(Key::Secret),
            exchange: self.jwks.as_ref().map(|url| http::exchange_of(&Arc::new(self.request(url)), env)).transpose()?,
        })
    }
}

impl Check for Token {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let run = self.keys.resolve(env);
        let (target, endpoints) = match &self.keys.jwks {
            None => ("a shared secret".to_owned(), Vec::new()),
            Some(url) => {
                let shown = http::prepare(&Arc::new(self.keys.request(url)), env, |exchange| exchange);
                (shown.target, shown.endpoints)
            }
        };
        Prepared::new(target, endpoints, readings_with_secret(&self.values(), self.keys.secret.as_ref(), env), run)
    }

    fn values(&self) -> Vec<&Value> {
        let keys = &self.keys;
        let mut values: Vec<&Value> =
            [&keys.token, &keys.secret, &keys.issuer, &keys.audience].into_iter().flatten().collect();
        values.extend(keys.jwks.as_ref().map(|url| &url.0));
        values.extend(keys.headers.0.iter().map(|(_, value)| value));
        values.extend(keys.alg.iter().flat_map(Texts::later));
        values.extend(keys.proxy.value());
        values.extend(keys.tls.values());
        values
    }
}

/// The values of one run.
struct TokenRun {
    verifier: Verifier,
    secret: Option<Key>,
    exchange: Option<Exchange>,
}

impl Runnable for TokenRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let mut mask = Mask::default();
            let fetched = match &self.exchange {
                None => None,
                Some(exchange) => {
                    let (request, answer) = exchange.ask(attempt, BodyUse::Expected).await?;
                    jwk::conceal(attempt.facts(), &answer.body);
                    exchange.wanted.status(&request, &answer)?;
                    mask = request.mask;
                    let _turn = attempt.world().turns.take_for(answer.body.len()).await;
                    let keys = jwk::document(&answer.body).as_ref().and_then(jwk::keys);
                    let text = "the answer is no key set (RFC 7517)";
                    let no_set = || {
                        crate::check::provider::coded_fault(Cause::JwksInvalid, hint::code::NO_SET, text).stating(text)
                    };
                    Some(Key::Set(keys.ok_or_else(no_set)?))
                }
            };
            attempt.enter(Phase::Assert);
            let Some(key) = self.secret.as_ref().or(fetched.as_ref()) else { return Ok(()) };
            let turn = attempt.world().turns.take().await;
            let judged = self.verifier.judge(key, unix(SystemTime::now()));
            drop(turn);
            if judged.is_audience_unjudged && judged.result.is_ok() {
                attempt.facts().note = Some(AUDIENCE.to_owned());
            }
            attempt.facts().noticed.extend(judged.findings);
            attempt.facts().learn(TOKEN_ALG, judged.alg.map(|alg| FactValue::word(alg.as_str())));
            judged.result.map_err(|fault| mask.strike_fault(fault))
        })
    }
}
