//! `pilotfish serve`: the sidecar. Probes on a timer, answers over HTTP, until it is told to stop.

use std::sync::Arc;

use crate::app;
use crate::app::engine::Ended;
use crate::cli::args::ServeOptions;
use crate::cli::shell::Shell;
use crate::cli::termination;
use crate::cli::termination::Case;
use crate::config::plan::{Extent, Plan};
use crate::config::source::{self, Request};
use crate::exit::Exit;
use crate::log::{self, say};
use crate::mask::typed;
use crate::orphans;
use crate::shutdown;
use crate::state::{CheckView, Snapshot};

/// Runs until SIGTERM: 0 after the drain, 1 where it cannot serve, 2 for a configuration with faults.
pub async fn run(options: ServeOptions, mut shell: Shell) -> Exit {
    // First of all: as PID 1 what is not handled is not delivered.
    let signals = match shutdown::listen() {
        Ok(signals) => signals,
        Err(error) => return fail(&options, &mut shell, Exit::Failed, &format!("cannot handle signals: {error}")),
    };
    if let Err(error) = orphans::reap() {
        return fail(&options, &mut shell, Exit::Failed, &format!("cannot handle signals: {error}"));
    }
    match options.log_format.as_deref() {
        None => {}
        Some("text") => log::ask_for(log::Form::Text { colour: false }),
        Some("json") => log::ask_for(log::Form::Json),
        Some(_) => return fail(&options, &mut shell, Exit::Usage, "--log-format: expected text or json"),
    }
    let selection = &options.selection;
    let request = Request {
        targets: &selection.targets,
        file: selection.config.as_deref(),
        gates: &options.gate,
        extent: Extent::Servers,
    };
    let plan = match source::load(request, &*shell.env) {
        Ok(plan) => plan,
        Err(refused) => return fail(&options, &mut shell, Exit::Usage, &refused.to_string()),
    };
    let Ok(listen) = options.listen.as_deref().map(str::parse).transpose() else {
        let typed = typed(", not ", options.listen.as_deref().unwrap_or_default());
        let text = format!("--listen expects an address and a port, such as [::]:9809 or 127.0.0.1:9809{typed}");
        return fail(&options, &mut shell, Exit::Usage, &text);
    };
    introduce(&plan);
    let bound = match app::bind(plan, listen, Arc::clone(&shell.env)) {
        Ok(bound) => bound,
        Err(error) => return fail(&options, &mut shell, Exit::Failed, &error.to_string()),
    };
    let address = bound.address().to_string();
    match bound.probes().map(|probes| probes.to_string()) {
        Some(probes) => say!(Info, "serving"; address, probes),
        None => say!(Info, "serving"; address),
    }
    let (ended, last) = bound.run(signals).await;
    let (exit, reason) = match ended {
        Ended::Stopped if last.startup_latched => (Exit::Passed, None),
        Ended::Stopped => (Exit::Passed, Some("pilotfish serve: stopped by a signal before the start gate passed")),
        Ended::Broken => (Exit::Failed, Some("pilotfish serve: an error in pilotfish itself, see its log")),
    };
    if let Some(reason) = reason {
        shell.terminate(options.termination_log.as_deref(), &last_words(reason, &last));
    }
    say!(Info, "ended");
    exit
}

/// Says why it cannot begin: on stderr and as the termination message.
fn fail(options: &ServeOptions, shell: &mut Shell, exit: Exit, text: &str) -> Exit {
    shell.note(&format!("pilotfish: {text}"));
    shell.terminate(options.termination_log.as_deref(), &termination::text(text, &[]));
    exit
}

/// Which source was taken, and what is worth a line at the start.
fn introduce(plan: &Plan) {
    let name = concat!("pilotfish ", env!("CARGO_PKG_VERSION"));
    say!(Info, name; source = plan.origin.to_string(), checks = plan.checks.len());
    for warning in &plan.warnings {
        say!(Warn, warning);
    }
    for listed in &plan.listed {
        say!(Info, "not probed"; variable = listed.variable.as_str(), target = listed.target.as_str(), why = listed.why.as_str());
    }
}

/// The checks that hold the start gate shut, and why.
fn last_words(reason: &str, last: &Snapshot) -> String {
    let holds = |view: &&CheckView| view.gates.startup && !view.counts_as_up();
    let held: Vec<&CheckView> = last.checks.iter().map(|view| &**view).filter(holds).collect();
    let cases = held.iter().filter_map(|view| Some(Case { name: &view.name, outcome: view.last.as_ref()? }));
    termination::text(reason, &cases.collect::<Vec<_>>())
}
