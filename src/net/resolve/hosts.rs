//! The hosts file: names that need no query.

use std::net::IpAddr;

/// The addresses of a name, both families, in the order of the file, each once, at most `limit` of a family. Lines without
/// a valid address are ignored, same as libc. Names are compared without regard to case or to a final dot.
pub(super) fn lookup(text: &[u8], name: &str, limit: usize) -> Vec<IpAddr> {
    let wanted = name.trim_end_matches('.');
    let mut found = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
        let Some(ip) = words.next().and_then(|word| word.parse::<IpAddr>().ok()) else { continue };
        let named = words.any(|word| word.trim_end_matches('.').eq_ignore_ascii_case(wanted));
        let room = || found.iter().filter(|known: &&IpAddr| known.is_ipv4() == ip.is_ipv4()).count() < limit;
        if named && !found.contains(&ip) && room() {
            found.push(ip);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::lookup;
    use std::net::IpAddr;

    const TEXT: &[u8] = b"# comment\n127.0.0.1 localhost\n::1\tlocalhost ip6-localhost\n10.0.0.1 db Db.lab # db2\n\
        10.0.0.2\tdb\r\n10.0.0.1 db\nnonsense db\n\xff\xfe db\n10.0.0.999 db\nfd00::1 db.lab.\n10.0.0.3\n";

    #[test]
    fn several_lines_and_addresses_for_one_name() {
        let ips = |name: &str| lookup(TEXT, name, 32).iter().map(IpAddr::to_string).collect::<Vec<_>>();
        assert_eq!(ips("db"), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(ips("DB.LAB"), ["10.0.0.1", "fd00::1"]);
        assert_eq!(ips("db.lab."), ["10.0.0.1", "fd00::1"]);
        assert_eq!(ips("localhost"), ["127.0.0.1", "::1"]);
        assert!(ips("db2").is_empty(), "a comment names no one");
        assert!(ips("10.0.0.1").is_empty());
        assert_eq!(lookup(TEXT, "db", 1).len(), 1);
        assert_eq!(lookup(TEXT, "db.lab", 1).len(), 2, "the limit is that of a family");
        assert!(lookup(b"", "db", 32).is_empty());
    }
}
