//! A real PostgreSQL for one test: its own cluster on a free port, gone when the test ends.
//!
//! The server refuses to run as root, so as root it runs as the user `postgres`. One `initdb` is kept in the temporary
//! folder and copied for each cluster.

use std::fmt::Write as _;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::netns::Namespace;
use super::{Folder, Ran, Running, free_port, need, run, until};

/// The password of the role `app`.
pub(crate) const PASSWORD: &str = "sesame";

/// How a cluster is to be.
pub(crate) struct Options<'a> {
    /// Lines of pg_hba.conf for TCP.
    pub(crate) hba: &'a str,
    /// The method for its socket, for everybody but the superuser.
    pub(crate) local: &'a str,
    /// Settings of postgresql.conf.
    pub(crate) settings: &'a [(&'a str, &'a str)],
    /// The server's certificate and key, in PEM: turns TLS on.
    pub(crate) tls: Option<(&'a str, &'a str)>,
    /// Whose client certificates are good, in PEM.
    pub(crate) client_ca: Option<&'a str>,
    /// Files in the data directory that make it a standby, or anything else.
    pub(crate) files: &'a [&'a str],
    /// What its log says when it is ready.
    pub(crate) ready: &'a str,
    /// Where it runs: then it has port 5432 of every address there.
    pub(crate) inside: Option<&'a Namespace>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            hba: "host all all 127.0.0.1/32 scram-sha-256",
            local: "trust",
            settings: &[],
            tls: None,
            client_ca: None,
            files: &[],
            ready: "database system is ready to accept",
            inside: None,
        }
    }
}

/// A running cluster. It has the role `app` with the password [`PASSWORD`], and a database `app` of the same name.
pub(crate) struct Cluster {
    pub(crate) port: u16,
    folder: Folder,
    server: Running,
}

impl Cluster {
    /// One as most tests need it.
    pub(crate) fn plain() -> Self {
        Self::start(&Options::default())
    }

    /// Starts one and waits until it says that it is ready.
    pub(crate) fn start(options: &Options<'_>) -> Self {
        let folder = Folder::new();
        let data = folder.path().join("data");
        let mut copy = Command::new("cp");
        assert_eq!(run(copy.arg("-a").arg(template()).arg(&data)).code, 0, "the template is copied");
        let give = |name: &str, text: &str| {
            let path = data.join(name);
            std::fs::write(&path, text).expect("the file is written");
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("its mode is set");
            if let Some((uid, gid)) = server_user() {
                chown(&path, Some(uid), Some(gid)).expect("it is given to the server's user");
            }
        };
        let socket = folder.path().join("socket");
        std::fs::create_dir(&socket).expect("a folder for the socket");
        std::fs::set_permissions(&socket, PermissionsExt::from_mode(0o777)).expect("its mode is set");
        let mut conf = format!("listen_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\n", socket.display());
        conf.push_str("fsync = off\nlog_connections = on\nlog_disconnections = on\nshared_buffers = '1MB'\n");
        conf.push_str("log_line_prefix = ''\nmax_wal_senders = 0\nwal_level = minimal\nautovacuum = off\n");
        if let Some((cert, key)) = options.tls {
            give("server.crt", cert);
            give("server.key", key);
            conf.push_str("ssl = on\n");
        }
        if let Some(ca) = options.client_ca {
            give("client_ca.crt", ca);
            conf.push_str("ssl_ca_file = 'client_ca.crt'\n");
        }
        if options.inside.is_some() {
            conf.push_str("listen_addresses = '*'\n");
        }
        for (name, value) in options.settings {
            writeln!(conf, "{name} = '{value}'").expect("a text takes it");
        }
        give("postgresql.conf", &conf);
        let local = if options.local.is_empty() { String::new() } else { format!("local all all {}", options.local) };
        give("pg_hba.conf", &format!("local all postgres trust\n{local}\n{}\n", options.hba));
        options.files.iter().for_each(|name| give(name, ""));
        Self::launch(folder, options)
    }

    /// Another process may take the free port first: then with another one.
    fn launch(folder: Folder, options: &Options<'_>) -> Self {
        let data = folder.path().join("data");
        for _ in 0..5 {
            let port = if options.inside.is_some() { 5432 } else { free_port() };
            let log = std::fs::File::create(folder.path().join("log")).expect("the log is created");
            let mut command = as_server_user(&need("postgres", "postgresql"));
            command.arg("-D").arg(&data).args(["-p", &port.to_string()]);
            if let Some(namespace) = options.inside {
                command = namespace.within(&command);
            }
            command.stdout(log.try_clone().expect("a second handle")).stderr(log);
            let mut server = Running::start(&mut command);
            let path = folder.path().join("log");
            let log = || std::fs::read_to_string(&path).expect("the log is readable");
            let mut ended = false;
            until("PostgreSQL is ready", || {
                ended = server.0.try_wait().expect("its state").is_some();
                ended || log().contains(options.ready)
            });
            if !ended {
                return Self { port, folder, server };
            }
            assert!(log().contains("Address already in use"), "PostgreSQL ended: {}", log());
        }
        panic!("no port stayed free");
    }

    /// Runs SQL as the superuser; gives the rows, columns separated by `|`.
    pub(crate) fn sql(&self, text: &str) -> String {
        let ran = self.psql(&format!("host={} port={} user=postgres dbname=postgres", self.socket(), self.port), text);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout.trim_end().to_owned()
    }

    /// Runs SQL by the real psql with these connection settings.
    pub(crate) fn psql(&self, settings: &str, text: &str) -> Ran {
        let mut command = Command::new(need("psql", "postgresql-client"));
        command.env_clear().env("HOME", self.folder.path()).args(["-XAtw", "-v", "ON_ERROR_STOP=1", "-d", settings]);
        run(command.args(["-c", text]))
    }

    /// A URL of the role and database `app`.
    pub(crate) fn url(&self) -> String {
        format!("postgres://app:{PASSWORD}@127.0.0.1:{}/app", self.port)
    }

    /// All that it logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("the log is readable")
    }

    /// Waits until its log holds this text.
    pub(crate) fn until_logged(&self, text: &str) {
        until(&format!("the log says {text:?}"), || self.log().contains(text));
    }

    /// Replaces the lines of pg_hba.conf and reloads it.
    pub(crate) fn set_hba(&self, lines: &str) {
        let path = self.folder.path().join("data/pg_hba.conf");
        std::fs::write(path, format!("local all all trust\n{lines}\n")).expect("the file is written");
        let reloads = || self.log().matches("reloading configuration files").count();
        let before = reloads();
        self.sql("SELECT pg_reload_conf()");
        until("the configuration is reloaded", || reloads() > before);
    }

    /// Sends it a signal by name: `TERM` ends it once the last session is gone.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.server.0.id(), name);
    }

    /// Where its socket is.
    pub(crate) fn socket(&self) -> String {
        self.folder.path().join("socket").display().to_string()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // At once, but in good order: a killed server leaves its shared memory behind.
        signal(self.server.0.id(), "QUIT");
        drop(self.server.0.wait());
    }
}

fn signal(pid: u32, name: &str) {
    run(Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]));
}

/// The user and group that the server runs as, where we are root.
fn server_user() -> Option<(u32, u32)> {
    static USER: OnceLock<Option<(u32, u32)>> = OnceLock::new();
    *USER.get_or_init(|| {
        let number = |args: &[&str]| -> u32 {
            let ran = run(Command::new("id").args(args));
            ran.stdout.trim().parse().unwrap_or_else(|_| panic!("the user postgres is missing: {ran:?}"))
        };
        (number(&["-u"]) == 0).then(|| (number(&["-u", "postgres"]), number(&["-g", "postgres"])))
    })
}

pub(crate) fn as_server_user(program: &Path) -> Command {
    let Some((uid, gid)) = server_user() else { return Command::new(program) };
    let mut command = Command::new(need("setpriv", "util-linux"));
    command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).arg("--clear-groups").arg(program);
    command
}

/// A data directory fresh from `initdb`, with the role and database `app`; made once, kept for later runs.
fn template() -> &'static Path {
    static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let user = server_user().map_or_else(|| "own".to_owned(), |(uid, _)| uid.to_string());
        let kept = std::env::temp_dir().join(format!("pilotfish-postgres-15-{user}"));
        if kept.exists() {
            return kept;
        }
        let folder = Folder::new();
        if let Some((uid, gid)) = server_user() {
            chown(folder.path(), Some(uid), Some(gid)).expect("the folder is given to the server's user");
        }
        let data = folder.path().join("data");
        let mut initdb = as_server_user(&need("initdb", "postgresql"));
        initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"]).arg(&data);
        let ran = run(&mut initdb);
        assert_eq!(ran.code, 0, "{ran:?}");
        for text in [&format!("CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'"), "CREATE DATABASE app OWNER app"] {
            let script = folder.write("setup.sql", format!("{text};\n"));
            let mut single = as_server_user(&need("postgres", "postgresql"));
            single.args(["--single", "-D"]).arg(&data).arg("postgres");
            let status = single.stdin(std::fs::File::open(script).expect("the script")).output().expect("it runs");
            assert!(status.status.success(), "{status:?}");
        }
        // Another process may have been faster: its template is as good.
        drop(std::fs::rename(&data, &kept));
        kept
    })
}
