//! pilotfish: a probe sidecar for Kubernetes.
//!
//! The modules in reading order; each layer uses only those above it (`tests/it/layers.rs` holds the rule).

// 0: data
pub mod cause;
pub mod duration;
pub mod env;
pub mod exit;
pub mod outcome;
pub mod secret;
pub mod url;
pub mod value;
