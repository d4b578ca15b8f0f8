//! What the environment says the pod depends on: variables that hold a URL, and what kinds make of variables by parts.
//!
//! Only databases, caches, brokers and mail are logged in to. What merely looks like a web address is listed; where
//! that is allowed, it is connected to and its TLS is checked, and nothing is asked of it.

mod found;
mod written;

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::check::connection::{Connection, Protocol, connecting_kind};
use crate::check::server_keys::ON_SOCKET;
use crate::check::{ByParts, Check, KINDS, Kind, Meaning, SCHEMES, dialect, keys_for, meaning};
use crate::config::fault::Refused;
use crate::config::names::{Names, is_variable_name};
use crate::config::plan::{Extent, Gates, Listed, Origin, Plan, Planned, USUAL_FILE, VARIABLE};
use crate::config::rules::Reach;
use crate::config::urls::{INSTEAD, in_variable, perhaps, reader_of};
use crate::env::Env;
use crate::scheme::{Discovery, Scheme};
use crate::url::{SocketPath, Url};
use crate::value::Value;

use self::found::{Found, Source};

/// Of a kind that `serve` and `wait` do not dial unasked.
const ONLY_LISTED: &str = "it is not dialled without a check: write one (`pilotfish config discover` does)";

/// Of a variable in which one expects a server.
const EMPTY: &str = "it is empty";

/// The plan of what is found. Loopback gates no start: its server starts later.
///
/// # Errors
/// Where nothing is found that could be probed: what to do.
pub(super) fn plan(gates: Gates, extent: Extent, env: &dyn Env) -> Result<Plan, Refused> {
    let Finder { found, listed, warnings, .. } = look(gates, extent, extent >= Extent::Web, env);
    if found.is_empty() {
        let no_other = format!("there is no TARGET, no -c FILE, no {VARIABLE}, no {USUAL_FILE}, and ");
        return Err(nothing(&no_other, &listed));
    }
    let checks = found.into_iter().map(|found| found.planned).collect();
    Ok(Plan { listed, warnings, ..Plan::of_checks(checks, Origin::Environment) })
}

/// The same as a configuration to keep, with comments that say where each part came from; and what is worth saying on
/// the way. It holds the names of variables, never a value.
///
/// # Errors
/// As [`plan`].
pub(super) fn document(gates: Gates, env: &dyn Env) -> Result<(String, Vec<String>), Refused> {
    let Finder { found, listed, warnings, .. } = look(gates, Extent::Servers, true, env);
    if !found.iter().any(|found| is_variable_name(&found.variable)) {
        return Err(nothing("", &listed));
    }
    Ok((written::document(&found, &listed), warnings))
}

fn look(gates: Gates, extent: Extent, takes_listed: bool, env: &dyn Env) -> Finder<'_> {
    let mut finder = Finder {
        env,
        gates,
        extent,
        takes_listed,
        names: Names::default(),
        seen: Vec::new(),
        found: Vec::new(),
        listed: Vec::new(),
        warnings: Vec::new(),
    };
    for (variable, value) in env.vars() {
        finder.look_at(&variable, &value);
    }
    KINDS.iter().for_each(|kind| finder.by_parts(kind));
    finder.hosts_left();
    finder
}

struct Finder<'a> {
    env: &'a dyn Env,
    gates: Gates,
    extent: Extent,
    /// Whether kinds whose values are only listed are checks, too.
    takes_listed: bool,
    names: Names,
    /// Each URL that was found, with the variable that had it first.
    seen: Vec<(String, String)>,
    found: Vec<Found>,
    listed: Vec<Listed>,
    warnings: Vec<String>,
}

/// What a URL in a variable is to discovery.
enum Sort {
    /// What a kind logs in to.
    Login(&'static Kind),
    /// A server whose protocol is not spoken.
    Server(&'static Protocol),
    /// A server in a form of URL that one driver alone reads, by the kind's name.
    Dialect(&'static str),
    /// A web address.
    Web(&'static Scheme),
    /// Of no interest.
    Other,
}

fn sort(text: &str) -> Sort {
    let Some(scheme) = SCHEMES.stem(text) else { return Sort::Other };
    match (scheme.discovery, meaning(text)) {
        (Discovery::None, _) | (_, Meaning::Unknown) => Sort::Other,
        (Discovery::Connect, _) if scheme.name.eq_ignore_ascii_case(text) => Sort::Web(scheme),
        (Discovery::Connect, _) => Sort::Other,
        (Discovery::Login | Discovery::List, Meaning::Kind(kind)) => Sort::Login(kind),
        (Discovery::Login | Discovery::List, Meaning::Protocol(protocol)) => Sort::Server(protocol),
        (Discovery::Login | Discovery::List, Meaning::Driver(kind)) => Sort::Dialect(kind),
    }
}

/// Whether one expects the URL of a server in a variable of this name.
fn is_usual(variable: &str) -> bool {
    KINDS.iter().flat_map(|kind| kind.discovery.usual_variables).any(|name| *name == variable)
}

/// Whether a kind makes a check of this variable and those beside it.
fn leads_to_a_kind(variable: &str) -> bool {
    let alone = Alone(variable);
    KINDS
        .iter()
        .any(|kind| (kind.discovery.by_parts)(&alone, kind.parse).is_some_and(|parts| parts.variable == variable))
}

/// An environment with one variable, which is set.
struct Alone<'a>(&'a str);

impl Env for Alone<'_> {
    fn var(&self, name: &str) -> Option<String> {
        (name == self.0).then(|| "host".to_owned())
    }

    fn vars(&self) -> Vec<(String, String)> {
        vec![(self.0.to_owned(), "host".to_owned())]
    }

    fn file(&self, _path: &Path) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// Whether one expects a server of another kind in a variable of this name: in `REDIS_URL`, `host=cache,port=6379` is no
/// string of libpq.
fn is_of_another(kind: &Kind, variable: &str) -> bool {
    is_usual(variable) && !kind.discovery.usual_variables.contains(&variable)
}

impl Finder<'_> {
    fn look_at(&mut self, variable: &str, value: &str) {
        // In quotes it is no URL, and meant as one: its check says so.
        let plain = value.trim().trim_start_matches(['"', '\'']);
        if let Some(kind) = reader_of(variable, plain).filter(|kind| !is_of_another(kind, variable)) {
            return self.text(kind, variable, value);
        }
        let (scheme, rest) = plain.split_once("://").unwrap_or_default();
        let sort = sort(scheme);
        if matches!(sort, Sort::Other) || rest.is_empty() {
            if let Some(why) = perhaps(variable, plain) {
                self.list(variable, "…", why);
            } else if let Some(form) = dialect(plain) {
                let write = keys_for(plain).unwrap_or("a check");
                self.list(variable, "…", format!("it is {form}, which is not read: write {write}"));
            } else if is_usual(variable) && value.is_empty() {
                self.list(variable, "…", EMPTY);
            } else if is_usual(variable) {
                self.list(variable, "…", "its value does not start with the scheme of a known server");
            }
            return;
        }
        let target = shown(value);
        if matches!(sort, Sort::Web(_)) && of_browsers(variable) {
            return self.list(variable, &target, "it is a web address for browsers, which no pod needs to reach");
        }
        if self.is_known(variable, value, &target) {
            return;
        }
        let goes_on = self.extent == Extent::Connections && Connection::knows(scheme);
        let url = || Value::Env(variable.to_owned());
        match sort {
            Sort::Login(kind) => self.login(kind, variable, value, &target),
            Sort::Server(protocol) if goes_on => self.connection(variable, protocol.name, protocol.connection(url())),
            Sort::Server(protocol) => self.list(variable, &target, protocol.lacking(INSTEAD)),
            Sort::Dialect(kind) if goes_on => self.connection(variable, kind, Arc::new(Connection::of_driver(url()))),
            Sort::Dialect(_) => {
                let write = keys_for(plain).unwrap_or("a check with the plain URL");
                self.list(variable, &target, format!("it is a driver-specific URL: write {write}"));
            }
            Sort::Web(scheme) => self.web(variable, value, scheme, &target),
            Sort::Other => {}
        }
    }

    /// A connection string that is no URL.
    fn text(&mut self, kind: &'static Kind, variable: &str, value: &str) {
        let prepared = (kind.from_url)(Value::Env(variable.to_owned())).prepare(self.env);
        let target = if prepared.endpoints.is_empty() { "…".to_owned() } else { prepared.target };
        if !self.is_known(variable, value, &target) {
            self.login(kind, variable, value, &target);
        }
    }

    /// Whether another variable had the same value first: then that is listed.
    fn is_known(&mut self, variable: &str, value: &str, target: &str) -> bool {
        if let Some((_, first)) = self.seen.iter().find(|(known, _)| known == value) {
            let why = format!("it has the same value as {first}");
            self.list(variable, target, why);
            return true;
        }
        self.seen.push((value.to_owned(), variable.to_owned()));
        false
    }

    fn login(&mut self, kind: &'static Kind, variable: &str, url: &str, target: &str) {
        if let Some(why) = (kind.discovery.unfit)(url, self.env) {
            return self.list(variable, target, why);
        }
        if self.only_lists(kind) {
            return self.list(variable, target, ONLY_LISTED);
        }
        let (check, beside) = in_variable(kind, variable, url, self.env);
        let source = match beside.is_empty() {
            true => Source::Url,
            false => Source::UrlBeside { beside, reader: kind.discovery.reader },
        };
        let name = self.names.of_variable(variable);
        self.found(name, variable, kind.name, check, source);
    }

    /// A web address: nothing is asked of it, and `serve` and `wait` leave it alone.
    fn web(&mut self, variable: &str, value: &str, scheme: &Scheme, target: &str) {
        if Url::parse(value.trim()).is_err() {
            return self.list(variable, target, "the URL cannot be read");
        }
        if self.extent < Extent::Web {
            return self.list(variable, target, "it is a web address: write an http or peer check for it");
        }
        let check = Arc::new(Connection::of_web(Value::Env(variable.to_owned())));
        self.connection(variable, connecting_kind(scheme.tls).name, check);
    }

    /// A URL that is connected to, and no more.
    fn connection(&mut self, variable: &str, kind: &'static str, check: Arc<dyn Check>) {
        let name = self.names.of_variable(variable);
        self.found(name, variable, kind, check, Source::Url);
    }

    /// What a kind makes of variables that each hold a part.
    fn by_parts(&mut self, kind: &'static Kind) {
        let Some(ByParts { variable, found }) = (kind.discovery.by_parts)(self.env, kind.parse) else { return };
        let (variables, check) = match found {
            Ok(found) => found,
            Err(why) => return self.list(variable, kind.name, why),
        };
        let is_on_socket = |(key, name): &(&str, &str)| match *key {
            "socket" => true,
            "host" => self.env.var(name).is_some_and(|host| SocketPath::is_meant(&host)),
            _ => false,
        };
        if variables.iter().any(is_on_socket) {
            return self.list(variable, kind.name, ON_SOCKET);
        }
        if self.only_lists(kind) {
            let target = check.prepare(self.env).target;
            return self.list(variable, &target, ONLY_LISTED);
        }
        // What the parts say beside its URL goes before what the URL says alone.
        match self.found.iter().position(|known| known.variable == variable) {
            Some(_) if variables.len() == 1 => return,
            Some(index) => drop(self.found.remove(index)),
            None => {}
        }
        let plain = |check: &dyn Check| check.prepare(self.env).target.split('?').next().unwrap_or_default().to_owned();
        let same = self.found.iter().find(|known| plain(&*known.planned.check) == plain(&*check));
        match same.map(|known| known.planned.name.clone()) {
            Some(name) => {
                self.list(variable, kind.name, format!("the check {name} already connects to the same target"))
            }
            None => {
                // A URL among the parts was listed before for what it lacks.
                self.listed.retain(|listed| !variables.iter().any(|(_, variable)| *variable == listed.variable));
                let name = self.names.make(&[kind.name]);
                self.found(name, variable, kind.name, check, Source::Parts(variables));
            }
        }
    }

    /// Hosts that no kind took: those of which a kind makes checks, and those that mean a connection, because of a port or a
    /// login beside them, or as that of a database.
    fn hosts_left(&mut self) {
        for (variable, value) in self.env.vars() {
            let stem =
                variable.strip_suffix("_HOST").or_else(|| variable.strip_suffix("_HOSTNAME")).unwrap_or_default();
            let is_database = matches!(stem, "DB" | "DATABASE");
            let is_set = |end: &str| {
                self.env.var(&format!("{stem}_{end}")).is_some_and(|part| !part.is_empty() && !part.contains("://"))
            };
            let leads = leads_to_a_kind(&variable);
            let is_connection = leads
                || is_database
                || (!stem.is_empty() && ["PORT", "USER", "USERNAME", "PASSWORD", "PASS"].iter().any(|end| is_set(end)));
            let ip = value.parse::<std::net::IpAddr>().ok();
            // Where the app itself listens, and what Kubernetes sets for each Service.
            let is_no_peer = ip.is_some_and(|ip| ip.is_unspecified() || stem.ends_with("_SERVICE"));
            let is_meant = is_connection && !value.contains("://");
            if !is_meant || is_no_peer || of_browsers(&variable) || self.has_taken(&variable) {
                continue;
            }
            if value.is_empty() {
                self.list(&variable, "…", EMPTY);
                continue;
            }
            let leads_there = |found: &&Found| {
                let endpoints = found.planned.check.prepare(self.env).endpoints;
                endpoints.iter().any(|endpoint| endpoint.host.to_string().eq_ignore_ascii_case(&value))
            };
            let why = match self.found.iter().find(leads_there) {
                Some(found) => format!("the check {} already connects to the same host", found.planned.name),
                None => match (leads, is_database) {
                    (true, _) => "a check is made of the first host of a kind: write one for this host".to_owned(),
                    (_, true) => format!(
                        "the kind of database is not clear: write a check, such as `postgres: {{host: {{env: \
                             {variable}}}, …}}`"
                    ),
                    (_, false) => "the kind of server is not clear: write a check".to_owned(),
                },
            };
            self.list(&variable, "…", why);
        }
    }

    /// Whether a check is made of this variable, or it is listed.
    fn has_taken(&self, variable: &str) -> bool {
        let in_check = |found: &Found| match &found.source {
            Source::Parts(parts) | Source::UrlBeside { beside: parts, .. } => {
                parts.iter().any(|(_, name)| *name == variable)
            }
            Source::Url => false,
        };
        self.found.iter().any(|found| found.variable == variable || in_check(found))
            || self.listed.iter().any(|listed| listed.variable == variable)
    }

    fn only_lists(&self, kind: &Kind) -> bool {
        !self.takes_listed && kind.is_only_listed()
    }

    fn found(&mut self, name: String, variable: &str, kind: &'static str, check: Arc<dyn Check>, source: Source) {
        let mut gates = self.gates;
        if gates.startup && Reach::of(&*check, self.env).is_inside() {
            gates.startup = false;
            self.warnings.push(format!(
                "{name} does not gate startup, because a server in this pod starts after the \
                                        gate"
            ));
        }
        let planned = Planned::with_defaults(name, kind, check, gates, variable);
        self.found.push(Found { planned, variable: variable.to_owned(), source });
    }

    fn list(&mut self, variable: &str, target: &str, why: impl Into<String>) {
        self.listed.push(Listed { variable: variable.to_owned(), target: target.to_owned(), why: why.into() });
    }
}

/// Whether a variable of this name holds what browsers are told, or send, or where they find the app itself: it may well
/// be unknown in a pod.
fn of_browsers(variable: &str) -> bool {
    const OWN: [&str; 7] =
        ["APP_URL", "BETTER_AUTH_URL", "EXTERNAL_URL", "FRONTEND_URL", "NEXTAUTH_URL", "ROOT_URL", "SITE_URL"];
    const WORDS: [&str; 8] = ["PUBLIC", "VITE", "ORIGIN", "ORIGINS", "CORS", "REDIRECT", "CALLBACK", "REFERER"];
    let upper = variable.to_ascii_uppercase();
    let mut words = upper.split('_');
    // The address of a public key is for the server that verifies with it.
    let of_key = upper.contains("KEY") || upper.contains("JWKS");
    let own = |name: &&str| upper.strip_suffix(*name).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'));
    upper.starts_with("REACT_APP_") || OWN.iter().any(own) || (!of_key && words.any(|word| WORDS.contains(&word)))
}

/// Scheme, hosts and ports alone: of what is not probed nothing tells whether user or path is a token.
fn shown(value: &str) -> String {
    let Ok(url) = Url::parse(value.trim()) else {
        let scheme = value.trim().split("://").next().unwrap_or_default();
        return format!("{}://…", scheme.to_ascii_lowercase());
    };
    let host = |(host, port): &(crate::url::Host, Option<u16>)| match port {
        Some(port) => format!("{host}:{port}"),
        None => host.to_string(),
    };
    format!("{}://{}", url.scheme, url.hosts.iter().map(host).collect::<Vec<_>>().join(","))
}

/// `no_other` says which sources before the environment there are none of, where these count.
fn nothing(no_other: &str, listed: &[Listed]) -> Refused {
    let mut lines = vec![
        format!(
            "nothing to probe: {no_other}no variable contains the URL of a database, cache, broker or mail server \
             that this version can log in to"
        ),
        "give a target (pilotfish check postgres://user@host/database, tcp://host:port, env:NAME), set DATABASE_URL, \
         or write a configuration file"
            .to_owned(),
    ];
    lines.extend(listed.iter().map(|listed| {
        let Listed { variable, target, why } = listed;
        format!("found but not probed: {variable} ({target}): {why}")
    }));
    Refused::lines(lines)
}

#[cfg(test)]
mod tests;
