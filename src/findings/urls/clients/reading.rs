//! What a client takes from a URL.

use crate::findings::urls::percent::Bytes;

/// What a client takes from a URL.
#[derive(Default)]
pub(super) struct Read {
    pub(super) user: Bytes,
    pub(super) password: Bytes,
    /// As the client takes it; brackets may be there or not.
    pub(super) host: Bytes,
    /// `None` where the client falls back to its default.
    pub(super) port: Option<u16>,
    pub(super) database: Bytes,
}

/// The client refuses the URL; its own words may hold a piece of it, so they are not kept.
pub(super) struct Refused;

/// What a client made of a URL.
pub(super) type Reading = Result<Read, Refused>;

/// A piece of a text, owned.
pub(super) fn owned(text: &str) -> Bytes {
    Bytes::new(text.as_bytes().to_vec())
}

/// A port of decimal digits; an empty one is none.
pub(super) fn port(digits: &str) -> Result<Option<u16>, Refused> {
    if digits.is_empty() {
        return Ok(None);
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refused);
    }
    digits.parse().map(Some).map_err(|_| Refused)
}
