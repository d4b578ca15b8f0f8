//! What we sent in confidence, so that it can be struck out where a peer repeats it.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::order;

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
            self.0.push(Zeroizing::new(inside.to_owned()));
        }
        self.0.push(Zeroizing::new(text.to_owned()));
        // What is longer goes first: a text inside of another would leave the rest of it.
        order::sort_by_key(&mut self.0, |known| std::cmp::Reverse(known.len()));
    }

    /// The text with `***` for each of them.
    pub(crate) fn strike<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let strike = |text: Cow<'a, str>, secret: &Zeroizing<String>| match text.contains(secret.as_str()) {
            true => Cow::Owned(text.replace(secret.as_str(), "***")),
            false => text,
        };
        self.0.iter().fold(Cow::Borrowed(text), strike)
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
}
