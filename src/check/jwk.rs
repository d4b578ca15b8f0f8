//! JSON Web Keys (RFC 7517, 7518 and 8037): which signatures a key of a set can verify, and what is odd about it.
//!
//! `jwks` judges a set, `token` verifies with it. No member of a key is ever shown but its names: `kty`, `crv`, `alg`, `kid`.

use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::check::http::json;
use crate::check::texts::entries;
use crate::outcome::{Facts, clean_text};
use crate::value::Expected;

pub(crate) mod verify;

/// The longest document that is read, in bytes.
pub(crate) const LONGEST: u64 = 256 * 1024;
/// The most commas of a document: each value may take much more room than its text.
const MOST_VALUES: usize = 8 * 1024;
/// The most keys that are judged.
const MOST_KEYS: usize = 100;
/// The longest name that is shown.
const SHOWN: usize = 48;
/// The members that only the owner of a key may have (RFC 7518, section 6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// What every key has.
const NAME: &[u8] = b"kty";
/// The fewest bits of an RSA key (RFC 7518, section 3.3).
const RSA_BITS: usize = 2048;

/// A JSON document that a peer sent; `None` where it is none, or more than is read.
pub(crate) fn document(body: &[u8]) -> Option<Value> {
    let commas = body.iter().filter(|byte| **byte == b',').count();
    (commas <= MOST_VALUES).then(|| json::read(body)).flatten()
}

crate::vocabulary::vocabulary! {
    /// An algorithm of signatures (RFC 7518, section 3.1; RFC 8037; RFC 8812; RFC 9864).
    pub(crate) enum Alg {
        Hs256 = "HS256",
        Hs384 = "HS384",
        Hs512 = "HS512",
        Rs256 = "RS256",
        Rs384 = "RS384",
        Rs512 = "RS512",
        Ps256 = "PS256",
        Ps384 = "PS384",
        Ps512 = "PS512",
        Es256 = "ES256",
        Es384 = "ES384",
        Es512 = "ES512",
        Es256k = "ES256K",
        EdDsa = "EdDSA",
        Ed25519 = "Ed25519",
    }
}

impl Alg {
    const ALL: [Self; 15] = [
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::Es256k,
        Self::EdDsa,
        Self::Ed25519,
    ];

    /// The algorithm of this name, which is case-sensitive.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.as_str() == name)
    }

    /// Whether both sides have one secret.
    pub(crate) const fn is_symmetric(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }

    /// Whether keys of this type and curve verify it.
    fn is_of(self, kty: &str, crv: &str) -> bool {
        match self {
            Self::Hs256 | Self::Hs384 | Self::Hs512 => kty == "oct",
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => kty == "RSA",
            Self::Es256 => (kty, crv) == ("EC", "P-256"),
            Self::Es384 => (kty, crv) == ("EC", "P-384"),
            Self::Es512 => (kty, crv) == ("EC", "P-521"),
            Self::Es256k => (kty, crv) == ("EC", "secp256k1"),
            Self::EdDsa => kty == "OKP" && matches!(crv, "Ed25519" | "Ed448"),
            Self::Ed25519 => (kty, crv) == ("OKP", "Ed25519"),
        }
    }
}

/// Algorithms of one text, with commas between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Algs(Vec<Alg>);

impl FromStr for Algs {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        let wrong = || Expected::from("an algorithm: EdDSA, ES256, RS256, PS256, HS256, …".to_owned());
        let all = entries(text, "algorithms")?.into_iter().map(|name| Alg::named(name).ok_or_else(wrong));
        all.collect::<Result<_, _>>().map(Self)
    }
}

impl IntoIterator for Algs {
    type Item = Alg;
    type IntoIter = std::vec::IntoIter<Alg>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Their names, with commas.
pub(crate) fn names(algs: &[Alg]) -> String {
    algs.iter().map(|alg| alg.as_str()).collect::<Vec<_>>().join(", ")
}

/// A key of a set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jwk {
    /// Its type and curve, as they may be shown.
    kty: String,
    crv: String,
    /// The name by which a token asks for it.
    pub(crate) kid: Option<String>,
    /// The signatures that it verifies; none where it cannot be used for that.
    pub(crate) algs: Vec<Alg>,
    /// What verifiers may stumble over.
    pub(crate) oddities: Vec<String>,
    /// The member that only its owner may have.
    pub(crate) exposes: Option<&'static str>,
    /// The numbers of the public key, in the order of [`members`].
    numbers: Vec<Vec<u8>>,
}

/// The members that make a public key of this type.
fn members(kty: &str) -> Option<&'static [&'static str]> {
    match kty {
        "RSA" => Some(&["n", "e"]),
        "EC" => Some(&["x", "y"]),
        "OKP" => Some(&["x"]),
        "oct" => Some(&[]),
        _ => None,
    }
}

impl Jwk {
    /// Reads one; `None` where its type is unknown: such a key is ignored (RFC 7517, section 5).
    fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let kty = text("kty")?;
        let members = members(kty)?;
        let crv = text("crv").unwrap_or_default();
        let mut key = Self {
            kty: kty.to_owned(),
            crv: clean_text(crv, SHOWN),
            kid: text("kid").map(str::to_owned),
            exposes: PRIVATE.into_iter().find(|name| value.get(name).is_some()),
            ..Self::default()
        };
        let mut odd = |text: String| key.oddities.push(text);
        if value.get("kid").is_some_and(|kid| !kid.is_string()) {
            odd("its kid is not a string".to_owned());
        }
        let read = |name: &&str| BASE64_URL_SAFE_NO_PAD.decode(text(name)?).ok().filter(|bytes| !bytes.is_empty());
        let numbers: Vec<Vec<u8>> = members.iter().filter_map(read).collect();
        let mut algs: Vec<Alg> = Alg::ALL.into_iter().filter(|alg| alg.is_of(kty, crv)).collect();
        if numbers.len() < members.len() {
            odd(format!("{} is missing or not base64url", members.join(" or ")));
            algs.clear();
        } else if !fits(kty, crv, &numbers) {
            odd("its numbers have the wrong length for its curve".to_owned());
            algs.clear();
        }
        match text("alg") {
            Some(name) if Alg::named(name).is_some_and(|alg| alg.is_of(kty, crv)) => {
                algs.retain(|alg| alg.as_str() == name);
            }
            // For encryption: RSA-OAEP, ECDH-ES+A128KW.
            Some(name) if Alg::named(name).is_none() && (name.starts_with("RSA") || name.starts_with("ECDH")) => {
                algs.clear();
            }
            Some(name) => {
                odd(format!("its alg {} does not fit its type", clean_text(name, SHOWN)));
                algs.clear();
            }
            None => {}
        }
        match value.get("use").map(|used| used.as_str().unwrap_or("?")) {
            None | Some("sig") => {}
            Some("enc") => algs.clear(),
            Some(other) => {
                odd(format!("its use is {}, not sig", clean_text(other, SHOWN)));
                algs.clear();
            }
        }
        if let Some(ops) = value.get("key_ops").and_then(Value::as_array)
            && !ops.iter().any(|op| op == "verify")
        {
            algs.clear();
        }
        let bits = numbers.first().map_or(0, |n| n.iter().skip_while(|byte| **byte == 0).count() * 8);
        if kty == "RSA" && !algs.is_empty() && bits < RSA_BITS {
            odd(format!("it has {bits} bits, and many verifiers demand {RSA_BITS}"));
        }
        key.algs = algs;
        key.numbers = numbers;
        Some(key)
    }

    /// What it is, without its name: `OKP Ed25519`.
    pub(crate) fn shown(&self) -> String {
        format!("{} {}", self.kty, self.crv).trim_end().to_owned()
    }

    /// How a message names it.
    pub(crate) fn called(&self) -> String {
        match &self.kid {
            Some(kid) => format!("the key {} ({})", clean_text(kid, SHOWN), self.shown()),
            None => format!("the key without kid ({})", self.shown()),
        }
    }

    /// Whether it verifies one of these.
    pub(crate) fn verifies_any(&self, algs: &[Alg]) -> bool {
        algs.iter().any(|alg| self.algs.contains(alg))
    }
}

/// Whether the numbers have the length that the curve demands.
fn fits(kty: &str, crv: &str, numbers: &[Vec<u8>]) -> bool {
    let length = match (kty, crv) {
        ("EC", "P-256" | "secp256k1") | ("OKP", "Ed25519") => 32,
        ("EC", "P-384") => 48,
        ("EC", "P-521") => 66,
        ("OKP", "Ed448") => 57,
        _ => return true,
    };
    numbers.iter().all(|number| number.len() == length)
}

/// Takes back the excerpt of an answer that has keys: a private one may be among them.
pub(crate) fn conceal(facts: &mut Facts, body: &[u8]) {
    if body.windows(NAME.len()).any(|part| part == NAME) {
        facts.excerpt = None;
    }
}

/// The keys of a set, without those of an unknown type; `None` where it is no key set.
pub(crate) fn keys(document: &Value) -> Option<Vec<Jwk>> {
    let all = document.get("keys")?.as_array()?;
    let mut keys: Vec<Jwk> = all.iter().take(MOST_KEYS).filter_map(Jwk::read).collect();
    let several = keys.len() > 1;
    for at in 0..keys.len() {
        let (before, rest) = keys.split_at_mut(at);
        let [key, ..] = rest else { break };
        // Keys of other types may share a name (RFC 7517, section 4.5).
        match &key.kid {
            None if several => key.oddities.push("it has no kid beside other keys".to_owned()),
            Some(_) if before.iter().any(|other| other.kid == key.kid && other.kty == key.kty) => {
                key.oddities.push("another key has the same kid".to_owned());
            }
            _ => {}
        }
    }
    Some(keys)
}

#[cfg(test)]
mod tests;
