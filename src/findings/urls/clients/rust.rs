//! The clients of Rust: tokio-postgres 0.7 with a reader of its own; sqlx, Prisma's engine and redis-rs over the crate `url`.

use super::reading::{Read, Reading, Refused, owned, port};
use super::whatwg;
use crate::findings::urls::percent::{self, Bytes};

/// `UrlParser` of tokio-postgres: the first `@` ends the credentials, whatever stands before.
pub(super) fn tokio_postgres(text: &str) -> Reading {
    let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://")).ok_or(Refused)?;
    let (credentials, rest) = rest.split_once('@').unwrap_or(("", rest));
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let (hosts, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let first = hosts.split(',').next().unwrap_or_default();
    let (host, digits) = match first.strip_prefix('[') {
        Some(inner) => {
            let (host, rest) = inner.split_once(']').ok_or(Refused)?;
            (host, if rest.is_empty() { "" } else { rest.strip_prefix(':').ok_or(Refused)? })
        }
        None => first.split_once(':').unwrap_or((first, "")),
    };
    let database = rest.strip_prefix('/').map_or("", |path| path.split('?').next().unwrap_or_default());
    Ok(Read {
        user: utf8(user)?,
        password: percent::lenient(password),
        host: utf8(host)?,
        port: port(digits)?,
        database: utf8(database)?,
    })
}

/// `PostgresUrl` of quaint, in Prisma's engines: the first piece of the path is the database, as it is.
pub(super) fn prisma(text: &str) -> Reading {
    let url = whatwg::parse(text, None)?;
    let read = sqlx(text)?;
    Ok(Read { database: owned(url.path.split('/').nth(1).unwrap_or_default()), ..read })
}

/// `PgConnectOptions` of sqlx.
pub(super) fn sqlx(text: &str) -> Reading {
    over_url(text, &["postgres", "postgresql"])
}

/// `parse_redis_url` of redis-rs.
pub(super) fn redis_rs(text: &str) -> Reading {
    let read = over_url(text, &["redis", "rediss"])?;
    let number = read.database.iter().all(u8::is_ascii_digit);
    if number { Ok(read) } else { Err(Refused) }
}

fn over_url(text: &str, schemes: &[&str]) -> Reading {
    let url = whatwg::parse(text, None)?;
    if !url.scheme.as_deref().is_some_and(|scheme| schemes.contains(&scheme)) {
        return Err(Refused);
    }
    Ok(Read {
        user: utf8(&url.user)?,
        password: utf8(&url.password)?,
        host: percent::lenient(&url.host),
        port: url.port,
        database: utf8(url.path.trim_start_matches('/'))?,
    })
}

/// `percent_decode_str(…).decode_utf8()`.
fn utf8(text: &str) -> Result<Bytes, Refused> {
    let bytes = percent::lenient(text);
    if std::str::from_utf8(&bytes).is_ok() { Ok(bytes) } else { Err(Refused) }
}
