//! How one TLS session is to be made.

use std::sync::Arc;

use super::identity::Identity;
use super::name_rules::NameRule;
use super::roots::Roots;
use crate::url::Host;

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
    /// How the clients of this kind compare the name where strict ones refuse it.
    pub name_rule: NameRule,
    /// Whom we trust.
    pub roots: Arc<Roots>,
    /// Who we are, where the peer asks.
    pub identity: Option<Identity>,
    /// Application protocols offered, best first.
    pub alpn: Vec<String>,
}
