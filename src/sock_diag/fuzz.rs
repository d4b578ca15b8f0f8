//! Entry points for fuzzing: buffers of netlink messages.

use super::read_messages;

pub(crate) fn netlink(bytes: &[u8]) {
    let mut found = Vec::new();
    read_messages(bytes, &mut found);
    // Each has a header of its own.
    assert!(found.len() <= bytes.len() / super::ANSWER);
}
