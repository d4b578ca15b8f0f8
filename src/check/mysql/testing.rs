//! What several tests share.

/// A greeting as MySQL 8 and MariaDB write it.
pub(super) fn greeting(version: &str, capabilities: u32, plugin: &str) -> Vec<u8> {
    let mut bytes = vec![10];
    bytes.extend_from_slice(version.as_bytes());
    bytes.extend_from_slice(b"\0\x07\0\0\0abcdefgh\0");
    let [a, b, c, d] = capabilities.to_le_bytes();
    bytes.extend_from_slice(&[a, b, 45, 2, 0, c, d, 21]);
    bytes.extend_from_slice(&[0; 10]);
    bytes.extend_from_slice(b"ijklmnopqrst\0");
    bytes.extend_from_slice(plugin.as_bytes());
    bytes.push(0);
    bytes
}
