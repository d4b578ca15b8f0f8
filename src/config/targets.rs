//! The TARGETs of the command line. What is said of a bad one names its position; its text only where it cannot be a
//! password.

use std::sync::Arc;

use crate::cause::Cause;
use crate::check::connection::{Connection, Protocol};
use crate::check::{Check, Kind, Meaning, SCHEMES, bare_address, blame_scheme, dialect, keys_for, meaning, not_read};
use crate::config::fault::Refused;
use crate::config::names::{Names, is_variable_name};
use crate::config::plan::{Extent, Gates, Origin, Plan, Planned};
use crate::config::rules::Reach;
use crate::config::typed::Typed;
use crate::config::unresolved::{self, Unresolved};
use crate::config::urls::{INSTEAD, advice, in_variable, instead_of_driver, on_socket, perhaps, reader_of, spoken};
use crate::env::Env;
use crate::findings::{Blame, blame, blame_url, meant, nested};
use crate::mask::typed;
use crate::outcome::ValueDetail;
use crate::scheme::without_jdbc;
use crate::url::Url;
use crate::value::Value;

/// The plan of some targets. They gate `startup` and `ready`; what runs in this pod gates `ready` alone.
///
/// # Errors
/// Every bad target, by its position.
pub(super) fn plan(targets: &[String], extent: Extent, env: &dyn Env) -> Result<Plan, Refused> {
    let mut names = Names::default();
    let mut checks = Vec::new();
    let mut wrong = Vec::new();
    for (index, text) in targets.iter().enumerate() {
        match target(text, extent, env) {
            Ok(target) => checks.push(target.planned(&mut names, text, env)),
            Err(what) => wrong.push(format!("target {}{}: {what}", index + 1, typed(" ", text))),
        }
    }
    if !wrong.is_empty() {
        return Err(Refused::lines(wrong));
    }
    Ok(Plan::of_checks(checks, Origin::Targets))
}

/// A target that was understood.
struct Target {
    kind: &'static str,
    check: Arc<dyn Check>,
    /// The variable that it is in.
    variable: Option<String>,
}

impl Target {
    fn planned(self, names: &mut Names, written: &str, env: &dyn Env) -> Planned {
        let name = match &self.variable {
            Some(variable) => names.of_variable(variable),
            None => names.make(&[&format!("{}-{}", self.kind, host_of(written, &*self.check, env))]),
        };
        let inside = Reach::of(&*self.check, env).is_inside();
        let gates = Gates { startup: !inside, ready: true, live: false };
        Planned::with_defaults(name, self.kind, self.check, gates, written)
    }
}

/// Whether its user and password are why not every client reads a connection URL as it was meant.
fn misread(text: &str) -> bool {
    let blamed = blame(text, Url::parse(text).is_err(), SCHEMES);
    blamed.is_some_and(|blamed| matches!(blamed.cause, Cause::UrlPasswordUnencoded | Cause::UrlPasswordDoubled))
}

/// The host of a literal target, or what stands in its place; it was read before.
fn host_of(written: &str, check: &dyn Check, env: &dyn Env) -> String {
    if let Some((_, rest)) = opaque(written) {
        return rest.to_owned();
    }
    match Url::parse(without_jdbc(written)) {
        Ok(url) => url.hosts.first().map(|(host, _)| host.to_string()).unwrap_or_default(),
        Err(_) => {
            let prepared = check.prepare(env);
            let endpoint = prepared.endpoints.into_iter().next().or_else(|| meant(&prepared.readings, SCHEMES));
            endpoint.map(|endpoint| endpoint.host.to_string()).unwrap_or_default()
        }
    }
}

/// A text with a scheme that no `//` follows, such as `listen::3000`: its scheme, and the rest.
fn opaque(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    SCHEMES.get(scheme).filter(|scheme| scheme.is_opaque).map(|_| (scheme, rest))
}

fn target(text: &str, extent: Extent, env: &dyn Env) -> Result<Target, String> {
    if let Some(name) = text.strip_prefix("env:") {
        return variable(name, extent, env);
    }
    if has_name(text) {
        return Err("leave out `NAME=` before the URL, or write env:NAME for the URL in that variable".to_owned());
    }
    if let Some(kind) = reader_of("", text) {
        return match (kind.target_fault)(text) {
            Some(fault) => Err(format!("{fault}; expected {}", kind.url_form)),
            None => Ok(literal(kind, text)),
        };
    }
    let Some((scheme, _)) = text.split_once("://").or_else(|| opaque(text)) else {
        if let Some(why) = perhaps("NAME", text) {
            return Err(why);
        }
        if let Some((form, keys)) = dialect(text).zip(keys_for(text)) {
            return Err(format!("it is {form}, which is not read: write its URL, or a check with {keys}"));
        }
        // Of the commands that have the option.
        let by_name = if extent == Extent::Servers { "" } else { "; to select a check by name, use --only NAME" };
        return Err(format!(
            "no scheme: write tcp://host:port, a URL such as postgres://user@host/database, or env:NAME for a URL in \
             a variable{by_name}"
        ));
    };
    let connects = extent == Extent::Connections && Connection::knows(scheme);
    if let Some(wrong) = nested(text).or_else(|| on_socket(scheme)) {
        return Err(wrong);
    }
    match meaning(scheme) {
        // What clients make of a URL that they read differently is told as of one in a variable.
        Meaning::Kind(kind) if extent >= Extent::Web && misread(text) => Ok(literal(kind, text)),
        Meaning::Kind(kind) => match (kind.target_fault)(text) {
            Some(fault) => Err(format!("{fault}; expected {}", kind.url_form)),
            None => Ok(literal(kind, text)),
        },
        Meaning::Protocol(protocol) if connects => {
            Url::parse(text).map(drop).or_else(|error| if misread(text) { Ok(()) } else { Err(error.to_string()) })?;
            let check = Arc::new(Typed(protocol.connection(Value::literal(text))));
            Ok(Target { kind: protocol.name, check, variable: None })
        }
        Meaning::Protocol(protocol) => Err(protocol.lacking(INSTEAD)),
        Meaning::Driver(kind) if connects => {
            let check = Arc::new(Connection::of_driver(Value::literal(text)));
            Ok(Target { kind, check: Arc::new(Typed(check)), variable: None })
        }
        Meaning::Driver(name) => Err(match Protocol::named(name) {
            Some(protocol) => protocol.lacking(INSTEAD),
            None => instead_of_driver(scheme, name).unwrap_or_else(|| advice(scheme)),
        }),
        Meaning::Unknown => {
            Err(advice(scheme).replacen("unknown scheme", &format!("unknown scheme{}", typed(" ", scheme)), 1))
        }
    }
}

/// Whether a text is a line of a file with variables, `DATABASE_URL=postgres://…`: no scheme has a `=`.
fn has_name(text: &str) -> bool {
    let is_url = |text: &str| text.split_once("://").is_some_and(|(scheme, _)| SCHEMES.stem(scheme).is_some());
    text.split_once('=')
        .is_some_and(|(name, rest)| is_variable_name(name) && is_url(rest.trim_start_matches(['"', '\''])))
}

fn literal(kind: &'static Kind, text: &str) -> Target {
    Target { kind: kind.name, check: Arc::new(Typed((kind.from_url)(Value::literal(text)))), variable: None }
}

/// A target in a variable: what is wrong with its value is a failed outcome, since the value is not in the command.
fn variable(name: &str, extent: Extent, env: &dyn Env) -> Result<Target, String> {
    if !is_variable_name(name) {
        return Err("env: expects the name of a variable, such as env:DATABASE_URL".to_owned());
    }
    let made = |kind, check| Target { kind, check, variable: Some(name.to_owned()) };
    let unresolved = |check| made(unresolved::KIND, Arc::new(check) as Arc<dyn Check>);
    let Some(value) = env.var(name).filter(|value| !value.is_empty()) else {
        return Ok(unresolved(Unresolved::unset(name)));
    };
    let wrong = |otherwise: Blame| unresolved(Unresolved::blamed(name, blamed(name, &value).unwrap_or(otherwise)));
    if let Some(kind) = reader_of(name, &value) {
        return Ok(made(kind.name, in_variable(kind, name, &value, env).0));
    }
    let Some((scheme, _)) = value.split_once("://").or_else(|| opaque(&value)) else {
        return Ok(wrong(without_scheme(name, &value)));
    };
    let connects = extent == Extent::Connections && Connection::knows(scheme);
    let url = || Value::Env(name.to_owned());
    Ok(match meaning(scheme) {
        Meaning::Kind(kind) => made(kind.name, in_variable(kind, name, &value, env).0),
        Meaning::Protocol(protocol) if connects => made(protocol.name, protocol.connection(url())),
        Meaning::Protocol(protocol) => wrong(not_spoken(name, protocol)),
        Meaning::Driver(kind) if connects => made(kind, Arc::new(Connection::of_driver(url()))),
        Meaning::Driver(_) => wrong(not_read(
            format!("the variable {name} is a driver-specific URL, which this version does not read"),
            &value,
        )),
        Meaning::Unknown => wrong(unknown(name, scheme)),
    })
}

fn not_spoken(name: &str, protocol: &Protocol) -> Blame {
    let what = format!("the variable {name} is the URL of a {} check; {}", protocol.name, protocol.lacking(INSTEAD));
    Blame::with_detail(Some(ValueDetail::NotSpoken), what)
}

/// What is said of a value that is no URL.
fn without_scheme(name: &str, value: &str) -> Blame {
    if let Some(why) = perhaps(name, value) {
        return Blame::with_detail(Some(ValueDetail::NotRead), format!("the variable {name} is not clear: {why}"));
    }
    match dialect(value).or_else(|| bare_address(value)) {
        Some(form) => not_read(format!("the variable {name} is {form}, which this version does not read"), value),
        None => Blame::malformed(format!("the variable {name} is not a URL: it has no scheme://")),
    }
}

/// What is said of a value whose text before `://` is no scheme that is known: with other text before a known one, or a slip
/// of the pen, it is wrong for the app too.
fn unknown(name: &str, scheme: &str) -> Blame {
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let word = scheme.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    if matches!(meaning(word), Meaning::Kind(_) | Meaning::Protocol(_)) && word != scheme && !is_scheme {
        return Blame::malformed(format!("the variable {name} has other text before {word}://"));
    }
    let what = format!("the variable {name} is a URL with an {}", advice(scheme));
    if is_scheme { blame_scheme(scheme, &spoken(), what) } else { Blame::malformed(what) }
}

/// What the value itself is to blame for: white space, quotes, still base64, an unencoded or doubled password.
fn blamed(name: &str, value: &str) -> Option<Blame> {
    let blame = blame_url(value, Url::parse(value).is_err(), SCHEMES)?;
    Some(Blame { message: format!("the URL from the variable {name}: {}", blame.message), ..blame })
}

#[cfg(test)]
mod tests;
