//! One scripted server for every way in which a peer misbehaves (and for a peer that merely listens): threads of this
//! process on a free port, or a process of its own inside a namespace.
//!
//! But for [`Manner::Reset`], [`Manner::Nothing`] and [`Manner::SpeaksFirst`] it waits for the client's first bytes, so that what it does falls
//! into the middle of a conversation and its own end is a FIN, not the reset of a socket with unread bytes.

use std::io::{self, Read, Write as _};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::netns::Namespace;
use super::{Folder, Running, until};

const ROLE: &str = "PILOTFISH_TEST_HOSTILE_PEER";

/// How a peer behaves on each connection.
#[derive(Debug, Clone)]
pub(crate) enum Manner {
    /// Accepts, and is silent for as long as the client stays.
    Nothing,
    /// Resets each connection at once.
    Reset,
    /// Reads the client's first bytes, and resets the connection 1.2 s later without a word.
    ResetsLate,
    /// Bytes that belong to no protocol, then silence.
    Garbage,
    /// Bytes that belong to no protocol, then the end.
    GarbageAndEnd,
    /// These bytes, then silence.
    Says(Vec<u8>),
    /// These bytes at once, before the client says anything, then silence.
    SpeaksFirst(Vec<u8>),
    /// These bytes, then the end.
    SaysAndEnds(Vec<u8>),
    /// These bytes, one a second, again and again.
    Drips(Vec<u8>),
    /// The first bytes, then the second ones without end.
    Floods(Vec<u8>, Vec<u8>),
    /// The same, without waiting for the client's first bytes: for protocols in which the server speaks first.
    Unasked(Box<Self>),
    /// What a real server answers, but it ends (or resets) after that many bytes.
    Cuts { server: SocketAddr, after: usize, reset: bool },
}

/// A peer on a free port of this machine's loopback; it serves until the tests end.
pub(crate) fn here(manner: Manner) -> SocketAddr {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || serve(&listener, &manner));
    address
}

/// A process that listens inside a namespace; it ends with the test.
pub(crate) struct Inside {
    _process: Running,
    _folder: Folder,
}

impl Inside {
    /// Listens on these addresses; [`Manner::Nothing`], [`Manner::Reset`], [`Manner::Says`] and
    /// [`Manner::SaysAndEnds`] only.
    pub(crate) fn start(namespace: &Namespace, addresses: &[&str], manner: &Manner) -> Self {
        let folder = Folder::new();
        let ready = folder.path().join("ready");
        let myself = std::env::current_exe().expect("a test knows its own file");
        let mut command = namespace.command(myself.to_str().expect("the path is UTF-8"));
        command.args(["--exact", "support::hostile::hostile_process", "--nocapture"]);
        let order = format!("{}\n{}\n{}", ready.display(), addresses.join(" "), written(manner));
        command.env(ROLE, order).stdout(std::process::Stdio::null());
        let process = Running::start(&mut command);
        until("the peer listens", || ready.exists());
        Self { _process: process, _folder: folder }
    }
}

fn written(manner: &Manner) -> String {
    // A variable of the environment holds no zero byte.
    let text = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match manner {
        Manner::Nothing => "nothing ".to_owned(),
        Manner::Reset => "reset ".to_owned(),
        Manner::Says(bytes) => format!("says {}", text(bytes)),
        Manner::SpeaksFirst(bytes) => format!("first {}", text(bytes)),
        Manner::SaysAndEnds(bytes) => format!("ends {}", text(bytes)),
        other => panic!("{other:?} is for peers of this process"),
    }
}

/// Not a test: the process of a peer. Without its variable it has nothing to do.
#[test]
#[expect(clippy::disallowed_methods, reason = "how the process is told from the tests beside it")]
fn hostile_process() {
    let Ok(order) = std::env::var(ROLE) else { return };
    let mut lines = order.splitn(3, '\n');
    let mut line = || lines.next().expect("three lines").to_owned();
    let (ready, addresses, manner) = (line(), line(), line());
    let (word, bytes) = manner.split_once(' ').expect("a word and bytes");
    let pairs = bytes.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("digits"));
    let bytes = pairs.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect();
    let manner = match word {
        "nothing" => Manner::Nothing,
        "reset" => Manner::Reset,
        "says" => Manner::Says(bytes),
        "first" => Manner::SpeaksFirst(bytes),
        "ends" => Manner::SaysAndEnds(bytes),
        other => panic!("unknown: {other}"),
    };
    let listeners: Vec<TcpListener> = addresses
        .split(' ')
        .map(|text| TcpListener::bind(text.parse::<SocketAddr>().expect("an address")).expect("the port is free"))
        .collect();
    std::fs::write(ready, "").expect("the folder is there");
    std::thread::scope(|scope| {
        for listener in &listeners {
            scope.spawn(|| serve(listener, &manner));
        }
    });
}

fn serve(listener: &TcpListener, manner: &Manner) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let manner = manner.clone();
        // What the client does to the connection is its own affair.
        std::thread::spawn(move || drop(behave(stream, &manner)));
    }
}

fn behave(mut stream: TcpStream, manner: &Manner) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match manner {
        Manner::Unasked(manner) => return act(stream, manner),
        Manner::Nothing => return gone(stream),
        Manner::Reset => return reset(stream),
        Manner::SpeaksFirst(bytes) => {
            stream.write_all(bytes)?;
            return gone(stream);
        }
        Manner::Cuts { server, after, reset } => return cut(stream, *server, *after, *reset),
        _ => {}
    }
    let mut first = [0; 4096];
    if stream.read(&mut first)? == 0 {
        return Ok(());
    }
    act(stream, manner)
}

/// What it does once it is its turn.
fn act(mut stream: TcpStream, manner: &Manner) -> io::Result<()> {
    match manner {
        Manner::ResetsLate => {
            // Far longer than any reset that belongs to the connection.
            std::thread::sleep(Duration::from_millis(1_200));
            reset(stream)
        }
        Manner::Garbage => {
            stream.write_all(&garbage())?;
            gone(stream)
        }
        Manner::GarbageAndEnd => {
            stream.write_all(&garbage())?;
            end(stream)
        }
        Manner::Says(bytes) => {
            stream.write_all(bytes)?;
            gone(stream)
        }
        Manner::SaysAndEnds(bytes) => {
            stream.write_all(bytes)?;
            end(stream)
        }
        Manner::Drips(bytes) => loop {
            for byte in bytes {
                stream.write_all(&[*byte])?;
                std::thread::sleep(Duration::from_secs(1));
            }
        },
        Manner::Floods(start, unit) => {
            stream.write_all(start)?;
            let many = unit.repeat(16_384 / unit.len() + 1);
            loop {
                stream.write_all(&many)?;
            }
        }
        Manner::Nothing => gone(stream),
        Manner::Reset => reset(stream),
        Manner::SpeaksFirst(bytes) => {
            stream.write_all(bytes)?;
            gone(stream)
        }
        Manner::Cuts { .. } | Manner::Unasked(_) => unreachable!("handled before"),
    }
}

/// The same 4 KiB each time; no protocol begins like this.
fn garbage() -> Vec<u8> {
    let mut state: u32 = 0x9e37_79b9;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..4096).map(|_| next()).collect()
}

/// Stays until the client goes.
fn gone(mut stream: TcpStream) -> io::Result<()> {
    io::copy(&mut stream, &mut io::sink()).map(drop)
}

/// A FIN, and then whatever the client still says.
fn end(stream: TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    gone(stream)
}

fn reset(stream: TcpStream) -> io::Result<()> {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO))
}

/// Carries both directions, and ends the server's after that many bytes.
#[expect(clippy::disallowed_methods, reason = "a test dials as it likes")]
fn cut(mut client: TcpStream, server: SocketAddr, after: usize, resets: bool) -> io::Result<()> {
    let upstream = TcpStream::connect(server)?;
    let (mut asks, mut forward) = (client.try_clone()?, upstream.try_clone()?);
    let asking = std::thread::spawn(move || drop(io::copy(&mut asks, &mut forward)));
    io::copy(&mut (&upstream).take(after as u64), &mut client)?;
    upstream.shutdown(Shutdown::Both)?;
    if !resets {
        return end(client);
    }
    // Only the last handle's end resets.
    client.shutdown(Shutdown::Read)?;
    drop(asking.join());
    reset(client)
}

/// The loopback address with this port.
pub(crate) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}
