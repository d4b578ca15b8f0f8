//! pilotfish: arguments to an exit code. Everything else is in the library.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use pilotfish::cli::{self, Shell};
use pilotfish::env::ProcessEnv;
use pilotfish::exit::Exit;
use pilotfish::log;

fn main() -> ExitCode {
    let env = Arc::new(ProcessEnv);
    let colour = cli::allows_colour(&*env);
    log::init(if io::stderr().is_terminal() { log::Form::Text { colour } } else { log::Form::Json });
    // Of many checks that are ready at once, a few run before the kubelet's questions are looked at again; the default is 61.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().event_interval(8).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            drop(writeln!(io::stderr(), "pilotfish: cannot start: {error}"));
            return Exit::Failed.into();
        }
    };
    let args = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let shell =
        Shell { env, out: Box::new(io::stdout()), err: Box::new(io::stderr()), columns: cli::columns(io::stdout()) };
    runtime.block_on(cli::run(args, shell)).into()
}
