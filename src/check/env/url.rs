//! The rule `url`: a URL of this kind, which all of its clients read alike.

use crate::cause::Cause;
use crate::check::{KINDS, Kind, SCHEMES, Subject, dialect};
use crate::config::node::{Error, FromNode, Reader};
use crate::env::Env;
use crate::findings::{Blame, Family, blame_url, lint, white};
use crate::outcome::{Detail, Fault};
use crate::value::Value;

/// The kind that reads the URL.
#[derive(Clone, Copy)]
pub(super) struct UrlKind(&'static Kind);

impl std::fmt::Debug for UrlKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name)
    }
}

impl UrlKind {
    /// Those that there are: kinds of servers that apps know by a URL.
    pub(super) fn all() -> impl Iterator<Item = &'static Kind> {
        KINDS.iter().filter(|kind| kind.subject == Subject::Server && own(kind).next().is_some())
    }
}

/// The schemes of a kind that are not this program's own invention.
fn own(kind: &Kind) -> impl Iterator<Item = &'static str> {
    kind.schemes
        .iter()
        .filter(|scheme| !scheme.is_opaque && !scheme.name.starts_with("peer+"))
        .map(|scheme| scheme.name)
}

impl FromNode for UrlKind {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let name = node.text("a string")?;
        Self::all().find(|kind| kind.name == name).map(Self).ok_or_else(|| {
            let names: Vec<&str> = Self::all().map(|kind| kind.name).collect();
            Error::custom(format_args!("expected one of {}", names.join(", ")))
        })
    }
}

impl UrlKind {
    /// What is wrong with a text that is to be such a URL.
    pub(super) fn judge(self, text: &str, env: &dyn Env) -> Option<Blame> {
        let Self(kind) = self;
        if let Some(judged) = of_other_form(text, kind, env) {
            return judged;
        }
        let family = kind.schemes.first().and_then(|scheme| scheme.family);
        match Family::ALL.into_iter().find(|one| Some(one.name()) == family) {
            Some(family) => lint(text, family, SCHEMES),
            None => of_kind(text, kind, env),
        }
    }
}

/// What is wrong with a connection string that is no URL, by the kind that reads it; `None` for any other text.
fn of_other_form(text: &str, kind: &Kind, env: &dyn Env) -> Option<Option<Blame>> {
    // JDBC's are judged with the other URLs.
    if text.contains("://") || !(dialect(text).is_some() || (kind.discovery.reads)("", text)) {
        return None;
    }
    match (kind.from_url)(Value::literal(text)).prepare(env).run {
        Ok(_) => Some(None),
        // A form that the kind does not read is another's.
        Err(fault) if fault.cause == Cause::ProbeLimit => None,
        Err(fault) => Some(Some(blamed(text, kind, fault))),
    }
}

/// What is wrong with a URL by what its kind reads of it: no family of clients is known that reads it otherwise.
fn of_kind(text: &str, kind: &Kind, env: &dyn Env) -> Option<Blame> {
    if let Some(what) = white(text) {
        return Some(Blame::new(Cause::SecretWhitespace, format!("it has {what}")));
    }
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    let named = |scheme: &str| SCHEMES.stem(scheme).is_some_and(|known| kind.schemes.contains(known));
    if !named(scheme) {
        let forms: Vec<String> = own(kind).map(|name| format!("{name}://")).collect();
        return blame_url(text, false, SCHEMES)
            .or_else(|| Some(Blame::malformed(format!("it is not a URL that starts with {}", forms.join(" or ")))));
    }
    let run = (kind.from_url)(Value::literal(text)).prepare(env).run;
    let fault = run.err();
    // What the check alone lacks or cannot do says nothing of the URL.
    let fault =
        fault.filter(|fault| !matches!(fault.cause, Cause::ProbeLimit | Cause::FileMissing | Cause::FileInvalid));
    blame_url(text, fault.is_some(), SCHEMES).or_else(|| Some(blamed(text, kind, fault?)))
}

fn blamed(text: &str, kind: &Kind, fault: Fault) -> Blame {
    let detail = match fault.detail {
        Some(Detail::Value(detail)) => Some(detail),
        _ => None,
    };
    let message = (kind.target_fault)(text).unwrap_or(fault.message);
    Blame { cause: fault.cause, message, detail }
}
