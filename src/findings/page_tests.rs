//! docs/causes.md, docs/findings.md and the README's table of causes are written from the code.

use crate::cause::{Cause, Waits};
use crate::findings::{Entry, FAMILIES};
use crate::testing::{keep, keep_section};

const CAUSES: &str = "\
# Causes

Every failed outcome has one cause, the same word in JSON (`failure.cause`), in the metric `pilotfish_check_failure`, in
logs and in termination messages. The set is closed: dashboards and scripts may rely on it. The hint beside it is made
from what was recorded on the way; what stands here is what holds of every such failure.

**Waiting** says whether waiting can heal it: `wait` goes on (yes), stops with exit code 4 once the same failure has
lasted (no), or stops at once (restart: only a new container has other variables). **Ready** says what becomes of a check
that has been up: most causes take it down; those with *degraded* do not, since they are about the probe's own fresh
login, or about the probe, and not about the app's work.

";

const FINDINGS: &str = "\
# Findings

A finding tells what was seen on the way and will hurt the app even where the check passes. Findings are made by rules
from what was recorded: none states more than was observed, and none causes a request of its own. They stand in the
reports, in `/status`, and in the metric `pilotfish_finding`; `fail_on: [CODE]` on a check turns one into a failure with
the cause that stands beside it.

";

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn phases(cause: Cause) -> String {
    let words: Vec<&str> = cause.phases().iter().map(|phase| phase.as_str()).collect();
    if words.is_empty() { "–".to_owned() } else { words.join(", ") }
}

fn row_of_page(cause: Cause) -> String {
    let info = cause.info();
    let waiting = match info.waits {
        // No failure of a run: nothing waits for it.
        _ if cause.phases().is_empty() => "–",
        Waits::Heals => "yes",
        Waits::Permanent => "no",
        Waits::AfterRestart => "restart",
    };
    let ready = if info.takes_ready_down { "down" } else { "degraded" };
    format!(
        "| `{}` | {} | {waiting} | {ready} | {} | {} |\n",
        info.slug,
        phases(cause),
        cell(info.meaning),
        cell(info.remedy)
    )
}

#[test]
fn the_page_is_as_the_code_says() {
    let head =
        "| cause | phase | waiting | ready | it means | what settles it |\n| --- | --- | --- | --- | --- | --- |\n";
    let rows: String = Cause::ALL.iter().copied().map(row_of_page).collect();
    keep("docs/causes.md", &format!("{CAUSES}{head}{rows}"));

    let row = |entry: &Entry| {
        let Entry { code, severity, cause, meaning, remedy } = entry;
        let (severity, cause) = (severity.as_str(), cause.slug());
        format!("| `{code}` | {severity} | {} | {} | `{cause}` |\n", cell(meaning), cell(remedy))
    };
    let head = "| code | severity | it means | what settles it | with `fail_on` |\n| --- | --- | --- | --- | --- |\n";
    let rows: String = FAMILIES.iter().copied().flatten().map(row).collect();
    keep("docs/findings.md", &format!("{FINDINGS}{head}{rows}"));
}

#[test]
fn the_readme_lists_every_cause() {
    let row = |cause: &Cause| {
        format!("| `{}` | {} | {} |\n", cause.slug(), cell(cause.info().meaning), cell(cause.info().remedy))
    };
    let rows: String = Cause::ALL.iter().map(row).collect();
    keep_section(
        "README.md",
        "causes",
        &format!("| cause | it means | what settles it |\n| --- | --- | --- |\n{rows}"),
    );
}
