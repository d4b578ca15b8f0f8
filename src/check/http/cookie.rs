//! The cookies that an answer sets (RFC 6265, section 5.2), as far as it decides whether a browser keeps them; no value.

use hyper::HeaderMap;
use hyper::header::SET_COOKIE;

use crate::outcome::{Cookie, clean_text};

/// More cookies than this are not looked at.
const LIMIT: usize = 8;
/// How much of a name or a domain is kept, in bytes.
const TEXT: usize = 64;

/// Those that an answer sets; what only takes one away is left out.
pub(super) fn cookies(headers: &HeaderMap) -> Vec<Cookie> {
    let texts = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    texts.filter_map(cookie).take(LIMIT).collect()
}

fn cookie(text: &str) -> Option<Cookie> {
    let mut parts = text.split(';').map(|part| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        (key.trim(), value.trim())
    });
    let (name, value) = parts.next()?;
    let mut cookie = Cookie { name: clean_text(name, TEXT), ..Cookie::default() };
    let mut taken_away = value.is_empty();
    for (key, value) in parts {
        match key.to_ascii_lowercase().as_str() {
            "secure" => cookie.secure = true,
            "path" => cookie.whole_site = value == "/",
            "samesite" => cookie.cross_site = value.eq_ignore_ascii_case("none"),
            "domain" => cookie.domain = clean_text(value.trim_start_matches('.'), TEXT).to_ascii_lowercase(),
            "max-age" => taken_away |= value == "0" || value.starts_with('-'),
            _ => {}
        }
    }
    (!taken_away).then_some(cookie)
}

#[cfg(test)]
mod tests {
    use super::cookie;
    use crate::outcome::Cookie;

    #[test]
    fn a_cookie_is_read_without_its_value() {
        let read = cookie("__Host-id=s3cret; Path=/; SECURE; HttpOnly; SameSite=None; Domain=.Example.com").unwrap();
        let name = "__Host-id".to_owned();
        let domain = "example.com".to_owned();
        assert_eq!(read, Cookie { name, secure: true, whole_site: true, cross_site: true, domain });
        for gone in ["id=; Secure", "id=1; Max-Age=0", "id=1; max-age=-1"] {
            assert_eq!(cookie(gone), None, "{gone}");
        }
    }
}
