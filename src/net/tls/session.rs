//! What is remembered of a session for what may come after its handshake: the server's verdict on our certificate, and
//! the end of its own.

use std::error::Error as StdError;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::{AlertDescription, Error};

use super::alert::{alert_name, error_in_words, tls_error};
use super::options::TlsOptions;
use super::pem_certificates::check_days_left;
use crate::cause::Cause;
use crate::net::stream_error::StreamError;
use crate::outcome::{Certificate, Detail, Fault, Phase, TlsDetail};

/// What is remembered of a session for what may come after its handshake.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// The issuers that the server wants client certificates of; `None` where it asked for none.
    pub(super) issuers: Option<Vec<String>>,
    /// Subject and issuer of our certificate, where there is one.
    pub(super) identity: Option<String>,
    pub(super) alpn: Vec<String>,
    /// Whether it is TLS 1.3, in which the client is done first.
    pub(super) is_tls13: bool,
    /// The certificate of the leaf's path that ends first.
    pub(super) first_to_expire: Option<Certificate>,
}

impl Session {
    /// What is known before the handshake.
    pub(super) fn new(options: &TlsOptions) -> Self {
        Self {
            identity: options.identity.as_ref().map(|identity| identity.who().to_owned()),
            alpn: options.alpn.clone(),
            ..Self::default()
        }
    }

    /// Whether the server may yet refuse us at the first read: under TLS 1.3 it judges our certificate, or that we have
    /// none, after the handshake.
    #[must_use]
    pub const fn may_reject_client_certificate(&self) -> bool {
        self.issuers.is_some() && self.is_tls13
    }

    /// The fault of an error after the handshake, where it is TLS's: a server that speaks TLS 1.3 judges our certificate
    /// only then. The error may be another library's, with the socket's error among its sources.
    #[must_use]
    pub fn fault(&self, error: &(dyn StdError + 'static)) -> Option<Fault> {
        self.after_the_handshake(error, false)
    }

    /// The same for a stream that gave trouble: `Attempt::stream_error` asks it for every kind. A server that asked for a
    /// certificate, got none and hung up before its first byte said enough.
    pub(in crate::net) fn stream_error(&self, error: StreamError<'_>, nothing_came: bool) -> Option<Fault> {
        let ended = io::Error::from(io::ErrorKind::UnexpectedEof);
        let error = match error {
            StreamError::Failed(error) => error,
            StreamError::Ended => &ended,
            StreamError::Unexpected(_) | StreamError::TooLong(_) | StreamError::Announced(_) => return None,
        };
        self.after_the_handshake(error, nothing_came)
    }

    fn after_the_handshake(&self, error: &(dyn StdError + 'static), nothing_came: bool) -> Option<Fault> {
        self.explain(error, nothing_came)
    }

    /// Whether every certificate of the path lasts this many days more.
    ///
    /// # Errors
    /// `tls_expired` in phase `assert`, naming the one that ends first.
    pub fn check_days_left(&self, days: u32) -> Result<(), Fault> {
        self.first_to_expire.as_ref().map_or(Ok(()), |first| check_days_left(first, unix_now(), days))
    }

    /// What trouble after the handshake says of TLS, where it does: under TLS 1.3 the server judges our certificate only
    /// then. `None` where it is about something else.
    fn explain(&self, error: &(dyn StdError + 'static), nothing_came: bool) -> Option<Fault> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(error) = error.downcast_ref::<io::Error>() {
                // An io::Error may wrap another one, told by its own source alone.
                let error = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>()).unwrap_or(error);
                if let Some(Error::AlertReceived(alert)) = tls_error(error) {
                    let general = || {
                        let message = format!("the peer ended the TLS session with alert {}", alert_name(*alert));
                        let fault = Fault::new(Phase::Tls, Cause::TlsHandshakeFailed, &message).stating(message);
                        fault.with(Detail::Tls(TlsDetail::Alert((*alert).into())))
                    };
                    return Some(self.client_certificate_fault(*alert).unwrap_or_else(general));
                }
                if let Some(broken) = tls_error(error) {
                    let message = format!("the TLS session broke: {}", error_in_words(broken));
                    return Some(Fault::new(Phase::Tls, Cause::ProtocolError, message));
                }
                if nothing_came && let Some(about_us) = self.hung_up_fault(error) {
                    return Some(about_us);
                }
            }
            next = error.source();
        }
        None
    }

    /// Alerts with which a server judges the client's certificate, or that there is none.
    pub(super) fn client_certificate_fault(&self, alert: AlertDescription) -> Option<Fault> {
        use AlertDescription as A;
        let judges = matches!(
            alert,
            A::BadCertificate
                | A::UnsupportedCertificate
                | A::CertificateRevoked
                | A::CertificateExpired
                | A::CertificateUnknown
                | A::UnknownCA
                | A::AccessDenied
                | A::HandshakeFailure
                | A::CertificateRequired
        );
        let wanted = self.issuers.as_ref().filter(|_| judges);
        let named = alert_name(alert);
        let message = match (wanted, &self.identity) {
            (Some(issuers), None) => format!(
                "the server requires a client certificate{}, and none is configured (alert {named})",
                issued_by(issuers)
            ),
            (Some(issuers), Some(who)) => format!(
                "the server rejects our client certificate {who} (alert {named}); it requires one{}",
                issued_by(issuers)
            ),
            (None, _) if alert == A::CertificateRequired => {
                format!("the server requires a client certificate (alert {named})")
            }
            (None, _) => return None,
        };
        let fault = Fault::new(Phase::Tls, Cause::TlsClientCertRequired, message);
        let fault = fault.with(Detail::Tls(TlsDetail::Alert(alert.into())));
        Some(match (wanted, &self.identity) {
            (Some(_), Some(who)) => fault.stating(format!("the server rejects the client certificate {who}")),
            _ => fault,
        })
    }

    /// A server that asked for a certificate, got none, and hung up without a word.
    pub(super) fn hung_up_fault(&self, error: &io::Error) -> Option<Fault> {
        let hung_up = matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
        );
        let issuers = self.issuers.as_ref().filter(|_| hung_up && self.identity.is_none())?;
        let message = format!(
            "the server requested a client certificate{}, none is configured, and the server closed the connection",
            issued_by(issuers)
        );
        Some(Fault::new(Phase::Tls, Cause::TlsClientCertRequired, message))
    }
}

/// ` of "CN=A" or "CN=B"`, or nothing where the server did not say.
fn issued_by(issuers: &[String]) -> String {
    if issuers.is_empty() {
        return String::new();
    }
    format!(" issued by {}", issuers.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" or "))
}

/// Seconds since 1970, by this pod's clock.
pub(super) fn unix_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
