//! Python's `urllib.parse` and those who read with it (asyncpg, dj-database-url, redis-py); SQLAlchemy's own expression.

use super::reading::{Read, Reading, Refused, owned, port};
use crate::findings::urls::percent;
use zeroize::Zeroizing;

/// What `urlsplit` gives.
struct Split {
    scheme: String,
    netloc: Zeroizing<String>,
    path: Zeroizing<String>,
    query: Zeroizing<String>,
}

fn urlsplit(text: &str) -> Result<Split, Refused> {
    let text = text.trim_start_matches(|c: char| c <= ' ');
    let text: Zeroizing<String> = Zeroizing::new(text.chars().filter(|c| !"\t\r\n".contains(*c)).collect());
    let (scheme, rest) = match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
        _ => (String::new(), text.as_str()),
    };
    let (netloc, rest) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
        None => ("", rest),
    };
    // Both brackets in a password are refused by some versions only: those say "Invalid IPv6 URL", too.
    if netloc.contains('[') != netloc.contains(']') {
        return Err(Refused);
    }
    let rest = rest.split('#').next().unwrap_or_default();
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let own = |text: &str| Zeroizing::new(text.to_owned());
    Ok(Split { scheme, netloc: own(netloc), path: own(path), query: own(query) })
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

impl Split {
    /// `username`, `password`, `hostname` and `port` of the result.
    fn parts(&self) -> Reading {
        let (info, host) = self.netloc.rsplit_once('@').unwrap_or(("", &self.netloc));
        let (user, password) = info.split_once(':').unwrap_or((info, ""));
        let (host, digits) = match host.split_once('[') {
            Some((_, bracketed)) => {
                let (host, rest) = bracketed.split_once(']').unwrap_or((bracketed, ""));
                (host, rest.split_once(':').map_or("", |(_, port)| port))
            }
            None => host.split_once(':').unwrap_or((host, "")),
        };
        Ok(Read {
            user: percent::lenient(user),
            password: percent::lenient(password),
            host: percent::lenient(&host.to_lowercase()),
            port: port(digits)?,
            database: percent::lenient(self.path.strip_prefix('/').unwrap_or(&self.path)),
        })
    }
}

/// Version 0.32; the first `@` ends the credentials.
pub(super) fn asyncpg(text: &str) -> Reading {
    let split = urlsplit(text)?;
    if !split.query.is_empty() && split.query.split('&').any(|pair| !pair.contains('=')) {
        return Err(Refused);
    }
    if !matches!(split.scheme.as_str(), "postgres" | "postgresql") {
        return Err(Refused);
    }
    let (info, hosts) = split.netloc.split_once('@').unwrap_or(("", &split.netloc));
    let (user, password) = info.split_once(':').unwrap_or((info, ""));
    let first = hosts.split(',').next().unwrap_or_default();
    let (host, digits) = match first.strip_prefix('[') {
        Some(inner) => {
            let (host, rest) = inner.split_once(']').ok_or(Refused)?;
            (host, rest.strip_prefix(':').unwrap_or_default())
        }
        None => first.split_once(':').unwrap_or((first, "")),
    };
    Ok(Read {
        user: percent::lenient(user),
        password: percent::lenient(password),
        host: percent::lenient(host),
        port: port(digits)?,
        database: percent::lenient(split.path.strip_prefix('/').unwrap_or(&split.path)),
    })
}

/// Version 3.
pub(super) fn dj_database_url(text: &str) -> Reading {
    let split = urlsplit(text)?;
    if matches!(split.scheme.as_str(), "postgres" | "postgresql" | "postgis") { split.parts() } else { Err(Refused) }
}

/// Versions 4 to 8.
pub(super) fn redis_py(text: &str) -> Reading {
    if !["redis://", "rediss://"].iter().any(|scheme| text.starts_with(scheme)) {
        return Err(Refused);
    }
    urlsplit(text)?.parts()
}

/// `make_url`: one regular expression, without an anchor at its end.
pub(super) fn sqlalchemy(text: &str) -> Reading {
    let (scheme, rest) = text.split_once("://").ok_or(Refused)?;
    if scheme.is_empty() || !scheme.chars().all(|c| c.is_alphanumeric() || "_+".contains(c)) {
        return Err(Refused);
    }
    let end = rest.find([':', '/']).unwrap_or(rest.len());
    let (user, after) = rest.split_at(end);
    let (user, password, rest) = match after.strip_prefix(':').and_then(|after| after.split_once('@')) {
        Some((password, rest)) => (user, password, rest),
        None => user.rfind('@').map_or(("", "", rest), |at| (&user[..at], "", &rest[at + 1..])),
    };
    let bracketed = rest.strip_prefix('[').and_then(|inner| {
        let inside = &inner[..inner.find(['/', '?']).unwrap_or(inner.len())];
        inside.rfind(']').filter(|at| *at > 0).map(|at| (&inner[..at], &inner[at + 1..]))
    });
    let (host, rest) = bracketed.unwrap_or_else(|| rest.split_at(rest.find([':', '/', '?']).unwrap_or(rest.len())));
    let (digits, rest) = match rest.strip_prefix(':') {
        // It makes a number of what stands there.
        Some(after) if after.is_empty() || after.starts_with(['/', '?']) => return Err(Refused),
        Some(after) => after.split_at(after.find(['/', '?']).unwrap_or(after.len())),
        None => ("", rest),
    };
    let database = rest.strip_prefix('/').map_or("", |path| path.split('?').next().unwrap_or_default());
    Ok(Read {
        user: percent::lenient(user),
        password: percent::lenient(password),
        host: owned(host),
        port: port(digits.trim())?,
        database: percent::lenient(database),
    })
}
