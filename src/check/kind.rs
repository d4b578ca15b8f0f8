//! What a kind of check reports: all that the rest of the program knows of a protocol.

use std::sync::Arc;
use std::time::Duration;

use crate::check::{Check, Parsed, Run};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::{Context, TlsKeyNames};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::outcome::{Evidence, FactKey, Fault};
use crate::scheme::{Discovery, Scheme};
use crate::value::Value;

/// A kind of check.
#[derive(Clone, Copy)]
pub struct Kind {
    /// The key in the configuration.
    pub name: &'static str,
    /// One line for `--help`, the schema and the docs.
    pub summary: &'static str,
    /// The value of the kind's key, as YAML; parsed in a test.
    pub example: &'static str,
    /// The form of its TARGET on the command line; empty where it has none.
    pub url_form: &'static str,
    /// The URL schemes that mean this kind.
    pub schemes: &'static [Scheme],
    /// What it judges.
    pub subject: Subject,
    /// What `config show` shows of its keys.
    pub shown: ShownKeys,
    /// How its keys about TLS are written.
    pub tls_keys: TlsKeyNames,
    /// What the variables of an environment mean to it.
    pub discovery: DiscoveryRule,
    /// How gently its checks treat their servers.
    pub care: Care,
    /// Whether a check without the key `gates` gates startup: not where the other side may not be there yet, or may well differ
    /// for a while.
    pub gates_by_default: bool,
    /// What is wrong with a TARGET, seen at once: the text has one of the schemes.
    pub target_fault: fn(&str) -> Option<String>,
    /// Reads the value of the kind's key.
    pub parse: ParseFn,
    /// Makes a check of a URL with one of the schemes; the URL may come from a variable.
    pub from_url: fn(Value) -> Arc<dyn Check>,
    /// The facts that it records beside those that several kinds share, in the order of the JSON.
    pub facts: &'static [FactKey],
    /// Its own hint for a fault, tried after that of the values and before the general one.
    pub hint: HintFn,
    /// Where its servers speak first and count connections that end before their login, until they block the address of
    /// whoever makes them: whether these are the first bytes of such a server. No check of any kind connects there often
    /// without logging in.
    pub counts_unfinished: Option<fn(head: &[u8]) -> bool>,
    /// How TLS starts inside its protocol, for the kind `tls`: a conversation without a login.
    pub start_tls: Option<fn() -> Box<dyn StartTls>>,
    /// The schema of the kind's key: `|generator| generator.subschema_for::<Config>()`.
    #[cfg(test)]
    pub schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
}

impl Kind {
    /// Whether its servers are dialled only where a check, a TARGET or a command for people asks for it: values in variables
    /// are listed.
    #[must_use]
    pub fn is_only_listed(&self) -> bool {
        !self.schemes.is_empty() && self.schemes.iter().all(|scheme| scheme.discovery == Discovery::List)
    }
}

/// A conversation that goes no further than TLS.
pub trait StartTls: Send {
    /// Asks for TLS: afterwards the stream is ready for the handshake. What speaks the protocol and refuses has no TLS to
    /// offer (`tls_unsupported`), and expects a goodbye.
    fn ask<'a>(&'a mut self, attempt: &'a mut Attempt, io: &'a mut Io) -> Run<'a>;

    /// Says goodbye, in plain text or under TLS; it never fails.
    fn quit<'a>(&'a mut self, attempt: &'a mut Attempt, io: &'a mut Io) -> Run<'a>;
}

/// What to do about a fault, where the kind knows it better than the rules that are true of any protocol; at most two
/// short sentences.
pub type HintFn = fn(&Fault, &Evidence, &Context<'_>) -> Option<String>;

/// The hint of a kind that has none of its own.
pub(crate) fn no_hint(_: &Fault, _: &Evidence, _: &Context<'_>) -> Option<String> {
    None
}

/// How gently checks of a kind treat their servers, beyond what holds for every check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Care {
    /// From run to run while a check is up, at least, where the check itself sets no `interval`.
    pub calm_interval: Option<Duration>,
    /// Whether accounts lock, or providers throttle, after a few rejected logins: no two logins are made at a time until
    /// one was accepted.
    pub accounts_lock: bool,
}

impl Care {
    /// No more than for every check.
    pub const USUAL: Self = Self { calm_interval: None, accounts_lock: false };
}

/// Reads the value of a kind's key.
pub type ParseFn = fn(&Node) -> Parsed;

/// What checks of a kind judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A server that they connect to.
    Server,
    /// The values that they read: they dial nothing.
    Values,
    /// This pod, its own sidecars, its name servers, or whether a host is there: the app makes no such connection.
    Surroundings,
}

/// What `config show` shows of a kind's keys; every other value is masked.
#[derive(Debug, Clone, Copy)]
pub struct ShownKeys {
    /// Keys whose values say how or where, never as whom or with what.
    pub plain: &'static [&'static str],
    /// Keys whose values are URLs: what may be shown of a URL.
    pub urls: &'static [&'static str],
    /// Keys whose values are paths, or a PEM text: paths alone are shown.
    pub paths: &'static [&'static str],
    /// Keys under which the keys are the user's own: values below them are masked, whatever their keys are called.
    pub free: &'static [&'static str],
}

impl ShownKeys {
    /// Nothing but what may be shown of `url`.
    pub const NONE: Self = Self { plain: &[], urls: &[], paths: &[], free: &[] };
}

/// What the variables of an environment mean to a kind, beyond a URL with one of its schemes.
#[derive(Clone, Copy)]
pub struct DiscoveryRule {
    /// Variables by whose name one expects a URL of this kind: one that is none is listed.
    pub usual_variables: &'static [&'static str],
    /// Schemes that mean this kind only in a variable whose name has the first word of a usual one: elsewhere they mean any
    /// server.
    pub borrowed_schemes: &'static [&'static str],
    /// Who reads the variables that `beside` names: `libpq`.
    pub reader: &'static str,
    /// Whether a text in this variable that is no URL is a connection string of this kind, in a form of its own.
    pub reads: fn(variable: &str, text: &str) -> bool,
    /// What such a text may be, where it may also be of something else: its check says which.
    pub perhaps: fn(text: &str) -> Option<&'static str>,
    /// Why a URL that was found is not probed, though it may well be right for the app.
    pub unfit: fn(url: &str, env: &dyn Env) -> Option<&'static str>,
    /// Keys that such a URL lacks and that every client of it takes from variables.
    pub beside: fn(url: &str, env: &dyn Env) -> Vec<KeyVariable>,
    /// A check that is spread over variables, each with a part of it.
    pub by_parts: fn(env: &dyn Env, parse: ParseFn) -> Option<ByParts>,
}

/// A key and the variable that has its value.
pub type KeyVariable = (&'static str, &'static str);

/// What variables that each hold a part come to.
pub struct ByParts {
    /// The variable that led to it.
    pub variable: &'static str,
    /// The keys and their variables, and the check made of them; else why there is none.
    pub found: Result<(Vec<KeyVariable>, Arc<dyn Check>), &'static str>,
}

impl DiscoveryRule {
    /// Nothing but URLs.
    pub const NONE: Self = Self {
        usual_variables: &[],
        borrowed_schemes: &[],
        reader: "",
        reads: |_, _| false,
        perhaps: |_| None,
        unfit: |_, _| None,
        beside: |_, _| Vec::new(),
        by_parts: |_, _| None,
    };
}

/// What is wrong with the text as the key `url` of a check; for [`Kind::target_fault`].
#[must_use]
pub fn fault_of_url(parse: ParseFn, text: &str) -> Option<String> {
    let problems = parse(&Node::mapping(vec![("url", literal(text))])).err()?;
    problems.into_iter().find(|problem| problem.path == "url").map(|problem| problem.message)
}

/// A scalar that means the text as it is, also where `${` is in it.
#[must_use]
pub fn literal(text: &str) -> Node {
    Node::scalar(&text.replace("${", "$${"))
}
