//! What every test needs: the real binary, servers that end with the test, free ports, waiting without sleeping blindly.
#![allow(clippy::allow_attributes, reason = "not every test binary uses all of it")]
#![allow(dead_code, reason = "each helper serves some of the tests")]

pub(crate) mod ca;
pub(crate) mod contracts;
pub(crate) mod delay;
pub(crate) mod dns;
pub(crate) mod exim;
pub(crate) mod grpc;
pub(crate) mod helm;
pub(crate) mod hostile;
pub(crate) mod http;
pub(crate) mod kafka;
pub(crate) mod kinds;
pub(crate) mod memcached;
pub(crate) mod mongodb;
pub(crate) mod mosquitto;
pub(crate) mod mysql;
pub(crate) mod nats;
pub(crate) mod netns;
pub(crate) mod nginx;
pub(crate) mod one_check;
pub(crate) mod openssl;
pub(crate) mod postgres;
pub(crate) mod prometheus;
pub(crate) mod rabbitmq;
pub(crate) mod redis;
pub(crate) mod same_secret;
pub(crate) mod sidecar;
pub(crate) mod slapd;
pub(crate) mod websocket;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

/// The binary under test.
pub(crate) const PILOTFISH: &str = env!("CARGO_BIN_EXE_pilotfish");

/// A command that runs the binary with a clean environment.
pub(crate) fn pilotfish() -> Command {
    let mut command = Command::new(PILOTFISH);
    command.env_clear().stdin(Stdio::null());
    command
}

/// What a finished command printed.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().expect("the command starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    Ran { code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
}

/// Runs the binary with these arguments.
pub(crate) fn ran(args: &[&str]) -> Ran {
    run(pilotfish().args(args))
}

/// The JSON report of one run.
pub(crate) fn json(args: &[&str]) -> serde_json::Value {
    let ran = ran(args);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// A program that is needed; without it the test fails and says what installs it.
pub(crate) fn need(program: &str, package: &str) -> PathBuf {
    let homes = [
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
        "/usr/lib/postgresql/15/bin",
        "/usr/local/go/bin",
    ];
    let found = homes.iter().map(|home| PathBuf::from(home).join(program)).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{program} is not installed; install it: apt-get install -y {package}"))
}

/// A program that `scripts/install-test-tools` has put outside the clone: `helm-3.22.0/helm`.
#[expect(clippy::disallowed_methods, reason = "where the tools are is not the product's to know")]
pub(crate) fn tool(path: &str) -> PathBuf {
    let tools = std::env::var("PILOTFISH_TOOLS").map_or_else(
        |_| std::path::Path::new(&std::env::var("HOME").expect("HOME is set")).join(".cache/pilotfish-tools"),
        PathBuf::from,
    );
    let found = tools.join(path);
    assert!(found.exists(), "{} is not there; install it: scripts/install-test-tools", found.display());
    found
}

/// A port of IPv4 loopback where every connection is refused: it is taken for the whole run, and nobody listens.
pub(crate) fn dead_port() -> u16 {
    static TAKEN: Mutex<Vec<socket2::Socket>> = Mutex::new(Vec::new());
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port is free");
    let port = socket.local_addr().ok().and_then(|address| address.as_socket()).expect("it has an address").port();
    TAKEN.lock().expect("no panic while it is held").push(socket);
    port
}

/// A free port on IPv4 loopback, for a server that is about to be started. The kernel gives it neither to an outgoing
/// connection nor to a listener of another test, because it is below the range that it gives ports from.
pub(crate) fn free_port() -> u16 {
    const FIRST: u32 = 10_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").expect("the kernel has a range");
    let lowest: u32 =
        range.split_ascii_whitespace().next().and_then(|low| low.parse().ok()).expect("it is two numbers");
    let count = lowest.checked_sub(FIRST).filter(|count| *count > 0).expect("the kernel gives ports from 10000 on");
    // Several runs of the tests on one machine begin at different ports.
    let start = std::process::id().wrapping_mul(101);
    let ports = std::iter::repeat_with(|| FIRST + start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % count);
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    ports.take(1_000).filter_map(|port| u16::try_from(port).ok()).find(free).expect("one of a thousand ports is free")
}

/// A child process that is killed when the test ends, however it ends.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).spawn().expect("the server starts"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself: both calls may fail then.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Asks again every 10 ms until it holds; panics after 20 s.
pub(crate) fn until(what: &str, holds: impl FnMut() -> bool) {
    until_within(what, 20, holds);
}

/// The same for what may take longer on a machine with much to do; panics after so many seconds.
pub(crate) fn until_within(what: &str, seconds: u64, mut holds: impl FnMut() -> bool) {
    let limit = SystemTime::now() + Duration::from_secs(seconds);
    while !holds() {
        assert!(SystemTime::now() < limit, "{what}: not within {seconds} s");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until something accepts connections there.
#[allow(clippy::disallowed_methods, reason = "a test dials as it likes")]
pub(crate) fn until_listening(address: SocketAddr) {
    until(&format!("{address} listens"), || std::net::TcpStream::connect(address).is_ok());
}

/// A fresh folder that vanishes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("pilotfish-test-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.0
    }

    /// Writes a file and gives its path as text.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("the file is written");
        path.to_str().expect("the path is UTF-8").to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Reads everything a stream has.
pub(crate) fn read_all(mut from: impl std::io::Read) -> String {
    let mut text = String::new();
    drop(from.read_to_string(&mut text));
    text
}
