//! `pilotfish config`: looks at the configuration; dials nothing.

use std::io::Write as _;

use crate::check::SCHEMES;
use crate::cli::args::ConfigCommand;
use crate::cli::shell::Shell;
use crate::config::schema::schema;
use crate::config::show;
use crate::config::source::{self, Request};
use crate::env::Env;
use crate::exit::Exit;
use crate::finding::Finding;
use crate::findings::{self, Reading};
use crate::value::Value;

/// Runs it.
pub(super) fn run(command: &ConfigCommand, shell: &mut Shell) -> Exit {
    match command {
        ConfigCommand::Check { config } => check(config.as_deref(), shell),
        ConfigCommand::Show { config } => {
            let shown = show::show(Request { file: config.as_deref(), ..Request::default() }, &*shell.env);
            match shown {
                Ok(text) => {
                    shell.print(&text);
                    Exit::Passed
                }
                Err(refused) => shell.usage(&refused.to_string()),
            }
        }
        ConfigCommand::Schema => {
            shell.print(&schema());
            Exit::Passed
        }
        ConfigCommand::Discover { gate, write } => discover(gate, write.as_deref(), shell),
    }
}

/// Writes the configuration that the environment suggests; on the way it says what is wrong with what stands there.
fn discover(gate: &[String], path: Option<&str>, shell: &mut Shell) -> Exit {
    for (variable, finding) in judged(&*shell.env) {
        shell.note(&format!("pilotfish: {variable}: {} {finding}", finding.severity.as_str()));
    }
    let (text, remarks) = match source::discovered(gate, &*shell.env) {
        Ok(found) => found,
        Err(refused) => return shell.usage(&refused.to_string()),
    };
    for remark in remarks {
        shell.note(&format!("pilotfish: warning: {remark}"));
    }
    let Some(path) = path else {
        shell.print(&text);
        return Exit::Passed;
    };
    // Never over what somebody wrote.
    let written = std::fs::File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => {
            shell.note("pilotfish: wrote the configuration; next: `pilotfish config check -c FILE`");
            Exit::Passed
        }
        Err(error) => shell.usage(&format!("pilotfish: --write: cannot write the file: {error}")),
    }
}

/// What the variables say by themselves, without dialling: those findings that matter.
fn judged(env: &dyn Env) -> Vec<(String, Finding)> {
    let reading = |(name, _): (String, String)| Reading::of(Reading::VARIABLE, &Value::Env(name), env);
    let readings: Vec<Reading> = env.vars().into_iter().filter_map(reading).collect();
    let mut found = findings::judge_variables(&readings, SCHEMES);
    found.retain(|(_, finding)| finding.is_worth_showing());
    found
}

/// Every fault; else how many checks there are, and what cannot be resolved here and now.
fn check(file: Option<&str>, shell: &mut Shell) -> Exit {
    match source::load(Request { file, ..Request::default() }, &*shell.env) {
        Ok(plan) => {
            for warning in plan.warnings.iter().chain(&show::unresolved(&plan, &*shell.env)) {
                shell.note(&format!("warning: {warning}"));
            }
            let count = plan.checks.len();
            let noun = if count == 1 { "check" } else { "checks" };
            let place = plan.origin.file().map_or_else(|| plan.origin.to_string(), |path| path.display().to_string());
            shell.print(&format!("{place}: ok, {count} {noun}\n"));
            Exit::Passed
        }
        Err(refused) => shell.usage(&refused.to_string()),
    }
}
