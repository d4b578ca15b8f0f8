//! Entry points for fuzzing: buffers of netlink messages.

use super::read_messages;

pub(crate) fn netlink(bytes: &[u8]) {
    let mut ports = Vec::new();
    read_messages(bytes, &mut ports);
    let count = ports.len();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), count, "each port once");
}
