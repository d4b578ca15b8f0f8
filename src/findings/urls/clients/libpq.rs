//! libpq's `conninfo_uri_parse_options` (fe-connect.c), psycopg 3 over it, and pgx after it.

use super::reading::{Read, Reading, Refused, port};
use crate::findings::urls::percent::{self, Bytes};

/// Up to version 17.
pub(super) fn libpq(text: &str) -> Reading {
    checked(text, false)
}

/// From 5.11 on it reads as libpq 18 does.
pub(super) fn pgx(text: &str) -> Reading {
    checked(text, true)
}

fn checked(text: &str, strict_spaces: bool) -> Reading {
    let mut read = parse(text, strict_spaces)?;
    let digits = String::from_utf8_lossy(&read.port).trim().to_owned();
    read.read.port = port(&digits)?;
    // `port=0` and the like are refused when it connects.
    if read.read.port == Some(0) { Err(Refused) } else { Ok(read.read) }
}

/// It resolves the host before it looks at the port; its wheels have libpq 18, which is strict about spaces.
pub(super) fn psycopg3(text: &str) -> Reading {
    let mut read = parse(text, true)?;
    read.read.port = String::from_utf8_lossy(&read.port).trim().parse().ok();
    Ok(read.read)
}

struct Parsed {
    read: Read,
    port: Bytes,
}

fn parse(text: &str, strict_spaces: bool) -> Result<Parsed, Refused> {
    let rest = text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://")).ok_or(Refused)?;
    let decode = |text: &str| decode(text, strict_spaces);
    let mut read = Read::default();
    let ahead = rest.find(['@', '/']).filter(|at| rest[*at..].starts_with('@'));
    let mut rest = rest;
    if let Some(at) = ahead {
        let (user, password) = rest[..at].split_once(':').unwrap_or((&rest[..at], ""));
        (read.user, read.password) = (decode(user)?, decode(password)?);
        rest = &rest[at + 1..];
    }
    // The first of several hosts stands for all.
    let end = match rest.strip_prefix('[') {
        Some(inner) => inner.find(']').filter(|at| *at > 0).map(|at| at + 2).ok_or(Refused)?,
        None => rest.find([':', '/', '?', ',']).unwrap_or(rest.len()),
    };
    read.host = decode(rest[..end].trim_start_matches('[').trim_end_matches(']'))?;
    rest = &rest[end..];
    if !rest.is_empty() && !rest.starts_with([':', '/', '?', ',']) {
        return Err(Refused);
    }
    let mut port = Bytes::default();
    if let Some(after) = rest.strip_prefix(':') {
        let end = after.find(['/', '?', ',']).unwrap_or(after.len());
        port = decode(&after[..end])?;
        rest = &after[end..];
    }
    let hosts_end = rest.find(['/', '?']).unwrap_or(rest.len());
    rest = &rest[hosts_end..];
    if let Some(path) = rest.strip_prefix('/') {
        read.database = decode(path.split('?').next().unwrap_or_default())?;
    }
    Ok(Parsed { read, port })
}

/// `conninfo_uri_decode`; version 18 strips spaces at the ends and refuses them inside.
fn decode(text: &str, strict_spaces: bool) -> Result<Bytes, Refused> {
    let text = if strict_spaces { text.trim_matches(' ') } else { text };
    if strict_spaces && text.contains(' ') {
        return Err(Refused);
    }
    percent::strict(text).filter(|bytes| !bytes.contains(&0)).ok_or(Refused)
}
