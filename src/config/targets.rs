//! The TARGETs of the command line. What is said of a bad one names its position, never its text: it may hold a password.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use crate::cause::Cause;
use crate::check::connection::Connection;
use crate::check::{Check, Kind};
use crate::config::document::{FAILURE_THRESHOLD, INTERVAL, SUCCESS_THRESHOLD, TIMEOUT};
use crate::config::fault::Refused;
use crate::config::names::{Names, is_variable_name};
use crate::config::node::Node;
use crate::config::plan::{DEFAULT_LISTEN, Gates, MinPassing, Origin, Plan, Planned, ServeOptions};
use crate::config::rules::Reach;
use crate::config::schemes::{Meaning, PORT, advice, lacking, meaning, server};
use crate::config::source::Extent;
use crate::config::unresolved::{self, Unresolved};
use crate::env::Env;
use crate::findings::{Blame, Family, blame, lint, meant};
use crate::net::dial::DialRules;
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
            Err(what) => wrong.push(format!("target {}: {what}", index + 1)),
        }
    }
    if !wrong.is_empty() {
        return Err(Refused::lines(wrong));
    }
    Ok(bare(checks, Origin::Targets))
}

/// A plan with nothing but checks.
pub(super) fn bare(checks: Vec<Planned>, origin: Origin) -> Plan {
    let serve = ServeOptions::default();
    Plan { listen: DEFAULT_LISTEN, serve, checks, listed: Vec::new(), origin, warnings: Vec::new() }
}

/// A check with every default.
pub(super) fn planned(name: String, kind: &'static str, check: Arc<dyn Check>, gates: Gates, written: &str) -> Planned {
    let mut hasher = DefaultHasher::new();
    (kind, written).hash(&mut hasher);
    Planned {
        name,
        kind,
        check,
        interval: INTERVAL,
        timeout: TIMEOUT,
        failure_threshold: FAILURE_THRESHOLD,
        success_threshold: SUCCESS_THRESHOLD,
        gates,
        rules: DialRules::default(),
        min_passing: MinPassing::All,
        ready_ignores: Vec::new(),
        clients: Vec::new(),
        fail_on: Vec::new(),
        labels: Vec::new(),
        identity: hasher.finish(),
    }
}

/// Where libpq has a password that stands in no URL.
pub(super) const LIBPQ_PASSWORD: &str = "PGPASSWORD";

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
        let inside = Reach::of(&*self.check, env) == Reach::Pod;
        let gates = Gates { startup: !inside, ready: true, live: false };
        planned(name, self.kind, self.check, gates, written)
    }
}

/// Whether its user and password are why not every client reads a connection URL as it was meant.
fn misread(text: &str) -> bool {
    let blamed = blame(text, Url::parse(text).is_err());
    blamed.is_some_and(|blamed| matches!(blamed.cause, Cause::UrlPasswordUnencoded | Cause::UrlPasswordDoubled))
}

/// The host of a literal target, or the port that is listened on; it was read before.
fn host_of(written: &str, check: &dyn Check, env: &dyn Env) -> String {
    if let Some(port) = written.strip_prefix("listen::") {
        return port.to_owned();
    }
    match Url::parse(written.strip_prefix("jdbc:").unwrap_or(written)) {
        Ok(url) => url.hosts.first().map(|(host, _)| host.to_string()).unwrap_or_default(),
        Err(_) => {
            let prepared = check.prepare(env);
            let endpoint = prepared.endpoints.into_iter().next().or_else(|| meant(&prepared.readings));
            endpoint.map(|endpoint| endpoint.host.to_string()).unwrap_or_default()
        }
    }
}

fn target(text: &str, extent: Extent, env: &dyn Env) -> Result<Target, String> {
    if let Some(name) = text.strip_prefix("env:") {
        return variable(name, extent, env);
    }
    let (scheme, _) = match text.split_once("://") {
        Some(parts) => parts,
        None if text.starts_with("listen:") || text.starts_with("unix:") => text.split_once(':').unwrap_or_default(),
        None => {
            // Of the commands that have the option.
            let by_name = if extent == Extent::Servers { "" } else { "; a check by its name is --only NAME" };
            return Err(format!(
                "no scheme: write tcp://host:port, a URL such as postgres://user@host/database, or env:NAME for one that is \
                 in a variable{by_name}"
            ));
        }
    };
    match meaning(driverless(scheme)) {
        // What clients make of a URL that they read differently is told as of one in a variable.
        Meaning::Kind(kind) if extent >= Extent::Web && misread(text) => {
            Ok(Target { kind: kind.name, check: (kind.from_url)(Value::literal(text)), variable: None })
        }
        Meaning::Kind(kind) => literal(kind, text, env),
        Meaning::Later(name) if extent == Extent::Connections && Connection::knows(scheme) => {
            let check = connection(name, Value::literal(text));
            Url::parse(text).map(drop).or_else(|error| if misread(text) { Ok(()) } else { Err(error.to_string()) })?;
            Ok(Target { kind: name, check, variable: None })
        }
        Meaning::Later(name) => Err(lacking(name, PORT)),
        Meaning::Unknown if extent == Extent::Connections && Connection::knows(scheme) => {
            Ok(Target { kind: stem(scheme), check: of_driver(Value::literal(text)), variable: None })
        }
        Meaning::Unknown => Err(advice(scheme)),
    }
}

fn literal(kind: &'static Kind, text: &str, env: &dyn Env) -> Result<Target, String> {
    if kind.name == "listen" {
        return listener(kind, text);
    }
    let wrong = |what: String| format!("{what}; right is {}", form(kind));
    let check = (kind.from_url)(Value::literal(text));
    let url = match Url::parse(text) {
        Ok(url) => url,
        // `postgres:///app?host=db` is a URL to libpq alone.
        Err(error) if kind.name == "postgres" => {
            return match url_problem(kind, text) {
                None => Ok(Target { kind: kind.name, check, variable: None }),
                Some(what) if text.contains("host=") => Err(wrong(what)),
                Some(_) => Err(wrong(error.to_string())),
            };
        }
        Err(error) => return Err(wrong(error.to_string())),
    };
    if let Some(what) = fault_of_url(kind, text, &url) {
        return Err(wrong(what));
    }
    // A name server that is not given is that of the pod: such a check dials nothing that could be told now.
    if check.prepare(env).endpoints.is_empty() && kind.name != "dns" {
        let what = match url.hosts.iter().any(|(_, port)| port.is_none()) {
            true => "the port is missing",
            false => "nothing may stand before the host or after the port",
        };
        return Err(format!("{what}; right is {}", form(kind)));
    }
    Ok(Target { kind: kind.name, check, variable: None })
}

/// `listen::3000`, which is no URL.
fn listener(kind: &'static Kind, text: &str) -> Result<Target, String> {
    let wrong = |what: &str| format!("{what}; right is {}", form(kind));
    let port = text.strip_prefix("listen::").ok_or_else(|| wrong("it cannot be read"))?;
    let keys = Node::mapping(vec![("port", Node::scalar(&port.replace("${", "$${")))]);
    if let Err(problems) = (kind.parse)(&keys) {
        return Err(wrong(problems.first().map_or("it cannot be read", |problem| &problem.message)));
    }
    Ok(Target { kind: kind.name, check: (kind.from_url)(Value::literal(text)), variable: None })
}

/// What a kind has to say of a URL, where it reads one at load: it stands under `url`, and a `dns` URL under its parts.
fn fault_of_url(kind: &Kind, text: &str, url: &Url) -> Option<String> {
    if kind.name == "dns" {
        let name = scalar(&url.hosts[0].0.to_string());
        let parts = url.query.iter().map(|(key, value)| (key.as_str(), scalar(value.expose())));
        let problems = (kind.parse)(&Node::mapping(std::iter::once(("name", name)).chain(parts).collect())).err()?;
        // A key that is not known may be anything, so it is not repeated.
        return problems.first().map(|problem| match problem.message.starts_with("unknown key") {
            true => problem.message.clone(),
            false => format!("{}: {}", problem.path, problem.message),
        });
    }
    url_problem(kind, text.strip_prefix("peer+").unwrap_or(text))
}

fn scalar(text: &str) -> Node {
    Node::scalar(&text.replace("${", "$${"))
}

/// What is wrong with a key `url` of this text.
fn url_problem(kind: &Kind, text: &str) -> Option<String> {
    let problems = (kind.parse)(&Node::mapping(vec![("url", scalar(text))])).err()?;
    let problem = problems.iter().find(|problem| problem.path == "url")?;
    (!problem.message.starts_with("unknown key")).then(|| problem.message.clone())
}

/// The check of a URL whose protocol is not spoken here.
pub(super) fn connection(kind: &str, url: Value) -> Arc<dyn Check> {
    Arc::new(Connection::new(url, format!("this version does not speak {kind}")))
}

/// The name of the kind of a URL in a form that only one driver reads.
fn stem(scheme: &str) -> &'static str {
    let plain = scheme.strip_prefix("jdbc:").unwrap_or(scheme);
    server(plain.split('+').next().unwrap_or_default()).unwrap_or("driver")
}

/// The check of a URL in a form that only one driver reads.
pub(super) fn of_driver(url: Value) -> Arc<dyn Check> {
    Arc::new(Connection::new(url, "a driver's own form of URL, which this version does not read".to_owned()))
}

/// The form of a kind's targets.
fn form(kind: &Kind) -> &'static str {
    match kind.name {
        "tcp" => "tcp://host:port",
        "tls" => "tls://host:port",
        "http" => "https://host/path",
        "peer" => "peer+http://host:port/health",
        "postgres" => "postgres://user:password@host:5432/database",
        "listen" => "listen::3000",
        "dns" => "dns://name?type=AAAA&server=10.0.0.10:53",
        _ => "scheme://host:port",
    }
}

/// A target in a variable: what is wrong with its value is a failed outcome, since the value is not in the command.
fn variable(name: &str, extent: Extent, env: &dyn Env) -> Result<Target, String> {
    if !is_variable_name(name) {
        return Err("env: takes the name of a variable, such as env:DATABASE_URL".to_owned());
    }
    let unresolved = |wrong: Option<(Cause, String)>| Target {
        kind: unresolved::KIND,
        check: Arc::new(Unresolved::new(name, wrong)),
        variable: Some(name.to_owned()),
    };
    let Some(value) = env.var(name).filter(|value| !value.is_empty()) else { return Ok(unresolved(None)) };
    let listen = value.strip_prefix("listen::").map(|port| ("listen", port));
    let Some((scheme, _)) = value.split_once("://").or(listen) else {
        let message = format!("the variable {name} holds no URL: it has no scheme://");
        return Ok(unresolved(Some(blamed(name, &value).unwrap_or((Cause::UrlMalformed, message)))));
    };
    Ok(match meaning(driverless(scheme)) {
        Meaning::Kind(kind) => {
            let url = || (kind.from_url)(Value::Env(name.to_owned()));
            let check = with_libpq_password(kind, name, &value, env).unwrap_or_else(url);
            Target { kind: kind.name, check, variable: Some(name.to_owned()) }
        }
        Meaning::Later(kind) if extent == Extent::Connections && Connection::knows(scheme) => {
            let check = connection(kind, Value::Env(name.to_owned()));
            Target { kind, check, variable: Some(name.to_owned()) }
        }
        Meaning::Later(kind) => {
            let lacking = lacking(kind, PORT);
            let message = format!("the variable {name} holds the URL of a {kind} check; {lacking}");
            unresolved(Some(blamed(name, &value).unwrap_or((Cause::VariableInvalid, message))))
        }
        Meaning::Unknown if extent == Extent::Connections && Connection::knows(scheme) => {
            let check = of_driver(Value::Env(name.to_owned()));
            Target { kind: stem(scheme), check, variable: Some(name.to_owned()) }
        }
        Meaning::Unknown if Connection::knows(scheme) || scheme == "prisma+postgres" => {
            let message =
                format!("the variable {name} holds a driver's own form of URL; this version has no check for it");
            unresolved(Some(blamed(name, &value).unwrap_or((Cause::VariableInvalid, message))))
        }
        Meaning::Unknown => {
            let word = scheme.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            let message = match meaning(word) {
                Meaning::Kind(_) | Meaning::Later(_) if word != scheme => {
                    format!("the variable {name} holds other text before {word}://")
                }
                _ => format!("the variable {name} holds a URL with an {}", advice(scheme)),
            };
            unresolved(Some(blamed(name, &value).unwrap_or((Cause::UrlMalformed, message))))
        }
    })
}

/// The check of a PostgreSQL URL without a password, where libpq's variable has it: every client of the URL takes it from
/// there. `None` for any other.
pub(super) fn with_libpq_password(
    kind: &'static Kind,
    variable: &str,
    value: &str,
    env: &dyn Env,
) -> Option<Arc<dyn Check>> {
    let bare = kind.name == "postgres" && Url::parse(value).is_ok_and(|url| url.password.is_none());
    env.var(LIBPQ_PASSWORD).filter(|password| bare && !password.is_empty())?;
    let from = |name: &str| Node::mapping(vec![("env", Node::scalar(name))]);
    (kind.parse)(&Node::mapping(vec![("url", from(variable)), ("password", from(LIBPQ_PASSWORD))])).ok()
}

/// What the value itself is to blame for: white space, quotes, still base64, an unencoded or doubled password.
fn blamed(name: &str, value: &str) -> Option<(Cause, String)> {
    let jdbc = value.starts_with("jdbc:postgres");
    let found = if jdbc { lint(value, Family::Postgres) } else { blame(value, Url::parse(value).is_err()) };
    let Blame { cause, message, .. } = found?;
    Some((cause, format!("the URL from the variable {name}: {message}")))
}

/// The scheme without the driver that SQLAlchemy has behind it, where the `postgres` check takes it so.
pub(super) fn driverless(scheme: &str) -> &str {
    match scheme.split_once('+') {
        Some((stem @ ("postgres" | "postgresql"), _)) => stem,
        _ => scheme,
    }
}

#[cfg(test)]
mod tests;
