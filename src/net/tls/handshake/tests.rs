//! Handshakes with servers whose certificates no healthy server has: the run survives, and says what it can.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::handshake;
use crate::cause::Cause;
use crate::net::io::Io;
use crate::net::tls::certificate::CertificateInfo;
use crate::net::tls::test_certificates::{KEY, all, healthy};
use crate::net::tls::{Roots, TlsOptions, Verify, openssl_or_curl};
use crate::outcome::{Facts, Fault, Phase};
use crate::url::Host;

/// Presents these certificates, whatever is in them.
#[derive(Debug)]
struct Presents(Arc<CertifiedKey>);

impl ResolvesServerCert for Presents {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// What a client learns of a server with these certificates, and whether the handshake succeeds.
async fn client_of(chain: &[Vec<u8>], verify: Verify) -> (Facts, Result<(), Fault>) {
    let chain = chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
    let key = PrivateKeyDer::try_from(KEY.serialize_der()).unwrap();
    let certified = CertifiedKey::new(chain, ring::sign::any_supported_type(&key).unwrap());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Presents(Arc::new(certified))));
    let (ours, theirs) = tokio::io::duplex(128 * 1024);
    let options = TlsOptions {
        server_name: Host::Name("db.lab".into()),
        verify,
        name_rule: openssl_or_curl,
        roots: Arc::new(Roots::default()),
        identity: None,
        alpn: Vec::new(),
    };
    let client = async {
        let mut facts = Facts::default();
        let deadline = Instant::now() + Duration::from_secs(20);
        let (_, result) = handshake(Io::over(ours), &options, deadline, &mut facts).await;
        (facts, result.map(drop).map_err(|(fault, _)| fault))
    };
    tokio::join!(client, TlsAcceptor::from(Arc::new(config)).accept(theirs)).0
}

#[tokio::test]
async fn no_certificate_costs_the_run() {
    for case in all() {
        let read = CertificateInfo::read(&case.odd).map(|parsed| parsed.facts);
        for verify in [Verify::Off, Verify::Full] {
            let (facts, result) = client_of(std::slice::from_ref(&case.odd), verify).await;
            let what = format!("{} {verify:?}: {result:?}", case.what);
            assert_eq!(facts.certificates.first(), read.as_ref(), "{what}");
            assert!(verify == Verify::Off || result.is_err(), "{what}: nobody signed it");
            if let Err(fault) = result {
                let is_unverified = matches!(fault.cause, Cause::TlsExpired | Cause::TlsUntrusted);
                let is_named = matches!(fault.cause, Cause::ProbeLimit | Cause::TlsUntrusted)
                    || verify == Verify::Full && is_unverified;
                assert!(fault.phase == Phase::Tls && is_named, "{what}");
            }
        }
        let (facts, result) = client_of(std::slice::from_ref(&case.twin), Verify::Off).await;
        assert_eq!((facts.certificates.len(), facts.tls_verified), (1, Some(false)), "the twin of {}", case.what);
        assert!(result.is_ok() || case.what == "a huge key", "the twin of {}: {result:?}", case.what);
    }
}

#[tokio::test]
async fn eight_certificates_are_looked_at() {
    let (facts, result) = client_of(&vec![healthy(); 20], Verify::Off).await;
    assert_eq!((facts.certificates.len(), result), (8, Ok(())));
}

#[tokio::test]
async fn no_other_certificate_passes_for_an_unreadable_leaf() {
    let (facts, result) = client_of(&[b"no certificate".to_vec(), healthy()], Verify::Full).await;
    assert_eq!(facts.certificates, []);
    assert_eq!(result.unwrap_err().message, "cannot read the certificate of the server");
    let (facts, _) = client_of(&[healthy(), b"no certificate".to_vec(), healthy()], Verify::Full).await;
    assert_eq!(facts.certificates.len(), 2);
}

#[tokio::test]
async fn an_unknown_critical_extension_is_named() {
    let case = all().into_iter().find(|case| case.what == "an unknown critical extension").unwrap();
    let (_, result) = client_of(&[case.odd], Verify::Full).await;
    let what = "has an unknown critical extension";
    assert_eq!(result.unwrap_err().message, format!("the certificate of \"CN=db.lab\" {what}"));
}
