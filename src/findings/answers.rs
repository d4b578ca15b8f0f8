//! HTTP answers that pass and still tell of trouble.

use super::Entry;
use crate::cause::Cause;
use crate::finding::{Finding, Severity};
use crate::outcome::{Aim, Evidence, Fault};

/// The catalogue of this family.
pub(super) const CODES: &[Entry] = &[REDIRECTED_TO_HTTPS, PEER_WARNS];

const REDIRECTED_TO_HTTPS: Entry = Entry {
    code: "redirected_to_https",
    severity: Severity::Info,
    cause: Cause::HttpRedirect,
    meaning: "the URL is plain HTTP and its server sends everyone on to HTTPS",
    remedy: "write `https://` in the URL",
};
const PEER_WARNS: Entry = Entry {
    code: "peer_warns",
    severity: Severity::Warning,
    cause: Cause::HealthDown,
    meaning: "the peer passes, and says itself that something is not well",
    remedy: "look at the part that it names, in the peer's own log",
};

/// What the answer says beyond pass or fail.
pub(super) fn judge(fault: Option<&Fault>, evidence: &Evidence) -> Vec<Finding> {
    let facts = &evidence.facts;
    let mut findings = Vec::new();
    // Where it is not followed, it is the failure.
    let followed = facts.redirect.as_ref().filter(|redirect| redirect.aim == Aim::Tls && facts.redirects > Some(0));
    if let Some(redirect) = followed {
        let message = format!(
            "the plain HTTP URL is redirected to {}: each request goes out in the clear first, and a POST arrives as GET",
            redirect.to
        );
        findings.push(REDIRECTED_TO_HTTPS.found(message, "write https:// in the URL, here and in the app"));
    }
    if let (None, Some(warning)) = (fault, &facts.health_warning) {
        let message = format!("the peer answers and passes, but says of itself: {warning}");
        findings.push(
            PEER_WARNS
                .found(message, "look at that part in the peer's own log; accept_degraded: false makes it a failure"),
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::cause::Cause;
    use crate::outcome::{Aim, Evidence, Facts, Fault, Phase, Redirect};

    fn codes(fault: Option<&Fault>, facts: Facts) -> Vec<&'static str> {
        judge(fault, &Evidence { facts, ..Evidence::default() }).iter().map(|found| found.code).collect()
    }

    #[test]
    fn answers_that_pass_and_tell_of_trouble() {
        let redirected = |aim, redirects| Facts {
            redirect: Some(Redirect { to: "https://a/".to_owned(), aim }),
            redirects: Some(redirects),
            ..Facts::default()
        };
        assert_eq!(codes(None, redirected(Aim::Tls, 1)), ["redirected_to_https"]);
        assert!(codes(None, redirected(Aim::Slash, 1)).is_empty());
        let fault = Fault::new(Phase::Assert, Cause::HttpRedirect, "");
        assert!(codes(Some(&fault), redirected(Aim::Tls, 0)).is_empty(), "it is the failure itself");
        let warns = Facts { health_warning: Some("cache is degraded".to_owned()), ..Facts::default() };
        assert_eq!(codes(None, warns.clone()), ["peer_warns"]);
        let fault = Fault::new(Phase::Assert, Cause::HealthDown, "");
        assert!(codes(Some(&fault), warns).is_empty());
        assert!(codes(None, Facts::default()).is_empty());
    }
}
