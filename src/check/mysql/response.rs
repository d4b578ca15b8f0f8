//! What the client answers to the greeting: the request for TLS, and the response that logs in.
//!
//! Source: "Protocol::SSLRequest" and "Protocol::HandshakeResponse41" of the MySQL Source Code Documentation.

use zeroize::Zeroizing;

use super::capability::{
    CONNECT_ATTRS, CONNECT_WITH_DB, LONG_FLAG, LONG_PASSWORD, PLUGIN_AUTH, PLUGIN_AUTH_LENENC, PROTOCOL_41,
    SECURE_CONNECTION, SSL, TRANSACTIONS,
};
use super::greeting::Greeting;

/// What is always chosen where the server has it.
const WANTED: u32 = LONG_PASSWORD
    | LONG_FLAG
    | PROTOCOL_41
    | TRANSACTIONS
    | SECURE_CONNECTION
    | PLUGIN_AUTH
    | PLUGIN_AUTH_LENENC
    | CONNECT_ATTRS;
/// `utf8mb4_general_ci`, which MySQL since 5.5 and MariaDB have.
const CHARSET: u8 = 45;
/// The largest packet that the server may send.
const PACKET: u32 = 1 << 24;
/// How the check names itself.
const ATTRIBUTES: [(&str, &str); 2] = [("_client_name", "pilotfish"), ("program_name", "pilotfish")];

/// What both sides can, with TLS or without.
const fn capabilities(greeting: &Greeting, tls: bool, database: bool) -> u32 {
    let wanted = WANTED | if tls { SSL } else { 0 } | if database { CONNECT_WITH_DB } else { 0 };
    wanted & greeting.capabilities
}

fn start(capabilities: u32) -> Zeroizing<Vec<u8>> {
    // Allocate enough at once: a growing vector leaves copies that are not wiped.
    let mut bytes = Zeroizing::new(Vec::with_capacity(2048));
    bytes.extend_from_slice(&capabilities.to_le_bytes());
    bytes.extend_from_slice(&PACKET.to_le_bytes());
    bytes.push(CHARSET);
    bytes.extend_from_slice(&[0; 23]);
    bytes
}

/// The request for TLS.
pub(super) fn tls_request(greeting: &Greeting, database: bool) -> Zeroizing<Vec<u8>> {
    start(capabilities(greeting, true, database))
}

/// Who logs in, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Response<'a> {
    pub(super) tls: bool,
    pub(super) user: &'a str,
    pub(super) database: Option<&'a str>,
    pub(super) plugin: &'a str,
    pub(super) proof: &'a [u8],
}

impl Response<'_> {
    /// The packet. Texts have no zero byte: the keys refuse it.
    pub(super) fn bytes(&self, greeting: &Greeting) -> Zeroizing<Vec<u8>> {
        let chosen = capabilities(greeting, self.tls, self.database.is_some());
        let mut bytes = start(chosen);
        bytes.extend_from_slice(self.user.as_bytes());
        bytes.push(0);
        if chosen & PLUGIN_AUTH_LENENC != 0 {
            number(&mut bytes, self.proof.len());
        } else {
            // No proof is that long.
            bytes.push(u8::try_from(self.proof.len()).unwrap_or(u8::MAX));
        }
        bytes.extend_from_slice(self.proof);
        if let Some(database) = self.database.filter(|_| chosen & CONNECT_WITH_DB != 0) {
            bytes.extend_from_slice(database.as_bytes());
            bytes.push(0);
        }
        if chosen & PLUGIN_AUTH != 0 {
            bytes.extend_from_slice(self.plugin.as_bytes());
            bytes.push(0);
        }
        if chosen & CONNECT_ATTRS != 0 {
            let size = ATTRIBUTES.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
            number(&mut bytes, size);
            for text in ATTRIBUTES.iter().flat_map(|(name, value)| [name, value]) {
                number(&mut bytes, text.len());
                bytes.extend_from_slice(text.as_bytes());
            }
        }
        bytes
    }
}

/// A number as [`super::fields::Fields::number`] reads it.
fn number(bytes: &mut Vec<u8>, number: usize) {
    match u16::try_from(number) {
        Ok(short @ ..=0xfa) => bytes.extend_from_slice(&short.to_le_bytes()[..1]),
        _ => {
            bytes.push(0xfc);
            bytes.extend_from_slice(&u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Response, tls_request};
    use crate::check::mysql::greeting::Greeting;
    use crate::check::mysql::testing::greeting;

    const RESPONSE: Response<'_> = Response {
        tls: false,
        user: "app",
        database: Some("shop"),
        plugin: "mysql_native_password",
        proof: b"01234567890123456789",
    };

    fn read(capabilities: u32) -> Greeting {
        Greeting::read(&greeting("8.0.36", capabilities, "mysql_native_password")).expect("it is one")
    }

    #[test]
    fn the_response_has_every_part_that_the_server_knows() {
        let bytes = RESPONSE.bytes(&read(u32::MAX));
        assert_eq!(bytes[..4], 0x0038_a20d_u32.to_le_bytes());
        let tail = b"app\0\x1401234567890123456789shop\0mysql_native_password\0\x2e\x0c_client_name\x09pilotfish\
                     \x0cprogram_name\x09pilotfish";
        assert_eq!(String::from_utf8_lossy(&bytes[32..]), String::from_utf8_lossy(tail));
    }

    #[test]
    fn an_old_server_gets_no_more_than_it_knows() {
        let bytes = RESPONSE.bytes(&read(0x8208));
        assert_eq!(&bytes[32..], b"app\0\x1401234567890123456789shop\0");
        let bytes = Response { database: None, proof: b"", ..RESPONSE }.bytes(&read(0x8200));
        assert_eq!(&bytes[32..], b"app\0\0");
    }

    #[test]
    fn the_request_for_tls_is_the_fixed_part() {
        let bytes = tls_request(&read(u32::MAX), true);
        assert_eq!(bytes.len(), 32);
        assert_eq!(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) & (1 << 11), 1 << 11);
    }
}
