//! `smtp`: the greeting, EHLO, TLS as asked for, a fresh login with the pod's own credentials, and QUIT. No mail is sent.
//!
//! TLS, once asked for, is never given up: nothing but EHLO and STARTTLS is said before it. A rejected credential is
//! reported as one that must not be sent again soon, because mail providers lock accounts.

mod answers;
mod discovery;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hint;
mod keys;
mod login;
mod session;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout_at;

use crate::cause::Cause;
use crate::check::login::{LoginRefusal, stating};
use crate::check::mail::{Client, Ehlo, Hello, Opening};
use crate::check::server_keys::ServerKeys;
use crate::check::tls_keys::{PEM_KEYS, TlsKeys};
use crate::check::tls_mode::Mode;
use crate::check::{Care, Check, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, fault_of_url};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::TlsKeyNames;
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::outcome::{AUTH_METHOD, Detail, FactKey, FactValue, Fault, Phase, StreamDetail};
use crate::value::Value;

use answers::{Meaning, code};
use keys::{Destination, RULES, SmtpKeys};
use login::Login;
use session::Mechanism;

/// The form of its URLs.
const URL_FORM: &str = "smtp://user:password@host:587";

/// What the server offers to log in with.
const MECHANISMS: FactKey =
    FactKey { name: "auth_offered", meaning: "the login mechanisms that the server offers (AUTH)" };

/// How a check asks for TLS.
const CLEARTEXT_FIX: &str = "set `tls: starttls` (or `implicit` for port 465), and the same in the app";

/// The kind.
pub const KIND: Kind = Kind {
    name: "smtp",
    summary: "greets a mail server, starts TLS as asked, and logs in with the pod's own credentials; sends no mail",
    example: "{address: \"mail:587\", tls: starttls, username: app, password: {file: /etc/secrets/smtp}}",
    url_form: URL_FORM,
    schemes: RULES.schemes,
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &[
            "address",
            "ehlo",
            "host",
            "mode",
            "port",
            "server_name",
            "socket",
            "tls",
            "user",
            "username",
            "verify",
        ],
        urls: &["url"],
        paths: PEM_KEYS,
        ..ShownKeys::NONE
    },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: discovery::RULE,
    counts_unfinished: None,
    start_tls: None,
    care: Care { calm_interval: Some(Duration::from_mins(5)), accounts_lock: true },
    gates_by_default: true,
    target_fault: |text| fault_of_url(parse, text),
    parse,
    from_url: |url| Arc::new(Smtp { keys: SmtpKeys { server: ServerKeys::of_url(url), ..SmtpKeys::default() } }),
    facts: &[AUTH_METHOD, MECHANISMS],
    hint: hint::hint,
    #[cfg(test)]
    schema: |generator| crate::check::server_keys::schema::<keys::OwnKeys>(generator, URL_FORM),
};

/// A configured check.
#[derive(Debug)]
struct Smtp {
    keys: SmtpKeys,
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Smtp { keys: SmtpKeys::read(node)? }))
}

impl Check for Smtp {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let destination = self.keys.destination(env);
        Prepared::new(
            destination.as_ref().map_or_else(|fault| self.keys.blamed_origin(fault), Destination::target),
            destination.as_ref().map(|destination| destination.server.endpoints()).unwrap_or_default(),
            self.keys.readings(env),
            destination.and_then(|destination| {
                let (ehlo, login) = (self.keys.ehlo(env)?, destination.login.clone()?);
                Ok(SmtpRun { ehlo, login, tls: self.keys.tls(), destination })
            }),
        )
    }

    fn stays_in_pod(&self) -> bool {
        self.keys.is_on_socket()
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }
}

/// The values of one run; the files of CA and client certificate are read when TLS starts.
struct SmtpRun {
    destination: Destination,
    ehlo: String,
    login: Option<Login>,
    tls: TlsKeys,
}

impl Runnable for SmtpRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move { self.probe(attempt).await.map_err(|fault| self.stating(fault)) })
    }
}

impl SmtpRun {
    async fn probe(&self, attempt: &mut Attempt) -> Result<(), Fault> {
        let (endpoint, mode) = (self.destination.server.endpoint(), self.destination.mode);
        // Report unreadable files before connecting.
        let options = || self.tls.options(&endpoint.host, attempt.world());
        let options = (mode != Mode::None).then(options).transpose()?;
        let mut io = self.destination.server.connect(attempt, endpoint).await?;
        if let (Mode::Implicit, Some(options)) = (mode, &options) {
            io = attempt.start_tls(io, options).await.map_err(|fault| not_at_once(attempt, fault))?;
        }
        let mut client = Client::new(io);
        let mut opened = self.open(attempt, &mut client).await;
        if let (Mode::StartTls, Some(options), Ok(_)) = (mode, &options, &opened) {
            client = Client::new(attempt.start_tls(client.into_stream(), options).await?);
            attempt.enter(Phase::Login);
            // What was offered in plain text may come from somebody else.
            opened = self.opening(attempt).ehlo(&mut client, None).await;
        }
        let result = match opened {
            Ok(Ehlo::Known(hello)) => self.log_in(attempt, &mut client, &hello).await,
            Ok(Ehlo::Unknown(_)) => self.log_in(attempt, &mut client, &Hello::default()).await,
            Err(fault) => Err(fault),
        };
        self.end(attempt, client, result.as_ref().err()).await;
        result
    }

    fn opening<'a>(&'a self, attempt: &'a Attempt) -> Opening<'a> {
        Opening { attempt, name: &self.ehlo, busy: LoginRefusal::Full }
    }

    /// Up to where TLS may start.
    async fn open(&self, attempt: &mut Attempt, client: &mut Client<Io>) -> Result<Ehlo, Fault> {
        attempt.enter(Phase::Login);
        let greeting = match timeout_at(attempt.deadline(), self.opening(attempt).greeting(client)).await {
            Ok(greeting) => greeting?,
            Err(_) => return Err(self.slow(attempt, code::SLOW_GREETING, "did not greet in time")),
        };
        let hello = self.opening(attempt).ehlo(client, Some(&greeting)).await?;
        if self.destination.mode == Mode::StartTls {
            attempt.enter(Phase::Tls);
            self.opening(attempt).start_tls(client, &hello).await?;
        }
        Ok(hello)
    }

    async fn log_in(&self, attempt: &mut Attempt, client: &mut Client<Io>, hello: &Hello) -> Result<(), Fault> {
        let offered = Some(hello.mechanisms.clone()).filter(|all| !all.is_empty()).map(FactValue::List);
        attempt.facts().learn(MECHANISMS, offered);
        let Some(login) = &self.login else {
            attempt.facts().learn(AUTH_METHOD, Some(FactValue::word("none")));
            return Ok(());
        };
        let Some(mechanism) = Mechanism::choose(&hello.mechanisms, login.is_token) else {
            return Err(self.no_mechanism(attempt, hello, login.is_token));
        };
        attempt.facts().learn(AUTH_METHOD, Some(FactValue::word(mechanism.word())));
        if self.destination.mode == Mode::None {
            attempt.note_cleartext_login(self.destination.server.endpoint(), CLEARTEXT_FIX);
        }
        let exchange = session::log_in(client, mechanism, login);
        match timeout_at(attempt.deadline(), exchange).await {
            Ok(Ok(reply)) if reply.code == 235 => Ok(()),
            Ok(Ok(reply)) => {
                let answer = answers::read(&reply, self.destination.mode == Mode::None);
                let message = answer.message(&reply, &mechanism.secrets(login));
                let fault = match answer.meaning {
                    Meaning::Refused(refusal) => refusal.fault(message),
                    Meaning::WantsTls => Fault::new(Phase::Login, Cause::TlsUnsupported, message).stating(answer.says),
                    Meaning::Strange => attempt.fault(Cause::ProtocolError, message),
                };
                let fault = attempt.of_connection(fault.with(observed(answer.code)));
                Err(if answer.holds { fault.risking_lock() } else { fault })
            }
            Ok(Err(error)) => Err(error.fault(attempt, client.awaited())),
            Err(_) => Err(self.slow(attempt, code::SLOW_LOGIN, "did not answer the login in time")),
        }
    }

    /// The fault of a server that offers nothing to log in with that this check has.
    fn no_mechanism(&self, attempt: &Attempt, hello: &Hello, is_token: bool) -> Fault {
        let wanted = if is_token { "XOAUTH2" } else { "PLAIN or LOGIN" };
        let (cause, code, message) = match () {
            () if self.destination.mode == Mode::None && hello.starttls && hello.mechanisms.is_empty() => {
                let message = "the SMTP server offers STARTTLS and, without it, no login (AUTH)";
                (Cause::TlsUnsupported, code::WANTS_TLS, message.to_owned())
            }
            () if hello.mechanisms.is_empty() => {
                (Cause::AuthUnsupported, code::NO_AUTH, "the SMTP server offers no login (AUTH)".to_owned())
            }
            () => {
                let offered = hello.mechanisms.join(", ");
                let code = if is_token { code::NO_TOKEN } else { code::NO_PASSWORD };
                (Cause::AuthUnsupported, code, format!("the SMTP server offers {offered}, but not {wanted}"))
            }
        };
        let fault = attempt.of_connection(Fault::new(Phase::Login, cause, &message).with(observed(code)));
        if cause == Cause::TlsUnsupported { fault.stating(message) } else { fault }
    }

    /// The fault of a server that lets the time run out.
    fn slow(&self, attempt: &mut Attempt, code: &'static str, does: &str) -> Fault {
        let fault = attempt.deadline_fault();
        if fault.cause != Cause::Timeout {
            return fault;
        }
        let code = match &fault.detail {
            Some(Detail::Stream(StreamDetail::Silent)) if code == code::SLOW_GREETING => code::NO_GREETING,
            _ => code,
        };
        let message = format!("{}; the SMTP server {does}", fault.message);
        let fault = fault.with_message(message).with(observed(code));
        fault.stating(format!("{} {does}", self.destination.server.place()))
    }

    /// Says goodbye to what speaks the protocol, and leaves alone what does not.
    async fn end(&self, attempt: &mut Attempt, mut client: Client<Io>, fault: Option<&Fault>) {
        let is_stranger = fault.is_some_and(|fault| {
            let causes = [
                Cause::ProtocolError,
                Cause::ConnectionClosed,
                Cause::ConnectReset,
                Cause::Timeout,
                Cause::TooLarge,
                Cause::TlsNotTls,
                Cause::LocalLimit,
            ];
            causes.contains(&fault.cause)
        });
        if is_stranger {
            attempt.abandon(client.into_stream()).await;
        } else {
            // The time may be up.
            drop(timeout_at(attempt.deadline(), client.quit()).await);
            attempt.close(client.into_stream()).await;
        }
    }

    /// The same fault with whose login it is about.
    fn stating(&self, fault: Fault) -> Fault {
        stating(fault, self.destination.server.shown_user(), None)
    }
}

/// The fault of a TLS handshake that starts with the first byte, on a port where it seems to start later.
fn not_at_once(attempt: &mut Attempt, fault: Fault) -> Fault {
    let never_began = attempt.facts().tls_version.is_none();
    let code = match (fault.cause, &fault.detail) {
        (Cause::TlsNotTls, Some(Detail::Stream(StreamDetail::Speaks("SMTP" | "SMTP or FTP")))) => code::GREETS_IN_PLAIN,
        (Cause::Timeout | Cause::ConnectionClosed, _) if never_began => code::NOT_AT_ONCE,
        _ => return fault,
    };
    fault.with(observed(code))
}

/// What was observed, by its code.
const fn observed(code: &'static str) -> Detail {
    Detail::Protocol { code, product: None }
}
