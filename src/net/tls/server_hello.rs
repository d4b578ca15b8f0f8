//! The peer's first bytes in a handshake, read: what the server chose, even where the handshake fails, and whether the
//! peer speaks TLS at all.

use rustls::{CipherSuite, ProtocolVersion};

/// What the server chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ServerHello {
    pub(super) version: ProtocolVersion,
    pub(super) cipher: CipherSuite,
}

impl ServerHello {
    /// Reads a ServerHello (RFC 8446, section 4.1.3; RFC 5246, section 7.4.1.3) from a peer's first bytes.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        const SUPPORTED_VERSIONS: u16 = 43;
        let mut rest = ByteReader(bytes);
        let is_hello = rest.u8()? == 22 && rest.u8()? == 3 && rest.take(3).is_some() && rest.u8()? == 2;
        is_hello.then_some(())?;
        rest.take(3)?;
        let mut version = rest.u16()?;
        rest.take(32)?;
        let session = rest.u8()?;
        rest.take(session.into())?;
        let cipher = rest.u16()?.into();
        rest.u8()?;
        // Without extensions, and where they are cut, the version is the one in the fixed part.
        rest.u16();
        while let (Some(kind), Some(length)) = (rest.u16(), rest.u16()) {
            let Some(body) = rest.take(length.into()) else { break };
            if kind == SUPPORTED_VERSIONS && body.len() == 2 {
                version = u16::from_be_bytes([body[0], body[1]]);
            }
        }
        Some(Self { version: version.into(), cipher })
    }

    /// `TLSv1.3`; `None` for a version of which nothing is known.
    pub(super) fn version_name(self) -> Option<&'static str> {
        match self.version {
            ProtocolVersion::SSLv3 => Some("SSLv3"),
            ProtocolVersion::TLSv1_0 => Some("TLSv1.0"),
            ProtocolVersion::TLSv1_1 => Some("TLSv1.1"),
            ProtocolVersion::TLSv1_2 => Some("TLSv1.2"),
            ProtocolVersion::TLSv1_3 => Some("TLSv1.3"),
            _ => None,
        }
    }

    /// The name in IANA's registry.
    pub(super) fn cipher_name(self) -> Option<&'static str> {
        match self.cipher {
            CipherSuite::TLS13_AES_128_GCM_SHA256 => Some("TLS_AES_128_GCM_SHA256"),
            CipherSuite::TLS13_AES_256_GCM_SHA384 => Some("TLS_AES_256_GCM_SHA384"),
            CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => Some("TLS_CHACHA20_POLY1305_SHA256"),
            other => other.as_str(),
        }
    }
}

/// Whether these bytes begin like a TLS record of the kinds that a handshake has.
pub(super) fn looks_like_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [20..=23, 3, ..] | [20..=23])
}

struct ByteReader<'a>(&'a [u8]);

impl<'a> ByteReader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }
}

#[cfg(test)]
mod tests {
    use super::{ServerHello, looks_like_tls};

    fn hello(version: u16, extensions: &[u8]) -> Vec<u8> {
        let mut body = version.to_be_bytes().to_vec();
        body.extend([7; 32]);
        body.extend([2, 9, 9]);
        body.extend([0x13, 0x01, 0]);
        if !extensions.is_empty() {
            body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
            body.extend(extensions);
        }
        let length = u8::try_from(body.len()).unwrap();
        let mut bytes = vec![22, 3, 3, 0, length + 4, 2, 0, 0, length];
        bytes.extend(body);
        bytes
    }

    #[test]
    fn a_server_hello_tells_version_and_suite() {
        let versions = |bytes: &[u8]| ServerHello::read(bytes).and_then(ServerHello::version_name);
        let new = hello(0x0303, &[0, 51, 0, 2, 1, 1, 0, 43, 0, 2, 3, 4]);
        assert_eq!(versions(&new), Some("TLSv1.3"));
        assert_eq!(ServerHello::read(&new).unwrap().cipher_name(), Some("TLS_AES_128_GCM_SHA256"));
        assert_eq!(versions(&hello(0x0303, &[])), Some("TLSv1.2"));
        assert_eq!(versions(&hello(0x0302, &[])), Some("TLSv1.1"));
        for end in 0..new.len() {
            assert!(matches!(versions(&new[..end]), None | Some("TLSv1.2")), "{end}");
        }
        assert_eq!(versions(b"HTTP/1.1 400 Bad Request\r\n\r\n"), None);
    }

    #[test]
    fn plain_text_is_no_record() {
        assert!(looks_like_tls(&[21, 3, 1, 0, 2, 2, 40]) && looks_like_tls(&[22]));
        assert!(!looks_like_tls(b"HTTP/1.1") && !looks_like_tls(b"-ERR"));
    }
}
