//! Values that were encoded in base64 once too often.

use super::decode::decoded;

/// Whether it is the base64 of plain text, most of it letters and digits: of random bytes of this length hardly ever.
pub(in crate::findings::urls) fn hides_text(text: &str) -> bool {
    let plain = |text: &str| {
        let text = text.trim_end_matches('\n');
        let marks = text.bytes().filter(|byte| !byte.is_ascii_alphanumeric()).count();
        text.bytes().all(|byte| byte.is_ascii_graphic()) && marks * 4 <= text.len()
    };
    text.len() >= 12 && text.len().is_multiple_of(4) && decoded(text).is_some_and(|text| plain(&text))
}

/// Whether it was encoded twice on the way to this pod, as far as that shows by itself: there is base64 of text in it once
/// more, or a line end as `echo` writes it.
pub(in crate::findings::urls) fn encoded_twice(text: &str) -> bool {
    let inner = decoded(text).filter(|_| hides_text(text));
    inner.is_some_and(|inner| inner.ends_with('\n') || hides_text(inner.trim_end()))
}

/// Whether it is the base64 of a URL: a value of `data:` that was encoded twice, or three times.
pub(in crate::findings::urls) fn hides_url(text: &str) -> bool {
    if text.len() < 12 || text.contains("://") {
        return false;
    }
    let once = decoded(text);
    let again = once.as_deref().and_then(|text| decoded(text.trim_end()));
    is_url_inside(once.as_deref().map(String::as_str)) || is_url_inside(again.as_deref().map(String::as_str))
}

fn is_url_inside(decoded: Option<&str>) -> bool {
    decoded.and_then(|text| text.split_once("://")).is_some_and(|(scheme, rest)| {
        !rest.is_empty()
            && (2..=24).contains(&scheme.len())
            && scheme.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+:".contains(c))
    })
}
