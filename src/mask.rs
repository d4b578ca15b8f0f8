//! What is sent in confidence, so that it can be struck out where a peer repeats it.
//!
//! A peer repeats it as it came, or in another form: in JSON, percent-encoded or decoded, in base64, in upper or lower case.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::cause::Cause;
use crate::outcome::{Fault, SERVER_TEXT_LIMIT, clean_text};
use crate::secret::Secret;
use crate::url::percent_decode;

/// What is shorter stands in every text, such as `1` and `yes`: its other forms are not looked for.
const LEAST: usize = 4;
/// The longest word in capitals that is a protocol's: `OPTIONS`, `AUTHINFO`.
const VERB: usize = 8;
/// How much of a peer's text is looked at to fill an excerpt, in bytes: what is struck out takes its place.
const REACH: usize = 8 * SERVER_TEXT_LIMIT;
/// How many texts are remembered: what was sent in more words is not shown at all.
const MOST: usize = 512;
/// How much of a secret is looked for in parts, in characters.
const SEARCHED: usize = 1024;
/// In place of a text in which a gap would tell what is struck out.
pub const REPEATS: &str = "the server's text repeats the secret";
/// Instead of what is struck out.
const STRUCK: &str = "***";

/// The texts to strike out; those of four bytes and more are in lower case.
#[derive(Clone, Default)]
pub struct Mask {
    texts: Vec<Zeroizing<String>>,
    /// There were more of them.
    is_full: bool,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(STRUCK)
    }
}

impl Mask {
    /// Remembers a text, in every form in which it may come back.
    pub fn add(&mut self, text: &str) {
        self.remember(Zeroizing::new(text.to_owned()));
        if text.len() < LEAST {
            return;
        }
        let quoted = Zeroizing::new(serde_json::Value::from(text).to_string());
        self.remember(Zeroizing::new(quoted[1..quoted.len() - 1].to_owned()));
        self.remember(Zeroizing::new(clean_text(text, usize::MAX)));
        self.remember(Zeroizing::new(percent_encode(text)));
        if let Some(decoded) = percent_decode(text) {
            self.remember(Zeroizing::new(decoded));
        }
        self.remember(Zeroizing::new(STANDARD_NO_PAD.encode(text)));
        self.remember(Zeroizing::new(URL_SAFE_NO_PAD.encode(text)));
    }

    /// The same of a text of several lines and words, each of which may come back alone. Left out are words that are a
    /// protocol's, not the user's: `HTTP/1.1`, a verb in capitals, a name before `:` or `=`.
    pub fn add_words(&mut self, text: &str) {
        let is_verb = |text: &str| text.len() <= VERB && text.bytes().all(|byte| byte.is_ascii_uppercase());
        for line in std::iter::once(text).chain(text.lines()).map(str::trim).filter(|line| line.len() >= LEAST) {
            if !is_verb(line) {
                self.add(line);
            }
        }
        let between = |c: char| c.is_whitespace() || c.is_control() || "\"'{}[](),;&=:<>".contains(c);
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(between).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            let is_name = after.trim_start_matches(['"', '\'']).starts_with([':', '=']);
            if word.len() >= LEAST && !is_name && !is_verb(word) && !word.starts_with("HTTP/") {
                self.add(word);
            }
            let mut after = after.chars();
            after.next();
            rest = after.as_str();
        }
    }

    fn remember(&mut self, mut text: Zeroizing<String>) {
        if text.len() >= LEAST {
            text.make_ascii_lowercase();
        }
        self.is_full |= self.texts.len() >= MOST;
        if self.is_full || text.is_empty() || self.texts.contains(&text) {
            return;
        }
        // What is longer goes first: a text inside of another would leave the rest of it.
        let at = self.texts.partition_point(|known| known.len() >= text.len());
        self.texts.insert(at, text);
    }

    /// The text with `***` for each of them.
    #[must_use]
    pub fn strike<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.is_full {
            return Cow::Borrowed(STRUCK);
        }
        self.texts.iter().fold(Cow::Borrowed(text), |text, secret| strike_one(text, secret))
    }

    /// A server's sentence as it may be shown. Whoever knows the sentence reads a gap in it: one that is known is not shown at
    /// all then (empty), and of any other, only a whole word is struck out.
    #[must_use]
    pub fn quote(&self, text: &str, is_known: bool) -> String {
        let struck = self.strike(text);
        match () {
            () if struck == text => struck.into_owned(),
            () if is_known => String::new(),
            () if self.is_full || self.cuts_words_of(text) => REPEATS.to_owned(),
            () => struck.into_owned(),
        }
    }

    /// Whether one of them is short, or a part of a longer word.
    fn cuts_words_of(&self, text: &str) -> bool {
        let in_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '*');
        let lower = text.to_ascii_lowercase();
        self.texts.iter().any(|secret| {
            lower.match_indices(secret.as_str()).any(|(at, found)| {
                found.len() < LEAST || lower[..at].ends_with(in_word) || lower[at + found.len()..].starts_with(in_word)
            })
        })
    }

    /// Masks the texts of a fault. If the message repeats a secret, the fixed text of the cause replaces it.
    #[must_use]
    pub fn strike_fault(&self, fault: Fault) -> Fault {
        let message = match self.quote(&fault.message, fault.cause != Cause::QueryFailed) {
            text if text.is_empty() => fault.cause.info().meaning.to_owned(),
            text => text,
        };
        let statement = fault.statement.as_deref().map(|statement| self.quote(statement, true));
        Fault { message, statement: statement.filter(|statement| !statement.is_empty()), ..fault }
    }

    /// The start of a peer's text, made fit to show. Where it ends may be in the middle of what is struck out.
    #[must_use]
    pub fn excerpt(&self, text: &str) -> String {
        if self.is_full {
            return STRUCK.to_owned();
        }
        if text == REPEATS {
            return text.to_owned();
        }
        let longest = self.texts.first().map_or(0, |longest| longest.len());
        let window = start_of(text, REACH + longest);
        // Characters that do not show may stand between those of a secret.
        let struck = clean_text(&self.strike(window), usize::MAX);
        let mut struck = self.strike(&struck).into_owned();
        let lower = struck.to_ascii_lowercase();
        let cut_off = |secret: &Zeroizing<String>| {
            let most = secret.len().saturating_sub(1).min(lower.len());
            (LEAST..=most).rev().find(|len| secret.get(..*len).is_some_and(|start| lower.ends_with(start)))
        };
        if let Some(len) = self.texts.iter().filter_map(cut_off).max() {
            struck.truncate(struck.len() - len);
            struck.push_str(STRUCK);
        }
        clean_text(&struck, SERVER_TEXT_LIMIT)
    }
}

fn strike_one<'a>(text: Cow<'a, str>, secret: &str) -> Cow<'a, str> {
    // The same places, since only ASCII letters change.
    let lower = if secret.len() >= LEAST { text.to_ascii_lowercase() } else { text.clone().into_owned() };
    let mut out = String::new();
    let mut done = 0;
    for (at, _) in lower.match_indices(secret) {
        out.push_str(&text[done..at]);
        out.push_str(STRUCK);
        done = at + secret.len();
    }
    if done == 0 {
        return text;
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// Everything percent-encoded but what never needs to be.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02x}")),
        }
    }
    out
}

/// At most so many bytes, whole characters.
fn start_of(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

/// [`Mask::quote`] with these secrets, where no part of one remains.
#[must_use]
pub fn sentence<'a>(text: &str, is_known: bool, secrets: impl Iterator<Item = &'a Secret> + Clone) -> String {
    let mut mask = Mask::default();
    secrets.clone().for_each(|secret| mask.add(secret.expose()));
    match mask.quote(text, is_known) {
        shown if !repeats(&shown, secrets) => shown,
        _ if is_known => String::new(),
        _ => REPEATS.to_owned(),
    }
}

/// Whether a text has a part of a secret, of four characters or, of a shorter secret, all of it.
#[must_use]
pub fn repeats<'a>(text: &str, mut secrets: impl Iterator<Item = &'a Secret>) -> bool {
    let lower = text.to_ascii_lowercase();
    secrets.any(|secret| {
        let secret: Vec<char> = secret.expose().to_ascii_lowercase().chars().take(SEARCHED).collect();
        let mut parts = secret.windows(LEAST.min(secret.len()).max(1));
        parts.any(|part| lower.contains(&part.iter().collect::<String>()))
    })
}

/// What was typed on the command line, in quotes and behind `lead`; nothing where it may be a secret: only words of small
/// letters, numbers and numbers with a unit are shown, joined by `-`, `.` or `:`.
#[must_use]
pub fn typed(lead: &str, text: &str) -> String {
    let is_plain = |word: &str| {
        let rest = word.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_number = rest.len() < word.len();
        !word.is_empty() && rest.len() <= if is_number { 5 } else { 20 } && rest.bytes().all(|c| c.is_ascii_lowercase())
    };
    let words = text.strip_prefix("--").unwrap_or(text);
    if words.len() > 60 || !words.split(['-', '.', ':']).all(is_plain) {
        return String::new();
    }
    format!("{lead}\"{text}\"")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::{Mask, REPEATS, typed};
    use crate::cause::Cause;
    use crate::outcome::{Fault, Phase};

    fn mask(texts: &[&str]) -> Mask {
        let mut mask = Mask::default();
        texts.iter().for_each(|text| mask.add(text));
        mask
    }

    #[test]
    fn what_was_sent_is_struck_out_in_every_form() {
        let secrets = mask(&["", "s3cret", "s3cret\"x"]);
        assert_eq!(secrets.strike(r#"{"a":"s3cret\"x","b":"s3cret"} s3cret"x"#), r#"{"a":"***","b":"***"} ***"#);
        assert_eq!(format!("{secrets:?}"), "***");
        let key = mask(&["kEy/7?x=1 z"]);
        for form in ["kEy/7?x=1 z", "key/7?x=1 z", "KEY/7?X=1 Z", "kEy%2F7%3Fx%3D1%20z", "kEy%2f7%3fx%3d1%20z"] {
            assert_eq!(key.strike(&format!("<{form}>")), "<***>", "{form}");
        }
        let base64 = base64::engine::general_purpose::STANDARD.encode("kEy/7?x=1 z");
        assert!(key.strike(&base64).starts_with("***"), "{base64}");
        assert_eq!(mask(&["a%2Fb c"]).strike("a/b c"), "***", "it was sent encoded");
        assert_eq!(mask(&["1"]).strike("1 MQ a"), "*** MQ a", "what is short has no other forms");
        assert_eq!(secrets.strike("nothing of it"), "nothing of it");
    }

    #[test]
    fn no_gap_tells_what_is_struck_out() {
        for (secret, text, known, unknown) in [
            ("sesame", "user sesame is unknown", "", "user *** is unknown"),
            ("sesame", "user app is unknown", "user app is unknown", "user app is unknown"),
            ("user", "a username-password pair", "", REPEATS),
            ("password", "a username-password pair", "", REPEATS),
            ("a", "authentication failure", "", REPEATS),
            ("xy", "no 'xy' here", "", REPEATS),
            ("pass", "no 'pass' here", "", "no '***' here"),
            ("password1", "the passwor", "", REPEATS),
            ("", "any text", "any text", "any text"),
        ] {
            let secret = crate::secret::Secret::new(secret.to_owned());
            let shown = |is_known| super::sentence(text, is_known, std::iter::once(&secret));
            assert_eq!((shown(true).as_str(), shown(false).as_str()), (known, unknown), "{text}");
        }
        let fault = |secret: &str, cause| {
            mask(&[secret])
                .strike_fault(Fault::new(Phase::Login, cause, "password authentication failed (28P01)"))
                .message
        };
        assert_eq!(fault("password", Cause::PasswordRejected), "the server rejected the user or the password");
        assert_eq!(fault("password", Cause::QueryFailed), "*** authentication failed (28P01)");
        assert_eq!(fault("pass", Cause::QueryFailed), REPEATS);
        assert_eq!(fault("sesame", Cause::PasswordRejected), "password authentication failed (28P01)");
    }

    #[test]
    fn a_line_and_a_word_may_come_back_alone() {
        let mut sent = Mask::default();
        sent.add_words("GET /x/abcd1234 HTTP/1.1\r\nHost: backend\r\nX-Key: hunter2\r\n\r\n{\"user\": \"joe55\"}");
        for (peer, shown) in [
            ("HTTP/1.1 400 Bad Request", "HTTP/1.1 400 Bad Request"),
            ("no route for /x/abcd1234", "no route for ***"),
            ("unknown key 'hunter2'", "unknown key '***'"),
            ("Host: backend", "***"),
            ("the host BACKEND is unknown", "the host *** is unknown"),
            ("user joe55 is unknown", "user *** is unknown"),
        ] {
            assert_eq!(sent.strike(peer), shown);
        }
    }

    #[test]
    fn an_excerpt_ends_with_no_part_of_a_secret() {
        let secrets = mask(&["hunter2-and-more"]);
        assert_eq!(secrets.excerpt("said hunter2-and"), "said ***");
        assert_eq!(secrets.excerpt("said hun"), "said hun", "what is short may be anything");
        assert_eq!(secrets.excerpt("a hunt\u{200b}er2-and-more b"), "a *** b");
        let long = format!("{}hunter2-and-more", "x".repeat(250));
        assert!(!secrets.excerpt(&long).contains("hun"), "{}", secrets.excerpt(&long));
        let mut sent = Mask::default();
        sent.add_words(&(0..5_000).map(|number| format!("word-{number}\n")).collect::<String>());
        assert_eq!(sent.excerpt("word-4999"), "***", "of more than is remembered, nothing is shown");
        let many = "hunter2-and-more ".repeat(10_000);
        assert!(!secrets.excerpt(&many).contains("hunt") && secrets.excerpt(&many).len() <= 256);
    }

    #[test]
    fn what_was_typed_is_quoted_where_it_cannot_be_a_secret() {
        for text in
            ["yaml", "chek", "--no-such", "5", "5min", "1y", "db.internal", "tcp-127-0-0-1", "10.0.0.7:5432", "-1s"]
        {
            assert_eq!(typed(", not ", text), if text == "-1s" { String::new() } else { format!(", not \"{text}\"") });
        }
        for text in [
            "hunter2",
            "s3cret",
            "--pass=x",
            "pa ss",
            "Secret",
            "a@b",
            "postgres://a",
            "a/b",
            "p_w",
            "ä",
            "",
            &"a".repeat(61),
        ] {
            assert_eq!(typed(", not ", text), "", "{text}");
        }
    }
}
