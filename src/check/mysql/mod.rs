//! `mysql`: a fresh login with the pod's own credentials, then a query. For MySQL, MariaDB and servers that speak
//! their protocol.
//!
//! The server speaks first, and counts every connection that ends before its login: after so many of them it blocks the
//! pod's address, for the app too. So each run says to the schedule what it left behind (`Aftermath`).

mod auth;
mod capability;
mod code;
mod connection_string;
mod discovery;
mod dsn;
mod ed25519;
mod errors;
mod fields;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod greeting;
mod hint;
mod keys;
mod login;
mod packet;
mod parameters;
mod response;
mod route;
mod rsa;
mod session;
mod start_tls;
#[cfg(test)]
mod testing;
mod words;

use std::sync::Arc;

use crate::cause::Cause;
use crate::check::server_keys::ServerKeys;
use crate::check::{Care, Check, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, fault_of_url};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::{Reading, TlsKeyNames, Unverified};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::outcome::{
    AUTH_METHOD, Detail, FactValue, Fault, Phase, ROLE, SERVER_TEXT_LIMIT, SERVER_VERSION, bytes_of, clean_text,
};
use crate::secret::Secret;
use crate::value::Value;

use keys::{MysqlKeys, RULES, Settings};
use packet::{Packets, SessionError};
use words::Role;

/// The form of its URLs.
const URL_FORM: &str = "mysql://user:password@host:3306/database";
/// The keys whose values are paths of PEM files, or a PEM text.
const PATHS: &[&str] = &["ca", "cert", "key", "server_public_key"];
/// The query where none is configured. A ping would not do: MariaDB answers it also where the password has expired, and some
/// proxies answer it themselves.
const QUERY: &str = "SELECT 1";
/// What tells a replica: of Aurora's, only the second one is set, and only InnoDB has it.
const ROLE_QUERY: &str = "SELECT @@global.read_only, @@global.innodb_read_only";
/// The same of servers that are not InnoDB.
const SIMPLE_ROLE_QUERY: &str = "SELECT @@global.read_only";

/// The kind.
pub const KIND: Kind = Kind {
    name: "mysql",
    summary: "logs in to MySQL or MariaDB with the pod's own credentials, then runs a query",
    example: "{url: {env: MYSQL_URL}, password: {file: /etc/secrets/pw}, sslmode: VERIFY_IDENTITY, ca: /etc/ca.pem, \
              query: SELECT count(*) FROM jobs, expect: \"0\", role: primary}",
    url_form: URL_FORM,
    schemes: RULES.schemes,
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &["cleartext", "database", "host", "port", "role", "socket", "sslmode", "user", "username"],
        urls: &["url"],
        paths: PATHS,
        ..ShownKeys::NONE
    },
    tls_keys: TlsKeyNames {
        has_server_name: false,
        ca_in_url: Some("ssl-ca"),
        unverified: Unverified::Mode("sslmode"),
        ..TlsKeyNames::BESIDE
    },
    care: Care::USUAL,
    gates_by_default: true,
    discovery: discovery::RULE,
    target_fault: |text| fault_of_url(parse, text),
    parse,
    from_url: |url| Arc::new(Mysql { keys: MysqlKeys { server: ServerKeys::of_url(url), ..MysqlKeys::default() } }),
    facts: &[SERVER_VERSION, AUTH_METHOD, ROLE],
    hint: hint::hint,
    counts_unfinished: Some(greeting::is_greeting),
    start_tls: Some(|| Box::new(start_tls::TlsOnly::default())),
    #[cfg(test)]
    schema: |generator| keys::schema(generator, URL_FORM),
};

/// A configured check.
#[derive(Debug)]
struct Mysql {
    keys: MysqlKeys,
}

/// A connection string of Go's driver as a URL, for findings.
fn as_url(mut reading: Reading) -> Reading {
    if let Some(Ok(form)) = dsn::form(reading.text.expose()).filter(|_| reading.key == "url") {
        reading.text = Secret::new(form.url.to_string());
    }
    reading
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Mysql { keys: MysqlKeys::read(node)? }))
}

impl Check for Mysql {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let target = self.keys.target(env);
        let named = self.keys.server.named().chain(self.keys.own.database.iter().map(|value| ("database", value)));
        Prepared::new(
            target.as_ref().map_or_else(|fault| self.keys.server.blamed_origin(fault), keys::Target::shown),
            target.as_ref().map(|target| target.server.endpoints()).unwrap_or_default(),
            named.flat_map(|(key, value)| Reading::all(key, value, env)).map(as_url).collect(),
            self.keys.settings(env).map(|settings| MysqlRun { settings }),
        )
    }

    fn stays_in_pod(&self) -> bool {
        self.keys.server.is_on_socket(&RULES)
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }
}

/// The values of one run; the files of CA and client certificate are read before connecting.
struct MysqlRun {
    settings: Settings,
}

impl Runnable for MysqlRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let settings = &self.settings;
            let mut session = route::log_in(attempt, settings).await?;
            let result = match self.has_role(attempt, &mut session).await {
                Ok(()) => self.ask(attempt, &mut session).await,
                Err(fault) => Err(fault),
            };
            let io = session::quit(session).await;
            attempt.leave();
            attempt.close(io).await;
            result
        })
    }
}

impl MysqlRun {
    async fn has_role(&self, attempt: &mut Attempt, session: &mut Packets<Io>) -> Result<(), Fault> {
        let wanted = self.settings.role;
        if wanted == Role::Any {
            return Ok(());
        }
        attempt.enter(Phase::Request);
        let answer = match session::query(session, ROLE_QUERY).await {
            Err(SessionError::Server(error)) if error.is_unknown_variable() => {
                session::query(session, SIMPLE_ROLE_QUERY).await
            }
            answer => answer,
        };
        let answer = answer.map_err(|error| route::fault(attempt, &self.settings, &error))?;
        let is_on = |value: &Option<String>| value.as_deref().is_some_and(|value| !matches!(value, "0" | "OFF"));
        let read_only = answer.first.is_some_and(|values| values.iter().any(is_on));
        attempt.facts().learn(ROLE, Some(FactValue::word(if read_only { "replica" } else { "primary" })));
        let (cause, text) = match (wanted, read_only) {
            (Role::Primary, true) => (Cause::ReadOnly, "the server is read-only, but `role` requires a primary"),
            (Role::Replica, false) => (Cause::QueryFailed, "the server accepts writes, but `role` requires a replica"),
            (Role::Any | Role::Primary | Role::Replica, _) => return Ok(()),
        };
        let detail = Detail::Protocol { code: code::OTHER_ROLE, product: None };
        Err(attempt.of_connection(Fault::new(Phase::Assert, cause, text).with(detail).stating(text)))
    }

    async fn ask(&self, attempt: &mut Attempt, session: &mut Packets<Io>) -> Result<(), Fault> {
        attempt.enter(Phase::Request);
        let query = self.settings.query.as_ref().map_or(QUERY, Secret::expose);
        let answer = session::query(session, query).await;
        let answer = answer.map_err(|error| route::fault(attempt, &self.settings, &error))?;
        let Some(expected) = &self.settings.expect else { return Ok(()) };
        attempt.enter(Phase::Assert);
        let came = match answer.first.and_then(|values| values.into_iter().next()) {
            Some(Some(value)) if value == expected.expose() => return Ok(()),
            Some(Some(value)) => {
                // The value itself is an excerpt: not for logs.
                attempt.facts().excerpt = Some(clean_text(&value, SERVER_TEXT_LIMIT));
                format!("another value ({})", bytes_of(value.as_bytes()))
            }
            Some(None) => "NULL".to_owned(),
            None => "no row".to_owned(),
        };
        let fault = attempt.fault(Cause::BodyMismatch, format!("the query returned {came}, not what `expect` says"));
        Err(fault.stating("the query returned another value than `expect` says"))
    }
}
