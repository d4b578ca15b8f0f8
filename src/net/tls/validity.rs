//! The dates of a certificate, against the clock.

use std::time::Duration;

use rustls::CertificateError;
use rustls::pki_types::UnixTime;

/// Seconds since 1970 as rustls has them; what is before counts as 1970.
pub(super) fn unix_time(seconds: i64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds.max(0).unsigned_abs()))
}

/// The end of a certificate's time, as an error.
pub(super) const fn expired(time: UnixTime, not_after: UnixTime) -> CertificateError {
    CertificateError::ExpiredContext { time, not_after }
}

/// Whether now is in these dates, in seconds since 1970.
pub(super) fn check(not_before: i64, not_after: i64, now: UnixTime) -> Result<(), CertificateError> {
    let (not_before, not_after) = (unix_time(not_before), unix_time(not_after));
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before });
    }
    if now > not_after {
        return Err(expired(now, not_after));
    }
    Ok(())
}
