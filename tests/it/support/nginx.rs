//! The real nginx, with a given configuration, on free ports, without any path of root's.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use super::netns::Namespace;
use super::{Folder, Running, free_port, need, until_listening};

/// A running nginx; it ends with the test.
pub(crate) struct Nginx {
    running: Running,
    folder: Folder,
}

impl Nginx {
    /// Starts it with what stands in its `http` block, and waits until it listens on these ports.
    pub(crate) fn start(ports: &[u16], http: &str) -> Self {
        Self::with_files(Folder::new(), ports, http)
    }

    /// In a namespace, with the folder that holds the files the configuration names; it may not listen yet.
    pub(crate) fn inside(namespace: &Namespace, folder: Folder, http: &str) -> Self {
        let mut command = namespace.within(&Self::command(&folder, http));
        let running = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
        Self { running, folder }
    }

    /// The same, with the folder that holds the files the configuration names.
    pub(crate) fn with_files(folder: Folder, ports: &[u16], http: &str) -> Self {
        let mut command = Self::command(&folder, http);
        let running = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
        let nginx = Self { running, folder };
        for port in ports {
            until_listening(SocketAddr::from(([127, 0, 0, 1], *port)));
        }
        nginx
    }

    fn command(folder: &Folder, http: &str) -> Command {
        let base = folder.path().to_str().expect("the path is UTF-8");
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {base}/tmp-{kind};"))
            .concat();
        let config = format!(
            "daemon off; master_process off; worker_processes 1; pid {base}/nginx.pid;
             error_log {base}/error.log info;
             events {{ worker_connections 256; }}
             http {{ access_log {base}/access.log; {temporary} {http} }}"
        );
        let path = folder.write("nginx.conf", config);
        let mut command = Command::new(need("nginx", "nginx-light"));
        command.args(["-p", base, "-c", &path, "-e", &format!("{base}/error.log")]);
        command
    }

    /// One HTTPS server with this certificate; `more` goes into its `server` block. Gives its port as well.
    pub(crate) fn https(certificate: &super::ca::Pair, chain: &[&str], more: &str) -> (Self, u16) {
        let folder = Folder::new();
        let (cert, key) = certificate.write(&folder, "server", chain);
        let port = free_port();
        let http = format!(
            "server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {cert}; ssl_certificate_key {key};
             ssl_protocols TLSv1.2 TLSv1.3;
             location / {{ return 200 \"ok\\n\"; }} {more} }}"
        );
        (Self::with_files(folder, &[port], &http), port)
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.running.0.id()
    }

    /// The folder with its configuration and logs.
    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// What it logged: connections, handshakes, errors.
    pub(crate) fn error_log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }

    /// One line for each request.
    pub(crate) fn access_log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default()
    }
}
