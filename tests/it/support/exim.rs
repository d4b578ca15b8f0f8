//! A real mail server for one test: Exim with its own spool on free ports, gone when the test ends. It takes no mail.

use std::process::{Command, Stdio};

use super::ca::Pair;
use super::netns::Namespace;
use super::{Folder, Running, free_port, need, until};

/// The password of its user `app`.
pub(crate) const PASSWORD: &str = "sesame";

/// Whether user and password are right, for PLAIN and for LOGIN.
const CONDITIONS: [&str; 2] =
    ["${if and{{eq{$auth2}{app}}{eq{$auth3}{sesame}}}}", "${if and{{eq{$auth1}{app}}{eq{$auth2}{sesame}}}}"];

/// How a server is to be.
#[derive(Default)]
pub(crate) struct Options<'a> {
    /// Lines of the main section.
    pub(crate) settings: &'a str,
    /// The section `acl`.
    pub(crate) acl: &'a str,
    /// What decides about every login, in place of the password.
    pub(crate) condition: Option<&'a str>,
    /// It knows LOGIN, and no PLAIN.
    pub(crate) login_alone: bool,
    /// The server's certificate: it offers STARTTLS, and has a second port that speaks TLS at once.
    pub(crate) tls: Option<&'a Pair>,
    /// Where it runs: then it listens on every address there.
    pub(crate) inside: Option<&'a Namespace>,
}

/// A running server.
pub(crate) struct Server {
    /// The port that greets in plain text.
    pub(crate) port: u16,
    /// The port that speaks TLS at once, where it has a certificate.
    pub(crate) tls_port: u16,
    folder: Folder,
    _process: Running,
}

impl Server {
    /// One without TLS.
    pub(crate) fn plain() -> Self {
        Self::start(&Options::default())
    }

    /// Starts one and waits until it is ready. Another process may take a free port first: then with other ones.
    pub(crate) fn start(options: &Options<'_>) -> Self {
        let folder = Folder::new();
        for name in ["log", "spool"] {
            let path = folder.path().join(name);
            std::fs::create_dir(&path).expect("a folder");
            open_to_all(&path, 0o777);
        }
        for _ in 0..5 {
            let (port, tls_port) = (free_port(), free_port());
            let path = folder.write("exim.conf", configuration(options, &folder, port, tls_port));
            let mut command = Command::new(need("exim4", "exim4-daemon-light"));
            command.args(["-C", &path, "-bdf"]).stdout(Stdio::null()).stderr(Stdio::null());
            if let Some(namespace) = options.inside {
                command = namespace.within(&command);
                command.stdout(Stdio::null()).stderr(Stdio::null());
            }
            let mut process = Running::start(&mut command);
            let mut ended = false;
            until("Exim is ready", || {
                ended = process.0.try_wait().expect("its state").is_some();
                ended || log_of(&folder, "mainlog").contains("daemon started")
            });
            if !ended {
                return Self { port, tls_port, folder, _process: process };
            }
            let log = log_of(&folder, "paniclog") + &log_of(&folder, "mainlog");
            assert!(log.contains("Address already in use"), "Exim ended: {log}");
        }
        panic!("no port stayed free");
    }

    /// All that it logged so far.
    pub(crate) fn log(&self) -> String {
        log_of(&self.folder, "mainlog")
    }

    /// How many logins it has rejected so far.
    pub(crate) fn rejected(&self) -> usize {
        self.log().matches("authenticator failed").count()
    }

    /// What it wrote of the end of the last conversation: its commands, `EHLO,AUTH,QUIT`.
    pub(crate) fn commands(&self) -> String {
        let mut commands = String::new();
        until("the conversation is logged", || {
            let log = self.log();
            let line = log.lines().rev().find_map(|line| line.split_once(" C=").map(|(_, rest)| rest.to_owned()));
            commands = line.unwrap_or_default();
            !commands.is_empty()
        });
        commands
    }
}

fn configuration(options: &Options<'_>, folder: &Folder, port: u16, tls_port: u16) -> String {
    let base = folder.path().display();
    let interfaces = if options.inside.is_some() { "0.0.0.0" } else { "127.0.0.1" };
    let tls = options.tls.map_or_else(
        || format!("daemon_smtp_ports = {port}\ntls_advertise_hosts =\n"),
        |pair| {
            let (cert, key) = pair.write(folder, "server", &[]);
            open_to_all(std::path::Path::new(&key), 0o644);
            format!(
                "daemon_smtp_ports = {port} : {tls_port}\ntls_on_connect_ports = {tls_port}\ntls_advertise_hosts = *\n\
                 tls_certificate = {cert}\ntls_privatekey = {key}\n"
            )
        },
    );
    let [plain, login] = CONDITIONS.map(|usual| options.condition.unwrap_or(usual));
    let plain = format!(
        "plain:\n driver = plaintext\n public_name = PLAIN\n server_prompts = :\n server_condition = {plain}\n \
         server_set_id = $auth2\n"
    );
    let plain = if options.login_alone { "" } else { &plain };
    format!(
        "spool_directory = {base}/spool\nlog_file_path = {base}/log/%slog\npid_file_path = {base}/pid\n\
         primary_hostname = mx.lab\nlocal_interfaces = {interfaces}\nhost_lookup =\nrfc1413_query_timeout = 0s\n\
         keep_environment =\nlog_selector = +smtp_no_mail +smtp_protocol_error +smtp_syntax_error\n{tls}{}\n\
         begin acl\n{}\nbegin authenticators\n{plain}login:\n driver = plaintext\n public_name = LOGIN\n \
         server_prompts = <| Username: | Password:\n server_condition = {login}\n server_set_id = $auth1\n",
        options.settings, options.acl
    )
}

/// It runs as a user of its own.
fn open_to_all(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("it is ours");
}

fn log_of(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.path().join("log").join(name)).unwrap_or_default()
}
