//! `tls`: a handshake, and whether the certificate is trusted, for this name, and lasts long enough. After the handshake
//! it says nothing but the goodbye.

mod hint;
mod lines;
mod smtp;
mod starttls;
mod xmpp;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};

use self::starttls::{Conversation, StartTls};
use crate::cause::Cause;
use crate::check::address::{self, Address};
use crate::check::days::Days;
use crate::check::dialogue::{self, Dialogue, DialogueRun};
use crate::check::payload::{Expect, Payload};
use crate::check::place::Place;
use crate::check::tls_keys::{PEM_KEYS, TlsKeys};
use crate::check::{Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, readings};
use crate::config::node::{self, Keys, Node};
use crate::env::Env;
use crate::findings::TlsKeyNames;
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::tls::Pem;
use crate::outcome::{Detail, Fault, Phase, TlsDetail};
use crate::scheme::Scheme;
use crate::url::Host;
use crate::value::{Setting, Value};

/// The kind.
pub const KIND: Kind = Kind {
    name: "tls",
    summary: "a TLS handshake: the chain is trusted, the name matches, and the certificate does not expire soon",
    example: r#"{address: "mail:587", starttls: smtp, ca: /etc/tls/ca.pem, min_days_valid: 14}"#,
    url_form: "tls://host:port",
    schemes: &[Scheme::new("tls").tls()],
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &["address", "alpn", "min_days_valid", "server_name", "starttls", "verify"],
        paths: PEM_KEYS,
        ..ShownKeys::NONE
    },
    tls_keys: TlsKeyNames::BESIDE,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: address::target_fault,
    parse,
    from_url,
    facts: &[],
    hint: |fault, evidence, context| {
        hint::hint(fault, evidence, context)
            .or_else(|| dialogue::hint(fault, evidence, context))
            .or_else(|| starttls::hint(fault, evidence, context))
    },
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<TlsCheckKeys>(),
};

/// How long a server may take to judge our certificate, or that we have none, after the handshake.
const JUDGEMENT: Duration = Duration::from_secs(1);

/// The keys of a `tls` check.
#[derive(Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "tls"))]
#[serde(deny_unknown_fields)]
struct TlsCheckKeys {
    /// The address of the target: `host:port`, `1.2.3.4:port`, `[::1]:port`, or `unix:PATH` for a Unix socket.
    address: Setting<Place>,
    /// The protocol that requests TLS after connecting: `smtp`, `imap`, `pop3`, `ftp`, `xmpp`, `postgres`,
    /// `mysql` or `ldap`. Default: TLS starts at once. MySQL logs a refused client without a name, so the check runs at most
    /// every 5 min.
    starttls: Option<Setting<StartTls>>,
    /// The bytes to send inside TLS, written as in the kind `tcp`.
    send: Option<Payload>,
    /// The expected answer inside TLS, such as a banner, written as in the kind `tcp`.
    expect: Option<Expect>,
    /// The number of days for which every certificate of the chain must still be valid, 0 to 3650.
    min_days_valid: Option<Setting<Days>>,
    /// The application protocols to offer, preferred first. The server must accept one of them.
    #[serde(default)]
    alpn: Vec<Setting<Alpn>>,
    /// The trusted authorities: a PEM file, the PEM text itself, `system` (the bundle of the image) or `builtin` (the
    /// roots inside pilotfish). Default: `system` if the image has a bundle, otherwise `builtin`.
    ca: Option<Pem>,
    /// The client certificate and its chain, for servers that require one: a PEM file or the PEM text itself.
    cert: Option<Pem>,
    /// The key of `cert`: a PEM file or the PEM text itself, not encrypted.
    key: Option<Pem>,
    /// The name to request (SNI) and to expect in the certificate. Default: the host of `address`; `localhost` for a socket.
    server_name: Option<Setting<Host>>,
    /// `false` accepts any certificate. Every report shows that.
    #[serde(default = "yes")]
    verify: bool,
}

fn yes() -> bool {
    true
}

/// The name of an application protocol (RFC 7301).
#[derive(Debug, Clone)]
struct Alpn(String);

impl FromStr for Alpn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = matches!(text.len(), 1..=255);
        fits.then(|| Self(text.to_owned())).ok_or_else(|| "the name of a protocol, such as h2 or http/1.1".to_owned())
    }
}

/// A `tls` check: from the configuration, or of a URL that may come from a variable.
struct Tls {
    address: Address,
    starttls: Option<Setting<StartTls>>,
    min_days_valid: Option<Setting<Days>>,
    alpn: Vec<Setting<Alpn>>,
    keys: Arc<TlsKeys>,
    dialogue: Dialogue,
}

fn parse(node: &Node) -> Parsed {
    let TlsCheckKeys { address, starttls, send, expect, min_days_valid, alpn, ca, cert, key, server_name, verify } =
        node::read(node)?;
    let keys = TlsKeys { ca, cert, key, server_name, verify };
    let problems = keys.problems(node);
    if !problems.is_empty() {
        return Err(problems);
    }
    let (address, keys, dialogue) = (Address::Configured(address), Arc::new(keys), Dialogue { send, expect });
    Ok(Arc::new(Tls { address, starttls, min_days_valid, alpn, keys, dialogue }))
}

fn from_url(url: Value) -> Arc<dyn Check> {
    let (address, keys, dialogue) = (Address::Url(url), Arc::default(), Dialogue::default());
    Arc::new(Tls { address, starttls: None, min_days_valid: None, alpn: Vec::new(), keys, dialogue })
}

/// The values of one run; the files of `keys` are read when TLS starts.
struct TlsRun {
    place: Place,
    starttls: Option<StartTls>,
    days: Option<Days>,
    alpn: Vec<String>,
    keys: Arc<TlsKeys>,
    dialogue: DialogueRun,
}

impl Tls {
    fn resolve(&self, place: Result<Place, Fault>, env: &dyn Env) -> Result<TlsRun, Fault> {
        let place = place?;
        let starttls = self.starttls.as_ref().map(|word| word.resolve("starttls", env)).transpose()?;
        let days = self.min_days_valid.as_ref().map(|days| days.resolve("min_days_valid", env)).transpose()?;
        let alpn = self.alpn.iter().map(|name| Ok(name.resolve("alpn", env)?.0));
        let alpn = alpn.collect::<Result<_, Fault>>()?;
        let dialogue = self.dialogue.resolve(env)?;
        Ok(TlsRun { place, starttls, days, alpn, keys: Arc::clone(&self.keys), dialogue })
    }
}

impl Check for Tls {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let place = self.address.resolve("tls", env);
        Prepared::new(
            self.address.target("tls", place.as_ref().ok()),
            place.iter().filter_map(Place::endpoint).cloned().collect(),
            readings(&self.values(), env),
            self.resolve(place, env),
        )
    }

    fn stays_in_pod(&self) -> bool {
        self.address.is_on_socket()
    }

    fn values(&self) -> Vec<&Value> {
        let settings =
            [self.starttls.as_ref().and_then(Setting::later), self.min_days_valid.as_ref().and_then(Setting::later)];
        let alpn = self.alpn.iter().filter_map(Setting::later);
        let own = self.address.value().into_iter().chain(settings.into_iter().flatten()).chain(alpn);
        own.chain(self.keys.values()).chain(self.dialogue.values()).collect()
    }
}

impl Runnable for TlsRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let mut options = self.keys.options(&self.place.host(), attempt.world())?;
            options.alpn.clone_from(&self.alpn);

            let mut io = self.place.connect(attempt).await?;
            let mut inside = self.starttls.map(Conversation::new);
            if let Some(inside) = &mut inside {
                attempt.enter(Phase::Tls);
                if let Err(fault) = inside.ask(attempt, &mut io, &self.place.host()).await {
                    // What declines speaks the protocol; what speaks another one is left alone.
                    if smtp::expects_goodbye(&fault) {
                        inside.quit(attempt, &mut io).await;
                    }
                    attempt.close(io).await;
                    return Err(fault);
                }
            }
            let mut io = attempt.start_tls(io, &options).await?;
            let answered = self.dialogue.hold(attempt, &mut io).await;
            if let Some(inside) = &mut inside {
                inside.quit(attempt, &mut io).await;
            }
            // What is heard now is the better reason where an answer did not come.
            let judged = judge(attempt, &mut io).await;
            let result = judged.and_then(|()| self.certificate(attempt)).and(answered);
            attempt.leave();
            attempt.close(io).await;
            result
        })
    }
}

impl TlsRun {
    /// The agreed protocol, and the days that are left.
    fn certificate(&self, attempt: &mut Attempt) -> Result<(), Fault> {
        agreed(attempt, &self.alpn)?;
        attempt.enter(Phase::Assert);
        let session = attempt.tls().expect("start_tls returns a stream");
        self.days.map_or(Ok(()), |Days(days)| session.check_days_left(days))
    }
}

/// Under TLS 1.3 a server that asked for a certificate judges the answer after the handshake: after our goodbye it
/// closes, or it says what it did not like.
async fn judge(attempt: &Attempt, io: &mut Io) -> Result<(), Fault> {
    if !attempt.tls().is_some_and(crate::net::tls::Session::may_reject_client_certificate) {
        return Ok(());
    }
    let until = attempt.deadline().min(Instant::now() + JUDGEMENT);
    let mut rest = [0; 256];
    let farewell = async {
        io.shutdown().await?;
        while io.read(&mut rest).await? > 0 {}
        Ok::<(), std::io::Error>(())
    };
    match timeout_at(until, farewell).await {
        // Only an alert is a refusal: silence is none, and after our goodbye it may close as it likes.
        Err(_) | Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => attempt.tls().and_then(|session| session.fault(&error)).map_or(Ok(()), Err),
    }
}

/// Whether the server agreed on an application protocol, where some were offered.
fn agreed(attempt: &mut Attempt, offered: &[String]) -> Result<(), Fault> {
    if offered.is_empty() || attempt.facts().tls_alpn.is_some() {
        return Ok(());
    }
    let message = format!("the server accepted none of the offered application protocols: {}", offered.join(", "));
    Err(attempt.fault(Cause::TlsUnsupported, message).with(Detail::Tls(TlsDetail::NoSharedProtocol)))
}

#[cfg(test)]
mod tests;
