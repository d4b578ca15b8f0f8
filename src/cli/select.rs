//! From the options of a command to the checks it runs.

use std::time::Duration;

use crate::cli::Shell;
use crate::cli::args::{CheckOptions, Selection, WaitOptions};
use crate::config::plan::{Gates, MinPassing, Planned};
use crate::exit::Exit;
use crate::net::dial::DialRules;
use crate::value::Value;

/// The checks of `check`.
pub(super) fn for_check(options: &CheckOptions, shell: &mut Shell) -> Result<Vec<Planned>, Exit> {
    targets(&options.selection, shell)
}

/// The checks that `wait` waits for.
pub(super) fn for_wait(options: &WaitOptions, shell: &mut Shell) -> Result<Vec<Planned>, Exit> {
    targets(&options.selection, shell)
}

fn targets(selection: &Selection, shell: &mut Shell) -> Result<Vec<Planned>, Exit> {
    let mut checks = Vec::new();
    for target in &selection.targets {
        let scheme = target.split_once("://").map(|(scheme, _)| scheme).unwrap_or_default();
        let Some(kind) = crate::check::kind_of_scheme(scheme) else {
            return Err(shell.usage("unknown scheme"));
        };
        checks.push(Planned {
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
        });
    }
    Ok(checks)
}
