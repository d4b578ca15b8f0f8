//! What a key set is worth: whether a verifier finds a key in it, and what is odd.

use super::hint::code;
use crate::cause::Cause;
use crate::check::http::exchange::HttpResponse;
use crate::check::http::expect::body_in_words;
use crate::check::jwk::{self, Alg, Jwk};
use crate::check::provider::coded_fault;
use crate::finding::Finding;
use crate::findings::keys::{JWKS_ODD_KEY, JWKS_PRIVATE_KEY};
use crate::mask::Mask;
use crate::outcome::Fault;

/// How many keys a message or a finding names.
const NAMED: usize = 3;

/// What is said of a set without keys.
const EMPTY: &str = "the key set is empty";

/// What is asked of a set.
pub(super) struct Rules {
    /// A key must verify one of these; any, if there is none.
    pub(super) algs: Vec<Alg>,
    /// How many usable keys there must be.
    pub(super) min_keys: usize,
}

/// What came of a set.
pub(super) struct Judged {
    pub(super) result: Result<(), Fault>,
    pub(super) findings: Vec<Finding>,
    /// The usable keys, as they may be shown.
    pub(super) usable: Vec<String>,
    /// The names of all keys.
    pub(super) ids: Vec<String>,
    /// Whether it is a set at all.
    pub(super) is_set: bool,
}

pub(super) fn judge(answer: &HttpResponse, rules: &Rules, mask: &Mask) -> Judged {
    let nothing =
        |fault| Judged { result: Err(fault), findings: Vec::new(), usable: Vec::new(), ids: Vec::new(), is_set: false };
    let Some(document) = jwk::document(&answer.body) else {
        let is_page = answer.body.trim_ascii_start().starts_with(b"<");
        let body = body_in_words(answer);
        return nothing(match is_page {
            true => coded_fault(Cause::JwksInvalid, code::PAGE, format!("{body} is a page for people, not a key set"))
                .stating("a page for people answers, not a key set"),
            false => coded_fault(Cause::JwksInvalid, code::NO_SET, format!("{body} is no key set in JSON"))
                .stating("the answer is no key set in JSON"),
        });
    };
    let Some(keys) = jwk::keys(&document) else {
        let text = "the JSON has no list `keys`: it is no key set (RFC 7517)";
        return nothing(coded_fault(Cause::JwksInvalid, code::NO_SET, text).stating(text));
    };
    Judged {
        result: match document["keys"].as_array().is_some_and(Vec::is_empty) {
            true => Err(coded_fault(Cause::JwksInvalid, code::EMPTY, EMPTY).stating(EMPTY)),
            false => usable(&keys, rules),
        },
        findings: findings(&keys, mask),
        usable: keys.iter().filter(|key| !key.algs.is_empty()).map(described).collect(),
        ids: keys.iter().filter_map(|key| key.kid.clone()).collect(),
        is_set: true,
    }
}

fn described(key: &Jwk) -> String {
    format!("{} ({})", jwk::names(&key.algs), key.shown())
}

/// Whether there are enough keys for the verifier.
fn usable(keys: &[Jwk], rules: &Rules) -> Result<(), Fault> {
    if keys.is_empty() {
        let text = "the key set has no key of a known type";
        return Err(coded_fault(Cause::JwksInvalid, code::EMPTY, text).stating(text));
    }
    let fits = |key: &&Jwk| match &rules.algs[..] {
        [] => !key.algs.is_empty(),
        algs => key.verifies_any(algs),
    };
    let count = keys.iter().filter(fits).count();
    if count >= rules.min_keys.max(1) {
        return Ok(());
    }
    let wanted = match &rules.algs[..] {
        [] => "a signature".to_owned(),
        algs => jwk::names(algs),
    };
    if count > 0 {
        let text = format!("{count} of the keys can verify {wanted}, and min_keys is {}", rules.min_keys);
        return Err(coded_fault(Cause::JwksInvalid, code::FEW, &text).stating(text));
    }
    let has = keys.iter().take(NAMED).map(|key| match (&key.algs[..], key.oddities.first()) {
        ([], Some(why)) => format!("{}: {why}", key.shown()),
        ([], None) => format!("{}: not for signatures", key.shown()),
        _ => described(key),
    });
    let has: Vec<String> = has.collect();
    let statement = format!("no key of the set can verify {wanted}");
    let code = if rules.algs.is_empty() { code::UNUSABLE } else { code::ALG };
    Err(coded_fault(Cause::JwksInvalid, code, format!("{statement}; it has {}", has.join(", "))).stating(statement))
}

/// What verifiers may stumble over, and what nobody may see.
fn findings(keys: &[Jwk], mask: &Mask) -> Vec<Finding> {
    let mut findings = Vec::new();
    let exposed = keys.iter().filter_map(|key| Some((key, key.exposes?)));
    let exposed: Vec<String> =
        exposed.map(|(key, member)| format!("{} shows its private member {member}", key.called())).collect();
    let odd = keys.iter().filter_map(|key| Some(format!("{}: {}", key.called(), key.oddities.first()?)));
    let odd: Vec<String> = odd.collect();
    for (entry, texts) in [(JWKS_PRIVATE_KEY, exposed), (JWKS_ODD_KEY, odd)] {
        if texts.is_empty() {
            continue;
        }
        let more = texts.len().saturating_sub(NAMED);
        let mut message = texts[..texts.len().min(NAMED)].join("; ");
        if more > 0 {
            message.push_str(&format!("; and {more} more"));
        }
        findings.push(entry.found(mask.strike(&message), entry.remedy.replace('`', "")));
    }
    findings
}
