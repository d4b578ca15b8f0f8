//! Who we are, where the peer asks: the client's certificate and key, and the record that it was asked for.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::ResolvesClientCert;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys, SignatureScheme};
use zeroize::Zeroize as _;

use super::certificate::{self, CertificateInfo};
use super::pem::{Pem, fault, no_section_in};
use crate::cause::Cause;
use crate::env::Env;
use crate::outcome::Fault;

/// A certificate and its key, ready to be shown to a peer. Its `Debug` shows no key.
#[derive(Clone)]
pub struct Identity {
    key: Arc<CertifiedKey>,
    /// Subject and issuer, for messages.
    who: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Identity").field(&self.who).finish()
    }
}

impl Identity {
    /// Reads the two; they are read anew at each run.
    ///
    /// # Errors
    /// `file_missing` and `file_invalid`: which of the two, and whether they belong together.
    pub fn read(cert: &Pem, key: &Pem, env: &dyn Env) -> Result<Self, Fault> {
        let (cert_bytes, cert_shown) = cert.read(env)?;
        let (key_bytes, key_shown) = key.read(env)?;
        let invalid = |message: String| fault(Cause::FileInvalid, message);
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&cert_bytes)
            .collect::<Result<_, _>>()
            .map_err(|_| invalid(format!("the client certificate in {cert_shown} is damaged: copy it again")))?;
        let Some(leaf) = chain.first() else {
            return Err(no_section_in(&cert_shown, &cert_bytes, "CERTIFICATE"));
        };
        let parsed = CertificateInfo::read(leaf)
            .ok_or_else(|| invalid(format!("the client certificate in {cert_shown} is damaged: copy it again")))?;
        let mut der = PrivateKeyDer::from_pem_slice(&key_bytes)
            .map_err(|_| no_section_in(&key_shown, &key_bytes, "PRIVATE KEY"))?;
        let signing = any_supported_type(&der);
        der.zeroize();
        let signing = signing.map_err(|_| {
            let kinds = "RSA of at least 2048 bits, EC P-256 or P-384, or Ed25519";
            invalid(format!("the private key in {key_shown} is damaged, or is not {kinds}"))
        })?;
        let certified = CertifiedKey::new(chain, signing);
        // Of what rustls does not read, as a certificate of X.509 version 1, the peer is the judge.
        if matches!(certified.keys_match(), Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch))) {
            return Err(invalid(format!(
                "the private key in {key_shown} does not belong to the first certificate in {cert_shown}"
            )));
        }
        let who = format!("\"{}\", issued by \"{}\"", parsed.facts.subject, parsed.facts.issuer);
        Ok(Self { key: Arc::new(certified), who })
    }

    /// Subject and issuer, for messages.
    pub(super) fn who(&self) -> &str {
        &self.who
    }
}

/// Answers the peer's request for a certificate, and records it.
#[derive(Debug)]
pub(super) struct ClientCertResolver {
    identity: Option<Identity>,
    /// The issuers that the peer accepts, once it asked.
    issuers: Mutex<Option<Vec<String>>>,
}

impl ClientCertResolver {
    pub(super) fn new(identity: Option<Identity>) -> Self {
        Self { identity, issuers: Mutex::new(None) }
    }

    /// The issuers that the peer accepts, as text and at most a few; `None` where it asked for no certificate.
    pub(super) fn issuers(&self) -> Option<Vec<String>> {
        self.issuers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesClientCert for ClientCertResolver {
    fn resolve(&self, issuers: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        const SHOWN: usize = 4;
        let names = issuers.iter().take(SHOWN).filter_map(|der| certificate::name_text(der)).collect();
        *self.issuers.lock().unwrap_or_else(PoisonError::into_inner) = Some(names);
        self.identity.as_ref().map(|identity| Arc::clone(&identity.key))
    }

    fn has_certs(&self) -> bool {
        self.identity.is_some()
    }
}
