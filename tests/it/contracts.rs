//! The worked examples of docs/contracts.md: each configuration is run against the real services, and prints what the page
//! says.

use crate::support::contracts::{App, example};
use crate::support::postgres::Cluster;
use crate::support::sidecar::get;

#[test]
fn the_stored_signing_key_does_not_decrypt() {
    let cluster = Cluster::plain();
    let url = cluster.url();
    let secret = ("BETTER_AUTH_SECRET", "first-secret-of-32-characters-or-more");
    let app = App::with("jwks.mjs", &[("DATABASE_URL", &url), secret]);
    assert_eq!(get(([127, 0, 0, 1], app.port).into(), "/sign").expect("an answer").status, 200);
    let changed = [("DATABASE_URL", url.as_str()), ("BETTER_AUTH_SECRET", "other-secret-of-32-characters-or-more")];
    example("The stored signing key does not decrypt", &changed, &[]);
}

#[test]
fn the_verifier_rejects_the_token() {
    let cluster = Cluster::plain();
    let url = cluster.url();
    let secret = "first-secret-of-32-characters-or-more";
    let origin = ("BETTER_AUTH_URL", "https://shop.example.com");
    let variables = [("DATABASE_URL", url.as_str()), ("BETTER_AUTH_SECRET", secret), origin];
    let app = App::with("jwks.mjs", &variables);
    let token = get(([127, 0, 0, 1], app.port).into(), "/sign").expect("an answer").body;
    let variables = [("SAMPLE_TOKEN", token.as_str()), ("JWT_SECRET", secret)];
    example("The verifier rejects the token", &variables, &[]);
}

#[test]
fn the_provider_does_not_accept_the_redirect_uri() {
    let provider = App::with("provider.mjs", &[]);
    let issuer = ("https://id.example.com/realms/shop", provider.url(""));
    example("The provider does not accept the redirect URI", &[], &[(issuer.0, &issuer.1)]);
}
