//! `pilotfish check`: every check once, side by side; a report; an exit code.

use std::sync::Arc;
use std::time::Duration;

use crate::cli::args::{self, CheckOptions};
use crate::cli::{Shell, report, say};
use crate::config::plan::{Gates, MinPassing, Planned};
use crate::exit::Exit;
use crate::net::World;
use crate::net::dial::DialRules;
use crate::net::resolve::Walk;
use crate::probe::probe;
use crate::value::Value;

/// Runs it.
pub async fn run(options: CheckOptions, mut shell: Shell) -> Exit {
    let form = match args::form(options.output.as_deref()) {
        Ok(form) => form,
        Err(text) => {
            say(&mut shell.err, format_args!("pilotfish: {text}"));
            return Exit::Usage;
        }
    };
    let world = Arc::new(World::new(Arc::clone(&shell.env)));
    let mut done = Vec::new();
    for target in &options.selection.targets {
        let scheme = target.split_once("://").map(|(scheme, _)| scheme).unwrap_or_default();
        let Some(kind) = crate::check::kind_of_scheme(scheme) else {
            say(&mut shell.err, format_args!("pilotfish: unknown scheme"));
            return Exit::Usage;
        };
        let planned = Planned {
            name: kind.name.to_owned(),
            kind: kind.name,
            check: (kind.from_url)(Value::literal(target)),
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(5),
            failure_threshold: 3,
            success_threshold: 1,
            gates: Gates::default(),
            rules: DialRules::default(),
            min_passing: MinPassing::Count(1),
            ready_ignores: Vec::new(),
            labels: Vec::new(),
            identity: 0,
        };
        let outcome = probe(&planned, &world, Walk::Full).await;
        done.push((planned, outcome));
    }
    report::write(&mut shell.out, form, &done);
    if done.iter().all(|(_, outcome)| outcome.passed()) { Exit::Passed } else { Exit::Failed }
}
