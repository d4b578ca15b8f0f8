//! A key that takes one text or a list of texts, each of which may hold several entries with commas between them.

use std::str::FromStr;

use crate::config::node::{Error, FromNode, Reader};
use crate::env::Env;
use crate::outcome::Fault;
use crate::url::{Endpoint, Host};
use crate::value::{Expected, Setting, Value};

/// The most texts of a list, and entries of all of them together: nobody writes more.
const MOST: usize = 64;

/// The texts of a key; `T` reads the entries of one of them.
#[derive(Debug, Clone)]
pub struct Texts<T>(Vec<Setting<T>>);

impl<T> Texts<T> {
    /// Every value that is read at a run.
    pub fn later(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().filter_map(Setting::later)
    }
}

impl<T: Clone + FromStr<Err: Into<Expected>> + IntoIterator<Item = I>, I> Texts<T> {
    /// The entries of all texts, now.
    ///
    /// # Errors
    /// As [`Setting::resolve`].
    pub fn resolve(&self, key: &'static str, env: &dyn Env) -> Result<Vec<I>, Fault> {
        let mut all = Vec::new();
        for text in &self.0 {
            all.extend(text.resolve(key, env)?);
        }
        all.truncate(MOST);
        Ok(all)
    }
}

impl<T: FromStr<Err: Into<Expected>>> FromNode for Texts<T> {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        const EXPECTED: &str = "a text, or a list of texts";
        if !node.is_list() {
            if !node.is_mapping() {
                node.text(EXPECTED)?;
            }
            return Setting::from_node(node).map(|one| Self(vec![one]));
        }
        // Those that are written: what is wrong with one of them is reported already.
        let (elements, written) = node.list(EXPECTED)?;
        let all = elements.map(|one| one.read()).collect::<Result<Vec<_>, _>>()?;
        if all.len() > MOST {
            return Err(Error::expected(format_args!("at most {MOST} entries")));
        }
        if written == 0 {
            return Err(Error::expected("at least one entry"));
        }
        Ok(Self(all))
    }
}

/// The entries of one text: what is between commas, without white space around it.
///
/// # Errors
/// What was expected, where there is none, or too many.
pub fn entries<'a>(text: &'a str, what: &str) -> Result<Vec<&'a str>, Expected> {
    let all: Vec<&str> = text.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
    if all.is_empty() || all.len() > MOST {
        return Err(Expected { text: format!("1 to {MOST} {what}"), limit: None });
    }
    Ok(all)
}

/// The addresses in one text, each a host with a port, or without one: then it is `PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses<const PORT: u16>(Vec<Endpoint>);

impl<const PORT: u16> FromStr for Addresses<PORT> {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        let endpoint = |one: &str| match Host::parse(one) {
            Ok(host) => Ok(Endpoint { host, port: PORT }),
            Err(_) => one.parse(),
        };
        entries(text, "addresses")?.into_iter().map(endpoint).collect::<Result<_, Expected>>().map(Self)
    }
}

impl<const PORT: u16> IntoIterator for Addresses<PORT> {
    type Item = Endpoint;
    type IntoIter = std::vec::IntoIter<Endpoint>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod schema {
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::Texts;
    use crate::value::Value;

    impl<T> JsonSchema for Texts<T> {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Values".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let one = generator.subschema_for::<Value>();
            json_schema!({"anyOf": [one, {"type": "array", "minItems": 1, "items": one}]})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Addresses, Texts};
    use crate::config::node::{Keys, parse, read};
    use crate::env::MapEnv;

    #[derive(Debug, Keys)]
    struct Sample {
        addresses: Texts<Addresses<26379>>,
    }

    fn addresses(yaml: &str) -> Result<String, String> {
        let env = MapEnv::with_vars(&[("SERVERS", "s1:26380, s2,"), ("BAD", "redis://:s3cret@s1")]);
        let node = parse(&format!("{{addresses: {yaml}}}")).unwrap();
        let keys: Sample = read(&node).map_err(|problems| problems[0].message.clone())?;
        let all = keys.addresses.resolve("addresses", &env).map_err(|fault| fault.message)?;
        Ok(all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn addresses_are_a_list_or_a_text() {
        for (yaml, expected) in [
            ("s1", "s1:26379"),
            ("'s1:1,s2:2'", "s1:1 s2:2"),
            ("[s1, 's2:2', '[::1]:3', '::1']", "s1:26379 s2:2 [::1]:3 [::1]:26379"),
            ("{env: SERVERS}", "s1:26380 s2:26379"),
            ("[{env: SERVERS}, s3]", "s1:26380 s2:26379 s3:26379"),
        ] {
            assert_eq!(addresses(yaml).as_deref(), Ok(expected), "{yaml}");
        }
        let many = format!("[{}]", "s1,".repeat(65));
        for (yaml, expected) in [("[]", "at least one entry"), ("['s1:x']", "port"), ("['s1:x', 's2:y']", "port")] {
            let node = parse(&format!("{{addresses: {yaml}}}")).unwrap();
            let faults: Vec<String> =
                read::<Sample>(&node).unwrap_err().into_iter().map(|problem| problem.message).collect();
            assert!(faults.iter().all(|fault| fault.contains(expected)), "{yaml}: {faults:?}");
        }
        for yaml in ["[]", "''", "'redis://:s3cret@s1'", "{env: BAD}", "{env: NONE}", "'s1:0'", "s 1", &many] {
            let fault = addresses(yaml).expect_err(yaml);
            assert!(!fault.contains("s3cret") && !fault.is_empty(), "{yaml}: {fault}");
        }
    }
}
