//! What a TLS handshake showed.

/// Why there is no TLS session, or none that is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsDetail {
    /// The handshake did not start: the server said nothing to the request for TLS, or answered in TLS.
    NotStarted {
        /// The usual port on which its protocol asks for TLS.
        port: u16,
        /// The one on which TLS starts at once.
        at_once: Option<u16>,
    },
    /// The server had begun to speak before STARTTLS, and had not gone on when the time ran out.
    StartTlsSlow,
    /// The server answered that it has no TLS.
    NotOffered,
    /// The server's greeting or answer names no STARTTLS.
    StartTlsNotOffered,
    /// The server offers STARTTLS, and refused it.
    StartTlsRefused {
        /// The server says that it may work later: as a rule it cannot read its certificate or key.
        temporary: bool,
    },
    /// The peer reset the connection during the handshake.
    Reset,
    /// The peer ended the session with this alert (RFC 8446, section 6).
    Alert(u8),
    /// No cipher, group or kind of key is shared.
    NothingInCommon,
    /// None of the offered application protocols (ALPN) is shared.
    NoSharedProtocol,
    /// The server presented no certificate.
    NoCertificate,
    /// The server's certificate is its own issuer.
    SelfSigned,
    /// The server sent a chain that ends with this issuer, which is not trusted.
    ChainEndsAt {
        /// The issuer's name.
        issuer: String,
    },
    /// The server sent no certificate of this issuer, which is not trusted itself.
    IssuerNotSent {
        /// The issuer's name.
        issuer: String,
    },
    /// A trusted authority has the issuer's name, and another key.
    IssuerKeyChanged,
    /// The certificate is not for servers (extended key usage).
    NotForServers,
    /// The chain breaks a rule of its authorities: names, length.
    BreaksConstraints,
    /// A trusted root expired; the server's own certificate is valid.
    RootExpired {
        /// Its subject.
        subject: String,
        /// When, in seconds since 1970.
        at: i64,
        /// It is from the bundle of the system, not from a configured CA.
        of_system: bool,
    },
    /// An intermediate certificate expired; the server's own certificate is valid.
    IntermediateExpired {
        /// Its subject.
        subject: String,
        /// When, in seconds since 1970.
        at: i64,
        /// Whether its issuer is still trusted: then it can be issued anew. If not, the chain is an old one.
        issuer_is_trusted: bool,
    },
    /// The certificate is for other names.
    WrongName {
        /// The subject alternative names.
        names: Vec<String>,
        /// The name (or address) that was expected: the host, or `server_name`.
        expected: String,
    },
    /// The certificate is an authority's own, and not for servers (key usage).
    AuthorityAsServer,
    /// The certificate has a critical extension that no client knows.
    CriticalExtension,
    /// The certificate cannot be read, or breaks a rule of how it is encoded.
    Malformed,
    /// The certificate is signed, or its key is, with an algorithm or a length that pilotfish does not verify.
    UnsupportedSignature,
    /// The client's key is of a kind that pilotfish does not sign with.
    UnsupportedKey,
    /// The server offers only versions of TLS before 1.2.
    OldVersion,
    /// The server did not prove that it holds the key of its certificate.
    KeyNotProven,
}

impl TlsDetail {
    /// The alert of a server that has no certificate for the name that it was asked for.
    pub const UNRECOGNIZED_NAME: u8 = 112;
    /// The alert of a server that shares none of the application protocols.
    pub const NO_APPLICATION_PROTOCOL: u8 = 120;
}
