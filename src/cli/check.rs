//! `pilotfish check`: every check once, side by side; a report; an exit code.

use std::sync::Arc;

use crate::cli::args::{self, CheckOptions};
use crate::cli::report::{self, Done};
use crate::cli::shell::Shell;
use crate::cli::{select, termination};
use crate::exit::Exit;
use crate::net::World;
use crate::outcome_json::Excerpts;
use crate::probe::{Depth, probe_all};

/// Runs it.
pub async fn run(options: CheckOptions, mut shell: Shell) -> Exit {
    let log = options.report.termination_log.as_deref();
    let selected = args::form(options.report.output.as_deref())
        .and_then(|form| Ok((form, select::for_check(&options, &mut shell)?)));
    let (form, checks) = match selected {
        Ok(selected) => selected,
        Err(text) => return shell.refuse(log, &text),
    };
    let world = Arc::new(World::new(Arc::clone(&shell.env)));
    let done: Vec<Done> = probe_all(checks, &world, Depth::Full).await;
    shell.print(&report::report(form, &shell, &done, Excerpts::Shown));
    let failed = done.iter().filter(|(_, outcome)| !outcome.passed()).count();
    if failed == 0 {
        return Exit::Passed;
    }
    let reason = format!("pilotfish check: {failed} of {} checks failed", done.len());
    shell.terminate(log, &termination::text(&reason, &report::cases(&done)));
    Exit::Failed
}
