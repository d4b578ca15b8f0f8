//! `env`: the variables that an app needs are there and as they must be. It reads, and dials nothing.
//!
//! A message names the rule that is broken. It contains neither the value or its length nor the text of the rule.

mod source;

use std::sync::Arc;

use serde::Deserialize;
use serde::de::{self, Deserializer};

use self::source::{Found, Source};
use crate::cause::Cause;
use crate::check::expression::{Expression, TooCostly};
use crate::check::{
    Care, Check, DiscoveryRule, KINDS, Kind, Parsed, Prepared, Run, Runnable, SCHEMES, ShownKeys, Subject, dialect,
    no_hint,
};
use crate::config::node::{self, Node, Problem};
use crate::env::Env;
use crate::findings::{Blame, Family, Reading, TlsKeyNames, lint, names_secret, white};
use crate::net::attempt::Attempt;
use crate::outcome::{BrokenVariable, Detail, Fault, Phase, ValueDetail, VariableFlaw, bytes};
use crate::secret::Secret;
use crate::url::Url;
use crate::value::{LONGEST_NAME, Value};

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
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: |_| None,
    parse,
    from_url,
    facts: &[],
    hint: no_hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<EnvKeys>(),
};

/// How many variables a message names.
const NAMED: usize = 8;
/// How many variables a check may name: it reads all of them at once.
const MOST: usize = 512;

/// Variables and the rules for them.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "env"))]
#[serde(deny_unknown_fields)]
struct EnvKeys {
    /// The variables, each with its rules; at least one, at most 512.
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
    /// A regular expression, at most 256 bytes, that must match somewhere in the value; write `^` and `$` to match the whole value.
    pattern: Option<Pattern>,
    /// The text that the value must start with.
    prefix: Option<String>,
    /// The kind of URL that the value must be: postgres, redis or http. Every client that reads such a URL must read it in the
    /// same way. With postgres, a connection string (`Host=…;Username=…`, `host=… user=…`) is accepted too.
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
        if text.is_empty() || text.starts_with('.') || text.len() > LONGEST_NAME || !text.chars().all(fine) {
            return Err(de::Error::custom("expected the name of a variable: letters, digits and _, at most 256 bytes"));
        }
        Ok(Self(text))
    }
}

/// A regular expression.
#[derive(Debug)]
struct Pattern(Expression);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let compiled = Expression::compile(&String::deserialize(deserializer)?);
        compiled
            .map(Self)
            .map_err(|refused| de::Error::custom(format_args!("expected a regular expression: {refused}")))
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
    if keys.variables.len() > MOST {
        let place = node.get("variables").unwrap_or(node);
        let message = format!("name at most {MOST} variables in one check; give the others a check of their own");
        return Err(vec![Problem::new(place.span, "variables", message)]);
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

    /// Each variable against its rules, in their order.
    fn judge(&self, found: &Found, env: &dyn Env) -> Result<Verdict, Fault> {
        let judge = |rules: &Rules| {
            let value = found.get(&rules.name.0)?;
            rules.judge(value, &self.keys.from, env)
        };
        self.keys.variables.iter().map(judge).collect::<Result<_, _>>().map(Verdict)
    }
}

/// A rule that a variable breaks.
#[derive(Debug, Clone)]
struct Broken {
    cause: Cause,
    message: String,
    flaw: Option<VariableFlaw>,
}

/// A variable against its rules.
struct Judged {
    name: String,
    /// The expression that it must match first, its value, and what is wrong where it does not.
    pattern: Option<(Expression, Secret, Broken)>,
    /// What is wrong otherwise.
    others: Result<(), Broken>,
}

impl Judged {
    async fn result(&self) -> Result<Result<(), &Broken>, TooCostly> {
        if let Some((expression, value, broken)) = &self.pattern
            && !expression.matches(value.expose().as_bytes()).await?
        {
            return Ok(Err(broken));
        }
        Ok(self.others.as_ref().copied())
    }
}

impl Rules {
    /// The variable against its rules. The error is that of another value, which `equals` names.
    fn judge(&self, value: Option<&Secret>, source: &Source, env: &dyn Env) -> Result<Judged, Fault> {
        let name = self.name.0.clone();
        if let Err(broken) = self.before_pattern(value, source, env) {
            return Ok(Judged { name, pattern: None, others: Err(broken) });
        }
        let Some(value) = value.filter(|value| !value.expose().is_empty()) else {
            return Ok(Judged { name, pattern: None, others: Ok(()) });
        };
        let pattern = self.pattern.as_ref().map(|Pattern(expression)| {
            let message = "it does not match the required pattern".to_owned();
            (expression.clone(), value.clone(), Broken { cause: source.invalid(), message, flaw: None })
        });
        Ok(Judged { name, pattern, others: self.equals(value, source, env)? })
    }

    fn before_pattern(&self, value: Option<&Secret>, source: &Source, env: &dyn Env) -> Result<(), Broken> {
        let broken = |cause: Cause, message: String| Err(Broken { cause, message, flaw: None });
        let text = match value.map(Secret::expose) {
            None | Some("") if self.required => {
                let message = "it is not set or empty".to_owned();
                return Err(Broken { cause: source.missing(), message, flaw: Some(VariableFlaw::Unset) });
            }
            None | Some("") => return Ok(()),
            Some(text) => text,
        };
        if let Some(Blame { cause, message, detail }) = self.url.and_then(|kind| kind.judge(text, env)) {
            let flaw = detail.map(|detail| VariableFlaw::Url(Box::new(detail)));
            return Err(Broken { cause, message, flaw });
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
        Ok(())
    }

    fn equals(&self, text: &Secret, source: &Source, env: &dyn Env) -> Result<Result<(), Broken>, Fault> {
        let Some(other) = &self.equals else { return Ok(Ok(())) };
        if other.resolve(env)? == *text {
            return Ok(Ok(()));
        }
        let message = format!("it differs from `equals` (from {})", other.origin());
        let flaw = matches!(other, Value::File(_)).then(|| VariableFlaw::DiffersFrom(other.origin()));
        Ok(Err(Broken { cause: source.invalid(), message, flaw }))
    }
}

impl UrlKind {
    fn judge(self, text: &str, env: &dyn Env) -> Option<Blame> {
        let family = match self {
            Self::Postgres => Family::Postgres,
            Self::Redis => Family::Redis,
            Self::Http => return http(text),
        };
        of_other_form(text, family, env).unwrap_or_else(|| lint(text, family, SCHEMES))
    }
}

/// What is wrong with a connection string that is no URL, by the kind that reads the family's; `None` for any other text.
fn of_other_form(text: &str, family: Family, env: &dyn Env) -> Option<Option<Blame>> {
    let of_family = |kind: &&Kind| kind.schemes.iter().any(|scheme| scheme.family == Some(family.name()));
    let kind =
        KINDS.iter().find(of_family).filter(|kind| dialect(text).is_some() || (kind.discovery.reads)("", text))?;
    // JDBC's are judged with the other URLs.
    if text.contains("://") {
        return None;
    }
    match (kind.from_url)(Value::literal(text)).prepare(env).run {
        Ok(_) => Some(None),
        // A form that the kind does not read is another's.
        Err(fault) if fault.cause == Cause::ProbeLimit => None,
        Err(fault) => {
            let detail = match fault.detail {
                Some(Detail::Value(detail)) => Some(detail),
                _ => None,
            };
            let message = (kind.target_fault)(text).unwrap_or(fault.message);
            Some(Some(Blame { cause: fault.cause, message, detail }))
        }
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

/// Every variable against its rules, in their order.
struct Verdict(Vec<Judged>);

impl Variables {
    fn target(&self) -> String {
        let names: Vec<&str> = self.keys.variables.iter().take(3).map(|rules| rules.name.0.as_str()).collect();
        let more = self.keys.variables.len() - names.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        format!("{}{more} of {}", names.join(", "), self.keys.from)
    }

    fn readings(&self, found: &Found) -> Vec<Reading> {
        let read = |rules: &Rules| {
            let name = &rules.name.0;
            let text = found.get(name).ok().flatten().filter(|text| Reading::takes(text))?;
            Some(Reading {
                key: Reading::VARIABLE,
                variable: Some(name.clone()),
                is_template: false,
                origin: format!("the variable {name}"),
                text: text.clone(),
            })
        };
        self.keys.variables.iter().filter_map(read).collect()
    }
}

impl Verdict {
    /// What is wrong: each as `NAME: what is wrong`, with the cause of the first.
    async fn result(&self) -> Result<(), Fault> {
        let mut faults: Vec<(&str, &Broken)> = Vec::new();
        for judged in &self.0 {
            let result =
                judged.result().await.map_err(|costly| costly.fault(&format!("the variable {}", judged.name)))?;
            faults.extend(result.err().map(|broken| (judged.name.as_str(), broken)));
        }
        let Some((_, first)) = faults.first() else { return Ok(()) };
        let mut lines: Vec<String> =
            faults.iter().take(NAMED).map(|(name, broken)| format!("{name}: {}", broken.message)).collect();
        if faults.len() > NAMED {
            lines.push(format!("and {} more", faults.len() - NAMED));
        }
        let fault = Fault::new(Phase::Assert, first.cause, lines.join("; "));
        let broken =
            |(name, broken): &(&str, &Broken)| BrokenVariable { name: (*name).to_owned(), flaw: broken.flaw.clone() };
        let variables = faults.iter().map(broken).collect();
        Err(fault.with(Detail::Value(ValueDetail::Variables(variables))))
    }
}

impl Check for Variables {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        match self.keys.from.read(self.keys.variables.iter().map(|rules| rules.name.0.as_str()), env) {
            Ok(found) => {
                let readings = self.readings(&found);
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
        Box::pin(self.result())
    }
}

#[cfg(test)]
mod schema;
#[cfg(test)]
mod tests;
