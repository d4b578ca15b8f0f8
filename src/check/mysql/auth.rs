//! Login plugins: what proves the password to the server, and what may be sent over which connection.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use zeroize::Zeroizing;

use super::greeting::SCRAMBLE;

/// How far the connection can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Plain text.
    Plain,
    /// TLS with a server that may be anybody.
    Unverified,
    /// TLS with a server whose certificate was verified.
    Verified,
}

/// A login plugin that pilotfish has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plugin {
    /// The usual one of MySQL 5.7 and MariaDB.
    Native,
    /// The usual one of MySQL 8.
    CachingSha2,
    /// Its forerunner, which sends the password itself.
    Sha256,
    /// MariaDB's, which signs.
    Ed25519,
    /// The password itself, for PAM, LDAP and IAM.
    Clear,
}

/// Each with its name in the protocol.
const PLUGINS: [(Plugin, &str); 5] = [
    (Plugin::Native, "mysql_native_password"),
    (Plugin::CachingSha2, "caching_sha2_password"),
    (Plugin::Sha256, "sha256_password"),
    (Plugin::Ed25519, "client_ed25519"),
    (Plugin::Clear, "mysql_clear_password"),
];

impl Plugin {
    /// The plugin of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        PLUGINS.iter().find(|(_, known)| *known == name).map(|(plugin, _)| *plugin)
    }

    /// Its name in the protocol.
    pub(super) fn name(self) -> &'static str {
        PLUGINS.iter().find(|(plugin, _)| *plugin == self).map_or("", |(_, name)| name)
    }

    /// Whether a server takes the password encrypted for its public key.
    pub(super) const fn takes_public_key(self) -> bool {
        matches!(self, Self::CachingSha2 | Self::Sha256)
    }

    /// Whether it proves the password without showing it.
    pub(super) const fn hides_password(self) -> bool {
        matches!(self, Self::Native | Self::CachingSha2 | Self::Ed25519)
    }
}

/// The first bytes with which `plugin`, which hides the password, answers the server's random bytes.
pub(super) fn proof(plugin: Plugin, password: &str, scramble: &[u8]) -> Zeroizing<Vec<u8>> {
    // Twenty of them count; a zero byte may follow.
    let random = &scramble[..scramble.len().min(SCRAMBLE)];
    Zeroizing::new(match plugin {
        _ if password.is_empty() => Vec::new(),
        Plugin::Native => {
            let once = hash(&SHA1_FOR_LEGACY_USE_ONLY, &[password.as_bytes()]);
            let twice = hash(&SHA1_FOR_LEGACY_USE_ONLY, &[&once]);
            xor(&once, &hash(&SHA1_FOR_LEGACY_USE_ONLY, &[random, &twice]))
        }
        Plugin::CachingSha2 => {
            let once = hash(&SHA256, &[password.as_bytes()]);
            let twice = hash(&SHA256, &[&once]);
            xor(&once, &hash(&SHA256, &[&twice, random]))
        }
        Plugin::Ed25519 => super::ed25519::sign(password.as_bytes(), scramble),
        Plugin::Sha256 | Plugin::Clear => unreachable!("it sends the password itself"),
    })
}

/// The password as the plugins have it that send it itself.
pub(super) fn itself(password: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(password.len() + 1));
    bytes.extend_from_slice(password.as_bytes());
    bytes.push(0);
    bytes
}

fn hash(algorithm: &'static ring::digest::Algorithm, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let whole = Zeroizing::new(parts.concat());
    Zeroizing::new(digest(algorithm, &whole).as_ref().to_vec())
}

fn xor(left: &[u8], right: &[u8]) -> Vec<u8> {
    left.iter().zip(right).map(|(left, right)| left ^ right).collect()
}

#[cfg(test)]
mod tests {
    use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

    use super::{Plugin, itself, proof};

    const RANDOM: &[u8] = b"abcdefghijklmnopqrst";

    /// A server keeps the hash of the hash, gets the hash from the proof with it, and compares.
    #[test]
    fn a_server_can_check_the_proofs() {
        let sha1 = |bytes: &[u8]| digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec();
        let stored = sha1(&sha1(b"sesame"));
        let mask = sha1(&[RANDOM, &stored].concat());
        let came: Vec<u8> = proof(Plugin::Native, "sesame", RANDOM).iter().zip(mask).map(|(a, b)| a ^ b).collect();
        assert_eq!(sha1(&came), stored);

        let sha256 = |bytes: &[u8]| digest(&SHA256, bytes).as_ref().to_vec();
        let stored = sha256(&sha256(b"sesame"));
        let mask = sha256(&[&stored, RANDOM].concat());
        let came: Vec<u8> = proof(Plugin::CachingSha2, "sesame", RANDOM).iter().zip(mask).map(|(a, b)| a ^ b).collect();
        assert_eq!(sha256(&came), stored);
    }

    #[test]
    fn only_twenty_random_bytes_count_and_no_password_has_no_proof() {
        let longer = [RANDOM, b"\0"].concat();
        for plugin in [Plugin::Native, Plugin::CachingSha2] {
            assert_eq!(proof(plugin, "sesame", &longer), proof(plugin, "sesame", RANDOM));
            assert!(proof(plugin, "", RANDOM).is_empty());
            assert_eq!(Plugin::named(plugin.name()), Some(plugin));
        }
        assert_eq!(proof(Plugin::Ed25519, "sesame", &[1; 32]).len(), 64);
        assert_eq!(itself("sesame").as_slice(), b"sesame\0");
        assert_eq!(Plugin::named("auth_gssapi_client"), None);
    }
}
