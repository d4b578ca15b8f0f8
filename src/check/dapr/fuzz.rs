//! Entry points for fuzzing: the answers of daprd.

use super::answer::{NotReady, components};

/// A body of its health or of its metadata.
pub(crate) fn dapr(bytes: &[u8]) {
    let parts = NotReady::read(bytes).map(|why| why.parts).unwrap_or_default();
    let names = components(bytes).unwrap_or_default();
    for name in parts.iter().chain(&names) {
        assert!(!name.contains(|c: char| c.is_control()) && name.len() <= 64, "{name}");
    }
    assert!(parts.len() <= 32 && names.len() <= 32);
}
