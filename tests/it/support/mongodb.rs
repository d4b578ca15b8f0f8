//! A real server that speaks the protocol of MongoDB: FerretDB with its own SQLite, on a free port, gone when the test ends. What
//! it does not have (several members, certificates as logins, databases of users) is scripted: [`scripted`].

pub(crate) mod scripted;

use std::process::{Command, Stdio};

use super::ca::Pair;
use super::netns::Namespace;
use super::{Folder, Running, free_port, tool, until};

/// The password of the user `app`.
pub(crate) const PASSWORD: &str = "sesame";

/// How a server is to be.
#[derive(Default)]
pub(crate) struct Options<'a> {
    /// The database of the user `app`; empty: `admin`.
    pub(crate) database: &'a str,
    /// The server's certificate: it has one port, which speaks TLS.
    pub(crate) tls: Option<&'a Pair>,
    /// Whose client certificates are good, in PEM; without it no client needs one.
    pub(crate) client_ca: Option<&'a str>,
    /// The name of its replica set, of which it is the one member.
    pub(crate) set: &'a str,
    /// Where it runs: then this is where it listens, and what it announces.
    pub(crate) inside: Option<(&'a Namespace, &'a str)>,
    /// A socket on which it listens, too.
    pub(crate) socket: &'a str,
    /// It takes PLAIN alone, and any password.
    pub(crate) plain: bool,
}

/// A running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    folder: Folder,
    _process: Running,
}

impl Server {
    /// One as most tests need it.
    pub(crate) fn usual() -> Self {
        Self::start(&Options::default())
    }

    /// Starts one and waits until it is ready. Another process may take the free port first: then with another one.
    pub(crate) fn start(options: &Options<'_>) -> Self {
        let folder = Folder::new();
        for _ in 0..5 {
            let data = folder.path().join("data");
            std::fs::create_dir_all(&data).expect("a folder for the data");
            let port = if options.inside.is_some() { 27017 } else { free_port() };
            let address = options.inside.map_or_else(|| format!("127.0.0.1:{port}"), |(_, address)| address.to_owned());
            let mut command = Command::new(tool("ferretdb-1.24.2/ferretdb"));
            command.args([
                "--handler=sqlite",
                "--state-dir=-",
                "--debug-addr=-",
                "--telemetry=disable",
                "--log-level=info",
            ]);
            command.arg(format!("--sqlite-url=file:{}/", data.display()));
            if !options.set.is_empty() {
                command.arg(format!("--repl-set-name={}", options.set));
            }
            if !options.socket.is_empty() {
                command.arg(format!("--listen-unix={}", options.socket));
            }
            if !options.plain {
                let database = if options.database.is_empty() { "admin" } else { options.database };
                command.args(["--test-enable-new-auth", "--setup-username=app"]);
                command.args([format!("--setup-database={database}"), format!("--setup-password={PASSWORD}")]);
            }
            match options.tls {
                None => drop(command.arg(format!("--listen-addr={address}"))),
                Some(pair) => {
                    let (cert, key) = pair.write(&folder, "server", &[]);
                    command.args(["--listen-addr=".to_owned(), format!("--listen-tls={address}")]);
                    command.args([format!("--listen-tls-cert-file={cert}"), format!("--listen-tls-key-file={key}")]);
                    if let Some(ca) = options.client_ca {
                        command.arg(format!("--listen-tls-ca-file={}", folder.write("client_ca.pem", ca)));
                    }
                }
            }
            if let Some((namespace, _)) = options.inside {
                command = namespace.within(&command);
            }
            let log_path = folder.write("log", "");
            let log = || std::fs::read_to_string(&log_path).unwrap_or_default();
            let file = std::fs::File::create(&log_path).expect("a log");
            let copy = file.try_clone().expect("a log");
            let mut process = Running::start(command.stdout(Stdio::from(file)).stderr(Stdio::from(copy)));
            let mut ended = false;
            until("FerretDB is ready", || {
                ended = process.0.try_wait().expect("its state").is_some();
                ended || log().contains("Listening on ")
            });
            if !ended {
                return Self { port, folder, _process: process };
            }
            assert!(log().contains("address already in use"), "FerretDB ended: {}", log());
        }
        panic!("no port stayed free");
    }

    /// A URL with this before the `@` and this behind the port: `url("app:sesame@", "/shop")`.
    pub(crate) fn url(&self, login: &str, rest: &str) -> String {
        format!("mongodb://{login}127.0.0.1:{}{rest}", self.port)
    }

    /// All that it logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("the log is readable")
    }
}
