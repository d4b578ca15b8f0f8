//! The greeting: the first packet of a server (handshake version 10), and what it says about the server.
//!
//! Source: "Protocol::HandshakeV10" of the MySQL Source Code Documentation, and "Connection" in MariaDB's documentation.

use super::capability::{PLUGIN_AUTH, PROTOCOL_41, SECURE_CONNECTION, SSL};
use super::fields::Fields;
use super::packet::{SessionError, error_in};
use crate::outcome::clean_text;

/// The version of the handshake.
const VERSION: u8 = 10;
/// A server's version is cut here.
const VERSION_LIMIT: usize = 64;
/// MariaDB 10 and 11 write this before their version, for clients that expect MySQL's numbers.
const REPLICATION_PREFIX: &str = "5.5.5-";

/// What a server says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Greeting {
    pub(super) version: String,
    pub(super) capabilities: u32,
    /// The login plugin that it proposes; empty if it has none.
    pub(super) plugin: String,
    /// The random bytes that a proof is made of.
    pub(super) scramble: Vec<u8>,
}

/// Whether these are the first bytes of a greeting, after which the server waits for a login.
pub(super) fn is_greeting(head: &[u8]) -> bool {
    matches!(*head, [_, _, 0, 0, VERSION, b'0'..=b'9', ..])
}

impl Greeting {
    /// Reads the content of the first packet.
    ///
    /// # Errors
    /// [`SessionError::Server`] for a server that refuses the connection; [`SessionError::Limit`] for a server that is too
    /// old; [`SessionError::Unexpected`] for anything else.
    pub(super) fn read(packet: &[u8]) -> Result<Self, SessionError> {
        if let Some(error) = error_in(packet) {
            return Err(SessionError::Server(error));
        }
        let mut fields = Fields(packet);
        match fields.u8()? {
            VERSION => {}
            9 => return Err(too_old()),
            _ => return Err(SessionError::Unexpected("its handshake version is not 10".to_owned())),
        }
        let version = clean_text(&String::from_utf8_lossy(fields.until_zero()?), VERSION_LIMIT);
        fields.take(4)?;
        let mut scramble = fields.take(8)?.to_vec();
        fields.take(1)?;
        let mut capabilities = u32::from(fields.u16()?);
        let mut plugin = String::new();
        if !fields.0.is_empty() {
            // Character set and status.
            fields.take(3)?;
            capabilities |= u32::from(fields.u16()?) << 16;
            let length = usize::from(fields.u8()?);
            fields.take(10)?;
            if capabilities & SECURE_CONNECTION != 0 {
                let rest = fields.take(length.saturating_sub(8).max(13).min(fields.0.len()))?;
                scramble.extend_from_slice(rest);
            }
            if capabilities & PLUGIN_AUTH != 0 {
                // Some versions do not end it.
                let name = fields.0.split(|byte| *byte == 0).next().unwrap_or_default();
                plugin = clean_text(&String::from_utf8_lossy(name), VERSION_LIMIT);
            }
        }
        if capabilities & PROTOCOL_41 == 0 || capabilities & SECURE_CONNECTION == 0 {
            return Err(too_old());
        }
        if scramble.len() < SCRAMBLE {
            return Err(SessionError::Unexpected("its random bytes are too few".to_owned()));
        }
        scramble.truncate(SCRAMBLE);
        let version = version.strip_prefix(REPLICATION_PREFIX).map(str::to_owned).unwrap_or(version);
        Ok(Self { version, capabilities, plugin, scramble })
    }

    /// Whether it offers TLS.
    pub(super) const fn offers_tls(&self) -> bool {
        self.capabilities & SSL != 0
    }
}

/// The size of the random bytes; a zero byte follows them.
pub(super) const SCRAMBLE: usize = 20;

fn too_old() -> SessionError {
    SessionError::Limit("too_old", "the server speaks only the protocol before MySQL 4.1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Greeting, is_greeting};
    use crate::check::mysql::capability::{PLUGIN_AUTH, PROTOCOL_41, SECURE_CONNECTION, SSL};
    use crate::check::mysql::packet::SessionError;
    use crate::check::mysql::testing::greeting;

    const USUAL: u32 = PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH;

    #[test]
    fn greetings_of_mysql_and_mariadb() {
        for (version, expected) in [
            ("8.0.36", "8.0.36"),
            ("8.4.0-log", "8.4.0-log"),
            ("5.5.5-10.11.19-MariaDB-0+deb12u1", "10.11.19-MariaDB-0+deb12u1"),
            ("11.8.2-MariaDB", "11.8.2-MariaDB"),
        ] {
            let read = Greeting::read(&greeting(version, USUAL, "caching_sha2_password")).expect(version);
            assert_eq!((read.version.as_str(), read.plugin.as_str()), (expected, "caching_sha2_password"));
            assert_eq!(read.scramble, b"abcdefghijklmnopqrst");
            assert!(!read.offers_tls());
        }
        let read = Greeting::read(&greeting("8.0.36", USUAL | SSL, "")).expect("it is one");
        assert!(read.offers_tls() && read.plugin.is_empty());
    }

    #[test]
    fn what_is_no_greeting() {
        let whole = greeting("8.0.36", USUAL, "mysql_native_password");
        // Cut within its fixed part.
        for length in [0, 1, 5, 8, 15, 25, 30, 40] {
            assert!(Greeting::read(&whole[..length]).is_err(), "{length}");
        }
        assert!(matches!(Greeting::read(b"\x09x"), Err(SessionError::Limit(..))));
        assert!(matches!(Greeting::read(&greeting("4.0", 0, "")), Err(SessionError::Limit(..))));
        assert!(matches!(Greeting::read(b"\x0bx"), Err(SessionError::Unexpected(_))));
        for (text, code) in [(&b"\xff\x69\x04Host 'a' is blocked"[..], 1129), (b"\xff\x10\x04#08004Too many", 1040)] {
            let Err(SessionError::Server(error)) = Greeting::read(text) else { panic!("{text:?}") };
            assert_eq!(error.code, code);
        }
    }

    #[test]
    fn only_a_greeting_waits_for_a_login() {
        assert!(is_greeting(b"\x4a\0\0\0\x0a8.0.36\0") && is_greeting(b"\x5b\0\0\0\x0a5.5.5-10.11"));
        for head in
            [&b"\x45\0\0\0\xff\x69\x04Host"[..], b"HTTP/1.1 400", b"", b"\x4a\0\0\0\x0a", b"+OK", b"\x16\x03\x03"]
        {
            assert!(!is_greeting(head), "{head:?}");
        }
    }
}
