//! Real gRPC servers with the health service: in Go and in Python. Their sources are in `tests/it/grpc`.

use std::process::{Command, Stdio};

use super::ca::Pair;
use super::{Folder, Running, tool, until};

/// A running server; it ends with the test.
pub(crate) struct Server {
    pub(crate) port: u16,
    folder: Folder,
    _process: Running,
}

/// How a server in Go is to be.
#[derive(Default)]
pub(crate) struct Options<'a> {
    /// Options of the command line.
    pub(crate) arguments: &'a [&'a str],
    /// The server's certificate: turns TLS on.
    pub(crate) tls: Option<&'a Pair>,
    /// Whose client certificates are required, in PEM.
    pub(crate) client_ca: Option<&'a str>,
}

impl Server {
    /// The one in Go, without TLS.
    pub(crate) fn go(arguments: &[&str]) -> Self {
        Self::start(&Options { arguments, ..Options::default() })
    }

    /// The one in Go.
    pub(crate) fn start(options: &Options<'_>) -> Self {
        let folder = Folder::new();
        let mut command = Command::new(tool("grpc-server-1/server"));
        command.args(options.arguments);
        if let Some(pair) = options.tls {
            let (cert, key) = pair.write(&folder, "server", &[]);
            command.args(["--cert", &cert, "--key", &key]);
        }
        if let Some(ca) = options.client_ca {
            command.args(["--client-ca", &folder.write("client_ca.pem", ca)]);
        }
        command.arg(folder.path());
        Self::ready(command, folder)
    }

    /// The one in Python.
    pub(crate) fn python(tls: Option<&Pair>) -> Self {
        let folder = Folder::new();
        let mut command = Command::new(tool("grpc-python-1/bin/python"));
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/grpc/server.py")).arg(folder.path());
        if let Some(pair) = tls {
            let (cert, key) = pair.write(&folder, "server", &[]);
            command.args([cert, key]);
        }
        Self::ready(command, folder)
    }

    fn ready(mut command: Command, folder: Folder) -> Self {
        let log = std::fs::File::create(folder.path().join("log")).expect("the log is created");
        let process = Running::start(command.stdout(log).stderr(Stdio::inherit()));
        until("the gRPC server listens", || folder.path().join("port").exists());
        let port = std::fs::read_to_string(folder.path().join("port")).expect("it is there");
        Self { port: port.parse().expect("a port"), folder, _process: process }
    }

    /// A line for each call: user agent, authority, and the metadata `x-key`.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("the log is readable")
    }
}
