//! Apps with the frameworks that services are written in: their scripts are in `tests/it/contracts`. And the examples of the
//! page about contracts.

use std::process::{Command, Stdio};

use super::helm::text_of;
use super::{Folder, PILOTFISH, Running, run, tool, until};

/// A running app; it ends with the test.
pub(crate) struct App {
    pub(crate) port: u16,
    folder: Folder,
    _process: Running,
}

impl App {
    /// Starts a script and waits until it listens.
    pub(crate) fn start(script: &str) -> Self {
        Self::with(script, &[])
    }

    /// The same with these variables.
    pub(crate) fn with(script: &str, variables: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let program = if script.ends_with(".py") { "contracts-python-1/bin/python" } else { "node-22.23.3/node" };
        let mut command = Command::new(tool(program));
        command.arg(format!("{}/tests/it/contracts/{script}", env!("CARGO_MANIFEST_DIR")));
        command
            .env_clear()
            .env("FOLDER", folder.path())
            .env("MODULES", tool("contracts-npm-2"))
            .envs(variables.iter().copied());
        let mut process = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
        let port = || std::fs::read_to_string(folder.path().join("port")).ok()?.parse().ok();
        until(script, || {
            assert!(process.0.try_wait().expect("its state").is_none(), "{script} ended before it listened");
            port().is_some()
        });
        let port = port().expect("it listens");
        Self { port, folder, _process: process }
    }

    /// `http://127.0.0.1:PORT` and this path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What it noted.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// Whether what was printed is what the page says.
fn fits(said: &str, printed: &str) -> bool {
    let mut rest = printed;
    for (index, piece) in said.split('…').enumerate() {
        match if index == 0 { rest.starts_with(piece).then_some(0) } else { rest.find(piece) } {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.is_empty() || said.ends_with('…')
}

/// Runs the example below a heading of docs/contracts.md: its configuration, with the addresses of the page in place of the real
/// ones, must print what the page shows. `…` stands for anything within a line.
pub(crate) fn example(heading: &str, variables: &[(&str, &str)], addresses: &[(&str, &str)]) {
    let page = text_of("docs/contracts.md");
    let (_, section) = page.split_once(&format!("# {heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let block = |language: &str| {
        let (_, rest) = section.split_once(&format!("```{language}\n")).expect(language);
        rest.split("```").next().expect("it ends").to_owned()
    };
    let folder = Folder::new();
    let real = |text: String| addresses.iter().fold(text, |text, (page, real)| text.replace(page, real));
    let config = folder.write("pilotfish.yaml", real(block("yaml")));
    let ran = run(Command::new(PILOTFISH).args(["check", "-c", &config]).envs(variables.iter().copied()));
    let printed = addresses.iter().fold(ran.stdout, |text, (page, real)| text.replace(real, page));
    let said = block("text");
    let all = said.lines().count() == printed.lines().count();
    let all = all && said.lines().zip(printed.lines()).all(|(said, printed)| fits(said, printed));
    assert!(all, "{heading}: the page says\n{said}--- it printed\n{printed}{}", ran.stderr);
}
