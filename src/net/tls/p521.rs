//! What ring lacks of NIST P-521 beside verifying: the key exchange, without which no server of TLS 1.2 shows a certificate
//! with such a key, and signing with a client's key.

use std::sync::Arc;

use p521::ecdsa::signature::hazmat::PrehashSigner as _;
use p521::ecdsa::{Signature, SigningKey as EcdsaKey};
use p521::elliptic_curve::sec1::ToSec1Point as _;
use p521::{PublicKey, SecretKey};
use ring::digest;
use ring::rand::{SecureRandom as _, SystemRandom};
use rustls::crypto::{ActiveKeyExchange, GetRandomFailed, SharedSecret, SupportedKxGroup};
use rustls::ffdhe_groups::FfdheGroup;
use rustls::pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer, alg_id};
use rustls::sign::{Signer, SigningKey, public_key_to_spki};
use rustls::{Error, NamedGroup, PeerMisbehaved, SignatureAlgorithm, SignatureScheme};
use x509_parser::asn1_rs::{Any, FromDer as _, Tag};
use zeroize::Zeroizing;

/// How long a number of this curve is, in bytes.
const NUMBER: usize = 66;
/// The bits of its first byte that a number may have.
const FIRST_BITS: u8 = 0x01;

/// The group `secp521r1` (RFC 8446, section 4.2.7).
#[derive(Debug)]
pub(super) struct Secp521r1;

impl SupportedKxGroup for Secp521r1 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let secret = random_key()?;
        let public_key = secret.public_key().to_sec1_point(false).as_bytes().to_vec();
        Ok(Box::new(Exchange { secret, public_key }))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

/// A random number below the order of the curve; one that is not is as good as impossible.
fn random_key() -> Result<SecretKey, Error> {
    let mut number = Zeroizing::new([0; NUMBER]);
    SystemRandom::new().fill(&mut number[..]).map_err(|_| GetRandomFailed)?;
    number[0] &= FIRST_BITS;
    Ok(SecretKey::from_slice(&number[..]).map_err(|_| GetRandomFailed)?)
}

/// An exchange that waits for the peer's part.
struct Exchange {
    secret: SecretKey,
    /// A point, uncompressed.
    public_key: Vec<u8>,
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let invalid = || Error::from(PeerMisbehaved::InvalidKeyShare);
        // TLS knows uncompressed points alone.
        let peer = Some(peer).filter(|point| point.first() == Some(&4)).ok_or_else(invalid)?;
        let peer = PublicKey::from_sec1_bytes(peer).map_err(|_| invalid())?;
        let shared = (peer.to_projective() * *self.secret.to_nonzero_scalar()).to_affine();
        let point = Zeroizing::new(shared.to_sec1_point(false).as_bytes().to_vec());
        point.get(1..=NUMBER).map(SharedSecret::from).ok_or_else(invalid)
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn pub_key(&self) -> &[u8] {
        &self.public_key
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

/// The key of a client; `None` where it is none of this curve.
pub(super) fn signing_key(der: &PrivateKeyDer<'_>) -> Option<Arc<dyn SigningKey>> {
    let secret = match der {
        PrivateKeyDer::Sec1(key) => inside_sec1(key.secret_sec1_der())?,
        PrivateKeyDer::Pkcs8(key) => inside_sec1(inside_pkcs8(key.secret_pkcs8_der())?)?,
        _ => return None,
    };
    let secret = SecretKey::from_slice(secret).ok()?;
    let point = secret.public_key().to_sec1_point(false).as_bytes().to_vec();
    Some(Arc::new(ClientKey(Arc::new(Key { key: EcdsaKey::from(secret), point }))))
}

/// The key in a PrivateKeyInfo (RFC 5958, section 2), behind its version and its algorithm, which must be this curve's.
fn inside_pkcs8(der: &[u8]) -> Option<&[u8]> {
    let (_, outer) = Any::from_der(der).ok()?;
    let (rest, _version) = Any::from_der(outer.data).ok()?;
    let (rest, algorithm) = Any::from_der(rest).ok()?;
    let (_, key) = Any::from_der(rest).ok()?;
    (algorithm.data == alg_id::ECDSA_P521.as_ref() && key.tag() == Tag::OctetString).then_some(key.data)
}

/// The number in an ECPrivateKey (RFC 5915, section 3), behind its version; no other curve in use has one of that length.
fn inside_sec1(der: &[u8]) -> Option<&[u8]> {
    let (_, outer) = Any::from_der(der).ok()?;
    let (rest, _version) = Any::from_der(outer.data).ok()?;
    let (_, number) = Any::from_der(rest).ok()?;
    (number.tag() == Tag::OctetString && number.data.len() == NUMBER).then_some(number.data)
}

struct Key {
    key: EcdsaKey,
    /// The public key: a point, uncompressed.
    point: Vec<u8>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key of P-521")
    }
}

#[derive(Debug)]
struct ClientKey(Arc<Key>);

impl SigningKey for ClientKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let key = Arc::clone(&self.0);
        offered.contains(&SCHEME).then(|| Box::new(ClientSigner(key)) as Box<dyn Signer>)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(public_key_to_spki(&alg_id::ECDSA_P521, &self.0.point))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

const SCHEME: SignatureScheme = SignatureScheme::ECDSA_NISTP521_SHA512;

#[derive(Debug)]
struct ClientSigner(Arc<Key>);

impl Signer for ClientSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let hash = digest::digest(&digest::SHA512, message);
        let signature: Result<Signature, _> = self.0.key.sign_prehash(hash.as_ref());
        let failed = |_| Error::General("signing with the client's key failed".to_owned());
        Ok(signature.map_err(failed)?.to_der().as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SCHEME
    }
}

#[cfg(test)]
mod tests {
    use super::{Secp521r1, inside_pkcs8, inside_sec1};
    use rustls::crypto::SupportedKxGroup as _;

    #[test]
    fn both_sides_of_an_exchange_agree() {
        let [one, other] = [Secp521r1.start().unwrap(), Secp521r1.start().unwrap()];
        let [of_one, of_other] = [one.pub_key().to_vec(), other.pub_key().to_vec()];
        assert_ne!(of_one, of_other);
        let [ours, theirs] = [one.complete(&of_other).unwrap(), other.complete(&of_one).unwrap()];
        assert_eq!((ours.secret_bytes(), ours.secret_bytes().len()), (theirs.secret_bytes(), 66));
    }

    #[test]
    fn no_point_of_a_peer_is_taken_unseen() {
        let valid = Secp521r1.start().unwrap().pub_key().to_vec();
        let compressed = [&[2 | (valid[132] & 1)], &valid[1..67]].concat();
        let mut beside = valid.clone();
        beside[132] ^= 1;
        for point in [&b""[..], &[0], &[4], &[4; 133], &[0xff; 133], &valid[..132], &compressed, &beside] {
            assert!(Secp521r1.start().unwrap().complete(point).is_err(), "{point:?}");
        }
    }

    #[test]
    fn what_is_no_key_has_none() {
        for der in [&b""[..], &[0x30, 0], &[0x30, 3, 2, 1, 0], &[0x30, 0x80], &[0xff; 300]] {
            assert_eq!((inside_pkcs8(der), inside_sec1(der)), (None, None));
        }
    }
}
