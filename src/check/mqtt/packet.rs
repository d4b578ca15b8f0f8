//! The packets of MQTT 3.1.1 and 5 that a login needs, by a library's codec: CONNECT, CONNACK, DISCONNECT.

use bytes::Bytes;
use mqtt_proto::{Error, Protocol, VarBytes, v3, v5};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// How long the server keeps a connection that says nothing more, in seconds: this one ends after its login.
const KEEP_ALIVE: u16 = 30;
/// The longest header of a packet: a byte for its type, and a length of four bytes.
const HEAD_LIMIT: usize = 5;

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V311,
    V5,
}

impl Version {
    /// Its name, for people.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::V311 => "MQTT 3.1.1",
            Self::V5 => "MQTT 5",
        }
    }

    /// The word for facts and the key `version`.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::V311 => "3.1.1",
            Self::V5 => "5",
        }
    }

    /// The other one.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::V311 => Self::V5,
            Self::V5 => Self::V311,
        }
    }
}

/// What a client says of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Introduction<'a> {
    pub(super) version: Version,
    pub(super) client_id: &'a str,
    pub(super) user: Option<&'a str>,
    pub(super) password: Option<&'a Secret>,
}

/// The login. It leaves no session and no will behind.
pub(super) fn connect(introduction: Introduction<'_>) -> Zeroizing<Vec<u8>> {
    let Introduction { version, client_id, user, password } = introduction;
    // The copy is wiped with its owner.
    let password = password.map(|password| {
        let bytes = Zeroizing::new(password.expose().as_bytes().to_vec());
        Bytes::from_owner(bytes)
    });
    let user = user.map(Into::into);
    let packet = match version {
        Version::V311 => {
            let packet = v3::Connect {
                protocol: Protocol::V311,
                clean_session: true,
                keep_alive: KEEP_ALIVE,
                client_id: client_id.into(),
                last_will: None,
                username: user,
                password,
            };
            v3::Packet::Connect(packet).encode()
        }
        Version::V5 => {
            let properties =
                v5::ConnectProperties { session_expiry_interval: Some(0), ..v5::ConnectProperties::default() };
            let packet = v5::Connect {
                protocol: Protocol::V500,
                clean_start: true,
                keep_alive: KEEP_ALIVE,
                properties,
                client_id: client_id.into(),
                last_will: None,
                username: user,
                password,
            };
            v5::Packet::Connect(packet).encode()
        }
    };
    match packet.expect("the keys limit what is sent") {
        VarBytes::Dynamic(bytes) => Zeroizing::new(bytes),
        fixed => Zeroizing::new(fixed.as_ref().to_vec()),
    }
}

/// Goodbye, the same in both versions: the server publishes no will, and logs no lost connection.
pub(super) const DISCONNECT: &[u8] = &[0xe0, 0];

/// How far the bytes go that have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// The header has not ended yet.
    Incomplete,
    /// The length of a CONNACK behind its header.
    Connack(u32),
    /// No server starts like this.
    Strange(&'static str),
}

/// What the first bytes of a packet say.
pub(super) fn head(bytes: &[u8]) -> Head {
    // The first byte decides: of another protocol a header may never end.
    if bytes.first().is_some_and(|first| *first != 0x20) {
        return Head::Strange("it does not start like the answer to a login (CONNACK)");
    }
    match v5::Header::decode(bytes) {
        Ok(header) => Head::Connack(header.remaining_len),
        Err(v5::ErrorV5::Common(error)) if error.is_eof() && bytes.len() < HEAD_LIMIT => Head::Incomplete,
        Err(_) => Head::Strange("a packet without its length"),
    }
}

/// The answer to a login.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Connack {
    /// The code of 3.1.1 (up to 5), or of 5 (from 128 on).
    pub(super) code: u8,
    /// What the server says of it; fit for nobody's eyes yet.
    pub(super) text: String,
    /// The server to use instead.
    pub(super) server: Option<String>,
}

/// Reads what is behind the header of a CONNACK.
///
/// # Errors
/// What is wrong with it.
pub(super) fn connack(version: Version, bytes: &[u8]) -> Result<Connack, &'static str> {
    const BROKEN: &str = "the answer to the login is broken";
    let of_code = |code| Connack { code, ..Connack::default() };
    // A server that speaks 3.1.1 alone answers a login of 5 in its own version.
    if version == Version::V311 || bytes.len() == 2 {
        return match v3::Connack::decode(bytes, &mut 0) {
            Ok(answer) => Ok(of_code(answer.code as u8)),
            Err(Error::InvalidConnectReturnCode(code)) => Ok(of_code(code)),
            Err(_) => Err(BROKEN),
        };
    }
    let length = u32::try_from(bytes.len()).map_err(|_| BROKEN)?;
    let header = v5::Header::new_with(0x20, length, length).map_err(|_| BROKEN)?;
    match v5::Connack::decode(bytes, &mut 0, header) {
        Ok(answer) => Ok(Connack {
            code: answer.reason_code as u8,
            text: answer.properties.reason_string.map(|text| text.to_string()).unwrap_or_default(),
            server: answer.properties.server_reference.map(|server| server.to_string()),
        }),
        Err(v5::ErrorV5::InvalidReasonCode(_, code)) => Ok(of_code(code)),
        Err(_) => Err(BROKEN),
    }
}

#[cfg(test)]
mod tests;
