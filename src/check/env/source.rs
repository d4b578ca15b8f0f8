//! Where the variables are: this container, a file of them, or a folder with a file for each.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::{self, Deserializer};
use zeroize::Zeroizing;

use crate::cause::Cause;
use crate::env::Env;
use crate::outcome::Fault;
use crate::secret::Secret;
use crate::value::Value;

/// Where the variables are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Source {
    /// This container's own environment.
    #[default]
    Pod,
    /// A file in dotenv form, or a process's environment.
    File(PathBuf),
    /// A folder of a mounted Secret or ConfigMap.
    Folder(PathBuf),
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "pod" => Ok(Self::Pod),
            path if path.starts_with('/') && path.ends_with('/') => Ok(Self::Folder(path.into())),
            path if path.starts_with('/') => Ok(Self::File(path.into())),
            _ => Err(de::Error::custom("expected pod, the path of a file, or the path of a folder with a final /")),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod => f.write_str("this container"),
            Self::File(path) | Self::Folder(path) => write!(f, "{}", path.display()),
        }
    }
}

/// The variables as they are now.
pub(super) enum Found {
    /// Each is asked for by its name.
    Pod,
    /// All of a file.
    All(BTreeMap<String, Secret>),
    /// Each has a file.
    Folder(PathBuf),
}

impl Source {
    /// The values whose change matters: a container's own environment never changes.
    pub(super) fn values<'a>(&self, required: impl Iterator<Item = &'a str>) -> Vec<Value> {
        match self {
            Self::Pod => Vec::new(),
            Self::File(path) => vec![Value::File(path.clone())],
            Self::Folder(path) => required.map(|name| Value::File(path.join(name))).collect(),
        }
    }

    /// The cause where a variable is not there: a file can still change.
    pub(super) const fn missing(&self) -> Cause {
        match self {
            Self::Pod => Cause::VariableMissing,
            Self::File(_) => Cause::FileInvalid,
            Self::Folder(_) => Cause::FileMissing,
        }
    }

    /// The cause where a variable breaks a rule that has no cause of its own.
    pub(super) const fn invalid(&self) -> Cause {
        match self {
            Self::Pod => Cause::VariableInvalid,
            Self::File(_) | Self::Folder(_) => Cause::FileInvalid,
        }
    }

    /// Reads them.
    ///
    /// # Errors
    /// `file_missing` or `file_invalid`, with the path.
    pub(super) fn read(&self, env: &dyn Env) -> Result<Found, Fault> {
        match self {
            Self::Pod => Ok(Found::Pod),
            Self::File(path) => Ok(Found::All(read(Value::File(path.clone()).resolve(env)?.expose()))),
            Self::Folder(path) => Ok(Found::Folder(path.clone())),
        }
    }
}

impl Found {
    /// A variable, `None` where it is not there.
    ///
    /// # Errors
    /// `file_invalid` for a file that is there and cannot be read.
    pub(super) fn get(&self, name: &str, env: &dyn Env) -> Result<Option<Secret>, Fault> {
        match self {
            Self::Pod => Ok(env.var(name).map(Secret::new)),
            Self::All(all) => Ok(all.get(name).cloned()),
            Self::Folder(path) => match Value::File(path.join(name)).resolve(env) {
                Ok(text) => Ok(Some(text)),
                Err(fault) if fault.cause == Cause::FileMissing => Ok(None),
                Err(fault) => Err(fault),
            },
        }
    }
}

/// `/proc/PID/environ` ends each with a NUL; a .env file has lines.
fn read(text: &str) -> BTreeMap<String, Secret> {
    let mut found = BTreeMap::new();
    if text.contains('\0') {
        let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
        found.extend(pairs.map(|(name, value)| (name.to_owned(), Secret::new(value.to_owned()))));
        return found;
    }
    let mut rest = text;
    while !rest.is_empty() {
        let line = rest.split('\n').next().unwrap_or_default();
        let after = &rest[(line.len() + 1).min(rest.len())..];
        let trimmed = line.trim_start();
        let pair = trimmed.strip_prefix("export ").unwrap_or(trimmed).split_once('=');
        let Some((name, value)) = pair.filter(|(name, _)| !name.starts_with('#')) else {
            rest = after;
            continue;
        };
        // A value in quotes may go over several lines.
        let start = text.len() - rest.len() + line.len() - value.len();
        let (value, end) = value_at(&text[start..], &found);
        found.insert(name.trim().to_owned(), value);
        rest = &text[(start + end).max(text.len() - after.len()).min(text.len())..];
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    found
}

/// The value at the start of a text, and where it ends. In double quotes `\n` and `\"` are undone; `${NAME}` is filled in
/// where NAME stands further up, but not in single quotes.
fn value_at(text: &str, known: &BTreeMap<String, Secret>) -> (Secret, usize) {
    let blank = text.len() - text.trim_start_matches([' ', '\t']).len();
    let inner = &text[blank..];
    let quote = inner.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote
        && let Some(end) = closing(&inner[1..], quote)
    {
        let raw = &inner[1..1 + end];
        let value = match quote {
            '"' => expand(&raw.replace("\\n", "\n").replace("\\\"", "\""), known),
            _ => Secret::new(raw.to_owned()),
        };
        return (value, blank + 2 + end);
    }
    let line = text.split('\n').next().unwrap_or_default();
    let plain = line.split(" #").next().unwrap_or_default();
    (expand(plain.trim(), known), line.len())
}

/// Where the quotes are closed; behind a backslash they are not.
fn closing(text: &str, quote: char) -> Option<usize> {
    let escapes = quote == '"';
    text.match_indices(quote).map(|(at, _)| at).find(|at| !(escapes && text[..*at].ends_with('\\')))
}

fn expand(text: &str, known: &BTreeMap<String, Secret>) -> Secret {
    let mut out = Zeroizing::new(text.to_owned());
    for (name, value) in known {
        let place = format!("${{{name}}}");
        if out.contains(&place) {
            *out = out.replace(&place, value.expose());
        }
    }
    Secret::new(out.to_string())
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn lines_quotes_and_comments() {
        let text = "# a comment\nexport A=1\nB = two words # comment\nC='x # y'\nD=\"p\\\"q\\nr\"\n\nE=\"two\nlines\"\nF=${A}/x\nG='${A}'\n\
                    H=\nbroken\nI=a#b\r\nJ=\"open\nK=last";
        let found = read(text);
        let value = |name: &str| found.get(name).map(|text| text.expose().to_owned());
        for (name, expected) in [
            ("A", "1"),
            ("B", "two words"),
            ("C", "x # y"),
            ("D", "p\"q\nr"),
            ("E", "two\nlines"),
            ("F", "1/x"),
            ("G", "${A}"),
            ("H", ""),
            ("I", "a#b"),
            ("J", "\"open"),
            ("K", "last"),
        ] {
            assert_eq!(value(name).as_deref(), Some(expected), "{name}");
        }
        assert_eq!(found.len(), 11);
    }

    #[test]
    fn the_environment_of_a_process() {
        let found = read("A=1\0B=x=y\n\0C=\0");
        assert_eq!(found["B"].expose(), "x=y\n");
        assert_eq!(found.len(), 3);
    }
}
