//! Pure rules: from the recorded evidence to the hint of a failure, to findings, and to what other runtimes would do.
//!
//! No clock, no network, no guess: a finding never states more than was observed. Each family of findings is one file
//! with its `CODES` and its `judge`; [`FAMILIES`] lists them for the configuration, the docs and the tests.

mod answers;
mod base_path;
mod bundle;
mod caught;
mod certificate;
mod context;
pub mod contracts;
mod entry;
mod handshakes;
mod hint;
mod host_class;
pub mod keys;
mod local;
mod login;
#[cfg(test)]
mod page_tests;
mod placeholder;
mod private_endpoint;
mod provider;
mod proxies;
mod proxy_variables;
mod public_url;
mod resolution;
mod runtimes;
mod several;
mod statement;
#[cfg(test)]
mod testing;
mod tls_key_names;
mod urls;
mod variables;
mod wording;

use crate::finding::{Finding, Prediction};
use crate::order;
use crate::outcome::{Evidence, Fault};

pub use base_path::compare;
pub use context::{Context, Reading};
pub use entry::Entry;
pub use hint::{general_hint, misled_hint, proxy_note, socket_hint, value_hint};
pub use local::may_come_of_others;
pub use proxies::proxy_as_go_has_it;
pub use proxy_variables::ProxyVariables;
pub use public_url::PublicUrl;
pub use runtimes::RUNTIMES;
pub use several::{address_note, several_note};
pub use statement::general_statement;
pub use tls_key_names::{TlsKeyNames, Unverified};
pub use urls::{
    Blame, Family, as_its_client_reads, blame, blame_url, is_for_browsers, is_public_secret, judge_variables,
    known_default, lint, meant, names_secret, nested, secret_hint, unresolved, white,
};
pub use variables::ContainerVariables;

/// Every family of findings, in the order of the docs.
pub const FAMILIES: &[&[Entry]] = &[
    urls::CODES,
    resolution::CODES,
    runtimes::CODES,
    local::CODES,
    certificate::CODES,
    login::CODES,
    answers::CODES,
    proxies::CODES,
    base_path::CODES,
    handshakes::CODES,
    bundle::CODES,
    contracts::CODES,
    keys::CODES,
];

/// The row of a code.
#[must_use]
pub fn entry(code: &str) -> Option<&'static Entry> {
    FAMILIES.iter().copied().flatten().find(|entry| entry.code == code)
}

/// Whether a finding of this code is about what was configured: a value, a variable, a URL.
#[must_use]
pub fn is_about_a_value(code: &str) -> bool {
    urls::CODES.iter().any(|entry| entry.code == code)
}

/// The runtime of this name.
#[must_use]
pub fn runtime(name: &str) -> Option<&'static str> {
    RUNTIMES.iter().copied().find(|known| *known == name)
}

/// What the evidence says beyond the cause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// The worst first.
    pub findings: Vec<Finding>,
    /// For each runtime asked for.
    pub predictions: Vec<Prediction>,
}

/// Judges what was recorded.
#[must_use]
pub fn judge(fault: Option<&Fault>, evidence: &Evidence, context: Context<'_>) -> Judged {
    // Who cannot read the URL does not come to dial.
    let (findings, predictions) =
        if context.endpoints.is_empty() { Default::default() } else { runtimes::judge(evidence, context) };
    let mut judged = Judged { findings, predictions };
    if let Some(stood) = local::stood_still(evidence) {
        runtimes::mark_uncertain(&mut judged.findings, stood);
    }
    judged.findings.extend(urls::judge(fault, evidence, context));
    judged.findings.extend(resolution::judge(fault, evidence, context));
    judged.findings.extend(local::judge(fault, evidence, context));
    judged.findings.extend(certificate::judge(fault, evidence, context));
    judged.findings.extend(login::judge(evidence));
    judged.findings.extend(answers::judge(fault, evidence, context));
    judged.findings.extend(proxies::judge(evidence, context));
    judged.findings.extend(handshakes::judge(evidence));
    judged.findings.extend(bundle::judge(evidence));
    judged.findings.extend(evidence.facts.noticed.iter().cloned());
    order::sort_by_key(&mut judged.findings, |finding| finding.severity);
    judged
}

#[cfg(test)]
mod tests {
    use super::{FAMILIES, entry};

    #[test]
    fn codes_are_words_of_their_own() {
        let codes: Vec<&str> = FAMILIES.iter().copied().flatten().map(|entry| entry.code).collect();
        for code in &codes {
            assert_eq!(codes.iter().filter(|other| *other == code).count(), 1, "{code}");
            assert!(
                code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
                "{code}"
            );
            assert!(entry(code).is_some_and(|entry| !entry.meaning.is_empty() && !entry.remedy.is_empty()), "{code}");
        }
    }
}
