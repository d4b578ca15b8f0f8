use std::time::Duration;

use tokio::time::Instant;

use super::{Gate, HEARTBEAT_LIMIT, report, single};
use crate::cause::Cause;
use crate::config::plan::Gates;
use crate::outcome::{Outcome, Phase};
use crate::state::{CheckView, Snapshot};
use crate::testing::{LIVE, NONE, READY, STARTUP, connected, fail, pass, snapshot, view};
use crate::verdict::Verdict::{self, Down, Unknown, Up};

const BOTH: Gates = Gates { startup: true, ready: true, live: false };

fn refused() -> Option<Outcome> {
    Some(fail(Phase::Connect, Cause::ConnectRefused))
}

fn starting(checks: Vec<CheckView>) -> Snapshot {
    Snapshot { startup_latched: false, ..snapshot(checks) }
}

fn text(gate: Gate, snapshot: &Snapshot, exclude: &[&str]) -> String {
    let exclude: Vec<String> = exclude.iter().map(|name| (*name).to_owned()).collect();
    report(gate, snapshot, snapshot.heartbeat, &exclude).text(&format!("{}z", gate.as_str()), true)
}

fn passes(gate: Gate, snapshot: &Snapshot, exclude: &[&str]) -> bool {
    let exclude: Vec<String> = exclude.iter().map(|name| (*name).to_owned()).collect();
    report(gate, snapshot, snapshot.heartbeat, &exclude).passed
}

#[test]
fn each_gate_and_each_verdict() {
    let stale = |verdict| CheckView { stale: true, ..view("a", NONE, verdict, None) };
    let fresh = |verdict| view("a", NONE, verdict, None);
    // The view, then whether /startupz (before it latched), /readyz and /livez let it pass.
    for (case, startup, ready, live) in [
        (fresh(Up), true, true, true),
        (fresh(Unknown), false, false, true),
        (fresh(Down), false, false, false),
        (CheckView { limited: true, ..fresh(Unknown) }, true, true, true),
        (CheckView { limited: true, ..stale(Unknown) }, false, false, true),
        (stale(Up), false, false, true),
        (stale(Unknown), false, false, true),
        (stale(Down), false, false, true),
    ] {
        let with = |gates| CheckView { gates, ..case.clone() };
        let name = format!("{:?}, stale: {}", case.verdict, case.stale);
        let other = view("other", STARTUP, Down, refused());
        assert!(!passes(Gate::Startup, &starting(vec![with(STARTUP), other]), &[]), "{name}: another one is down");
        let latched = snapshot(vec![with(STARTUP)]);
        assert!(passes(Gate::Startup, &latched, &[]) && passes(Gate::Ready, &latched, &[]), "{name}: latched");
        let begun = starting(vec![with(STARTUP)]);
        let failed = report(Gate::Startup, &begun, Instant::now(), &[]);
        assert_eq!(failed.lines.iter().any(|line| line.name == "a" && line.failed()), !startup, "{name}");
        assert_eq!(passes(Gate::Ready, &snapshot(vec![with(READY)]), &[]), ready, "{name}");
        assert_eq!(passes(Gate::Live, &snapshot(vec![with(LIVE)]), &[]), live, "{name}");
        assert_eq!(single("a", &snapshot(vec![with(NONE)])).unwrap().passed, ready, "{name}");
    }
}

#[test]
fn checks_that_gate_nothing_are_not_looked_at() {
    let state = snapshot(vec![view("a", NONE, Down, refused())]);
    for gate in Gate::ALL {
        assert!(passes(gate, &state, &[]), "{gate:?}");
    }
    assert_eq!(single("b", &state), None);
}

#[test]
fn a_check_whose_value_leads_to_this_pod_is_named_and_holds_nothing() {
    let withheld = CheckView { withheld: true, ..view("database", NONE, Down, refused()) };
    let state = starting(vec![withheld.clone(), view("cache", READY, Up, Some(pass()))]);
    assert!(text(Gate::Startup, &state, &[]).starts_with("[+]database not gating: loopback\n"));
    let state = snapshot(vec![withheld]);
    assert_eq!(text(Gate::Ready, &state, &[]), "[+]database not gating: loopback\nreadyz check passed\n");
    assert!(!text(Gate::Live, &state, &[]).contains("database"));
}

#[test]
fn ready_waits_for_the_start() {
    let state = starting(vec![view("schema", STARTUP, Down, refused()), view("cache", READY, Up, Some(pass()))]);
    assert_eq!(
        text(Gate::Ready, &state, &[]),
        "[-]schema failed: connect_refused: seen. Fix: do this\n[+]cache ok\nreadyz check failed\n"
    );
    assert!(passes(Gate::Ready, &state, &["schema"]), "the caller does not want it");
    let latched = snapshot(vec![view("schema", STARTUP, Down, refused()), view("cache", READY, Up, Some(pass()))]);
    assert_eq!(text(Gate::Ready, &latched, &[]), "[+]cache ok\nreadyz check passed\n");
}

#[test]
fn a_gate_that_has_not_latched_never_passes_by_itself() {
    let state = starting(vec![view("a", BOTH, Up, Some(pass()))]);
    assert!(!passes(Gate::Startup, &state, &[]) && !passes(Gate::Ready, &state, &[]));
    let shown = text(Gate::Startup, &state, &[]);
    assert_eq!(shown, "[+]a ok\n[-]startup failed: the start gate has not passed yet\nstartupz check failed\n");
}

#[test]
fn what_was_up_at_the_start_is_said_to_be_so() {
    let state = snapshot(vec![view("a", STARTUP, Down, refused())]);
    let shown = text(Gate::Startup, &state, &[]);
    assert_eq!(shown, "[+]a ok: it has been up once, which is enough for the start\nstartupz check passed\n");
}

#[test]
fn lines_name_the_reason_or_withhold_it() {
    let recovering = view("recovering", READY, Down, Some(pass()));
    let stale = CheckView { stale: true, ..view("stale", READY, Up, Some(pass())) };
    let degraded = CheckView { degraded: true, ..view("degraded", READY, Up, Some(pass())) };
    let state = snapshot(vec![
        view("new", READY, Unknown, None),
        view("failing", READY, Unknown, refused()),
        view("down", READY, Down, refused()),
        recovering,
        stale,
        degraded,
    ]);
    let shown = report(Gate::Ready, &state, Instant::now(), &[]);
    assert_eq!(
        shown.text("readyz", true),
        "[-]new failed: unknown: no run has finished yet\n\
         [-]failing failed: connect_refused: seen. Fix: do this\n\
         [-]down failed: connect_refused: seen. Fix: do this\n\
         [-]recovering failed: recovering: the last run passed, but success_threshold requires more\n\
         [-]stale failed: stale: the check did not run in time. Fix: check whether this container gets CPU time\n\
         [+]degraded ok: degraded\n\
         readyz check failed\n"
    );
    let withheld = shown.text("readyz", false);
    assert_eq!(withheld.matches("failed: reason withheld\n").count(), 5, "{withheld}");
    assert!(!withheld.contains("do this") && !withheld.contains("connect_refused"), "{withheld}");
}

#[test]
fn excluded_checks_pass_and_unknown_names_are_warned_of() {
    let state = snapshot(vec![view("a", READY, Down, refused()), view("b", READY, Up, Some(pass()))]);
    assert_eq!(
        text(Gate::Ready, &state, &["a", "nope", "also\nnope"]),
        "[+]a excluded: ok\n[+]b ok\n\
         warn: some health checks cannot be excluded: no matches for \"also nope\",\"nope\"\nreadyz check passed\n"
    );
    let many: Vec<String> = (0..1000).map(|number| format!("n{number}")).collect();
    assert_eq!(report(Gate::Ready, &state, Instant::now(), &many).unmatched.len(), 8);
    assert!(passes(Gate::Live, &state, &["heartbeat"]));
}

#[test]
fn liveness_is_the_heartbeat_and_what_is_in_the_pod() {
    let state = snapshot(vec![view("app", LIVE, Down, refused()), view("database", BOTH, Down, refused())]);
    let at = |age| report(Gate::Live, &state, state.heartbeat + age, &["app".to_owned()]).passed;
    assert!(at(Duration::ZERO) && at(HEARTBEAT_LIMIT));
    assert!(!at(HEARTBEAT_LIMIT + Duration::from_millis(1)));
    assert_eq!(
        text(Gate::Live, &state, &[]),
        "[+]heartbeat ok\n[-]app failed: connect_refused: seen. Fix: do this\nlivez check failed\n"
    );
    let unknown = snapshot(vec![view("app", LIVE, Verdict::Unknown, None)]);
    assert!(text(Gate::Live, &unknown, &[]).contains("[+]app ok: unknown, which never fails liveness"));
}

#[test]
fn stopping_keeps_the_verdicts_unless_ready_is_to_fail() {
    let state = snapshot(vec![view("a", READY, Up, Some(pass()))]);
    let stopping = Snapshot { shutting_down: true, ..state };
    let shown = text(Gate::Ready, &stopping, &[]);
    assert_eq!(
        shown,
        "[+]a ok\nshutting down: pilotfish received SIGTERM and answers open requests\nreadyz check passed\n"
    );
    let failing = Snapshot { fail_ready_on_sigterm: true, ..stopping };
    assert!(!passes(Gate::Ready, &failing, &[]) && passes(Gate::Startup, &failing, &[]));
    assert!(passes(Gate::Live, &failing, &[]));
    assert!(text(Gate::Ready, &failing, &[]).contains("[-]shutdown failed: shutting down\n"));
}

#[test]
fn a_limit_of_pilotfish_passes_every_gate_and_is_said() {
    let limited = |gates, verdict| CheckView {
        limited: verdict == Unknown,
        degraded: true,
        ..view("db", gates, verdict, Some(connected(fail(Phase::Login, Cause::ProbeLimit))))
    };
    for verdict in [Unknown, Up] {
        let remark = "[!]db probe_limit: a limit of pilotfish, which fails no gate\n";
        let ready = snapshot(vec![limited(READY, verdict)]);
        assert_eq!(text(Gate::Ready, &ready, &[]), format!("{remark}readyz check passed\n"), "{verdict:?}");
        let live = snapshot(vec![limited(LIVE, verdict)]);
        assert!(text(Gate::Live, &live, &[]).contains(remark), "{verdict:?}");
    }
    // Without a connection it is a failure like any other.
    let unread = view("db", READY, Down, Some(fail(Phase::Assert, Cause::ProbeLimit)));
    assert!(
        text(Gate::Ready, &snapshot(vec![unread]), &[]).starts_with("[-]db failed: probe_limit: seen. Fix: do this\n")
    );
}
