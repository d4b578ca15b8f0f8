//! Why a handshake failed: from the error and the peer's bytes to a cause and a sentence.

use std::io;

use tokio::time::Instant;

use rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible};

use super::alert::{alert_name, error_in_words, in_words, tls_error};
use super::certificate_error::CertificateContext;
use super::chain_limit::ChainLimit;
use super::limit::limit;
use super::server_hello::{ServerHello, looks_like_tls};
use super::session::Session;
use crate::cause::Cause;
use crate::net::io::StreamStats;
use crate::net::speaks::{Protocol, recognise};
use crate::net::stream_error::{self, Expected, StreamError, how_silent, silence};
use crate::outcome::{Detail, Fault, Phase, StreamDetail, TlsDetail, bytes};

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
        match tls_error(error) {
            Some(Error::InvalidCertificate(why)) => self.certificate.explain(why),
            Some(Error::NoCertificatesPresented) => {
                let fault = Fault::new(Phase::Tls, Cause::TlsUntrusted, "the server presented no certificate");
                fault.with(Detail::Tls(TlsDetail::NoCertificate))
            }
            Some(Error::AlertReceived(alert)) => self.alert(*alert),
            Some(Error::PeerIncompatible(why)) => self.incompatible(why),
            Some(Error::PeerMisbehaved(why)) => {
                let message = format!("the peer broke the TLS protocol: {}", in_words(why));
                Fault::new(Phase::Tls, Cause::ProtocolError, message)
            }
            Some(Error::InvalidMessage(
                why @ (InvalidMessage::UnsupportedCurveType | InvalidMessage::UnsupportedKeyExchangeAlgorithm(_)),
            )) => nothing_in_common(&in_words(why)),
            Some(Error::InvalidMessage(why)) => {
                let message = format!("the peer sent a broken TLS message: {}", in_words(why));
                Fault::new(Phase::Tls, Cause::ProtocolError, message)
            }
            Some(other) if let Some(limit) = ChainLimit::of(other) => too_much(limit),
            Some(other) => failed(format!("the TLS handshake failed: {}", error_in_words(other))),
            None => match self.session.hung_up_fault(error) {
                Some(about_us) => about_us,
                None => stream_error::fault(Phase::Tls, StreamError::Failed(error), &self.seen, EXPECTED),
            },
        }
    }

    /// What is known where the time ran out.
    pub(super) fn timeout(&self) -> Fault {
        let so_far = || format!("timed out in the TLS handshake: {}", silence(&self.seen, Instant::now()));
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
                let count = bytes(self.seen.received);
                let message = format!("the received data ({count}) is neither TLS nor a known protocol");
                (message, StreamDetail::Unrecognised)
            }
        };
        Some(Fault::new(Phase::Tls, Cause::TlsNotTls, message).with(Detail::Stream(detail)))
    }

    fn alert(&self, alert: AlertDescription) -> Fault {
        use AlertDescription as A;
        if let Some(about_us) = self.session.client_certificate_fault(alert) {
            return about_us;
        }
        let named = alert_name(alert);
        let fault = match alert {
            A::ProtocolVersion => {
                let what =
                    format!("the server rejects TLS 1.2 and 1.3 (alert {named}), so it offers only older versions");
                return limit(TlsDetail::OldVersion, &what);
            }
            A::HandshakeFailure | A::InsufficientSecurity if self.hello.is_none() => {
                let what =
                    format!("the server supports no cipher, group or key type that pilotfish offers (alert {named})");
                return limit(TlsDetail::NothingInCommon, &what);
            }
            A::UnrecognisedName => {
                let host = self.certificate.host;
                failed(format!("the server does not know the name \"{host}\" (alert {named})"))
            }
            A::NoApplicationProtocol => {
                let offered = self.session.alpn.join(", ");
                failed(format!("the server supports none of the application protocols {offered} (alert {named})"))
            }
            _ => failed(format!("the server ended the TLS handshake with alert {named}")),
        };
        fault.with(Detail::Tls(TlsDetail::Alert(alert.into())))
    }

    fn incompatible(&self, why: &PeerIncompatible) -> Fault {
        match why {
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => {
                let version = self.hello.and_then(ServerHello::version_name).unwrap_or("an older version");
                limit(TlsDetail::OldVersion, &format!("the server chose {version}; pilotfish speaks TLS 1.2 and 1.3"))
            }
            other => nothing_in_common(&in_words(other)),
        }
    }
}

fn too_much(limit: ChainLimit) -> Fault {
    failed(limit.to_string()).with(Detail::Tls(TlsDetail::BreaksConstraints))
}

fn nothing_in_common(why: &str) -> Fault {
    limit(TlsDetail::NothingInCommon, &format!("the server's TLS is not compatible with pilotfish: {why}"))
}

fn failed(message: String) -> Fault {
    Fault::new(Phase::Tls, Cause::TlsHandshakeFailed, &message).stating(message)
}
