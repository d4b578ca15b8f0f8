//! Why a server closes a connection or a channel.

use super::fields::{Fields, Truncated};
use crate::mask;
use crate::outcome::clean_text;
use crate::secret::Secret;

/// How the sentence about a rejected login starts: that it was rejected is all that it says.
const REJECTION: &str = "Login was refused using authentication mechanism";
/// The maximum size of the server's sentence in a message.
const SENTENCE_LIMIT: usize = 160;

/// The reason of a server.
#[derive(Debug, Clone)]
pub(super) struct Close {
    /// The reply code: 403, 530.
    pub(super) code: u16,
    /// The reply text without the name of its code: `vhost shop not found`. It may hold a secret.
    text: Secret,
}

impl Close {
    /// Reads the fields of `connection.close` or `channel.close`.
    ///
    /// # Errors
    /// [`Truncated`].
    pub(super) fn read(fields: &[u8]) -> Result<Self, Truncated> {
        let mut fields = Fields(fields);
        let code = fields.u16()?;
        let text = String::from_utf8_lossy(fields.short()?).into_owned();
        // `NOT_ALLOWED - …`: the code again, as a word.
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        let text = match text.split_once(" - ") {
            Some((word, rest)) if is_word(word) => rest.to_owned(),
            _ => text,
        };
        Ok(Self { code, text: Secret::new(text) })
    }

    /// The text, to be classified only.
    pub(super) fn text(&self) -> &str {
        self.text.expose()
    }

    /// What it means, in our words, and the server's sentence where it holds no part of these secrets.
    pub(super) fn message<'a>(
        &self,
        says: &str,
        is_known: bool,
        secrets: impl Iterator<Item = &'a Secret> + Clone,
    ) -> String {
        let code = self.code;
        let text = clean_text(self.text.expose(), SENTENCE_LIMIT);
        let shown = match text.starts_with(REJECTION) {
            true => String::new(),
            false => mask::sentence(&text, is_known, secrets),
        };
        match shown.trim().trim_end_matches('.') {
            "" => format!("{says} ({code})"),
            text => format!("{says}: {code} {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Close;
    use crate::secret::Secret;

    fn close(code: u16, text: &str) -> Close {
        let length = u8::try_from(text.len()).expect("a short text");
        let bytes = [&code.to_be_bytes()[..], &[length], text.as_bytes(), &[0; 4]].concat();
        Close::read(&bytes).expect("it is whole")
    }

    #[test]
    fn the_reason_is_shown_without_secrets() {
        let secret = Secret::new("s3cret".to_owned());
        let message = |code, text| close(code, text).message("no", code == 530, [&secret].into_iter());
        assert_eq!(message(530, "NOT_ALLOWED - vhost shop not found"), "no: 530 vhost shop not found");
        assert_eq!(message(403, "ACCESS_REFUSED - see the log."), "no: 403 see the log");
        assert_eq!(message(320, "bye - now"), "no: 320 bye - now");
        assert_eq!(message(530, "vhost s3cret not found"), "no (530)");
        assert_eq!(message(530, "vhost s3cre not found"), "no (530)");
        assert_eq!(message(320, "vhost s3cret not found"), "no: 320 vhost *** not found");
        assert_eq!(message(541, ""), "no (541)");
        let rejected =
            "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the log.";
        assert_eq!(message(403, rejected), "no (403)");
        for (secret, text) in [("e", rejected), ("refused", rejected), ("fail", "ACCESS_REFUSED - it failed")] {
            let secret = Secret::new(secret.to_owned());
            assert_eq!(close(403, text).message("no", true, [&secret].into_iter()), "no (403)");
        }
        assert!(Close::read(&[2, 18, 9, 1]).is_err());
    }
}
