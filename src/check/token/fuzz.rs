//! Entry points for fuzzing: a token, and the key set that verifies it.

use super::judge::{Key, Verifier};
use crate::check::jwk;
use crate::secret::Secret;

/// A token on the first line, then a key set; without one, the rest is a secret.
pub(crate) fn token(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (token, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let keys = jwk::document(rest.as_bytes()).as_ref().and_then(jwk::keys);
    let key = keys.map_or_else(|| Key::Secret(Secret::new(rest.to_owned())), Key::Set);
    let secret = |text: &str| Some(Secret::new(text.to_owned()));
    let verifier =
        Verifier { token: secret(token), algs: Vec::new(), issuer: secret("https://a"), audience: secret("b") };
    let judged = verifier.judge(&key, 1_800_000_000);
    if let Err(fault) = &judged.result {
        assert!(!fault.message.contains(|c: char| c.is_control()), "{}", fault.message);
    }
    for finding in &judged.findings {
        assert!(!finding.message.contains(|c: char| c.is_control()), "{}", finding.message);
    }
}
