//! The kinds `oidc` and `jwks` against a real provider of OpenID Connect: oidc-provider.

use crate::support::Folder;
use crate::support::contracts::App;
use crate::support::http::HttpServer;
use crate::support::one_check::{check_of, codes, failed, passed};
use crate::support::sidecar::Sidecar;
use crate::support::{pilotfish, run, until};

const CLIENT: &str = "client_id: web, redirect_uri: \"https://shop.example.com/cb\"";

fn provider() -> App {
    App::with("provider.mjs", &[])
}

#[test]
fn a_provider_tells_whether_it_knows_the_redirect_uri() {
    let provider = provider();
    let check = |keys: &str| check_of("oidc", "5s", &format!("{{issuer: \"{}\", {keys}}}", provider.url("")));
    let good = check(CLIENT);
    passed(&good);
    assert_eq!(good["facts"]["authorization_answer"], "login_required", "{good:#}");
    for uri in ["http://localhost:3000/cb", "https://shop.example.com/cb/", "https://shop.example.com:8443/cb"] {
        let bad = check(&format!("client_id: web, redirect_uri: \"{uri}\""));
        let message = failed(&bad, "assert", "redirect_uri_rejected", "exactly as it is");
        assert!(message.contains(&format!("does not accept the redirect URI {uri}")), "{message}");
    }
    let unknown = check(&CLIENT.replace("web", "wob"));
    let message = failed(&unknown, "assert", "redirect_uri_rejected", "Compare `client_id`");
    assert!(message.contains("does not accept the client_id"), "{message}");
    // The redirect URI is right, and no login by code can start.
    let refused = check(&CLIENT.replace("web", "implicit"));
    assert_eq!((&refused["result"], codes(&refused)), (&"pass".into(), vec!["oidc_login_refused"]), "{refused:#}");
}

/// Google redirects to a page of its own, and says in the address why.
#[test]
fn a_page_for_errors_tells_the_client_from_the_redirect_uri() {
    for (error, hint) in [
        ("authError=Cg5pbnZhbGlkX2NsaWVudBIA", "Compare `client_id`"),
        ("authError=ChVyZWRpcmVjdF91cmlfbWlzbWF0Y2gSAA", "exactly as it is"),
        ("authError=", "exactly as it is"),
    ] {
        let google = HttpServer::start(move |asked| {
            let host = asked.header("host").unwrap_or_default();
            let page = |text: &str| {
                format!("{{\"issuer\":\"http://{host}\",{text}\"authorization_endpoint\":\"http://{host}/auth\"}}")
            };
            match asked.path() {
                path if path.starts_with("/auth") => {
                    let location = format!("Location: https://accounts.google.com/signin/oauth/error?{error}&x=y\r\n");
                    crate::support::http::page(302, &location, "")
                }
                _ => crate::support::http::page(200, "", &page("")),
            }
        });
        let found = check_of("oidc", "5s", &format!("{{issuer: \"{}\", {CLIENT}}}", google.url("")));
        failed(&found, "assert", "redirect_uri_rejected", hint);
    }
}

/// A proxy that redirects to TLS has not asked the provider.
#[test]
fn a_redirect_of_the_endpoint_itself_proves_nothing() {
    for (location, passes) in [
        ("https://HOST/auth?client_id=web", false),
        ("http://HOST/auth/?client_id=web", false),
        ("http://HOST/login?session=x", true),
        ("https://login.example.com/u/login?state=x", true),
    ] {
        let server = HttpServer::start(move |asked| {
            let host = asked.header("host").unwrap_or_default();
            if asked.path().starts_with("/auth") {
                let location = location.replace("HOST", host);
                return crate::support::http::page(302, &format!("Location: {location}\r\n"), "");
            }
            let body = format!("{{\"issuer\":\"http://{host}\",\"authorization_endpoint\":\"http://{host}/auth\"}}");
            crate::support::http::page(200, "", &body)
        });
        let found = check_of("oidc", "5s", &format!("{{issuer: \"{}\", {CLIENT}}}", server.url("")));
        match passes {
            true => passed(&found),
            false => drop(failed(&found, "assert", "http_redirect", "Set the public https:// URL")),
        }
    }
}

#[test]
fn a_timer_starts_no_login() {
    let provider = provider();
    let url = provider.url("");
    let check = format!("checks: [{{name: sso, gates: [ready], interval: 1s, oidc: {{issuer: \"{url}\", {CLIENT}}}}}]");
    let sidecar = Sidecar::start(&check);
    until("three runs", || provider.log().matches("/.well-known/").count() >= 3);
    assert_eq!(sidecar.status("/readyz"), 200);
    let folder = Folder::new();
    let config = folder.write("c.yaml", check);
    assert_eq!(run(pilotfish().args(["wait", "--all", "-c", &config])).code, 0);
    assert!(!provider.log().contains("/auth"), "{}", provider.log());
    assert_eq!(run(pilotfish().args(["check", "-c", &config])).code, 0);
    assert_eq!(provider.log().matches("GET /auth").count(), 1, "{}", provider.log());
}

#[test]
fn the_issuer_is_the_one_that_the_provider_states() {
    let provider = provider();
    let url = provider.url("");
    for issuer in [url.clone(), format!("{url}/.well-known/openid-configuration")] {
        passed(&check_of("oidc", "5s", &format!("{{issuer: \"{issuer}\"}}")));
        passed(&check_of("jwks", "5s", &format!("{{oidc: \"{issuer}\", require_alg: RS256}}")));
    }
    let public = App::with("provider.mjs", &[("ISSUER", "https://id.example.com/realms/shop")]);
    for (kind, key) in [("oidc", "issuer"), ("jwks", "oidc")] {
        let found = check_of(kind, "5s", &format!("{{{key}: \"{}\"}}", public.url("")));
        let message = failed(&found, "assert", "json_mismatch", "Write the issuer exactly");
        let internal = public.url("");
        assert_eq!(
            message,
            format!("the provider names the issuer https://id.example.com/realms/shop, not {internal}")
        );
        let slash = check_of(kind, "5s", &format!("{{{key}: \"{url}/\"}}"));
        failed(&slash, "assert", "json_mismatch", "its final slash");
    }
    let alg = check_of("jwks", "5s", &format!("{{oidc: \"{url}\", require_alg: EdDSA}}"));
    failed(&alg, "assert", "jwks_invalid", "Let the verifier allow");
}

#[test]
fn a_page_is_no_discovery_document() {
    let page = HttpServer::always(200, "Content-Type: text/html\r\n", "<!doctype html><p>Hello");
    let found = check_of("oidc", "5s", &format!("{{issuer: \"{}\"}}", page.url("")));
    failed(&found, "assert", "json_mismatch", "Use the issuer as the provider states it");
    let server = HttpServer::start(move |asked| {
        let host = asked.header("host").unwrap_or_default();
        let body = format!("{{\"issuer\":\"http://{host}\",\"jwks_uri\":\"ftp://x/\"}}");
        crate::support::http::page(200, "", &body)
    });
    let found = check_of("jwks", "5s", &format!("{{oidc: \"{}\"}}", server.url("")));
    assert!(failed(&found, "assert", "json_mismatch", "Compare the issuer").contains("no URL as jwks_uri"));
    let found = check_of("oidc", "5s", &format!("{{issuer: \"{}\", {CLIENT}}}", server.url("")));
    assert!(failed(&found, "assert", "json_mismatch", "Compare the issuer").contains("authorization_endpoint"));
}
