//! A scripted name server over UDP and TCP, a process of its own: in a namespace on port 53, or on a free port here.
//!
//! The script has one rule a line, `NAME TYPE REPLY`; the first that fits counts, and what none fits is NXDOMAIN.
//! `NAME` may be `*` or `*.suffix`, `TYPE` may be `*`. Replies:
//!
//! ```text
//! = 10.0.0.1 | 10.0.0.2        records of the type asked for (also MX, NS, PTR, SOA, SRV, TXT, CNAME)
//! cname a.lab b.lab = 10.0.0.1 the same behind CNAMEs
//! cname a.lab nxdomain         a CNAME to a name that does not exist
//! nodata nxdomain servfail refused formerr notimp
//! late 300 = 10.0.0.1          answers after that many milliseconds
//! lost = 10.0.0.1              as if the first datagram were lost
//! short = 10.0.0.1             cut short over UDP, whole over TCP
//! short silent | drip | close | huge | wrong-id     cut short over UDP, and this over TCP
//! silent wrong-id wrong-question garbage loop flood
//! ```
//!
//! Words in front of a reply change how it is sent: `after-wrong-id` and `after-wrong-question` put such a message before it,
//! `no-edns` sends FORMERR to a question with an extension, `reversed` turns the order of its records around, `dressed` puts
//! records of an unknown type between them and more into the other sections, `pointers` writes its names with pointers, and
//! `other-case` turns the letters of the question around.
//!
//! In names, `\DDD` is a byte and `\.` a dot.
//!
//! The messages are written by hand, so that the codec under test does not test itself.

mod message;

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use message::Asked;

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

impl Server {
    fn log(&self, line: &str) {
        let file = std::fs::OpenOptions::new().append(true).open(self.folder.join("log"));
        // The test may be over, and its folder gone.
        if let Ok(mut file) = file {
            drop(file.write_all(format!("{line}\n").as_bytes()));
        }
    }

    fn over_udp(&self, message: &[u8], to: SocketAddr) {
        let Some(mut asked) = Asked::read(message) else { return };
        self.log(&format!("udp {} {}", asked.name, asked.type_text()));
        for answer in self.answers(&mut asked, false) {
            drop(self.udp.send_to(&answer, to));
        }
    }

    fn over_tcp(&self, mut stream: TcpStream) {
        while let Some(message) = next_message(&mut stream) {
            let Some(mut asked) = Asked::read(&message) else { return };
            self.log(&format!("tcp {} {}", asked.name, asked.type_text()));
            match self.rule(&asked).strip_prefix("short ").unwrap_or_default() {
                "silent" => return drop(stream.read(&mut [0])),
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
                "close" => return,
                _ => {
                    for answer in self.answers(&mut asked, true) {
                        let length = u16::try_from(answer.len()).expect("a script's answer is short").to_be_bytes();
                        drop(stream.write_all(&[&length, &answer[..]].concat()));
                    }
                }
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

    fn answers(&self, asked: &mut Asked<'_>, tcp: bool) -> Vec<Vec<u8>> {
        let rule = self.rule(asked);
        let mut rule = rule.as_str();
        if let Some(rest) = rule.strip_prefix("short ") {
            if !tcp {
                return vec![asked.answer(0x8380, [0, 0, 0], &[])];
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
        let mut before = Vec::new();
        while let Some((word, rest)) = rule.split_once(' ') {
            match word {
                "after-wrong-id" => before.push(asked.tampered(0)),
                "after-wrong-question" => before.push(asked.tampered(13)),
                "no-edns" if asked.has_extension() => return vec![asked.answer(0x8181, [0, 0, 0], &[])],
                "no-edns" => {}
                "reversed" => asked.style.reversed = true,
                "dressed" => asked.style.dressed = true,
                "pointers" => asked.style.pointers = true,
                "other-case" => asked.style.other_case = true,
                _ => break,
            }
            rule = rest;
        }
        before.extend(asked.reply(rule));
        before
    }
}

/// The next message of a client over TCP, while it has one.
fn next_message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).ok()?;
    let mut message = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut message).ok()?;
    Some(message)
}
