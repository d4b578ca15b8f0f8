//! What is odd about a certificate that was accepted: many clients accept it, and some do not.

use super::text::{SERVER_TEXT_LIMIT, clean_text};

/// What is odd about a certificate that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateOddity {
    /// The host is a common name of the subject, and no alternative name says it.
    CommonNameOnly {
        /// The common name.
        name: String,
    },
    /// The host fits an alternative name by a rule that strict clients do not have.
    LooseName {
        /// The alternative name.
        name: String,
    },
    /// It is X.509 version 1: without names and purposes.
    VersionOne,
    /// It says that it is an authority's, and is a server's.
    AuthorityAsServer,
}

impl CertificateOddity {
    /// The host is this common name.
    #[must_use]
    pub fn common_name(name: &[u8]) -> Self {
        Self::CommonNameOnly { name: shown(name) }
    }

    /// The host fits this alternative name.
    #[must_use]
    pub fn loose_name(name: &[u8]) -> Self {
        Self::LooseName { name: shown(name) }
    }
}

fn shown(name: &[u8]) -> String {
    clean_text(&String::from_utf8_lossy(name), SERVER_TEXT_LIMIT)
}
