//! What other runtimes would do here: a rung, and a small table grouped by what happens.

use std::time::Duration;

use crate::cli::diagnose::rung::Rung;
use crate::cli::sheet::{Mark, Sheet};
use crate::duration;
use crate::finding::{Predicted, Prediction};
use crate::order;
use crate::outcome::Outcome;

/// What is faster than this happens at once.
const AT_ONCE: Duration = Duration::from_millis(20);
/// The width of the column of results.
const RESULT: usize = 22;
/// That of names in front of details: `python-asyncio`.
const NAME: usize = 14;

/// The rung: how many would connect.
pub(super) fn rung(outcome: &Outcome) -> Rung {
    let all = &outcome.predictions;
    let connect = all.iter().filter(|one| one.result == Predicted::Connects).count();
    let fail = all.iter().filter(|one| matches!(one.result, Predicted::Fails | Predicted::Hangs)).count();
    let unknown = all.iter().filter(|one| one.result == Predicted::Unknown).count();
    // Of several hosts one may do for the app's client: the check itself tells whether one does.
    let hosts = worst_hosts(outcome);
    let not_it = if hosts.is_empty() { "NOT connect".to_owned() } else { format!("NOT connect to {hosts}") };
    let bad = if hosts.is_empty() || !outcome.passed() { Mark::Bad } else { Mark::Warn };
    let (mark, summary) = match (all.len(), connect, fail) {
        (0, ..) => (Mark::Idle, "nothing to predict".to_owned()),
        (all, ..) if all == unknown => (Mark::Idle, "no prediction: not enough measurements".to_owned()),
        (all, connect, _) if all == connect => (Mark::Good, format!("all {all} runtimes would connect")),
        (all, 0, fail) if all == fail && hosts.is_empty() => {
            (Mark::Bad, format!("none of {all} runtimes would connect"))
        }
        (all, connect, 0) => {
            (Mark::Warn, format!("{connect} of {all} runtimes would certainly connect: see the table"))
        }
        (all, _, fail) => (bad, format!("{fail} of {all} runtimes would {not_it}: see the table")),
    };
    Rung::new("runtimes", mark, summary)
}

/// The hosts, where there are several, that some runtime would not reach.
fn worst_hosts(outcome: &Outcome) -> String {
    let mut hosts: Vec<&str> = Vec::new();
    let bad = outcome.predictions.iter().filter(|one| one.result != Predicted::Connects);
    for host in bad.filter_map(|one| one.host.as_deref()) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts.join(", ")
}

/// The table, the worst first: a row for those that end in the same way at the same time.
pub(super) fn table(sheet: &mut Sheet, outcome: &Outcome) {
    let mut sorted: Vec<&Prediction> = outcome.predictions.iter().collect();
    order::sort_by_key(&mut sorted, |one| (rank(one.result), one.after.filter(|after| *after >= AT_ONCE)));
    let mut rows: Vec<Vec<&Prediction>> = Vec::new();
    for one in sorted {
        match rows.last_mut().filter(|row| alike(row[0], one)) {
            Some(row) => row.push(one),
            None => rows.push(vec![one]),
        }
    }
    for group in rows {
        let names: Vec<&str> = group.iter().map(|one| one.runtime).collect();
        let after = after(group[0]);
        let result = format!("{:9}{after}", word(group[0].result));
        sheet.rung(2, mark(group[0].result), &result, RESULT, &names.join(", "));
    }
    let hosts = worst_hosts(outcome);
    if !hosts.is_empty() {
        let text = format!(
            "This is about {hosts}, the worst of several hosts. A client that tries the next host needs only \
                     one that works."
        );
        sheet.hang("  ", 2, &text);
    }
}

/// What they would show, and what cures it, for those that have something of it.
pub(super) fn details(sheet: &mut Sheet, outcome: &Outcome) {
    let mut groups: Vec<Vec<&Prediction>> = Vec::new();
    for one in outcome.predictions.iter().filter(|one| one.error.is_some() || one.cure.is_some()) {
        match groups.iter_mut().find(|group| (&group[0].error, &group[0].cure) == (&one.error, &one.cure)) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    if !groups.is_empty() {
        sheet.line("");
        sheet.line("Expected errors");
    }
    groups.iter().for_each(|group| group_details(sheet, group));
}

fn group_details(sheet: &mut Sheet, group: &[&Prediction]) {
    let names: Vec<&str> = group.iter().map(|one| one.runtime).collect();
    let names = names.join(", ");
    let mut lead = format!("  {names:NAME$}  ");
    if names.len() > NAME {
        sheet.hang("  ", 2, &names);
        lead = " ".repeat(NAME + 4);
    }
    let Prediction { error, cure, .. } = group[0];
    let cure = cure.iter().map(|cure| format!("Fix: {cure}"));
    for text in error.iter().cloned().chain(cure) {
        sheet.hang(&lead, NAME + 4, &text);
        lead = " ".repeat(NAME + 4);
    }
}

/// Whether two end in the same way at about the same time; the first is not the slower one.
fn alike(first: &Prediction, next: &Prediction) -> bool {
    let about = |one: &Prediction| one.after.unwrap_or_default().max(AT_ONCE);
    first.result == next.result
        && first.after.is_some() == next.after.is_some()
        && about(next) <= about(first) + about(first) / 8
}

/// When it is over, in words. What takes no time worth the name takes a little more or less each time.
fn after(one: &Prediction) -> String {
    match one.after {
        None => String::new(),
        Some(after) if after < AT_ONCE => "at once".to_owned(),
        Some(after) => format!("after {}", duration::show(after)),
    }
}

const fn rank(result: Predicted) -> u8 {
    match result {
        Predicted::Fails => 0,
        Predicted::Hangs => 1,
        Predicted::Borderline => 2,
        Predicted::Connects => 3,
        Predicted::Unknown => 4,
    }
}

const fn mark(result: Predicted) -> Mark {
    match result {
        Predicted::Fails | Predicted::Hangs => Mark::Bad,
        Predicted::Borderline => Mark::Warn,
        Predicted::Connects => Mark::Good,
        Predicted::Unknown => Mark::Idle,
    }
}

const fn word(result: Predicted) -> &'static str {
    match result {
        Predicted::Connects => "connects",
        Predicted::Fails => "fails",
        Predicted::Hangs => "hangs",
        Predicted::Borderline => "either",
        Predicted::Unknown => "unknown",
    }
}
