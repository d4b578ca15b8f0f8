//! Text of peers, made fit to show and cut.

/// `1 byte`, `2 bytes`.
#[must_use]
pub fn bytes(count: u64) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}

/// The same for a text or a buffer.
#[must_use]
pub fn bytes_of(text: &[u8]) -> String {
    bytes(u64::try_from(text.len()).unwrap_or(u64::MAX))
}

/// The longest text taken from a server, in bytes.
pub const SERVER_TEXT_LIMIT: usize = 256;
/// How long a hint is at most, in bytes.
pub const HINT_LIMIT: usize = 300;
/// The longest message of a fault, in bytes.
pub const MESSAGE_LIMIT: usize = 1024;

/// Whether a character does not show, or changes how others show: marks of direction, joiners, variation selectors, tags,
/// fillers.
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{13430}'..='\u{1345f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
            // No text has a use for these: private, and no characters at all.
            | '\u{e000}'..='\u{f8ff}'
            | '\u{f0000}'..='\u{10ffff}'
            | '\u{fdd0}'..='\u{fdef}'
    ) || c as u32 & 0xfffe == 0xfffe
}

/// Whether a character ends a line somewhere, or controls what shows it: C0, C1, and the two separators of Unicode.
#[must_use]
pub fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Text made fit to show: control characters and ends of lines become spaces, what is invisible vanishes, and it is cut at
/// `limit` bytes on a character's boundary, with `…` behind the cut.
#[must_use]
pub fn clean_text(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    for c in text.chars() {
        let c = match c {
            c if is_invisible(c) => continue,
            c if is_control(c) => ' ',
            c => c,
        };
        if out.len() + c.len_utf8() > limit.saturating_sub('…'.len_utf8()) {
            // What was cut once may be cut again.
            if !out.ends_with('…') {
                out.push('…');
            }
            return out;
        }
        out.push(c);
    }
    out
}

/// Text of at most `limit` bytes, cut at the end of a word, with `…` behind the cut.
#[must_use]
pub fn cut_at_word(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let room = limit.saturating_sub('…'.len_utf8());
    let end = (0..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let whole = text[..end].rfind(' ').unwrap_or(end);
    format!("{}…", text[..whole].trim_end_matches([',', ';', ':', '.']))
}

/// The same, cut behind a clause where one ends in its second half, and outside of parentheses: what is left can be read.
#[must_use]
pub(super) fn cut_at_clause(text: &str, limit: usize) -> String {
    let cut = cut_at_word(text, limit);
    let Some(kept) = cut.strip_suffix('…').filter(|_| text.len() > limit) else { return cut };
    let open = kept.rfind(" (").filter(|at| !kept[*at..].contains(')'));
    let kept = open.map_or(kept, |at| &kept[..at]);
    let ends = [", ", "; ", ": ", ". "];
    let clause = ends.iter().filter_map(|end| kept.rfind(end)).max().filter(|at| *at >= limit / 2);
    format!("{}…", kept[..clause.unwrap_or(kept.len())].trim_end_matches([',', ';', ':', '.', ' ']))
}

/// The same sentence with a capital at its start.
#[must_use]
pub fn with_capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{clean_text, cut_at_clause, cut_at_word};
    use crate::testing::few_cases;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    #[test]
    fn what_does_not_show_does_not_pass() {
        // Ends of lines and controls, C1 among them, are a space.
        for c in
            ['\0', '\t', '\n', '\r', '\u{1b}', '\u{7f}', '\u{80}', '\u{85}', '\u{9b}', '\u{9f}', '\u{2028}', '\u{2029}']
        {
            assert_eq!(clean_text(&format!("a{c}b"), 100), "a b", "{}", c.escape_unicode());
        }
        let ranges = [
            ('\u{ad}', '\u{ad}'),
            ('\u{61c}', '\u{61c}'),
            ('\u{180e}', '\u{180e}'),
            ('\u{200b}', '\u{200f}'),
            ('\u{202a}', '\u{202e}'),
            ('\u{2060}', '\u{2069}'),
            ('\u{3164}', '\u{3164}'),
            ('\u{fe00}', '\u{fe0f}'),
            ('\u{feff}', '\u{feff}'),
            ('\u{e0000}', '\u{e007f}'),
            ('\u{e0100}', '\u{e01ef}'),
            ('\u{13430}', '\u{1343f}'),
            ('\u{1bca0}', '\u{1bca3}'),
            ('\u{fdd0}', '\u{fdef}'),
            ('\u{fffe}', '\u{ffff}'),
            ('\u{1fffe}', '\u{1ffff}'),
            ('\u{e000}', '\u{e0ff}'),
            ('\u{f0000}', '\u{f00ff}'),
            ('\u{10fff0}', '\u{10ffff}'),
        ];
        for c in ranges.into_iter().flat_map(|(first, last)| first..=last) {
            assert_eq!(clean_text(&format!("a{c}b"), 100), "ab", "{}", c.escape_unicode());
        }
        for plain in ["naïve", "Zürich", "日本語", "עברית", "العربية", "ok ✓ …", "a\u{a0}b", "🙂"]
        {
            assert_eq!(clean_text(plain, 100), plain);
        }
    }

    proptest! {
        #![proptest_config(few_cases())]

        #[test]
        fn clean_text_is_short_one_line_and_clean_again(text in any::<String>(), odd in "[\\x00-\\x1f\u{202e}\u{200b}\u{feff}a ]{0,40}", limit in 0..400_usize) {
            let shown = clean_text(&format!("{text}{odd}"), limit);
            prop_assert!(shown.len() <= limit.max('…'.len_utf8()), "{} over {limit}", shown.len());
            prop_assert!(!shown.contains(|c: char| c.is_control() || "\u{202e}\u{200b}\u{feff}".contains(c)), "{shown:?}");
            prop_assert_eq!(clean_text(&shown, limit + 3), shown.clone());
        }

        #[test]
        fn a_cut_text_fits_and_begins_as_it_did(text in "[a-zä ,;(:).]{0,300}", limit in 3..200_usize) {
            for shown in [cut_at_word(&text, limit), cut_at_clause(&text, limit)] {
                prop_assert!(shown.len() <= limit, "{shown:?} over {limit}");
                prop_assert!(text.starts_with(shown.trim_end_matches('…')));
                prop_assert!(text.len() > limit || shown == text);
            }
        }
    }
}
