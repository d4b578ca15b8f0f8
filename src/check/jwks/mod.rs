//! `jwks`: the keys that verifiers fetch (RFC 7517) can be used, and the app can open the key that it signs with.
//!
//! It asks like `http`, from this pod. With `oidc`, the discovery document leads to the keys. With `better_auth`, the table
//! of stored keys is read first, in a read-only transaction: Better Auth's first answer to the URL creates a key, so the URL
//! is not asked while there is none.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hint;
mod judge;
mod stored;

use std::str::FromStr;
use std::sync::Arc;

use self::judge::{Rules, judge};
use self::stored::{BetterAuth, BetterAuthKeys, Stored};
use crate::check::http::keys::HttpKeys;
use crate::check::http::proxy::ProxyKey;
use crate::check::http::rules::Headers;
use crate::check::http::settings::{HttpUrl, Size};
use crate::check::http::{self, BodyUse, Exchange};
use crate::check::jwk::{self, Algs, LONGEST};
use crate::check::postgres::database;
use crate::check::provider::Provider;
use crate::check::texts::Texts;
use crate::check::tls_keys::{PEM_KEYS, TlsKeys};
use crate::check::{
    Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, readings_with_secret,
};
use crate::config::node::{self, Keys, Node, Problem};
use crate::env::Env;
use crate::findings::TlsKeyNames;
use crate::findings::keys::JWKS_OTHER_DATABASE;
use crate::mask::Mask;
use crate::net::attempt::Attempt;
use crate::outcome::{FactKey, FactValue, Fault};
use crate::value::{Setting, Value};

/// The keys that verify signatures, as algorithm and type.
const USABLE_KEYS: FactKey =
    FactKey { name: "usable_keys", meaning: "the keys of the set that verify signatures: their algorithms and type" };
/// How many keys the table has.
const STORED_KEYS: FactKey =
    FactKey { name: "stored_keys", meaning: "how many signing keys the database has, of the newest 20" };

/// The kind.
pub const KIND: Kind = Kind {
    name: "jwks",
    summary: "the key set (JWKS) of an issuer can be used from this pod; for Better Auth, the secret decrypts the stored key",
    example: "{url: \"http://web:3000/api/auth/jwks\", require_alg: EdDSA, min_keys: 1, \
              better_auth: {database: {env: DATABASE_URL}, secret: {env: BETTER_AUTH_SECRET}}}",
    url_form: "",
    schemes: &[],
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &["min_keys", "require_alg", "server_name", "verify"],
        urls: &["database", "oidc", "proxy", "url"],
        paths: PEM_KEYS,
        free: &["headers"],
    },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: |_| None,
    parse,
    from_url: |url| Arc::new(Jwks { keys: JwksKeys { url: Some(HttpUrl(url)), ..JwksKeys::default() } }),
    facts: &[USABLE_KEYS, STORED_KEYS],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<JwksKeys>(),
};

/// The keys of a `jwks` check.
#[derive(Default, Keys)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "jwks"))]
struct JwksKeys {
    /// The URL of the key set, as the verifier has it. Of Better Auth it is `BASE_URL/api/auth/jwks`; its first answer creates a
    /// key if there is none, unless `better_auth` is set.
    url: Option<HttpUrl>,
    /// The issuer of an OpenID Connect provider: its discovery document (`/.well-known/openid-configuration`) must name the same
    /// issuer. Without `url`, the keys are those of its `jwks_uri`.
    oidc: Option<HttpUrl>,
    /// The algorithm that the verifier allows, or several: a key must verify one of them. Default: any.
    require_alg: Option<Texts<Algs>>,
    /// How many usable keys there must be. Default: 1.
    min_keys: Option<Setting<Count>>,
    /// The database and the secret of Better Auth: the newest stored key must decrypt.
    better_auth: Option<BetterAuthKeys>,
    /// Headers to send, by name.
    #[serde(default)]
    headers: Headers,
    /// The HTTP proxy to go through: `none` (the default), `env` or its URL; see the kind `http`.
    #[serde(default)]
    proxy: ProxyKey,
    /// TLS settings, for `https://`.
    #[serde(default)]
    tls: TlsKeys,
}

/// How many keys, 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Count(u8);

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let count = text.parse().ok().filter(|count| (1..=100).contains(count));
        count.map(Self).ok_or_else(|| "a number from 1 to 100".to_owned())
    }
}

/// A configured check.
struct Jwks {
    keys: JwksKeys,
}

fn parse(node: &Node) -> Parsed {
    let keys: JwksKeys = node::read(node)?;
    let mut problems: Vec<Problem> = TlsKeys::problem_in(Some(&keys.tls), node).into_iter().collect();
    let mut wrong = |key: &'static str, message: &str| {
        problems.push(Problem::new(node.get(key).map_or(node.span, |value| value.span), key, message));
    };
    if keys.url.is_none() && keys.oidc.is_none() && keys.better_auth.is_none() {
        wrong("", "needs `url`, `oidc` or `better_auth`");
    }
    if keys.better_auth.as_ref().is_some_and(|keys| keys.has_no_secret()) {
        wrong("better_auth", "needs `secret`, `secrets` or both");
    }
    if problems.is_empty() { Ok(Arc::new(Jwks { keys })) } else { Err(problems) }
}

impl JwksKeys {
    /// The request for a document.
    fn request(&self, url: Value) -> HttpKeys {
        HttpKeys {
            headers: self.headers.clone(),
            proxy: self.proxy.clone(),
            tls: self.tls.clone(),
            max_response: Some(Size(LONGEST)),
            ..HttpKeys::of_url(url)
        }
    }

    fn resolve(&self, env: &dyn Env) -> Result<JwksRun, Fault> {
        let min_keys = self.min_keys.as_ref().map(|least| least.resolve("min_keys", env)).transpose()?;
        let algs = self.require_alg.as_ref().map(|algs| algs.resolve("require_alg", env)).transpose()?;
        let exchange = |url: &HttpUrl| http::exchange_of(&Arc::new(self.request(url.0.clone())), env);
        Ok(JwksRun {
            url: self.url.as_ref().map(exchange).transpose()?,
            provider: self
                .oidc
                .as_ref()
                .map(|issuer| Provider::resolve(&issuer.0, self.request(issuer.0.clone()), env))
                .transpose()?,
            rules: Rules { algs: algs.unwrap_or_default(), min_keys: min_keys.map_or(1, |Count(least)| least.into()) },
            better_auth: self.better_auth.as_ref().map(|keys| keys.resolve(env)).transpose()?,
        })
    }
}

impl Check for Jwks {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let keys = &self.keys;
        let run = keys.resolve(env);
        let secret = keys.better_auth.as_ref().and_then(BetterAuthKeys::secret);
        let readings = readings_with_secret(&self.values(), secret, env);
        if let Some(url) = keys.url.as_ref().or(keys.oidc.as_ref()) {
            let shown = http::prepare(&Arc::new(keys.request(url.0.clone())), env, |exchange| exchange);
            return Prepared::new(shown.target, shown.endpoints, readings, run);
        }
        let database = keys.better_auth.as_ref().map(|keys| &keys.database);
        let (target, endpoints) = match database.map(|url| (database::target(url, env), url)) {
            Some((Ok(found), _)) => found,
            Some((Err(_), url)) => (url.origin(), Vec::new()),
            None => Default::default(),
        };
        Prepared::new(target, endpoints, readings, run)
    }

    fn values(&self) -> Vec<&Value> {
        let keys = &self.keys;
        let mut values: Vec<&Value> = keys.url.iter().chain(&keys.oidc).map(|url| &url.0).collect();
        values.extend(keys.headers.0.iter().map(|(_, value)| value));
        values.extend(keys.require_alg.iter().flat_map(Texts::later));
        values.extend(keys.min_keys.as_ref().and_then(Setting::later));
        values.extend(keys.better_auth.iter().flat_map(BetterAuthKeys::values));
        values.extend(keys.proxy.value());
        values.extend(keys.tls.values());
        values
    }
}

/// The values of one run; the files of `tls` are read when TLS starts.
struct JwksRun {
    url: Option<Exchange>,
    provider: Option<Provider>,
    rules: Rules,
    better_auth: Option<BetterAuth>,
}

impl Runnable for JwksRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let mut newest = None;
            if let Some(better_auth) = &self.better_auth {
                let stored = better_auth.judge(attempt, &self.rules.algs).await;
                let Stored { rows, signing } = stored.map_err(|fault| better_auth.blame(fault))?;
                attempt.facts().learn(STORED_KEYS, Some(FactValue::text(rows.to_string())));
                // The first answer would create a key.
                if rows == 0 {
                    return Ok(());
                }
                newest = signing;
            }
            let found = match &self.provider {
                None => None,
                Some(provider) => {
                    let document = provider.ask(attempt).await?;
                    match self.url {
                        Some(_) => None,
                        None => Some(provider.exchange(attempt, &document, "jwks_uri", "")?),
                    }
                }
            };
            let Some(exchange) = self.url.as_ref().or(found.as_ref()) else { return Ok(()) };
            if self.better_auth.is_some() || self.provider.is_some() {
                attempt.for_host(Some(exchange.host()));
            }
            let (request, answer) = exchange.ask(attempt, BodyUse::Expected).await?;
            jwk::conceal(attempt.facts(), &answer.body);
            exchange.wanted.status(&request, &answer)?;
            let _turn = attempt.world().turns.take_for(answer.body.len()).await;
            let judged = judge(&answer, &self.rules, &request.mask);
            let mut noticed = judged.findings;
            let ids = &judged.ids;
            if let Some(id) = newest.filter(|id| !ids.is_empty() && !ids.contains(id)) {
                noticed.push(other_database(&id, &request.mask));
            }
            attempt.facts().noticed.extend(noticed);
            attempt.facts().learn(USABLE_KEYS, Some(FactValue::List(judged.usable)).filter(|_| judged.is_set));
            judged.result.map_err(|fault| request.mask.strike_fault(fault))
        })
    }
}

/// The app that answers has not the key that is stored.
fn other_database(id: &str, mask: &Mask) -> crate::finding::Finding {
    let id = mask.strike(id).into_owned();
    let message =
        format!("the newest stored key {} is not among the keys of the URL", crate::outcome::clean_text(&id, 48));
    JWKS_OTHER_DATABASE.found(message, JWKS_OTHER_DATABASE.remedy.replace('`', ""))
}
