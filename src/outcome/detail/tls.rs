//! What a TLS handshake showed.

/// Why there is no TLS session, or none that is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsDetail {
    /// The handshake did not start: the server had not agreed to STARTTLS.
    NotStarted,
    /// The server answered that it has no TLS.
    NotOffered,
    /// The peer reset the connection during the handshake.
    Reset,
    /// The peer ended the session with this alert (RFC 8446, section 6).
    Alert(u8),
    /// No protocol version, cipher or kind of key is shared.
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
    /// A trusted root is expired.
    RootExpired,
    /// The certificate is for other names.
    WrongName {
        /// The subject alternative names.
        names: Vec<String>,
        /// The name (or address) that was expected: the host, or `server_name`.
        expected: String,
    },
    /// The certificate has its name as a common name alone.
    CommonNameOnly,
    /// The certificate is not built as one of a server: an unknown critical extension, version 1, broken DER, a CA's.
    Malformed,
    /// The certificate is signed, or the handshake was, with an algorithm or a key that is too weak.
    WeakSignature,
}

impl TlsDetail {
    /// The alert of a server that has no certificate for the name that it was asked for.
    pub const UNRECOGNIZED_NAME: u8 = 112;
    /// The alert of a server that shares none of the application protocols.
    pub const NO_APPLICATION_PROTOCOL: u8 = 120;
}
