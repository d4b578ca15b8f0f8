//! What every command works with: the environment, the two outputs, and the ways to report and to refuse.

use std::io::Write;
use std::os::fd::AsFd;
use std::sync::Arc;

use rustix::termios::tcgetwinsize;

use crate::cli::{sheet, termination};
use crate::env::Env;
use crate::exit::Exit;

/// How many columns a terminal has; `None` of what is none. One that does not know its size is taken for the usual one.
#[must_use]
pub fn columns(of: impl AsFd) -> Option<usize> {
    let size = tcgetwinsize(of).ok()?;
    Some(if size.ws_col == 0 { sheet::WIDTH } else { size.ws_col.into() })
}

/// Whether colours may be used where there is a terminal: <https://no-color.org>.
#[must_use]
pub fn allows_colour(env: &dyn Env) -> bool {
    env.var("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// What a command works with: everything that a test may want to bring itself.
pub struct Shell {
    /// Variables and small files.
    pub env: Arc<dyn Env>,
    /// Reports.
    pub out: Box<dyn Write + Send>,
    /// Progress, logs and usage.
    pub err: Box<dyn Write + Send>,
    /// How many columns the terminal has that reports go to; `None` where they go elsewhere.
    pub columns: Option<usize>,
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

    /// Writes beside the reports, as it is.
    pub(super) fn write_err(&mut self, text: &str) {
        drop(self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush()));
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

    /// Whether colours may be used where there is a terminal.
    pub(super) fn colour_allowed(&self) -> bool {
        allows_colour(&*self.env)
    }

    /// Whether reports are coloured.
    pub(super) fn colour(&self) -> bool {
        self.columns.is_some() && self.colour_allowed()
    }

    /// How wide pages of text are.
    pub(super) fn width(&self) -> usize {
        self.columns.unwrap_or(sheet::WIDTH)
    }

    /// Writes the termination message.
    pub(super) fn terminate(&mut self, path: Option<&str>, text: &str) {
        if let Err(error) = termination::write(path, text) {
            self.note(&format!("pilotfish: cannot write the termination message: {error}"));
        }
    }
}
