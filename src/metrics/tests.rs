use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::{FAMILIES, FINDING, GATING, PIECE, Process, SERIES_LIMIT, pieces, series_of_others};
use crate::cause::Cause;
use crate::finding::{Finding, Severity};
use crate::outcome::{ConnectResult, Member, Outcome, Phase};
use crate::state::{CheckView, Snapshot};
use crate::testing::{NONE, READY, connected, fail, pass, snapshot, view};
use crate::verdict::Verdict::{Down, Unknown, Up};

fn shown(snapshot: Snapshot) -> String {
    let now = snapshot.heartbeat;
    pieces(Arc::new(snapshot), now, Process::default()).collect()
}

fn series(text: &str) -> BTreeSet<&str> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let names: BTreeSet<&str> = lines.iter().map(|line| line.rsplit_once(' ').unwrap().0).collect();
    assert_eq!(names.len(), lines.len(), "no series is there twice");
    names
}

fn of_check<'a>(text: &'a str, check: &str) -> Vec<&'a str> {
    let label = format!("check=\"{check}\"");
    text.lines().filter(|line| !line.starts_with('#') && line.contains(&label)).collect()
}

/// Everything that can be there at once.
fn worst(each: bool) -> CheckView {
    let mut outcome = fail(Phase::Assert, Cause::ReadOnly);
    let evidence = &mut outcome.evidence;
    evidence.phases = Phase::ALL.map(|phase| (phase, Duration::from_millis(3))).into();
    evidence.facts.first_expiry = Some(1_900_000_000);
    let address = "10.0.0.7:5432".parse().unwrap();
    evidence.members = vec![Member { address, failure: None }, Member { address, failure: outcome.failure.clone() }];
    let finding = |code, severity| Finding { code, severity, message: "m".into(), fix: "f".into() };
    let severities = [("b", Severity::Info), ("a", Severity::Error), ("a", Severity::Error), ("c", Severity::Warning)];
    outcome.findings = severities.map(|(code, severity)| finding(code, severity)).into();
    let mut view = view("worst", READY, Up, Some(outcome));
    view.each = each;
    view.last_success = view.last_run;
    view.labels = (0..40).map(|number| (format!("own_{number}"), "v".to_owned())).collect();
    for family in [4, 6] {
        for (count, result) in (1..).zip(ConnectResult::ALL) {
            view.tries.push(((family, result), count));
        }
    }
    view
}

#[test]
fn a_check_has_at_most_thirty_series_whatever_happens() {
    for each in [false, true] {
        let mut worst = worst(each);
        loop {
            let text = shown(snapshot(vec![worst.clone()]));
            series(&text);
            let count = of_check(&text, "worst").len();
            assert!(count <= SERIES_LIMIT, "each: {each}, {} kinds of tries: {count}\n{text}", worst.tries.len());
            let of_others = of_check(&text, "worst")
                .into_iter()
                .filter(|line| !line.starts_with(&format!("{FINDING}{{")) && !line.starts_with(&format!("{GATING}{{")));
            assert_eq!(of_others.count(), series_of_others(&worst));
            if worst.tries.pop().is_none() {
                break;
            }
        }
    }
}

#[test]
fn the_labels_of_a_counter_never_change() {
    let tries = |keys: &[(u8, ConnectResult, u64)], each| {
        let mut view = view("a", NONE, Up, Some(pass()));
        view.each = each;
        view.tries = keys.iter().map(|(family, result, count)| ((*family, *result), *count)).collect();
        let text = shown(snapshot(vec![view]));
        let lines = text.lines().filter_map(|line| line.strip_prefix("pilotfish_dial_attempts_total{check=\"a\","));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let seen = [
        (4, ConnectResult::Refused, 2),
        (4, ConnectResult::Connected, 7),
        (4, ConnectResult::NotTried, 9),
        (4, ConnectResult::Cut, 5),
        (6, ConnectResult::NetworkUnreachable, 3),
        (6, ConnectResult::Connected, 1),
        (6, ConnectResult::Refused, 4),
    ];
    let all = [
        "family=\"4\",result=\"refused\"} 2",
        "family=\"4\",result=\"connected\"} 7",
        "family=\"any\",result=\"failed\"} 12",
        "family=\"6\",result=\"connected\"} 1",
    ];
    assert_eq!(tries(&seen, false), all);
    let each = ["family=\"any\",result=\"failed\"} 14", "family=\"any\",result=\"connected\"} 8"];
    assert_eq!(tries(&seen, true), each);
    let labels = |lines: Vec<String>| lines.into_iter().map(|line| line.split(' ').next().unwrap().to_owned());
    for each in [false, true] {
        for upto in 1..seen.len() {
            let (before, after) = (labels(tries(&seen[..upto], each)), labels(tries(&seen[..=upto], each)));
            assert!(after.zip(before).all(|(after, before)| after == before), "what was there stays: {upto}");
        }
    }
}

#[test]
fn the_pieces_are_short_and_have_each_head_once() {
    let view = |number: usize| CheckView { name: format!("check-{number}"), ..worst(false) };
    let snapshot = snapshot((0..500).map(view).collect());
    let now = snapshot.heartbeat;
    let pieces: Vec<String> = pieces(Arc::new(snapshot), now, Process::default()).collect();
    assert!(pieces.len() > 50 && pieces.iter().all(|piece| piece.len() < 3 * PIECE), "{} pieces", pieces.len());
    let text = pieces.concat();
    series(&text);
    for family in FAMILIES {
        assert!(text.matches(&format!("# TYPE {} ", family.name)).count() <= 1, "{}", family.name);
    }
    let name = |line: &str| {
        let name = line.split(['{', ' ']).next().unwrap().to_owned();
        ["_bucket", "_sum", "_count"].iter().fold(name, |name, part| name.trim_end_matches(part).to_owned())
    };
    let mut groups: Vec<String> = text.lines().filter(|line| !line.starts_with('#')).map(name).collect();
    groups.dedup();
    let names: BTreeSet<&String> = groups.iter().collect();
    assert_eq!(names.len(), groups.len(), "the series of a family stand together: {groups:?}");
}

#[test]
fn the_very_first_failure_is_there_with_its_cause() {
    let text = shown(snapshot(vec![view("db", READY, Unknown, Some(fail(Phase::Login, Cause::PasswordRejected)))]));
    assert!(
        text.contains("pilotfish_check_failure{check=\"db\",phase=\"login\",cause=\"password_rejected\"} 1\n"),
        "{text}"
    );
    assert!(!text.contains("pilotfish_check_up{"), "nothing is settled yet");
    assert!(text.contains("pilotfish_check_failures_total{check=\"db\"} 1\n"));
}

#[test]
fn the_verdict_is_one_zero_or_absent() {
    let stale = CheckView { stale: true, ..view("stale", NONE, Up, Some(pass())) };
    let hung = CheckView { stale: true, ..view("hung", NONE, Unknown, None) };
    let text = shown(snapshot(vec![view("up", NONE, Up, Some(pass())), view("down", NONE, Down, None), stale, hung]));
    let up: Vec<&str> = text.lines().filter(|line| line.starts_with("pilotfish_check_up{")).collect();
    let expected = ["up", "down", "stale", "hung"].map(|check| (check, u8::from(check == "up")));
    let expected = expected.map(|(check, value)| format!("pilotfish_check_up{{check=\"{check}\"}} {value}"));
    assert_eq!(up, expected);
    assert!(text.contains("pilotfish_check_stale{check=\"stale\"} 1\n"));
}

#[test]
fn a_limit_of_pilotfish_keeps_the_verdict_that_there_was() {
    let limited = |name, verdict| CheckView {
        limited: verdict == Unknown,
        degraded: true,
        ..view(name, READY, verdict, Some(connected(fail(Phase::Login, Cause::ProbeLimit))))
    };
    let text = shown(snapshot(vec![limited("new", Unknown), limited("known", Up)]));
    let up: Vec<&str> = text.lines().filter(|line| line.starts_with("pilotfish_check_up{")).collect();
    assert_eq!(up, ["pilotfish_check_up{check=\"known\"} 1"]);
    for line in [
        "pilotfish_check_degraded{check=\"new\"} 1",
        "pilotfish_check_failure{check=\"new\",phase=\"login\",cause=\"probe_limit\"} 1",
        "pilotfish_gate{gate=\"ready\"} 1",
    ] {
        assert!(text.contains(&format!("{line}\n")), "{line}\n{text}");
    }
}

#[test]
fn a_check_that_never_ran_has_its_counters_from_zero() {
    let text = shown(snapshot(vec![view("new", NONE, Unknown, None)]));
    for line in [
        "pilotfish_check_runs_total{check=\"new\"} 0",
        "pilotfish_check_failures_total{check=\"new\"} 0",
        "pilotfish_check_duration_seconds_count{check=\"new\"} 0",
        "pilotfish_check_duration_seconds_bucket{check=\"new\",le=\"0.005\"} 0",
        "pilotfish_check_info{check=\"new\",gates=\"\",kind=\"tcp\"} 1",
    ] {
        assert!(text.contains(&format!("{line}\n")), "{line}\n{text}");
    }
    assert!(!text.contains("timestamp_seconds{"), "no moment that has not been");
}

#[test]
fn facts_of_an_older_run_vanish() {
    let worst = worst(false);
    let passed = CheckView { last: Some(Arc::new(pass())), ..worst.clone() };
    let before = shown(snapshot(vec![worst]));
    assert!(
        before.contains("pilotfish_tls_certificate_expiry_timestamp_seconds{check=\"worst\"} 1900000000\n"),
        "{before}"
    );
    assert!(before.contains("phase=\"assert\""));
    let after = shown(snapshot(vec![passed]));
    for gone in ["pilotfish_tls_certificate", "pilotfish_check_failure{", "phase=", "pilotfish_finding"] {
        assert!(!after.contains(gone), "{gone}\n{after}");
    }
}

#[test]
fn findings_are_shown_gravest_first_as_room_allows() {
    let mut outcome = Outcome { findings: Vec::new(), ..pass() };
    outcome.findings = worst(false).last.unwrap().findings.clone();
    let text = shown(snapshot(vec![view("a", NONE, Up, Some(outcome))]));
    let found: Vec<&str> = text.lines().filter(|line| line.starts_with("pilotfish_finding{")).collect();
    assert_eq!(found.len(), 3, "a finding that was made twice is one series: {found:?}");
    let crowded = shown(snapshot(vec![worst(false)]));
    assert!(!crowded.contains("severity=\"info\""), "{crowded}");
}

#[test]
fn histograms_add_up() {
    let mut view = view("a", NONE, Up, Some(pass()));
    for ms in [1, 20, 20, 700, 60_000] {
        view.durations.observe(Duration::from_millis(ms));
    }
    let text = shown(snapshot(vec![view]));
    for (le, count) in [("0.005", 1), ("0.025", 3), ("0.1", 3), ("0.5", 3), ("1", 4), ("2.5", 4), ("5", 4), ("+Inf", 5)]
    {
        let line = format!("pilotfish_check_duration_seconds_bucket{{check=\"a\",le=\"{le}\"}} {count}\n");
        assert!(text.contains(&line), "{line}{text}");
    }
    assert!(text.contains("pilotfish_check_duration_seconds_sum{check=\"a\"} 60.741\n"), "{text}");
}

#[test]
fn labels_of_the_check_are_its_own_and_hostile_ones_are_escaped_or_left_out() {
    let mut view = view("a", NONE, Up, Some(pass()));
    let own =
        [("team", "a\"b\\c\nd"), ("check", "x"), ("kind", "x"), ("__name__", "x"), ("9", "x"), ("a-b", "x"), ("", "x")];
    view.labels = own.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let text = shown(snapshot(vec![view]));
    assert!(
        text.contains("pilotfish_check_info{check=\"a\",gates=\"\",kind=\"tcp\",team=\"a\\\"b\\\\c\\nd\"} 1\n"),
        "{text}"
    );
}

#[test]
fn no_address_and_no_message_is_in_the_text() {
    let text = shown(snapshot(vec![worst(true)]));
    for line in series(&text) {
        for hidden in ["10.0.0.7", "idle://", "tcp://", "seen", "do this", "CN="] {
            assert!(!line.contains(hidden), "{line}: {hidden}");
        }
    }
}

#[test]
fn every_family_has_help_and_a_type() {
    let snapshot = Arc::new(snapshot(vec![worst(true)]));
    let text: String = pieces(snapshot, tokio::time::Instant::now(), Process::read()).collect();
    let families = text.lines().filter(|line| line.starts_with("# TYPE ")).count();
    assert_eq!(families, text.lines().filter(|line| line.starts_with("# HELP ")).count());
    // Every one of checks but gating and the findings, for which there is no room; four of pilotfish; six of the process.
    assert_eq!(families, 15 + 4 + 6, "{text}");
}
