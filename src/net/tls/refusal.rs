//! Why a handshake did not come about, or was taken back at the first read: from the error and the peer's bytes, to a
//! cause and a sentence.

use std::error::Error as StdError;
use std::io;

use tokio::time::Instant;

use rustls::{AlertDescription, Error, PeerIncompatible};

use super::Session;
use super::opening::{Chosen, looks_like_tls};
use super::untrusted::{Judged, unsupported};
use crate::cause::Cause;
use crate::net::io::StreamStats;
use crate::net::speaks::{Protocol, recognise};
use crate::net::stream_error::{self, Expected, StreamError, how_silent, silence};
use crate::outcome::{Detail, Fault, Phase, StreamDetail, TlsDetail};

const EXPECTED: Expected = Expected { what: "the end of the TLS handshake", protocol: Some(Protocol::Tls) };

/// All that is known when a handshake ended early.
pub(super) struct Scene<'a> {
    pub(super) judged: Judged<'a>,
    pub(super) session: &'a Session,
    /// What came over the wire since the hello; its head are the peer's first bytes.
    pub(super) seen: StreamStats,
    pub(super) chosen: Option<Chosen>,
}

impl Scene<'_> {
    /// The cause and what was observed.
    pub(super) fn explain(&self, error: &io::Error) -> Fault {
        if let Some(fault) = self.not_tls() {
            return fault;
        }
        match tls_error(error) {
            Some(Error::InvalidCertificate(why)) => self.judged.explain(why),
            Some(Error::NoCertificatesPresented) => {
                let fault = Fault::new(Phase::Tls, Cause::TlsUntrusted, "the server presented no certificate");
                fault.with(Detail::Tls(TlsDetail::NoCertificate))
            }
            Some(Error::AlertReceived(alert)) => self.alert(*alert),
            Some(Error::PeerIncompatible(why)) => self.incompatible(why),
            Some(Error::PeerMisbehaved(why)) => {
                Fault::new(Phase::Tls, Cause::ProtocolError, format!("the peer broke the TLS protocol: {why:?}"))
            }
            Some(Error::InvalidMessage(why)) => {
                Fault::new(Phase::Tls, Cause::ProtocolError, format!("the peer sent a broken TLS message: {why:?}"))
            }
            Some(other) => failed(format!("the TLS handshake failed: {other}")),
            None => match self.session.after_our_silence(error) {
                Some(about_us) => about_us,
                None => stream_error::fault(Phase::Tls, StreamError::Failed(error), &self.seen, EXPECTED),
            },
        }
    }

    /// What is known where the time ran out.
    pub(super) fn timeout(&self) -> Fault {
        let so_far = || format!("out of time in the TLS handshake; {}", silence(&self.seen, Instant::now()));
        let silent = || Fault::new(Phase::Tls, Cause::Timeout, so_far()).with(how_silent(&self.seen));
        self.not_tls().unwrap_or_else(silent)
    }

    fn not_tls(&self) -> Option<Fault> {
        if self.seen.head.is_empty() || looks_like_tls(&self.seen.head) {
            return None;
        }
        let (message, detail) = match recognise(&self.seen.head) {
            Some(other) => (format!("the peer speaks plain {other}"), StreamDetail::Speaks(other.as_str())),
            None => {
                let count = self.seen.received;
                let message = format!("what came ({count} bytes) is no TLS, and no protocol that is known");
                (message, StreamDetail::Unrecognised)
            }
        };
        Some(Fault::new(Phase::Tls, Cause::TlsNotTls, message).with(Detail::Stream(detail)))
    }

    fn alert(&self, alert: AlertDescription) -> Fault {
        use AlertDescription as A;
        if let Some(about_us) = self.session.about_our_certificate(alert) {
            return about_us;
        }
        let named = named(alert);
        let fault = match alert {
            A::ProtocolVersion => unsupported(&format!(
                "the server refuses TLS 1.2 and 1.3 (alert {named}), so it offers only older versions"
            )),
            A::HandshakeFailure | A::InsufficientSecurity if self.chosen.is_none() => {
                let fault =
                    unsupported(&format!("the server found nothing in common with our TLS hello (alert {named})"));
                return fault.with(Detail::Tls(TlsDetail::NothingInCommon));
            }
            A::UnrecognisedName => {
                let host = self.judged.host;
                failed(format!("the server does not know the name \"{host}\" (alert {named})"))
            }
            A::NoApplicationProtocol => {
                let offered = self.session.alpn.join(", ");
                failed(format!("the server speaks none of the application protocols {offered} (alert {named})"))
            }
            _ => failed(format!("the server ended the TLS handshake with alert {named}")),
        };
        fault.with(Detail::Tls(TlsDetail::Alert(alert.into())))
    }

    fn incompatible(&self, why: &PeerIncompatible) -> Fault {
        match why {
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => {
                let version = self.chosen.and_then(Chosen::version_name).unwrap_or("an older version");
                unsupported(&format!("the server chose {version}; TLS 1.2 or 1.3 is needed"))
            }
            other => unsupported(&format!("the server's TLS has nothing in common with ours: {other:?}"))
                .with(Detail::Tls(TlsDetail::NothingInCommon)),
        }
    }
}

fn failed(message: String) -> Fault {
    Fault::new(Phase::Tls, Cause::TlsHandshakeFailed, message)
}

impl Session {
    /// What trouble after the handshake says of TLS, where it does: under TLS 1.3 the server judges our certificate only
    /// then. `None` where it is about something else.
    pub(super) fn explain(&self, error: &(dyn StdError + 'static), nothing_came: bool) -> Option<Fault> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(error) = error.downcast_ref::<io::Error>() {
                // An io::Error may wrap another one, told by its own source alone.
                let error = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>()).unwrap_or(error);
                if let Some(Error::AlertReceived(alert)) = tls_error(error) {
                    let general = || {
                        let fault = failed(format!("the peer ended the TLS session with alert {}", named(*alert)));
                        fault.with(Detail::Tls(TlsDetail::Alert((*alert).into())))
                    };
                    return Some(self.about_our_certificate(*alert).unwrap_or_else(general));
                }
                if nothing_came && let Some(about_us) = self.after_our_silence(error) {
                    return Some(about_us);
                }
            }
            next = error.source();
        }
        None
    }

    /// Alerts with which a server judges the client's certificate, or that there is none.
    fn about_our_certificate(&self, alert: AlertDescription) -> Option<Fault> {
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
        let named = named(alert);
        let message = match (wanted, &self.identity) {
            (Some(issuers), None) => {
                format!("the server wants a client certificate{}, and none is configured (alert {named})", of(issuers))
            }
            (Some(issuers), Some(who)) => {
                format!("the server rejects our client certificate {who} (alert {named}); it wants one{}", of(issuers))
            }
            (None, _) if alert == A::CertificateRequired => {
                format!("the server wants a client certificate (alert {named})")
            }
            (None, _) => return None,
        };
        let fault = Fault::new(Phase::Tls, Cause::TlsClientCertRequired, message);
        Some(fault.with(Detail::Tls(TlsDetail::Alert(alert.into()))))
    }

    /// A server that asked for a certificate, got none, and hung up without a word.
    fn after_our_silence(&self, error: &io::Error) -> Option<Fault> {
        let hung_up = matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
        );
        let issuers = self.issuers.as_ref().filter(|_| hung_up && self.identity.is_none())?;
        let message =
            format!("the server asked for a client certificate{}, none is configured, and it hung up", of(issuers));
        Some(Fault::new(Phase::Tls, Cause::TlsClientCertRequired, message))
    }
}

/// ` of "CN=A" or "CN=B"`, or nothing where the server did not say.
fn of(issuers: &[String]) -> String {
    if issuers.is_empty() {
        return String::new();
    }
    format!(" issued by {}", issuers.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" or "))
}

fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// `handshake_failure (40)`: the name of RFC 8446, section 6, and the number.
fn named(alert: AlertDescription) -> String {
    let number = u8::from(alert);
    let name = match alert {
        // Those whose name in the RFC is not the one in rustls, split at its capitals.
        AlertDescription::UnknownCA => "unknown_ca".to_owned(),
        AlertDescription::UnrecognisedName => "unrecognized_name".to_owned(),
        AlertDescription::UserCanceled => "user_canceled".to_owned(),
        AlertDescription::UnknownPSKIdentity => "unknown_psk_identity".to_owned(),
        known => match known.as_str() {
            Some(text) => {
                let parts = text.char_indices().map(|(at, c)| match (at, c.is_ascii_uppercase()) {
                    (0, _) | (_, false) => c.to_ascii_lowercase().to_string(),
                    _ => format!("_{}", c.to_ascii_lowercase()),
                });
                parts.collect()
            }
            None => return number.to_string(),
        },
    };
    format!("{name} ({number})")
}
