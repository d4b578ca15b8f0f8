//! The block `sentinel` of the keys, and its values for one run.

use std::fmt;
use std::str::FromStr;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::sentinel::Sentinel;
use crate::check::tls_keys::TlsKeys;
use crate::config::node::{Node, Problem};
use crate::env::Env;
use crate::outcome::Fault;
use crate::secret::Secret;
use crate::url::{Endpoint, Host};
use crate::value::{Expected, Setting, Value};

/// The usual port of a Sentinel.
pub(super) const SENTINEL_PORT: u16 = 26379;
/// The maximum number of Sentinels; nobody runs more.
const MOST_SENTINELS: usize = 16;

/// Where the Sentinels are, and how to log in to them.
#[derive(Debug, Clone, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct SentinelKeys {
    /// The name under which the Sentinels monitor the primary (`sentinel monitor NAME …`).
    pub(super) master: Value,
    /// The Sentinels, each as `host` or `host:port` (default 26379), tried in order: a list, or one text with commas.
    pub(super) addresses: Addresses,
    /// The user for the Sentinels.
    pub(super) username: Option<Value>,
    /// The password of the Sentinels. They never get the password of Redis.
    pub(super) password: Option<Value>,
    /// Settings of TLS with the Sentinels. With this key (`{}` is enough), the check uses TLS with them.
    pub(super) tls: Option<TlsKeys>,
}

/// The addresses: a list of texts, each with one address or several.
#[derive(Debug, Clone)]
pub(super) struct Addresses(Vec<Setting<AddressList>>);

/// The addresses in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AddressList(Vec<Endpoint>);

impl FromStr for AddressList {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        let all: Vec<&str> = text.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
        if all.is_empty() || all.len() > MOST_SENTINELS {
            return Err(Expected { text: format!("1 to {MOST_SENTINELS} addresses of Sentinels"), limit: None });
        }
        let endpoint = |one: &str| match Host::parse(one) {
            Ok(host) => Ok(Endpoint { host, port: SENTINEL_PORT }),
            Err(_) => one.parse(),
        };
        all.into_iter().map(endpoint).collect::<Result<_, Expected>>().map(Self)
    }
}

impl<'de> Deserialize<'de> for Addresses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(AddressesVisitor)
    }
}

struct AddressesVisitor;

impl<'de> Visitor<'de> for AddressesVisitor {
    type Value = Addresses;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the addresses of Sentinels")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Addresses, E> {
        Setting::deserialize(StrDeserializer::new(text)).map(|one| Addresses(vec![one]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Addresses, A::Error> {
        Setting::deserialize(MapAccessDeserializer::new(map)).map(|one| Addresses(vec![one]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Addresses, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = seq.next_element()? {
            all.push(one);
            if all.len() > MOST_SENTINELS {
                return Err(de::Error::custom(format_args!("expected at most {MOST_SENTINELS} addresses")));
            }
        }
        if all.is_empty() {
            return Err(de::Error::custom("expected at least one address"));
        }
        Ok(Addresses(all))
    }
}

impl SentinelKeys {
    /// What is wrong with the keys as a whole; the node is the mapping that they were read from.
    pub(super) fn problems(&self, node: &Node) -> Vec<Problem> {
        let mut found = Vec::new();
        if let (Some(tls), Some(node)) = (&self.tls, node.get("tls")) {
            found.extend(tls.problems(node).into_iter().map(|problem| problem.under("tls")));
        }
        if self.username.is_some() && self.password.is_none() {
            let span = node.get("username").map_or(node.span, |value| value.span);
            found.push(Problem::new(span, "username", "needs `password` beside it"));
        }
        found
    }

    /// Resolves the keys.
    ///
    /// # Errors
    /// Those of a value that cannot be resolved.
    pub(super) fn resolve(&self, env: &dyn Env) -> Result<Sentinel, Fault> {
        let text = |value: &Option<Value>| value.as_ref().map(|value| value.resolve(env)).transpose();
        let mut addresses: Vec<Endpoint> = Vec::new();
        for list in &self.addresses.0 {
            let AddressList(more) = list.resolve("addresses", env)?;
            addresses.extend(more);
        }
        addresses.truncate(MOST_SENTINELS);
        let password = text(&self.password)?.filter(|password| !password.expose().is_empty());
        Ok(Sentinel {
            master: self.master.resolve(env)?.expose().trim().to_owned(),
            addresses,
            user: text(&self.username)?.map(|user| user.expose().to_owned()).filter(|user| !user.is_empty()),
            password,
            tls: self.tls.clone(),
        })
    }

    /// The values whose keys tell what they are.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        [("username", self.username.as_ref()), ("password", self.password.as_ref())]
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)))
    }

    /// Every value that a run reads.
    pub(super) fn values(&self) -> Vec<&Value> {
        let addresses = self.addresses.0.iter().filter_map(Setting::later);
        let tls = self.tls.iter().flat_map(TlsKeys::values);
        std::iter::once(&self.master).chain(addresses).chain(self.named().map(|(_, value)| value)).chain(tls).collect()
    }
}

impl Sentinel {
    /// What no message may repeat.
    pub(super) fn secrets(&self) -> Vec<&Secret> {
        self.password.iter().collect()
    }
}

#[cfg(test)]
mod schema {
    use super::{AddressList, Addresses};
    use crate::value::Setting;
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    impl JsonSchema for Addresses {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "SentinelAddresses".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let one = generator.subschema_for::<Setting<AddressList>>();
            json_schema!({"anyOf": [one, {"type": "array", "minItems": 1, "items": one}]})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SentinelKeys;
    use crate::config::node::{parse, read};
    use crate::env::MapEnv;

    fn addresses(yaml: &str) -> Result<String, String> {
        let env = MapEnv::with_vars(&[("SENTINELS", "s1:26380, s2,"), ("BAD", "redis://:s3cret@s1")]);
        let node = parse(&format!("{{master: cache, addresses: {yaml}}}")).unwrap();
        let keys: SentinelKeys = read(&node).map_err(|problems| problems[0].message.clone())?;
        let sentinel = keys.resolve(&env).map_err(|fault| fault.message)?;
        Ok(sentinel.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn addresses_are_a_list_or_a_text() {
        for (yaml, expected) in [
            ("s1", "s1:26379"),
            ("'s1:1,s2:2'", "s1:1 s2:2"),
            ("[s1, 's2:2', '[::1]:3', '::1']", "s1:26379 s2:2 [::1]:3 [::1]:26379"),
            ("{env: SENTINELS}", "s1:26380 s2:26379"),
            ("[{env: SENTINELS}, s3]", "s1:26380 s2:26379 s3:26379"),
        ] {
            assert_eq!(addresses(yaml).as_deref(), Ok(expected), "{yaml}");
        }
        for yaml in ["[]", "''", "'redis://:s3cret@s1'", "{env: BAD}", "{env: NONE}", "'s1:0'", "s 1"] {
            let fault = addresses(yaml).expect_err(yaml);
            assert!(!fault.contains("s3cret") && !fault.is_empty(), "{yaml}: {fault}");
        }
    }
}
