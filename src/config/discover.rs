//! What the environment says the pod depends on: variables that hold a URL, and libpq's own.
//!
//! Only databases, caches, brokers and mail are logged in to. What merely looks like a web address is listed; where
//! that is allowed, it is connected to and its TLS is checked, and nothing is asked of it.

mod written;

use std::sync::Arc;

use crate::check::connection::Connection;
use crate::check::{Check, kind};
use crate::config::fault::Refused;
use crate::config::names::{Names, is_variable_name};
use crate::config::node::Node;
use crate::config::plan::{Gates, Listed, Origin, Plan, Planned};
use crate::config::rules::Reach;
use crate::config::schemes::{Meaning, PORT, lacking, meaning, server};
use crate::config::source::{Extent, USUAL_FILE, VARIABLE};
use crate::config::targets::{LIBPQ_PASSWORD, bare, connection, driverless, of_driver, planned, with_libpq_password};
use crate::env::Env;
use crate::url::Url;
use crate::value::Value;

/// The plan of what is found. Loopback gates no start: its server starts later.
///
/// # Errors
/// Where nothing is found that could be probed: what to do.
pub(super) fn plan(gates: Gates, extent: Extent, env: &dyn Env) -> Result<Plan, Refused> {
    let Finder { found, listed, warnings, .. } = look(gates, extent, env);
    if found.is_empty() {
        let no_other = format!("there is no TARGET, no -c FILE, no {VARIABLE}, no {USUAL_FILE}, and ");
        return Err(nothing(&no_other, &listed));
    }
    let checks = found.into_iter().map(|found| found.planned).collect();
    Ok(Plan { listed, warnings, ..bare(checks, Origin::Environment) })
}

/// The same as a configuration to keep, with comments that say where each part came from; and what is worth saying on
/// the way. It holds the names of variables, never a value.
///
/// # Errors
/// As [`plan`].
pub(super) fn document(gates: Gates, env: &dyn Env) -> Result<(String, Vec<String>), Refused> {
    let Finder { found, listed, warnings, .. } = look(gates, Extent::Servers, env);
    if !found.iter().any(|found| is_variable_name(&found.variable)) {
        return Err(nothing("", &listed));
    }
    Ok((written::document(&found, &listed), warnings))
}

fn look(gates: Gates, extent: Extent, env: &dyn Env) -> Finder<'_> {
    let mut finder = Finder { gates, extent, ..Finder::new(env) };
    for (variable, value) in env.vars() {
        finder.look_at(&variable, &value);
    }
    finder.libpq();
    finder
}

/// A check that was found.
struct Found {
    planned: Planned,
    /// The variables it is made of, with the keys of its kind that they are for.
    variables: Vec<(&'static str, &'static str)>,
    /// The variable that led to it.
    variable: String,
}

struct Finder<'a> {
    env: &'a dyn Env,
    gates: Gates,
    extent: Extent,
    names: Names,
    /// Each URL that was found, with the variable that had it first.
    seen: Vec<(String, String)>,
    found: Vec<Found>,
    listed: Vec<Listed>,
    warnings: Vec<String>,
}

/// What a URL in a variable is to pilotfish.
enum Sort {
    /// Something to log in to, by the kind's name.
    Server(&'static str),
    /// The same in a form that only one driver reads, by the kind's name.
    Dialect(&'static str),
    /// `http` or `https`.
    Web,
    /// Of no interest: also the addresses that Kubernetes itself puts into the environment (`tcp://…`).
    Other,
}

fn sort(scheme: &str) -> Sort {
    let scheme = scheme.to_ascii_lowercase();
    let plain = scheme.strip_prefix("jdbc:").unwrap_or(&scheme);
    let stem = plain.split('+').next().unwrap_or_default();
    match (server(&scheme), server(stem)) {
        (Some(kind), _) => Sort::Server(kind),
        (None, Some(kind)) => Sort::Dialect(kind),
        (None, None) if matches!(&*scheme, "http" | "https") => Sort::Web,
        (None, None) => Sort::Other,
    }
}

impl<'a> Finder<'a> {
    fn new(env: &'a dyn Env) -> Self {
        Self {
            env,
            gates: Gates::default(),
            extent: Extent::Servers,
            names: Names::default(),
            seen: Vec::new(),
            found: Vec::new(),
            listed: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn look_at(&mut self, variable: &str, value: &str) {
        // In quotes it is no URL, and meant as one: its check says so.
        let plain = value.trim().trim_start_matches(['"', '\'']);
        let (scheme, rest) = plain.split_once("://").unwrap_or_default();
        let sort = sort(scheme);
        if matches!(sort, Sort::Other) || rest.is_empty() {
            if matches!(variable, "DATABASE_URL" | "REDIS_URL") && !value.is_empty() {
                self.list(variable, "…", "it begins with no scheme of a server that is known here".to_owned());
            }
            return;
        }
        let target = shown(value);
        if matches!(sort, Sort::Web) && of_browsers(variable) {
            return self.list(variable, &target, "a web address for browsers: no pod needs to reach it".to_owned());
        }
        if let Some((_, first)) = self.seen.iter().find(|(known, _)| known == value) {
            let why = format!("the same as {first}");
            return self.list(variable, &target, why);
        }
        self.seen.push((value.to_owned(), variable.to_owned()));
        match (sort, meaning(driverless(scheme))) {
            (Sort::Server(_) | Sort::Dialect(_), Meaning::Kind(kind)) => {
                let (socket, bare) = (of_socket(value), Url::parse(value).is_ok_and(|url| url.password.is_none()));
                if let Some(why) = if socket { Some(SOCKET) } else { self.passfile().filter(|_| bare) } {
                    return self.list(variable, &target, why.to_owned());
                }
                match with_libpq_password(kind, variable, value, self.env) {
                    Some(check) => self.check(variable, kind.name, check, vec![("password", LIBPQ_PASSWORD)]),
                    None => {
                        let check = (kind.from_url)(Value::Env(variable.to_owned()));
                        self.check(variable, kind.name, check, Vec::new());
                    }
                }
            }
            (Sort::Server(name), _) if self.goes_on(scheme) => {
                self.check(variable, name, connection(name, Value::Env(variable.to_owned())), Vec::new());
            }
            (Sort::Dialect(name), _) if self.goes_on(scheme) => {
                self.check(variable, name, of_driver(Value::Env(variable.to_owned())), Vec::new());
            }
            (Sort::Server(name), Meaning::Later(_) | Meaning::Unknown) => {
                self.list(variable, &target, lacking(name, PORT));
            }
            (Sort::Dialect(_), _) => {
                let why = "a driver's own form of URL: write a check with the plain one".to_owned();
                self.list(variable, &target, why);
            }
            (Sort::Web, _) => self.web(variable, value, &target),
            (Sort::Other, _) => {}
        }
    }

    /// Whether a URL whose protocol is not spoken is followed as far as the connection.
    fn goes_on(&self, scheme: &str) -> bool {
        self.extent == Extent::Connections && Connection::knows(scheme)
    }

    /// What a login without a password in the variables has it from, and a check has not.
    fn passfile(&self) -> Option<&'static str> {
        let set = |name: &str| self.env.var(name).is_some_and(|value| !value.is_empty());
        let of_file = set("PGPASSFILE") && !set(LIBPQ_PASSWORD);
        of_file.then_some("its password is in libpq's PGPASSFILE, which is not read: write a check with `password`")
    }

    /// A web address: nothing is asked of it, and `serve` and `wait` leave it alone.
    fn web(&mut self, variable: &str, value: &str, target: &str) {
        let Ok(url) = Url::parse(value.trim()) else {
            return self.list(variable, target, "the URL cannot be read".to_owned());
        };
        if self.extent < Extent::Web {
            return self.list(variable, target, "a web address: write a check http or peer for it".to_owned());
        }
        let why = "nothing is asked of a web address that was found in the environment".to_owned();
        let check = Arc::new(Connection::new(Value::Env(variable.to_owned()), why));
        self.check(variable, if url.scheme == "https" { "tls" } else { "tcp" }, check, Vec::new());
    }

    /// libpq's variables: <https://www.postgresql.org/docs/current/libpq-envars.html>.
    fn libpq(&mut self) {
        let set = |name: &str| self.env.var(name).filter(|value| !value.is_empty());
        let Some(host) = set("PGHOST") else { return };
        let target = "postgres";
        if host.starts_with(['/', '@']) {
            return self.list("PGHOST", target, SOCKET.to_owned());
        }
        if let Some(why) = self.passfile() {
            return self.list("PGHOST", target, why.to_owned());
        }
        if set("PGHOSTADDR").is_some() || set("PGPORT").is_some_and(|ports| ports.contains(',')) {
            let why = "PGHOSTADDR, or a port for each host, is none of the keys of a check: write one with `url`";
            return self.list("PGHOST", target, why.to_owned());
        }
        if set("PGUSER").is_none() {
            return self.list("PGHOST", target, "PGUSER is not set beside it".to_owned());
        }
        let Some(kind) = kind("postgres") else { return };
        let keys = [
            ("host", "PGHOST"),
            ("port", "PGPORT"),
            ("user", "PGUSER"),
            ("database", "PGDATABASE"),
            ("password", "PGPASSWORD"),
            ("sslmode", "PGSSLMODE"),
            ("channel_binding", "PGCHANNELBINDING"),
        ];
        let from_variable = |name: &str| Node::mapping(vec![("env", Node::scalar(name))]);
        let mut entries: Vec<(&str, Node)> = keys
            .iter()
            .filter(|(_, name)| set(name).is_some())
            .map(|(key, name)| (*key, from_variable(name)))
            .collect();
        // Paths of files: no secret, and not to be taken for the files' content.
        const FILES: [(&str, &str); 3] = [("ca", "PGSSLROOTCERT"), ("cert", "PGSSLCERT"), ("key", "PGSSLKEY")];
        for (key, name) in FILES {
            entries.extend(set(name).map(|path| (key, Node::scalar(&path.replace("${", "$${")))));
        }
        let Ok(check) = (kind.parse)(&Node::mapping(entries)) else {
            return self.list("PGHOST", target, "the PG… variables do not fit together".to_owned());
        };
        let written = keys.iter().chain(&FILES).filter(|(_, name)| set(name).is_some()).copied().collect();
        let plain = |check: &dyn Check| check.prepare(self.env).target.split('?').next().unwrap_or_default().to_owned();
        let found = self.found.iter().find(|known| plain(&*known.planned.check) == plain(&*check));
        match found.map(|known| known.planned.name.clone()) {
            Some(name) => self.list("PGHOST", target, format!("the check {name} dials the same already")),
            None => self.check("PGHOST", kind.name, check, written),
        }
    }

    fn check(
        &mut self,
        variable: &str,
        kind: &'static str,
        check: Arc<dyn Check>,
        variables: Vec<(&'static str, &'static str)>,
    ) {
        let name = match variable {
            "PGHOST" => self.names.make(&["postgres"]),
            _ => self.names.of_variable(variable),
        };
        let mut gates = self.gates;
        if gates.startup && Reach::of(&*check, self.env) == Reach::Pod {
            gates.startup = false;
            self.warnings.push(format!("{name} does not gate startup: a server in this pod starts after the gate"));
        }
        let planned = planned(name, kind, check, gates, variable);
        self.found.push(Found { planned, variables, variable: variable.to_owned() });
    }

    fn list(&mut self, variable: &str, target: &str, why: String) {
        self.listed.push(Listed { variable: variable.to_owned(), target: target.to_owned(), why });
    }
}

const SOCKET: &str = "a local socket, which is not probed";

/// Whether a PostgreSQL URL leads to a socket in the file system, as those of Cloud SQL do.
fn of_socket(value: &str) -> bool {
    let (host, query) = value.split_once('?').unwrap_or((value, ""));
    let of_path = |text: &str| text.starts_with('/') || text.get(..3).is_some_and(|c| c.eq_ignore_ascii_case("%2f"));
    query.split('&').any(|pair| pair.strip_prefix("host=").is_some_and(of_path))
        || host
            .split_once("://")
            .is_some_and(|(_, rest)| of_path(rest.rsplit('@').next().unwrap_or_default()) && !rest.starts_with('/'))
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
            "nothing to probe: {no_other}no variable holds the URL of a database, cache, broker or mail server that this \
             version can log in to"
        ),
        "give a target (pilotfish check postgres://user@host/database, tcp://host:port, env:NAME), set DATABASE_URL, \
         or write a file"
            .to_owned(),
    ];
    lines.extend(listed.iter().map(|listed| {
        let Listed { variable, target, why } = listed;
        format!("found and not probed: {variable} ({target}): {why}")
    }));
    Refused::lines(lines)
}

#[cfg(test)]
mod tests;
