//! Entry points for fuzzing: what a peer presents, and the files with certificates and keys.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use super::certificate::{self, CertificateInfo};
use super::name_rules::openssl_or_curl;
use super::options::{TlsOptions, Verify};
use super::pem::Pem;
use super::roots::{RootCache, Roots};
use super::server_hello::ServerHello;
use super::verifier::RecordingVerifier;
use super::{Identity, chain, peer_names};
use crate::env::MapEnv;
use crate::url::Host;
use crate::value::Value;

/// In the autumn of 2026.
const NOW: Duration = Duration::from_secs(1_795_165_200);
/// Between the certificates of a chain.
const BETWEEN: &[u8] = b"\n--\n";

pub(crate) fn certificate(bytes: &[u8]) {
    certificate::name_text(bytes);
    certificate::end_point_hash(bytes);
    certificate::rsa_bits_of(bytes);
    if let Some(key) = certificate::public_key(bytes) {
        certificate::rsa_bits_of(key);
    }
    if let Some(info) = CertificateInfo::read(bytes) {
        info.is_self_issued();
        let shown = format!("{:?}", info.facts);
        assert!(!shown.contains(|c: char| c.is_control()), "{shown}");
        peer_names::read(bytes);
    }
}

/// A chain, whose certificates have a line with `--` between them.
pub(crate) fn chain(bytes: &[u8]) {
    let mut rest = bytes;
    let mut presented = Vec::new();
    while let Some(at) = rest.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        presented.push(CertificateDer::from(rest[..at].to_vec()));
        rest = &rest[at + BETWEEN.len()..];
    }
    presented.push(CertificateDer::from(rest.to_vec()));
    chain::path(&chain::read(&presented), roots());
    let Some((leaf, others)) = presented.split_first() else { return };
    let (Ok(host), Ok(name)) = (Host::parse("db.lab"), ServerName::try_from("db.lab")) else { return };
    for verify in [Verify::Full, Verify::Off] {
        let verifier = RecordingVerifier::new(&TlsOptions {
            server_name: host.clone(),
            verify,
            name_rule: openssl_or_curl,
            roots: Arc::clone(roots()),
            identity: None,
            alpn: Vec::new(),
        });
        let verified = verifier.verify_server_cert(leaf, others, &name, &[], UnixTime::since_unix_epoch(NOW));
        assert!(verified.is_err() || verify == Verify::Off, "nobody signs these");
        verifier.presented();
    }
}

fn roots() -> &'static Arc<Roots> {
    static ROOTS: OnceLock<Arc<Roots>> = OnceLock::new();
    ROOTS.get_or_init(|| {
        RootCache::default().get(None, &MapEnv::default()).expect("without a bundle the built-in ones are taken")
    })
}

pub(crate) fn server_hello(bytes: &[u8]) {
    if let Some(hello) = ServerHello::read(bytes) {
        hello.version_name();
        hello.cipher_name();
    }
}

/// One file, as a bundle of roots, as a certificate and as its key.
pub(crate) fn pem(bytes: &[u8]) {
    let env = MapEnv::default().with_file("/tls/file.pem", bytes);
    let file = || Pem::new(Value::File("/tls/file.pem".into()));
    for fault in [
        RootCache::default().get(Some(&file()), &env).err(),
        Identity::read(&file(), &file(), &env).err(),
        file().read(&env).err(),
    ] {
        let Some(fault) = fault else { continue };
        assert!(fault.message.contains("/tls/file.pem"), "{}", fault.message);
        assert!(!fault.message.contains(|c: char| c.is_control()), "{}", fault.message);
    }
}
