//! Ecto's `parse_url` over Elixir's `URI.parse`.

use super::reading::{Read, Reading, Refused, port};
use crate::findings::urls::percent;

/// Versions 3.5 and later; a broken escape stays as it is.
pub(super) fn ecto(text: &str) -> Reading {
    let (_, rest) = text.split_once("://").ok_or(Refused)?;
    let plain = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = plain.split_at(plain.find('/').unwrap_or(plain.len()));
    let (info, place) = authority.rsplit_once('@').unwrap_or(("", authority));
    let bracket = place.find(']').filter(|_| place.starts_with('['));
    let (host, rest) = place.split_at(bracket.map_or_else(|| place.find(':').unwrap_or(place.len()), |end| end + 1));
    // Text behind the digits is dropped.
    let digits = rest.strip_prefix(':').unwrap_or_default();
    let digits = &digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())];
    // The path must be one name; the host may only be missing where nothing is before the path.
    let database = path.strip_prefix('/').filter(|name| !matches!(*name, "" | "\n") && !name.contains('/'));
    let database = database.filter(|_| !host.is_empty() || authority.is_empty()).ok_or(Refused)?;
    let (user, password) = info.split_once(':').unwrap_or((info, ""));
    Ok(Read {
        user: percent::lenient(user),
        password: percent::lenient(password),
        host: percent::lenient(host.trim_matches(['[', ']'])),
        port: port(digits)?,
        database: percent::lenient(database),
    })
}
