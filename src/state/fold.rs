//! The state itself: pure, time is passed in. It says in the log what changed, once per change.

use std::collections::{BTreeMap, HashMap};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::message::{Message, NewPlan, Slot};
use super::snapshot::{Reload, Snapshot};
use super::view::{CheckView, Episode, Histogram, count_up};
use super::views::Views;
use crate::config::plan::Planned;
use crate::findings;
use crate::log::say;
use crate::net::dial::Require;
use crate::outcome::{ConnectResult, Outcome};
use crate::panics;
use crate::slices::{Slices, at_once};
use crate::verdict::{Streak, Verdict};

/// How many other checks a line names.
const NAMED: usize = 8;

/// Everything known of every check.
pub struct State {
    checks: Vec<Tracked>,
    /// The position of each check by its number.
    positions: HashMap<u64, usize>,
    /// The positions of the checks that have changed since the last snapshot.
    changed: Vec<usize>,
    /// Another plan has come since then.
    is_anew: bool,
    startup_latched: bool,
    shutting_down: bool,
    fail_ready_on_sigterm: bool,
    reload: Reload,
    heartbeat: Instant,
}

/// One check: what is published of it, and what decides.
struct Tracked {
    slot: Slot,
    streak: Streak,
    view: Arc<CheckView>,
    /// When the last outcome came, or the check began.
    fresh: Instant,
    /// The interval now in force.
    interval: Duration,
    /// It gates by what another plan's or another target's runs have shown, and has not been up under this one.
    is_unproven: bool,
    /// The findings that the log has shown since the last change: one that comes and goes is shown once.
    logged_findings: Vec<&'static str>,
}

/// What the log shows of a check: a line for each change of it.
#[derive(PartialEq, Eq)]
struct LoggedState {
    verdict: Verdict,
    degraded: bool,
    stale: bool,
    /// Only where it is not simply up: a lone failure within the threshold is no news.
    cause: Option<&'static str>,
}

impl State {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(slots: Vec<Slot>, fail_ready_on_sigterm: bool, now: Instant, wall: SystemTime) -> Self {
        let reload = Reload { successful: true, last_success: wall, error: None };
        let mut state = Self {
            checks: slots.into_iter().map(|slot| Tracked::new(slot, now, wall)).collect(),
            positions: HashMap::new(),
            changed: Vec::new(),
            is_anew: false,
            startup_latched: false,
            shutting_down: false,
            fail_ready_on_sigterm,
            reload,
            heartbeat: now,
        };
        state.number_anew();
        state.latch();
        state
    }

    /// Takes in what happened.
    pub fn take(&mut self, message: Message, now: Instant, wall: SystemTime) {
        match message {
            Message::Outcome { id, planned, outcome, streak } => {
                let Some(at) = self.positions.get(&id).copied() else { return };
                if panics::caught(|| self.fold(at, &planned, outcome, now, wall)).is_err() {
                    self.fold_internal(at, &planned, now, wall);
                }
                self.changed.push(at);
                // Nobody reads it where the task of the check was stopped meanwhile.
                streak.send(self.checks[at].streak).ok();
            }
            Message::NextRun { id, interval, due, backs_off } => self.change(id, |check| {
                check.interval = interval;
                let view = Arc::make_mut(&mut check.view);
                view.next_run = Some(wall + due.saturating_duration_since(now));
                view.backs_off = backs_off;
            }),
            Message::Plan(plan) => drop(at_once(self.take_plan(plan, now, wall, &mut Slices::unlimited()))),
            Message::Refused(error) => {
                self.reload.successful = false;
                self.reload.error = Some(error);
            }
            Message::ShuttingDown => self.shutting_down = true,
        }
        self.latch();
    }

    /// Takes in another plan, in slices. What is left of checks that it does not have is given back, to be dropped when there
    /// is time.
    pub async fn take_plan(
        &mut self,
        plan: NewPlan,
        now: Instant,
        wall: SystemTime,
        slices: &mut Slices,
    ) -> Vec<Arc<CheckView>> {
        let NewPlan { slots, fail_ready_on_sigterm } = plan;
        let anew = slots.clone();
        let replaced = panics::caught_async(pin!(self.replace(slots, now, wall, slices))).await;
        let gone = replaced.unwrap_or_else(|_| {
            self.begin_anew(anew, now, wall);
            Vec::new()
        });
        self.fail_ready_on_sigterm = fail_ready_on_sigterm;
        self.reload = Reload { successful: true, last_success: wall, error: None };
        self.latch();
        gone
    }

    /// Folds an outcome into its check, beside what is known of the others.
    fn fold(&mut self, at: usize, planned: &Planned, mut outcome: Arc<Outcome>, now: Instant, wall: SystemTime) {
        let id = self.checks[at].slot.id;
        let others = self.checks.iter().filter(|other| other.slot.id != id);
        let known = others.filter_map(|other| Some((other.view.name.as_str(), other.view.last.as_deref()?)));
        findings::compare(Arc::make_mut(&mut outcome), known);
        let down = self.down_beside(id, &outcome);
        self.checks[at].fold(planned, outcome, down.as_deref(), now, wall);
    }

    /// The same of an outcome with which that panicked: nothing of it is used.
    fn fold_internal(&mut self, at: usize, planned: &Planned, now: Instant, wall: SystemTime) {
        let check = &mut self.checks[at];
        let outcome = Arc::new(Outcome::internal(check.view.target.clone(), wall, Duration::ZERO));
        // Where this panics too, the check becomes stale.
        panics::caught(|| check.fold(planned, outcome, None, now, wall)).ok();
    }

    /// Observes that time goes by: the heartbeat, and what became stale.
    pub fn observe_time(&mut self, now: Instant) {
        self.heartbeat = now;
        for (at, check) in self.checks.iter_mut().enumerate() {
            // It is stale before anything is said of it.
            if panics::caught(|| check.observe_age(now)).unwrap_or(true) {
                self.changed.push(at);
            }
        }
    }

    /// What is known now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            checks: self.views(),
            startup_latched: self.startup_latched,
            shutting_down: self.shutting_down,
            fail_ready_on_sigterm: self.fail_ready_on_sigterm,
            reload: self.reload.clone(),
            heartbeat: self.heartbeat,
        }
    }

    /// Brings a snapshot up to date that was taken or brought up to date before: what has not changed is not touched.
    pub fn update(&mut self, snapshot: &mut Snapshot) {
        if std::mem::take(&mut self.is_anew) {
            self.changed.clear();
            snapshot.checks = self.views();
        }
        for at in self.changed.drain(..) {
            snapshot.checks.set(at, Arc::clone(&self.checks[at].view));
        }
        snapshot.startup_latched = self.startup_latched;
        snapshot.shutting_down = self.shutting_down;
        snapshot.fail_ready_on_sigterm = self.fail_ready_on_sigterm;
        snapshot.reload.clone_from(&self.reload);
        snapshot.heartbeat = self.heartbeat;
    }

    fn views(&self) -> Views {
        self.checks.iter().map(|check| Arc::clone(&check.view)).collect()
    }

    /// The other checks that are down, where that may be why of a finding.
    fn down_beside(&self, id: u64, outcome: &Outcome) -> Option<String> {
        outcome.findings.iter().find(|finding| findings::may_come_of_others(finding.code))?;
        let down = |check: &&Tracked| check.slot.id != id && check.view.verdict == Verdict::Down;
        let names: Vec<&str> =
            self.checks.iter().filter(down).map(|check| check.view.name.as_str()).take(NAMED).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Changes a check. One that a reload took away may have had a message on its way.
    fn change(&mut self, id: u64, change: impl FnOnce(&mut Tracked)) {
        let Some(at) = self.positions.get(&id).copied() else { return };
        change(&mut self.checks[at]);
        self.changed.push(at);
    }

    fn number_anew(&mut self) {
        self.is_anew = true;
        self.positions = self.checks.iter().enumerate().map(|(at, check)| (check.slot.id, at)).collect();
    }

    async fn replace(
        &mut self,
        slots: Vec<Slot>,
        now: Instant,
        wall: SystemTime,
        slices: &mut Slices,
    ) -> Vec<Arc<CheckView>> {
        // Names are unique within a plan, and a check keeps its number only together with its name.
        let mut known = BTreeMap::new();
        for check in std::mem::take(&mut self.checks) {
            slices.pause().await;
            known.insert(check.view.name.clone(), check);
        }
        let mut gone = Vec::new();
        for slot in slots {
            slices.pause().await;
            let is_former = |check: &Tracked| check.slot.id == slot.id || check.asks_the_same(&slot);
            let check = match known.remove(&slot.planned.name) {
                Some(mut kept) if is_former(&kept) => {
                    kept.replan(slot, now);
                    kept
                }
                former => {
                    gone.extend(former.map(|former| former.view));
                    Tracked::new(slot, now, wall).not_gating_yet()
                }
            };
            self.checks.push(check);
        }
        for check in known.into_values() {
            slices.pause().await;
            gone.push(check.view);
        }
        self.number_anew();
        let waits = |check: &&Tracked| !check.view.gating && (check.view.gates.ready || check.view.gates.live);
        for check in self.checks.iter().filter(waits) {
            log_not_gating(&check.view);
            slices.pause().await;
        }
        gone
    }

    /// Another plan of which nothing is known yet.
    fn begin_anew(&mut self, slots: Vec<Slot>, now: Instant, wall: SystemTime) {
        self.checks = slots.into_iter().map(|slot| Tracked::new(slot, now, wall).not_gating_yet()).collect();
        self.number_anew();
    }

    /// Latches the start gate once every startup check is up, at once where there is none. A later plan with another
    /// startup check does not open it again: the pod has started, and `/readyz` depends on this gate.
    fn latch(&mut self) {
        let passed = |check: &Tracked| !check.view.gates.startup || check.view.counts_as_up();
        if !self.startup_latched && self.checks.iter().all(passed) {
            self.startup_latched = true;
            say!(Info, "start gate passed");
        }
    }
}

impl Tracked {
    fn new(slot: Slot, now: Instant, wall: SystemTime) -> Self {
        let interval = slot.planned.interval;
        let view = Arc::new(initial_view(&slot, wall));
        let logged_findings = Vec::new();
        Self { slot, streak: Streak::default(), view, fresh: now, interval, is_unproven: false, logged_findings }
    }

    /// Whether another plan, for the same name, asks the same of the same server, in whatever rhythm.
    fn asks_the_same(&self, slot: &Slot) -> bool {
        let (ours, theirs) = (&self.slot.planned, &slot.planned);
        ours.kind == theirs.kind && self.slot.target == slot.target
    }

    /// The same check under another plan: what is known of it stays. A gate that is new to it waits until it is up.
    fn replan(&mut self, slot: Slot, now: Instant) {
        if slot.id != self.slot.id {
            // Its task starts anew.
            self.fresh = now;
            self.interval = slot.planned.interval;
        }
        let (before, after) = (self.slot.planned.gates, slot.planned.gates);
        let is_new = (after.ready && !before.ready) || (after.live && !before.live);
        let gating = (self.view.gating && !is_new) || self.view.is_seen_to_be_up();
        self.is_unproven |= self.view.counts_as_up() && runs_otherwise(&self.slot.planned, &slot.planned);
        let labels = &slot.planned.labels;
        // A view that stays as it is goes on being shared with the snapshots.
        let withheld = slot.planned.withheld;
        if (gating, after) != (self.view.gating, before)
            || withheld != self.view.withheld
            || *labels != self.view.labels
        {
            let view = Arc::make_mut(&mut self.view);
            view.withheld = withheld;
            (view.gating, view.gates) = (gating, after);
            view.labels.clone_from(labels);
        }
        self.slot = slot;
    }

    /// The same, of a plan that was read while the pod ran.
    fn not_gating_yet(mut self) -> Self {
        Arc::make_mut(&mut self.view).gating = false;
        self
    }

    /// Takes in the outcome of a run under this plan, which may be an older one than that of the check.
    fn fold(
        &mut self,
        planned: &Planned,
        mut outcome: Arc<Outcome>,
        down: Option<&str>,
        now: Instant,
        wall: SystemTime,
    ) {
        let before = LoggedState::of(&self.view);
        let spared = self.streak.fold(planned.verdict_rules(), outcome.standing());
        Arc::make_mut(&mut outcome).degraded |= spared;
        self.fresh = now;
        let view = Arc::make_mut(&mut self.view);
        // A file that holds its URL may change like the plan itself, and in old pods, too.
        self.is_unproven |= view.counts_as_up() && view.last.is_some() && view.target != outcome.target;
        if view.verdict != self.streak.verdict() {
            view.verdict = self.streak.verdict();
            view.since = wall;
        }
        view.stale = false;
        view.follow_episode(&outcome);
        view.limited = self.streak.is_limited();
        view.degraded = view.counts_as_up() && outcome.degraded;
        view.gating |= view.counts_as_up();
        if self.is_unproven && !view.counts_as_up() {
            view.gating = false;
            self.is_unproven = false;
            log_not_gating(view);
        }
        self.is_unproven &= outcome.failure.is_some();
        view.count(outcome);
        self.log_change(&before, down);
    }

    /// One line in the log if anything changed since, with the other checks that are `down`.
    fn log_change(&mut self, before: &LoggedState, down: Option<&str>) {
        let now = LoggedState::of(&self.view);
        let findings = self.view.last.iter().flat_map(|outcome| outcome.worth_showing());
        let codes: Vec<&'static str> = findings.map(|finding| finding.code).collect();
        let changed = *before != now;
        // What a lone failure within the threshold shows is no news either.
        let counts = now.cause.is_some() || self.view.last.as_ref().is_some_and(|last| last.passed());
        let news = counts && !self.view.stale && codes.iter().any(|code| !self.logged_findings.contains(code));
        if !changed && !news {
            return;
        }
        if changed {
            self.logged_findings = codes;
        } else {
            self.logged_findings.extend(codes);
        }
        log(&self.view, down);
    }

    /// Whether it has become stale.
    fn observe_age(&mut self, now: Instant) -> bool {
        let (age, usual) = (now.duration_since(self.fresh), self.interval.saturating_mul(3));
        // Of most checks the plan and the view need not be read, which lie elsewhere in memory.
        let becomes_stale = age > usual && age > usual.saturating_add(self.slot.planned.timeout) && !self.view.stale;
        if becomes_stale {
            let before = LoggedState::of(&self.view);
            Arc::make_mut(&mut self.view).stale = true;
            self.log_change(&before, None);
        }
        becomes_stale
    }
}

impl CheckView {
    /// Keeps, starts or ends the episode; called after the verdict has changed.
    fn follow_episode(&mut self, outcome: &Outcome) {
        match &outcome.failure {
            Some(failure) if self.episode.as_ref().is_some_and(|episode| episode.cause == failure.cause) => {}
            Some(failure) => {
                self.episode = Some(Episode { cause: failure.cause, reason: failure.reason(&self.name) });
            }
            None if self.verdict == Verdict::Up => self.episode = None,
            None => {}
        }
    }

    /// Counts a run and keeps it as the last one.
    fn count(&mut self, mut outcome: Arc<Outcome>) {
        let ended = outcome.started_at + outcome.duration;
        self.runs += 1;
        self.remember(&outcome);
        self.durations.observe(outcome.duration);
        self.last_run = Some(ended);
        match outcome.failure {
            None => self.last_success = Some(ended),
            Some(_) => self.failures += 1,
        }
        for attempt in &outcome.evidence.tries {
            // For want of time there was no attempt.
            if attempt.result != ConnectResult::NotTried {
                count_up(&mut self.tries, (attempt.family(), attempt.result), 1);
            }
        }
        // Text for `check` and `diagnose` alone: it is not kept, so that nothing can answer with it.
        let evidence = &mut Arc::make_mut(&mut outcome).evidence;
        evidence.facts.excerpt = None;
        // It is kept until the next run: of every check, so without room to spare.
        evidence.tries.shrink_to_fit();
        evidence.phases.shrink_to_fit();
        self.target.clone_from(&outcome.target);
        self.last = Some(outcome);
    }
}

/// Whether a run under another plan may end otherwise: other keys of the kind, or other terms. Its rhythm and its thresholds
/// say only what is made of the runs.
fn runs_otherwise(before: &Planned, after: &Planned) -> bool {
    let terms = |planned: &Planned| (planned.kind_identity, planned.timeout, planned.rules, planned.min_passing);
    terms(before) != terms(after) || before.clients != after.clients || before.fail_on != after.fail_on
}

fn log_not_gating(view: &CheckView) {
    say!(Info, "not gating yet: the check takes part in its gates once it has been up"; check = view.name.as_str());
}

/// What is known of a check before its first run.
fn initial_view(slot: &Slot, wall: SystemTime) -> CheckView {
    let planned = &slot.planned;
    CheckView {
        name: planned.name.clone(),
        kind: planned.kind,
        target: slot.target.clone(),
        labels: planned.labels.clone(),
        gates: planned.gates,
        withheld: planned.withheld,
        gating: true,
        verdict: Verdict::Unknown,
        since: wall,
        limited: false,
        degraded: false,
        stale: false,
        runs: 0,
        failures: 0,
        recent: 0,
        durations: Histogram::default(),
        tries: Vec::new(),
        last: None,
        episode: None,
        last_run: None,
        last_success: None,
        next_run: None,
        backs_off: false,
        each: planned.rules.require == Require::Each,
    }
}

impl LoggedState {
    fn of(view: &CheckView) -> Self {
        let settled_up = view.verdict == Verdict::Up && !view.degraded;
        let failure = view.last.as_ref().and_then(|last| last.failure.as_ref());
        let cause = failure.filter(|_| !settled_up).map(|failure| failure.cause.slug());
        Self { verdict: view.verdict, degraded: view.degraded, stale: view.stale, cause }
    }
}

/// The line of a check: its verdict, and why.
fn log(view: &CheckView, down_too: Option<&str>) {
    let (check, verdict) = (view.name.as_str(), view.verdict.as_str());
    let (degraded, stale, target) = (view.degraded, view.stale, view.target.as_str());
    let failure = view.last.as_ref().and_then(|last| last.failure.as_ref());
    let findings = view.last.as_ref().and_then(|last| last.findings_in_words());
    let findings = findings.as_deref();
    match failure {
        _ if stale => {
            say!(Warn, "no fresh result"; check, verdict, stale, target, cause = "stale");
        }
        None if findings.is_some() => {
            say!(Warn, "passed, with findings"; check, verdict, degraded, target, findings, down_too);
        }
        None => say!(Info, "passed"; check, verdict, degraded, target),
        Some(failure) => {
            let (phase, cause, hint) = (failure.phase.as_str(), failure.cause.slug(), failure.hint.as_str());
            let observed = failure.message.as_str();
            let reason = view.episode.as_ref().map_or_else(|| failure.reason(check), |episode| episode.reason.clone());
            let line = format!("{check}: {reason}");
            say!(Warn, line; check, verdict, degraded, target, phase, cause, observed, hint, findings, down_too);
        }
    }
}
