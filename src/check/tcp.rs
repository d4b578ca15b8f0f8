//! `tcp`: connects; where told to, sends bytes and compares what comes back.
//!
//! It has no protocol of its own, so it says no goodbye: a connection on which something was sent is aborted unless the
//! peer closes it first.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use crate::check::address::{self, Address};
use crate::check::dialogue::{self, Dialogue, DialogueRun};
use crate::check::payload::{Expect, Payload};
use crate::check::place::Place;
use crate::check::{
    self, Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, readings,
};
use crate::config::node::{self, Keys, Node};
use crate::env::Env;
use crate::findings::TlsKeyNames;
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::resolve::Walk;
use crate::outcome::Fault;
use crate::scheme::Scheme;
use crate::value::{Setting, Value};

/// The kind.
pub const KIND: Kind = Kind {
    name: "tcp",
    summary: "connects; optionally sends bytes and compares the answer",
    example: r#"{address: "cache:6379", send: 'PING\r\n', expect: {regex: '^(\+PONG|-NOAUTH)'}}"#,
    url_form: "tcp://host:port or unix:PATH",
    schemes: &[Scheme::new("tcp"), Scheme::new("unix").opaque()],
    subject: Subject::Server,
    shown: ShownKeys { plain: &["address"], ..ShownKeys::NONE },
    tls_keys: TlsKeyNames::NONE,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: address::target_fault,
    parse,
    from_url,
    facts: &[],
    hint: dialogue::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<Config>(),
};

/// How long a server may take to speak first, where a check waits for nothing and such a server is not usual.
const GREETING: Duration = Duration::from_millis(250);

/// Connects to an address. With `send`, sends bytes; with `expect`, compares the answer.
#[derive(Keys)]
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
    dialogue: Dialogue,
}

fn parse(node: &Node) -> Parsed {
    let Config { address, send, expect } = node::read(node)?;
    Ok(Arc::new(Tcp { address: Address::Configured(address), dialogue: Dialogue { send, expect } }))
}

fn from_url(url: Value) -> Arc<dyn Check> {
    Arc::new(Tcp { address: Address::Url(url), dialogue: Dialogue::default() })
}

/// The values of one run.
struct TcpRun {
    place: Place,
    dialogue: DialogueRun,
}

impl Tcp {
    fn resolve(&self, place: Result<Place, Fault>, env: &dyn Env) -> Result<TcpRun, Fault> {
        Ok(TcpRun { place: place?, dialogue: self.dialogue.resolve(env)? })
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
        self.address.value().into_iter().chain(self.dialogue.values()).collect()
    }
}

impl Runnable for TcpRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let mut io = self.place.connect(attempt).await?;
            self.dialogue.hold(attempt, &mut io).await?;
            attempt.leave();
            if let Some(endpoint) = self.place.endpoint()
                && self.dialogue.is_empty()
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

#[cfg(test)]
mod tests;
