//! A real MariaDB for one test: its own data on a free port, gone when the test ends.
//!
//! One data folder fresh from `mariadb-install-db` is kept in the temporary folder and copied for each server.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::ca::Pair;
use super::netns::Namespace;
use super::{Folder, Running, free_port, need, run, tool, until};

/// The password of the user `app`.
pub(crate) const PASSWORD: &str = "sesame";
const SERVER: &str = "mariadb-server-core";
/// As small as InnoDB can be.
const SMALL: [&str; 4] = [
    "--innodb-buffer-pool-size=8M",
    "--innodb-log-file-size=4M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-fast-shutdown=2",
];

/// How a server is to be.
#[derive(Default)]
pub(crate) struct Options<'a> {
    /// Options of the command line.
    pub(crate) settings: &'a [&'a str],
    /// Statements that root runs when it starts.
    pub(crate) sql: &'a str,
    /// The server's certificate: turns TLS on.
    pub(crate) tls: Option<&'a Pair>,
    /// Whose client certificates are good, in PEM.
    pub(crate) client_ca: Option<&'a str>,
    /// Where it runs: then it has port 3306 of every address there.
    pub(crate) inside: Option<&'a Namespace>,
}

/// A running server. It has the user `app` with the password [`PASSWORD`] and all rights on the database `app`.
pub(crate) struct Server {
    pub(crate) port: u16,
    folder: Folder,
    _process: Running,
}

impl Server {
    /// One as most tests need it.
    pub(crate) fn plain() -> Self {
        Self::start(&Options::default())
    }

    /// One on which root has run these statements.
    pub(crate) fn with(sql: &str) -> Self {
        Self::start(&Options { sql, ..Options::default() })
    }

    /// Starts one and waits until it is ready. Another process may take the free port first: then with another one.
    pub(crate) fn start(options: &Options<'_>) -> Self {
        let folder = Folder::new();
        let data = folder.path().join("data");
        assert_eq!(run(Command::new("cp").arg("-a").arg(template()).arg(&data)).code, 0, "the template is copied");
        let users = format!(
            "CREATE DATABASE app; CREATE USER app@'%' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON app.* TO app@'%'"
        );
        let statements =
            [&users, options.sql].into_iter().flat_map(|text| text.split("; ")).filter(|text| !text.is_empty());
        let init = folder.write("init.sql", statements.map(|text| format!("{text};\n")).collect::<String>());
        let mut command = Command::new(need("mariadbd", SERVER));
        command.args(["--no-defaults", "--user=root", "--skip-log-bin", "--log-warnings=4"]).args(SMALL);
        command.arg(format!("--datadir={}", data.display())).arg(format!("--init-file={init}"));
        for (option, name) in [("--socket", "socket"), ("--pid-file", "pid"), ("--log-error", "server.log")] {
            command.arg(format!("{option}={}", folder.path().join(name).display()));
        }
        if let Some(pair) = options.tls {
            let (cert, key) = pair.write(&folder, "server", &[]);
            command.arg(format!("--ssl-cert={cert}")).arg(format!("--ssl-key={key}"));
        }
        if let Some(ca) = options.client_ca {
            command.arg(format!("--ssl-ca={}", folder.write("client_ca.pem", ca)));
        }
        command.args(options.settings);
        if options.inside.is_none() {
            command.args(["--bind-address=127.0.0.1", "--skip-name-resolve"]);
        }
        for _ in 0..5 {
            let port = if options.inside.is_some() { 3306 } else { free_port() };
            let mut whole = Command::new(command.get_program());
            whole.args(command.get_args()).arg(format!("--port={port}"));
            if let Some(namespace) = options.inside {
                whole = namespace.within(&whole);
            }
            let log = || std::fs::read_to_string(folder.path().join("server.log")).unwrap_or_default();
            let mut process =
                Running::start(whole.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()));
            let mut ended = false;
            until("MariaDB is ready", || {
                ended = process.0.try_wait().expect("its state").is_some();
                ended || log().contains("ready for connections")
            });
            if !ended {
                return Self { port, folder, _process: process };
            }
            assert!(log().contains("Address already in use"), "MariaDB ended: {}", log());
        }
        panic!("no port stayed free");
    }

    /// Runs SQL as root; gives the rows, columns separated by tabs.
    pub(crate) fn sql(&self, text: &str) -> String {
        let mut command = Command::new(need("mariadb", "mariadb-client-core"));
        command.env_clear().args(["--no-defaults", "-u", "root", "-N", "-B", "-e", text]);
        let ran = run(command.arg(format!("--socket={}", self.socket())));
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout.trim_end().to_owned()
    }

    /// A number that the server counts: `counted("Aborted_connects")`.
    pub(crate) fn counted(&self, name: &str) -> u64 {
        let row = self.sql(&format!("SHOW GLOBAL STATUS LIKE '{name}'"));
        row.split('\t').nth(1).and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{row:?} is no number"))
    }

    /// A URL with this before the `@` and this database: `url("app:sesame", "app")`.
    pub(crate) fn url(&self, login: &str, database: &str) -> String {
        format!("mysql://{login}@127.0.0.1:{}/{database}", self.port)
    }

    /// Its Unix socket.
    pub(crate) fn socket(&self) -> String {
        self.folder.path().join("socket").display().to_string()
    }

    /// All that it logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("server.log")).expect("the log is readable")
    }
}

/// The folder of the plugins that are in the package `mariadb-server` alone.
pub(crate) fn plugins() -> String {
    tool("mariadb-plugins-1/usr/lib/mysql/plugin").display().to_string()
}

/// A data folder fresh from `mariadb-install-db`; made once, kept for later runs.
fn template() -> &'static Path {
    static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let kept = std::env::temp_dir().join("pilotfish-mariadb-10.11");
        if kept.exists() {
            return kept;
        }
        let folder = Folder::new();
        let data = folder.path().join("data");
        let mut install = Command::new(need("mariadb-install-db", SERVER));
        install.args(["--no-defaults", "--user=root", "--auth-root-authentication-method=normal", "--skip-test-db"]);
        let ran = run(install.args(SMALL).arg(format!("--datadir={}", data.display())));
        assert_eq!(ran.code, 0, "{ran:?}");
        // Another process may have been faster: its template is as good.
        drop(std::fs::rename(&data, &kept));
        kept
    })
}
