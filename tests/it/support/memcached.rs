//! A real memcached for one test: on a free port or a Unix socket, gone when the test ends.

use std::fs::{File, Permissions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use super::ca::Pair;
use super::hostile::loopback;
use super::netns::Namespace;
use super::{Folder, Running, free_port, need, tool, until};

/// The user of tests.
pub(crate) const USER: &str = "app";
/// Its password.
pub(crate) const PASSWORD: &str = "sesame";

/// Which login a server demands.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auth {
    #[default]
    None,
    /// That of the text protocol (`-Y`).
    Text,
    /// SASL (`-S`), with [`Options::mechanisms`].
    Sasl,
}

/// How a server is to be.
#[derive(Default)]
pub(crate) struct Options<'a> {
    /// More arguments.
    pub(crate) arguments: &'a [&'a str],
    pub(crate) auth: Auth,
    /// The mechanisms of SASL; empty: PLAIN.
    pub(crate) mechanisms: &'a str,
    /// The server's certificate: its port speaks TLS.
    pub(crate) tls: Option<&'a Pair>,
    /// Whose client certificates it demands, in PEM.
    pub(crate) client_ca: Option<&'a str>,
    /// Whether it is on a socket, and on no port.
    pub(crate) on_socket: bool,
    /// Where it runs: then it listens on every address there.
    pub(crate) inside: Option<&'a Namespace>,
}

/// A running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    folder: Folder,
    _process: Running,
}

impl Server {
    /// One that lets everybody in.
    pub(crate) fn open() -> Self {
        Self::start(&Options::default())
    }

    /// One that demands this login of [`USER`] with [`PASSWORD`].
    pub(crate) fn with(auth: Auth) -> Self {
        Self::start(&Options { auth, ..Options::default() })
    }

    /// Starts one and waits until it is ready. Another process may take the free port first: then with another one.
    pub(crate) fn start(options: &Options<'_>) -> Self {
        let folder = Folder::new();
        let arguments = arguments(options, &folder);
        let log_path = folder.path().join("log");
        let log = || std::fs::read_to_string(&log_path).unwrap_or_default();
        for _ in 0..5 {
            let port = free_port();
            let address = if options.inside.is_some() { "0.0.0.0" } else { "127.0.0.1" };
            let mut command = Command::new(need("memcached", "memcached"));
            command.args(&arguments);
            if !options.on_socket {
                command.args(["-l", address, "-p", &port.to_string()]);
            }
            if let Some(namespace) = options.inside {
                command = namespace.within(&command);
            }
            let file = File::create(&log_path).expect("a log");
            command.env("SASL_CONF_PATH", folder.path());
            let mut process = Running::start(command.stdout(Stdio::null()).stderr(file));
            let mut ended = false;
            until("memcached is ready", || {
                ended = process.0.try_wait().expect("its state").is_some();
                ended || log().contains("server listening")
            });
            if !ended {
                return Self { port, folder, _process: process };
            }
            assert!(log().contains("Address already in use"), "memcached ended: {}", log());
        }
        panic!("no port stayed free");
    }

    pub(crate) fn address(&self) -> SocketAddr {
        loopback(self.port)
    }

    /// Its Unix socket.
    pub(crate) fn socket(&self) -> String {
        format!("{}/socket", self.folder.path().display())
    }

    /// A number of its statistics, as a client of the text protocol gets it after these lines, each of which has one answer.
    pub(crate) fn statistic(&self, name: &str, before: &[&str]) -> u64 {
        let stream = connect(self.address()).expect("it listens");
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        for request in before {
            reader.get_mut().write_all(format!("{request}\r\n").as_bytes()).expect("it reads");
            reader.read_line(&mut line).expect("it answers");
        }
        reader.get_mut().write_all(b"stats\r\n").expect("it reads");
        loop {
            line.clear();
            reader.read_line(&mut line).expect("it answers");
            assert!(line.starts_with("STAT "), "{name}: {line}");
            if let Some(value) = line.trim_end().strip_prefix(&format!("STAT {name} ")) {
                return value.parse().expect("a number");
            }
        }
    }

    /// So many clients that it takes no more; they stay as long as what is returned.
    pub(crate) fn fill(&self) -> Vec<TcpStream> {
        let mut clients = Vec::new();
        for _ in 0..1000 {
            let mut client = connect(self.address()).expect("it listens");
            // It may have closed already.
            drop(client.write_all(b"version\r\n"));
            let mut answer = [0; 64];
            let read = client.read(&mut answer).unwrap_or_default();
            if !answer[..read].starts_with(b"VERSION") {
                return clients;
            }
            clients.push(client);
        }
        panic!("it has no limit");
    }
}

#[allow(clippy::disallowed_methods, reason = "a test dials as it likes")]
fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    TcpStream::connect(address)
}

fn arguments(options: &Options<'_>, folder: &Folder) -> Vec<String> {
    // As root it wants to be told as whom to run.
    let mut arguments: Vec<String> = ["-u", "root", "-vv"].map(str::to_owned).to_vec();
    arguments.extend(options.arguments.iter().map(|&argument| argument.to_owned()));
    match options.auth {
        Auth::None => {}
        Auth::Text => {
            arguments.extend(["-Y".to_owned(), folder.write("users", format!("{USER}:{PASSWORD}\nother:x\n"))]);
        }
        Auth::Sasl => {
            let database = format!("{}/sasldb", folder.path().display());
            let mut command = Command::new(tool("sasl-tools-1/usr/sbin/saslpasswd2"));
            let mut child =
                command.args(["-p", "-c", "-f", &database, USER]).stdin(Stdio::piped()).spawn().expect("it");
            child.stdin.take().expect("it is piped").write_all(PASSWORD.as_bytes()).expect("it reads");
            assert!(child.wait().expect("it ends").success(), "saslpasswd2 failed");
            std::fs::set_permissions(&database, Permissions::from_mode(0o644)).expect("it is ours");
            let mechanisms = if options.mechanisms.is_empty() { "plain" } else { options.mechanisms };
            let conf = format!(
                "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {database}\nmech_list: {mechanisms}\n"
            );
            folder.write("memcached.conf", conf);
            arguments.push("-S".to_owned());
        }
    }
    if let Some(pair) = options.tls {
        let (cert, key) = pair.write(folder, "server", &[]);
        let clients = options.client_ca.map(|pem| folder.write("clients.pem", pem));
        let clients = clients.map(|ca| format!(",ssl_ca_cert={ca},ssl_verify_mode=2")).unwrap_or_default();
        arguments.extend(["-Z".to_owned(), "-o".to_owned()]);
        arguments.push(format!("ssl_chain_cert={cert},ssl_key={key}{clients}"));
    }
    if options.on_socket {
        arguments.extend(["-s".to_owned(), format!("{}/socket", folder.path().display())]);
    }
    arguments
}
