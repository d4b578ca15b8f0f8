//! Why a certificate was not accepted: from rustls's error and what was sent, to a cause and a sentence.

use rustls::{CertificateError, OtherError};

use super::certificate::CertificateInfo;
use super::chain::path;
use super::roots::Roots;
use crate::cause::Cause;
use crate::outcome::{Detail, Fault, Phase, TlsDetail};
use crate::timestamp::rfc3339_unix;
use crate::url::Host;

/// A difference up to this many seconds is more likely two clocks than a date chosen on purpose.
const CLOCK_SKEW: i64 = 24 * 3600;
/// How many names of a certificate a message shows.
const NAMES_SHOWN: usize = 8;

/// What the certificate was judged against.
pub(super) struct CertificateContext<'a> {
    pub(super) chain: &'a [CertificateInfo],
    pub(super) roots: &'a Roots,
    pub(super) host: &'a Host,
    /// Seconds since 1970, by this pod's clock.
    pub(super) now: i64,
}

impl CertificateContext<'_> {
    /// The fault: the cause and what was observed.
    pub(super) fn explain(&self, error: &CertificateError) -> Fault {
        let Some(leaf) = self.chain.first() else {
            let message = format!("cannot read the certificate: {error}");
            return fault(Cause::TlsUnsupported, message).with(Detail::Tls(TlsDetail::Malformed));
        };
        let subject = &leaf.facts.subject;
        match error {
            CertificateError::Expired => {
                fault(Cause::TlsExpired, format!("the certificate of \"{subject}\" expires before it is valid"))
            }
            CertificateError::ExpiredContext { not_after, .. } => self.expired(seconds(not_after.as_secs())),
            CertificateError::NotValidYetContext { not_before, .. } => {
                self.not_yet_valid(seconds(not_before.as_secs()))
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                self.wrong_name(leaf)
            }
            CertificateError::UnknownIssuer | CertificateError::BadSignature => self.untrusted(leaf),
            CertificateError::Other(_) if leaf.is_self_issued() && !self.roots.has_subject(&leaf.issuer) => {
                self.untrusted(leaf)
            }
            CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
                let weak = self.chain.iter().map(|sent| sent.signature.as_str()).find_map(obsolete_signature);
                let how = weak.map_or_else(|| format!("algorithm {}", leaf.signature), str::to_owned);
                weak_signature(&format!("a certificate in the chain of \"{subject}\" is signed with {how}"))
            }
            // See `as_handshake_error`.
            CertificateError::ApplicationVerificationFailure => weak_signature(&format!(
                "the handshake signature of \"{subject}\" is invalid: its RSA key has fewer than 2048 bits, or is not \
                 the certificate's key"
            )),
            error if is_unknown_critical_extension(error) => {
                malformed(&format!("the certificate of \"{subject}\" has an unknown critical extension"))
            }
            CertificateError::BadEncoding => {
                malformed(&format!("the certificate of \"{subject}\" has an invalid encoding"))
            }
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                let what = "does not allow its use for a server (extended key usage)";
                let message = format!("the certificate of \"{subject}\" {what}");
                fault(Cause::TlsUntrusted, message).with(Detail::Tls(TlsDetail::NotForServers))
            }
            CertificateError::Other(_) if !leaf.is_v3 => {
                malformed(&format!("the certificate of \"{subject}\" is X.509 version 1, which has no names"))
            }
            CertificateError::Other(_) if leaf.is_ca => malformed(&format!(
                "the certificate of \"{subject}\" is a CA certificate, used as a server certificate"
            )),
            other => fault(Cause::TlsUntrusted, format!("the chain of \"{subject}\" was not accepted: {other}"))
                .with(Detail::Tls(TlsDetail::BreaksConstraints)),
        }
    }

    fn expired(&self, at: i64) -> Fault {
        let root =
            self.roots.name_expiring_at(at).filter(|_| !self.chain.iter().any(|sent| sent.facts.not_after == at));
        let which = match &root {
            Some(root) => format!("the root \"{root}\" of {}", self.roots.origin()),
            None => self.which(|sent| sent.facts.not_after == at),
        };
        let message = format!("{which} expired {} ago, at {}", rough_duration(self.now - at), rfc3339_unix(at));
        let fault = fault(Cause::TlsExpired, message);
        if root.is_some() { fault.with(Detail::Tls(TlsDetail::RootExpired)) } else { fault }
    }

    fn not_yet_valid(&self, at: i64) -> Fault {
        let which = self.which(|sent| sent.facts.not_before == at);
        let (from, now, ahead) = (rfc3339_unix(at), rfc3339_unix(self.now), at - self.now);
        let mut message =
            format!("{which} is valid from {from}, {} from now; the time in this pod is {now}", rough_duration(ahead));
        if ahead <= CLOCK_SKEW {
            message.push_str("; the difference is small, so one of the two clocks may be wrong");
        }
        fault(Cause::TlsNotYetValid, message)
    }

    /// Which of the certificates: the leaf where it fits, else an intermediate one.
    fn which(&self, fits: impl Fn(&CertificateInfo) -> bool) -> String {
        match self.chain.iter().position(fits) {
            None | Some(0) => format!("the certificate of \"{}\"", self.chain[0].facts.subject),
            Some(index) => format!("the intermediate certificate of \"{}\"", self.chain[index].facts.subject),
        }
    }

    fn wrong_name(&self, leaf: &CertificateInfo) -> Fault {
        let wanted = self.host.to_string();
        let wanted = wanted.trim_matches(['[', ']']);
        let names = leaf.facts.names.clone();
        let detail = TlsDetail::WrongName { names, expected: wanted.to_owned() };
        let wrong = |message: String| fault(Cause::TlsWrongName, message).with(Detail::Tls(detail));
        if leaf.facts.names.is_empty() {
            let common = quoted(&leaf.common_names);
            if leaf.common_names.iter().any(|name| matches_host(name, wanted)) {
                return unsupported(&format!(
                    "the certificate names {common} only in its common name and has no subject alternative name"
                ))
                .with(Detail::Tls(TlsDetail::CommonNameOnly));
            }
            let has = if common.is_empty() { "no name at all".to_owned() } else { format!("the common name {common}") };
            return wrong(format!(
                "the certificate has {has} and no subject alternative name, so it does not cover \
                                  \"{wanted}\""
            ));
        }
        wrong(format!("the certificate covers {}, not \"{wanted}\"", quoted(&leaf.facts.names)))
    }

    fn untrusted(&self, leaf: &CertificateInfo) -> Fault {
        let (subject, roots) = (&leaf.facts.subject, self.roots.describe());
        let path = path(self.chain, self.roots);
        let top = path.last().copied().unwrap_or(leaf);
        let issuer = &top.facts.issuer;
        let not_sent = || TlsDetail::IssuerNotSent { issuer: issuer.clone() };
        let ends = || TlsDetail::ChainEndsAt { issuer: issuer.clone() };
        let (message, detail) = if self.roots.has_subject(&top.issuer) {
            let signed = &top.facts.subject;
            let message = format!(
                "\"{issuer}\" is among {roots}, but another key signed the certificate of \"{signed}\": the CA was \
                 recreated with the same name"
            );
            (message, TlsDetail::IssuerKeyChanged)
        } else if leaf.is_self_issued() {
            let message = format!("the certificate of \"{subject}\" is self-signed and not among {roots}");
            (message, TlsDetail::SelfSigned)
        } else if top.is_self_issued() {
            let message = format!(
                "the chain of \"{subject}\" ends with the self-signed \"{issuer}\", which is not among {roots}"
            );
            (message, ends())
        } else if path.len() > 1 {
            let last = &top.facts.subject;
            let message = format!(
                "the chain of \"{subject}\" ends with \"{last}\", whose issuer \"{issuer}\" is not among {roots}"
            );
            (message, ends())
        } else if self.chain.len() > 1 {
            let message = format!(
                "incomplete chain: the server sent {} certificates, but not the issuer \"{issuer}\" of \"{subject}\", \
                 which is not among {roots}",
                self.chain.len()
            );
            (message, not_sent())
        } else {
            let message = format!(
                "incomplete chain or unknown issuer: the server sent only the certificate of \"{subject}\", and its \
                 issuer \"{issuer}\" is not among {roots}; the server omits an intermediate certificate, or that CA \
                 is not configured here"
            );
            (message, not_sent())
        };
        fault(Cause::TlsUntrusted, message).with(Detail::Tls(detail))
    }
}

fn fault(cause: Cause, message: String) -> Fault {
    Fault::new(Phase::Tls, cause, message)
}

/// What only stacks as strict as ours refuse.
pub(super) fn unsupported(what: &str) -> Fault {
    fault(Cause::TlsUnsupported, format!("{what}; other TLS stacks may accept it"))
}

fn malformed(what: &str) -> Fault {
    unsupported(what).with(Detail::Tls(TlsDetail::Malformed))
}

fn weak_signature(what: &str) -> Fault {
    unsupported(what).with(Detail::Tls(TlsDetail::WeakSignature))
}

/// `3 days`, `5 h`, `20 min`, `12 s`.
pub(super) fn rough_duration(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

fn seconds(unix: u64) -> i64 {
    i64::try_from(unix).unwrap_or(i64::MAX)
}

fn quoted(names: &[String]) -> String {
    let shown = names.iter().take(NAMES_SHOWN).map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Whether a common name fits a host as old stacks have it: equal, or a wildcard for one label.
fn matches_host(name: &str, host: &str) -> bool {
    let wildcard = name.strip_prefix("*.").zip(host.split_once('.')).is_some_and(|(suffix, (_, rest))| suffix == rest);
    name.eq_ignore_ascii_case(host) || wildcard
}

/// rustls has its own value for this, but hands through the one of webpki.
fn is_unknown_critical_extension(error: &CertificateError) -> bool {
    match error {
        CertificateError::UnhandledCriticalExtension => true,
        CertificateError::Other(OtherError(inner)) => {
            inner.downcast_ref() == Some(&webpki::Error::UnsupportedCriticalExtension)
        }
        _ => false,
    }
}

/// Signatures that were given up, by their OID.
fn obsolete_signature(oid: &str) -> Option<&'static str> {
    match oid {
        "1.2.840.113549.1.1.4" => Some("MD5"),
        "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" => Some("SHA-1"),
        _ => None,
    }
}
