//! Quotes that became a part of the value.

use super::white::INVISIBLE;

pub(in crate::findings::urls) fn quoted(text: &str) -> bool {
    let text = text.trim();
    ['"', '\''].iter().any(|quote| text.len() >= 2 && text.starts_with(*quote) && text.ends_with(*quote))
}

/// The quotes that word processors, chats and wikis write.
const CURLY: [char; 8] = ['“', '”', '„', '‟', '‘', '’', '‚', '‛'];

/// Whether such a quote is at an end of the value, or anywhere in a URL.
pub(in crate::findings::urls) fn curly(text: &str) -> bool {
    let inner = text.trim();
    !inner.is_ascii()
        && inner.chars().count() > 1
        && (inner.starts_with(CURLY) || inner.ends_with(CURLY) || inner.contains("://") && inner.contains(CURLY))
}

/// Without quotes, white space and what nobody sees at the ends.
pub(in crate::findings::urls) fn bare(text: &str) -> &str {
    if text.is_ascii() {
        let text = text.trim();
        return if quoted(text) { text[1..text.len() - 1].trim() } else { text };
    }
    let text = text.trim_matches(INVISIBLE).trim();
    if quoted(text) { text[1..text.len() - 1].trim() } else { text.trim_matches(CURLY).trim() }
}
