//! The marks of Kubernetes, shells and Helm that nothing filled in.

/// The first place that something should have filled in, as it may be shown.
pub(in crate::findings::urls) fn unexpanded(text: &str) -> Option<String> {
    for (open, close) in [("$(", ")"), ("${", "}")] {
        for (at, _) in text.match_indices(open) {
            let inner = text[at + 2..].split(close).next().unwrap_or_default();
            let closed = text[at + 2..].get(inner.len()..).is_some_and(|rest| rest.starts_with(close));
            // Names of variables as people write them: a password may hold `$(` as well.
            let name = inner.len() >= 2
                && inner.starts_with(|c: char| c.is_ascii_uppercase())
                && inner.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            if closed && name {
                // Beside other text it may be a part of a password.
                let whole = is_whole_part(text, at, at + open.len() + inner.len() + close.len());
                return Some(format!("{open}{}{close}", if whole { inner } else { "…" }));
            }
        }
    }
    let (_, rest) = text.split_once("{{")?;
    let (inner, _) = rest.split_once("}}")?;
    let inner = inner.trim().trim_start_matches('-').trim_start();
    (inner.starts_with(['.', '$']) || inner.starts_with("include ")).then(|| "{{ … }}".to_owned())
}

/// Whether this range is the whole text, or in a URL what is between two delimiters.
fn is_whole_part(text: &str, start: usize, end: usize) -> bool {
    const DELIMITERS: [char; 7] = [':', '/', '@', '?', '&', '=', ','];
    let (before, behind) = (text[..start].trim_start(), text[end..].trim_end());
    let is_url = text.contains("://");
    let ends =
        |part: &str, last: Option<char>| part.is_empty() || (is_url && last.is_some_and(|c| DELIMITERS.contains(&c)));
    ends(before, before.chars().next_back()) && ends(behind, behind.chars().next())
}
