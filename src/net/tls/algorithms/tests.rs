//! Real signatures of OpenSSL, and every one of them changed.

use std::path::Path;
use std::process::Command;

use super::ALGORITHMS;
use rustls::SignatureScheme;
use rustls::pki_types::SignatureVerificationAlgorithm;

fn openssl(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let ran = Command::new("openssl").args(arguments).current_dir(folder).output().expect("openssl is installed");
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    ran.stdout
}

/// The algorithm of a scheme for a key of that curve.
fn of(scheme: SignatureScheme, curve: usize) -> &'static dyn SignatureVerificationAlgorithm {
    let (_, algorithms) = ALGORITHMS.mapping.iter().find(|(known, _)| *known == scheme).unwrap();
    algorithms[curve]
}

#[test]
fn every_curve_with_every_hash() {
    use SignatureScheme as S;
    let folder = std::env::temp_dir().join(format!("pilotfish-ecdsa-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("message"), "what is signed").unwrap();
    for (curve, point, hashes) in [
        (
            "prime256v1",
            65,
            [(S::ECDSA_NISTP256_SHA256, 0), (S::ECDSA_NISTP384_SHA384, 1), (S::ECDSA_NISTP521_SHA512, 2)],
        ),
        (
            "secp384r1",
            97,
            [(S::ECDSA_NISTP256_SHA256, 1), (S::ECDSA_NISTP384_SHA384, 0), (S::ECDSA_NISTP521_SHA512, 1)],
        ),
        (
            "secp521r1",
            133,
            [(S::ECDSA_NISTP256_SHA256, 2), (S::ECDSA_NISTP384_SHA384, 2), (S::ECDSA_NISTP521_SHA512, 0)],
        ),
    ] {
        openssl(&folder, &["ecparam", "-name", curve, "-genkey", "-noout", "-out", "key"]);
        let spki = openssl(&folder, &["ec", "-in", "key", "-pubout", "-outform", "DER"]);
        let key = &spki[spki.len() - point..];
        for ((scheme, index), hash) in hashes.into_iter().zip(["-sha256", "-sha384", "-sha512"]) {
            let signature = openssl(&folder, &["dgst", hash, "-sign", "key", "message"]);
            let verifies =
                |message: &[u8], signature: &[u8]| of(scheme, index).verify_signature(key, message, signature).is_ok();
            assert!(verifies(b"what is signed", &signature), "{curve} {hash}");
            assert!(!verifies(b"what is forged", &signature), "{curve} {hash}");
            for at in (0..signature.len()).step_by(9) {
                let mut changed = signature.clone();
                changed[at] ^= 1;
                assert!(!verifies(b"what is signed", &changed), "{curve} {hash} {at}");
            }
            assert!((0..signature.len()).all(|end| !verifies(b"what is signed", &signature[..end])));
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Keys and signatures that are none.
#[test]
fn nothing_is_signed_by_nothing() {
    for algorithm in ALGORITHMS.all {
        for key in [&b""[..], &[4], &[0; 65], &[4; 133], &[0xff; 133], &[0x30; 4_000]] {
            for signature in [&b""[..], &[0x30, 6, 2, 1, 0, 2, 1, 0], &[0x30; 4_000]] {
                assert!(algorithm.verify_signature(key, b"message", signature).is_err());
            }
        }
    }
}
