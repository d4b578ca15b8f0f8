//! The other sides of contracts between services: programs of Node, each with its source in the folder of its test.

use std::process::{Command, Stdio};

use super::{Folder, Running, tool, until};

/// A running program; it ends with the test.
pub(crate) struct Program {
    pub(crate) port: u16,
    folder: Folder,
    _process: Running,
}

impl Program {
    /// Starts `tests/it/SOURCE` with these variables, and waits until it listens.
    pub(crate) fn start(source: &str, variables: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let mut command = Command::new(tool("node-22.23.3/node"));
        command.arg(format!("{}/tests/it/{source}", env!("CARGO_MANIFEST_DIR"))).arg(folder.path());
        command.arg(tool("contracts-1/node_modules"));
        command.env_clear().envs(variables.iter().copied());
        let mut process = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
        let port = folder.path().join("port");
        until(source, || {
            assert!(process.0.try_wait().expect("its state").is_none(), "{source} ended before it listened");
            port.exists()
        });
        let port = std::fs::read_to_string(port).expect("it is there");
        Self { port: port.parse().expect("a port"), folder, _process: process }
    }

    /// Its URL with this path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}
