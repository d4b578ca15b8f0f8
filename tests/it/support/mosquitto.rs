//! A real MQTT broker for one test: Mosquitto with its own files on free ports, gone when the test ends.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use super::ca::Pair;
use super::netns::Namespace;
use super::{Folder, Running, free_port, need, run, until};

/// The user of tests.
pub(crate) const USER: &str = "app";
/// Its password.
pub(crate) const PASSWORD: &str = "sesame";

/// How a broker is to be.
#[derive(Default)]
pub(crate) struct Options<'a> {
    /// Lines of mosquitto.conf before its listener.
    pub(crate) settings: &'a str,
    /// Lines of its listener.
    pub(crate) listener: &'a str,
    /// Whether it demands user and password.
    pub(crate) login: bool,
    /// The broker's certificate: its port speaks TLS.
    pub(crate) tls: Option<&'a Pair>,
    /// Whose client certificates it demands, in PEM.
    pub(crate) client_ca: Option<&'a str>,
    /// Where it runs: then it listens on every address there.
    pub(crate) inside: Option<&'a Namespace>,
}

/// A running broker.
pub(crate) struct Server {
    pub(crate) port: u16,
    folder: Folder,
    _process: Running,
}

impl Server {
    /// One that demands [`USER`] and [`PASSWORD`].
    pub(crate) fn with_login() -> Self {
        Self::start(&Options { login: true, ..Options::default() })
    }

    /// One that takes everybody.
    pub(crate) fn open() -> Self {
        Self::start(&Options::default())
    }

    /// Starts one and waits until it is ready. Another process may take the free port first: then with another one.
    pub(crate) fn start(options: &Options<'_>) -> Self {
        let folder = Folder::new();
        // It runs as a user of its own.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("it is ours");
        let passwords = folder.write("passwords", "");
        let made = run(Command::new(need("mosquitto_passwd", "mosquitto")).args(["-b", &passwords, USER, PASSWORD]));
        assert_eq!(made.code, 0, "{made:?}");
        readable(&passwords);
        let log_path = folder.path().join("log");
        let log = || std::fs::read_to_string(&log_path).unwrap_or_default();
        for _ in 0..5 {
            let port = free_port();
            let conf = folder.write("mosquitto.conf", configuration(options, &folder, port, &passwords));
            let mut command = Command::new(need("mosquitto", "mosquitto"));
            command.args(["-v", "-c", &conf]);
            if let Some(namespace) = options.inside {
                command = namespace.within(&command);
            }
            let file = File::create(&log_path).expect("a log");
            let mut process = Running::start(command.stdout(Stdio::null()).stderr(file));
            let mut ended = false;
            until("Mosquitto is ready", || {
                ended = process.0.try_wait().expect("its state").is_some();
                ended || log().contains("running")
            });
            if !ended {
                return Self { port, folder, _process: process };
            }
            assert!(log().contains("Address already in use"), "Mosquitto ended: {}", log());
        }
        panic!("no port stayed free");
    }

    /// All that it logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Its Unix socket, where its settings have one.
    pub(crate) fn socket(&self) -> String {
        format!("{}/socket", self.folder.path().display())
    }

    /// The ids of the clients whose logins it has seen so far.
    pub(crate) fn client_ids(&self) -> Vec<String> {
        let log = self.log();
        let ids = log.lines().filter_map(|line| line.split_once(" as ")?.1.split(' ').next().map(str::to_owned));
        ids.collect()
    }
}

fn configuration(options: &Options<'_>, folder: &Folder, port: u16, passwords: &str) -> String {
    let address = if options.inside.is_some() { "0.0.0.0" } else { "127.0.0.1" };
    let tls = options.tls.map(|pair| {
        let (cert, key) = pair.write(folder, "server", &[]);
        readable(&key);
        let clients = options.client_ca.map(|pem| {
            let ca = folder.write("clients.pem", pem);
            format!("cafile {ca}\nrequire_certificate true\n")
        });
        format!("certfile {cert}\nkeyfile {key}\n{}", clients.unwrap_or_default())
    });
    let login = if options.login {
        format!("allow_anonymous false\npassword_file {passwords}\n")
    } else {
        "allow_anonymous true\n".to_owned()
    };
    let settings = options.settings.replace("FOLDER", &folder.path().display().to_string());
    format!("{settings}\nlistener {port} {address}\n{}{login}{}\n", tls.unwrap_or_default(), options.listener)
}

fn readable(path: &str) {
    std::fs::set_permissions(path, Permissions::from_mode(0o644)).expect("it is ours");
}
