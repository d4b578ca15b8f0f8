use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, advance, sleep};

use super::{Message, NewPlan, Slot, Snapshot, State, run};
use crate::cause::Cause;
use crate::config::plan::{Gates, Planned};
use crate::outcome::{ConnectAttempt, ConnectResult, Outcome, Phase};
use crate::schedule::{ProbeFuture, Prober};
use crate::testing::{NONE, READY, STARTUP, connected, fail, pass, planned, task};
use crate::verdict::{Streak, Verdict};

const TEN: Duration = Duration::from_secs(10);
const WALL: SystemTime = SystemTime::UNIX_EPOCH;

fn slot(id: u64, planned: Planned) -> Slot {
    Slot { id, planned: Arc::new(planned), target: "idle://".to_owned() }
}

/// A state whose time is a number of seconds.
struct Lab {
    state: State,
    published: Snapshot,
    start: Instant,
    /// The newest plan of each check.
    plans: Vec<(u64, Arc<Planned>)>,
}

impl Lab {
    fn new(slots: Vec<Slot>) -> Self {
        let start = Instant::now();
        let plans = slots.iter().map(|slot| (slot.id, Arc::clone(&slot.planned))).collect();
        let state = State::new(slots, false, start, WALL);
        Self { published: state.snapshot(), state, start, plans }
    }

    /// What a run that begins now runs under.
    fn plan(&self, id: u64) -> Arc<Planned> {
        let known = self.plans.iter().rev().find(|(own, _)| *own == id);
        known.map_or_else(|| Arc::new(planned("gone", NONE)), |(_, planned)| Arc::clone(planned))
    }

    fn take(&mut self, second: u64, message: Message) -> Snapshot {
        if let Message::Plan(NewPlan { slots, .. }) = &message {
            self.plans.extend(slots.iter().map(|slot| (slot.id, Arc::clone(&slot.planned))));
        }
        let since = Duration::from_secs(second);
        self.state.take(message, self.start + since, WALL + since);
        self.published()
    }

    fn outcome(&mut self, second: u64, id: u64, outcome: Outcome) -> Snapshot {
        self.outcome_at(second, id, outcome, TEN)
    }

    /// An outcome, and the interval in force behind it.
    fn outcome_at(&mut self, second: u64, id: u64, outcome: Outcome, interval: Duration) -> Snapshot {
        let (streak, _) = oneshot::channel();
        let planned = self.plan(id);
        self.take(second, Message::Outcome { id, planned, outcome: Arc::new(outcome), streak });
        let since = Duration::from_secs(second);
        self.take(second, Message::NextRun { id, interval, due: self.start + since + interval, backs_off: false })
    }

    fn look(&mut self, second: u64) -> Snapshot {
        self.state.observe_time(self.start + Duration::from_secs(second));
        self.published()
    }

    /// What is published, which is what is known.
    fn published(&mut self) -> Snapshot {
        self.state.update(&mut self.published);
        let whole = self.state.snapshot();
        assert!(self.published.checks.iter().map(Arc::as_ptr).eq(whole.checks.iter().map(Arc::as_ptr)));
        self.published.clone()
    }
}

fn refused() -> Outcome {
    fail(Phase::Connect, Cause::ConnectRefused)
}

#[test]
fn outcomes_become_a_verdict_with_its_beginning() {
    let mut lab = Lab::new(vec![slot(1, planned("a", NONE))]);
    let seen = |snapshot: &Snapshot| {
        let view = &snapshot.checks[0];
        (view.verdict, view.since.duration_since(WALL).unwrap().as_secs(), view.degraded, view.runs, view.failures)
    };
    assert_eq!(seen(&lab.state.snapshot()), (Verdict::Unknown, 0, false, 0, 0));
    assert_eq!(seen(&lab.outcome(1, 1, pass())), (Verdict::Up, 1, false, 1, 0));
    assert_eq!(seen(&lab.outcome(11, 1, Outcome { degraded: true, ..pass() })), (Verdict::Up, 1, true, 2, 0));
    assert_eq!(seen(&lab.outcome(21, 1, refused())), (Verdict::Up, 1, false, 3, 1));
    let full = fail(Phase::Login, Cause::TooManyConnections);
    let snapshot = lab.outcome(24, 1, full);
    assert_eq!(seen(&snapshot), (Verdict::Up, 1, true, 4, 2));
    assert!(snapshot.checks[0].last.as_ref().unwrap().degraded, "the outcome itself says so");
    assert_eq!(seen(&lab.outcome(27, 1, refused())), (Verdict::Up, 1, false, 5, 3));
    assert_eq!(seen(&lab.outcome(30, 1, refused())), (Verdict::Down, 30, false, 6, 4));
    assert_eq!(seen(&lab.outcome(40, 1, pass())), (Verdict::Up, 40, false, 7, 4));
}

#[test]
fn a_limit_of_pilotfish_opens_the_start_gate_and_settles_nothing() {
    let limit = || Outcome { degraded: true, ..connected(fail(Phase::Login, Cause::ProbeLimit)) };
    let mut lab = Lab::new(vec![slot(1, planned("a", STARTUP))]);
    let seen = |snapshot: &Snapshot| {
        let view = &snapshot.checks[0];
        (view.verdict, view.limited, view.degraded, view.failures, snapshot.startup_latched)
    };
    let unread = fail(Phase::Assert, Cause::ProbeLimit);
    assert_eq!(seen(&lab.outcome(1, 1, unread.clone())), (Verdict::Unknown, false, false, 1, false));
    assert_eq!(seen(&lab.outcome(3, 1, limit())), (Verdict::Unknown, true, true, 2, true));
    assert_eq!(seen(&lab.outcome(13, 1, unread.clone())), (Verdict::Unknown, true, true, 3, true));
    assert_eq!(seen(&lab.outcome(23, 1, pass())), (Verdict::Up, false, false, 3, true));
    assert_eq!(seen(&lab.outcome(33, 1, limit())), (Verdict::Up, false, true, 4, true));
    for at in [43, 53, 63, 73] {
        assert_eq!(lab.outcome(at, 1, unread.clone()).checks[0].verdict, Verdict::Up, "at {at}");
    }
    for at in [83, 86, 89] {
        lab.outcome(at, 1, refused());
    }
    assert_eq!(lab.state.snapshot().checks[0].verdict, Verdict::Down);
    assert_eq!(seen(&lab.outcome(99, 1, limit())), (Verdict::Up, false, true, 12, true));
}

#[test]
fn whoever_reports_an_outcome_gets_its_streak() {
    let mut lab = Lab::new(vec![slot(1, planned("a", NONE))]);
    let mut streak = |id, outcome: Outcome| {
        let (sender, mut streak) = oneshot::channel();
        let planned = lab.plan(id);
        lab.take(1, Message::Outcome { id, planned, outcome: Arc::new(outcome), streak: sender });
        streak.try_recv().ok()
    };
    let settled =
        |streak: Option<Streak>| streak.map(|known| (known.verdict(), known.been_up(), known.about_to_change()));
    assert_eq!(settled(streak(1, pass())), Some((Verdict::Up, true, false)));
    assert_eq!(settled(streak(1, refused())), Some((Verdict::Up, true, true)));
    assert_eq!(settled(streak(2, pass())), None, "no such check runs");
}

#[test]
fn runs_are_counted() {
    let mut lab = Lab::new(vec![slot(1, planned("a", NONE))]);
    let address: SocketAddr = "[2001:db8::1]:5432".parse().unwrap();
    let tried = |address, result| ConnectAttempt { host: None, address, result, errno: None, duration: TEN };
    let mut outcome = Outcome { started_at: WALL + TEN, duration: Duration::from_secs(3), ..pass() };
    outcome.evidence.tries = vec![
        tried("10.0.0.1:5432".parse().unwrap(), ConnectResult::Refused),
        tried(address, ConnectResult::Connected),
        tried(address, ConnectResult::NotTried),
    ];
    outcome.evidence.facts.excerpt = Some("a body".into());
    lab.outcome(13, 1, outcome);
    let mut outcome = refused();
    outcome.evidence.tries = vec![tried("10.0.0.2:5432".parse().unwrap(), ConnectResult::Refused)];
    outcome.duration = Duration::from_secs(6);
    let snapshot = lab.outcome(23, 1, outcome);
    let view = &snapshot.checks[0];
    let tries: Vec<_> = view.tries.iter().map(|((family, result), count)| (*family, result.as_str(), *count)).collect();
    assert_eq!(tries, [(4, "refused", 2), (6, "connected", 1)]);
    assert_eq!(view.durations.counts, [0, 0, 0, 0, 0, 0, 1, 1]);
    assert_eq!(view.durations.sum, Duration::from_secs(9));
    assert_eq!(view.last_success, Some(WALL + Duration::from_secs(13)));
    assert_eq!(view.last_run, Some(WALL + Duration::from_secs(6)));
}

#[test]
fn excerpts_are_not_kept() {
    let mut lab = Lab::new(vec![slot(1, planned("a", NONE))]);
    let mut outcome = pass();
    outcome.evidence.facts.excerpt = Some("a body".into());
    let snapshot = lab.outcome(1, 1, outcome);
    assert_eq!(snapshot.checks[0].last.as_ref().unwrap().evidence.facts.excerpt, None);
}

#[test]
fn the_start_gate_latches() {
    let both = || vec![slot(1, planned("a", STARTUP)), slot(2, planned("b", STARTUP)), slot(3, planned("c", READY))];
    let mut lab = Lab::new(both());
    assert!(!lab.state.snapshot().startup_latched);
    assert!(!lab.outcome(1, 1, pass()).startup_latched, "one is unknown");
    for second in [2, 4, 6] {
        assert!(!lab.outcome(second, 2, refused()).startup_latched, "one is failing");
    }
    assert!(!lab.outcome(7, 3, pass()).startup_latched);
    assert!(lab.outcome(8, 2, pass()).startup_latched);
    for second in [18, 28, 38] {
        assert!(lab.outcome(second, 1, refused()).startup_latched, "it never opens again");
    }
    let more = vec![slot(1, planned("a", STARTUP)), slot(4, planned("d", STARTUP))];
    let snapshot = lab.take(40, Message::Plan(NewPlan { slots: more, fail_ready_on_sigterm: false }));
    assert!(snapshot.startup_latched, "also where a reload adds a startup check");
}

#[test]
fn the_start_gate_waits_for_nothing_where_nothing_gates_it() {
    assert!(Lab::new(vec![]).state.snapshot().startup_latched);
    assert!(Lab::new(vec![slot(1, planned("a", READY))]).state.snapshot().startup_latched);
    // The break-glass: a plan without gates passes it.
    let mut lab = Lab::new(vec![slot(1, planned("a", STARTUP))]);
    let freed = Message::Plan(NewPlan { slots: vec![slot(2, planned("a", NONE))], fail_ready_on_sigterm: false });
    assert!(lab.take(5, freed).startup_latched);
}

#[test]
fn a_startup_check_that_hangs_after_its_pass_does_not_pass_the_gate() {
    let mut lab = Lab::new(vec![slot(1, planned("a", STARTUP)), slot(2, planned("b", STARTUP))]);
    lab.outcome(1, 1, pass());
    lab.look(60);
    assert!(!lab.outcome(60, 2, pass()).startup_latched);
    assert!(lab.outcome(61, 1, pass()).startup_latched);
}

#[test]
fn what_is_not_seen_any_more_is_stale() {
    let mut lab = Lab::new(vec![slot(1, planned("a", READY))]);
    lab.outcome(100, 1, pass());
    let stale = |snapshot: &Snapshot| (snapshot.checks[0].stale, snapshot.checks[0].verdict);
    assert_eq!(stale(&lab.look(135)), (false, Verdict::Up), "3 × 10 s + 5 s");
    assert_eq!(stale(&lab.look(136)), (true, Verdict::Up));
    assert_eq!(stale(&lab.outcome(140, 1, pass())), (false, Verdict::Up));
    // The interval then in force counts, not the one written.
    assert_eq!(stale(&lab.outcome_at(150, 1, pass(), Duration::from_secs(300))), (false, Verdict::Up));
    assert_eq!(stale(&lab.look(1_055)), (false, Verdict::Up));
    assert_eq!(stale(&lab.look(1_056)), (true, Verdict::Up));
    lab.outcome_at(1_060, 1, refused(), Duration::from_secs(2));
    assert_eq!(stale(&lab.look(1_071)), (false, Verdict::Up));
    assert_eq!(stale(&lab.look(1_072)), (true, Verdict::Up));
}

#[test]
fn a_check_that_never_answered_is_stale_too() {
    let mut lab = Lab::new(vec![slot(1, planned("a", READY))]);
    assert!(!lab.look(35).checks[0].stale);
    let snapshot = lab.look(36);
    assert_eq!((snapshot.checks[0].stale, snapshot.checks[0].verdict), (true, Verdict::Unknown));
}

#[test]
fn a_new_plan_keeps_what_goes_on_and_forgets_the_rest() {
    let mut lab = Lab::new(vec![slot(1, planned("a", READY)), slot(2, planned("b", READY))]);
    lab.outcome(1, 1, pass());
    lab.outcome(1, 2, pass());
    let refused_plan = lab.take(2, Message::Refused("checks[0]: unknown key".into()));
    assert!(!refused_plan.reload.successful && refused_plan.checks.len() == 2);
    assert_eq!(refused_plan.reload.last_success, WALL);
    let slots = vec![slot(3, planned("b", READY)), slot(1, planned("a", READY))];
    let snapshot = lab.take(5, Message::Plan(NewPlan { slots, fail_ready_on_sigterm: true }));
    let seen: Vec<_> = snapshot.checks.iter().map(|view| (view.name.as_str(), view.verdict, view.runs)).collect();
    assert_eq!(seen, [("b", Verdict::Up, 1), ("a", Verdict::Up, 1)], "the same kind and target under another number");
    assert!(snapshot.reload.successful && snapshot.reload.error.is_none() && snapshot.fail_ready_on_sigterm);
    assert_eq!(snapshot.reload.last_success, WALL + Duration::from_secs(5));
    // An outcome of what was replaced may still be on its way.
    let snapshot = lab.outcome(6, 2, refused());
    assert!(snapshot.checks.iter().all(|view| view.failures == 0));
}

#[test]
fn what_did_not_change_is_shared_between_snapshots() {
    let mut lab = Lab::new(vec![slot(1, planned("a", READY)), slot(2, planned("b", READY))]);
    let before = lab.outcome(1, 1, pass());
    let after = lab.outcome(2, 2, pass());
    assert!(Arc::ptr_eq(&before.checks[0], &after.checks[0]));
    assert!(!Arc::ptr_eq(&before.checks[1], &after.checks[1]));
}

/// Passes once, then hangs for ever.
struct Hangs(std::sync::atomic::AtomicBool);

impl Prober for Hangs {
    fn probe<'a>(&'a self, _: &'a Planned) -> ProbeFuture<'a> {
        match self.0.swap(true, std::sync::atomic::Ordering::Relaxed) {
            false => Box::pin(std::future::ready(Arc::new(pass()))),
            true => Box::pin(std::future::pending()),
        }
    }

    fn env(&self) -> &dyn crate::env::Env {
        &crate::env::ProcessEnv
    }
}

#[tokio::test(start_paused = true)]
async fn a_hung_check_becomes_stale_by_time_alone() {
    let (sender, messages) = mpsc::channel(8);
    let gates = Gates { startup: true, ready: true, live: false };
    let only = slot(1, planned("a", gates));
    let state = State::new(vec![only.clone()], false, Instant::now(), WALL);
    let (publish, snapshots) = watch::channel(Arc::new(state.snapshot()));
    tokio::spawn(run(state, messages, publish));
    let prober = Arc::new(Hangs(false.into()));
    let turns = Arc::new(tokio::sync::Semaphore::new(1));
    tokio::spawn(crate::schedule::run(task(planned("a", gates), prober, || 0.5, &turns, sender)));
    let now = || (snapshots.borrow().checks[0].verdict, snapshots.borrow().checks[0].stale);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(now(), (Verdict::Up, false));
    // Passed at 0, hanging since 5; 3 × 10 s + 5 s later nothing vouches for it any more.
    sleep(Duration::from_secs(33)).await;
    assert_eq!(now(), (Verdict::Up, false));
    sleep(Duration::from_secs(3)).await;
    assert_eq!(now(), (Verdict::Up, true));
    assert!(snapshots.borrow().startup_latched);
    assert!(snapshots.borrow().heartbeat.elapsed() <= Duration::from_secs(1), "the heart beats");
}

#[tokio::test(start_paused = true)]
async fn a_long_stop_of_the_process_does_not_make_ticks_burst() {
    let (_sender, messages) = mpsc::channel(8);
    let state = State::new(vec![], false, Instant::now(), WALL);
    let (publish, mut snapshots) = watch::channel(Arc::new(state.snapshot()));
    tokio::spawn(run(state, messages, publish));
    tokio::task::yield_now().await;
    advance(Duration::from_secs(100)).await;
    let mut published = 0;
    let end = Instant::now() + Duration::from_millis(3_500);
    while tokio::time::timeout_at(end, snapshots.changed()).await.is_ok() {
        published += 1;
    }
    assert_eq!(published, 4, "one for the gap, one for each second since");
}

/// Each new text is a new event of the pod, and after 25 of them the kubelet drops real ones.
#[test]
fn what_is_said_of_a_failure_stays_until_its_cause_changes_or_it_is_up() {
    let mut lab = Lab::new(vec![slot(1, planned("a", READY))]);
    let failing = |cause: Cause, run: u64| {
        let mut outcome = fail(Phase::Assert, cause);
        if let Some(failure) = &mut outcome.failure {
            failure.statement = Some(format!("GET / answered {}", 500 + run % 30));
            failure.message = format!("{run} ms");
        }
        outcome
    };
    let mut said = Vec::new();
    for run in 0..200 {
        let reason = crate::gate::reason(&lab.outcome(run, 1, failing(Cause::HttpStatus, run)).checks[0]);
        if said.last() != Some(&reason) {
            said.push(reason);
        }
    }
    assert_eq!(said, ["http_status: GET / answered 500. Fix: do this"]);
    let other = lab.outcome(200, 1, failing(Cause::HealthDown, 7));
    assert_eq!(crate::gate::reason(&other.checks[0]), "health_down: GET / answered 507. Fix: do this");
    lab.outcome(201, 1, pass());
    let anew = lab.outcome(202, 1, failing(Cause::HealthDown, 9));
    assert_eq!(anew.checks[0].episode.as_ref().unwrap().reason, "health_down: GET / answered 509. Fix: do this");
}

/// A change of the configuration never makes a running pod unready.
#[test]
fn what_a_reload_brings_gates_once_it_has_been_up() {
    let target =
        |id, name: &str, gates, target: &str| Slot { target: target.to_owned(), ..slot(id, planned(name, gates)) };
    let mut lab = Lab::new(vec![target(1, "database", READY, "db:5432"), target(2, "cache", NONE, "cache:6379")]);
    lab.outcome(0, 1, pass());
    lab.outcome(0, 2, refused());
    let reload =
        |lab: &mut Lab, second, slots| lab.take(second, Message::Plan(NewPlan { slots, fail_ready_on_sigterm: false }));
    let ready = |snapshot: &Snapshot| {
        let report = crate::gate::report(crate::gate::Gate::Ready, snapshot, snapshot.heartbeat, &[]);
        report.text("readyz", false)
    };
    // One has a gate now, one is new, one has another rhythm: another id, and the same name, kind and target.
    let slots = || {
        vec![
            target(3, "database", READY, "db:5432"),
            target(2, "cache", READY, "cache:6379"),
            target(4, "search", READY, "search:9200"),
        ]
    };
    let after = reload(&mut lab, 5, slots());
    assert_eq!(
        ready(&after),
        "[+]database ok\n[+]cache not gating yet\n[+]search not gating yet\nreadyz check passed\n"
    );
    assert!(
        crate::gate::single("cache", &after).is_some_and(|report| !report.passed),
        "asked by name, it is what it is"
    );
    lab.outcome(6, 4, refused());
    let failing = lab.outcome(6, 3, refused());
    assert!(ready(&failing).ends_with("readyz check passed\n"), "{}", ready(&failing));
    // Once up, a check gates, also when it fails again.
    lab.outcome(7, 4, pass());
    for second in 8..11 {
        lab.outcome(second, 4, refused());
    }
    let down = lab.outcome(11, 3, pass());
    assert_eq!(
        ready(&down),
        "[+]database ok\n[+]cache not gating yet\n[-]search failed: reason withheld\nreadyz check failed\n"
    );
    // Another target is another check; what gates nothing any more is out at once.
    let moved =
        reload(&mut lab, 12, vec![target(5, "search", READY, "serch:9200"), target(3, "database", NONE, "db:5432")]);
    assert_eq!(ready(&moved), "[+]search not gating yet\nreadyz check passed\n");
}

/// Old and new pods share one file: a header whose variable only the new ones have must not take the old ones out.
#[test]
fn what_a_reload_changes_in_a_check_that_is_up_gates_once_it_has_been_up() {
    type Change = fn(&mut Planned);
    let with = |id, change: Change| {
        let mut planned = Planned { failure_threshold: 2, ..planned("api", READY) };
        change(&mut planned);
        vec![slot(id, planned)]
    };
    let ready = |snapshot: &Snapshot| {
        crate::gate::report(crate::gate::Gate::Ready, snapshot, snapshot.heartbeat, &[]).text("readyz", false)
    };
    let changes: [(&str, Change, bool); 5] = [
        ("its own keys", |planned| planned.kind_identity += 1, false),
        ("its deadline", |planned| planned.timeout = Duration::from_millis(1), false),
        ("its addresses", |planned| planned.rules.require = crate::net::options::Require::All, false),
        ("its rhythm", |planned| planned.interval = Duration::from_secs(1), true),
        ("its threshold", |planned| planned.failure_threshold = 3, true),
    ];
    for (what, change, gates) in changes {
        let reloaded = |lab: &mut Lab| {
            lab.take(5, Message::Plan(NewPlan { slots: with(2, change), fail_ready_on_sigterm: false }))
        };
        let mut lab = Lab::new(with(1, |_| {}));
        lab.outcome(0, 1, pass());
        assert_eq!(ready(&reloaded(&mut lab)), "[+]api ok\nreadyz check passed\n", "{what}: it keeps gate and verdict");
        for second in 6..9 {
            lab.outcome(second, 2, refused());
        }
        let failing = lab.outcome(9, 2, refused());
        let answer = ready(&failing);
        assert_eq!(answer.contains("not gating yet"), !gates, "{what}: {answer}");
        assert!(crate::gate::single("api", &failing).is_some_and(|report| !report.passed), "{what}");
        // Once up, it gates.
        lab.outcome(10, 2, pass());
        (11..14).for_each(|second| drop(lab.outcome(second, 2, refused())));
        assert!(ready(&lab.outcome(14, 2, refused())).contains("[-]api"), "{what}");
        // A run that passes under the new plan proves it.
        let mut lab = Lab::new(with(1, |_| {}));
        lab.outcome(0, 1, pass());
        reloaded(&mut lab);
        lab.outcome(6, 2, pass());
        (7..10).for_each(|second| drop(lab.outcome(second, 2, refused())));
        assert!(ready(&lab.outcome(10, 2, refused())).contains("[-]api"), "{what}");
        // One that is down stays down: no edit makes an outage pass.
        let mut lab = Lab::new(with(1, |_| {}));
        lab.outcome(0, 1, pass());
        (1..4).for_each(|second| drop(lab.outcome(second, 1, refused())));
        reloaded(&mut lab);
        assert!(ready(&lab.outcome(6, 2, refused())).contains("[-]api"), "{what}");
    }
}

/// A mounted Secret or ConfigMap changes in old and new pods alike.
#[test]
fn a_target_that_changes_in_its_file_gates_once_it_has_been_up() {
    let to = |target: &str, outcome: Outcome| Outcome { target: target.to_owned(), ..outcome };
    let ready = |snapshot: &Snapshot| {
        crate::gate::report(crate::gate::Gate::Ready, snapshot, snapshot.heartbeat, &[]).text("readyz", false)
    };
    for (before, after, gates) in
        [("db:5432", "db:5433", false), ("db:5432", "the file /etc/url", false), ("db:5432", "db:5432", true)]
    {
        let mut lab = Lab::new(vec![slot(1, planned("db", READY))]);
        lab.outcome(0, 1, to(before, pass()));
        (1..4).for_each(|second| drop(lab.outcome(second, 1, to(after, refused()))));
        let answer = ready(&lab.outcome(4, 1, to(after, refused())));
        assert_eq!(answer.contains("not gating yet"), !gates, "{after}: {answer}");
        // Once up there, it gates.
        lab.outcome(5, 1, to(after, pass()));
        (6..9).for_each(|second| drop(lab.outcome(second, 1, to(after, refused()))));
        assert!(ready(&lab.outcome(9, 1, to(after, refused()))).contains("[-]db"), "{after}");
    }
}

#[test]
fn an_outcome_that_cannot_be_folded_is_internal_to_its_check() {
    let mut lab = Lab::new(vec![slot(1, planned("a", READY)), slot(2, planned("b", READY))]);
    lab.outcome(1, 1, pass());
    lab.outcome(1, 2, pass());
    // Its end is past the end of time.
    let endless = Outcome { duration: Duration::MAX, ..pass() };
    let (streak, mut answer) = oneshot::channel();
    let planned = lab.plan(1);
    let snapshot = lab.take(11, Message::Outcome { id: 1, planned, outcome: Arc::new(endless), streak });
    assert!(answer.try_recv().is_ok(), "its task goes on");
    let view = &snapshot.checks[0];
    let last = view.last.as_ref().unwrap();
    assert_eq!(
        (last.failure.as_ref().unwrap().cause, view.verdict, view.degraded),
        (Cause::Internal, Verdict::Up, true)
    );
    assert_eq!(last.target, "idle://");
    assert!(snapshot.checks[1].last.as_ref().unwrap().passed(), "the other one is as it was");
    let snapshot = lab.outcome(21, 1, pass());
    assert!(snapshot.checks[0].last.as_ref().unwrap().passed() && !snapshot.checks[0].degraded);
}

/// A reload may come while a check runs: what the run gave counts by the rules that it ran under.
#[test]
fn an_outcome_counts_by_the_plan_that_it_ran_under() {
    let ignoring = |ready_ignores| Planned { ready_ignores, failure_threshold: 1, ..planned("a", READY) };
    for (under, then, verdicts) in [
        (vec![Cause::ConnectRefused], vec![], [Verdict::Up, Verdict::Down]),
        (vec![], vec![Cause::ConnectRefused], [Verdict::Down, Verdict::Down]),
        (vec![Cause::ConnectRefused], vec![Cause::ConnectRefused], [Verdict::Up, Verdict::Up]),
        (vec![], vec![], [Verdict::Down, Verdict::Down]),
    ] {
        let mut lab = Lab::new(vec![slot(1, ignoring(under))]);
        lab.outcome(1, 1, pass());
        let running = lab.plan(1);
        lab.take(11, Message::Plan(NewPlan { slots: vec![slot(1, ignoring(then))], fail_ready_on_sigterm: false }));
        let newest = lab.plan(1);
        for (second, planned, verdict) in [(12, running, verdicts[0]), (22, newest, verdicts[1])] {
            let (streak, mut answer) = oneshot::channel();
            let snapshot = lab.take(second, Message::Outcome { id: 1, planned, outcome: Arc::new(refused()), streak });
            assert_eq!((snapshot.checks[0].verdict, answer.try_recv().unwrap().verdict()), (verdict, verdict));
        }
    }
}
