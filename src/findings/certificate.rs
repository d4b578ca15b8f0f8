//! TLS, where it works: what will break soon, and what is not verified.

use std::time::Duration;

use super::context::Context;
use super::entry::Entry;
use super::tls_key_names::Unverified;
use crate::cause::Cause;
use crate::finding::{Finding, Severity};
use crate::outcome::{Evidence, Fault};
use crate::timestamp::rfc3339_unix;

/// The catalogue of this family.
pub(super) const CODES: &[Entry] = &[TLS_EXPIRES_SOON, TLS_NOT_VERIFIED];

const TLS_EXPIRES_SOON: Entry = Entry {
    code: "tls_expires_soon",
    severity: Severity::Warning,
    cause: Cause::TlsExpired,
    meaning: "the certificate of the server expires within 14 days and is in the last sixth of its lifetime",
    remedy: "renew it and reload the server: `kubectl get certificate`, if cert-manager manages it",
};
const TLS_NOT_VERIFIED: Entry = Entry {
    code: "tls_not_verified",
    severity: Severity::Info,
    cause: Cause::TlsUntrusted,
    meaning: "the certificate was not verified, because `verify: false` is set",
    remedy: "mount the certificate of the authority and set it as `ca`",
};

const DAY: i64 = 24 * 3600;
const SOON: i64 = 14 * DAY;
/// Certificates that live for hours or days are renewed well before their last sixth.
const LAST_PART: i64 = 6;

/// What the certificates say where the handshake worked.
pub(super) fn judge(fault: Option<&Fault>, evidence: &Evidence, context: Context<'_>) -> Vec<Finding> {
    let of_tls = fault.is_some_and(|fault| fault.phase == crate::outcome::Phase::Tls);
    if of_tls {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = expires_soon(evidence, context).into_iter().collect();
    // A mode says what its clients verify, too, and where it asks for nothing that is often its default.
    if evidence.facts.tls_verified == Some(false) && context.tls_keys.unverified == Unverified::VerifyFalse {
        let message = "the certificate was not verified (verify: false): anyone between this pod and the server can read the traffic";
        findings.push(TLS_NOT_VERIFIED.found(message, "mount the certificate of the authority and set it as `ca`"));
    }
    findings
}

/// The leaf alone is judged: what stands above it may be sent without need, and has others that stand for it.
fn expires_soon(evidence: &Evidence, context: Context<'_>) -> Option<Finding> {
    let leaf = evidence.facts.certificates.first()?;
    let left = leaf.not_after - context.now;
    let life = leaf.not_after - leaf.not_before;
    if left <= 0 || left > SOON.min(life / LAST_PART) {
        return None;
    }
    let days = left / DAY;
    let left = match days {
        0 => format!("{} hours", left / 3600),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    let whole = Duration::from_secs(life.unsigned_abs()).as_secs() / DAY.unsigned_abs();
    let message = format!(
        "the certificate of {} expires in {left}, at {}; its lifetime is {whole} days",
        leaf.subject,
        rfc3339_unix(leaf.not_after)
    );
    let fix = "renew it now and reload the server, which may read it only at start: kubectl get certificate -A, if \
               cert-manager manages it";
    Some(TLS_EXPIRES_SOON.found(message, fix))
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::cause::Cause;
    use crate::findings::{Context, TlsKeyNames, Unverified};
    use crate::outcome::{Certificate, Evidence, Facts, Fault, Phase};

    const DAY: i64 = 86_400;

    fn codes(life: i64, left: i64, verified: bool, unverified: Unverified, fault: Option<&Fault>) -> Vec<&'static str> {
        let now = 1_800_000_000;
        let leaf = Certificate {
            subject: "CN=db".to_owned(),
            issuer: "CN=authority".to_owned(),
            names: vec!["db".to_owned()],
            not_before: now + left - life,
            not_after: now + left,
        };
        // An old root that the server sends without need.
        let old = Certificate { not_after: now - DAY, ..leaf.clone() };
        let facts = Facts { certificates: vec![leaf, old], tls_verified: Some(verified), ..Facts::default() };
        let evidence = Evidence { facts, ..Evidence::default() };
        let tls_keys = TlsKeyNames { unverified, ..TlsKeyNames::BLOCK };
        judge(fault, &evidence, Context { tls_keys, now, ..Context::default() })
            .iter()
            .map(|found| found.code)
            .collect()
    }

    #[test]
    fn a_certificate_is_told_of_before_it_ends() {
        let soon = ["tls_expires_soon"];
        for (life, left, expected) in [
            (90 * DAY, 15 * DAY, &[][..]),
            (90 * DAY, 14 * DAY, &soon),
            (90 * DAY, DAY / 2, &soon),
            (365 * DAY, 14 * DAY, &soon),
            (6 * DAY, 2 * DAY, &[]),
            (6 * DAY, DAY / 2, &soon),
            (DAY, DAY / 3, &[]),
            (DAY, 3600, &soon),
            (3650 * DAY, 300 * DAY, &[]),
            (90 * DAY, -1, &[]),
        ] {
            assert_eq!(codes(life, left, true, Unverified::VerifyFalse, None), expected, "{} of {}", left, life);
        }
        let fault = Fault::new(Phase::Tls, Cause::TlsWrongName, "");
        assert!(
            codes(90 * DAY, DAY, true, Unverified::VerifyFalse, Some(&fault)).is_empty(),
            "the handshake failed: its cause comes first"
        );
    }

    #[test]
    fn verification_that_is_switched_off_is_told() {
        assert_eq!(codes(90 * DAY, 80 * DAY, false, Unverified::VerifyFalse, None), ["tls_not_verified"]);
        let mode = Unverified::Mode("sslmode");
        assert!(codes(90 * DAY, 80 * DAY, false, mode, None).is_empty(), "sslmode: require verifies nothing");
    }
}
