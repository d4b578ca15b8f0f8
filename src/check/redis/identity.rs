//! What a server reports about itself: whether it is a Sentinel, its version and its role.

use super::client::Reply;
use super::role::ServerRole;

/// The longest version that is shown.
const VERSION_LIMIT: usize = 32;

/// What a server reports about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Identity {
    /// It is a Sentinel, which has no data.
    pub(super) is_sentinel: bool,
    /// Its role; `None` if it is a Sentinel, or does not say.
    pub(super) role: Option<ServerRole>,
    /// Its version.
    pub(super) version: Option<String>,
}

impl Identity {
    /// Reads the reply to HELLO, a list of names and values; `None` for any other reply.
    pub(super) fn of_hello(reply: &Reply) -> Option<Self> {
        let Reply::Array(items) = reply else { return None };
        let mut found = Self::default();
        for pair in items.chunks_exact(2) {
            let (Reply::Bulk(name), Reply::Bulk(value)) = (&pair[0], &pair[1]) else { continue };
            match name.as_slice() {
                b"mode" => found.is_sentinel = value == SENTINEL,
                b"role" => found.role = ServerRole::read(value),
                b"version" => found.version = version(value),
                _ => {}
            }
        }
        Some(found)
    }

    /// Reads the reply to ROLE, which starts with the role.
    pub(super) fn of_role(reply: &Reply) -> Option<Self> {
        let Reply::Array(items) = reply else { return None };
        let Some(Reply::Bulk(word)) = items.first() else { return None };
        Some(Self { is_sentinel: word == SENTINEL, role: ServerRole::read(word), version: None })
    }

    /// Reads the reply to INFO: lines of `name:value`.
    pub(super) fn of_info(reply: &Reply) -> Option<Self> {
        let Reply::Bulk(text) = reply else { return None };
        let role = text.split(|byte| *byte == b'\n').find_map(|line| line.trim_ascii().strip_prefix(b"role:"))?;
        Some(Self { role: ServerRole::read(role), ..Self::default() })
    }
}

const SENTINEL: &[u8] = b"sentinel";

/// A version is shown only if it looks like one.
fn version(text: &[u8]) -> Option<String> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_+".contains(byte);
    let text = std::str::from_utf8(text).ok()?;
    let fits = text.len() <= VERSION_LIMIT && text.bytes().all(|byte| is_plain(&byte));
    (fits && text.starts_with(|first: char| first.is_ascii_digit())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Identity;
    use crate::check::redis::client::Reply;
    use crate::check::redis::role::ServerRole;

    fn list(words: &[&str]) -> Reply {
        Reply::Array(words.iter().map(|word| Reply::Bulk(word.as_bytes().to_vec())).collect())
    }

    #[test]
    fn every_answer_tells_the_role() {
        let hello = |words: &[&str]| Identity::of_hello(&list(words)).expect("a list");
        let found = hello(&["server", "redis", "version", "7.0.15", "mode", "cluster", "role", "replica"]);
        let expected =
            Identity { is_sentinel: false, role: Some(ServerRole::Replica), version: Some("7.0.15".to_owned()) };
        assert_eq!(found, expected);
        assert!(hello(&["mode", "sentinel", "version"]).is_sentinel);
        for version in ["", "sesame", "7.0\n", &"7".repeat(33), "7 0"] {
            assert_eq!(hello(&["version", version]).version, None, "{version}");
        }
        let role = |words: &[&str]| Identity::of_role(&list(words)).and_then(|identity| identity.role);
        assert_eq!(role(&["slave", "10.0.0.1"]), Some(ServerRole::Replica));
        assert_eq!(role(&["handshake"]), None);
        let info = |text: &str| Identity::of_info(&Reply::Bulk(text.as_bytes().to_vec()));
        let role = |text: &str| info(text).and_then(|identity| identity.role);
        assert_eq!(role("# Replication\r\nrole:master\r\nconnected_slaves:0\r\n"), Some(ServerRole::Primary));
        assert_eq!((role("role:other"), info("nothing"), Identity::of_hello(&Reply::Nil)), (None, None, None));
    }
}
