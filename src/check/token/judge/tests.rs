use super::{Key, Verifier};
use crate::secret::Secret;

/// HS256 with the secret below: `{"iss":"https://a/","aud":["x","https://b"],"exp":1000,"nbf":3000}`.
fn token() -> String {
    let encode = |text: &str| data_encoding::BASE64URL_NOPAD.encode(text.as_bytes());
    let claims = r#"{"iss":"https://a/","aud":["x","https://b"],"exp":1000,"nbf":3000}"#;
    let text = format!("{}.{}", encode(r#"{"alg":"HS256"}"#), encode(claims));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = data_encoding::BASE64URL_NOPAD.encode(ring::hmac::sign(&key, text.as_bytes()).as_ref());
    format!("{text}.{signature}")
}

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn judged(issuer: Option<&str>, audience: Option<&str>, now: i64) -> (String, Vec<&'static str>) {
    let secret = |text: &str| Secret::new(text.to_owned());
    let verifier = Verifier {
        token: Some(secret(&token())),
        algs: Vec::new(),
        issuer: issuer.map(secret),
        audience: audience.map(secret),
    };
    let judged = verifier.judge(&Key::Secret(secret(SECRET)), now);
    let message = judged.result.err().map(|fault| fault.message).unwrap_or_default();
    (message, judged.findings.iter().map(|finding| finding.code).collect())
}

#[test]
fn issuer_and_audience_are_compared_character_by_character() {
    for (issuer, audience, message) in [
        (None, None, ""),
        (Some("https://a/"), Some("x"), ""),
        (Some("https://a/"), Some("https://b"), ""),
        (Some("https://a"), None, "the issuer of the token and that of the verifier differ in their final slash"),
        (Some("https://c"), None, "the issuer of the token is https://a/, and the verifier demands https://c"),
        (Some("shop"), None, "the issuer of the token is https://a/, and the verifier demands another"),
        (None, Some("y"), "the audience (aud) of the token is not the one that the verifier demands"),
        (
            Some("shop"),
            Some("y"),
            "the issuer of the token is https://a/, and the verifier demands another; the audience (aud) of the token is not \
             the one that the verifier demands",
        ),
    ] {
        assert_eq!(judged(issuer, audience, 500).0, message, "{issuer:?} {audience:?}");
    }
}

#[test]
fn time_is_a_finding() {
    for (now, codes) in [
        (500, &["token_not_yet_valid"][..]),
        (999, &["token_not_yet_valid"]),
        (1_000, &["token_expired", "token_not_yet_valid"]),
        (2_994, &["token_expired", "token_not_yet_valid"]),
        (2_995, &["token_expired"]),
    ] {
        assert_eq!(judged(None, None, now).1, codes, "{now}");
    }
}
