//! Percent-encoding as the clients undo it: each language its own way.

use zeroize::Zeroizing;

use crate::order;

/// Bytes that may be a password.
pub(super) type Bytes = Zeroizing<Vec<u8>>;

/// Undoes it; a broken escape stays as it is (Python's `unquote`, Rust's `percent_decode`).
pub(super) fn lenient(text: &str) -> Bytes {
    decode(text, false).unwrap_or_default()
}

/// Undoes it; `None` where an escape is broken (libpq, Go).
pub(super) fn strict(text: &str) -> Option<Bytes> {
    decode(text, true)
}

/// JavaScript's `decodeURIComponent`: strict, and the result must be UTF-8.
pub(super) fn component(text: &str) -> Option<Bytes> {
    strict(text).filter(|bytes| std::str::from_utf8(bytes).is_ok())
}

/// The byte of an escape at the start.
pub(super) fn escape(rest: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = rest else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(*high)? * 16 + digit(*low)?)
}

fn decode(text: &str, strict: bool) -> Option<Bytes> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        match escape(rest) {
            Some(decoded) => {
                out.push(decoded);
                rest = &rest[3..];
                continue;
            }
            None if byte == b'%' && strict => return None,
            None => out.push(byte),
        }
        rest = after;
    }
    Some(out)
}

/// A text as every client reads it back: all but RFC 3986's unreserved characters are escaped.
pub(super) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(bytes.len() * 3));
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The characters that may not stand in the user part of a URL as they are (RFC 3986), each once, in their own order, so
/// that nothing is told of where they stand.
pub(super) fn odd(text: &str) -> Vec<char> {
    let mut found: Vec<char> = text
        .char_indices()
        .filter(|(at, c)| match c {
            '%' => escape(&text.as_bytes()[*at..]).is_none(),
            c => !(c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:".contains(*c)),
        })
        .map(|(_, c)| c)
        .collect();
    order::sort_by(&mut found, Ord::cmp);
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::{component, encode, lenient, odd, strict};

    #[test]
    fn each_way() {
        assert_eq!(*lenient("a%41%zz%"), *b"aA%zz%");
        assert_eq!(strict("a%41").as_deref(), Some(&b"aA".to_vec()));
        assert_eq!(strict("%zz"), None);
        assert_eq!((strict("%ff").is_some(), component("%ff")), (true, None));
        assert_eq!(*encode("a/ä%".as_bytes()), "a%2F%C3%A4%25");
    }

    #[test]
    fn what_must_be_encoded() {
        assert_eq!(odd("a/b@/%zz%41"), ['%', '/', '@']);
        assert!(odd("aZ0-._~!$&'()*+,;=:%2F").is_empty());
    }
}
