//! Why a certificate was not accepted: from rustls's error and what was sent, to a cause and a sentence.

use rustls::{CertificateError, OtherError};

use super::alert::in_words;
use super::certificate::CertificateInfo;
use super::chain::path;
use super::limit::{self, limit};
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
            let what = "cannot read the certificate of the server";
            return untrusted_for(TlsDetail::Malformed, what.to_owned());
        };
        let subject = &leaf.facts.subject;
        match error {
            // Its dates are the wrong way round.
            CertificateError::Expired => {
                let reversed = self.chain.iter().find(|sent| sent.facts.not_after < sent.facts.not_before);
                self.expired(reversed.unwrap_or(leaf).facts.not_after)
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
                limit::of_signature(self.chain).unwrap_or_else(|| self.untrusted(leaf))
            }
            // See `as_handshake_error`.
            CertificateError::ApplicationVerificationFailure => {
                limit::of_key(leaf).unwrap_or_else(|| not_proven(subject))
            }
            CertificateError::BadEncoding => invalid_encoding(subject),
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => not_for_servers(leaf),
            CertificateError::UnhandledCriticalExtension => critical_extension(subject),
            CertificateError::Other(OtherError(inner)) => match inner.downcast_ref() {
                Some(webpki::Error::UnsupportedCriticalExtension) => critical_extension(subject),
                Some(error) => by_rule(subject, error),
                None => invalid_encoding(subject),
            },
            other => breaks_rule(subject, &in_words(other)),
        }
    }

    fn expired(&self, at: i64) -> Fault {
        let of_chain = self.chain.iter().enumerate().find(|(_, sent)| sent.facts.not_after == at);
        let ended =
            |what: &str| format!("{what} expired {} ago, at {}", rough_duration(self.now - at), rfc3339_unix(at));
        let is_root = |sent: &CertificateInfo| sent.is_self_issued() && self.roots.has_subject(&sent.subject);
        match (of_chain, self.roots.name_expiring_at(at)) {
            (Some((1.., sent)), root) if root.is_none() || !is_root(sent) => {
                let subject = sent.facts.subject.clone();
                let issuer_is_trusted = self.roots.named(&sent.issuer).any(|root| root.end >= self.now);
                let which = format!("the intermediate certificate of \"{subject}\"");
                let detail = TlsDetail::IntermediateExpired { subject, at, issuer_is_trusted };
                fault(Cause::TlsExpired, ended(&which)).with(Detail::Tls(detail)).stating(format!("{which} expired"))
            }
            (None | Some((1.., _)), Some(subject)) => {
                let which = format!("the root \"{subject}\" of {}", self.roots.origin());
                let statement = format!("the root \"{subject}\" expired");
                let detail = TlsDetail::RootExpired { subject, at, of_system: self.roots.is_system() };
                fault(Cause::TlsExpired, ended(&which)).with(Detail::Tls(detail)).stating(statement)
            }
            _ => fault(Cause::TlsExpired, ended(&format!("the certificate of \"{}\"", self.chain[0].facts.subject))),
        }
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
        if let Some(limit) = limit::of_authorities(&path, self.roots) {
            return limit;
        }
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

fn untrusted_for(detail: TlsDetail, message: String) -> Fault {
    fault(Cause::TlsUntrusted, message).with(Detail::Tls(detail))
}

fn invalid_encoding(subject: &str) -> Fault {
    limit(
        TlsDetail::Malformed,
        &format!("the certificate of \"{subject}\" has an encoding that pilotfish does not read"),
    )
}

fn critical_extension(subject: &str) -> Fault {
    let what = format!("the certificate of \"{subject}\" has an unknown critical extension");
    untrusted_for(TlsDetail::CriticalExtension, what)
}

fn breaks_rule(subject: &str, rule: &str) -> Fault {
    untrusted_for(TlsDetail::BreaksConstraints, format!("the chain of \"{subject}\" was not accepted: {rule}"))
}

fn not_proven(subject: &str) -> Fault {
    let message = format!("the server did not prove that it holds the key of its certificate \"{subject}\"");
    fault(Cause::TlsHandshakeFailed, message).with(Detail::Tls(TlsDetail::KeyNotProven))
}

fn too_much(message: &str) -> Fault {
    fault(Cause::TlsHandshakeFailed, message.to_owned()).with(Detail::Tls(TlsDetail::BreaksConstraints))
}

fn not_for_servers(leaf: &CertificateInfo) -> Fault {
    let (detail, usage) = match leaf.is_ca {
        true => (TlsDetail::AuthorityAsServer, "key usage"),
        false => (TlsDetail::NotForServers, "extended key usage"),
    };
    let subject = &leaf.facts.subject;
    untrusted_for(detail, format!("the certificate of \"{subject}\" does not allow its use for a server ({usage})"))
}

/// What webpki has a value for and rustls does not.
fn by_rule(subject: &str, error: &webpki::Error) -> Fault {
    use webpki::Error as E;
    match error {
        E::NameConstraintViolation => {
            breaks_rule(subject, "an authority may not sign for that name (name constraints)")
        }
        E::PathLenConstraintViolated => breaks_rule(subject, "an authority has more authorities below it than it may"),
        E::EndEntityUsedAsCa => breaks_rule(subject, "a certificate that is no authority's signed another one"),
        E::SignatureAlgorithmMismatch => breaks_rule(subject, "a certificate names two algorithms for its signature"),
        E::CaUsedAsEndEntity => breaks_rule(subject, "an authority's own certificate is the server's"),
        E::MaximumPathDepthExceeded => {
            too_much(&format!("the chain of \"{subject}\" has more than 6 authorities in a row"))
        }
        E::MaximumNameConstraintComparisonsExceeded
        | E::MaximumPathBuildCallsExceeded
        | E::MaximumSignatureChecksExceeded => {
            too_much(&format!("the chain of \"{subject}\" takes too long to verify"))
        }
        _ => invalid_encoding(subject),
    }
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
