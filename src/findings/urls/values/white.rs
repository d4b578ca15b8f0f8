//! White space and invisible characters, at an end of a value or within a URL.

/// What editors and chats leave at the ends of a text, and nobody sees.
pub(in crate::findings::urls) const INVISIBLE: [char; 4] = ['\u{feff}', '\u{200b}', '\u{200c}', '\u{200d}'];

/// White space at an end of a text of one line; a text of several (a certificate, a key) ends as it likes.
#[must_use]
pub fn white(text: &str) -> Option<&'static str> {
    let inner = text.trim();
    if inner.is_empty() || inner.contains('\n') {
        return None;
    }
    if text.starts_with(INVISIBLE) || text.ends_with(INVISIBLE) {
        return Some("an invisible character (a byte order mark, a zero-width space) at an end");
    }
    match text.strip_prefix(text.trim_end()).unwrap_or_default() {
        _ if text.starts_with(char::is_whitespace) => Some("white space at its start"),
        "" => None,
        "\n" => Some("a newline at its end"),
        tail if tail.contains('\r') => Some("a carriage return (Windows line end) at its end"),
        tail if tail.contains('\n') => Some("newlines at its end"),
        _ => Some("a space at its end"),
    }
}

/// A line that ends within a URL: one of the parts that it was made of ends so.
pub(in crate::findings::urls) fn broken(text: &str) -> Option<&'static str> {
    let text = text.trim();
    if !text.bytes().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    let of_url = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.:-".contains(&byte));
    if !of_url {
        return None;
    }
    let end = rest.find(['\n', '\r'])?;
    Some(match (rest[..end].contains('@'), rest[..end].contains(':'), rest[end..].trim_start().starts_with('@')) {
        (false, true, true) => "a newline at the end of its password",
        (false, false, _) if rest.contains('@') => "a newline at the end of its user",
        _ => "a newline inside",
    })
}
