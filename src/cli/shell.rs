//! What every command works with: the environment, the two outputs, and the ways to report and to refuse.

use std::io::Write;
use std::sync::Arc;

use crate::cli::termination;
use crate::env::Env;
use crate::exit::Exit;

/// What a command works with: everything that a test may want to bring itself.
pub struct Shell {
    /// Variables and small files.
    pub env: Arc<dyn Env>,
    /// Reports.
    pub out: Box<dyn Write + Send>,
    /// Progress, logs and usage.
    pub err: Box<dyn Write + Send>,
    /// Whether reports go to a terminal.
    pub terminal: bool,
}

impl Shell {
    /// Writes a text to the reports. A reader that went away is no reason to fail.
    pub(super) fn print(&mut self, text: &str) {
        drop(self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()));
    }

    /// Writes one line beside the reports.
    pub(super) fn note(&mut self, line: &str) {
        drop(writeln!(self.err, "{}", line.trim_end()));
    }

    /// Says what is wrong with the usage, in whole lines.
    pub(super) fn usage(&mut self, text: &str) -> Exit {
        self.note(text);
        Exit::Usage
    }

    /// Says why nothing is probed, here and in the termination message.
    pub(super) fn refuse(&mut self, termination_log: Option<&str>, text: &str) -> Exit {
        self.note(text);
        self.terminate(termination_log, &termination::text(text, &[]));
        Exit::Usage
    }

    /// Whether colours may be used where there is a terminal: <https://no-color.org>.
    pub(super) fn colour_allowed(&self) -> bool {
        self.env.var("NO_COLOR").is_none_or(|value| value.is_empty())
    }

    /// Whether reports are coloured.
    pub(super) fn colour(&self) -> bool {
        self.terminal && self.colour_allowed()
    }

    /// Writes the termination message.
    pub(super) fn terminate(&mut self, path: Option<&str>, text: &str) {
        if let Err(error) = termination::write(path, text) {
            self.note(&format!("pilotfish: cannot write the termination message: {error}"));
        }
    }
}
