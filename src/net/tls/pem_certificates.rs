//! The certificates of a PEM file that a check reads for itself, and the days that one of them has left.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::certificate::CertificateInfo;
use super::certificate_error::rough_duration;
use super::pem::{fault, no_section_in};
use crate::cause::Cause;
use crate::outcome::{Certificate, Fault, Phase};
use crate::slices::Slices;
use crate::timestamp::rfc3339_unix;

/// Reads every certificate of a file in PEM; there is at least one.
///
/// # Errors
/// `file_invalid` for a file without one, or with one that is damaged.
pub async fn certificates_in(bytes: &[u8], shown: &str, slices: &mut Slices) -> Result<Vec<Certificate>, Fault> {
    let mut found = Vec::new();
    for (index, section) in CertificateDer::pem_slice_iter(bytes).enumerate() {
        let read = section.ok().and_then(|der| CertificateInfo::read(&der));
        let Some(certificate) = read else {
            let message = format!("certificate {} in {shown} is damaged", index + 1);
            return Err(fault(Cause::FileInvalid, message));
        };
        found.push(certificate.facts);
        slices.pause().await;
    }
    if found.is_empty() { Err(no_section_in(shown, bytes, "CERTIFICATE")) } else { Ok(found) }
}

/// Checks that a certificate is still valid for so many days.
///
/// # Errors
/// `tls_expired`.
pub fn check_days_left(certificate: &Certificate, now: i64, days: u32) -> Result<(), Fault> {
    let left = certificate.not_after - now;
    if left >= i64::from(days) * 86_400 {
        return Ok(());
    }
    let (subject, at) = (&certificate.subject, rfc3339_unix(certificate.not_after));
    let message = if left < 0 {
        format!("the certificate of \"{subject}\" expired {} ago, at {at}", rough_duration(-left))
    } else {
        let left = rough_duration(left);
        format!("the certificate of \"{subject}\" expires in {left}, at {at}; at least {days} days are required")
    };
    let statement = match left < 0 {
        true => format!("the certificate of \"{subject}\" has expired"),
        false => format!("the certificate of \"{subject}\" expires within {days} days"),
    };
    Err(Fault::new(Phase::Assert, Cause::TlsExpired, message).stating(statement))
}
