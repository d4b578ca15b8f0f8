//! A running sidecar: `pilotfish serve` on a free port, its log, and questions to it over HTTP.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Folder, Running, pilotfish, until};

/// A sidecar that ends with the test.
pub(crate) struct Sidecar {
    pub(crate) child: Running,
    pub(crate) address: SocketAddr,
    pub(crate) folder: Folder,
    log: Arc<Mutex<Vec<String>>>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Sidecar {
    /// With this configuration; `listen` is added in front.
    pub(crate) fn start(yaml: &str) -> Self {
        let folder = Folder::new();
        let path = folder.write("pilotfish.yaml", with_listen(yaml));
        let mut command = pilotfish();
        command.args(["serve", "-c", &path]);
        Self::spawn(command, folder)
    }

    /// By this command; waits until it says where it listens.
    pub(crate) fn spawn(mut command: Command, folder: Folder) -> Self {
        let mut child = Running::start(command.stdout(Stdio::null()).stderr(Stdio::piped()));
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&log);
        let stderr = child.0.stderr.take().expect("stderr is a pipe");
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                lines.lock().expect("no panic while it is held").push(line);
            }
        });
        let mut sidecar = Self { child, address: ([127, 0, 0, 1], 0).into(), folder, log };
        until("the sidecar says where it listens", || match sidecar.said_address() {
            Some(address) => {
                sidecar.address = address;
                true
            }
            None => {
                let ended = sidecar.child.0.try_wait().expect("it can be asked");
                assert!(ended.is_none(), "it ended: {:?}", sidecar.log());
                false
            }
        });
        sidecar
    }

    /// The configuration file, written anew.
    pub(crate) fn configure(&self, yaml: &str) {
        self.folder.write("pilotfish.yaml", with_listen(yaml));
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().expect("no panic while it is held").clone()
    }

    /// The logged lines that hold this text.
    pub(crate) fn logged(&self, text: &str) -> usize {
        self.log().iter().filter(|line| line.contains(text)).count()
    }

    fn said_address(&self) -> Option<SocketAddr> {
        let lines = self.log();
        let line = lines.iter().find(|line| line.contains("\"serving\""))?;
        let line: serde_json::Value = serde_json::from_str(line).expect("a line of the log is JSON");
        line["address"].as_str()?.parse().ok()
    }

    /// Asks over HTTP.
    pub(crate) fn get(&self, path: &str) -> Answer {
        get(self.address, path).unwrap_or_else(|error| panic!("{path}: {error}; {:?}", self.log()))
    }

    /// The status of a path.
    pub(crate) fn status(&self, path: &str) -> u16 {
        self.get(path).status
    }

    /// Waits until a path has this status.
    pub(crate) fn until_status(&self, path: &str, status: u16) {
        until(&format!("{path} is {status}"), || self.status(path) == status);
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.0.id(), name);
    }

    /// Waits for its end; the exit code.
    pub(crate) fn end(&mut self) -> Option<i32> {
        let mut status = None;
        until("the sidecar ends", || {
            status = self.child.0.try_wait().expect("it can be asked");
            status.is_some()
        });
        status.and_then(|status| status.code())
    }
}

/// Sends a signal by its name.
pub(crate) fn signal(process: u32, name: &str) {
    let status = Command::new("kill").args(["-s", name, &process.to_string()]).status().expect("kill runs");
    assert!(status.success());
}

fn with_listen(yaml: &str) -> String {
    format!("listen: \"127.0.0.1:0\"\n{yaml}")
}

/// One GET on a connection of its own.
pub(crate) fn get(address: SocketAddr, path: &str) -> std::io::Result<Answer> {
    get_with(address, path, "")
}

/// The same with header lines, each with its line break.
#[allow(clippy::disallowed_methods, reason = "a test dials as it likes")]
pub(crate) fn get_with(address: SocketAddr, path: &str, headers: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or(std::io::ErrorKind::InvalidData)?;
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}
