//! A few dependencies of a pod on loopback, and the real sidecar that checks them. Break a dependency and watch readiness
//! change, with the reason. `--tour` breaks and repairs each of them once without input, and exits.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a demo talks to the person who runs it")]

mod amqp;
mod grpc;
mod kafka;
mod nats;
mod part;
mod postgres;
mod sidecar;
mod text;
mod world;

use std::io::BufRead as _;
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use part::Part;
use sidecar::Sidecar;
use world::World;

/// The keys, two in a line.
fn keys() -> String {
    let key = |part: Part| format!("{}  {}", part.key(), part.label());
    let mut all = Part::ALL.map(key).to_vec();
    all.extend(["r  repair all".to_owned(), "q  quit".to_owned()]);
    let line = |pair: &[String]| format!("  {:<30}{}\n", pair[0], pair[1]);
    all.chunks_exact(2).map(line).collect()
}

/// What a key does.
enum Action {
    Break(Part),
    Repair,
    Quit,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let tour = std::env::args().skip(1).any(|arg| arg == "--tour");
    match run(tour).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(tour: bool) -> Result<(), String> {
    // Watch for signals before the sidecar starts, so that no signal leaves it running.
    let mut ended = Ended::watch()?;
    let world = World::start().await?;
    let mut sidecar = Sidecar::start(&world).await?;
    let url = sidecar.url().to_owned();
    println!("{}", text::wrapped(&format!("The dependencies are running: {}.", world.describe()), ""));
    println!("pilotfish checks them. Open {url}/ in a browser, or try these commands in another terminal:\n");
    println!(
        "  curl '{url}/readyz?verbose'\n  curl {url}/status\n  curl {url}/metrics\n  {} ask --url {url}\n",
        sidecar.binary()
    );
    if tour {
        return tokio::select! {
            result = sidecar.tour(&world) => result,
            () = ended.wait() => Ok(()),
        };
    }
    println!(
        "To break a dependency, type a letter and press Enter. The same letter repairs it. Press Ctrl-C to quit.\n\n{}",
        keys()
    );
    let mut actions = actions();
    loop {
        tokio::select! {
            () = ended.wait() => return Ok(()),
            () = tokio::time::sleep(Duration::from_millis(200)) => sidecar.print_changes().await?,
            action = actions.recv() => match action {
                Some(Action::Break(part)) => println!("\n{}", text::wrapped(&format!("→ {}", world.toggle(part)), "  ")),
                Some(Action::Repair) => println!("\n→ {}", world.repair()),
                Some(Action::Quit) => return Ok(()),
                // Standard input ended: continue without it.
                None => std::future::pending().await,
            },
        }
    }
}

/// Ctrl-C, `kill`, and a closed terminal. Each must also stop the sidecar, which would continue otherwise.
struct Ended([Signal; 3]);

impl Ended {
    fn watch() -> Result<Self, String> {
        let watch = |kind| signal(kind).map_err(|error| error.to_string());
        Ok(Self([watch(SignalKind::interrupt())?, watch(SignalKind::terminate())?, watch(SignalKind::hangup())?]))
    }

    async fn wait(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// The keys that are typed. A separate thread reads them, because reading standard input blocks.
fn actions() -> mpsc::UnboundedReceiver<Action> {
    let (send, receive) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let key = line.trim();
            let part = Part::ALL.into_iter().find(|part| part.key() == key);
            let action = match (key, part) {
                (_, Some(part)) => Action::Break(part),
                ("r", None) => Action::Repair,
                ("q", None) => Action::Quit,
                _ => {
                    println!("{}", keys());
                    continue;
                }
            };
            if send.send(action).is_err() {
                return;
            }
        }
        // Standard input ended. Keep the sender, so that the demo continues until Ctrl-C.
        std::mem::forget(send);
    });
    receive
}
