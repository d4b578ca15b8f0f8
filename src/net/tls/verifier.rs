//! A verifier that keeps what the peer presented, whatever it then says of it.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::certificate::{CertificateInfo, public_key};
use super::chain::CHAIN_LIMIT;
use super::options::Verify;
use super::roots::Roots;

/// What the peer presented: DER, leaf first.
pub(super) type PresentedChain = Vec<CertificateDer<'static>>;

#[derive(Debug)]
pub(super) struct RecordingVerifier {
    verify: Verify,
    roots: Arc<Roots>,
    algorithms: WebPkiSupportedAlgorithms,
    presented: Mutex<PresentedChain>,
}

impl RecordingVerifier {
    pub(super) fn new(verify: Verify, roots: Arc<Roots>, algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self { verify, roots, algorithms, presented: Mutex::default() }
    }

    /// What the peer presented; empty where the handshake did not come that far.
    pub(super) fn presented(&self) -> PresentedChain {
        self.presented.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn verify_chain(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let trusted = |store: &RootCertStore| {
            ParsedCertificate::try_from(leaf).and_then(|parsed| {
                verify_server_cert_signed_by_trust_anchor(&parsed, store, others, now, self.algorithms.all)
            })
        };
        match trusted(&self.roots.store) {
            Err(Error::InvalidCertificate(_)) if self.roots.contains(leaf) => check_dates(leaf, now),
            Ok(()) => {
                // The dates of a root are nothing to rustls; OpenSSL, Node and Go refuse one that has ended.
                let Some((expired_roots, others)) = self.roots.expired_roots(now.as_secs().cast_signed()) else {
                    return Ok(());
                };
                let by = expired_roots.into_iter().find(|(root, _)| trusted(root).is_ok() && trusted(&others).is_err());
                by.map_or(Ok(()), |(_, end)| Err(expired(now, unix_time(end)).into()))
            }
            failed => failed,
        }
    }
}

fn unix_time(seconds: i64) -> UnixTime {
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds.max(0).unsigned_abs()))
}

const fn expired(time: UnixTime, not_after: UnixTime) -> CertificateError {
    CertificateError::ExpiredContext { time, not_after }
}

/// A certificate that is trusted as it stands needs no issuer; its dates count.
fn check_dates(leaf: &[u8], now: UnixTime) -> Result<(), Error> {
    let parsed = CertificateInfo::read(leaf).ok_or(CertificateError::BadEncoding)?;
    let (not_before, not_after) = (unix_time(parsed.facts.not_before), unix_time(parsed.facts.not_after));
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
    }
    if now > not_after {
        return Err(expired(now, not_after).into());
    }
    Ok(())
}

/// rustls tells of a bad signature in the handshake as of one in the chain: by the leaf's key, not by its issuer's.
fn as_handshake_error(error: Error) -> Error {
    match error {
        Error::InvalidCertificate(CertificateError::BadSignature) => {
            Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)
        }
        other => other,
    }
}

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let all = std::iter::once(leaf).chain(others).take(CHAIN_LIMIT);
        let all = all.map(|der| der.clone().into_owned()).collect();
        *self.presented.lock().unwrap_or_else(PoisonError::into_inner) = all;
        match self.verify {
            Verify::Off => {}
            Verify::Chain => self.verify_chain(leaf, others, now)?,
            Verify::Full => {
                self.verify_chain(leaf, others, now)?;
                verify_server_name(&ParsedCertificate::try_from(leaf)?, name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    // The two below hold under `Off` as well: channel binding means something only where the peer proved its key.

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, leaf, signed, &self.algorithms).map_err(as_handshake_error)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = verify_tls13_signature(message, leaf, signed, &self.algorithms);
        // rustls reads all of a certificate to get at its key, and refuses X.509 version 1, as `openssl x509 -req` makes
        // it: of one that is not verified the key alone counts.
        let unread = matches!(verified, Err(Error::InvalidCertificate(CertificateError::Other(_))));
        match public_key(leaf).filter(|_| unread && self.verify == Verify::Off) {
            Some(key) => verify_tls13_signature_with_raw_key(message, &key.into(), signed, &self.algorithms),
            None => verified,
        }
        .map_err(as_handshake_error)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
