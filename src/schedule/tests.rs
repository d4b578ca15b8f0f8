use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

use super::{AT_A_TIME, BackOff, Failed, Next, Pace, ProbeFuture, Prober, Shared, Start, Task, Ticks, next_due, run};
use crate::cause::Cause;
use crate::config::plan::Planned;
use crate::env::{Env, MapEnv};
use crate::outcome::{Aftermath, Outcome, Phase};
use crate::state::Message;
use crate::testing::{NONE, READY, STARTUP, fail, pass, planned, task, with_values};
use crate::value::Value;
use crate::verdict::Streak;

/// Gives outcomes in turn, the last one again and again, each after some time; notes when it was asked.
struct Script {
    outcomes: Mutex<VecDeque<Outcome>>,
    takes: Duration,
    asked: Mutex<Vec<Duration>>,
    began: Instant,
    env: Changing,
}

/// One file, whose content can be changed.
struct Changing(Mutex<Option<Vec<u8>>>);

impl Env for Changing {
    fn var(&self, _name: &str) -> Option<String> {
        None
    }

    fn vars(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn file(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        let none = MapEnv::default();
        self.0.lock().unwrap().clone().map_or_else(|| none.file(path), Ok)
    }
}

impl Script {
    fn new(takes: Duration, outcomes: impl IntoIterator<Item = Outcome>) -> Arc<Self> {
        Arc::new(Self {
            outcomes: Mutex::new(outcomes.into_iter().collect()),
            takes,
            asked: Mutex::default(),
            began: Instant::now(),
            env: Changing(Mutex::new(Some(b"old".to_vec()))),
        })
    }

    /// Runs a check for so long; the moments of its runs in milliseconds.
    async fn runs(self: Arc<Self>, planned: Planned, random: fn() -> f64, seconds: u64) -> Vec<u128> {
        self.runs_of(planned, random, seconds, |task| task).await
    }

    /// The same of a task that is set up so.
    async fn runs_of(
        self: Arc<Self>,
        planned: Planned,
        random: fn() -> f64,
        seconds: u64,
        set_up: impl FnOnce(Task) -> Task,
    ) -> Vec<u128> {
        let (sender, reports) = mpsc::channel(8);
        let state = tokio::spawn(keep_streak(planned.clone(), reports));
        let task =
            tokio::spawn(run(set_up(task(planned, Arc::clone(&self) as Arc<dyn Prober>, random, &turns(), sender))));
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        assert!(!task.is_finished() && !state.is_finished());
        task.abort();
        self.asked.lock().unwrap().iter().map(Duration::as_millis).collect()
    }
}

impl Prober for Script {
    fn probe<'a>(&'a self, _planned: &'a Planned) -> ProbeFuture<'a> {
        self.asked.lock().unwrap().push(self.began.elapsed());
        Box::pin(async {
            tokio::time::sleep(self.takes).await;
            let mut outcomes = self.outcomes.lock().unwrap();
            Arc::new(if outcomes.len() > 1 { outcomes.pop_front().unwrap() } else { outcomes[0].clone() })
        })
    }

    fn env(&self) -> &dyn Env {
        &self.env
    }
}

const QUICK: Duration = Duration::from_millis(20);

fn refused() -> Outcome {
    fail(Phase::Connect, Cause::ConnectRefused)
}

fn rejected() -> Outcome {
    fail(Phase::Login, Cause::PasswordRejected)
}

fn full() -> Outcome {
    fail(Phase::Login, Cause::TooManyConnections)
}

/// What the state does for one check: folds its outcomes into a streak.
async fn keep_streak(planned: Planned, mut reports: mpsc::Receiver<Message>) {
    let mut streak = Streak::default();
    while let Some(report) = reports.recv().await {
        if let Message::Outcome { outcome, streak: reply, .. } = report {
            streak.fold(planned.verdict_rules(), outcome.standing());
            reply.send(streak).unwrap();
        }
    }
}

/// The waits after each of these outcomes, in seconds, with no chance taken.
fn waits(planned: &Planned, outcomes: &[Outcome]) -> Vec<f64> {
    let (mut streak, mut pace) = (Streak::default(), Pace::default());
    let wait = |outcome: &Outcome| {
        streak.fold(planned.verdict_rules(), outcome.standing());
        pace.after(planned, streak, failure(outcome), outcome.evidence.aftermath, 0.0).interval.as_secs_f64()
    };
    outcomes.iter().map(wait).collect()
}

/// A server that counts connections without a login, or has locked the account, is asked again after a pause: whatever the
/// interval is, and whether the run passed or not. A login that came about ends it.
#[test]
fn a_server_that_remembers_a_run_gets_a_pause() {
    let mut planned = planned("a", STARTUP);
    planned.interval = Duration::from_secs(10);
    let with = |mut outcome: Outcome, aftermath| {
        outcome.evidence.aftermath = aftermath;
        outcome
    };
    let untrusted = || fail(Phase::Tls, Cause::TlsUntrusted);
    let locked = || fail(Phase::Login, Cause::LoginRejected);
    for (outcome, seconds) in [
        (with(pass(), Aftermath::Unfinished), 300.0),
        (with(untrusted(), Aftermath::Unfinished), 300.0),
        (with(locked(), Aftermath::Locked), 1800.0),
        (with(pass(), Aftermath::SessionLeft), 3600.0),
        (with(pass(), Aftermath::Finished), 10.0),
        (with(untrusted(), Aftermath::Nothing), 2.0),
        (with(rejected(), Aftermath::Finished), 20.0),
    ] {
        assert_eq!(waits(&planned, &[outcome]), [seconds]);
    }
    let twice = [with(untrusted(), Aftermath::Unfinished), with(pass(), Aftermath::Finished)];
    assert_eq!(waits(&planned, &twice), [300.0, 10.0]);
    let mut pace = Pace::default();
    for random in [0.0, 0.5, 0.99] {
        let next = pace.after(&planned, Streak::default(), failure(&locked()), Aftermath::Locked, random);
        assert!(next.wait >= Duration::from_mins(30) && next.wait <= Duration::from_mins(33) && pace.backs_off());
    }
    planned.interval = Duration::from_hours(1);
    planned.calm_interval = planned.interval;
    assert_eq!(waits(&planned, &[with(pass(), Aftermath::Unfinished), with(pass(), Aftermath::Unfinished)])[1], 3600.0);
}

fn failure(outcome: &Outcome) -> Option<Failed> {
    outcome.failure.as_ref().map(Failed::from)
}

#[tokio::test(start_paused = true)]
async fn the_second_run_is_left_to_chance_and_later_ones_keep_the_interval() {
    for (random, second) in [((|| 0.0625) as fn() -> f64, 625), (|| 0.5, 5_000), (|| 0.999, 9_990)] {
        let runs = Script::new(QUICK, [pass()]).runs(planned("a", READY), random, 45).await;
        let expected: Vec<u128> =
            std::iter::once(0).chain((0..5).map(|n| second + n * 10_000)).filter(|at| *at < 45_000).collect();
        assert_eq!(runs, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn startup_checks_are_tried_every_two_seconds_until_first_up() {
    let outcomes = [refused(), refused(), refused(), refused(), refused(), pass()];
    let runs = Script::new(QUICK, outcomes).runs(planned("a", STARTUP), || 0.5, 40).await;
    // The second is left to chance, and so is the first of the regular ones.
    assert_eq!(runs, [0, 1_000, 3_000, 5_000, 7_000, 9_000, 14_000, 24_000, 34_000]);
}

#[test]
fn the_pace_follows_from_what_is_settled() {
    let every = |interval: u64, gates| {
        let interval = Duration::from_millis(interval);
        Planned { interval, calm_interval: interval, ..planned("a", gates) }
    };
    let starting_up = || fail(Phase::Login, Cause::StartingUp);
    let shutting_down = || fail(Phase::Login, Cause::ShuttingDown);
    for (name, planned, outcomes, expected) in [
        ("startup, never slower than the interval", every(1_500, STARTUP), vec![refused(), refused()], vec![1.5, 1.5]),
        ("startup, also when down", every(10_000, STARTUP), vec![refused(); 4], vec![2.0; 4]),
        (
            "once it has been up, a startup check is like any other",
            every(10_000, STARTUP),
            vec![pass(), refused(), refused(), refused(), refused(), pass()],
            vec![10.0, 2.5, 2.5, 10.0, 10.0, 10.0],
        ),
        (
            "about to change",
            every(8_000, READY),
            vec![refused(), refused(), refused(), refused()],
            vec![2.0, 2.0, 8.0, 8.0],
        ),
        ("about to change, at least a second", every(3_000, NONE), vec![refused(), pass()], vec![1.0, 3.0]),
        ("about to change, never slower", every(500, NONE), vec![refused(), pass()], vec![0.5, 0.5]),
        (
            "a failure that only degrades is no change to come",
            every(8_000, READY),
            vec![pass(), fail(Phase::Connect, Cause::LocalLimit), fail(Phase::Request, Cause::Internal)],
            vec![8.0, 8.0, 8.0],
        ),
        (
            "a server that starts or stops counts no login",
            every(10_000, STARTUP),
            vec![starting_up(), shutting_down()],
            vec![2.0, 2.0],
        ),
        (
            "failed logins: twice as long, up to 5 min where waiting heals nothing",
            every(10_000, STARTUP),
            vec![rejected(); 7],
            vec![20.0, 40.0, 80.0, 160.0, 300.0, 300.0, 300.0],
        ),
        (
            "failed logins: up to 30 s where it does",
            every(10_000, READY),
            vec![full(); 4],
            vec![20.0, 30.0, 30.0, 30.0],
        ),
        (
            "also while up",
            every(10_000, READY),
            vec![pass(), full(), full(), pass(), full()],
            vec![10.0, 20.0, 30.0, 10.0, 20.0],
        ),
        ("never under the interval", every(60_000, READY), vec![full(), full()], vec![60.0, 60.0]),
        (
            "other failures do not end it, a pass does",
            every(10_000, STARTUP),
            vec![rejected(), rejected(), refused(), starting_up(), full(), pass(), refused()],
            vec![20.0, 40.0, 40.0, 40.0, 30.0, 10.0, 2.5],
        ),
    ] {
        assert_eq!(waits(&planned, &outcomes), expected, "{name}");
    }
}

#[test]
fn a_back_off_varies_but_never_shortens_the_interval() {
    for (interval, random, wait) in
        [(10, 0.0, 20.0), (10, 0.5, 17.5), (10, 1.0, 15.0), (25, 1.0, 25.0), (60, 0.7, 60.0)]
    {
        let interval = Duration::from_secs(interval);
        let planned = Planned { interval, calm_interval: interval, ..planned("a", READY) };
        let next = Pace::default().after(&planned, Streak::default(), failure(&full()), Aftermath::Nothing, random);
        assert_eq!(next.wait.as_secs_f64(), wait, "{interval:?} {random}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_file_ends_a_back_off() {
    let values = vec![Value::File("/secrets/pw".into())];
    let script = Script::new(QUICK, [rejected()]);
    let runs = Arc::clone(&script).runs(with_values("a", STARTUP, values), || 0.0, 100);
    let change = async {
        tokio::time::sleep(Duration::from_secs(35)).await;
        *script.env.0.lock().unwrap() = Some(b"new".to_vec());
        tokio::time::sleep(Duration::from_secs(2)).await;
        *script.env.0.lock().unwrap() = None;
    };
    let (runs, ()) = tokio::join!(runs, change);
    // 20 s after the first run; the next one would be at 60. Each change is seen within 2 s, but no login follows the one
    // before it in less than the interval, and the back-off begins anew.
    assert_eq!(runs, [0, 20_000, 36_020, 46_020, 66_020]);
}

#[tokio::test(start_paused = true)]
async fn a_changed_file_makes_no_two_replicas_log_in_at_once() {
    let values = vec![Value::File("/secrets/pw".into())];
    let script = Script::new(QUICK, [rejected()]);
    let runs = Arc::clone(&script).runs(with_values("a", STARTUP, values), || 0.4, 60);
    let change = async {
        tokio::time::sleep(Duration::from_secs(25)).await;
        *script.env.0.lock().unwrap() = Some(b"new".to_vec());
    };
    let (runs, ()) = tokio::join!(runs, change);
    // An interval after the run before it, and 4 s of up to 10 s later.
    assert_eq!(runs[..3], [0, 18_000, 32_000]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_runs_now_and_ends_the_back_off() {
    let script = Script::new(QUICK, [rejected()]);
    let shared = Arc::new(Shared::new(Arc::new(planned("a", READY)), None));
    let asked = Arc::clone(&shared);
    let runs = Arc::clone(&script).runs_of(planned("a", READY), || 0.0, 80, |task| Task { shared: asked, ..task });
    let demand = async {
        tokio::time::sleep(Duration::from_secs(35)).await;
        shared.retry.notify_one();
    };
    let (runs, ()) = tokio::join!(runs, demand);
    // 20 s, then 40 s; the retry at 35 s starts again with 20 s.
    assert_eq!(runs, [0, 20_000, 35_000, 55_000]);
}

#[tokio::test(start_paused = true)]
async fn a_task_takes_over_the_back_off_of_the_one_before_it() {
    let backoff = || BackOff {
        interval: Duration::from_secs(40),
        due: Instant::now() + Duration::from_secs(30),
        holds: false,
        files: None,
    };
    let runs = async |start| {
        let script = Script::new(QUICK, [rejected()]);
        script.runs_of(planned("a", READY), || 0.0, 125, |task| Task { start, ..task }).await
    };
    assert_eq!(runs(Start::BackingOff(backoff())).await, [30_000, 110_000], "it goes on: 80 s");
    assert_eq!(runs(Start::At(backoff())).await, [30_000, 50_000, 90_000], "it starts anew: 20 s, then 40 s");
}

/// A rejection by a server whose accounts lock.
fn risky() -> Outcome {
    let mut outcome = rejected();
    outcome.failure.as_mut().expect("it failed").risks_lock = true;
    outcome
}

#[test]
fn a_credential_that_risks_a_lock_is_kept_back_until_a_pass() {
    let half_an_hour = 1_800.0;
    let planned = planned("a", STARTUP);
    let outcomes = [risky(), refused(), full(), rejected(), pass(), full(), risky()];
    let expected = [half_an_hour, half_an_hour, half_an_hour, half_an_hour, 10.0, 20.0, half_an_hour];
    assert_eq!(waits(&planned, &outcomes), expected);
    for random in [0.0, 0.5, 0.999] {
        let next = Pace::default().after(&planned, Streak::default(), failure(&risky()), Aftermath::Nothing, random);
        assert!(next.wait >= Duration::from_mins(30) && next.wait < Duration::from_mins(38), "{next:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_risks_a_lock_is_sent_again_when_its_value_changed_or_on_demand() {
    let values = || vec![Value::File("/secrets/pw".into())];
    let script = Script::new(QUICK, [risky()]);
    let runs = Arc::clone(&script).runs(with_values("a", STARTUP, values()), || 0.0, 4_000);
    let change = async {
        tokio::time::sleep(Duration::from_secs(35)).await;
        *script.env.0.lock().unwrap() = Some(b"new".to_vec());
    };
    let (runs, ()) = tokio::join!(runs, change);
    assert_eq!(runs, [0, 36_020, 1_836_020, 3_636_020]);

    let script = Script::new(QUICK, [risky()]);
    let shared = Arc::new(Shared::new(Arc::new(planned("a", READY)), None));
    let asked = Arc::clone(&shared);
    let runs = Arc::clone(&script).runs_of(planned("a", READY), || 0.0, 2_000, |task| Task { shared: asked, ..task });
    let demand = async {
        tokio::time::sleep(Duration::from_secs(35)).await;
        shared.retry.notify_one();
    };
    let (runs, ()) = tokio::join!(runs, demand);
    assert_eq!(runs, [0, 35_000, 1_835_000]);
}

/// The file changes while the first login is on its way: what was rejected is the old password.
#[tokio::test(start_paused = true)]
async fn a_change_during_the_rejected_run_is_seen() {
    let locks = crate::check::KINDS.iter().find(|kind| kind.care.accounts_lock).expect("there is such a kind").name;
    let values = vec![Value::File("/secrets/pw".into())];
    let planned = Planned { kind: locks, ..with_values("a", STARTUP, values) };
    let script = Script::new(Duration::from_secs(4), [risky()]);
    let runs = Arc::clone(&script).runs(planned, || 0.0, 60);
    let change = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        *script.env.0.lock().unwrap() = Some(b"new".to_vec());
    };
    let (runs, ()) = tokio::join!(runs, change);
    assert_eq!(runs, [0, 10_000]);
}

#[tokio::test(start_paused = true)]
async fn a_reload_does_not_send_a_rejected_credential_again() {
    let due = Instant::now() + Duration::from_secs(100);
    let backoff = BackOff { interval: Duration::from_mins(30), due, holds: true, files: None };
    let script = Script::new(QUICK, [refused(), full()]);
    let start = Start::BackingOff(backoff);
    let runs = script.runs_of(planned("a", READY), || 0.0, 4_000, |task| Task { start, ..task }).await;
    assert_eq!(runs, [100_000, 1_900_000, 3_700_000]);
}

#[test]
fn a_kind_that_spares_its_servers_does_so_while_it_is_up() {
    let calm = Planned { calm_interval: Duration::from_mins(5), ..planned("a", STARTUP) };
    let outcomes = [refused(), pass(), pass(), full(), full(), pass(), refused(), refused(), refused(), pass()];
    let expected = [2.0, 300.0, 300.0, 300.0, 300.0, 300.0, 75.0, 75.0, 10.0, 300.0];
    assert_eq!(waits(&calm, &outcomes), expected);
}

#[tokio::test(start_paused = true)]
async fn only_other_keys_of_the_kind_end_a_back_off() {
    let due = Instant::now() + Duration::from_secs(100);
    let backoff = BackOff { interval: Duration::from_secs(40), due, holds: false, files: Some(1) };
    let keys = |kind_identity| Planned { kind_identity, ..planned("a", READY) };
    let start = |backoff, new: &Planned| Start::after(&keys(1), backoff, new, || 0.5);
    assert_eq!(start(None, &keys(2)), Start::Now);
    let slower = Planned { interval: Duration::from_secs(99), identity: 9, ..keys(1) };
    assert_eq!(start(Some(backoff), &slower), Start::BackingOff(backoff));
    let Start::At(changed) = start(Some(backoff), &keys(2)) else { panic!("it waits for its jitter") };
    assert_eq!(changed.due, Instant::now() + Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn no_file_no_look() {
    let runs = Script::new(QUICK, [rejected()]).runs(planned("a", STARTUP), || 0.0, 100).await;
    assert_eq!(runs, [0, 20_000, 60_000]);
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_is_not_made_up_for() {
    // Each run takes 5 s, twice as long as the pace of a startup check and more.
    let runs = Script::new(Duration::from_secs(5), [refused()]).runs(planned("a", STARTUP), || 0.0, 20).await;
    assert_eq!(runs, [0, 6_000, 12_000, 18_000]);
}

#[test]
fn the_grid_is_kept_over_a_long_gap() {
    let start = Instant::now();
    let seconds = |n| start + Duration::from_secs(n);
    let next = |interval| Next { wait: Duration::from_secs(interval), interval: Duration::from_secs(interval) };
    for (now, expected) in [(3, 10), (10, 20), (11, 20), (19, 20), (20, 30), (86_405, 86_410)] {
        assert_eq!(next_due(start, next(10), seconds(now)), seconds(expected), "{now}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_nobody_listens() {
    let (sender, reports) = mpsc::channel::<Message>(1);
    drop(reports);
    let script = Script::new(QUICK, [pass()]);
    tokio::time::timeout(Duration::from_secs(1), run(task(planned("a", READY), script, || 0.5, &turns(), sender)))
        .await
        .unwrap();
}

/// Of the first runs, as a crew hands them out.
fn turns() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(AT_A_TIME))
}

/// When the first runs of six checks begin, each of which takes so long, in milliseconds.
async fn begin(takes: Duration) -> Vec<u128> {
    let (sender, _reports) = mpsc::channel(8);
    let (script, turns) = (Script::new(takes, [pass()]), turns());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let prober = Arc::clone(&script) as Arc<dyn Prober>;
        tasks.spawn(run(task(planned("a", READY), prober, || 0.9, &turns, sender.clone())));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let asked = script.asked.lock().unwrap();
    asked.iter().map(Duration::as_millis).collect()
}

#[tokio::test(start_paused = true)]
async fn first_runs_take_turns_and_who_waits_holds_up_nobody() {
    assert_eq!(begin(Duration::from_millis(3)).await, [0, 0, 3, 3, 6, 6], "the next begins when one has ended");
    assert_eq!(begin(Duration::from_secs(5)).await, [0, 0, 10, 10, 20, 20], "or when it has lasted 10 ms");
}

#[tokio::test(start_paused = true)]
async fn later_runs_start_at_ticks_and_take_turns() {
    let ticks = Arc::new(Ticks::none());
    ticks.set(std::iter::once(Duration::from_secs(10)));
    let planned = || planned("a", READY);
    let runs = |turns| {
        let ticks = Arc::clone(&ticks);
        Script::new(QUICK, [pass()]).runs_of(planned(), || 0.11, 35, |task| Task { ticks, turns, ..task })
    };
    assert_eq!(runs(turns()).await, [0, 2000, 12_000, 22_000, 32_000], "due after 1.1 s, then every 10 s");

    let taken = turns();
    let others = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let permits = taken.acquire_many(AT_A_TIME as u32).await;
        tokio::time::sleep(Duration::from_millis(1300)).await;
        drop(permits);
    };
    let (runs, ()) = tokio::join!(runs(Arc::clone(&taken)), others);
    assert_eq!(runs[..3], [0, 2300, 12_000], "it waits for its turn, and keeps to its interval");
}

/// What is broken in it: to begin a run, a step of one, or reading a file; it is mended after some panics.
struct Brittle {
    place: &'static str,
    panics_left: AtomicU32,
    runs: AtomicU32,
}

impl Brittle {
    fn panic_at(&self, place: &str) {
        let left = |left: u32| left.checked_sub(1);
        let due = self.place == place && self.panics_left.fetch_update(Relaxed, Relaxed, left).is_ok();
        assert!(!due, "told to");
    }
}

impl Prober for Brittle {
    fn probe<'a>(&'a self, _planned: &'a Planned) -> ProbeFuture<'a> {
        self.panic_at("begin");
        Box::pin(async {
            tokio::task::yield_now().await;
            self.panic_at("step");
            self.runs.fetch_add(1, Relaxed);
            Arc::new(rejected())
        })
    }

    fn env(&self) -> &dyn Env {
        self
    }
}

impl Env for Brittle {
    fn var(&self, _name: &str) -> Option<String> {
        None
    }

    fn vars(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn file(&self, _path: &Path) -> std::io::Result<Vec<u8>> {
        self.panic_at("file");
        Ok(Vec::new())
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_task_is_an_outcome_and_the_check_goes_on() {
    for place in ["begin", "step", "file"] {
        let prober = Arc::new(Brittle { place, panics_left: AtomicU32::new(3), runs: AtomicU32::new(0) });
        let planned = with_values("a", READY, vec![Value::File("/secrets/password".into())]);
        let (sender, mut reports) = mpsc::channel(8);
        let causes = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&causes);
        let state = tokio::spawn(async move {
            let mut streak = Streak::default();
            while let Some(report) = reports.recv().await {
                if let Message::Outcome { outcome, streak: reply, .. } = report {
                    seen.lock().unwrap().push((outcome.failure.as_ref().unwrap().cause.slug(), outcome.target.clone()));
                    streak.fold(with_values("a", READY, Vec::new()).verdict_rules(), outcome.standing());
                    reply.send(streak).unwrap();
                }
            }
        });
        let task = tokio::spawn(run(task(planned, Arc::clone(&prober) as Arc<dyn Prober>, || 0.5, &turns(), sender)));
        tokio::time::sleep(Duration::from_secs(300)).await;
        assert!(!task.is_finished() && !state.is_finished(), "{place}");
        assert!(prober.runs.load(Relaxed) > 1, "{place}");
        let causes = causes.lock().unwrap();
        let internal: Vec<_> = causes.iter().filter(|(cause, _)| *cause == "internal").collect();
        // Naming the target reads the file, too.
        assert!(internal.len() >= 2, "{place}: {causes:?}");
        assert_eq!(causes.last().unwrap().0, "password_rejected", "{place}");
    }
}
