//! What a check sends on a connection, and what it expects back: on a plain one and inside TLS alike.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout_at;
use zeroize::Zeroizing;

use crate::cause::Cause;
use crate::env::Env;
use crate::findings::Context;
use crate::mask::Mask;
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::recognise;
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Evidence, Fault, Phase, bytes_of};
use crate::value::Value;

use crate::check::payload::{Expect, Pattern, Payload};

/// How much of an answer is looked at.
const ANSWER_LIMIT: usize = 64 * 1024;
/// The verdict on what came must be there before the deadline ends the run.
const MARGIN: Duration = Duration::from_millis(20);
const EXPECTED: Expected = Expected { what: "an answer", protocol: None };

/// As the configuration has it.
#[derive(Default)]
pub(super) struct Dialogue {
    pub(super) send: Option<Payload>,
    pub(super) expect: Option<Expect>,
}

/// The values of one run.
pub(super) struct DialogueRun {
    send: Option<Zeroizing<Vec<u8>>>,
    expect: Option<Pattern>,
}

impl Dialogue {
    /// The bytes, now.
    pub(super) fn resolve(&self, env: &dyn Env) -> Result<DialogueRun, Fault> {
        let send = self.send.as_ref().map(|send| send.resolve(env)).transpose()?;
        let expect = self.expect.as_ref().map(|expect| expect.resolve(env)).transpose()?;
        Ok(DialogueRun { send, expect })
    }

    /// What is read at each run.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        let sent = self.send.iter().flat_map(Payload::values);
        sent.chain(self.expect.iter().flat_map(Expect::values))
    }
}

impl DialogueRun {
    /// Whether nothing is sent and nothing awaited.
    pub(super) const fn is_empty(&self) -> bool {
        self.send.is_none() && self.expect.is_none()
    }

    /// Sends, then waits for what is expected.
    pub(super) async fn hold(&self, attempt: &mut Attempt, io: &mut Io) -> Result<(), Fault> {
        if let Some(bytes) = &self.send {
            attempt.enter(Phase::Request);
            let sent = async {
                io.write_all(bytes).await?;
                io.flush().await
            };
            sent.await.map_err(|error| attempt.stream_error(StreamError::Failed(&error), EXPECTED))?;
        }
        if let Some(expected) = &self.expect {
            attempt.enter(Phase::Assert);
            await_answer(attempt, io, expected, Sent(self.send.as_deref())).await?;
        }
        Ok(())
    }
}

/// How far the reading of an answer got.
enum Step {
    /// More bytes are there.
    More,
    /// The peer closed.
    Ended,
    /// Time is up.
    TimeUp,
}

/// Reads until what is expected is there, cannot come any more, or time is up.
async fn await_answer(attempt: &mut Attempt, io: &mut Io, expected: &Pattern, sent: Sent<'_>) -> Result<(), Fault> {
    let mut answer = Vec::new();
    let mut judge = expected.judge();
    loop {
        let step = read_step(attempt, io, &mut answer).await?;
        match judge.judge(&answer, matches!(step, Step::Ended)).await {
            Ok(Some(true)) => return Ok(()),
            Ok(Some(false)) => return Err(mismatch(attempt, &answer, expected, sent)),
            Ok(None) => {}
            Err(costly) => {
                attempt.facts().excerpt = Some(sent.excerpt(&answer));
                return Err(costly.fault("the answer"));
            }
        }
        match step {
            Step::More if answer.len() >= ANSWER_LIMIT => {
                attempt.facts().excerpt = Some(sent.excerpt(&answer));
                let message = format!("{} in its first {} bytes", expected.absent(), answer.len());
                return Err(attempt.fault(Cause::TooLarge, message));
            }
            Step::More => {}
            Step::Ended => return Err(attempt.stream_error(StreamError::Ended, EXPECTED)),
            Step::TimeUp if answer.is_empty() => return Err(attempt.deadline_fault()),
            // Nothing that came so far matches.
            Step::TimeUp if expected.is_open() => return Err(mismatch(attempt, &answer, expected, sent)),
            Step::TimeUp => return Err(attempt.deadline_fault()),
        }
    }
}

async fn read_step(attempt: &Attempt, io: &mut Io, answer: &mut Vec<u8>) -> Result<Step, Fault> {
    let mut chunk = [0; 4096];
    match timeout_at(attempt.deadline() - MARGIN, io.read(&mut chunk)).await {
        Ok(Ok(0)) => Ok(Step::Ended),
        Ok(Ok(count)) => {
            answer.extend_from_slice(&chunk[..count]);
            Ok(Step::More)
        }
        Ok(Err(error)) => Err(attempt.stream_error(StreamError::Failed(&error), EXPECTED)),
        Err(_) => Ok(Step::TimeUp),
    }
}

/// Other bytes came: how many, and what speaks so; the bytes themselves are for `check` and `diagnose`.
pub(super) fn hint(fault: &Fault, _: &Evidence, _: &Context<'_>) -> Option<String> {
    (fault.cause == Cause::BodyMismatch).then(|| {
        "Another server than the expected one answers on this port, or it sends something else first. pilotfish check \
         shows an excerpt."
            .to_owned()
    })
}

fn mismatch(attempt: &mut Attempt, answer: &[u8], expected: &Pattern, sent: Sent<'_>) -> Fault {
    attempt.facts().excerpt = Some(sent.excerpt(answer));
    let speaks = recognise(answer).map_or_else(String::new, |protocol| format!("; the peer speaks {protocol}"));
    let received = bytes_of(answer);
    attempt.fault(Cause::BodyMismatch, format!("{} (received {received}){speaks}", expected.absent()))
}

/// The bytes that were sent, which the peer may repeat.
#[derive(Clone, Copy)]
struct Sent<'a>(Option<&'a Vec<u8>>);

impl Sent<'_> {
    /// The start of an answer without what was sent.
    fn excerpt(self, answer: &[u8]) -> String {
        let mut mask = Mask::default();
        self.0.iter().for_each(|sent| mask.add_words(&String::from_utf8_lossy(sent)));
        mask.excerpt(&String::from_utf8_lossy(answer))
    }
}
