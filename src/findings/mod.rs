//! Pure rules: from the recorded evidence to the hint of a failure, to findings, and to what other runtimes would do.
//!
//! No clock, no network, no guess: a finding never states more than was observed. Each family of findings is one file
//! with its `CODES` and its `judge`; [`FAMILIES`] lists them for the configuration, the docs and the tests.

mod answers;
mod certificate;
mod hint;
mod host_class;
mod local;
#[cfg(test)]
mod page_tests;
mod resolution;
mod runtimes;
#[cfg(test)]
mod testing;
mod tls_key_names;
mod urls;

use crate::cause::Cause;
use crate::env::Env;
use crate::finding::{Finding, Prediction, Severity};
use crate::order;
use crate::outcome::{Evidence, Fault, Phase};
use crate::scheme::Schemes;
use crate::secret::Secret;
use crate::url::{Endpoint, Host};
use crate::value::Value;

pub use hint::{general_hint, proxy_note, value_hint};
pub use tls_key_names::{TlsKeyNames, Unverified};
pub use urls::{
    Blame, Family, as_sqlalchemy_reads, blame, blame_url, judge_variables, lint, meant, names_secret, white,
};

/// What else a rule may know of the check.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// How keys about TLS are written in checks of this kind.
    pub tls_keys: TlsKeyNames,
    /// Every URL scheme that is known.
    pub schemes: Schemes,
    /// What it dials, as far as that could be resolved.
    pub endpoints: &'a [Endpoint],
    /// What it reads, as far as that could be resolved.
    pub readings: &'a [Reading],
    /// The runtimes to judge for, as `clients` names them; see [`RUNTIMES`].
    pub clients: &'a [&'static str],
    /// When it was run, in seconds since 1970 by this pod's clock.
    pub now: i64,
    /// Whether names went through the whole search list, as an app's resolver sends them, and not only to what matched
    /// last.
    pub full_walk: bool,
    /// Whether this container has a proxy for plain HTTP, and one for HTTPS: apps go through it, pilotfish does not.
    pub proxies: [bool; 2],
    /// `NODE_OPTIONS` of this container.
    pub node_options: &'a str,
    /// `PGCONNECT_TIMEOUT` of this container.
    pub pg_connect_timeout: &'a str,
}

/// The key of a reading that is a variable of the app, listed by a check of variables, and no key's value.
pub const VARIABLE: &str = "variable";

/// A value as it was read for this run.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The key of the check that takes it (`url`, `password`, …), [`Reading::VARIABLE`], or empty where the check does not
    /// tell.
    pub key: &'static str,
    /// The variable that holds it, where it is one.
    pub variable: Option<String>,
    /// Whether it is made of variables (`${NAME}`), each of which has a reading of its own.
    pub is_template: bool,
    /// Where it comes from, in words: `the variable DATABASE_URL`.
    pub origin: String,
    /// The text.
    pub text: Secret,
}

impl Reading {
    /// The key of a variable that is checked for itself, for whatever the app takes it.
    pub const VARIABLE: &'static str = "variable";

    /// Whether it is a variable that is checked for itself.
    fn is_listed(&self) -> bool {
        self.key == Self::VARIABLE
    }

    /// The value of a key, now; `None` where it cannot be resolved.
    #[must_use]
    pub fn of(key: &'static str, value: &Value, env: &dyn Env) -> Option<Self> {
        let variable = match value {
            Value::Env(name) => Some(name.clone()),
            Value::Literal(_) | Value::File(_) | Value::Template(_) => None,
        };
        let is_template = matches!(value, Value::Template(_));
        Some(Self { key, variable, is_template, origin: value.origin(), text: value.resolve(env).ok()? })
    }

    /// The value of a key, and before it each variable that a template is made of: what is wrong with one of them is
    /// best told of it.
    #[must_use]
    pub fn all(key: &'static str, value: &Value, env: &dyn Env) -> Vec<Self> {
        let parts = value.parts().filter_map(|name| Self::of("", &Value::Env(name.to_owned()), env));
        parts.chain(Self::of(key, value, env)).collect()
    }
}

/// A row of the catalogue of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The code, in JSON, metrics, logs and `fail_on`.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The cause of the failure that `fail_on` makes of it.
    pub cause: Cause,
    /// What it means.
    pub meaning: &'static str,
    /// What settles it.
    pub remedy: &'static str,
}

impl Entry {
    /// The finding of this row, with what was seen and what to do here.
    #[must_use]
    pub fn found(&self, message: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding { code: self.code, severity: self.severity, message: message.into(), fix: fix.into() }
    }
}

/// Every family of findings, in the order of the docs.
pub const FAMILIES: &[&[Entry]] =
    &[urls::CODES, resolution::CODES, runtimes::CODES, local::CODES, certificate::CODES, answers::CODES];

/// The runtimes whose connecting can be foretold, as `clients` names them.
pub const RUNTIMES: &[&str] = &[
    "node@18",
    "node@20",
    "node@22",
    "node@24",
    "node@25",
    "node@26",
    "go",
    "python",
    "python-asyncio",
    "python-anyio",
    "libpq",
    "psycopg3",
    "jvm",
    "curl",
    "tokio",
];

/// The row of a code.
#[must_use]
pub fn entry(code: &str) -> Option<&'static Entry> {
    FAMILIES.iter().copied().flatten().find(|entry| entry.code == code)
}

/// Whether a finding of this code is about what was configured: a value, a variable, a URL.
#[must_use]
pub fn is_about_a_value(code: &str) -> bool {
    urls::CODES.iter().any(|entry| entry.code == code)
}

/// The runtime of this name.
#[must_use]
pub fn runtime(name: &str) -> Option<&'static str> {
    RUNTIMES.iter().copied().find(|known| *known == name)
}

/// What the evidence says beyond the cause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// The worst first.
    pub findings: Vec<Finding>,
    /// For each runtime asked for.
    pub predictions: Vec<Prediction>,
}

/// Judges what was recorded.
#[must_use]
pub fn judge(fault: Option<&Fault>, evidence: &Evidence, context: Context<'_>) -> Judged {
    // Who cannot read the URL does not come to dial.
    let (findings, predictions) =
        if context.endpoints.is_empty() { Default::default() } else { runtimes::judge(evidence, context) };
    let mut judged = Judged { findings, predictions };
    if let Some(stood) = local::stood_still(evidence) {
        runtimes::mark_uncertain(&mut judged.findings, stood);
    }
    judged.findings.extend(urls::judge(fault, evidence, context));
    judged.findings.extend(resolution::judge(fault, evidence, context));
    judged.findings.extend(local::judge(fault, evidence, context));
    judged.findings.extend(certificate::judge(fault, evidence, context));
    judged.findings.extend(answers::judge(fault, evidence, context));
    order::sort_by_key(&mut judged.findings, |finding| finding.severity);
    judged
}

impl Context<'_> {
    /// The endpoint that the evidence speaks of: that of the connection which the fault came from; else the last one that
    /// something was recorded for, which may be where a redirect led; else the first.
    fn endpoint(&self, evidence: &Evidence, fault: Option<&Fault>) -> Option<Endpoint> {
        let tried = match fault {
            Some(Fault { attempt: Some(index), .. }) => evidence.tries.get(*index),
            // The name that does not resolve was never tried.
            Some(Fault { phase: Phase::Resolve, .. }) => None,
            Some(_) | None => evidence.tries.last(),
        };
        let named = tried.and_then(|one| one.host.as_deref());
        let named = named.or_else(|| evidence.queries.last().and_then(|one| one.host.as_deref()));
        let first = self.endpoints.first();
        let Some(host) = named.and_then(|name| Host::parse(name).ok()) else { return first.cloned() };
        let known = self.endpoints.iter().find(|one| one.host == host).or(first).map(|one| one.port);
        Some(Endpoint { host, port: tried.map(|one| one.address.port()).or(known)? })
    }
}

#[cfg(test)]
mod tests {
    use super::{FAMILIES, entry};

    #[test]
    fn codes_are_words_of_their_own() {
        let codes: Vec<&str> = FAMILIES.iter().copied().flatten().map(|entry| entry.code).collect();
        for code in &codes {
            assert_eq!(codes.iter().filter(|other| *other == code).count(), 1, "{code}");
            assert!(
                code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
                "{code}"
            );
            assert!(entry(code).is_some_and(|entry| !entry.meaning.is_empty() && !entry.remedy.is_empty()), "{code}");
        }
    }
}
