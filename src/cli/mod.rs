//! The command line: one thin file per subcommand. Reports go to stdout, logs and progress to stderr.

pub mod args;
pub mod ask;
pub mod check;
mod config;
pub mod diagnose;
mod patience;
mod progress;
pub mod report;
mod select;
pub mod serve;
mod sheet;
mod shell;
mod sidecar;
mod signals;
pub mod status;
mod status_document;
pub mod termination;
pub mod wait;

use crate::exit::Exit;
use crate::mask::typed;

pub use shell::{Shell, allows_colour, columns};

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
            let extra = match (options.verbose, options.retry) {
                (_, true) => ask::Extra::Retry,
                (true, false) => ask::Extra::Runs,
                (false, false) => ask::Extra::None,
            };
            ask::run(question, options.url.as_deref().unwrap_or(sidecar::DEFAULT_URL), extra, &mut shell.out).await
        }
        args::Command::Status(options) => {
            let form = match options.output.as_deref() {
                None => status::Form::Table,
                Some("wide") => status::Form::Wide,
                Some("json") => status::Form::Json,
                Some(other) => {
                    let other = typed(", not ", other);
                    return shell.usage(&format!("pilotfish: -o, --output must be wide or json{other}"));
                }
            };
            let url = options.url.as_deref().unwrap_or(sidecar::DEFAULT_URL);
            status::run(url, form, options.watch, &mut shell.out).await
        }
        args::Command::Config(command) => config::run(&command, &mut shell),
    }
}
