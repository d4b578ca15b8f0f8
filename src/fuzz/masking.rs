//! No part of a secret is in anything that is shown, whatever stands around it.

use crate::config::plan::Extent;
use crate::config::show;
use crate::config::source::{self, Request};
use crate::env::MapEnv;
use crate::probe::Depth;

use super::run::{plan, probed};

/// A password of letters and digits that no word of pilotfish holds four of in a row.
const SECRET: &str = "zq9Xw7KpV3tYj4";
/// How much of it may not be seen.
const PART: usize = 4;
const SCHEMES: [&str; 10] =
    ["postgres", "redis", "rediss", "http", "https", "mysql", "amqp", "mongodb+srv", "jdbc:postgresql", "tcp"];

/// Two bytes that choose the scheme and where the password stands, then the rest of the text.
pub fn masking(bytes: &[u8]) {
    let Some(([scheme, place], rest)) = bytes.split_first_chunk() else { return };
    let rest = String::from_utf8_lossy(rest).replace('\0', "");
    if holds_part(&rest) {
        return;
    }
    let scheme = SCHEMES[usize::from(*scheme) % SCHEMES.len()];
    let text = match place % 5 {
        0 => format!("{scheme}://app:{SECRET}@{rest}"),
        1 => format!("{scheme}://:{SECRET}@{rest}"),
        2 => format!("{scheme}://{rest}?password={SECRET}"),
        3 => format!("host=db.lab password={SECRET} {rest}"),
        _ => format!("{scheme}://app:{rest}{SECRET}@db.lab"),
    };
    let found = MapEnv::with_vars(&[("DATABASE_URL", &text), ("REDIS_URL", &text), ("APP_URL", &text), ("X", &text)]);
    for extent in [Extent::Servers, Extent::Connections] {
        let request = Request { targets: &[], file: None, gates: &[], extent };
        silent("config show", &show::show(request, &found).unwrap_or_else(|faults| faults.to_string()));
        let targets = [text.clone()];
        let request = Request { targets: &targets, file: None, gates: &[], extent };
        let shown = show::show(request, &found).unwrap_or_else(|faults| faults.to_string());
        silent("a target", &shown);
    }
    let document = source::discovered(&[], &found)
        .map_or_else(|faults| faults.to_string(), |(text, notes)| text + &notes.join("\n"));
    silent("what was found", &document);
    // They gate nothing: a server in this pod may not gate its start.
    let checks =
        ["postgres: {url: {env: X}}", "redis: {url: {env: X}}", "http: {url: {env: X}}", "tcp: {address: {env: X}}"];
    let checks = checks.into_iter().chain(["env: {variables: [{name: X, url: http}]}"]).enumerate();
    let line = |(number, keys): (usize, &str)| format!("  - {{name: c{number}, gates: [], {keys}}}\n");
    let file = format!("checks:\n{}", checks.map(line).collect::<String>());
    let env = found.with_file("/etc/pilotfish.yaml", file.as_bytes());
    let plan = plan(&env).expect("the file is fine");
    // Only what dials nothing is run: the values cannot be used, or it reads them alone.
    let is_local = plan.checks.iter().all(|one| {
        let prepared = one.check.prepare(&env);
        silent("the target", &prepared.target);
        prepared.endpoints.is_empty()
    });
    if is_local {
        for outcome in probed(env, Depth::Full) {
            silent("the outcome", &outcome.target);
            if let Some(failure) = &outcome.failure {
                silent("the message", &failure.message);
                silent("the hint", &failure.hint);
            }
            for finding in &outcome.findings {
                silent("a finding", &finding.message);
                silent("its fix", &finding.fix);
            }
        }
    }
}

fn silent(what: &str, shown: &str) {
    assert!(!holds_part(shown), "{what} shows a part of the secret: {shown}");
}

fn holds_part(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let secret = SECRET.to_ascii_lowercase();
    (0..=secret.len() - PART).any(|at| text.contains(&secret[at..at + PART]))
}
