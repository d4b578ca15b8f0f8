//! Chains that are too much work: a peer may send anything, and everything runs on one thread.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{Error, OtherError};

use super::certificate::CertificateInfo;
use super::chain::CHAIN_LIMIT;

/// How many issuers all certificates together may have among the others, by name.
const ISSUER_LIMIT: usize = 8;

/// Which limit a chain exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChainLimit {
    /// More certificates came than are looked at, and those that are do not suffice.
    Certificates(usize),
    /// The certificates have too many possible issuers among each other.
    Issuers(usize),
    /// Verifying the signatures takes too long.
    Signatures,
}

impl fmt::Display for ChainLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificates(count) => {
                write!(f, "the server sent {count} certificates, and the first {CHAIN_LIMIT} lead to no root")
            }
            Self::Issuers(count) => write!(
                f,
                "the server's certificates name each other as issuers in {count} ways; at most {ISSUER_LIMIT} are followed"
            ),
            Self::Signatures => {
                f.write_str("the server's certificates have more, or more costly, signatures than are verified")
            }
        }
    }
}

impl StdError for ChainLimit {}

impl ChainLimit {
    /// As rustls hands it through.
    pub(super) fn error(self) -> Error {
        Error::Other(OtherError(Arc::new(self)))
    }

    /// The limit that this error of rustls is about.
    pub(super) fn of(error: &Error) -> Option<Self> {
        match error {
            Error::Other(OtherError(inner)) => inner.downcast_ref().copied(),
            _ => None,
        }
    }
}

/// The certificates above a leaf that are followed, each once.
pub(super) fn followed<'a>(leaf: &[u8], others: &'a [CertificateDer<'a>]) -> Vec<CertificateDer<'a>> {
    let mut followed: Vec<CertificateDer<'a>> = Vec::new();
    for other in others {
        if followed.len() + 1 < CHAIN_LIMIT && other.as_ref() != leaf && !followed.contains(other) {
            followed.push(CertificateDer::from(other.as_ref()));
        }
    }
    followed
}

/// Whether the issuers among these certificates are few enough to be tried.
///
/// # Errors
/// [`ChainLimit::Issuers`].
pub(super) fn check_issuers(leaf: &[u8], others: &[CertificateDer<'_>]) -> Result<(), ChainLimit> {
    let read = |der: &[u8]| CertificateInfo::read(der);
    let all: Vec<CertificateInfo> =
        std::iter::once(leaf).chain(others.iter().map(AsRef::as_ref)).filter_map(read).collect();
    let issuers = |one: &CertificateInfo| all.iter().filter(|other| other.subject == one.issuer).count();
    let count = all.iter().filter(|one| !one.is_self_issued()).map(issuers).sum();
    if count > ISSUER_LIMIT { Err(ChainLimit::Issuers(count)) } else { Ok(()) }
}
