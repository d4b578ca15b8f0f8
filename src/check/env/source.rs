//! Where the variables are: this container, a file of them, or a folder with a file for each.

mod dotenv;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::cause::Cause;
use crate::config::node::{Error, FromNode, Reader};
use crate::env::{Env, FILE_LIMIT};
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
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

impl FromNode for Source {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        match node.text("a string")? {
            "pod" => Ok(Self::Pod),
            path if path.starts_with('/') && path.ends_with('/') => Ok(Self::Folder(path.into())),
            path if path.starts_with('/') => Ok(Self::File(path.into())),
            _ => Err(Error::custom("expected pod, the path of a file, or the path of a folder with a final /")),
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

/// The variables as they are now: those that were asked for and are there, or why one cannot be read.
pub(super) struct Found(HashMap<String, Result<Secret, Fault>>);

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

    /// Reads those with these names.
    ///
    /// # Errors
    /// `file_missing` or `file_invalid`, with the path; `probe_limit` for more than is read.
    pub(super) fn read<'a>(&self, names: impl Iterator<Item = &'a str>, env: &dyn Env) -> Result<Found, Fault> {
        match self {
            Self::Pod => {
                let value = |name: &str| Some((name.to_owned(), Ok(Secret::new(env.var(name)?))));
                Ok(Found(names.filter_map(value).collect()))
            }
            Self::File(path) => {
                let text = Value::File(path.clone()).resolve(env)?;
                let all = dotenv::read(text.expose(), &names.collect()).map_err(|excess| {
                    let message = format!("the file {}, line {}: {}", path.display(), excess.line, excess.what);
                    too_much(message)
                })?;
                Ok(Found(all.into_iter().map(|(name, value)| (name, Ok(value))).collect()))
            }
            Self::Folder(path) => in_folder(path, names, env),
        }
    }
}

/// The files of a folder that have these names: as much as a Secret or a ConfigMap may hold.
fn in_folder<'a>(path: &Path, names: impl Iterator<Item = &'a str>, env: &dyn Env) -> Result<Found, Fault> {
    let mut left = usize::try_from(FILE_LIMIT).unwrap_or(usize::MAX);
    let mut all = HashMap::new();
    for name in names {
        let value = match Value::File(path.join(name)).resolve(env) {
            Err(fault) if fault.cause == Cause::FileMissing => continue,
            other => other,
        };
        let length = value.as_ref().map_or(0, |value| value.expose().len());
        left = left.checked_sub(length).ok_or_else(|| {
            too_much(format!("the files of {} have more than 1 MiB together, counted up to {name}", path.display()))
        })?;
        all.insert(name.to_owned(), value);
    }
    Ok(Found(all))
}

fn too_much(message: String) -> Fault {
    Fault::new(Phase::Assert, Cause::ProbeLimit, message).with(Detail::Value(ValueDetail::TooMuch))
}

impl Found {
    /// A variable, `None` where it is not there.
    ///
    /// # Errors
    /// `file_invalid` for a file that is there and cannot be read.
    pub(super) fn get(&self, name: &str) -> Result<Option<&Secret>, Fault> {
        self.0.get(name).map(Result::as_ref).transpose().map_err(Clone::clone)
    }
}
