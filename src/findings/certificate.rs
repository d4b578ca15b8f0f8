//! TLS, where it works: what will break soon, and what is not verified.

use std::net::IpAddr;
use std::time::Duration;

use super::context::Context;
use super::entry::Entry;
use super::tls_key_names::Unverified;
use crate::cause::Cause;
use crate::finding::{Finding, Severity};
use crate::outcome::{AbsentFile, CertificateOddity, Evidence, Fault, SERVER_TEXT_LIMIT, clean_text};
use crate::timestamp::rfc3339_unix;

/// The catalogue of this family.
pub(super) const CODES: &[Entry] =
    &[TLS_EXPIRES_SOON, TLS_NOT_VERIFIED, TLS_FILE_ABSENT, TLS_COMMON_NAME_ONLY, TLS_LOOSE_NAME, TLS_ODD_CERTIFICATE];

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
const TLS_FILE_ABSENT: Entry = Entry {
    code: "tls_file_absent",
    severity: Severity::Info,
    cause: Cause::FileMissing,
    meaning: "the URL names a certificate file that is not in this container, and the check went on without it, like libpq",
    remedy: "mount the file in the container of pilotfish at the same path",
};

const TLS_COMMON_NAME_ONLY: Entry = Entry {
    code: "tls_common_name_only",
    severity: Severity::Warning,
    cause: Cause::TlsWrongName,
    meaning: "the certificate of the server covers the name only as its common name, which OpenSSL, curl and libpq accept, \
              and Go, browsers and Rust do not",
    remedy: "reissue the certificate with the name as a subject alternative name",
};
const TLS_LOOSE_NAME: Entry = Entry {
    code: "tls_loose_name",
    severity: Severity::Warning,
    cause: Cause::TlsWrongName,
    meaning: "the certificate of the server covers the name only by a rule that many clients do not have, such as a \
              wildcard for a part of a label",
    remedy: "reissue the certificate with the whole name as a subject alternative name",
};
const TLS_ODD_CERTIFICATE: Entry = Entry {
    code: "tls_odd_certificate",
    severity: Severity::Info,
    cause: Cause::TlsUntrusted,
    meaning: "the certificate of the server is X.509 version 1 or a CA's, which OpenSSL accepts and Rust does not",
    remedy: "reissue it as version 3 with CA:FALSE and its names as subject alternative names",
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
    findings.extend(evidence.facts.certificate_oddities.iter().map(odd));
    findings.extend(evidence.facts.absent_files.iter().map(absent));
    // A mode says what its clients verify, too, and where it asks for nothing that is often its default.
    if evidence.facts.tls_verified == Some(false) && context.tls_keys.unverified == Unverified::VerifyFalse {
        let message = "the certificate was not verified (verify: false): anyone between this pod and the server can read the traffic";
        findings.push(TLS_NOT_VERIFIED.found(message, "mount the certificate of the authority and set it as `ca`"));
    }
    findings
}

/// What was accepted, as the clients of this kind do, and others do not.
fn odd(oddity: &CertificateOddity) -> Finding {
    match oddity {
        CertificateOddity::CommonNameOnly { name } => {
            let (kind, who) = match name.parse::<IpAddr>() {
                Ok(_) => ("IP", "curl and libpq accept that; OpenSSL, Go, Node, Python, Java and browsers do not"),
                Err(_) => (
                    "DNS",
                    "OpenSSL, curl, libpq, Node and Java accept that; Go, browsers, Rust (rustls) and \
                                   Python's urllib3 2 do not",
                ),
            };
            let message = format!(
                "the certificate has \"{name}\" only as its common name, not as a subject alternative name: {who}"
            );
            TLS_COMMON_NAME_ONLY.found(message, format!("reissue the certificate with subjectAltName={kind}:{name}"))
        }
        CertificateOddity::LooseName { name } => {
            let message = format!(
                "the certificate covers the name only by \"{name}\", which Go, browsers and Rust (rustls) do not accept for it"
            );
            TLS_LOOSE_NAME.found(message, "reissue the certificate with the whole name as a subject alternative name")
        }
        CertificateOddity::VersionOne => TLS_ODD_CERTIFICATE.found(
            "the certificate is X.509 version 1: OpenSSL, Node and Java accept it; Rust (rustls) does not",
            "reissue it as version 3, with its names as subject alternative names: openssl x509 -req needs -extfile",
        ),
        CertificateOddity::AuthorityAsServer => TLS_ODD_CERTIFICATE.found(
            "the certificate says that it is a CA's (CA:TRUE): OpenSSL, Go, Node and Java accept it for a server; Rust \
             (rustls) and Firefox do not",
            "reissue it with basicConstraints=CA:FALSE",
        ),
    }
}

fn absent(file: &AbsentFile) -> Finding {
    let AbsentFile { parameter, path } = file;
    let message = format!(
        "{parameter} of the URL names {}, which is not in this container: like libpq, the check went on without it",
        clean_text(path, SERVER_TEXT_LIMIT)
    );
    TLS_FILE_ABSENT
        .found(message, "mount the file in this container too; if the app has none either, remove the parameter")
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
    use crate::outcome::{Certificate, CertificateOddity as Oddity, Evidence, Facts, Fault, Phase};

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
    fn what_other_clients_refuse_is_told() {
        let of = |oddity: Oddity| {
            let facts = Facts { certificate_oddities: vec![oddity], ..Facts::default() };
            let evidence = Evidence { facts, ..Evidence::default() };
            let found = judge(None, &evidence, Context::default()).remove(0);
            (found.code, format!("{} {}", found.message, found.fix))
        };
        for (oddity, code, says) in [
            (Oddity::common_name(b"db.lab"), "tls_common_name_only", "subjectAltName=DNS:db.lab"),
            (Oddity::common_name(b"10.0.0.7"), "tls_common_name_only", "subjectAltName=IP:10.0.0.7"),
            (Oddity::loose_name(b"*.lab"), "tls_loose_name", "only by \"*.lab\""),
            (Oddity::VersionOne, "tls_odd_certificate", "version 1"),
            (Oddity::AuthorityAsServer, "tls_odd_certificate", "CA:FALSE"),
        ] {
            let (found, text) = of(oddity);
            assert!(found == code && text.contains(says), "{found}: {text}");
        }
    }

    #[test]
    fn verification_that_is_switched_off_is_told() {
        assert_eq!(codes(90 * DAY, 80 * DAY, false, Unverified::VerifyFalse, None), ["tls_not_verified"]);
        let mode = Unverified::Mode("sslmode");
        assert!(codes(90 * DAY, 80 * DAY, false, mode, None).is_empty(), "sslmode: require verifies nothing");
    }
}
