//! The worked examples of docs/contracts.md: each configuration is run against the real services, and prints what the page
//! says.

use crate::readme::fits;
use crate::support::helm::text_of;
use crate::support::postgres::Cluster;
use crate::support::program::Program;
use crate::support::sidecar::get;
use crate::support::{Folder, pilotfish, run};

/// The first block of this language below the heading.
fn block(heading: &str, language: &str) -> String {
    let page = text_of("docs/contracts.md");
    let (_, below) = page.split_once(&format!("\n### {heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let (_, block) = below.split_once(&format!("\n```{language}\n")).expect("a block");
    block.split_once("```").expect("its end").0.to_owned()
}

/// Runs the configuration below the heading with these variables; `replace` puts a real address in place of the page's.
fn prints_what_the_page_says(heading: &str, variables: &[(&str, &str)], (from, to): (&str, &str)) {
    let folder = Folder::new();
    // A server on loopback may not gate the start.
    let yaml = block(heading, "yaml").replacen("  - name:", "  - gates: []\n    name:", 1);
    let yaml = if from.is_empty() { yaml } else { yaml.replace(from, to) };
    let config = folder.write("c.yaml", yaml);
    let ran = run(pilotfish().args(["check", "-c", &config]).envs(variables.iter().copied()));
    let said = block(heading, "text");
    let said = if from.is_empty() { said } else { said.replace(from, to) };
    assert!(said.lines().count() > 2, "{said}");
    for (said, printed) in said.lines().zip(ran.stdout.lines()) {
        assert!(fits(said, printed), "the page says\n{said}\nand this is printed\n{}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn the_stored_signing_key_does_not_decrypt() {
    let cluster = Cluster::plain();
    let url = cluster.url();
    let secret = ("BETTER_AUTH_SECRET", "first-secret-of-32-characters-or-more");
    let app = Program::start("jwks/better-auth.mjs", &[("DATABASE_URL", &url), secret]);
    assert_eq!(get(([127, 0, 0, 1], app.port).into(), "/sign").expect("an answer").status, 200);
    let changed = [("DATABASE_URL", url.as_str()), ("BETTER_AUTH_SECRET", "other-secret-of-32-characters-or-more")];
    prints_what_the_page_says("The stored signing key does not decrypt", &changed, ("", ""));
}

#[test]
fn the_verifier_rejects_the_token() {
    let cluster = Cluster::plain();
    let url = cluster.url();
    let secret = "first-secret-of-32-characters-or-more";
    let origin = ("BETTER_AUTH_URL", "https://shop.example.com");
    let variables = [("DATABASE_URL", url.as_str()), ("BETTER_AUTH_SECRET", secret), origin];
    let app = Program::start("jwks/better-auth.mjs", &variables);
    let token = get(([127, 0, 0, 1], app.port).into(), "/sign").expect("an answer").body;
    let variables = [("SAMPLE_TOKEN", token.as_str()), ("JWT_SECRET", secret)];
    prints_what_the_page_says("The verifier rejects the token", &variables, ("", ""));
}

#[test]
fn the_provider_does_not_accept_the_redirect_uri() {
    let provider = Program::start("oidc/provider.mjs", &[]);
    let here = provider.url("");
    let issuer = ("https://id.example.com/realms/shop", here.as_str());
    prints_what_the_page_says("The provider does not accept the redirect URI", &[], issuer);
}
