//! `env`: the variables that an app needs are there and as they must be. It reads, and dials nothing.
//!
//! No message holds a value, its length, or what a rule holds: which rule is broken is all that is told.

mod source;

use std::sync::Arc;

use regex_lite::Regex;
use serde::Deserialize;
use serde::de::{self, Deserializer};

use self::source::{Found, Source};
use crate::cause::Cause;
use crate::check::expression;
use crate::check::{Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, SCHEMES, ShownKeys, Subject, no_hint};
use crate::config::node::{self, Node, Problem};
use crate::env::Env;
use crate::findings::{Blame, Family, Reading, TlsKeyNames, lint, names_secret, white};
use crate::net::attempt::Attempt;
use crate::outcome::{BrokenVariable, Detail, Fault, Phase, ValueDetail, VariableFlaw, bytes};
use crate::secret::Secret;
use crate::url::Url;
use crate::value::Value;

/// The kind.
pub const KIND: Kind = Kind {
    name: "env",
    summary: "the variables that the app needs are set and follow their rules; connection URLs are read like clients \
              do",
    example: "{variables: [{name: DATABASE_URL, url: postgres}, {name: BETTER_AUTH_SECRET, min_length: 32}, \
              {name: PORT, required: false, pattern: '^[0-9]+$'}]}",
    url_form: "",
    schemes: &[],
    subject: Subject::Values,
    shown: ShownKeys::NONE,
    tls_keys: TlsKeyNames::NONE,
    discovery: DiscoveryRule::NONE,
    target_fault: |_| None,
    parse,
    from_url,
    facts: &[],
    hint: no_hint,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<EnvKeys>(),
};

/// Variables and the rules for them.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "env"))]
#[serde(deny_unknown_fields)]
struct EnvKeys {
    /// The variables, each with its rules; at least one.
    variables: Vec<Rules>,
    /// The source of the variables: `pod` (the default) for the environment of this container, or a path: a file of
    /// `NAME=value` lines (a .env file), `/proc/PID/environ` of the app if the pod shares its process namespace, or,
    /// with a final `/`, the folder of a mounted Secret or ConfigMap, with one file for each variable.
    #[serde(default)]
    from: Source,
}

/// The rules for one variable. White space at either end of a secret or a URL is always a fault.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Rules {
    /// The name of the variable.
    name: Name,
    /// Whether the variable must be set and not empty. Default: true. The other rules apply only to a variable that
    /// is set.
    #[serde(default = "yes")]
    required: bool,
    /// The minimum length, in bytes.
    min_length: Option<usize>,
    /// A regular expression that must match somewhere in the value; write `^` and `$` to match the whole value.
    pattern: Option<Pattern>,
    /// The text that the value must start with.
    prefix: Option<String>,
    /// The kind of URL that the value must be: postgres, redis or http. Every client must read it in the same way.
    url: Option<UrlKind>,
    /// The exact value that it must have.
    equals: Option<Value>,
}

const fn yes() -> bool {
    true
}

/// The name of a variable.
#[derive(Debug)]
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if text.is_empty() || text.starts_with('.') || !text.chars().all(fine) {
            return Err(de::Error::custom("expected the name of a variable: letters, digits and _"));
        }
        Ok(Self(text))
    }
}

/// A regular expression.
#[derive(Debug)]
struct Pattern(Regex);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // regex-lite's errors are fixed sentences: the pattern is not in them.
        let regex = expression::compile(&String::deserialize(deserializer)?);
        regex.map(Self).map_err(|error| de::Error::custom(format_args!("expected a regular expression: {error}")))
    }
}

/// What a URL is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UrlKind {
    Postgres,
    Redis,
    Http,
}

impl<'de> Deserialize<'de> for UrlKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "postgres" => Ok(Self::Postgres),
            "redis" => Ok(Self::Redis),
            "http" => Ok(Self::Http),
            _ => Err(de::Error::custom("expected one of postgres, redis, http")),
        }
    }
}

#[derive(Debug)]
struct Variables {
    keys: EnvKeys,
    /// What is read from elsewhere: the files that a change of which ends a back-off, and what `equals` names.
    values: Vec<Value>,
}

fn parse(node: &Node) -> Parsed {
    let keys: EnvKeys = node::read(node)?;
    if keys.variables.is_empty() {
        let place = node.get("variables").unwrap_or(node);
        return Err(vec![Problem::new(place.span, "variables", "name at least one variable")]);
    }
    Ok(Arc::new(Variables::new(keys)))
}

/// It has no scheme: a variable by itself is one that must be there.
fn from_url(value: Value) -> Arc<dyn Check> {
    let name = match value {
        Value::Env(name) => Some(Name(name)),
        Value::Literal(_) | Value::File(_) | Value::Template(_) => None,
    };
    let rules =
        |name| Rules { name, required: true, min_length: None, pattern: None, prefix: None, url: None, equals: None };
    Arc::new(Variables::new(EnvKeys { variables: name.map(rules).into_iter().collect(), from: Source::Pod }))
}

impl Variables {
    fn new(keys: EnvKeys) -> Self {
        let required = keys.variables.iter().filter(|rules| rules.required).map(|rules| rules.name.0.as_str());
        let mut values = keys.from.values(required);
        values.extend(keys.variables.iter().filter_map(|rules| rules.equals.clone()));
        Self { keys, values }
    }

    /// What breaks its rules, in the order of the variables.
    fn faults(&self, found: &Found, env: &dyn Env) -> Result<Vec<(&str, Broken)>, Fault> {
        let mut faults = Vec::new();
        for rules in &self.keys.variables {
            let name = rules.name.0.as_str();
            if let Err(broken) = rules.judge(found.get(name, env)?.as_ref(), &self.keys.from, env)? {
                faults.push((name, broken));
            }
        }
        Ok(faults)
    }
}

/// A rule that a variable breaks.
struct Broken {
    cause: Cause,
    message: String,
    flaw: Option<VariableFlaw>,
}

impl Rules {
    /// What breaks a rule first. The outer error is that of another value, which `equals` names.
    fn judge(&self, value: Option<&Secret>, source: &Source, env: &dyn Env) -> Result<Result<(), Broken>, Fault> {
        let broken = |cause: Cause, message: String| Ok(Err(Broken { cause, message, flaw: None }));
        let text = match value.map(Secret::expose) {
            None | Some("") if self.required => {
                let message = "it is not set or empty".to_owned();
                return Ok(Err(Broken { cause: source.missing(), message, flaw: Some(VariableFlaw::Unset) }));
            }
            None | Some("") => return Ok(Ok(())),
            Some(text) => text,
        };
        if let Some(Blame { cause, message, detail }) = self.url.and_then(|kind| kind.judge(text)) {
            let flaw = detail.map(|detail| VariableFlaw::Url(Box::new(detail)));
            return Ok(Err(Broken { cause, message, flaw }));
        }
        let is_secret = names_secret(&self.name.0) || self.min_length.is_some() || self.prefix.is_some();
        if let Some(what) = white(text).filter(|_| is_secret) {
            return broken(Cause::SecretWhitespace, format!("it has {what}"));
        }
        if let Some(least) = self.min_length.filter(|least| text.len() < *least) {
            return broken(
                Cause::SecretTooWeak,
                format!("it is shorter than {}", bytes(least.try_into().unwrap_or(u64::MAX))),
            );
        }
        if self.prefix.as_ref().is_some_and(|prefix| !text.starts_with(prefix.as_str())) {
            return broken(source.invalid(), "it does not start with the required prefix".to_owned());
        }
        if self.pattern.as_ref().is_some_and(|pattern| !pattern.0.is_match(text)) {
            return broken(source.invalid(), "it does not match the required pattern".to_owned());
        }
        if let Some(other) = &self.equals
            && other.resolve(env)?.expose() != text
        {
            let message = format!("it differs from `equals` (from {})", other.origin());
            let flaw = matches!(other, Value::File(_)).then(|| VariableFlaw::DiffersFrom(other.origin()));
            return Ok(Err(Broken { cause: source.invalid(), message, flaw }));
        }
        Ok(Ok(()))
    }
}

impl UrlKind {
    fn judge(self, text: &str) -> Option<Blame> {
        let family = match self {
            Self::Postgres => Family::Postgres,
            Self::Redis => Family::Redis,
            Self::Http => return http(text),
        };
        lint(text, family, SCHEMES)
    }
}

fn http(text: &str) -> Option<Blame> {
    if let Some(what) = white(text) {
        return Some(Blame::new(Cause::SecretWhitespace, format!("it has {what}")));
    }
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme.as_str(), "http" | "https") => None,
        Ok(_) => Some(Blame::malformed("it is not a URL that starts with http:// or https://")),
        Err(error) => Some(error.into()),
    }
}

/// What breaks its rules, in the order of the variables: each as `NAME: what is wrong`, with the cause of the first.
struct Verdict(Option<Fault>);

impl Variables {
    fn target(&self) -> String {
        let names: Vec<&str> = self.keys.variables.iter().take(3).map(|rules| rules.name.0.as_str()).collect();
        let more = self.keys.variables.len() - names.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        format!("{}{more} of {}", names.join(", "), self.keys.from)
    }

    fn readings(&self, found: &Found, env: &dyn Env) -> Vec<Reading> {
        let read = |rules: &Rules| {
            let name = &rules.name.0;
            let text = found.get(name, env).ok().flatten()?;
            Some(Reading {
                key: Reading::VARIABLE,
                variable: Some(name.clone()),
                is_template: false,
                origin: format!("the variable {name}"),
                text,
            })
        };
        self.keys.variables.iter().filter_map(read).collect()
    }

    fn judge(&self, found: &Found, env: &dyn Env) -> Result<Verdict, Fault> {
        let faults = self.faults(found, env)?;
        let Some((_, first)) = faults.first() else { return Ok(Verdict(None)) };
        let lines: Vec<String> = faults.iter().map(|(name, broken)| format!("{name}: {}", broken.message)).collect();
        let fault = Fault::new(Phase::Assert, first.cause, lines.join("; "));
        let broken = |(name, Broken { flaw, .. }): (&str, Broken)| BrokenVariable { name: name.to_owned(), flaw };
        let variables = faults.into_iter().map(broken).collect();
        Ok(Verdict(Some(fault.with(Detail::Value(ValueDetail::Variables(variables))))))
    }
}

impl Check for Variables {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        match self.keys.from.read(env) {
            Ok(found) => {
                let readings = self.readings(&found, env);
                Prepared::new(self.target(), Vec::new(), readings, self.judge(&found, env))
            }
            Err(fault) => Prepared::new(self.target(), Vec::new(), Vec::new(), Err::<Verdict, _>(fault)),
        }
    }

    fn values(&self) -> Vec<&Value> {
        self.values.iter().collect()
    }
}

impl Runnable for Verdict {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        attempt.enter(Phase::Assert);
        Box::pin(std::future::ready(self.0.clone().map_or(Ok(()), Err)))
    }
}

#[cfg(test)]
mod schema;
#[cfg(test)]
mod tests;
