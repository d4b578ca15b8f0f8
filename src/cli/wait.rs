//! `pilotfish wait`: the gate of an init container. Every check is asked until it passes; then exit 0, or become CMD.
//!
//! What waiting cannot heal ends it early: the person on call reads the cause in the pod's events, not a time-out.

use std::os::unix::process::CommandExt as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep, sleep_until};

use crate::cause::Cause;
use crate::cli::args::{self, Form, WaitOptions};
use crate::cli::patience::{Patience, Pause};
use crate::cli::progress::Progress;
use crate::cli::report::{self, Done};
use crate::cli::shell::Shell;
use crate::cli::{select, signals, termination};
use crate::config::plan::{Planned, SHORTEST_INTERVAL};
use crate::duration;
use crate::exit::Exit;
use crate::net::World;
use crate::outcome::{Outcome, Standing, clean_text};
use crate::outcome_json::Excerpts;
use crate::probe::{Depth, probe};

/// A pass older than this is asked for again once all the others have passed: the gate opens on what is, not on what was.
const FRESH: Duration = Duration::from_secs(10);
/// How long the last outcomes may come after the time is up.
const GRACE: Duration = Duration::from_millis(200);
/// How often it is shown that time goes by.
const SECOND: Duration = Duration::from_secs(1);

/// The options, read.
struct Settings {
    form: Form,
    deadline: Instant,
    interval: Duration,
    permanent_after: Option<Duration>,
}

impl Settings {
    fn read(options: &WaitOptions) -> Result<Self, String> {
        let timeout = args::time("--timeout", options.timeout.as_deref(), Duration::from_secs(300))?;
        let permanent = args::time("--permanent-after", options.permanent_after.as_deref(), Duration::from_secs(30))?;
        let interval = args::time("--interval", options.interval.as_deref(), Duration::from_secs(1))?;
        if interval < SHORTEST_INTERVAL {
            return Err(format!("pilotfish: --interval must be at least {}", duration::show(SHORTEST_INTERVAL)));
        }
        Ok(Self {
            form: args::form(options.report.output.as_deref())?,
            deadline: Instant::now() + timeout,
            interval,
            permanent_after: (!options.keep_trying).then_some(permanent),
        })
    }
}

/// How the waiting ended.
enum End {
    Passed,
    OutOfTime,
    Hopeless,
    Signal(u8),
}

/// Runs it.
pub async fn run(options: WaitOptions, mut shell: Shell) -> Exit {
    let log = options.report.termination_log.as_deref();
    let selected =
        Settings::read(&options).and_then(|settings| Ok((settings, select::for_wait(&options, &mut shell)?)));
    let (settings, checks) = match selected {
        Ok(selected) => selected,
        Err(text) => return shell.refuse(log, &text),
    };
    let world = Arc::new(World::new(Arc::clone(&shell.env)));
    let mut progress = Progress::new(&shell, &checks, Instant::now());
    let (end, last) = wait(&checks, &world, &settings, &mut progress, &mut shell).await;
    progress.clear(&mut shell);
    let exit = match end {
        End::Passed => Exit::Passed,
        End::OutOfTime => Exit::OutOfTime,
        End::Hopeless => Exit::StoppedEarly,
        End::Signal(number) => Exit::Signal(number),
    };
    let done: Vec<Done> = checks.into_iter().zip(last).filter_map(|(check, outcome)| Some((check, outcome?))).collect();
    if exit == Exit::Passed {
        tell_limits(&done, &mut shell);
    }
    if exit == Exit::Passed && !options.command.is_empty() && settings.form == Form::Text {
        return become_command(&options.command, log, &mut shell);
    }
    shell.print(&report::report(settings.form, &shell, &done, Excerpts::Withheld));
    if exit == Exit::Passed {
        return if options.command.is_empty() { exit } else { become_command(&options.command, log, &mut shell) };
    }
    let reason = match end {
        End::OutOfTime => "pilotfish wait: timed out",
        End::Hopeless => "pilotfish wait: stopped early: waiting cannot fix this failure",
        End::Passed | End::Signal(_) => "pilotfish wait: stopped by a signal",
    };
    shell.note(reason);
    shell.terminate(log, &termination::text(reason, &report::cases(&done)));
    exit
}

/// Names the checks that count as passed although pilotfish cannot tell whether they work.
fn tell_limits(done: &[Done], shell: &mut Shell) {
    for (check, _) in done.iter().filter(|(_, outcome)| outcome.standing() == Standing::Limited) {
        let (name, cause) = (&check.name, Cause::ProbeLimit.slug());
        shell.note(&format!(
            "pilotfish wait: {name} counts as passed, because only a limit of pilotfish stopped it ({cause})"
        ));
    }
}

/// Asks until every check has passed, the time is up, one is hopeless, or a signal comes. The last outcome of each.
async fn wait(
    checks: &[Planned],
    world: &Arc<World>,
    settings: &Settings,
    progress: &mut Progress,
    shell: &mut Shell,
) -> (End, Vec<Option<Outcome>>) {
    if checks.is_empty() {
        return (End::Passed, Vec::new());
    }
    let (send, mut outcomes) = mpsc::channel(checks.len());
    let again: Vec<Arc<Notify>> = checks.iter().map(|_| Arc::default()).collect();
    let mut tasks = JoinSet::new();
    for (index, check) in checks.iter().enumerate() {
        let asker =
            Asker { index, check: check.clone(), world: Arc::clone(world), pause: Pause::new(settings.interval) };
        tasks.spawn(asker.run(settings.deadline, Arc::clone(&again[index]), send.clone()));
    }
    let mut last: Vec<Option<Outcome>> = vec![None; checks.len()];
    let mut passed_at: Vec<Option<Instant>> = vec![None; checks.len()];
    let mut patience: Vec<Patience> = checks.iter().map(|_| Patience::new(settings.permanent_after)).collect();
    let signal = signals::first();
    tokio::pin!(signal);
    let mut second = interval(SECOND);
    loop {
        let (index, outcome) = tokio::select! {
            biased;
            number = &mut signal => return (End::Signal(number), last),
            Some(message) = outcomes.recv() => message,
            at = second.tick() => {
                progress.tick(shell, at);
                continue;
            }
            () = sleep_until(settings.deadline + GRACE) => return (End::OutOfTime, last),
        };
        let now = Instant::now();
        progress.tell(shell, index, &outcome, now);
        let hopeless = patience[index].is_lost(outcome.failure.as_ref(), outcome.evidence.aftermath, now);
        passed_at[index] = outcome.standing().counts_as_passed().then_some(now);
        last[index] = Some(outcome);
        if hopeless {
            return (End::Hopeless, last);
        }
        if passed_at.iter().all(Option::is_some) {
            let old = |at: &Option<Instant>| at.is_some_and(|at| now.duration_since(at) > FRESH);
            let asked: Vec<usize> = (0..checks.len()).filter(|index| old(&passed_at[*index])).collect();
            if asked.is_empty() {
                return (End::Passed, last);
            }
            for index in asked {
                passed_at[index] = None;
                again[index].notify_one();
            }
        }
        if now >= settings.deadline && !passed_at.iter().all(Option::is_some) && last.iter().all(Option::is_some) {
            return (End::OutOfTime, last);
        }
    }
}

/// The task of one check.
struct Asker {
    index: usize,
    check: Planned,
    world: Arc<World>,
    pause: Pause,
}

impl Asker {
    async fn run(mut self, deadline: Instant, again: Arc<Notify>, outcomes: mpsc::Sender<(usize, Outcome)>) {
        let timeout = self.check.timeout;
        loop {
            // What is cut by the end of the waiting still says where it stood.
            self.check.timeout =
                timeout.min(deadline.saturating_duration_since(Instant::now())).max(Duration::from_millis(1));
            let outcome = probe(&self.check, &self.world, Depth::Gate).await;
            let failure = outcome.failure.as_ref().filter(|_| !outcome.standing().counts_as_passed());
            let pause = failure.map(|failure| self.pause.after(failure, outcome.evidence.aftermath));
            if outcomes.send((self.index, outcome)).await.is_err() {
                return;
            }
            match pause {
                None => again.notified().await,
                Some(pause) => sleep(pause.min(deadline.saturating_duration_since(Instant::now()))).await,
            }
            if Instant::now() >= deadline {
                return;
            }
        }
    }
}

/// Replaces this process; comes back only where that is not possible, as a shell would.
fn become_command(command: &[String], log: Option<&str>, shell: &mut Shell) -> Exit {
    let Some((program, arguments)) = command.split_first() else { return Exit::Passed };
    let error = std::process::Command::new(program).args(arguments).exec();
    let (exit, what) = match error.kind() {
        std::io::ErrorKind::NotFound => (Exit::NotFound, "was not found"),
        _ => (Exit::CannotExecute, "cannot be executed"),
    };
    // It may be a URL by mistake, with a password in it.
    let is_program = !program.contains(['@', '=', '?', '\n']) && !program.contains("://");
    let name = if is_program { clean_text(program, 200) } else { "CMD".to_owned() };
    let text = format!("pilotfish wait: {name} {what}: {error}");
    shell.note(&text);
    shell.terminate(log, &text);
    exit
}
