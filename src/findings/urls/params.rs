//! Parameters of PostgreSQL URLs that clients take differently: what one client's option is, another sends to the server,
//! refuses, or reads with another meaning.

use super::clients::{Client, Family, JudgedClients};
use super::intent::Intent;
use super::rows::{MISREAD, NEON_ENDPOINT, NEON_TLS, PARAMETER, SCHEME, SSLMODE};
use crate::finding::{Finding, Severity};
use crate::findings::host_class::{HostClass, classify};
use crate::findings::wording::join_names;
use crate::outcome::{AUTH_METHOD, Evidence};
use crate::url::Host;

/// What becomes of parameters, one letter a client: `.` takes it, or passes over it and nothing is lost; I passes over it,
/// and what it should do is not done; S asks the server for it, which takes it; F asks the server, which refuses it; R
/// refuses the URL; f and r: older versions do. The first ones are worth telling whoever the client is, the others only
/// where it was named. tests/it/urls.rs asks the real clients.
const TABLE: &str = include_str!("params.txt");

/// Columns of the table; before the last two they are the clients of the family in their order.
const SQLALCHEMY: usize = 3;
const SQLALCHEMY_ASYNCPG: usize = 12;
const ECTO: usize = 13;

/// The rows of the parameters that stand in the URL: whether to tell it to all, the name, and the letters.
fn rows(intent: &Intent<'_>) -> Vec<(bool, &'static str, &'static str)> {
    let mut all = true;
    let mut found: Vec<(bool, &str, &str)> = Vec::new();
    for line in TABLE.lines() {
        let Some((letters, pair)) = line.split_once('\t') else {
            all = line != "named";
            continue;
        };
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // Of these the value matters.
        let exact = matches!(name, "ssl" | "sslmode") || value == "system";
        let known = found.iter().any(|(_, known, _)| *known == name);
        if !known && intent.param(name).is_some_and(|own| !exact || own == value) {
            found.push((all, name, letters));
        }
    }
    found
}

/// What is told of a URL of PostgreSQL's family.
pub(super) fn judge(intent: &Intent<'_>, origin: &str, evidence: &Evidence, asked: JudgedClients<'_>) -> Vec<Finding> {
    if intent.scheme.starts_with("jdbc:") {
        return Vec::new();
    }
    let mut found = if intent.scheme.contains('+') {
        by_dialect(intent, origin).into_iter().collect()
    } else {
        forwarded(intent, origin, asked)
    };
    found.extend(scheme(intent, origin, asked));
    found.extend(neon(intent, origin, asked));
    found.extend(sslmode(intent, origin, evidence, asked));
    found
}

/// The column of a client.
fn column(client: Client) -> usize {
    let plain = Family::Postgres.clients("postgres");
    plain.iter().position(|known| *known == client).unwrap_or(ECTO)
}

fn forwarded(intent: &Intent<'_>, origin: &str, asked: JudgedClients<'_>) -> Vec<Finding> {
    // Neon's proxy drops what it does not know, before PostgreSQL or PgBouncer see it.
    let neon = intent.host().is_some_and(|(host, _)| is_neon(&host));
    let is_of_one = Family::Postgres.is_of_one(intent.scheme);
    let of_ecto = intent.scheme.eq_ignore_ascii_case("ecto");
    let tell = |(_, name, letters): (bool, &'static str, &'static str)| {
        let letter = |client| letters.as_bytes().get(column(client)).map(|letter| (client, char::from(*letter)));
        let those: Vec<(Client, char)> = Family::Postgres.judged(intent.scheme, asked).filter_map(letter).collect();
        let refused = match neon {
            true => "would send it to the server as a setting, which Neon ignores (others: 42704)",
            false => "would send it to the server as a setting (42704 or 55P02; 08P01 behind PgBouncer)",
        };
        let says: Vec<String> = [('F', refused), ('R', "would reject the URL"), ('I', "would ignore it")]
            .into_iter()
            .filter_map(|(letter, what)| Some(format!("{} {what}", named(&those, letter)?)))
            .collect();
        if says.is_empty() {
            return None;
        }
        let fix = match name {
            "sslmode" if of_ecto => "write ssl=true for TLS: Ecto knows no other parameter for it".to_owned(),
            _ if of_ecto => {
                format!("remove `{name}` from the URL, and set what it means in the repo's configuration (config/runtime.exs)")
            }
            _ if neon && named(&those, 'R').is_none() => "keep it for Neon; for other servers, remove it".to_owned(),
            "sslmode" if intent.param(name) == Some("no-verify") => {
                "only node-postgres and postgres.js know no-verify: for other clients write sslmode=require, which verifies \
                 nothing without a CA".to_owned()
            }
            "search_path" | "currentSchema" => {
                "set the schema at the role, which every client honours: ALTER ROLE … SET search_path".to_owned()
            }
            "ssl" | "sslmode" => "with one of these, write sslmode=require, or sslmode=disable".to_owned(),
            _ => format!("with one of these, remove `{name}` from the URL that it reads; other clients may need it"),
        };
        let mut finding = PARAMETER.found(format!("{origin} has the parameter `{name}`: {}", says.join("; ")), fix);
        // Where one of them takes it, it may well be the app's.
        let fits = those.iter().any(|(_, letter)| !(matches!(letter, 'R') || *letter == 'F' && !neon));
        // The app's own client goes without the TLS that is asked for.
        let fits = fits && !(of_ecto && name == "sslmode");
        finding.severity = if fits { Severity::Info } else { Severity::Warning };
        Some(finding)
    };
    rows(intent).into_iter().filter(|(all, ..)| *all || is_of_one || asked.named()).filter_map(tell).collect()
}

/// The clients that have this letter, or of which older versions have.
fn named(those: &[(Client, char)], letter: char) -> Option<String> {
    let name = |client: Client| if client == Client::LibPq { "lib/pq" } else { client.name() };
    let older = |own: char| if own.is_ascii_lowercase() { "older " } else { "" };
    let names: Vec<String> = (those.iter().filter(|(_, own)| own.eq_ignore_ascii_case(&letter)))
        .map(|(client, own)| format!("{}{}", older(*own), name(*client)))
        .collect();
    (!names.is_empty()).then(|| join_names(&names.iter().map(String::as_str).collect::<Vec<_>>()))
}

/// `postgresql+asyncpg://`: SQLAlchemy hands every parameter to its driver as an argument.
fn by_dialect(intent: &Intent<'_>, origin: &str) -> Option<Finding> {
    let (column, driver, fix) = match intent.scheme.split_once('+')?.1 {
        "asyncpg" => (
            SQLALCHEMY_ASYNCPG,
            "asyncpg.connect(), which has no such argument: TypeError",
            "write `ssl` instead of `sslmode`, with the same value; put settings into \
             connect_args={\"server_settings\": …}",
        ),
        driver if driver.starts_with("psycopg") => (SQLALCHEMY, "libpq, which rejects it", "remove it from this URL"),
        _ => return None,
    };
    let wrong: Vec<&str> =
        rows(intent).into_iter().filter(|(.., row)| row[column..].starts_with('R')).map(|(_, name, _)| name).collect();
    let mut finding = PARAMETER.found(format!("SQLAlchemy passes {} of {origin} to {driver}", join_names(&wrong)), fix);
    finding.severity = Severity::Error;
    (!wrong.is_empty()).then_some(finding)
}

/// Only where Python was named: other clients take both schemes.
fn scheme(intent: &Intent<'_>, origin: &str, asked: JudgedClients<'_>) -> Option<Finding> {
    let applies = intent.scheme.eq_ignore_ascii_case("postgres") && asked.named() && asked.wants(Client::SqlAlchemy);
    applies.then(|| {
        SCHEME.found(
            format!("{origin} starts with postgres://, which SQLAlchemy 1.4 and later rejects (NoSuchModuleError)"),
            "if the app uses SQLAlchemy, write postgresql://, which every other client accepts too",
        )
    })
}

fn is_neon(host: &Host) -> bool {
    matches!(host, Host::Name(name) if name.ends_with(".neon.tech"))
}

fn neon(intent: &Intent<'_>, origin: &str, asked: JudgedClients<'_>) -> Vec<Finding> {
    let Some((Host::Name(host), _)) = intent.host().filter(|(host, _)| is_neon(host)) else { return Vec::new() };
    let mut found = Vec::new();
    match intent.param("sslmode") {
        Some("disable") => found.push(NEON_TLS.found(
            format!("{origin} sets sslmode=disable, and Neon rejects connections without TLS (connection is insecure)"),
            "write sslmode=require, or verify-full",
        )),
        Some(_) => {}
        None if intent.param("ssl").is_some() || Family::Postgres.is_of_one(intent.scheme) => {}
        None if ![Client::NodePostgres, Client::PostgresJs].iter().any(|client| asked.wants(*client)) => {}
        None => {
            let mut finding = NEON_TLS.found(
                format!(
                    "{origin} has no sslmode, so node-postgres and postgres.js connect without TLS, which Neon \
                     rejects (connection is insecure)"
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
            format!("{origin} requests another endpoint in `options` than its host {host}, which Neon rejects"),
            "remove `endpoint=` from `options`, or set it to the first label of the host without -pooler",
        ));
    }
    found
}

/// Why no public authority vouches for the certificate that was seen.
fn unverifiable(intent: &Intent<'_>, evidence: &Evidence) -> Option<String> {
    let leaf = evidence.facts.certificates.first()?;
    if leaf.subject == leaf.issuer {
        return Some("the server's certificate is self-signed".to_owned());
    }
    let (host, _) = intent.host()?;
    let of_service = matches!(classify(&host, evidence), HostClass::Service { .. });
    of_service.then(|| format!("no public authority certifies {host}"))
}

/// Postgrex verifies with `ssl=true`, as other clients do not; node-postgres 8 reads prefer, require and verify-ca as verify-full: judged from the TLS that was seen.
fn sslmode(intent: &Intent<'_>, origin: &str, evidence: &Evidence, asked: JudgedClients<'_>) -> Option<Finding> {
    if intent.scheme.eq_ignore_ascii_case("ecto") {
        let says = unverifiable(intent, evidence).filter(|_| intent.param("ssl") == Some("true"))?;
        let message = format!("Postgrex 0.21 and later verify the certificate with ssl=true of {origin}, and {says}");
        let fix = "set the authority in the repo's configuration: `ssl: [cacertfile: …]` in config/runtime.exs";
        return Some(Finding { severity: Severity::Warning, ..MISREAD.found(message, fix) });
    }
    let mode = intent.param("sslmode").filter(|mode| matches!(*mode, "prefer" | "require" | "verify-ca"))?;
    let own = ["sslrootcert", "uselibpqcompat"].iter().any(|name| intent.param(name).is_some());
    if own || !Family::Postgres.judged(intent.scheme, asked).any(|client| client == Client::NodePostgres) {
        return None;
    }
    let facts = &evidence.facts;
    let says = match unverifiable(intent, evidence) {
        Some(says) => says,
        None if mode == "prefer" && facts.own(AUTH_METHOD).is_some() && facts.tls_version.is_none() => {
            "this server has no TLS, which node-postgres then requires".to_owned()
        }
        None => return None,
    };
    let mut finding = SSLMODE.found(
        format!(
            "node-postgres 8 reads sslmode={mode} of {origin} as verify-full, and {says}, so it fails although \
                 other clients connect"
        ),
        "with node-postgres, set the authority (NODE_EXTRA_CA_CERTS or `ssl: {ca}`), or add uselibpqcompat=true to \
         the URL",
    );
    finding.severity = if asked.named() { Severity::Warning } else { Severity::Info };
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::{ECTO, SQLALCHEMY, SQLALCHEMY_ASYNCPG, TABLE};

    /// The columns are the ones of the table of passwords, and one more.
    #[test]
    fn the_columns_are_the_clients() {
        fn names(line: &str) -> Vec<&str> {
            line.split(' ').map(|names| names.split('+').next().unwrap()).collect()
        }
        let own = names(TABLE.lines().next().unwrap());
        let passwords =
            include_str!("clients/raw.txt").lines().find_map(|line| line.strip_prefix("postgres ")).unwrap();
        assert_eq!(own[..SQLALCHEMY_ASYNCPG], names(passwords));
        assert_eq!(
            own[SQLALCHEMY..=SQLALCHEMY].iter().chain(&own[SQLALCHEMY_ASYNCPG..]).copied().collect::<Vec<_>>(),
            ["sqlalchemy", "sqlalchemy-asyncpg", "ecto"]
        );
        assert_eq!(own[ECTO], "ecto");
        for (letters, pair) in TABLE.lines().filter_map(|line| line.split_once('\t')) {
            assert!(letters.len() == own.len() && letters.chars().all(|letter| ".SFRIfr".contains(letter)), "{pair}");
        }
    }
}
