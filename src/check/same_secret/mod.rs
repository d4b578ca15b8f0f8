//! `same_secret`: the pilotfish of another pod proves that it holds the same secret, and neither shows anything of it.
//!
//! [`crate::proof`] has the protocol, and `serve` the side that answers; here is the side that asks, over HTTP as the kind `http`.
//! A secret may be a list of the current and the previous version: the check states which one the peer has.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hint;
mod keys;
mod run;

use std::sync::Arc;
use std::time::Duration;

use crate::check::{Care, DiscoveryRule, Kind, ShownKeys, Subject};
use crate::findings::TlsKeyNames;

use keys::SameSecret;

/// The kind.
pub const KIND: Kind = Kind {
    name: "same_secret",
    summary: "the pilotfish of another pod proves that it holds the same secret, and neither shows it",
    example: r#"{name: jwt-signing, secret: {env: JWT_SECRET}, peers: "http://backend:9809"}"#,
    url_form: "",
    schemes: &[],
    subject: Subject::Surroundings,
    shown: ShownKeys {
        plain: &["name", "server_name", "verify"],
        urls: &["peers"],
        paths: crate::check::tls_keys::PEM_KEYS,
        ..ShownKeys::NONE
    },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: DiscoveryRule::NONE,
    care: Care { calm_interval: Some(Duration::from_mins(5)), ..Care::USUAL },
    gates_by_default: false,
    target_fault: |_| None,
    parse: keys::parse,
    from_url: |peer| Arc::new(SameSecret::without_secret(peer)),
    facts: &[],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<keys::SameSecretKeys>(),
};
