//! What we sent in confidence, so that it can be struck out where a peer repeats it.

use std::borrow::Cow;

use zeroize::Zeroizing;

/// How much of a body is looked through, in bytes: far more than is shown.
const READ: usize = 16 * 1024;

/// The texts to strike out.
#[derive(Clone, Default)]
pub(crate) struct Mask(Vec<Zeroizing<String>>);

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Mask {
    /// Remembers a text, as it is and as JSON writes it inside of quotes.
    pub(crate) fn add(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let quoted = Zeroizing::new(serde_json::Value::from(text).to_string());
        let inside = &quoted[1..quoted.len() - 1];
        if inside != text {
            self.insert(inside);
        }
        self.insert(text);
    }

    /// What is longer goes first: a text inside of another would leave the rest of it.
    fn insert(&mut self, text: &str) {
        let place = self.0.partition_point(|known| known.len() >= text.len());
        self.0.insert(place, Zeroizing::new(text.to_owned()));
    }

    /// The text with `***` for each of them.
    pub(crate) fn strike<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let strike = |text: Cow<'a, str>, secret: &Zeroizing<String>| match text.contains(secret.as_str()) {
            true => Cow::Owned(text.replace(secret.as_str(), "***")),
            false => text,
        };
        self.0.iter().fold(Cow::Borrowed(text), strike)
    }

    /// The start of a body that is shown, with `***` for each of them. Of a long body only the start is looked through, and what
    /// could be the first half of one of them at its end is left out.
    pub(crate) fn strike_start(&self, body: &[u8]) -> String {
        let start = String::from_utf8_lossy(&body[..body.len().min(READ)]);
        let mut struck = self.strike(&start).into_owned();
        if body.len() > READ {
            let longest = self.0.first().map_or(0, |known| known.len());
            struck.truncate(struck.floor_char_boundary(struck.len().saturating_sub(longest)));
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::Mask;

    #[test]
    fn what_was_sent_is_struck_out_in_every_form() {
        let mut mask = Mask::default();
        mask.add("");
        mask.add("s3cret");
        mask.add("s3cret\"x");
        assert_eq!(mask.strike(r#"{"a":"s3cret\"x","b":"s3cret"} s3cret"x"#), r#"{"a":"***","b":"***"} ***"#);
        assert_eq!(format!("{mask:?}"), "***");
    }

    #[test]
    fn of_a_long_body_the_start_is_struck_without_a_part_at_its_end() {
        let mut mask = Mask::default();
        mask.add("s3cret-s3cret");
        assert_eq!(mask.strike_start(b"a s3cret-s3cret b"), "a *** b");
        for before in 16_360..16_400 {
            let body = format!("{}s3cret-s3cret{}", "x".repeat(before), "y".repeat(100_000));
            assert!(!mask.strike_start(body.as_bytes()).contains("s3c"), "{before}");
        }
        assert!(!mask.strike_start("s3cret-s3cret".repeat(10_000).as_bytes()).contains("s3c"));
    }
}
