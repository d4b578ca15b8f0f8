//! `file`: a mounted file is there and as expected. It dials nothing, and no message shows a part of the content.

mod hint;

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use self::hint::code;
use crate::cause::Cause;
use crate::check::days::Days;
use crate::check::{Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, literal};
use crate::config::node::{self, Keys, Node, Problem};
use crate::duration;
use crate::env::{Env, FILE_LIMIT, FileState};
use crate::findings::TlsKeyNames;
use crate::net::attempt::Attempt;
use crate::net::tls::{certificates_in, check_days_left};
use crate::net::turns::slices;
use crate::outcome::{Certificate, Detail, Fault, Phase, ValueDetail, bytes};
use crate::scheme::Scheme;
use crate::secret::Secret;
use crate::timestamp::{rfc3339, rfc3339_unix, unix};
use crate::value::{Setting, Value};

/// What stands before the path in a target.
const TARGET: &str = "file:";
/// The longest path, in bytes: the kernel takes no longer one.
const LONGEST_PATH: usize = 4096;
/// How long certificates are read in one piece.
const SLICE: Duration = Duration::from_millis(2);
/// Seconds of a day.
const DAY: u64 = 86_400;

/// The kind.
pub const KIND: Kind = Kind {
    name: "file",
    summary: "a mounted file is there, and as expected: its content, its age, the days that its certificates have left",
    example: "{path: /etc/tls/tls.crt, pem_min_days_valid: 14}",
    url_form: "file:/etc/tls/tls.crt",
    schemes: &[Scheme::new("file").opaque()],
    subject: Subject::Values,
    shown: ShownKeys { plain: &["max_age", "path", "pem_min_days_valid"], ..ShownKeys::NONE },
    tls_keys: TlsKeyNames::NONE,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault,
    parse,
    from_url: |url| Arc::new(FileCheck::Url(url)),
    facts: &[],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<FileKeys>(),
};

/// The keys of a `file` check.
#[derive(Debug, Keys)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "file"))]
struct FileKeys {
    /// The absolute path of a regular file that this process may read.
    path: Setting<FilePath>,
    /// A text that the file must contain within its first 1 MiB. No output shows it.
    contains: Option<Value>,
    /// How long ago the file may have been changed last, such as `30m`, `12h` or `7d`.
    max_age: Option<Setting<Age>>,
    /// The number of days for which every certificate of the file (PEM, at most 1 MiB) must still be valid, 0 to 3650.
    pem_min_days_valid: Option<Setting<Days>>,
}

/// An absolute path.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FilePath(PathBuf);

impl FromStr for FilePath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = text.starts_with('/') && text.len() <= LONGEST_PATH && !text.contains(char::is_control);
        fits.then(|| Self(text.into())).ok_or_else(|| "an absolute path, such as /etc/tls/tls.crt".to_owned())
    }
}

/// How old a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Age(Duration);

impl FromStr for Age {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let days = text.strip_suffix('d').and_then(|days| days.parse::<Days>().ok());
        let age = match days {
            Some(Days(days)) => Some(Duration::from_secs(u64::from(days) * DAY)),
            None => duration::parse(text).ok(),
        };
        age.map(Self).ok_or_else(|| "a duration such as 30m, 12h or 7d".to_owned())
    }
}

impl std::fmt::Display for Age {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_secs() {
            seconds if seconds >= DAY => write!(f, "{}d", seconds / DAY),
            seconds if seconds >= 3600 => write!(f, "{}h", seconds / 3600),
            _ => f.write_str(&duration::show(self.0)),
        }
    }
}

/// A `file` check: from the configuration, or of a target that may come from a variable.
#[derive(Debug)]
enum FileCheck {
    Keys {
        keys: FileKeys,
        /// The file, so that a change of it ends a back-off.
        file: Option<Value>,
    },
    Url(Value),
}

/// What is wrong with a TARGET: `file:/etc/tls/tls.crt`.
fn target_fault(text: &str) -> Option<String> {
    let Some(path) = path_of(text) else { return Some("it is not a path from / on".to_owned()) };
    let problems = parse(&Node::mapping(vec![("path", literal(path))])).err()?;
    problems.into_iter().next().map(|problem| problem.message)
}

/// The path of a target, also in the form of a URL without a host: `file:///etc/tls/tls.crt`. What has more than a path is
/// another program's.
fn path_of(text: &str) -> Option<&str> {
    let path = text.strip_prefix(TARGET)?;
    let path = path.strip_prefix("//").unwrap_or(path);
    (path.starts_with('/') && !path.starts_with("//") && !path.contains(['?', '#', '@'])).then_some(path)
}

fn parse(node: &Node) -> Parsed {
    let keys: FileKeys = node::read(node)?;
    if let Some(Value::Literal(text)) = &keys.contains
        && text.expose().is_empty()
    {
        let span = node.get("contains").map_or(node.span, |value| value.span);
        return Err(vec![Problem::new(span, "contains", "is empty, which every file contains")]);
    }
    let file = match &keys.path {
        Setting::Known(FilePath(path)) => Some(Value::File(path.clone())),
        Setting::Later(_) => None,
    };
    Ok(Arc::new(FileCheck::Keys { keys, file }))
}

impl FileCheck {
    fn resolve(&self, env: &dyn Env) -> Result<FileRun, Fault> {
        match self {
            Self::Keys { keys, .. } => {
                let FilePath(path) = keys.path.resolve("path", env)?;
                Ok(FileRun {
                    path,
                    contains: keys.contains.as_ref().map(|text| text.resolve(env)).transpose()?,
                    max_age: keys.max_age.as_ref().map(|age| age.resolve("max_age", env)).transpose()?,
                    days: keys
                        .pem_min_days_valid
                        .as_ref()
                        .map(|days| days.resolve("pem_min_days_valid", env))
                        .transpose()?,
                })
            }
            Self::Url(value) => {
                let text = value.resolve(env)?;
                let path = path_of(text.expose()).and_then(|path| path.parse::<FilePath>().ok());
                let FilePath(path) = path.ok_or_else(|| {
                    // Drivers of SQLite read more than that.
                    let message =
                        format!("{} is not {TARGET}/PATH, which is all that this check reads", value.origin());
                    let detail = Detail::Value(ValueDetail::NotRead);
                    Fault::new(Phase::Assert, Cause::ProbeLimit, message).with(detail)
                })?;
                Ok(FileRun { path, contains: None, max_age: None, days: None })
            }
        }
    }
}

impl Check for FileCheck {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let run = self.resolve(env);
        let path = match self {
            Self::Keys { keys, .. } => keys.path.resolve("path", env).ok().map(|FilePath(path)| path),
            Self::Url(_) => run.as_ref().ok().map(|run| run.path.clone()),
        };
        let target = match (path, self) {
            (Some(path), _) => format!("{TARGET}{}", path.display()),
            (None, Self::Url(value)) => value.origin(),
            (None, Self::Keys { keys, .. }) => keys.path.later().map_or_else(|| TARGET.to_owned(), Value::origin),
        };
        Prepared::new(target, Vec::new(), Vec::new(), run)
    }

    fn values(&self) -> Vec<&Value> {
        match self {
            Self::Url(value) => vec![value],
            Self::Keys { keys, file } => {
                let FileKeys { path, contains, max_age, pem_min_days_valid } = keys;
                let later = [path.later(), max_age.as_ref().and_then(Setting::later)];
                let days = pem_min_days_valid.as_ref().and_then(Setting::later);
                later.into_iter().flatten().chain(days).chain(contains).chain(file).collect()
            }
        }
    }
}

/// What is expected of a file, in one run.
#[derive(Debug)]
struct FileRun {
    path: PathBuf,
    contains: Option<Secret>,
    max_age: Option<Age>,
    days: Option<Days>,
}

impl Runnable for FileRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            attempt.enter(Phase::Assert);
            let shown = self.shown();
            let state = attempt.env().look_at(&self.path).map_err(|error| unreadable(&self.path, &error))?;
            self.judge_age(&state, SystemTime::now())?;
            if self.contains.is_none() && self.days.is_none() {
                return Ok(());
            }
            let content = attempt.env().start_of(&self.path).map_err(|error| unreadable(&self.path, &error))?;
            let content = zeroize::Zeroizing::new(content);
            self.judge_text(&content, state.size)?;
            let Some(Days(days)) = self.days else { return Ok(()) };
            if state.size > FILE_LIMIT {
                return Err(too_large(&shown, state.size));
            }
            let _turn = attempt.world().turns.take().await;
            let all = certificates_in(&content, &shown, &mut slices(SLICE)).await?;
            attempt.facts().first_expiry = all.iter().map(|one| one.not_after).min();
            let now = unix(SystemTime::now());
            all.iter().try_for_each(|one| self.judge_certificate(one, now, days))
        })
    }
}

impl FileRun {
    fn shown(&self) -> String {
        format!("the file {}", self.path.display())
    }

    /// A file that was changed after now is as young as can be: clocks differ.
    fn judge_age(&self, state: &FileState, now: SystemTime) -> Result<(), Fault> {
        let Some(max) = self.max_age else { return Ok(()) };
        let age = now.duration_since(state.modified).unwrap_or_default();
        if age <= max.0 {
            return Ok(());
        }
        let shown = self.shown();
        let message = format!(
            "{shown} was changed last at {}, {} ago; at most {max} are allowed",
            rfc3339(state.modified),
            Age(age)
        );
        Err(invalid(message, code::TOO_OLD).stating(format!("{shown} is older than {max}")))
    }

    fn judge_text(&self, content: &[u8], size: u64) -> Result<(), Fault> {
        let Some(wanted) = &self.contains else { return Ok(()) };
        if String::from_utf8_lossy(content).contains(wanted.expose()) {
            return Ok(());
        }
        let shown = self.shown();
        if size > FILE_LIMIT {
            return Err(too_large(&shown, size));
        }
        let message = format!("{shown} ({}) does not contain the text that `contains` says", bytes(size));
        Err(invalid(message, code::OTHER_TEXT).stating(format!("{shown} does not contain the expected text")))
    }

    fn judge_certificate(&self, certificate: &Certificate, now: i64, days: u32) -> Result<(), Fault> {
        let shown = self.shown();
        if certificate.not_before > now {
            let at = rfc3339_unix(certificate.not_before);
            let message = format!("{shown}: the certificate of \"{}\" is not valid before {at}", certificate.subject);
            return Err(invalid(message, code::NOT_YET));
        }
        check_days_left(certificate, now, days).map_err(|fault| {
            let message = format!("{shown}: {}", fault.message);
            fault.with_message(message).with(Detail::Protocol { code: code::EXPIRES, product: None })
        })
    }
}

fn invalid(message: String, code: &'static str) -> Fault {
    let detail = Detail::Protocol { code, product: None };
    Fault::new(Phase::Assert, Cause::FileInvalid, message).with(detail)
}

/// The fault of a file that cannot be read.
fn unreadable(path: &Path, error: &std::io::Error) -> Fault {
    use std::io::ErrorKind::{InvalidInput, NotADirectory, NotFound, PermissionDenied};
    let shown = path.display();
    match error.kind() {
        NotFound | NotADirectory => {
            Fault::new(Phase::Assert, Cause::FileMissing, format!("the file {shown} does not exist"))
        }
        PermissionDenied => {
            let fault = Fault::new(Phase::Assert, Cause::FileInvalid, format!("cannot read the file {shown}: {error}"));
            let of_process = path.starts_with("/proc");
            fault.with(Detail::Value(ValueDetail::NotPermitted { of_process }))
        }
        InvalidInput => invalid(format!("cannot read the file {shown}: {error}"), code::NOT_REGULAR),
        _ => Fault::new(Phase::Assert, Cause::FileInvalid, format!("cannot read the file {shown}: {error}")),
    }
}

/// The fault of a file of which only the start is read.
fn too_large(shown: &str, size: u64) -> Fault {
    let message = format!("{shown} has {}, and only the first 1 MiB is read", bytes(size));
    Fault::new(Phase::Assert, Cause::ProbeLimit, message).with(Detail::Value(ValueDetail::TooMuch))
}

#[cfg(test)]
mod tests;
