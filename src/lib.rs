//! pilotfish: a probe sidecar for Kubernetes.
//!
//! The modules in reading order; each layer uses only itself and those above it (`tests/it/layers.rs` holds the rule).

// 0: data
pub mod cause;
pub mod duration;
pub mod env;
pub mod exit;
pub mod finding;
pub mod mask;
pub mod order;
pub mod outcome;
pub mod packed;
pub mod panics;
pub mod pod;
pub mod proof;
pub mod random;
pub mod scheme;
pub mod secret;
pub mod slices;
pub mod sock_diag;
pub mod timestamp;
pub mod url;
pub mod value;
pub mod vocabulary;
// 1: rules
pub mod findings;
pub mod outcome_json;
pub mod verdict;
// 2: the network
pub mod net;
// 3: checks
pub mod check;
// 4: the plan
pub mod config;
// 5: the engine
pub mod gate;
pub mod log;
pub mod metrics;
pub mod probe;
pub mod retry;
pub mod schedule;
pub mod state;
#[cfg(test)]
mod testing;
// 6: the face
pub mod serve;
// 7: wiring
pub mod app;
pub mod orphans;
pub mod shutdown;
// 8: the shell
pub mod cli;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
