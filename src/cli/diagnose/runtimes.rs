//! What other runtimes would do here: a rung, and a small table grouped by what happens.

use crate::cli::diagnose::ladder::Rung;
use crate::cli::diagnose::sheet::{Mark, Sheet};
use crate::duration;
use crate::finding::{Predicted, Prediction};
use crate::outcome::Outcome;

/// Runtimes that would do the same.
struct Group<'a> {
    first: &'a Prediction,
    all: Vec<&'a Prediction>,
}

/// The rung: how many would connect.
pub(super) fn rung(outcome: &Outcome) -> Rung {
    let all = &outcome.predictions;
    let connect = all.iter().filter(|one| one.result == Predicted::Connects).count();
    let fail = all.iter().filter(|one| matches!(one.result, Predicted::Fails | Predicted::Hangs)).count();
    let unknown = all.iter().filter(|one| one.result == Predicted::Unknown).count();
    let (mark, said) = match (all.len(), connect, fail) {
        (0, ..) => (Mark::Idle, "nothing to foretell".to_owned()),
        (all, ..) if all == unknown => (Mark::Idle, "nothing can be foretold: too little was measured".to_owned()),
        (all, connect, _) if all == connect => (Mark::Good, format!("all {all} that were looked at would connect")),
        (all, 0, fail) if all == fail => (Mark::Bad, format!("none of {all} would connect")),
        (all, connect, 0) => (Mark::Warn, format!("{connect} of {all} would connect for certain: see the table")),
        (all, _, fail) => (Mark::Bad, format!("{fail} of {all} would NOT connect: see the table")),
    };
    Rung { mark, name: "runtimes", said, more: Vec::new() }
}

/// The table, the worst first; nothing where nothing was foretold.
pub(super) fn table(sheet: &mut Sheet, outcome: &Outcome) {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for one in &outcome.predictions {
        let same = |group: &&mut Group<'_>| {
            let first = group.first;
            (first.result, &first.error, &first.cure) == (one.result, &one.error, &one.cure)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.all.push(one),
            None => groups.push(Group { first: one, all: vec![one] }),
        }
    }
    groups.sort_by_key(|group| rank(group.first.result));
    for Group { first, all } in &groups {
        let names: Vec<&str> = all.iter().map(|one| one.runtime).collect();
        let result = format!("{} {}", word(first.result), after(all));
        sheet.rung(2, mark(first.result), result.trim_end(), 24, &names.join(", "));
        if let Some(error) = &first.error {
            sheet.hang(&" ".repeat(29), 29, &format!("error: {error}"));
        }
        if let Some(cure) = &first.cure {
            sheet.hang(&" ".repeat(29), 29, &format!("cure: {cure}"));
        }
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
        Predicted::Borderline => "may go either way",
        Predicted::Unknown => "unknown",
    }
}

/// After how long, from the fastest to the slowest of them.
fn after(all: &[&Prediction]) -> String {
    let mut times: Vec<_> = all.iter().filter_map(|one| one.after).collect();
    times.sort_unstable();
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return String::new() };
    let (first, last) = (duration::show(*first), duration::show(*last));
    if first == last { format!("in {first}") } else { format!("in {first} to {last}") }
}
