//! A scripted name server over UDP and TCP, a process of its own: in a namespace on port 53, or on a free port here.
//!
//! The script has one rule a line, `NAME TYPE REPLY`; the first that fits counts, and what none fits is NXDOMAIN.
//! `NAME` may be `*` or `*.suffix`, `TYPE` may be `*`. Replies:
//!
//! ```text
//! = 10.0.0.1 | 10.0.0.2        records of the type asked for (also MX, NS, PTR, SOA, SRV, TXT, CNAME)
//! cname a.lab b.lab = 10.0.0.1 the same behind CNAMEs
//! nodata nxdomain servfail refused formerr notimp
//! late 300 = 10.0.0.1          answers after that many milliseconds
//! lost = 10.0.0.1              as if the first datagram were lost
//! short = 10.0.0.1             cut short over UDP, whole over TCP
//! short silent | drip | close | huge | wrong-id     cut short over UDP, and this over TCP
//! silent wrong-id wrong-question garbage loop flood
//! ```
//!
//! The messages are written by hand, so that the codec under test does not test itself.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::netns::Namespace;
use super::{Folder, Running, until};

const ROLE: &str = "PILOTFISH_TEST_NAME_SERVER";

/// A name server that runs until the test ends.
pub(crate) struct NameServer {
    _process: Running,
    folder: Folder,
    pub(crate) address: SocketAddr,
}

impl NameServer {
    /// On a free port of this machine's loopback.
    pub(crate) fn here(script: &str) -> Self {
        let myself = std::env::current_exe().expect("a test knows its own file");
        Self::start(Command::new(myself), "127.0.0.1:0", script)
    }

    /// On port 53 of an address of the namespace.
    pub(crate) fn inside(namespace: &Namespace, ip: &str, script: &str) -> Self {
        let myself = std::env::current_exe().expect("a test knows its own file");
        let ip: IpAddr = ip.parse().expect("an address");
        let command = namespace.command(myself.to_str().expect("the path is UTF-8"));
        Self::start(command, &SocketAddr::new(ip, 53).to_string(), script)
    }

    fn start(mut command: Command, address: &str, script: &str) -> Self {
        let folder = Folder::new();
        folder.write("script", script);
        let log = folder.write("log", "");
        command.args(["--exact", "support::dns::name_server_process", "--nocapture"]);
        command.env(ROLE, format!("{address} {}", folder.path().display())).stdout(std::process::Stdio::null());
        let process = Running::start(&mut command);
        let first = || std::fs::read_to_string(&log).ok().filter(|text| text.contains('\n'));
        until("the name server listens", || first().is_some());
        let text = first().expect("it was there a moment ago");
        let address = text.lines().next().unwrap_or_default().parse().expect("the server's address");
        Self { _process: process, folder, address }
    }

    /// What it was asked so far: `udp db.lab. A`.
    pub(crate) fn asked(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join("log")).expect("the server's log");
        text.lines().skip(1).map(str::to_owned).collect()
    }

    /// Takes another script from now on.
    pub(crate) fn script(&self, script: &str) {
        self.folder.write("script", script);
    }
}

/// Not a test: the process of a name server. Without its variable it has nothing to do.
#[test]
#[expect(clippy::disallowed_methods, reason = "how the process is told from the tests beside it")]
fn name_server_process() {
    let Ok(order) = std::env::var(ROLE) else { return };
    let (address, folder) = order.split_once(' ').expect("address and folder");
    let address: SocketAddr = address.parse().expect("an address");
    let (udp, tcp) = std::iter::repeat_with(|| {
        let tcp = TcpListener::bind(address).expect("the port is free");
        // Another process may hold the same number for UDP.
        UdpSocket::bind(tcp.local_addr().expect("it has an address")).map(|udp| (udp, tcp))
    })
    .take(20)
    .find_map(Result::ok)
    .expect("one number is free for both");
    let server = Arc::new(Server { folder: folder.into(), lost: Mutex::default(), udp });
    server.log(&tcp.local_addr().expect("it has an address").to_string());
    let over_tcp = Arc::clone(&server);
    std::thread::spawn(move || {
        for stream in tcp.incoming().flatten() {
            let server = Arc::clone(&over_tcp);
            std::thread::spawn(move || server.over_tcp(stream));
        }
    });
    let mut buffer = [0; 4096];
    loop {
        // A refused answer shows as an error of the next read.
        let Ok((length, from)) = server.udp.recv_from(&mut buffer) else { continue };
        let (server, message) = (Arc::clone(&server), buffer[..length].to_vec());
        std::thread::spawn(move || server.over_udp(&message, from));
    }
}

struct Server {
    folder: PathBuf,
    lost: Mutex<HashMap<String, u32>>,
    udp: UdpSocket,
}

/// A question, taken apart.
struct Asked<'a> {
    message: &'a [u8],
    /// Lower case, with its final dot.
    name: String,
    record: u16,
    /// Where the question ends.
    end: usize,
}

const TYPES: [(&str, u16); 9] =
    [("A", 1), ("NS", 2), ("CNAME", 5), ("SOA", 6), ("PTR", 12), ("MX", 15), ("TXT", 16), ("AAAA", 28), ("SRV", 33)];

impl Server {
    fn log(&self, line: &str) {
        let file = std::fs::OpenOptions::new().append(true).open(self.folder.join("log"));
        // The test may be over, and its folder gone.
        if let Ok(mut file) = file {
            drop(file.write_all(format!("{line}\n").as_bytes()));
        }
    }

    fn over_udp(&self, message: &[u8], to: SocketAddr) {
        let Some(asked) = Asked::read(message) else { return };
        self.log(&format!("udp {} {}", asked.name, asked.type_text()));
        for answer in self.answers(&asked, false) {
            drop(self.udp.send_to(&answer, to));
        }
    }

    fn over_tcp(&self, mut stream: TcpStream) {
        let mut length = [0; 2];
        if stream.read_exact(&mut length).is_err() {
            return;
        }
        let mut message = vec![0; u16::from_be_bytes(length).into()];
        if stream.read_exact(&mut message).is_err() {
            return;
        }
        let Some(asked) = Asked::read(&message) else { return };
        self.log(&format!("tcp {} {}", asked.name, asked.type_text()));
        match self.rule(&asked).strip_prefix("short ").unwrap_or_default() {
            "silent" => drop(stream.read(&mut [0])),
            "drip" => {
                drop(stream.write_all(&[0xff, 0xff]));
                while stream.write_all(&[0]).is_ok() {
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            "huge" => {
                drop(stream.write_all(&[0xff, 0xff]));
                while stream.write_all(&[0xc0; 65_536]).is_ok() {}
            }
            "close" => {}
            _ => {
                for answer in self.answers(&asked, true) {
                    let length = u16::try_from(answer.len()).expect("a script's answer is short").to_be_bytes();
                    drop(stream.write_all(&[&length, &answer[..]].concat()));
                }
                drop(stream.read(&mut [0]));
            }
        }
    }

    /// The reply of the first rule that fits.
    fn rule(&self, asked: &Asked<'_>) -> String {
        let script = std::fs::read_to_string(self.folder.join("script")).unwrap_or_default();
        let fits = |line: &&str| {
            let mut words = line.split_whitespace();
            let (name, record) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let bare = asked.name.trim_end_matches('.');
            let named = name == "*"
                || name.trim_end_matches('.') == bare
                || name.strip_prefix('*').is_some_and(|suffix| bare.ends_with(suffix));
            named && (record == "*" || record == asked.type_text())
        };
        let line = script.lines().find(fits).unwrap_or("* * nxdomain");
        line.split_whitespace().skip(2).collect::<Vec<_>>().join(" ")
    }

    fn answers(&self, asked: &Asked<'_>, tcp: bool) -> Vec<Vec<u8>> {
        let rule = self.rule(asked);
        let mut rule = rule.as_str();
        if let Some(rest) = rule.strip_prefix("short ") {
            if !tcp {
                return vec![asked.answer(0x8382, 0, &[])];
            }
            rule = rest;
        }
        if let Some(rest) = rule.strip_prefix("late ") {
            let (wait, rest) = rest.split_once(' ').expect("late MS REPLY");
            std::thread::sleep(Duration::from_millis(wait.parse().expect("milliseconds")));
            rule = rest;
        }
        if let Some(rest) = rule.strip_prefix("lost ") {
            let mut lost = self.lost.lock().expect("no thread panics with it");
            let times = lost.entry(format!("{} {}", asked.name, asked.record)).or_default();
            *times += 1;
            if *times == 1 {
                return Vec::new();
            }
            rule = rest;
        }
        asked.reply(rule)
    }
}

impl<'a> Asked<'a> {
    fn read(message: &'a [u8]) -> Option<Self> {
        let (mut at, mut name) = (12, String::new());
        loop {
            let length = usize::from(*message.get(at)?);
            at += 1;
            if length == 0 {
                break;
            }
            name.push_str(std::str::from_utf8(message.get(at..at + length)?).ok()?);
            name.push('.');
            at += length;
        }
        let record = u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]);
        let name = if name.is_empty() { ".".to_owned() } else { name.to_ascii_lowercase() };
        Some(Self { message, name, record, end: at + 4 })
    }

    fn type_text(&self) -> &'static str {
        TYPES.iter().find(|(_, number)| *number == self.record).map_or("?", |(text, _)| text)
    }

    /// A message with these flags, the question as it came, and these records.
    fn answer(&self, flags: u16, count: u16, records: &[u8]) -> Vec<u8> {
        let mut out = self.message[..2].to_vec();
        for number in [flags, 1, count, 0, 0] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&self.message[12..self.end]);
        out.extend_from_slice(records);
        out
    }

    fn reply(&self, rule: &str) -> Vec<Vec<u8>> {
        let rcode = |code: u16| vec![self.answer(0x8180 | code, 0, &[])];
        match rule {
            "nodata" => rcode(0),
            "formerr" => rcode(1),
            "servfail" => rcode(2),
            "nxdomain" => rcode(3),
            "notimp" => rcode(4),
            "refused" => rcode(5),
            "silent" => Vec::new(),
            "garbage" => vec![b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()],
            "wrong-id" => vec![self.tampered(0), self.answer(0x8180, 0, &[])[..5].to_vec()],
            "wrong-question" => vec![self.tampered(13)],
            // A name that points to itself.
            "loop" => vec![self.answer(0x8180, 1, &[0xc0, u8::try_from(self.end).expect("short"), 0, 1, 0, 1])],
            "flood" => (0..2_000).map(|_| self.tampered(1)).collect(),
            _ => vec![self.records(rule)],
        }
    }

    /// A good answer with one byte turned.
    fn tampered(&self, at: usize) -> Vec<u8> {
        let mut answer = self.records("= 10.6.6.6");
        answer[at] ^= 0x01;
        answer
    }

    fn records(&self, rule: &str) -> Vec<u8> {
        let (chain, data) = rule.split_once('=').unwrap_or_else(|| panic!("no such reply: {rule}"));
        let (mut owner, mut records, mut count) = (vec![0xc0, 12], Vec::new(), 0);
        for target in chain.split_whitespace().skip(1) {
            push(&mut records, &owner, 5, &wire(target));
            owner = wire(target);
            count += 1;
        }
        for text in data.split('|').map(str::trim).filter(|text| !text.is_empty()) {
            push(&mut records, &owner, self.record, &rdata(self.record, text));
            count += 1;
        }
        self.answer(0x8180, count, &records)
    }
}

fn push(records: &mut Vec<u8>, owner: &[u8], record: u16, data: &[u8]) {
    records.extend_from_slice(owner);
    records.extend_from_slice(&record.to_be_bytes());
    // Class IN, 30 seconds to live.
    records.extend_from_slice(&[0, 1, 0, 0, 0, 30]);
    records.extend_from_slice(&u16::try_from(data.len()).expect("short data").to_be_bytes());
    records.extend_from_slice(data);
}

/// A name in its labels.
fn wire(name: &str) -> Vec<u8> {
    let labels = name.trim_end_matches('.').split('.').filter(|label| !label.is_empty());
    let mut out: Vec<u8> =
        labels.flat_map(|label| [&[u8::try_from(label.len()).expect("short")], label.as_bytes()].concat()).collect();
    out.push(0);
    out
}

fn rdata(record: u16, text: &str) -> Vec<u8> {
    let short = |text: &str| text.parse::<u16>().expect("a number").to_be_bytes().to_vec();
    let words: Vec<&str> = text.split_whitespace().collect();
    match (record, &words[..]) {
        (1 | 28, _) => match text.parse().unwrap_or_else(|_| panic!("no address: {text}")) {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        },
        (2 | 5 | 12, _) => wire(text),
        (15, [preference, host]) => [short(preference), wire(host)].concat(),
        (33, [numbers @ .., host]) => [numbers.iter().flat_map(|n| short(n)).collect(), wire(host)].concat(),
        (16, _) => [&[u8::try_from(text.len()).expect("short")], text.as_bytes()].concat(),
        (6, [master, owner, numbers @ ..]) => {
            let numbers = numbers.iter().flat_map(|n| n.parse::<u32>().expect("a number").to_be_bytes());
            [wire(master), wire(owner), numbers.collect()].concat()
        }
        _ => panic!("no such record: {record} {text}"),
    }
}
