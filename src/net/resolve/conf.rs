//! resolv.conf, read like libc (resolv.conf(5)): lines and words that it does not know are ignored.
//!
//! The reader is ours, because hickory's drops the zone of an IPv6 name server, asks the host's name, and refuses a file
//! without a name server, where libc falls back to 127.0.0.1.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::path::Path;
use std::time::Duration;

use crate::env::Env;
use crate::outcome::SearchList;

/// Its path.
pub(super) const PATH: &str = "/etc/resolv.conf";
/// The port of name servers.
pub(crate) const PORT: u16 = 53;
/// Same as libc and Kubernetes: further servers are not asked.
const SERVER_LIMIT: usize = 3;
/// musl ignores a line of so many bytes or more without its newline: it reads into 256 (src/network/resolvconf.c).
const MUSL_LINE: usize = 255;
/// Kubernetes allows 32 entries.
const SEARCH_LIMIT: usize = 32;

/// What resolv.conf says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conf {
    /// The servers in order; at least one.
    pub(super) servers: Vec<SocketAddr>,
    /// The search list, lower case, without final dots: empty for `.`, the name as it is.
    pub(super) search: Vec<String>,
    /// How long the line of the search list is, where musl ignores it and has no other.
    pub(super) too_long_for_musl: Option<usize>,
    /// A name with fewer dots goes through the search list first.
    pub(super) ndots: usize,
    /// How long libc waits for one answer.
    pub(super) timeout: Duration,
    /// How often libc asks each server.
    pub(super) attempts: u32,
    /// Why the servers are not those of the file, as text.
    pub(super) note: Option<String>,
}

impl Default for Conf {
    /// What libc assumes; without a server.
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            search: Vec::new(),
            too_long_for_musl: None,
            ndots: 1,
            timeout: Duration::from_secs(5),
            attempts: 2,
            note: None,
        }
    }
}

impl Conf {
    /// This server is asked, for names as they are.
    pub(super) fn of_server(server: SocketAddr) -> Self {
        Self { servers: vec![server], ..Self::default() }
    }

    /// What is appended to names, for the evidence.
    pub(super) fn search_list(&self) -> SearchList {
        let suffixes = self.search.iter().filter(|suffix| !suffix.is_empty()).cloned().collect();
        let root = self.search.iter().position(String::is_empty);
        SearchList { suffixes, ndots: self.ndots, root, too_long_for_musl: self.too_long_for_musl }
    }
}

/// Reads the file. A missing file counts as empty.
pub(super) fn read(env: &dyn Env) -> Conf {
    match env.file(Path::new(PATH)) {
        Ok(text) => parse(&text, &|name| interface(env, name)),
        Err(error) => {
            let mut conf = parse(b"", &|_| None);
            let why = if error.kind() == io::ErrorKind::NotFound { "does not exist" } else { "cannot be read" };
            conf.note = Some(format!("{PATH} {why}, so the queries went to 127.0.0.1"));
            conf
        }
    }
}

fn parse(text: &[u8], interface: &dyn Fn(&str) -> Option<u32>) -> Conf {
    let mut conf = Conf::default();
    let mut unreadable = 0_usize;
    let mut musl_has_list = false;
    for line in text.split(|byte| *byte == b'\n') {
        // libc knows comments at the start of a line only. `;` and `#` elsewhere end the line, too, as in musl and as people write.
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let mut words = line.split(['#', ';']).next().unwrap_or_default().split_ascii_whitespace();
        match words.next() {
            Some("nameserver") => match words.next().and_then(|word| server(word, interface)) {
                Some(server) if conf.servers.len() < SERVER_LIMIT => conf.servers.push(server),
                Some(_) => {}
                None => unreadable += 1,
            },
            // The last of them wins.
            Some("search" | "domain") => {
                conf.search = words.filter_map(suffix).take(SEARCH_LIMIT).collect();
                musl_has_list |= line.len() < MUSL_LINE;
                conf.too_long_for_musl = Some(line.len()).filter(|_| !musl_has_list);
            }
            Some("options") => words.for_each(|word| option(&mut conf, word)),
            _ => {}
        }
    }
    if conf.servers.is_empty() {
        let why = match unreadable {
            0 => "has no nameserver line".to_owned(),
            count => format!("has no valid nameserver line ({count} invalid)"),
        };
        conf.note = Some(format!("{PATH} {why}, so the queries went to 127.0.0.1"));
        conf.servers.push((Ipv4Addr::LOCALHOST, PORT).into());
    }
    conf
}

/// An address, for IPv6 with a zone by name or number.
fn server(word: &str, interface: &dyn Fn(&str) -> Option<u32>) -> Option<SocketAddr> {
    let Some((ip, zone)) = word.split_once('%') else {
        return word.parse::<IpAddr>().ok().map(|ip| (ip, PORT).into());
    };
    let ip: Ipv6Addr = ip.parse().ok()?;
    let scope = zone.parse().ok().or_else(|| interface(zone))?;
    Some(SocketAddrV6::new(ip, PORT, 0, scope).into())
}

/// The number of a network interface of this pod.
fn interface(env: &dyn Env, name: &str) -> Option<u32> {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@'));
    if !plain || name.starts_with('.') {
        return None;
    }
    let number = env.file(Path::new(&format!("/sys/class/net/{name}/ifindex"))).ok()?;
    std::str::from_utf8(&number).ok()?.trim().parse().ok()
}

fn suffix(word: &str) -> Option<String> {
    // `search .` is what Kubernetes writes for a node without domains: the name as it is.
    if word == "." {
        return Some(String::new());
    }
    let word = word.trim_end_matches('.');
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    (plain && !word.is_empty() && word.len() <= 253 && word != "--").then(|| word.to_ascii_lowercase())
}

/// The limits are libc's.
fn option(conf: &mut Conf, word: &str) {
    let Some((key, value)) = word.split_once(':') else { return };
    let Ok(value) = value.parse::<u32>() else { return };
    match key {
        "ndots" => conf.ndots = value.min(15) as usize,
        "timeout" => conf.timeout = Duration::from_secs(value.clamp(1, 30).into()),
        "attempts" => conf.attempts = value.clamp(1, 5),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{Conf, parse, read};
    use crate::env::MapEnv;

    fn conf(text: &str) -> Conf {
        let env = MapEnv::default().with_file("/etc/resolv.conf", text.as_bytes());
        read(&env.with_file("/sys/class/net/eth0/ifindex", b"7\n"))
    }

    fn servers(text: &str) -> Vec<String> {
        conf(text).servers.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_pod() {
        let conf = conf(
            "search app.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
        );
        assert_eq!(conf.servers, ["10.96.0.10:53".parse().unwrap()]);
        assert_eq!(conf.search, ["app.svc.cluster.local", "svc.cluster.local", "cluster.local"]);
        assert_eq!((conf.ndots, conf.timeout.as_secs(), conf.attempts), (5, 5, 2));
        assert_eq!(conf.note, None);
    }

    #[test]
    fn name_servers_in_order_with_zones() {
        assert_eq!(
            servers("nameserver 10.0.0.1 # first\nnameserver\t::1\r\nnameserver fe80::1%eth0\nnameserver 10.0.0.4"),
            ["10.0.0.1:53", "[::1]:53", "[fe80::1%7]:53"]
        );
        assert_eq!(servers("nameserver fe80::1%3"), ["[fe80::1%3]:53"]);
    }

    #[test]
    fn no_name_server_is_said() {
        for (text, note) in [
            ("", "has no nameserver line, so"),
            ("\u{0}\u{1} garbage\nnameserver\n", "1 invalid"),
            ("nameserver dns.example.com\nnameserver fe80::1%nope\nnameserver fe80::1%../x\n", "3 invalid"),
            ("# nameserver 10.0.0.1\n", "has no nameserver line, so"),
        ] {
            let conf = conf(text);
            assert_eq!(conf.servers, ["127.0.0.1:53".parse().unwrap()], "{text}");
            assert!(conf.note.as_ref().is_some_and(|said| said.contains(note)), "{text}: {:?}", conf.note);
        }
        assert!(read(&MapEnv::default()).note.unwrap().contains("does not exist"));
        assert_eq!(servers("bad\nnameserver 10.0.0.300\nnameserver 10.0.0.3"), ["10.0.0.3:53"]);
    }

    #[test]
    fn options_and_the_last_search_list_win() {
        let conf =
            conf("domain one\nsearch two. THREE -- bad/name .\noptions ndots:99 timeout:0 attempts:9 ndots: x:1\n");
        assert_eq!(conf.search, ["two", "three", ""]);
        assert_eq!((conf.ndots, conf.timeout.as_secs(), conf.attempts), (15, 1, 5));
        let many = format!("search {}", "a.example ".repeat(50));
        assert_eq!(parse(many.as_bytes(), &|_| None).search.len(), 32);
    }

    /// musl reads lines of up to 254 bytes, and takes the last list that it read.
    #[test]
    fn what_musl_reads_of_it() {
        let long = |bytes: usize| format!("search shop.svc.cluster.local {}", "x".repeat(bytes - 30));
        for (text, expected) in [
            (long(254), None),
            (long(255), Some(255)),
            (long(400) + "\nnameserver 10.0.0.1\n", Some(400)),
            (format!("search corp.example\n{}\n", long(300)), None),
            (format!("{}\nsearch corp.example\n", long(300)), None),
            (format!("# {}\nsearch corp.example\n", "x".repeat(400)), None),
        ] {
            assert_eq!(conf(&text).search_list().too_long_for_musl, expected, "{text}");
        }
        for (text, root, suffixes) in [
            ("search .", Some(0), 0),
            ("search a.svc.cluster.local svc.cluster.local .", Some(2), 2),
            ("search . corp.example", Some(0), 1),
            ("search corp.example.", None, 1),
        ] {
            let list = conf(text).search_list();
            assert_eq!((list.root, list.suffixes.len()), (root, suffixes), "{text}");
        }
    }
}
