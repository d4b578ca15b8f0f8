//! The kind `token`: tokens of Better Auth and of other libraries, and what their verifiers make of them.

use ring::hmac;
use serde_json::{Value, json};

use crate::support::contracts::App;
use crate::support::http::HttpServer;
use crate::support::one_check::{check_of, check_with, codes, failed, passed};
use crate::support::postgres::Cluster;
use crate::support::sidecar::get;

const SECRET: &str = "first-secret-of-32-characters-or-more";
const ORIGIN: &str = "https://shop.example.com";

fn check(keys: &str) -> Value {
    check_of("token", "5s", keys)
}

#[test]
fn a_token_of_better_auth_is_judged_as_its_verifier_does() {
    let cluster = Cluster::plain();
    let variables = [("DATABASE_URL", cluster.url()), ("BETTER_AUTH_URL", ORIGIN.to_owned())];
    let start = |secret: &str, database: &str| {
        App::with(
            "jwks.mjs",
            &[("DATABASE_URL", database), ("BETTER_AUTH_URL", ORIGIN), ("BETTER_AUTH_SECRET", secret)],
        )
    };
    let app = start(SECRET, &variables[0].1);
    let token = get(([127, 0, 0, 1], app.port).into(), "/sign").expect("an answer").body;
    let jwks = app.url("/api/auth/jwks");
    let with = |more: &str| check(&format!("{{token: \"{token}\", jwks: \"{jwks}\", {more}}}"));
    let good = with(&format!("alg: EdDSA, issuer: \"{ORIGIN}\", audience: \"{ORIGIN}\""));
    passed(&good);
    assert_eq!(good["facts"]["token_alg"], "EdDSA");
    // The code verifies with the shared secret: HS256.
    let secret = check(&format!("{{token: \"{token}\", secret: {SECRET}, alg: HS256}}"));
    let message = failed(&secret, "assert", "token_rejected", "Verify with the key set");
    assert_eq!(message, "the token is signed with EdDSA, and the verifier allows HS256");
    let secret = check(&format!("{{token: \"{token}\", secret: {SECRET}}}"));
    failed(&secret, "assert", "token_rejected", "Verify with the key set");
    // PyJWT rejects an audience that it is not told; other verifiers ignore it.
    let untold = with("alg: EdDSA");
    passed(&untold);
    assert!(untold["facts"]["note"].as_str().is_some_and(|note| note.contains("PyJWT")), "{untold:#}");
    assert_eq!(good["facts"].get("note"), None, "{good:#}");
    // The other way round: nobody is told to allow HS256 where public keys verify.
    let forged = signed(&json!({}), SECRET.as_bytes());
    let forged = check(&format!("{{token: \"{forged}\", jwks: \"{jwks}\", alg: EdDSA}}"));
    failed(&forged, "assert", "token_rejected", "Verify with the shared secret");
    let other = check(&format!("{{token: \"{token}\", jwks: \"{jwks}\", alg: RS256}}"));
    failed(&other, "assert", "token_rejected", "Allow the algorithm");
    // The backend expects the URL that it reaches itself.
    let issuer = with("issuer: \"http://web:3000\", audience: backend");
    let message = failed(&issuer, "assert", "token_rejected", "character by character");
    assert!(
        message.starts_with(
            "the issuer of the token is https://shop.example.com, and the verifier demands http://web:3000"
        )
    );
    assert!(message.contains("the audience of the token is https://shop.example.com"), "{message}");
    let slash = with(&format!("issuer: \"{ORIGIN}/\""));
    assert!(failed(&slash, "assert", "token_rejected", "iss").contains("differ in their final slash"));
    failed(&with("audience: shop"), "assert", "token_rejected", "`account`");
    // The key set of another deployment.
    let other = Cluster::plain();
    let elsewhere = start(SECRET, &other.url());
    assert_eq!(get(([127, 0, 0, 1], elsewhere.port).into(), "/sign").expect("an answer").status, 200);
    let found = check(&format!("{{token: \"{token}\", jwks: \"{}\"}}", elsewhere.url("/api/auth/jwks")));
    assert!(failed(&found, "assert", "token_rejected", "another deployment").contains("no key with the kid"));
    let page = HttpServer::always(200, "", "<html>");
    let found = check(&format!("{{token: \"{token}\", jwks: \"{}\"}}", page.url("/")));
    failed(&found, "assert", "jwks_invalid", "/api/auth/jwks");
    for part in token.split('.') {
        assert!(!format!("{good}{issuer}{slash}{found}").contains(&part[..12]), "a part of the token is shown");
    }
}

/// A token with these claims, signed with the secret.
fn signed(claims: &Value, secret: &[u8]) -> String {
    let encode = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
    let text = format!("{}.{}", encode(br#"{"alg":"HS256","typ":"JWT"}"#), encode(claims.to_string().as_bytes()));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
    format!("{text}.{}", encode(signature.as_ref()))
}

#[test]
fn a_shared_secret() {
    let token = signed(&json!({"sub": "a", "exp": 4_000_000_000_u64}), SECRET.as_bytes());
    let with = |secret: &str| check(&format!("{{token: \"{token}\", secret: \"{secret}\", alg: [HS256, HS384]}}"));
    passed(&with(SECRET));
    failed(
        &with("another-secret-of-32-characters-or-more"),
        "assert",
        "token_rejected",
        "the same secret on both sides",
    );
    let newline = with(&format!("{SECRET}\\n"));
    assert!(failed(&newline, "assert", "secret_whitespace", "printf %s").contains("white space"));
    let decoded = signed(
        &json!({}),
        &data_encoding::BASE64.decode(b"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I=").expect("it is"),
    );
    let base64 = check(&format!("{{token: \"{decoded}\", secret: \"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I=\"}}"));
    failed(&base64, "assert", "token_rejected", "decodes its base64");
    let short = signed(&json!({}), b"short");
    let short = check(&format!("{{token: \"{short}\", secret: short}}"));
    assert_eq!((&short["result"], codes(&short)), (&"pass".into(), vec!["token_short_secret"]), "{short:#}");
}

#[test]
fn a_secret_that_differs_by_a_slip_or_that_nothing_filled_in() {
    let with = |signer: &str, ours: &str| {
        let token = signed(&json!({}), signer.as_bytes());
        check_with("JWT_SECRET", ours, "token", &format!("{{token: \"{token}\", secret: {{env: JWT_SECRET}}}}"))
    };
    let (quoted, line) = (format!("'{SECRET}'"), format!("{SECRET}\n"));
    for (signer, ours, cause, says, hint) in [
        (SECRET, quoted.as_str(), "token_rejected", "without the quotes", "--from-env-file"),
        (&line, SECRET, "secret_whitespace", "with a line break at its end", "printf %s"),
        (SECRET, &line, "secret_whitespace", "without the white space", "printf %s"),
        (SECRET, "vault:secret/data/app#jwt", "token_rejected", "another secret", "nothing resolved"),
        (SECRET, "changeme", "token_rejected", "another secret", "placeholder"),
        (SECRET, "${JWT_SECRET}", "token_rejected", "another secret", "nothing filled in"),
        (SECRET, "{\"JWT_SECRET\":\"x\"}", "token_rejected", "another secret", "a whole JSON object"),
        (
            SECRET,
            "another-secret-of-32-characters-or-more",
            "token_rejected",
            "another secret",
            "the same secret on both",
        ),
    ] {
        let found = with(signer, ours);
        assert!(failed(&found, "assert", cause, hint).contains(says), "{found:#}");
        assert!(!found.to_string().contains(&SECRET[..12]), "{found:#}");
    }
    // What both sides have is no slip.
    passed(&with(SECRET, SECRET));
    passed(&with(&quoted, &quoted));
}

#[test]
fn time_alone_takes_nothing_down() {
    for (claims, code) in [
        (json!({"exp": 1_700_000_000}), "token_expired"),
        (json!({"exp": 1_700_000_000.5}), "token_expired"),
        (json!({"nbf": 4_000_000_000_u64}), "token_not_yet_valid"),
        (json!({"iat": 4_000_000_000_u64}), "token_not_yet_valid"),
    ] {
        let token = signed(&claims, SECRET.as_bytes());
        let found = check(&format!("{{token: \"{token}\", secret: \"{SECRET}\"}}"));
        assert_eq!((&found["result"], codes(&found)), (&"pass".into(), vec![code]), "{found:#}");
    }
    // The rest is still judged.
    let token = signed(&json!({"exp": 1_700_000_000, "iss": "https://a.example.com"}), SECRET.as_bytes());
    let found = check(&format!("{{token: \"{token}\", secret: \"{SECRET}\", issuer: \"https://b.example.com\"}}"));
    failed(&found, "assert", "token_rejected", "iss");
    assert_eq!(codes(&found), ["token_expired"]);
}

#[test]
fn settings_without_a_token() {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let set = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "a"}]}).to_string();
    let server = HttpServer::always(200, "", &set);
    let jwks = server.url("/jwks");
    passed(&check(&format!("{{jwks: \"{jwks}\", alg: EdDSA}}")));
    passed(&check(&format!("{{secret: \"{SECRET}\", alg: HS256}}")));
    failed(&check(&format!("{{jwks: \"{jwks}\", alg: RS256}}")), "assert", "token_rejected", "Allow the algorithm");
    let empty = HttpServer::always(200, "", "{\"keys\":[]}");
    let empty = check(&format!("{{jwks: \"{}\", alg: RS256}}", empty.url("/")));
    failed(&empty, "assert", "token_rejected", "Compare `jwks` with the issuer");
    failed(
        &check(&format!("{{jwks: \"{jwks}\", alg: HS256}}")),
        "assert",
        "token_rejected",
        "shared secret of the issuer",
    );
    failed(
        &check(&format!("{{secret: \"{SECRET}\", alg: EdDSA}}")),
        "assert",
        "token_rejected",
        "Verify with the key set",
    );
    let short = check("{secret: short-secret, alg: HS256}");
    assert_eq!((&short["result"], codes(&short)), (&"pass".into(), vec!["token_short_secret"]), "{short:#}");
    for (token, says) in [("Bearer a.b.c", "`Bearer `"), ("not-a-token", "three parts"), ("a.b.c.d.e", "JWE")] {
        let found = check(&format!("{{token: \"{token}\", secret: \"{SECRET}\"}}"));
        assert!(failed(&found, "assert", "token_rejected", "Set `token` to one JWT").contains(says));
    }
    let none = "eyJhbGciOiJub25lIn0.e30.";
    failed(
        &check(&format!("{{token: \"{none}\", secret: \"{SECRET}\"}}")),
        "assert",
        "token_rejected",
        "Never allow `none`",
    );
}
