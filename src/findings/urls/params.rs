//! Parameters of PostgreSQL URLs that clients take differently: what one client's option is, another sends to the server,
//! refuses, or reads with another meaning.

use super::clients::{Client, Family};
use super::intent::Intent;
use super::{Asked, NEON_ENDPOINT, NEON_TLS, PARAMETER, SCHEME, SSLMODE, list};
use crate::finding::{Finding, Severity};
use crate::findings::place::{Place, place};
use crate::outcome::Evidence;
use crate::url::Host;

/// What a client does with a parameter that is not its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deals {
    Takes,
    Forwards,
    Refuses,
}

/// Parameters of clients, no settings of the server: the first ones are worth telling whoever the client is.
const CLIENTS_OWN: [&str; 16] = [
    "channel_binding",
    "schema",
    "pgbouncer",
    "connection_limit",
    "pool_timeout",
    "socket_timeout",
    "sslaccept",
    // From here on only where the clients are named: these are right for most.
    "connect_timeout",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "gssencmode",
    "keepalives",
    "load_balance_hosts",
    "uselibpqcompat",
    "sslnegotiation",
];
const TOLD_TO_ALL: usize = 7;

impl Deals {
    fn of(client: Client, name: &str) -> Self {
        let known: &[&str] = match client {
            Client::Libpq | Client::Psycopg3 => &[
                "channel_binding",
                "connect_timeout",
                "sslrootcert",
                "sslcert",
                "sslkey",
                "gssencmode",
                "keepalives",
                "load_balance_hosts",
                "sslnegotiation",
            ],
            Client::Asyncpg => &["sslrootcert", "sslcert", "sslkey", "sslnegotiation"],
            Client::PostgresJs => &["connect_timeout", "sslnegotiation"],
            Client::TokioPostgres => {
                &["channel_binding", "connect_timeout", "keepalives", "load_balance_hosts", "sslnegotiation"]
            }
            // These take no notice of what they do not know; of Go's two drivers each has its own list.
            Client::SqlAlchemy
            | Client::DjDatabaseUrl
            | Client::NodePostgres
            | Client::Sqlx
            | Client::Go
            | Client::RedisPy
            | Client::Ioredis
            | Client::NodeRedis
            | Client::RedisRs => return Self::Takes,
        };
        match client {
            _ if known.contains(&name) => Self::Takes,
            Client::Asyncpg | Client::PostgresJs => Self::Forwards,
            _ => Self::Refuses,
        }
    }
}

pub(super) fn judge(intent: &Intent<'_>, origin: &str, evidence: &Evidence, asked: Asked<'_>) -> Vec<Finding> {
    if Family::of(&format!("{}://", intent.scheme)) != Some(Family::Postgres) || intent.scheme.starts_with("jdbc:") {
        return Vec::new();
    }
    let mut found = if intent.scheme.contains('+') {
        by_dialect(intent, origin).into_iter().collect()
    } else {
        forwarded(intent, origin, asked)
    };
    found.extend(scheme(intent, origin, asked));
    found.extend(neon(intent, origin));
    // A URL with a driver's name in it is read by that driver alone.
    if !intent.scheme.contains('+') {
        found.extend(sslmode(intent, origin, evidence, asked));
    }
    found
}

fn forwarded(intent: &Intent<'_>, origin: &str, asked: Asked<'_>) -> Vec<Finding> {
    const CLIENTS: [Client; 5] =
        [Client::Libpq, Client::Psycopg3, Client::Asyncpg, Client::PostgresJs, Client::TokioPostgres];
    let present = CLIENTS_OWN.iter().enumerate().filter(|(_, name)| intent.param(name).is_some());
    let judged = present.filter(|(index, _)| *index < TOLD_TO_ALL || asked.named());
    let tell = |(_, name): (usize, &&'static str)| {
        let which = |deals: Deals| -> Vec<&'static str> {
            let those = CLIENTS.iter().filter(|client| asked.wants(**client) && Deals::of(**client, name) == deals);
            those.map(|client| client.name()).collect()
        };
        let (forward, refuse) = (which(Deals::Forwards), which(Deals::Refuses));
        let mut says = Vec::new();
        if !forward.is_empty() {
            says.push(format!(
                "{} would ask the server for it as a setting (42704; 08P01 behind PgBouncer)",
                list(&forward)
            ));
        }
        if !refuse.is_empty() {
            says.push(format!("{} would refuse the URL", list(&refuse)));
        }
        if says.is_empty() {
            return None;
        }
        let fix = format!("with one of these, leave `{name}` out of the URL that it reads; other clients may need it");
        let mut finding = PARAMETER.found(format!("{origin} has the parameter `{name}`: {}", says.join("; ")), fix);
        finding.severity = if asked.named() { Severity::Warning } else { Severity::Info };
        Some(finding)
    };
    judged.filter_map(tell).collect()
}

/// `postgresql+asyncpg://`: SQLAlchemy hands every parameter to `asyncpg.connect()`.
fn by_dialect(intent: &Intent<'_>, origin: &str) -> Option<Finding> {
    if !intent.scheme.ends_with("+asyncpg") {
        return None;
    }
    let wrong: Vec<&str> = ["sslmode", "channel_binding", "sslrootcert", "options", "connect_timeout"]
        .into_iter()
        .filter(|name| intent.param(name).is_some())
        .collect();
    let mut finding = PARAMETER.found(
        format!(
            "SQLAlchemy hands {} of {origin} to asyncpg.connect(), which has no such argument: TypeError",
            list(&wrong)
        ),
        "write `?ssl=require` in place of `sslmode`, and take the others out".to_owned(),
    );
    finding.severity = Severity::Error;
    (!wrong.is_empty()).then_some(finding)
}

/// Only where Python was named: other clients take both schemes.
fn scheme(intent: &Intent<'_>, origin: &str, asked: Asked<'_>) -> Option<Finding> {
    let applies = intent.scheme.eq_ignore_ascii_case("postgres") && asked.named() && asked.wants(Client::SqlAlchemy);
    applies.then(|| {
        SCHEME.found(
            format!(
                "{origin} begins with postgres://, which SQLAlchemy 1.4 and later does not load (NoSuchModuleError)"
            ),
            "if the app uses SQLAlchemy, write postgresql://; every other client takes it, too",
        )
    })
}

fn neon(intent: &Intent<'_>, origin: &str) -> Vec<Finding> {
    let Some((Host::Name(host), _)) = intent.host() else { return Vec::new() };
    if !host.ends_with(".neon.tech") {
        return Vec::new();
    }
    let mut found = Vec::new();
    match intent.param("sslmode") {
        Some("disable") => found.push(NEON_TLS.found(
            format!("{origin} says sslmode=disable, and Neon refuses connections without TLS (connection is insecure)"),
            "write sslmode=require, or verify-full",
        )),
        Some(_) => {}
        None if intent.param("ssl").is_some() => {}
        None => {
            let mut finding = NEON_TLS.found(
                format!(
                    "{origin} names no sslmode: node-postgres and postgres.js connect without TLS then, which Neon refuses \
                     (connection is insecure)"
                ),
                "add sslmode=require to the URL, unless the app sets `ssl` itself",
            );
            finding.severity = Severity::Info;
            found.push(finding);
        }
    }
    let first = host.split('.').next().unwrap_or_default();
    let endpoint = first.strip_suffix("-pooler").unwrap_or(first);
    let option = intent.param("options").unwrap_or_default().replace("%3D", "=").replace("%3d", "=");
    let wanted = option.split(['+', ' ', '&']).find_map(|part| part.strip_prefix("endpoint="));
    if let Some(wanted) = wanted
        && wanted != endpoint
    {
        found.push(NEON_ENDPOINT.found(
            format!("{origin} asks for another endpoint in `options` than its host {host} is: Neon refuses that"),
            "take `endpoint=` out of `options`, or make it the host's first label without -pooler",
        ));
    }
    found
}

/// node-postgres 8 reads prefer, require and verify-ca as verify-full: judged from the TLS that was seen.
fn sslmode(intent: &Intent<'_>, origin: &str, evidence: &Evidence, asked: Asked<'_>) -> Option<Finding> {
    let mode = intent.param("sslmode").filter(|mode| matches!(*mode, "prefer" | "require" | "verify-ca"))?;
    let own = ["sslrootcert", "uselibpqcompat"].iter().any(|name| intent.param(name).is_some());
    if own || !asked.wants(Client::NodePostgres) {
        return None;
    }
    let facts = &evidence.facts;
    let says = match facts.certificates.first() {
        Some(leaf) if leaf.subject == leaf.issuer => "the server's certificate is self-signed".to_owned(),
        Some(_) => match intent.host().map(|(host, _)| host) {
            Some(host) if matches!(place(&host, evidence), Place::Service { .. }) => {
                format!("no public authority certifies {host}")
            }
            _ => return None,
        },
        None if mode == "prefer" && facts.auth_method.is_some() && facts.tls_version.is_none() => {
            "this server has no TLS, which node-postgres then insists on".to_owned()
        }
        None => return None,
    };
    let mut finding = SSLMODE.found(
        format!("node-postgres 8 reads sslmode={mode} of {origin} as verify-full, and {says}: it fails where other clients connect"),
        "with node-postgres, name the authority (NODE_EXTRA_CA_CERTS or `ssl: {ca}`), or add uselibpqcompat=true to the URL",
    );
    finding.severity = if asked.named() { Severity::Warning } else { Severity::Info };
    Some(finding)
}
