use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::{Ended, Engine};
use crate::app::reload::{Loading, Reloader};
use crate::cause::Cause;
use crate::config::plan::{DEFAULT_LISTEN, Gates, Origin, Plan, Planned, ServeOptions};
use crate::env::Env;
use crate::outcome::Phase;
use crate::schedule::{ProbeFuture, Prober};
use crate::shutdown::Signal;
use crate::state::Snapshot;
use crate::testing::{NONE, READY, STARTUP, fail, pass, planned};
use crate::verdict::Verdict;

/// Everything passes at once, but what is named here; counts the runs of each. Its files can be changed.
#[derive(Default)]
struct Pod {
    broken: Mutex<Vec<&'static str>>,
    hangs: AtomicBool,
    runs: Mutex<BTreeMap<String, u32>>,
    files: Mutex<BTreeMap<PathBuf, String>>,
}

impl Prober for Pod {
    fn probe<'a>(&'a self, planned: &'a Planned) -> ProbeFuture<'a> {
        *self.runs.lock().unwrap().entry(planned.name.clone()).or_default() += 1;
        let broken = self.broken.lock().unwrap().contains(&planned.name.as_str());
        match self.hangs.load(Ordering::Relaxed) {
            true => Box::pin(std::future::pending()),
            false if broken => Box::pin(std::future::ready(Arc::new(fail(Phase::Connect, Cause::ConnectRefused)))),
            false => Box::pin(std::future::ready(Arc::new(pass()))),
        }
    }

    fn env(&self) -> &dyn Env {
        self
    }
}

impl Env for Pod {
    fn var(&self, _: &str) -> Option<String> {
        None
    }

    fn vars(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn file(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        let files = self.files.lock().unwrap();
        files.get(path).map(|text| text.clone().into_bytes()).ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }
}

const FILE: &str = "/etc/pilotfish/pilotfish.yaml";

impl Pod {
    fn write(&self, text: &str) {
        self.files.lock().unwrap().insert(FILE.into(), text.to_owned());
    }

    fn ran(&self, name: &str) -> u32 {
        self.runs.lock().unwrap().get(name).copied().unwrap_or_default()
    }
}

/// `NAME[:GATE[:IDENTITY]] …` as a plan; `!` is a fault, and `panic` is none that is expected.
fn read(text: &str) -> Result<Plan, String> {
    let check = |word: &str| {
        let mut parts = word.split(':');
        let name = parts.next().unwrap_or_default();
        let gates = match parts.next() {
            Some("startup") => STARTUP,
            Some("ready") => READY,
            Some("both") => Gates { startup: true, ready: true, live: false },
            _ => NONE,
        };
        let identity = parts.next().map_or(0, |number| number.parse().unwrap());
        Planned { identity, ..planned(name, gates) }
    };
    match text {
        "!" => Err("pilotfish.yaml:1:1: it is wrong".to_owned()),
        "panic" => panic!("told to"),
        _ => {
            let checks = text.split_whitespace().map(check).collect();
            let (serve, origin) = (ServeOptions::default(), Origin::Given(FILE.into()));
            Ok(Plan { listen: DEFAULT_LISTEN, serve, checks, listed: Vec::new(), origin, warnings: Vec::new() })
        }
    }
}

struct Lab {
    pod: Arc<Pod>,
    signals: mpsc::Sender<Signal>,
    snapshots: tokio::sync::watch::Receiver<Arc<Snapshot>>,
    ended: tokio::task::JoinHandle<Ended>,
}

impl Lab {
    async fn new(text: &str) -> Self {
        Self::with(Arc::new(Pod::default()), text).await
    }

    async fn with(pod: Arc<Pod>, text: &str) -> Self {
        pod.write(text);
        let reader = Arc::clone(&pod);
        let load = Box::new(move |_| {
            let plan = read(&String::from_utf8(reader.file(Path::new(FILE)).unwrap()).unwrap());
            Box::pin(std::future::ready(plan)) as Loading
        });
        let mut reloader = Reloader::new(Arc::clone(&pod) as Arc<dyn Env>, FILE.into(), load);
        let prober = Arc::clone(&pod) as Arc<dyn Prober>;
        let mut engine = Engine::start(prober, || 0.5, &read(text).unwrap());
        let snapshots = engine.snapshots();
        let (signals, mut inbox) = mpsc::channel(4);
        let ended = tokio::spawn(async move { engine.run(Some(&mut reloader), &mut inbox).await });
        let lab = Self { pod, signals, snapshots, ended };
        lab.wait(10).await;
        lab
    }

    async fn wait(&self, milliseconds: u64) {
        sleep(Duration::from_millis(milliseconds)).await;
    }

    fn verdicts(&self) -> Vec<(String, Verdict)> {
        self.snapshots.borrow().checks.iter().map(|view| (view.name.clone(), view.verdict)).collect()
    }
}

fn up(name: &str) -> (String, Verdict) {
    (name.to_owned(), Verdict::Up)
}

#[tokio::test(start_paused = true)]
async fn all_checks_start_at_once() {
    let names: Vec<String> = (0..30).map(|number| format!("c{number}")).collect();
    let lab = Lab::new(&names.join(" ")).await;
    let expected: Vec<_> = names.iter().map(|name| up(name)).collect();
    assert_eq!(lab.verdicts(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_changed_file_takes_effect_and_what_is_unchanged_goes_on() {
    let lab = Lab::new("a:ready b:ready c:ready").await;
    lab.wait(20_000).await;
    let (since, runs) = (lab.snapshots.borrow().checks[0].since, lab.pod.ran("a"));
    // Another definition of `b`, `c` is gone, `d` is new; the order is that of the file.
    lab.pod.write("d:ready b:ready:1 a:ready");
    lab.pod.broken.lock().unwrap().push("b");
    lab.wait(900).await;
    assert_eq!(lab.verdicts().len(), 3, "not before it has stood for two looks");
    lab.wait(2_000).await;
    assert_eq!(lab.verdicts(), [up("d"), up("b"), up("a")], "the same kind and target keep the verdict");
    let snapshot = Arc::clone(&lab.snapshots.borrow());
    assert_eq!((snapshot.checks[2].since, lab.pod.ran("a")), (since, runs), "its verdict and its schedule go on");
    assert!(snapshot.reload.successful);
    let gone = lab.pod.ran("c");
    lab.wait(60_000).await;
    assert_eq!(lab.pod.ran("c"), gone, "what is gone does not run any more");
    assert_eq!(lab.verdicts()[1].1, Verdict::Down);
}

#[tokio::test(start_paused = true)]
async fn a_bad_file_keeps_the_old_plan() {
    let lab = Lab::new("a:ready").await;
    lab.pod.write("!");
    lab.wait(3_000).await;
    let reload = lab.snapshots.borrow().reload.clone();
    assert_eq!((reload.successful, reload.error.as_deref()), (false, Some("pilotfish.yaml:1:1: it is wrong")));
    assert_eq!(lab.verdicts(), [up("a")]);
    lab.pod.write("a:ready");
    lab.wait(3_000).await;
    assert!(lab.snapshots.borrow().reload.successful, "what was there before is right again");
    assert_eq!(lab.pod.ran("a"), 2, "and nothing started anew: one run at 0, one at 5 s");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_being_written_is_left_alone() {
    let lab = Lab::new("a b c").await;
    for text in ["", "a", "a b", "a b c", "a b c d"] {
        lab.pod.write(text);
        lab.wait(1_000).await;
        assert!(lab.verdicts().len() >= 3, "{text}");
    }
    lab.wait(1_000).await;
    assert_eq!(lab.verdicts().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_signal_reads_it_now() {
    let lab = Lab::new("a").await;
    lab.pod.write("a b");
    lab.signals.send(Signal::Reload).await.unwrap();
    lab.wait(10).await;
    assert_eq!(lab.verdicts(), [up("a"), up("b")]);
}

#[tokio::test(start_paused = true)]
async fn no_gates_is_the_break_glass() {
    let pod = Arc::new(Pod { broken: Mutex::new(vec!["a"]), ..Pod::default() });
    let lab = Lab::with(pod, "a:both b:ready").await;
    lab.wait(20_000).await;
    assert!(!lab.snapshots.borrow().startup_latched);
    let (runs, since) = (lab.pod.ran("a"), lab.snapshots.borrow().checks[0].since);
    lab.pod.write("a:none b:ready");
    lab.wait(3_000).await;
    let snapshot = lab.snapshots.borrow();
    assert!(snapshot.startup_latched && snapshot.checks.iter().all(|view| view.name == "b" || view.gates == NONE));
    let a = &snapshot.checks[0];
    assert_eq!((a.verdict, a.since), (Verdict::Down, since), "it keeps its verdict");
    assert!(a.runs > 1 && lab.pod.ran("a") <= runs + 2, "and does not start anew");
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_it_goes_on_for_the_drain() {
    let lab = Lab::new("a:both").await;
    let asked = Instant::now();
    lab.signals.send(Signal::Stop).await.unwrap();
    lab.wait(4_000).await;
    let snapshot = Arc::clone(&lab.snapshots.borrow());
    assert!(snapshot.shutting_down && snapshot.startup_latched);
    assert_eq!(lab.verdicts(), [up("a")]);
    lab.pod.write("b");
    lab.signals.send(Signal::Reload).await.unwrap();
    assert_eq!(lab.ended.await.unwrap(), Ended::Stopped);
    assert_eq!(asked.elapsed(), Duration::from_secs(5));
    assert_eq!(lab.snapshots.borrow().checks[0].name, "a", "no other plan while it ends");
}

#[tokio::test(start_paused = true)]
async fn a_second_signal_ends_the_wait() {
    let lab = Lab::new("a").await;
    let asked = Instant::now();
    lab.signals.send(Signal::Stop).await.unwrap();
    lab.wait(1_000).await;
    lab.signals.send(Signal::Stop).await.unwrap();
    assert_eq!(lab.ended.await.unwrap(), Ended::Stopped);
    assert_eq!(asked.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_hung_check_hangs_nothing_else() {
    let pod = Arc::new(Pod { hangs: true.into(), ..Pod::default() });
    let lab = Lab::with(pod, "a:ready").await;
    lab.wait(40_000).await;
    let snapshot = Arc::clone(&lab.snapshots.borrow());
    assert!(snapshot.checks[0].stale && snapshot.heartbeat.elapsed() <= Duration::from_secs(1));
    lab.pod.hangs.store(false, Ordering::Relaxed);
    lab.pod.write("a:ready:1");
    lab.wait(3_000).await;
    assert_eq!(lab.verdicts(), [up("a")], "another plan frees what hung");
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_the_file_is_read_keeps_the_old_plan() {
    let lab = Lab::new("a:ready").await;
    lab.pod.write("panic");
    lab.wait(3_000).await;
    let reload = lab.snapshots.borrow().reload.clone();
    assert!(!reload.successful && reload.error.is_some_and(|error| error.contains("panicked")));
    assert_eq!(lab.verdicts(), [up("a")]);
    lab.pod.write("a:ready b:ready");
    lab.wait(3_000).await;
    assert_eq!(lab.verdicts(), [up("a"), up("b")]);
}
