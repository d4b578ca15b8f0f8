//! Why a handshake failed: from the error and the peer's bytes to a cause and a sentence.

use std::io;

use tokio::time::Instant;

use rustls::{AlertDescription, Error, PeerIncompatible};

use super::alert::{alert_name, tls_error};
use super::certificate_error::{CertificateContext, unsupported};
use super::server_hello::{ServerHello, looks_like_tls};
use super::session::Session;
use crate::cause::Cause;
use crate::net::io::StreamStats;
use crate::net::speaks::{Protocol, recognise};
use crate::net::stream_error::{self, Expected, StreamError, silence};
use crate::outcome::{Fault, Phase};

const EXPECTED: Expected = Expected { what: "the end of the TLS handshake", protocol: Some(Protocol::Tls) };

/// All that is known when a handshake ended early.
pub(super) struct HandshakeContext<'a> {
    pub(super) certificate: CertificateContext<'a>,
    pub(super) session: &'a Session,
    /// What came over the wire since the hello; its head are the peer's first bytes.
    pub(super) seen: StreamStats,
    pub(super) hello: Option<ServerHello>,
}

impl HandshakeContext<'_> {
    /// The cause and what was observed.
    pub(super) fn explain(&self, error: &io::Error) -> Fault {
        if let Some(fault) = self.not_tls() {
            return fault;
        }
        let (cause, message) = match tls_error(error) {
            Some(Error::InvalidCertificate(why)) => self.certificate.explain(why),
            Some(Error::NoCertificatesPresented) => {
                (Cause::TlsUntrusted, "the server presented no certificate".to_owned())
            }
            Some(Error::AlertReceived(alert)) => self.alert(*alert),
            Some(Error::PeerIncompatible(why)) => self.incompatible(why),
            Some(Error::PeerMisbehaved(why)) => {
                (Cause::ProtocolError, format!("the peer broke the TLS protocol: {why:?}"))
            }
            Some(Error::InvalidMessage(why)) => {
                (Cause::ProtocolError, format!("the peer sent a broken TLS message: {why:?}"))
            }
            Some(other) => (Cause::TlsHandshakeFailed, format!("the TLS handshake failed: {other}")),
            None => match self.session.hung_up_cause(error) {
                Some(about_us) => about_us,
                None => return stream_error::fault(Phase::Tls, StreamError::Failed(error), &self.seen, EXPECTED),
            },
        };
        Fault::new(Phase::Tls, cause, message)
    }

    /// What is known where the time ran out.
    pub(super) fn timeout(&self) -> Fault {
        let so_far = || format!("out of time in the TLS handshake; {}", silence(&self.seen, Instant::now()));
        self.not_tls().unwrap_or_else(|| Fault::new(Phase::Tls, Cause::Timeout, so_far()))
    }

    fn not_tls(&self) -> Option<Fault> {
        if self.seen.head.is_empty() || looks_like_tls(&self.seen.head) {
            return None;
        }
        let unknown = || format!("what came ({} bytes) is no TLS, and no protocol that is known", self.seen.received);
        let what = recognise(&self.seen.head).map_or_else(unknown, |what| format!("the peer speaks plain {what}"));
        Some(Fault::new(Phase::Tls, Cause::TlsNotTls, what))
    }

    fn alert(&self, alert: AlertDescription) -> (Cause, String) {
        use AlertDescription as A;
        if let Some(about_us) = self.session.client_certificate_cause(alert) {
            return about_us;
        }
        let named = alert_name(alert);
        match alert {
            A::ProtocolVersion => unsupported(&format!(
                "the server refuses TLS 1.2 and 1.3 (alert {named}), so it offers only older versions"
            )),
            A::HandshakeFailure | A::InsufficientSecurity if self.hello.is_none() => {
                unsupported(&format!("the server found nothing in common with our TLS hello (alert {named})"))
            }
            A::UnrecognisedName => {
                let host = self.certificate.host;
                (Cause::TlsHandshakeFailed, format!("the server does not know the name \"{host}\" (alert {named})"))
            }
            A::NoApplicationProtocol => {
                let offered = self.session.alpn.join(", ");
                let what = format!("the server speaks none of the application protocols {offered} (alert {named})");
                (Cause::TlsHandshakeFailed, what)
            }
            _ => (Cause::TlsHandshakeFailed, format!("the server ended the TLS handshake with alert {named}")),
        }
    }

    fn incompatible(&self, why: &PeerIncompatible) -> (Cause, String) {
        match why {
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => {
                let version = self.hello.and_then(ServerHello::version_name).unwrap_or("an older version");
                unsupported(&format!("the server chose {version}; TLS 1.2 or 1.3 is needed"))
            }
            other => unsupported(&format!("the server's TLS has nothing in common with ours: {other:?}")),
        }
    }
}
