//! From the options of a command to the checks it runs, and what is said on the way. An error is the whole text of
//! what is wrong: nothing is probed then.

use crate::cli::args::{CheckOptions, DiagnoseOptions, Selection, WaitOptions};
use crate::cli::shell::Shell;
use crate::config::plan::{Extent, Origin, Plan, Planned};
use crate::config::source::{self, Request};

/// The checks of `check`: all of them, or those named.
pub(super) fn for_check(options: &CheckOptions, shell: &mut Shell) -> Result<Vec<Planned>, String> {
    let mut plan = load(&options.selection, &[], Extent::Web, shell)?;
    source::only(&mut plan, &options.only).map_err(|refused| refused.to_string())?;
    Ok(plan.checks)
}

/// The plan of `diagnose`: as `check`, and URLs of protocols that are not spoken here as far as the connection.
pub(super) fn for_diagnose(options: &DiagnoseOptions, shell: &mut Shell) -> Result<Plan, String> {
    let mut plan = load(&options.selection, &[], Extent::Connections, shell)?;
    source::only(&mut plan, &options.only).map_err(|refused| refused.to_string())?;
    Ok(plan)
}

/// The checks that `wait` waits for: of a file those that gate the start, unless all are asked for.
pub(super) fn for_wait(options: &WaitOptions, shell: &mut Shell) -> Result<Vec<Planned>, String> {
    let plan = load(&options.selection, &[], Extent::Servers, shell)?;
    let by_gate = plan.origin.file().is_some() && !options.all;
    let checks: Vec<Planned> = plan.checks.into_iter().filter(|check| !by_gate || check.gates.startup).collect();
    if checks.is_empty() {
        shell.note(
            "pilotfish: no check gates startup, so there is nothing to wait for; use --all to wait for every \
                    check",
        );
    }
    Ok(checks)
}

/// The plan of a selection. Where it was not said what to probe, it is said which source was taken.
pub(super) fn load(selection: &Selection, gates: &[String], extent: Extent, shell: &mut Shell) -> Result<Plan, String> {
    let request = Request { targets: &selection.targets, file: selection.config.as_deref(), gates, extent };
    let plan = source::load(request, &*shell.env).map_err(|refused| refused.to_string())?;
    if !matches!(plan.origin, Origin::Targets | Origin::Given(_)) {
        shell.note(&format!("pilotfish: checks come from {}", plan.origin));
    }
    for listed in &plan.listed {
        shell.note(&format!("pilotfish: not probed: {} ({}): {}", listed.variable, listed.target, listed.why));
    }
    for warning in &plan.warnings {
        shell.note(&format!("pilotfish: warning: {warning}"));
    }
    Ok(plan)
}
