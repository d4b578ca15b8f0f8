//! Values of the configuration: a literal, `{env: NAME}`, `{file: PATH}`, or a literal with `${NAME}` inside.
//!
//! They are resolved at each run, so that a rotated file is seen at once. A value that cannot be resolved is a failed
//! outcome of its check, never a fault of the configuration. No error here holds a value.

use std::path::PathBuf;
use std::str::FromStr;

use crate::cause::Cause;
use crate::config::node::{Error, FromNode, Reader};
use crate::env::Env;
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
use crate::secret::Secret;

/// The longest name of a variable, in bytes.
pub const LONGEST_NAME: usize = 256;
/// The longest path of a file, in bytes: the kernel takes no longer one.
const LONGEST_PATH: usize = 4096;
/// How many variables a template may have.
const PARTS: usize = 64;
/// How many of them a message names.
const NAMED: usize = 3;
/// The longest text that a template may become, in bytes.
pub const LONGEST: usize = 1024 * 1024;

/// Where a literal comes from, in words.
pub const FROM_CONFIGURATION: &str = "the configuration";

/// Where a text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Written in the configuration.
    Literal(Secret),
    /// A variable of the environment.
    Env(String),
    /// A file, taken byte for byte; it must be UTF-8.
    File(PathBuf),
    /// A literal with variables inside.
    Template(Vec<Part>),
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Taken as it is.
    Text(Secret),
    /// `${NAME}`.
    Var(String),
}

impl Value {
    /// A literal, taken as it is, `${` included.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        Self::Literal(Secret::new(text.to_owned()))
    }

    /// A text of the configuration: `${NAME}` expands, `$${` is `${`.
    ///
    /// # Errors
    /// A sentence without the text, where `${` is not closed or holds no variable's name.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = Vec::new();
        let mut variables = 0;
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            if rest[..at].ends_with('$') {
                plain.push_str(&rest[..at - 1]);
                plain.push_str("${");
                rest = &rest[at + 2..];
                continue;
            }
            plain.push_str(&rest[..at]);
            let inner = &rest[at + 2..];
            let end = inner.find('}').ok_or("`${` is not closed; write `$${` for a literal `${`")?;
            let name = &inner[..end];
            if !is_variable_name(name) {
                return Err("`${…}` must contain the name of a variable; write `$${` for a literal `${`");
            }
            variables += 1;
            if variables > PARTS {
                return Err("more than 64 variables (`${…}`) in one text");
            }
            if !plain.is_empty() {
                parts.push(Part::Text(Secret::new(std::mem::take(&mut plain))));
            }
            parts.push(Part::Var(name.to_owned()));
            rest = &inner[end + 1..];
        }
        plain.push_str(rest);
        if parts.is_empty() {
            return Ok(Self::Literal(Secret::new(plain)));
        }
        if !plain.is_empty() {
            parts.push(Part::Text(Secret::new(plain)));
        }
        Ok(Self::Template(parts))
    }

    /// The text, now.
    ///
    /// # Errors
    /// `variable_missing`, `file_missing` or `file_invalid`, naming the variable or the path; `probe_limit` for a variable that
    /// is no UTF-8 text.
    pub fn resolve(&self, env: &dyn Env) -> Result<Secret, Fault> {
        match self {
            Self::Literal(text) => Ok(text.clone()),
            Self::Env(name) => variable(name, env),
            Self::File(path) => {
                let shown = path.display();
                let bytes = env.file(path).map_err(|error| match error.kind() {
                    std::io::ErrorKind::NotFound => {
                        fault(Cause::FileMissing, format!("the file {shown} does not exist"))
                    }
                    kind => {
                        let fault = fault(Cause::FileInvalid, format!("cannot read the file {shown}: {error}"));
                        let of_process = path.starts_with("/proc");
                        match kind {
                            std::io::ErrorKind::PermissionDenied => {
                                fault.with(Detail::Value(ValueDetail::NotPermitted { of_process }))
                            }
                            _ => fault,
                        }
                    }
                })?;
                let text = String::from_utf8(bytes)
                    .map_err(|_| fault(Cause::FileInvalid, format!("the file {shown} is not UTF-8 text")))?;
                Ok(Secret::new(text))
            }
            Self::Template(parts) => {
                let mut text = zeroize::Zeroizing::new(String::new());
                for part in parts {
                    match part {
                        Part::Text(piece) => text.push_str(piece.expose()),
                        Part::Var(name) => text.push_str(variable(name, env)?.expose()),
                    }
                    if text.len() > LONGEST {
                        return Err(too_long(&self.origin()));
                    }
                }
                Ok(Secret::new(text.to_string()))
            }
        }
    }

    /// Where it comes from, in words: for messages, and for a target that cannot be resolved. Never the text.
    #[must_use]
    pub fn origin(&self) -> String {
        match self {
            Self::Literal(_) => FROM_CONFIGURATION.to_owned(),
            Self::Env(name) => format!("the variable {name}"),
            Self::File(path) => format!("the file {}", path.display()),
            Self::Template(_) => {
                let names: Vec<&str> = self.parts().take(NAMED).collect();
                let more = self.parts().count() - names.len();
                let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                format!("the template with {}{more}", names.join(", "))
            }
        }
    }

    /// The variables that a template is made of.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        let parts: &[Part] = if let Self::Template(parts) = self { parts } else { &[] };
        parts.iter().filter_map(Part::variable)
    }

    /// The fault of a key whose value is not what is expected.
    #[inline(never)]
    fn is_not(&self, expected: Expected, key: &'static str) -> Fault {
        let Expected { text, limit } = expected;
        let cause = if limit.is_some() { Cause::ProbeLimit } else { self.invalid_cause() };
        let message = format!("{key}: {} is not {text}", self.origin());
        fault(cause, message).with(Detail::Value(limit.unwrap_or(ValueDetail::Key(key))))
    }

    /// The cause that fits where this value is malformed.
    #[must_use]
    pub const fn invalid_cause(&self) -> Cause {
        match self {
            Self::File(_) => Cause::FileInvalid,
            Self::Literal(_) | Self::Env(_) | Self::Template(_) => Cause::VariableInvalid,
        }
    }
}

impl Part {
    fn variable(&self) -> Option<&str> {
        match self {
            Self::Text(_) => None,
            Self::Var(name) => Some(name),
        }
    }
}

fn variable(name: &str, env: &dyn Env) -> Result<Secret, Fault> {
    let Some(value) = env.var(name).filter(|value| !value.is_empty()) else {
        let fault = fault(Cause::VariableMissing, format!("the variable {name} is not set or empty"));
        return Err(fault.with(Detail::Value(ValueDetail::Unset(name.to_owned()))));
    };
    // What stands in place of other bytes would be a wrong password.
    if value.contains(char::REPLACEMENT_CHARACTER) {
        let fault = fault(Cause::ProbeLimit, format!("the variable {name} is not UTF-8 text"));
        return Err(fault.with(Detail::Value(ValueDetail::NotText)));
    }
    Ok(Secret::new(value))
}

/// The fault of a text that is made of several and would be longer than [`LONGEST`].
#[must_use]
pub fn too_long(origin: &str) -> Fault {
    let message = format!("{origin} has more than 1 MiB with its variables filled in");
    fault(Cause::ProbeLimit, message).with(Detail::Value(ValueDetail::TooMuch))
}

fn fault(cause: Cause, message: String) -> Fault {
    Fault::new(Phase::Assert, cause, message)
}

fn is_variable_name(name: &str) -> bool {
    let mut chars = name.chars();
    name.len() <= LONGEST_NAME
        && chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl FromNode for Value {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        const KEYS: &[&str] = &["env", "file"];
        if !node.is_mapping() {
            return Self::parse(node.text("a string, {env: NAME} or {file: PATH}")?).map_err(Error::custom);
        }
        let (key, value) = node.only(KEYS, "{env: NAME} or {file: PATH}")?;
        let text: String = value.read()?;
        match key {
            "env" if !is_variable_name(&text) => {
                Err(Error::custom("`env` expects the name of a variable: letters, digits and _"))
            }
            "env" => Ok(Self::Env(text)),
            _ if text.len() > LONGEST_PATH => Err(Error::custom("`file` expects a path of at most 4096 bytes")),
            _ => Ok(Self::File(text.into())),
        }
    }
}

/// What a setting should have held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// In words, never the text that was there.
    pub text: String,
    /// What the value is about where it may be right for the app, and only pilotfish cannot use it.
    pub limit: Option<ValueDetail>,
}

impl From<String> for Expected {
    fn from(text: String) -> Self {
        Self { text, limit: None }
    }
}

/// A setting that is not free text (a port, a word of a list): read at load where it is a literal, at each run where it
/// comes from a variable or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting<T> {
    /// Known at load.
    Known(T),
    /// Known at each run.
    Later(Value),
}

impl<T> Setting<T> {
    /// The value that is read at each run, where it is not known at load.
    #[must_use]
    pub const fn later(&self) -> Option<&Value> {
        match self {
            Self::Known(_) => None,
            Self::Later(value) => Some(value),
        }
    }
}

impl<T: Clone + FromStr<Err: Into<Expected>>> Setting<T> {
    /// The setting, now.
    ///
    /// # Errors
    /// As [`Value::resolve`]; `variable_invalid` or `file_invalid` where the text is not what is expected, `probe_limit` where
    /// only pilotfish does not take it. The text itself is never in it.
    pub fn resolve(&self, key: &'static str, env: &dyn Env) -> Result<T, Fault> {
        match self {
            Self::Known(value) => Ok(value.clone()),
            Self::Later(value) => {
                let text = value.resolve(env)?;
                text.expose().trim().parse().map_err(|expected: T::Err| value.is_not(expected.into(), key))
            }
        }
    }
}

impl<T: FromStr<Err: Into<Expected>>> FromNode for Setting<T> {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        match Value::from_node(node)? {
            Value::Literal(text) => {
                text.expose().parse().map(Self::Known).map_err(|expected: T::Err| Error::expected(expected.into().text))
            }
            later => Ok(Self::Later(later)),
        }
    }
}

#[cfg(test)]
mod schema {
    use super::{Setting, Value};
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    impl JsonSchema for Value {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Value".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "description": "A string, in which `${NAME}` expands to a variable, or the source of the value.",
                "anyOf": [
                    {"type": ["string", "number", "boolean"]},
                    {"type": "object", "additionalProperties": false, "required": ["env"], "properties": {"env": {"type": "string"}}},
                    {"type": "object", "additionalProperties": false, "required": ["file"], "properties": {"file": {"type": "string"}}}
                ]
            })
        }
    }

    impl<T> JsonSchema for Setting<T> {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Value".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            Value::json_schema(generator)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Setting, Value};
    use crate::env::MapEnv;
    use crate::url::Endpoint;

    fn resolved(text: &str) -> String {
        let env = MapEnv::with_vars(&[("USER", "app"), ("PW", "a/b")]);
        Value::parse(text).unwrap().resolve(&env).unwrap().expose().to_owned()
    }

    #[test]
    fn templates_expand_and_escape() {
        assert_eq!(resolved("plain $HOME $"), "plain $HOME $");
        assert_eq!(resolved("x ${USER}:${PW}@h"), "x app:a/b@h");
        assert_eq!(resolved("$${USER} ${USER}"), "${USER} app");
    }

    #[test]
    fn broken_templates_name_no_text() {
        assert!(Value::parse("s3cret${").unwrap_err().contains("not closed"));
        assert!(Value::parse("${a b}").unwrap_err().contains("name of a variable"));
    }

    #[test]
    fn odd_templates() {
        for (text, expected) in [("$${", "${"), ("$", "$"), ("$$", "$$"), ("{}", "{}"), ("$USER}", "$USER}"), ("", "")]
        {
            assert_eq!(resolved(text), expected, "{text}");
        }
        for text in ["${}", "${1A}", "${${USER}}", "${USER", "a${B-c}", "${ÄRGER}"] {
            assert!(Value::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_template_grows_to_is_bounded() {
        let long = "s3cret".repeat(20_000);
        let env = MapEnv::with_vars(&[("BIG", &long), ("A", "a"), ("B", "b"), ("C", "c"), ("D", "d")]);
        let resolve = |text: &str| Value::parse(text).unwrap().resolve(&env);
        assert_eq!(resolve(&"${BIG}".repeat(8)).unwrap().expose().len(), 8 * long.len());
        for text in ["${BIG}".repeat(9), "${BIG}/".repeat(64), format!("{}${{BIG}}", "x".repeat(1024 * 1024))] {
            let fault = resolve(&text).unwrap_err();
            assert_eq!(fault.cause.slug(), "probe_limit");
            assert!(
                fault.message.contains("BIG") && fault.message.contains("has more than 1 MiB"),
                "{}",
                fault.message
            );
            assert!(!fault.message.contains("s3cret") && fault.message.len() < 200, "{}", fault.message);
        }
        assert!(Value::parse(&"${A}".repeat(65)).unwrap_err().contains("more than 64 variables"));
        assert!(Value::parse(&format!("${{{}}}", "A".repeat(257))).is_err());
        let origin = Value::parse("${A}${B}${C}${D}").unwrap().origin();
        assert_eq!(origin, "the template with A, B, C and 1 more");
    }

    #[test]
    fn a_file_is_taken_byte_for_byte_and_its_faults_name_it() {
        let env = MapEnv::default().with_file("/pw", b" s3cret\n").with_file("/bad", b"s3cret\xff");
        let read = |path: &str| Value::File(path.into()).resolve(&env);
        assert_eq!(read("/pw").unwrap().expose(), " s3cret\n");
        for (path, cause, message) in [
            ("/bad", "file_invalid", "the file /bad is not UTF-8 text"),
            ("/none", "file_missing", "the file /none does not exist"),
        ] {
            let fault = read(path).unwrap_err();
            assert_eq!((fault.cause.slug(), fault.message.as_str()), (cause, message));
        }
    }

    #[test]
    fn a_setting_that_only_pilotfish_does_not_take_is_a_limit() {
        let env = MapEnv::with_vars(&[("ZONE", "[fe80::1%eth0]:80"), ("IDN", "bücher.example:80"), ("BAD", "s3cret")]);
        let read = |name: &str| Setting::<Endpoint>::Later(Value::Env(name.into())).resolve("address", &env);
        for (name, cause) in [("ZONE", "probe_limit"), ("IDN", "probe_limit"), ("BAD", "variable_invalid")] {
            let fault = read(name).unwrap_err();
            assert_eq!(fault.cause.slug(), cause, "{fault:?}");
            assert!(!fault.message.contains("s3cret"), "{fault:?}");
        }
    }

    #[test]
    fn a_missing_variable_is_a_failed_outcome() {
        let fault = Value::Env("NOPE".into()).resolve(&MapEnv::default()).unwrap_err();
        assert_eq!(fault.cause.slug(), "variable_missing");
        assert_eq!(fault.message, "the variable NOPE is not set or empty");
        let fault = Value::Env("ODD".into()).resolve(&MapEnv::with_vars(&[("ODD", "s3\u{fffd}")])).unwrap_err();
        assert_eq!((fault.cause.slug(), fault.message.as_str()), ("probe_limit", "the variable ODD is not UTF-8 text"));
    }
}
