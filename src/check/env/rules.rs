//! The rules for one variable, and its value against them.

use super::source::Source;
use super::url::UrlKind;
use crate::cause::Cause;
use crate::check::expression::{Expression, TooCostly};
use crate::config::node::{Error, FromNode, Keys, Reader};
use crate::env::Env;
use crate::findings::{Blame, known_default, names_secret, unresolved, white};
use crate::outcome::{Fault, VariableFlaw, bytes};
use crate::secret::Secret;
use crate::value::{LONGEST_NAME, Value};

/// The rules for one variable. White space at either end of a secret or a URL is always a fault, and so is a reference to a secret
/// store or a template that nothing filled in.
#[derive(Debug, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    /// The name of the variable.
    pub(super) name: Name,
    /// Whether the variable must be set and not empty. Default: true. The other rules apply only to a variable that
    /// is set.
    #[serde(default = "yes")]
    pub(super) required: bool,
    /// The minimum length, in bytes.
    min_length: Option<usize>,
    /// The maximum length, in bytes.
    max_length: Option<usize>,
    /// A regular expression, at most 256 bytes, that must match somewhere in the value; write `^` and `$` to match the whole value.
    pattern: Option<Pattern>,
    /// The text that the value must start with.
    prefix: Option<String>,
    /// The values of which it must be one, letter by letter.
    one_of: Option<Vec<String>>,
    /// The kind of URL that the value must be, by the name of the kind that reads it: postgres, redis, mysql, http, …. Every client
    /// that reads such a URL must read it in the same way. With postgres and mysql, a connection string (`Host=…;Username=…`,
    /// `host=… user=…`) is accepted too.
    url: Option<UrlKind>,
    /// The exact value that it must have.
    equals: Option<Value>,
    /// Values that it must not have, such as that of an example or of another variable. With this key, values that everybody
    /// knows (`changeme`, `secret`, one repeated character, …) are a fault too.
    not: Option<Vec<Value>>,
}

const fn yes() -> bool {
    true
}

/// The name of a variable.
#[derive(Debug)]
pub(super) struct Name(pub(super) String);

impl FromNode for Name {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let text = node.text("a string")?;
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if text.is_empty() || text.starts_with('.') || text.len() > LONGEST_NAME || !text.chars().all(fine) {
            return Err(Error::custom("expected the name of a variable: letters, digits and _, at most 256 bytes"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A regular expression.
#[derive(Debug)]
pub(super) struct Pattern(Expression);

impl FromNode for Pattern {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let compiled = Expression::compile(node.text("a string")?);
        compiled.map(Self).map_err(|refused| Error::custom(format_args!("expected a regular expression: {refused}")))
    }
}

/// A rule that a variable breaks.
#[derive(Debug, Clone)]
pub(super) struct Broken {
    pub(super) cause: Cause,
    pub(super) message: String,
    pub(super) flaw: Option<VariableFlaw>,
}

impl Broken {
    fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self { cause, message: message.into(), flaw: None }
    }
}

/// A variable against its rules.
pub(super) struct Judged {
    pub(super) name: String,
    /// The expression that it must match first, its value, and what is wrong where it does not.
    pattern: Option<(Expression, Secret, Broken)>,
    /// What is wrong otherwise.
    others: Result<(), Broken>,
}

impl Judged {
    pub(super) async fn result(&self) -> Result<Result<(), &Broken>, TooCostly> {
        if let Some((expression, value, broken)) = &self.pattern
            && !expression.matches(value.expose().as_bytes()).await?
        {
            return Ok(Err(broken));
        }
        Ok(self.others.as_ref().copied())
    }
}

impl Rules {
    /// That a variable of this name is set.
    pub(super) const fn required(name: String) -> Self {
        Self {
            name: Name(name),
            required: true,
            min_length: None,
            max_length: None,
            pattern: None,
            prefix: None,
            one_of: None,
            url: None,
            equals: None,
            not: None,
        }
    }

    /// The values that it is compared with.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.equals.iter().chain(self.not.iter().flatten())
    }

    /// The variable against its rules. The error is that of another value, with which it is compared.
    pub(super) fn judge(&self, value: Option<&Secret>, source: &Source, env: &dyn Env) -> Result<Judged, Fault> {
        let name = self.name.0.clone();
        if let Err(broken) = self.before_pattern(value, source, env) {
            return Ok(Judged { name, pattern: None, others: Err(broken) });
        }
        let Some(value) = value.filter(|value| !value.expose().is_empty()) else {
            return Ok(Judged { name, pattern: None, others: Ok(()) });
        };
        let pattern = self.pattern.as_ref().map(|Pattern(expression)| {
            let broken = Broken::new(source.invalid(), "it does not match the required pattern");
            (expression.clone(), value.clone(), broken)
        });
        let others = match self.equals(value, source, env)? {
            Ok(()) => self.differs(value, source, env)?,
            broken => broken,
        };
        Ok(Judged { name, pattern, others })
    }

    fn before_pattern(&self, value: Option<&Secret>, source: &Source, env: &dyn Env) -> Result<(), Broken> {
        let invalid = |message: &str| Err(Broken::new(source.invalid(), message));
        let text = match value.map(Secret::expose) {
            None | Some("") if self.required => {
                let broken = Broken::new(source.missing(), "it is not set or empty");
                return Err(Broken { flaw: Some(VariableFlaw::Unset), ..broken });
            }
            None | Some("") => return Ok(()),
            Some(text) => text,
        };
        if let Some(Blame { cause, message, detail }) = self.url.and_then(|kind| kind.judge(text, env)) {
            let flaw = detail.map(|detail| VariableFlaw::Url(Box::new(detail)));
            return Err(Broken { cause, message, flaw });
        }
        if let Some(what) = unresolved(&self.name.0, text) {
            return invalid(&what);
        }
        let is_secret = names_secret(&self.name.0)
            || self.min_length.is_some()
            || self.max_length.is_some()
            || self.prefix.is_some()
            || self.not.is_some();
        if let Some(what) = white(text).filter(|_| is_secret) {
            return Err(Broken::new(Cause::SecretWhitespace, format!("it has {what}")));
        }
        let length = |length: usize| bytes(length.try_into().unwrap_or(u64::MAX));
        if let Some(least) = self.min_length.filter(|least| text.len() < *least) {
            return Err(Broken::new(Cause::SecretTooWeak, format!("it is shorter than {}", length(least))));
        }
        if let Some(most) = self.max_length.filter(|most| text.len() > *most) {
            return invalid(&format!("it is longer than {}", length(most)));
        }
        if self.prefix.as_ref().is_some_and(|prefix| !text.starts_with(prefix.as_str())) {
            return invalid("it does not start with the required prefix");
        }
        match &self.one_of {
            Some(allowed) if !allowed.iter().any(|one| one == text) => {
                match allowed.iter().any(|one| one.eq_ignore_ascii_case(text.trim())) {
                    true => invalid("it is none of the values of `one_of`: only capitals or spaces differ"),
                    false => invalid("it is none of the values of `one_of`"),
                }
            }
            Some(_) | None => Ok(()),
        }
    }

    fn equals(&self, text: &Secret, source: &Source, env: &dyn Env) -> Result<Result<(), Broken>, Fault> {
        let Some(other) = &self.equals else { return Ok(Ok(())) };
        let (wanted, origin) = (other.resolve(env)?, other.origin());
        if wanted == *text {
            return Ok(Ok(()));
        }
        if wanted.expose().trim() == text.expose().trim() {
            let message = format!("it differs from `equals` (from {origin}) only in white space at an end");
            return Ok(Err(Broken::new(Cause::SecretWhitespace, message)));
        }
        let message = format!("it differs from `equals` (from {origin})");
        let flaw = matches!(other, Value::File(_)).then_some(VariableFlaw::DiffersFrom(origin));
        Ok(Err(Broken { flaw, ..Broken::new(source.invalid(), message) }))
    }

    /// Another variable that is not set is none that it could be equal to.
    fn differs(&self, text: &Secret, source: &Source, env: &dyn Env) -> Result<Result<(), Broken>, Fault> {
        let Some(others) = &self.not else { return Ok(Ok(())) };
        if known_default(text.expose()) {
            let message = "it is an example or default value that everybody knows";
            return Ok(Err(Broken::new(Cause::SecretTooWeak, message)));
        }
        for other in others {
            let same = match other.resolve(env) {
                Ok(other) => other.expose().trim() == text.expose().trim(),
                Err(fault) if fault.cause == Cause::VariableMissing => false,
                Err(fault) => return Err(fault),
            };
            if same {
                let message = format!("it equals a value of `not` (from {})", other.origin());
                return Ok(Err(Broken::new(source.invalid(), message)));
            }
        }
        Ok(Ok(()))
    }
}
