//! A real WebSocket server: Node's `ws`. Its source is in `tests/it/websocket`.

use std::process::{Command, Stdio};

use super::{Folder, Running, tool, until};

/// A running server; it ends with the test.
pub(crate) struct Server {
    pub(crate) port: u16,
    folder: Folder,
    _process: Running,
}

impl Server {
    /// Starts it and waits until it listens.
    pub(crate) fn start() -> Self {
        let folder = Folder::new();
        let mut command = Command::new(tool("node-22.23.3/node"));
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/websocket/server.js")).arg(folder.path());
        command.arg(tool("websocket-1/node_modules/ws"));
        let process = Running::start(command.stdout(Stdio::null()).stderr(Stdio::inherit()));
        until("the WebSocket server listens", || folder.path().join("port").exists());
        let port = std::fs::read_to_string(folder.path().join("port")).expect("it is there");
        Self { port: port.parse().expect("a port"), folder, _process: process }
    }

    /// A line for each session that opens, and one when it ends, with the code.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Waits for a line.
    pub(crate) fn until_logged(&self, line: &str) {
        until(line, || self.log().lines().any(|one| one == line));
    }
}
