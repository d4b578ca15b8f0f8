//! `pilotfish diagnose`: a check taken apart, as a page for the person on call, as JSON, or as a report for a ticket.
//!
//! Every check runs once, as in `check`, and is measured further where that still teaches something. It logs in once at
//! most.

mod ladder;
mod markdown;
mod page;
mod pod;
mod rung;
mod runtimes;
mod view;

use std::sync::Arc;

use serde::Serialize;

use crate::cli::args::{self, DiagnoseOptions, Form};
use crate::cli::report::Counts;
use crate::cli::select;
use crate::cli::sheet::{Paint, Sheet};
use crate::cli::shell::Shell;
use crate::config::plan::{Origin, Planned};
use crate::exit::Exit;
use crate::net::World;
use crate::outcome_json::{self, Excerpts, OutcomeJson};
use crate::probe::{Depth, probe_all};
use page::Style;
use pod::Pod;
use view::Diagnosed;

/// Where the report goes.
enum ReportDestination {
    Nowhere,
    Stdout,
    File(std::fs::File),
}

/// Runs it.
pub async fn run(options: DiagnoseOptions, mut shell: Shell) -> Exit {
    let prepared = args::form(options.output.as_deref()).and_then(|form| {
        Ok((form, select::for_diagnose(&options, &mut shell)?, open_report(options.report.as_deref())?))
    });
    let (form, plan, destination) = match prepared {
        Ok(prepared) => prepared,
        Err(text) => return shell.usage(&text),
    };
    // Asked for by name, or alone: then also what passes is shown in full.
    let in_full = plan.origin == Origin::Targets || !options.only.is_empty() || plan.checks.len() == 1;
    let source = match &plan.origin {
        Origin::Targets => "from the command line".to_owned(),
        origin => format!("from {origin}"),
    };
    let done = diagnose_all(plan.checks, &source, &shell).await;
    let pod = Pod::read(&*shell.env);
    let shown = match (&destination, form) {
        (ReportDestination::Stdout, _) => markdown::report(&done, &pod, &*shell.env),
        (_, Form::Json) => json(&done, &pod),
        (_, Form::Text) => text(&done, in_full, &shell),
    };
    shell.print(&shown);
    let failed = done.iter().any(|done| !done.outcome.passed());
    if let ReportDestination::File(file) = destination
        && let Err(error) = write(file, &markdown::report(&done, &pod, &*shell.env))
    {
        shell.note(&format!("pilotfish: cannot write the report: {error}"));
        return Exit::Failed;
    }
    if failed { Exit::Failed } else { Exit::Passed }
}

/// Opens the report's file before anything is probed.
fn open_report(path: Option<&str>) -> Result<ReportDestination, String> {
    match path {
        None => Ok(ReportDestination::Nowhere),
        Some("-") => Ok(ReportDestination::Stdout),
        Some(path) => std::fs::File::create(path).map(ReportDestination::File).map_err(|error| {
            format!(
                "pilotfish: --report: cannot write the report: {error}; use a folder that this container may write \
                 to, or - for stdout"
            )
        }),
    }
}

fn write(mut file: std::fs::File, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    file.write_all(text.as_bytes())?;
    file.flush()
}

/// Every check once, side by side.
async fn diagnose_all(checks: Vec<Planned>, source: &str, shell: &Shell) -> Vec<Diagnosed> {
    let world = Arc::new(World::new(Arc::clone(&shell.env)));
    let done = probe_all(checks, &world, Depth::Survey).await.into_iter();
    done.map(|(planned, outcome)| Diagnosed { planned, outcome, source: source.to_owned() }).collect()
}

/// The pages; before them, where there are several checks, a line for each. What passes without a word more is not
/// taken apart unless it was asked for.
fn text(all: &[Diagnosed], in_full: bool, shell: &Shell) -> String {
    let paint = Paint(shell.colour());
    let style = Style { paint, width: shell.width(), report: false };
    let mut sheet = Sheet::new(paint, shell.width());
    if all.len() > 1 {
        let failed = all.iter().filter(|done| !done.outcome.passed()).count();
        sheet.line(&format!("{} checks, {failed} failed", all.len()));
        sheet.line("");
        let width = all.iter().map(|done| done.planned.name.len()).max().unwrap_or(0);
        all.iter().for_each(|done| page::heading(&mut sheet, done, width));
    }
    let worth_a_page = |done: &&Diagnosed| in_full || page::has_more_to_say(&done.outcome);
    let pages: Vec<String> = all.iter().filter(worth_a_page).map(|done| page::page(done, &*shell.env, style)).collect();
    for page in &pages {
        if !sheet.text.is_empty() {
            sheet.line("");
            sheet.line(&paint.dim(&"─".repeat(shell.width())));
        }
        sheet.text.push_str(page);
    }
    if pages.len() < all.len() {
        sheet.line("");
        sheet.line("Checks without a page pass. Use --only NAME to see the page of such a check.");
    }
    sheet.text
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    counts: Counts,
    checks: Vec<CheckJson<'a>>,
    version: &'static str,
    pod: &'a Pod,
}

#[derive(Serialize)]
struct CheckJson<'a> {
    #[serde(flatten)]
    outcome: OutcomeJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_short: Option<&'a str>,
}

/// The report of `check`, with what was measured beyond it and the pod's own facts.
fn json(all: &[Diagnosed], pod: &Pod) -> String {
    let check = |done| {
        let Diagnosed { planned, outcome, .. }: &Diagnosed = done;
        let outcome = outcome_json::outcome(&planned.name, planned.kind, outcome, Excerpts::Shown);
        CheckJson { outcome, stopped_short: planned.check.stops_short() }
    };
    let counts = Counts::of(all.iter().map(|done| &done.outcome));
    let checks = all.iter().map(check).collect();
    let report = Report { counts, checks, version: env!("CARGO_PKG_VERSION"), pod };
    let mut text = serde_json::to_string(&report).expect("the report has text keys only");
    text.push('\n');
    text
}
