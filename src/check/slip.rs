//! How the secret of the other side differs from ours by a slip of a file, an editor or a shell.

use zeroize::Zeroizing;

/// A slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slip {
    /// Ours has white space at an end.
    Space,
    /// Theirs has a line break at its end.
    Line,
    /// Ours is in quotes.
    Quotes,
}

impl Slip {
    /// What fits: "the secret …".
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Space => "without the white space at its start or end",
            Self::Line => "with a line break at its end, which is missing here",
            Self::Quotes => "without the quotes around it",
        }
    }
}

/// What to do about quotes.
pub(crate) const QUOTES: &str =
    "Remove the quotes where the value is set (`--from-env-file` keeps them), and restart what reads it.";

/// The slip with which the secret fits.
pub(crate) fn find(secret: &str, fits: impl Fn(&str) -> bool) -> Option<Slip> {
    let bare = secret.trim();
    let unquoted = ['"', '\''].iter().find_map(|quote| bare.strip_prefix(*quote)?.strip_suffix(*quote));
    let line = Zeroizing::new(format!("{secret}\n"));
    let texts = [(Slip::Space, bare), (Slip::Line, line.as_str()), (Slip::Quotes, unquoted.unwrap_or_default())];
    let mut texts = texts.into_iter().filter(|(_, text)| !text.is_empty() && *text != secret);
    texts.find(|(_, text)| fits(text)).map(|(slip, _)| slip)
}

#[cfg(test)]
mod tests {
    use super::{Slip, find};

    #[test]
    fn a_slip_is_named_and_nothing_else() {
        for (ours, slip) in [
            ("key\n", Some(Slip::Space)),
            (" key\r\n", Some(Slip::Space)),
            ("\"key\"", Some(Slip::Quotes)),
            ("'key'\n", Some(Slip::Quotes)),
            ("'key\"", None),
            ("other", None),
            ("", None),
            ("\"", None),
        ] {
            assert_eq!(find(ours, |text| text == "key"), slip, "{ours:?}");
        }
        assert_eq!(find("key", |text| text == "key\n"), Some(Slip::Line));
        assert_eq!(find("", |_| true), Some(Slip::Line), "an empty one is never tried as it is");
    }
}
