//! A verifier that keeps what the peer presented, whatever it then says of it.
//!
//! webpki verifies what it takes. What OpenSSL takes besides, an odd leaf or a name, is verified beside it and recorded
//! as an oddity.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{
    CertificateDer, ServerName, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, UnixTime,
};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use webpki::RawPublicKeyEntity;

use super::algorithms::ALGORITHMS;
use super::certificate::{CertificateInfo, public_key};
use super::chain::CHAIN_LIMIT;
use super::chain_limit::{ChainLimit, check_issuers, followed};
use super::name_rules::NameRule;
use super::options::{TlsOptions, Verify};
use super::roots::Roots;
use super::signature_budget::SignatureBudget;
use super::validity::{self, expired, unix_time};
use super::{odd_leaf, peer_names};
use crate::outcome::CertificateOddity;
use crate::url::Host;

/// What the peer presented: DER, leaf first.
pub(super) type PresentedChain = Vec<CertificateDer<'static>>;

/// What is known of the peer after its certificate was looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Presented {
    /// At most [`CHAIN_LIMIT`] certificates; empty where the handshake did not come that far.
    pub(super) chain: PresentedChain,
    /// What is odd about the first one although it was accepted.
    pub(super) oddities: Vec<CertificateOddity>,
}

#[derive(Debug)]
pub(super) struct RecordingVerifier {
    verify: Verify,
    host: Host,
    name_rule: NameRule,
    roots: Arc<Roots>,
    presented: Mutex<Presented>,
}

impl RecordingVerifier {
    pub(super) fn new(options: &TlsOptions) -> Self {
        Self {
            verify: options.verify,
            host: options.server_name.clone(),
            name_rule: options.name_rule,
            roots: Arc::clone(&options.roots),
            presented: Mutex::default(),
        }
    }

    /// What the peer presented.
    pub(super) fn presented(&self) -> Presented {
        self.presented.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn record(&self, change: impl FnOnce(&mut Presented)) {
        change(&mut self.presented.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Verifies the path from the leaf to a root; what is odd about the leaf.
    fn verify_chain(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<Option<CertificateOddity>, Error> {
        if self.roots.contains(leaf) {
            // What is trusted as it stands needs no issuer; its dates count.
            let info = CertificateInfo::read(leaf).ok_or(CertificateError::BadEncoding)?;
            validity::check(info.facts.not_before, info.facts.not_after, now)?;
            return Ok((!info.is_v3).then_some(CertificateOddity::VersionOne));
        }
        let chain = followed(leaf, others);
        check_issuers(leaf, &chain).map_err(ChainLimit::error)?;
        let budget = SignatureBudget::default();
        let counted = budget.algorithms();
        let algorithms: Vec<&dyn SignatureVerificationAlgorithm> = counted.iter().map(|one| one as _).collect();
        let verified = match self.verify_by_webpki(leaf, &chain, now, &algorithms) {
            Err(error) if is_odd(&error) => {
                odd_leaf::verify(leaf, &chain, &self.roots, now, &algorithms).map(Some).map_err(Into::into)
            }
            verified => verified.map(|()| None),
        };
        verified.map_err(|error| match error {
            _ if budget.exceeded() => ChainLimit::Signatures.error(),
            Error::InvalidCertificate(CertificateError::UnknownIssuer) if others.len() >= CHAIN_LIMIT => {
                ChainLimit::Certificates(others.len() + 1).error()
            }
            error => error,
        })
    }

    fn verify_by_webpki(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
        algorithms: &[&dyn SignatureVerificationAlgorithm],
    ) -> Result<(), Error> {
        let trusted = |store: &RootCertStore| {
            ParsedCertificate::try_from(leaf)
                .and_then(|parsed| verify_server_cert_signed_by_trust_anchor(&parsed, store, others, now, algorithms))
        };
        // The dates of a root are nothing to rustls; OpenSSL, Node and Go refuse one that has ended.
        let Some((expired_roots, valid_roots)) = self.roots.expired_roots(now.as_secs().cast_signed()) else {
            return trusted(&self.roots.store);
        };
        trusted(&valid_roots).map_err(|error| {
            let by = expired_roots.into_iter().find(|(root, _)| trusted(root).is_ok());
            by.map_or(error, |(_, end)| expired(now, unix_time(end)).into())
        })
    }

    /// Whether the certificate is for the name that was asked for; what is odd about that.
    fn verify_name(
        &self,
        leaf: &CertificateDer<'_>,
        name: &ServerName<'_>,
    ) -> Result<Option<CertificateOddity>, Error> {
        let strictly = ParsedCertificate::try_from(leaf).and_then(|parsed| verify_server_name(&parsed, name));
        let Err(refused) = strictly else { return Ok(None) };
        let names = peer_names::read(leaf).unwrap_or_default();
        let oddity = (self.name_rule)(&names, &self.host);
        let not_for_name = || match refused {
            Error::InvalidCertificate(CertificateError::NotValidForNameContext { .. }) => refused,
            _ => CertificateError::NotValidForName.into(),
        };
        oddity.map(Some).ok_or_else(not_for_name)
    }
}

/// Whether webpki does not take the leaf, for what it is: of version 1, or an authority's.
fn is_odd(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) = error else { return false };
    matches!(inner.downcast_ref(), Some(webpki::Error::UnsupportedCertVersion | webpki::Error::CaUsedAsEndEntity))
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

/// As rustls verifies it with a certificate, for which it must like all of the certificate: the key alone counts here.
fn verify_tls12_with_raw_key(
    message: &[u8],
    key: &SubjectPublicKeyInfoDer<'_>,
    signed: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let unsupported = || {
        Error::from(CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id: Vec::new(),
            public_key_algorithm_id: Vec::new(),
        })
    };
    let entity = RawPublicKeyEntity::try_from(key).map_err(|_| CertificateError::BadEncoding)?;
    let of_scheme = ALGORITHMS.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
    let (_, algorithms) = of_scheme.ok_or_else(unsupported)?;
    // The scheme names the hash, and any curve.
    for algorithm in *algorithms {
        match entity.verify_signature(*algorithm, message, signed.signature()) {
            Ok(()) => return Ok(HandshakeSignatureValid::assertion()),
            Err(webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)) => {}
            Err(_) => return Err(CertificateError::BadSignature.into()),
        }
    }
    Err(unsupported())
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
        self.record(|presented| presented.chain = all);
        let of_chain = if self.verify == Verify::Off { None } else { self.verify_chain(leaf, others, now)? };
        let of_name = if self.verify == Verify::Full { self.verify_name(leaf, name)? } else { None };
        self.record(|presented| presented.oddities = of_chain.into_iter().chain(of_name).collect());
        Ok(ServerCertVerified::assertion())
    }

    // The two below hold under `Off` as well: channel binding means something only where the peer proved its key. rustls
    // reads all of a certificate to get at its key, and does not take every one that `verify_server_cert` does.

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match public_key(leaf) {
            Some(key) => verify_tls12_with_raw_key(message, &key.into(), signed),
            None => verify_tls12_signature(message, leaf, signed, &ALGORITHMS),
        }
        .map_err(as_handshake_error)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match public_key(leaf) {
            Some(key) => verify_tls13_signature_with_raw_key(message, &key.into(), signed, &ALGORITHMS),
            None => verify_tls13_signature(message, leaf, signed, &ALGORITHMS),
        }
        .map_err(as_handshake_error)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ALGORITHMS.supported_schemes()
    }
}
