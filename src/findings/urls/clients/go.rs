//! Go's net/url, with which lib/pq reads, and pgx before 5.11 did.

use super::reading::{Read, Reading, Refused, port};
use crate::findings::urls::percent::{self, Bytes};

/// `url.Parse` and what lib/pq takes of it.
pub(super) fn lib_pq(text: &str) -> Reading {
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err(Refused);
    }
    let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://")).ok_or(Refused)?;
    let rest = rest.split('#').next().unwrap_or_default();
    let rest = rest.split('?').next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (info, place) = authority.rsplit_once('@').unwrap_or(("", authority));
    if !info.chars().all(|c| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c)) {
        return Err(Refused);
    }
    let (user, password) = info.split_once(':').unwrap_or((info, ""));
    let (host, digits) = match place.strip_prefix('[') {
        Some(inner) => {
            let (host, rest) = inner.rsplit_once(']').ok_or(Refused)?;
            (host, if rest.is_empty() { "" } else { rest.strip_prefix(':').ok_or(Refused)? })
        }
        None => {
            let first = place.split(',').next().unwrap_or_default();
            first.split_once(':').unwrap_or((first, ""))
        }
    };
    if host.chars().any(|c| c.is_ascii() && !(c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:[]<>\"%".contains(c))) {
        return Err(Refused);
    }
    Ok(Read {
        user: decode(user)?,
        password: decode(password)?,
        host: decode(host)?,
        port: port(digits)?,
        database: decode(path.trim_start_matches('/'))?,
    })
}

fn decode(text: &str) -> Result<Bytes, Refused> {
    percent::strict(text).ok_or(Refused)
}
