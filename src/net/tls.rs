//! TLS: the rustls client, roots, a verifier that records, and verify errors to causes.

use std::sync::Arc;

use crate::url::Host;

/// The roots of trust that were read last, by where they came from.
#[derive(Debug, Default)]
pub struct RootCache {}

/// What of the peer's certificate is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// Chain, dates and name.
    Full,
    /// Chain and dates: libpq's `verify-ca`.
    Chain,
    /// Nothing; said in every report.
    Off,
}

/// How one TLS session is to be made.
#[derive(Debug, Clone)]
pub struct TlsOptions {
    /// Whom we ask for (SNI) and expect.
    pub server_name: Host,
    /// What is verified.
    pub verify: Verify,
    /// Whom we trust.
    pub roots: Arc<rustls::RootCertStore>,
    /// Application protocols offered, best first.
    pub alpn: Vec<String>,
}
