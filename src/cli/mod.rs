//! The command line: one thin file per subcommand. Reports go to stdout, logs and progress to stderr.

pub mod args;
pub mod ask;
pub mod check;
mod config;
pub mod diagnose;
mod patience;
pub mod report;
mod select;
pub mod serve;
mod signals;
pub mod termination;
pub mod wait;

use std::io::Write;
use std::sync::Arc;

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
    fn print(&mut self, text: &str) {
        drop(self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()));
    }

    /// Writes one line beside the reports.
    fn note(&mut self, line: &str) {
        drop(writeln!(self.err, "{}", line.trim_end()));
    }

    /// Says what is wrong with the usage, in whole lines.
    fn usage(&mut self, text: &str) -> Exit {
        self.note(text);
        Exit::Usage
    }

    /// Says why nothing is probed, here and in the termination message.
    fn refuse(&mut self, termination_log: Option<&str>, text: &str) -> Exit {
        self.note(text);
        self.terminate(termination_log, &termination::text(text, &[]));
        Exit::Usage
    }

    /// Whether colours may be used where there is a terminal: <https://no-color.org>.
    fn colour_allowed(&self) -> bool {
        self.env.var("NO_COLOR").is_none_or(|value| value.is_empty())
    }

    /// Whether reports are coloured.
    fn colour(&self) -> bool {
        self.terminal && self.colour_allowed()
    }

    /// Writes the termination message.
    fn terminate(&mut self, path: Option<&str>, text: &str) {
        if let Err(error) = termination::write(path, text) {
            self.note(&format!("pilotfish: the termination message cannot be written: {error}"));
        }
    }
}

/// Runs the command that the arguments ask for; the first argument is the program's name.
pub async fn run(args: Vec<String>, mut shell: Shell) -> Exit {
    let command = match args::parse(&args) {
        Ok(command) => command,
        Err(args::Stop::Help(text)) => {
            shell.print(&format!("{}\n", text.trim_end()));
            return Exit::Passed;
        }
        Err(args::Stop::Usage(text)) => {
            let of_a_container = matches!(args.get(1).map(String::as_str), Some("serve" | "check" | "wait"));
            return if of_a_container { shell.refuse(None, &text) } else { shell.usage(&text) };
        }
    };
    match command {
        args::Command::Check(options) => check::run(options, shell).await,
        args::Command::Wait(options) => wait::run(options, shell).await,
        args::Command::Completions { shell: name } => match args::completions(&name) {
            Ok(script) => {
                shell.print(&script);
                Exit::Passed
            }
            Err(text) => shell.usage(&text),
        },
        args::Command::Serve(options) => serve::run(options, shell).await,
        args::Command::Diagnose(options) => diagnose::run(options, shell).await,
        args::Command::Ask(options) => {
            let question = options.question.as_deref().unwrap_or("ready");
            ask::run(question, options.url.as_deref().unwrap_or(ask::DEFAULT_URL), &mut shell.out).await
        }
        args::Command::Config(command) => config::run(&command, &mut shell),
    }
}
