//! The command line: one thin file per subcommand. Reports go to stdout, logs and progress to stderr.

pub mod args;
pub mod check;
pub mod report;

use std::fmt::Arguments;
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
}

/// Runs the command that the arguments ask for; the first argument is the program's name.
pub async fn run(args: Vec<String>, mut shell: Shell) -> Exit {
    let command = match args::parse(&args) {
        Ok(command) => command,
        Err(args::Stop::Help(text)) => {
            say(&mut shell.out, format_args!("{}", text.trim_end()));
            return Exit::Passed;
        }
        Err(args::Stop::Usage(text)) => {
            say(&mut shell.err, format_args!("{}", text.trim_end()));
            return Exit::Usage;
        }
    };
    match command {
        args::Command::Check(options) => check::run(options, shell).await,
    }
}

/// Writes one line. A reader that went away is no reason to fail.
pub fn say(to: &mut dyn Write, line: Arguments<'_>) {
    drop(writeln!(to, "{line}"));
    drop(to.flush());
}
