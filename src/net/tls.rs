//! TLS as a client: TLS 1.2 and 1.3 over rustls, resumption off, so that each probe sees the real handshake.
//!
//! What the peer presented is recorded on every path, also where it is not accepted. It judges certificates; what a
//! protocol then says over the session is not its business.

mod alert;
mod algorithms;
mod certificate;
mod certificate_error;
mod chain;
mod chain_limit;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod handshake;
mod handshake_error;
mod identity;
mod limit;
mod name_rules;
mod odd_leaf;
mod options;
mod p521;
mod peer_names;
mod pem;
mod pem_certificates;
mod public_key;
mod roots;
mod server_hello;
mod session;
mod signature_budget;
mod tap_stream;
mod validity;
mod verifier;

#[cfg(test)]
mod test_certificates;
#[cfg(test)]
mod tests;

pub use identity::Identity;
pub use name_rules::{NameRule, openssl_or_curl};
pub use options::{TlsOptions, Verify};
pub use peer_names::PeerNames;
pub use pem::Pem;
pub use pem_certificates::{certificates_in, check_days_left};
pub use public_key::RsaPublicKey;
pub use roots::{RootCache, Roots};
pub use session::Session;

pub(super) use handshake::handshake;
