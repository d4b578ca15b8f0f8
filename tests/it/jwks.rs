//! The kind `jwks` against Better Auth with its jwt plugin over a real PostgreSQL, and against scripted key sets.

use serde_json::{Value, json};

use crate::support::contracts::App;
use crate::support::http::HttpServer;
use crate::support::one_check::{check_of, check_with, codes, failed, passed, warnings};
use crate::support::postgres::Cluster;
use crate::support::sidecar::get;

const SECRET: &str = "first-secret-of-32-characters-or-more";
const OTHER: &str = "other-secret-of-32-characters-or-more";

/// Better Auth on this database with these variables.
fn app(database: &str, variables: &[(&str, &str)]) -> App {
    let usual = [("DATABASE_URL", database), ("BETTER_AUTH_URL", "https://shop.example.com")];
    App::with("jwks.mjs", &[&usual, variables].concat())
}

/// Signs a token, as the app does for a session: the status.
fn sign(app: &App) -> u16 {
    get(([127, 0, 0, 1], app.port).into(), "/sign").expect("an answer").status
}

fn check(keys: &str) -> Value {
    check_of("jwks", "5s", keys)
}

/// The check that an app would have.
fn whole(app: &App, database: &str, secret: &str) -> Value {
    let url = app.url("/api/auth/jwks");
    check(&format!(
        "{{url: \"{url}\", require_alg: EdDSA, better_auth: {{database: \"{database}\", secret: \"{secret}\"}}}}"
    ))
}

#[test]
fn the_secret_that_encrypted_the_key_opens_it_and_another_does_not() {
    let cluster = Cluster::plain();
    let database = cluster.url();
    let before = app(&database, &[("BETTER_AUTH_SECRET", SECRET)]);
    // The first answer of the URL would create a key: it is not asked.
    let empty = whole(&before, &database, SECRET);
    passed(&empty);
    assert_eq!((&empty["facts"]["stored_keys"], empty["facts"].get("status_code")), (&"0".into(), None), "{empty:#}");
    assert_eq!(
        cluster.sql("SELECT count(*) FROM pg_tables WHERE tablename = 'jwks'"),
        "0",
        "it is in the database app"
    );
    assert_eq!(sign(&before), 200);
    let healthy = whole(&before, &database, SECRET);
    passed(&healthy);
    assert_eq!(healthy["facts"]["usable_keys"], json!(["EdDSA (OKP Ed25519)"]), "{healthy:#}");
    assert_eq!(healthy["facts"]["stored_keys"], "1");
    // The secret is changed: the key set still answers, and no token can be signed.
    let after = app(&database, &[("BETTER_AUTH_SECRET", OTHER)]);
    assert_eq!(sign(&after), 500);
    passed(&check(&format!("{{url: \"{}\"}}", after.url("/api/auth/jwks"))));
    let broken = whole(&after, &database, OTHER);
    let message = failed(&broken, "assert", "jwks_undecryptable", "Restore the BETTER_AUTH_SECRET");
    assert!(message.contains("in the table jwks cannot be decrypted with this secret"), "{message}");
    failed(&broken, "assert", "jwks_undecryptable", "delete the rows of the table and restart the app");
    assert_eq!(codes(&broken), Vec::<&str>::new());
    assert_eq!(broken["facts"].get("status_code"), None, "what answers 200 settles nothing: {broken:#}");
    let newline = check(&format!("{{better_auth: {{database: \"{database}\", secret: \"{SECRET}\\n\"}}}}"));
    let message = failed(&newline, "assert", "secret_whitespace", "printf %s");
    assert!(message.contains("without the white space"), "{message}");
    // A secret that is none, and one in quotes: nobody is told to delete a row.
    let keys = format!("{{better_auth: {{database: \"{database}\", secret: {{env: BETTER_AUTH_SECRET}}}}}}");
    let with = |secret: &str| check_with("BETTER_AUTH_SECRET", secret, "jwks", &keys);
    for (secret, says, hint) in [
        ("vault:secret/data/app#auth", "cannot be decrypted", "which nothing resolved"),
        ("op://vault/item/field", "cannot be decrypted", "which nothing resolved"),
        ("${BETTER_AUTH_SECRET}", "cannot be decrypted", "nothing filled in"),
        (&format!("\"{SECRET}\""), "without the quotes", "Remove the quotes"),
    ] {
        let found = with(secret);
        assert!(failed(&found, "assert", "jwks_undecryptable", hint).contains(says), "{found:#}");
        assert!(!found.to_string().contains("delete"), "{found:#}");
    }
    failed(&with(OTHER), "assert", "jwks_undecryptable", "Restore");
    passed(&with(SECRET));
}

#[test]
fn a_secret_that_had_a_line_break_when_the_key_was_created() {
    let cluster = Cluster::plain();
    let database = cluster.url();
    let before = app(&database, &[("BETTER_AUTH_SECRET", &format!("{SECRET}\n"))]);
    assert_eq!(sign(&before), 200);
    let found = check(&format!("{{better_auth: {{database: \"{database}\", secret: {SECRET}}}}}"));
    let message = failed(&found, "assert", "jwks_undecryptable", "Restore the line break");
    assert!(message.contains("with a line break at its end"), "{message}");
}

#[test]
fn versions_of_the_secret_are_told_apart() {
    let cluster = Cluster::plain();
    let database = cluster.url();
    let versioned = format!("2:{SECRET},1:{OTHER}");
    let running = app(&database, &[("BETTER_AUTH_SECRETS", &versioned), ("BETTER_AUTH_SECRET", OTHER)]);
    assert_eq!(sign(&running), 200);
    let check = |secrets: &str| {
        check(&format!(
            "{{url: \"{}\", better_auth: {{database: \"{database}\", secret: {OTHER}, secrets: \"{secrets}\"}}}}",
            running.url("/api/auth/jwks")
        ))
    };
    passed(&check(&versioned));
    let message = failed(&check(&format!("1:{OTHER}")), "assert", "jwks_undecryptable", "BETTER_AUTH_SECRETS");
    assert!(message.contains("version 2 of the secret"), "{message}");
    failed(&check(&format!("2:{OTHER}")), "assert", "jwks_undecryptable", "Restore");
}

#[test]
fn tables_of_drizzle_have_other_names() {
    let cluster = Cluster::plain();
    let database = cluster.url();
    let running = app(&database, &[("BETTER_AUTH_SECRET", SECRET), ("TABLES", "drizzle")]);
    assert_eq!(sign(&running), 200);
    passed(&whole(&running, &database, SECRET));
    failed(&whole(&running, &database, OTHER), "assert", "jwks_undecryptable", "Restore");
    // The newest key has expired: a new one is created for the next login, whatever the secret is.
    let settings = format!("host={} port={} user=app dbname=app", cluster.socket(), cluster.port);
    let expire = "UPDATE jwks SET expires_at = now() AT TIME ZONE 'UTC' - interval '1 minute'";
    assert_eq!(cluster.psql(&settings, expire).code, 0);
    passed(&whole(&running, &database, OTHER));
    // Long keys of many rotations are more than one answer holds.
    let many = "INSERT INTO jwks SELECT 'old' || n, '{}', repeat('x', 30000), now() - n * interval '1 day' FROM generate_series(1, 30) n";
    assert_eq!(cluster.psql(&settings, many).code, 0);
    let renew = "UPDATE jwks SET expires_at = NULL WHERE id NOT LIKE 'old%'";
    assert_eq!(cluster.psql(&settings, renew).code, 0);
    let full = check(&format!("{{better_auth: {{database: \"{database}\", secret: {SECRET}}}}}"));
    passed(&full);
    assert_eq!(full["facts"]["stored_keys"], "20");
    let rename = "UPDATE jwks SET expires_at = NULL; ALTER TABLE jwks RENAME TO signing_keys";
    assert_eq!(cluster.psql(&settings, rename).code, 0);
    let renamed = check(&format!("{{better_auth: {{database: \"{database}\", secret: {OTHER}}}}}"));
    assert!(failed(&renamed, "assert", "jwks_undecryptable", "Restore").contains("the table signing_keys"));
}

#[test]
fn a_key_that_is_not_encrypted_and_a_database_of_another_app() {
    let cluster = Cluster::plain();
    let database = cluster.url();
    let running = app(&database, &[("BETTER_AUTH_SECRET", SECRET), ("PLAIN", "1")]);
    assert_eq!(sign(&running), 200);
    let plain = whole(&running, &database, SECRET);
    assert_eq!((&plain["result"], codes(&plain)), (&"pass".into(), vec!["jwks_plaintext"]), "{plain:#}");
    // Another app answers at the URL.
    let other = Cluster::plain();
    let elsewhere = app(&other.url(), &[("BETTER_AUTH_SECRET", SECRET)]);
    assert_eq!(sign(&elsewhere), 200);
    let mixed = whole(&elsewhere, &database, SECRET);
    assert_eq!(codes(&mixed), ["jwks_plaintext", "jwks_other_database"], "{mixed:#}");
    // The table is not there, or the login does not work.
    let nothing = Cluster::plain();
    let check = |url: &str| check(&format!("{{better_auth: {{database: \"{url}\", secret: {SECRET}}}}}"));
    failed(&check(&nothing.url()), "assert", "missing_table", "npx @better-auth/cli migrate");
    failed(&check(&nothing.url().replace("sesame", "wrong")), "login", "password_rejected", "ALTER ROLE");
    let refused = failed(&check("postgres://app@127.0.0.1:1/app"), "connect", "connect_refused", "");
    assert!(refused.starts_with("the database: 127.0.0.1:1 refused"), "{refused}");
}

/// A page with this key set.
fn keys(set: &Value) -> HttpServer {
    HttpServer::always(200, "Content-Type: application/json\r\n", &set.to_string())
}

const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

#[test]
fn one_key_that_can_be_used_is_enough() {
    let ed = |kid: &str| json!({"kty": "OKP", "crv": "Ed25519", "x": X, "kid": kid});
    for set in [
        json!({"keys": [ed("a")]}),
        json!({"keys": [ed("a"), ed("b")]}),
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": X}]}),
        json!({"keys": [ed("a"), {"kty": "AKP", "pub": "x"}], "more": 1}),
        json!({"keys": [ed("a"), {"kty": "RSA", "n": "AQAB", "e": "AQAB", "use": "enc", "kid": "b"}]}),
    ] {
        let server = keys(&set);
        passed(&check(&format!("{{url: \"{}\", require_alg: [RS256, EdDSA]}}", server.url("/jwks"))));
    }
}

#[test]
fn what_verifiers_stumble_over_is_a_finding() {
    let good = json!({"kty": "OKP", "crv": "Ed25519", "x": X, "kid": "a"});
    let with = |more: Value| {
        let mut key = good.clone();
        key.as_object_mut().expect("a key").extend(more.as_object().expect("members").clone());
        key
    };
    for (set, says) in [
        (json!([good, good]), "another key has the same kid"),
        (json!([good, {"kty": "OKP", "crv": "Ed25519", "x": X}]), "has no kid beside other keys"),
        (json!([good, with(json!({"kid": 7}))]), "its kid is not a string"),
        (json!([good, with(json!({"kid": "b", "alg": "RS256"}))]), "its alg RS256 does not fit its type"),
        (json!([good, with(json!({"kid": "b", "use": "signature"}))]), "its use is signature"),
        (json!([good, with(json!({"kid": "b", "x": "AAAA"}))]), "the wrong length"),
        (json!([good, {"kty": "RSA", "n": "AQABAQAB", "e": "AQAB", "kid": "b"}]), "it has 48 bits"),
    ] {
        let server = keys(&json!({"keys": set}));
        let found = check(&format!("{{url: \"{}\", require_alg: EdDSA}}", server.url("/jwks")));
        assert_eq!((&found["result"], codes(&found)), (&"pass".into(), vec!["jwks_odd_key"]), "{found:#}");
        assert!(warnings(&found).contains(says), "{says}: {found:#}");
    }
}

#[test]
fn a_private_key_is_reported_and_not_shown() {
    let secret = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    for (key, member) in [
        (json!({"kty": "OKP", "crv": "Ed25519", "x": X, "d": secret, "kid": "a"}), "d"),
        (json!({"kty": "oct", "k": secret, "kid": "a"}), "k"),
        (json!({"kty": "RSA", "n": X, "e": "AQAB", "p": secret, "kid": "a"}), "p"),
    ] {
        let server = keys(&json!({"keys": [key]}));
        let found = check(&format!("{{url: \"{}\"}}", server.url("/jwks")));
        let finding =
            found["findings"].as_array().expect("a list").iter().find(|one| one["code"] == "jwks_private_key");
        let finding = finding.unwrap_or_else(|| panic!("{found:#}"));
        assert_eq!(finding["severity"], "error");
        assert!(finding["message"].as_str().is_some_and(|text| text.contains(&format!("private member {member}"))));
        assert!(!found.to_string().contains(&secret[..6]), "{found:#}");
    }
    // Neither does an answer that is no key set.
    let server = keys(&json!({"kty": "OKP", "crv": "Ed25519", "x": X, "d": secret}));
    let found = check(&format!("{{url: \"{}\"}}", server.url("/jwks")));
    failed(&found, "assert", "jwks_invalid", "jwks_uri");
    assert!(!found.to_string().contains(&secret[..6]), "{found:#}");
}

#[test]
fn what_is_no_key_set_is_named() {
    let page = "<!doctype html><title>Sign in</title>";
    let html = "Content-Type: text/html\r\n";
    for (status, headers, body, cause, says, hint) in [
        (200, html, page, "jwks_invalid", "a page for people", "/api/auth/jwks"),
        (200, "", "oops", "jwks_invalid", "no key set in JSON", "jwks_uri"),
        (200, "", "[]", "jwks_invalid", "no list `keys`", "jwks_uri"),
        (200, "", "{\"keys\":{}}", "jwks_invalid", "no list `keys`", "jwks_uri"),
        (200, "", "{\"keys\":[]}", "jwks_invalid", "the key set is empty", "Create a signing key"),
        (200, "", "{\"keys\":[{\"kty\":\"AKP\"}]}", "jwks_invalid", "no key of a known type", "jwks_uri"),
        (
            200,
            "",
            "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\"}]}",
            "jwks_invalid",
            "x or y is missing",
            "Publish a key",
        ),
        (302, "Location: /sign-in?to=x\r\n", "", "http_redirect", "302", "Exempt this path from the login"),
        (302, "Location: /other\r\n", "", "http_redirect", "302", "Write the URL that the redirect points to"),
        (401, "", "", "http_status", "401", "Exempt this path from the login"),
        (404, html, page, "http_status", "404", "/api/auth/jwks"),
        (500, "", "", "http_status", "500", ""),
    ] {
        let server = HttpServer::always(status, headers, body);
        let found = check(&format!("{{url: \"{}\"}}", server.url("/jwks")));
        let message = failed(&found, "assert", cause, hint);
        assert!(message.contains(says), "{body}: {message}");
    }
}

#[test]
fn a_key_for_another_algorithm_and_too_few_keys() {
    let server = keys(&json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": X, "kid": "a", "alg": "EdDSA"}]}));
    let found = check(&format!("{{url: \"{}\", require_alg: RS256}}", server.url("/jwks")));
    let message = failed(&found, "assert", "jwks_invalid", "Let the verifier allow");
    assert_eq!(message, "no key of the set can verify RS256; it has EdDSA (OKP Ed25519)");
    let found = check(&format!("{{url: \"{}\", min_keys: 2}}", server.url("/jwks")));
    let message = failed(&found, "assert", "jwks_invalid", "min_keys");
    assert_eq!(message, "1 of the keys can verify a signature, and min_keys is 2");
    // Better Auth takes other databases, which is no fault of the URL.
    for url in ["mysql://app@db/app", "file:./dev.db", "mongodb+srv://db/app"] {
        let found = check(&format!("{{better_auth: {{database: \"{url}\", secret: {SECRET}}}}}"));
        assert!(failed(&found, "assert", "probe_limit", "Remove `better_auth`").contains("PostgreSQL"), "{found:#}");
    }
    failed(
        &check(&format!("{{better_auth: {{database: \"vault:x/y#url\", secret: {SECRET}}}}}")),
        "assert",
        "url_malformed",
        "",
    );
    let folder = crate::support::Folder::new();
    for (keys, says) in [
        ("{}", "needs `url`, `oidc` or `better_auth`"),
        ("{url: \"http://a/\", require_alg: eddsa}", "expected an algorithm"),
        ("{url: \"http://a/\", min_keys: 0}", "expected a number from 1 to 100"),
        ("{better_auth: {database: \"postgres://a@b/c\"}}", "needs `secret`, `secrets` or both"),
    ] {
        let config = folder.write("c.yaml", format!("checks: [{{name: one, jwks: {keys}}}]"));
        let ran = crate::support::run(crate::support::pilotfish().args(["config", "check", "-c", &config]));
        assert!(ran.code == 2 && ran.stderr.contains(says), "{keys}: {ran:?}");
    }
}
