//! The keys, and the requests that they mean now.

use std::str::FromStr;
use std::sync::Arc;

use super::run::{Peer, SameSecretRun};
use crate::cause::Cause;
use crate::check::http;
use crate::check::http::keys::HttpKeys;
use crate::check::http::origin::Origin;
use crate::check::http::settings::{HttpVersion, Verb};
use crate::check::texts::{Texts, entries};
use crate::check::tls_keys::TlsKeys;
use crate::check::{Check, Parsed, Prepared};
use crate::config::node::{self, Error, FromNode, Keys, Node, Reader};
use crate::env::Env;
use crate::findings::Reading;
use crate::outcome::{Fault, Phase};
use crate::proof::{self, Held, Name, VERSIONS};
use crate::url::Url;
use crate::value::{Expected, Value};

/// The keys of a `same_secret` check.
#[derive(Debug, Keys)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "same_secret"))]
pub(super) struct SameSecretKeys {
    /// What both sides call the secret: letters, digits, `-`, `.`, `_`. It must be the same on both sides, and everybody may know it. Default: `secret`.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "String"))]
    name: NameKey,
    /// The secret, byte for byte as the app reads it, or a list of the current and the previous one, which may be unset.
    secret: Versions,
    /// The URLs of the other pilotfishes, `http://…` or `https://…`, with the port of `listen` there: one, several with commas between them, or a list. The path is `/same-secret` if the URL has none.
    peers: Texts<PeerUrls>,
    /// TLS settings, for `https://`.
    #[serde(default)]
    tls: TlsKeys,
}

/// A name, read with its fault at its place.
#[derive(Debug, Default)]
struct NameKey(Name);

impl FromNode for NameKey {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let text = node.text("a string")?;
        text.parse().map(Self).map_err(Error::expected)
    }
}

/// The current secret, and the previous one if there is one.
#[derive(Debug, Clone)]
struct Versions(Vec<Value>);

impl FromNode for Versions {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        if !node.is_list() {
            if !node.is_mapping() {
                node.text("a secret, or a list of the current and the previous one")?;
            }
            return Value::from_node(node).map(|one| Self(vec![one]));
        }
        // Those that are written: what is wrong with one of them is reported already.
        let (elements, written) = node.list("a list")?;
        let all = elements.map(|one| one.read()).collect::<Result<Vec<_>, _>>()?;
        match all.len() <= VERSIONS && written > 0 {
            true => Ok(Self(all)),
            false => Err(Error::expected("one or two entries: the current secret, then the previous one")),
        }
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Versions {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Versions".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let one = generator.subschema_for::<Value>();
        schemars::json_schema!({"anyOf": [one, {"type": "array", "minItems": 1, "maxItems": VERSIONS, "items": one}]})
    }
}

/// The URLs in one text.
#[derive(Debug, Clone)]
struct PeerUrls(Vec<Url>);

impl FromStr for PeerUrls {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        let expected = || Expected::from("URLs that start with http:// or https://".to_owned());
        let url = |one: &str| {
            let mut url = Url::parse(one).map_err(|_| expected())?;
            Origin::of(&url).map_err(|_| expected())?;
            if matches!(url.path.as_str(), "" | "/") {
                proof::PATH.clone_into(&mut url.path);
            }
            Ok(url)
        };
        entries(text, "URLs")?.into_iter().map(url).collect::<Result<_, Expected>>().map(Self)
    }
}

impl IntoIterator for PeerUrls {
    type Item = Url;
    type IntoIter = std::vec::IntoIter<Url>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// A `same_secret` check.
#[derive(Debug)]
pub(super) struct SameSecret {
    held: Held,
    peers: Result<Texts<PeerUrls>, Value>,
    /// How the peers are asked; the URL in it is theirs.
    http: Arc<HttpKeys>,
}

pub(super) fn parse(node: &Node) -> Parsed {
    let keys: SameSecretKeys = node::read(node)?;
    if let Some(problem) = TlsKeys::problem_in(Some(&keys.tls), node) {
        return Err(vec![problem]);
    }
    let held = Held { name: keys.name.0, values: keys.secret.0 };
    Ok(Arc::new(SameSecret { held, peers: Ok(keys.peers), http: http_keys(keys.tls) }))
}

fn http_keys(tls: TlsKeys) -> Arc<HttpKeys> {
    let mut keys = HttpKeys::of_url(Value::literal("http://peer"));
    keys.method = Some(Verb(hyper::Method::POST));
    keys.http_version = Some(HttpVersion::One);
    keys.tls = tls;
    Arc::new(keys)
}

impl SameSecret {
    /// A peer alone: without a secret there is nothing to prove.
    pub(super) fn without_secret(peer: Value) -> Self {
        let held = Held { name: Name::default(), values: Vec::new() };
        Self { held, peers: Err(peer), http: http_keys(TlsKeys::default()) }
    }

    fn urls(&self, env: &dyn Env) -> Result<Vec<Url>, Fault> {
        match &self.peers {
            Ok(peers) => peers.resolve("peers", env),
            Err(peer) => {
                let message = format!("{} names a peer and no secret", peer.origin());
                Err(Fault::new(Phase::Assert, Cause::UrlMalformed, message))
            }
        }
    }

    fn run(&self, urls: Vec<Url>, env: &dyn Env) -> Result<SameSecretRun, Fault> {
        let current = self.held.current(env)?;
        let is_padded = current.expose().trim() != current.expose();
        let padded = self.held.values.first().filter(|_| is_padded).map(Value::origin);
        let peer = |url: Url| {
            let origin = Origin::of(&url).map_err(|why| Fault::new(Phase::Assert, Cause::UrlMalformed, why))?;
            Ok(Peer { origin, exchange: http::exchange_to(&self.http, url, env)? })
        };
        let peers = urls.into_iter().map(peer).collect::<Result<Vec<Peer>, Fault>>()?;
        let (name, previous) = (self.held.name.clone(), self.held.previous(env));
        Ok(SameSecretRun { name, current, previous, padded, peers })
    }
}

impl Check for SameSecret {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        // A variable is judged as the kind `env` does: short, an example, a reference that nobody resolved.
        let key = |value: &Value| if matches!(value, Value::Env(_)) { Reading::VARIABLE } else { Reading::SECRET };
        let mut readings: Vec<Reading> =
            self.held.values.iter().flat_map(|value| Reading::all(key(value), value, env)).collect();
        readings.extend(crate::check::readings(&self.http.tls.values(), env));
        let urls = match self.urls(env) {
            Ok(urls) => urls,
            Err(fault) => {
                let target = self.held.name.as_str().to_owned();
                return Prepared::new(target, Vec::new(), readings, Err::<SameSecretRun, Fault>(fault));
            }
        };
        let origins: Vec<Origin> = urls.iter().filter_map(|url| Origin::of(url).ok()).collect();
        let shown: Vec<String> = origins.iter().map(ToString::to_string).collect();
        let target = format!("{} of {}", self.held.name.as_str(), shown.join(", "));
        let endpoints = origins.into_iter().map(|origin| origin.endpoint).collect();
        Prepared::new(target, endpoints, readings, self.run(urls, env))
    }

    fn values(&self) -> Vec<&Value> {
        let mut values: Vec<&Value> = self.held.values.iter().collect();
        match &self.peers {
            Ok(peers) => values.extend(peers.later()),
            Err(peer) => values.push(peer),
        }
        values.extend(self.http.tls.values());
        values
    }

    fn holds(&self) -> Option<Held> {
        Some(self.held.clone()).filter(|held| !held.values.is_empty())
    }
}
