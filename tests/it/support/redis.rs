//! A real Redis for one test: its own data on a free port, gone when the test ends.

use std::path::PathBuf;
use std::process::Command;

use super::ca::Pair;
use super::netns::Namespace;
use super::{Folder, Running, free_port, need, run, tool, until};

/// The password of tests.
pub(crate) const PASSWORD: &str = "sesame";

/// How a server is to be.
#[derive(Default)]
pub(crate) struct Options<'a> {
    /// Lines of redis.conf.
    pub(crate) settings: &'a str,
    /// The server's certificate: it has one port, which speaks TLS.
    pub(crate) tls: Option<&'a Pair>,
    /// Whose client certificates are good, in PEM; without it no client needs one.
    pub(crate) client_ca: Option<&'a str>,
    /// What its log says when it is ready; empty: that it accepts connections.
    pub(crate) ready: &'a str,
    /// Where it runs: then it has port 6379 of every address there.
    pub(crate) inside: Option<&'a Namespace>,
    /// Whether it is a Sentinel.
    pub(crate) sentinel: bool,
    /// Whether it is Valkey, not Redis.
    pub(crate) valkey: bool,
    /// A data folder that another server has left.
    pub(crate) data: Option<PathBuf>,
}

/// A running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    folder: Folder,
    data: PathBuf,
    _process: Running,
}

impl Server {
    /// One that asks for [`PASSWORD`].
    pub(crate) fn with_password() -> Self {
        Self::with(&format!("requirepass {PASSWORD}"))
    }

    /// One with these lines in its redis.conf.
    pub(crate) fn with(settings: &str) -> Self {
        Self::start(&Options { settings, ..Options::default() })
    }

    /// Starts one and waits until it is ready. Another process may take the free port first: then with another one.
    pub(crate) fn start(options: &Options<'_>) -> Self {
        let folder = Folder::new();
        let data = options.data.clone().unwrap_or_else(|| folder.path().join("data"));
        std::fs::create_dir_all(&data).expect("a folder for the data");
        let tls = options.tls.map(|pair| pair.write(&folder, "server", &[]));
        let ca = options.client_ca.map(|pem| folder.write("client_ca.crt", pem));
        let log_path = folder.path().join("log");
        let log = || std::fs::read_to_string(&log_path).unwrap_or_default();
        for _ in 0..5 {
            let port = if options.inside.is_some() { 6379 } else { free_port() };
            let bind = if options.inside.is_some() { "* -::*" } else { "127.0.0.1" };
            let listen = match &tls {
                None => format!("port {port}\n"),
                Some((cert, key)) => {
                    let clients = match &ca {
                        Some(ca) => format!("tls-ca-cert-file {ca}\ntls-auth-clients yes\n"),
                        None => format!("tls-ca-cert-file {cert}\ntls-auth-clients no\n"),
                    };
                    format!("port 0\ntls-port {port}\ntls-cert-file {cert}\ntls-key-file {key}\n{clients}")
                }
            };
            let conf = format!(
                "bind {bind}\n{listen}dir {}\nsave \"\"\nlogfile {}\nloglevel verbose\n{}\n",
                data.display(),
                log_path.display(),
                options.settings
            );
            let conf = folder.write("redis.conf", conf);
            let mut command = Command::new(match options.valkey {
                true => tool("valkey-1/valkey-server"),
                false => need("redis-server", "redis-server"),
            });
            command.arg(conf);
            if options.sentinel {
                command.arg("--sentinel");
            }
            if let Some(namespace) = options.inside {
                command = namespace.within(&command);
            }
            let mut process = Running::start(command.stdout(std::process::Stdio::null()));
            let ready = if options.ready.is_empty() { "Ready to accept connections" } else { options.ready };
            let mut ended = false;
            until("Redis is ready", || {
                ended = process.0.try_wait().expect("its state").is_some();
                ended || log().contains(ready)
            });
            if !ended {
                return Self { port, folder, data, _process: process };
            }
            assert!(log().contains("Address already in use"), "Redis ended: {}", log());
        }
        panic!("no port stayed free");
    }

    /// What the real client gets for a command, as the default user with [`PASSWORD`] where the server has one.
    pub(crate) fn cli(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(need("redis-cli", "redis-tools"));
        command.env_clear().args(["-p", &self.port.to_string(), "--no-auth-warning"]);
        if std::fs::read_to_string(self.folder.path().join("redis.conf")).is_ok_and(|conf| conf.contains("requirepass"))
        {
            command.args(["-a", PASSWORD]);
        }
        let ran = run(command.args(arguments));
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout.trim_end().to_owned()
    }

    /// The same for a server in a namespace.
    pub(crate) fn cli_inside(&self, namespace: &Namespace, arguments: &[&str]) -> String {
        let mut command = namespace.command(need("redis-cli", "redis-tools").to_str().expect("the path is UTF-8"));
        command.env_clear().args(["-p", &self.port.to_string(), "--no-auth-warning", "-a", PASSWORD]);
        let ran = run(command.args(arguments));
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout.trim_end().to_owned()
    }

    /// How often it was called with this command so far.
    pub(crate) fn calls(&self, command: &str) -> u64 {
        let stats = self.cli(&["INFO", "commandstats"]);
        let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
        line.and_then(|line| line.split(',').next()?.parse().ok()).unwrap_or(0)
    }

    /// A node of a cluster, alone and without slots; its bus has a free port.
    pub(crate) fn node(settings: &str) -> Self {
        Self::with(&format!("cluster-enabled yes\ncluster-port {}\ncluster-node-timeout 1000\n{settings}", free_port()))
    }

    /// A cluster of three primaries, in order of their slots.
    pub(crate) fn cluster(settings: &str) -> Vec<Self> {
        let nodes: Vec<Self> = (0..3).map(|_| Self::node(settings)).collect();
        let mut create = vec!["--cluster".to_owned(), "create".to_owned()];
        create.extend(nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)));
        create.push("--cluster-yes".to_owned());
        let create: Vec<&str> = create.iter().map(String::as_str).collect();
        nodes[0].cli(&create);
        for node in &nodes {
            until("the cluster is up", || node.cli(&["CLUSTER", "INFO"]).contains("cluster_state:ok"));
        }
        nodes
    }

    /// All that it logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("the log is readable")
    }

    /// Where its data is.
    pub(crate) fn data(&self) -> &std::path::Path {
        &self.data
    }

    /// A URL with this before the `@`: `url(":sesame@")`.
    pub(crate) fn url(&self, login: &str) -> String {
        format!("redis://{login}127.0.0.1:{}", self.port)
    }
}
