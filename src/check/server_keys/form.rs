//! What clients take in place of a URL of their protocol's usual scheme, as such a URL.

use zeroize::Zeroizing;

use crate::url::SocketPath;

/// A text of such a form.
#[derive(Debug)]
pub struct Form {
    /// The same as a URL that the rules of the kind read; on this machine, for a server on a socket.
    pub url: Zeroizing<String>,
    /// Whether it asks for TLS.
    pub tls: bool,
    /// The socket that it names.
    pub socket: Option<SocketPath>,
}
