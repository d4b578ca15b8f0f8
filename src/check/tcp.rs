//! `tcp`: connects; where told to, sends bytes and compares what comes back.
//!
//! It has no protocol of its own, so it says no goodbye: a connection on which something was sent is aborted unless the
//! peer closes it first.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{timeout, timeout_at};
use zeroize::Zeroizing;

use crate::cause::Cause;
use crate::check::address::{self, Address};
use crate::check::payload::{Expect, Pattern, Payload};
use crate::check::place::Place;
use crate::check::{
    self, Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, readings,
};
use crate::config::node::{self, Node};
use crate::env::Env;
use crate::findings::{Context, TlsKeyNames};
use crate::mask::Mask;
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::resolve::Walk;
use crate::net::speaks::recognise;
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Evidence, Fault, Phase, bytes_of};
use crate::scheme::Scheme;
use crate::value::{Setting, Value};

/// The kind.
pub const KIND: Kind = Kind {
    name: "tcp",
    summary: "connects; optionally sends bytes and compares the answer",
    example: r#"{address: "cache:6379", send: 'PING\r\n', expect: {regex: '^(\+PONG|-NOAUTH)'}}"#,
    url_form: "tcp://host:port",
    schemes: &[Scheme::new("tcp")],
    subject: Subject::Server,
    shown: ShownKeys { plain: &["address"], ..ShownKeys::NONE },
    tls_keys: TlsKeyNames::NONE,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    target_fault: address::target_fault,
    parse,
    from_url,
    facts: &[],
    hint,
    counts_unfinished: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<Config>(),
};

/// How much of an answer is looked at.
const ANSWER_LIMIT: usize = 64 * 1024;
/// The verdict on what came must be there before the deadline ends the run.
const MARGIN: Duration = Duration::from_millis(20);
/// How long a server may take to speak first, where a check waits for nothing and such a server is not usual.
const GREETING: Duration = Duration::from_millis(250);
const EXPECTED: Expected = Expected { what: "an answer", protocol: None };

/// Connects to an address. With `send`, sends bytes; with `expect`, compares the answer.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Config {
    /// The address of the target: `host:port`, `1.2.3.4:port`, `[::1]:port`, or `unix:PATH` for a Unix socket.
    address: Setting<Place>,
    /// The bytes to send after connecting. In the configuration, `\r`, `\n`, `\t`, `\0`, `\\` and `\xNN` are bytes; a
    /// value from a variable or a file is sent unchanged.
    send: Option<Payload>,
    /// The expected answer: the bytes that it starts with, written as in `send`, or `{regex: …}`, which must match
    /// somewhere in the answer (up to 64 KiB; bytes that are not UTF-8 match only `.`).
    expect: Option<Expect>,
}

struct Tcp {
    address: Address,
    send: Option<Payload>,
    expect: Option<Expect>,
}

fn parse(node: &Node) -> Parsed {
    let Config { address, send, expect } = node::read(node)?;
    Ok(Arc::new(Tcp { address: Address::Configured(address), send, expect }))
}

fn from_url(url: Value) -> Arc<dyn Check> {
    Arc::new(Tcp { address: Address::Url(url), send: None, expect: None })
}

/// The values of one run.
struct TcpRun {
    place: Place,
    send: Option<Zeroizing<Vec<u8>>>,
    expect: Option<Pattern>,
}

impl Tcp {
    fn resolve(&self, place: Result<Place, Fault>, env: &dyn Env) -> Result<TcpRun, Fault> {
        let place = place?;
        let send = self.send.as_ref().map(|send| send.resolve(env)).transpose()?;
        let expect = self.expect.as_ref().map(|expect| expect.resolve(env)).transpose()?;
        Ok(TcpRun { place, send, expect })
    }
}

impl Check for Tcp {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let place = self.address.resolve("tcp", env);
        Prepared::new(
            self.address.target("tcp", place.as_ref().ok()),
            place.iter().filter_map(Place::endpoint).cloned().collect(),
            readings(&self.values(), env),
            self.resolve(place, env),
        )
    }

    fn stays_in_pod(&self) -> bool {
        self.address.is_on_socket()
    }

    fn values(&self) -> Vec<&Value> {
        let sent = self.send.iter().flat_map(Payload::values);
        let expected = self.expect.iter().flat_map(Expect::values);
        self.address.value().into_iter().chain(sent).chain(expected).collect()
    }
}

impl Runnable for TcpRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let mut io = self.place.connect(attempt).await?;
            if let Some(bytes) = &self.send {
                attempt.enter(Phase::Request);
                io.write_all(bytes)
                    .await
                    .map_err(|error| attempt.stream_error(StreamError::Failed(&error), EXPECTED))?;
            }
            if let Some(expected) = &self.expect {
                attempt.enter(Phase::Assert);
                await_answer(attempt, &mut io, expected, Sent(self.send.as_deref())).await?;
            }
            attempt.leave();
            if let Some(endpoint) = self.place.endpoint()
                && self.send.is_none()
                && self.expect.is_none()
            {
                hear_greeting(attempt, &mut io, endpoint.port).await;
            }
            attempt.abandon(io).await;
            Ok(())
        })
    }
}

/// Hears whether the server speaks first: some count every connection without a login, and block whoever makes many.
async fn hear_greeting(attempt: &mut Attempt, io: &mut Io, port: u16) {
    let Some(address) = attempt.evidence().tries.last().map(|one| one.address) else { return };
    let is_usual = check::usually_counts_unfinished(port);
    let listens = is_usual || (attempt.walk() == Walk::Remembered && attempt.world().greeters.listens(address));
    if listens {
        let mut first = [0; 64];
        let reading = io.read(&mut first);
        // The server may look up our name first.
        let heard = match is_usual {
            true => attempt.aside(reading).await,
            false => attempt.aside(timeout(GREETING, reading)).await.and_then(Result::ok),
        };
        let something = matches!(heard, Some(Ok(count)) if count > 0);
        attempt.world().greeters.heard(address, something);
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
fn hint(fault: &Fault, _: &Evidence, _: &Context<'_>) -> Option<String> {
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

#[cfg(test)]
mod tests;
