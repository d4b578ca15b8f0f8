//! A small pod's world on loopback, and the real sidecar in it. Break a dependency and watch readiness flip, with the
//! reason. `--tour` breaks and repairs everything once by itself, and ends.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a demo talks to the person who runs it")]

mod postgres;
mod sidecar;
mod world;

use std::io::BufRead as _;
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use sidecar::Sidecar;
use world::{Part, World};

const KEYS: &str =
    "d database password   b backend's health   p payments' certificate   s search's address   r repair   q quit";

/// What a person asks for with a key.
enum Wish {
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
    // Before there is a child that could be left behind.
    let mut ended = Ended::watch()?;
    let world = World::start().await?;
    let mut sidecar = Sidecar::start(&world).await?;
    let url = sidecar.url().to_owned();
    println!("A pod's world is up: {}.", world.describe());
    println!("pilotfish watches it. Look at it from another terminal:\n");
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
    println!("Break something: a letter and Enter. Ctrl-C ends all.\n  {KEYS}\n");
    let mut wishes = wishes();
    loop {
        tokio::select! {
            () = ended.wait() => return Ok(()),
            () = tokio::time::sleep(Duration::from_millis(200)) => sidecar.tell_changes().await?,
            wish = wishes.recv() => match wish {
                Some(Wish::Break(part)) => println!("\n→ {}", world.break_part(part)),
                Some(Wish::Repair) => println!("\n→ {}", world.repair()),
                Some(Wish::Quit) => return Ok(()),
                // No terminal: go on watching.
                None => std::future::pending().await,
            },
        }
    }
}

/// Ctrl-C, `kill`, and a terminal that is closed: each ends the sidecar too, which would go on alone.
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

/// Letters typed, from a thread of their own: standard input cannot be waited for otherwise.
fn wishes() -> mpsc::UnboundedReceiver<Wish> {
    let (send, receive) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let wish = match line.trim() {
                "d" => Wish::Break(Part::Database),
                "b" => Wish::Break(Part::Backend),
                "p" => Wish::Break(Part::Payments),
                "s" => Wish::Break(Part::Search),
                "r" => Wish::Repair,
                "q" => Wish::Quit,
                _ => {
                    println!("  {KEYS}");
                    continue;
                }
            };
            if send.send(wish).is_err() {
                return;
            }
        }
        // Standard input ended: the sender stays, so that the demo goes on until Ctrl-C.
        std::mem::forget(send);
    });
    receive
}
