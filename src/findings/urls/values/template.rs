//! The marks of Kubernetes, shells and Helm that nothing filled in.

/// The first place that something should have filled in, as it may be shown.
pub(in crate::findings::urls) fn unexpanded(text: &str) -> Option<String> {
    for (open, close) in [("$(", ")"), ("${", "}")] {
        for (at, _) in text.match_indices(open) {
            // Names of variables as people write them: a password may hold `$(` as well.
            let of_name = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
            let rest = &text[at + 2..];
            let inner = &rest[..rest.bytes().take_while(of_name).count()];
            let closed = rest[inner.len()..].starts_with(close);
            if closed && inner.len() >= 2 && inner.starts_with(|c: char| c.is_ascii_uppercase()) {
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
