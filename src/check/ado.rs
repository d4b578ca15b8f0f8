//! Connection strings of .NET: `Key=Value;…`.

use crate::secret::Secret;

/// `Key=Value;…` as ADO.NET's `DbConnectionStringBuilder` reads it, keys in lower case without spaces; `None` where it is not
/// that, or has one pair only.
#[must_use]
pub fn settings(text: &str) -> Option<Vec<(String, Secret)>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches([';', ' ', '\t', '\n', '\r']);
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let key = keyword(key);
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return None;
        }
        let after = after.trim_start_matches(' ');
        let (value, after) = match after.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            Some(quote) => quoted(after, quote)?,
            None => {
                let (value, after) = after.split_once(';').unwrap_or((after, ""));
                (Secret::new(value.trim().to_owned()), after)
            }
        };
        found.push((key, value));
        rest = after.trim_start_matches([';', ' ', '\t', '\n', '\r']);
    }
    (found.len() > 1).then_some(found)
}

/// A value in quotes, in which a doubled one is one, and what follows its `;`.
fn quoted(text: &str, quote: char) -> Option<(Secret, &str)> {
    let mut value = zeroize::Zeroizing::new(String::new());
    let mut rest = &text[1..];
    loop {
        let at = rest.find(quote)?;
        value.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if !rest.starts_with(quote) {
            break;
        }
        value.push(quote);
        rest = &rest[1..];
    }
    let after = rest.trim_start();
    (after.is_empty() || after.starts_with(';')).then(|| (Secret::new(value.to_string()), after))
}

/// A key as it is compared: with and without spaces it is the same.
#[must_use]
pub fn keyword(key: &str) -> String {
    key.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase()
}
