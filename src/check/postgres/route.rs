//! The way to a session: one host, encrypted as sslmode says, logged in.
//!
//! libpq would repeat a login without TLS after a rejected password, and so send the proof twice, the second time in
//! plain sight. Here the second kind of connection is tried only if the first was refused before any proof was sent, or
//! its TLS handshake failed.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::guard::{Guard, Trust};
use super::login::{Login, log_in as log_in_over};
use super::peer_name::libpq;
use super::session::Session;
use super::session_error::{SessionError, broken, limit, shown};
use super::settings::{Server, Settings};
use super::sqlstate::{Link, code};
use super::words::SslMode;
use crate::cause::Cause;
use crate::check::tls_keys::TlsKeys;
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::{Protocol, recognise};
use crate::net::stream_error::{Expected, StreamError};
use crate::net::tls::{TlsOptions, Verify};
use crate::outcome::{AUTH_METHOD, Detail, FactValue, Fault, Phase, SERVER_VERSION, TlsDetail};

/// The request for TLS: its length and its code.
const TLS_REQUEST: &[u8] = b"\0\0\0\x08\x04\xd2\x16\x2f";

/// What is observed where the server demands too many rounds of SCRAM.
const TOO_FEW_ROUNDS: &str = "the server demands fewer rounds of SCRAM than are required";
const TOO_MANY_ROUNDS: &str = "the server demands more rounds of SCRAM than pilotfish computes";

/// How a connection is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConnectMode {
    /// In plain text.
    Plain,
    /// By TLS; in plain text over the same connection where the server has none and that will do.
    Tls { plain_will_do: bool },
}

/// A session, and how its stream stands: what an error means depends on it.
pub(super) struct LoggedIn {
    pub(super) session: Session<Io>,
    pub(super) link: Link,
}

/// A login that did not come about.
struct Refused {
    fault: Fault,
    /// Refused before any proof was sent, in a way that the other kind of connection may change.
    other_mode: bool,
}

impl SslMode {
    /// The modes to try, in order.
    const fn modes(self) -> (ConnectMode, Option<ConnectMode>) {
        match self {
            Self::Disable => (ConnectMode::Plain, None),
            Self::Allow => (ConnectMode::Plain, Some(ConnectMode::Tls { plain_will_do: false })),
            Self::Prefer => (ConnectMode::Tls { plain_will_do: true }, Some(ConnectMode::Plain)),
            Self::Require | Self::VerifyCa | Self::VerifyFull => (ConnectMode::Tls { plain_will_do: false }, None),
        }
    }
}

/// A session on this host, logged in.
///
/// # Errors
/// The causes of every phase up to `login`.
pub(super) async fn log_in(attempt: &mut Attempt, settings: &Settings, server: &Server) -> Result<LoggedIn, Fault> {
    if settings.gss_only {
        let io = dial(attempt, server).await?;
        attempt.enter(Phase::Login);
        attempt.close(io).await;
        let text = "gssencmode=require asks for encryption by GSSAPI, which pilotfish does not have";
        return Err(fault(attempt, &limit(code::KERBEROS, text), Link::Plain));
    }
    // As with libpq there is no TLS on a socket, whatever sslmode is.
    let (first, second) = match server.socket {
        Some(_) => (ConnectMode::Plain, None),
        None => settings.sslmode.modes(),
    };
    // Where TLS is tried next, that it is off is no cause.
    let link = if second.is_some() || server.socket.is_some() { Link::PlainForced } else { Link::Plain };
    let refused = match connect_with(attempt, settings, server, first, link).await {
        Ok(session) => return Ok(session),
        Err(refused) => refused,
    };
    let Some(second) = second.filter(|_| refused.other_mode) else { return Err(refused.fault) };
    connect_with(attempt, settings, server, second, Link::PlainForced)
        .await
        .map_err(|again| both(first, refused.fault, again.fault))
}

/// One fault of two: the one over TLS, which is the kind that matters, but where the other got to a proof.
fn both(first: ConnectMode, earlier: Fault, later: Fault) -> Fault {
    let (over_tls, plain) = if first == ConnectMode::Plain { (later, earlier) } else { (earlier, later) };
    let others_certificate =
        matches!(over_tls.detail, Some(Detail::SqlState { code: code::OTHER_USERS_CERTIFICATE, .. }));
    let plain_decides = match plain.cause {
        // The certificate was to log in: without TLS the server can only ask for something else.
        _ if others_certificate => false,
        // A server without TLS refused nothing over it.
        _ if over_tls.detail == Some(Detail::Tls(TlsDetail::NotOffered)) => true,
        Cause::LoginRejected | Cause::TlsUnsupported => false,
        // Over TLS the login may be another one: that decides where it came so far.
        Cause::ProbeLimit => over_tls.phase < Phase::Login,
        _ => plain.phase >= Phase::Login,
    };
    let message = format!("with TLS: {}; without: {}", over_tls.message, plain.message);
    let chosen = if plain_decides { plain } else { over_tls };
    chosen.with_message(message)
}

/// Connects in one mode and logs in. `link` is what plain text would mean on it.
async fn connect_with(
    attempt: &mut Attempt,
    settings: &Settings,
    server: &Server,
    mode: ConnectMode,
    link: Link,
) -> Result<LoggedIn, Refused> {
    let stays = |fault| Refused { fault, other_mode: false };
    let ConnectMode::Tls { plain_will_do } = mode else {
        let io = dial(attempt, server).await.map_err(stays)?;
        let trust = if server.socket.is_some() { Trust::Local } else { Trust::Plain };
        return authenticate(attempt, settings, io, link, trust).await;
    };
    // Files that cannot be read are told before anybody is dialled.
    let (options, trust) = tls_options(attempt, settings, server).map_err(stays)?;
    let io = attempt.connect(&server.endpoint).await.map_err(stays)?;
    match offer(attempt, io).await? {
        Offer::Taken(io) => {
            let started = attempt.start_tls(io, &options).await;
            // A handshake that ran timed out left none for the other kind.
            let io = started.map_err(|fault| Refused { other_mode: fault.cause != Cause::Timeout, fault })?;
            authenticate(attempt, settings, io, Link::Tls, trust).await
        }
        Offer::Declined(io) if plain_will_do => {
            let login = authenticate(attempt, settings, io, Link::PlainForced, Trust::Plain).await;
            login.map_err(|refused| stays(refused.fault))
        }
        Offer::Declined(io) => {
            attempt.close(io).await;
            let message = "the server answered `N` to the request for TLS: it offers none";
            let fault = Fault::new(Phase::Tls, Cause::TlsUnsupported, message);
            Err(stays(attempt.of_connection(fault.with(Detail::Tls(TlsDetail::NotOffered)))))
        }
    }
}

async fn dial(attempt: &mut Attempt, server: &Server) -> Result<Io, Fault> {
    match &server.socket {
        Some(path) => attempt.connect_unix(path).await,
        None => attempt.connect(&server.endpoint).await,
    }
}

/// What a server says to the wish for TLS.
enum Offer {
    Taken(Io),
    Declined(Io),
}

/// Asks for TLS and reads exactly one byte: what comes behind an `S` belongs to the handshake, and nothing that was sent
/// in plain text before it may count as said under TLS.
async fn offer(attempt: &mut Attempt, mut io: Io) -> Result<Offer, Refused> {
    attempt.enter(Phase::Login);
    let mut answer = [0];
    let asked = async {
        io.write_all(TLS_REQUEST).await?;
        io.flush().await?;
        io.read_exact(&mut answer).await
    };
    let session_error = match asked.await {
        Err(error) => SessionError::Failed(error),
        Ok(_) => match answer[0] {
            b'S' => return Ok(Offer::Taken(io)),
            b'N' => return Ok(Offer::Declined(io)),
            // A server with no room for the request says so before it looks at it.
            first @ b'E' => Guard::refusal(&mut io, first).await,
            other => broken(&format!("the server answered {} to the request for TLS", shown(other))),
        },
    };
    // What else it says shows what it speaks.
    attempt.abandon(io).await;
    let other_mode = matches!(session_error, SessionError::Server(_));
    let fault = match &session_error {
        SessionError::Server(error) if error.takes_request_for_protocol() => {
            let message = format!("the server rejects the request for TLS: {} ({})", error.message, error.code);
            let fault = Fault::new(Phase::Tls, Cause::TlsUnsupported, message);
            attempt.of_connection(fault.with(Detail::Tls(TlsDetail::NotOffered)))
        }
        error => fault(attempt, error, Link::PlainForced),
    };
    Err(Refused { fault, other_mode })
}

async fn authenticate(
    attempt: &mut Attempt,
    settings: &Settings,
    io: Io,
    link: Link,
    trust: Trust,
) -> Result<LoggedIn, Refused> {
    attempt.enter(Phase::Login);
    let login = Login {
        user: &settings.user,
        database: &settings.database,
        application_name: &settings.application_name,
        options: settings.options.as_deref(),
        password: settings.password.as_ref(),
        passfile: settings.passfile,
        channel_binding: settings.channel_binding,
        cleartext: settings.cleartext,
        min_rounds: settings.min_scram_iterations,
        trust,
        certificate: link == Link::Tls && settings.cert.is_some(),
        end_point: io.tls_server_end_point.clone(),
    };
    let guard = Guard::new(io, login.rules(), attempt.world().turns.clone());
    let result = log_in_over(&guard, &login).await;
    let record = guard.record();
    let facts = attempt.facts();
    facts.learn(SERVER_VERSION, record.parameters.server_version.map(FactValue::text));
    match result {
        Ok(session) => {
            facts.learn(AUTH_METHOD, record.method.map(FactValue::word));
            Ok(LoggedIn { session, link })
        }
        Err(session_error) => {
            let mut fault = fault(attempt, &session_error, link);
            if matches!(&session_error, SessionError::Server(error) if error.of_upstream(&settings.user, record.proven))
            {
                fault.message.push_str(", said by the server behind a pooler");
                if let Some(Detail::SqlState { code, .. }) = &mut fault.detail {
                    *code = code::UPSTREAM_LOGIN;
                }
            }
            let refused = matches!(session_error, SessionError::Server(_)) && !record.proof_sent;
            // Over TLS the password may go where it may not without.
            let not_in_plain = matches!(session_error, SessionError::Limit { code: code::CLEAR_TEXT_PLAIN, .. });
            attempt.close(guard.into_stream()).await;
            let by_rule =
                matches!(fault.cause, Cause::LoginRejected | Cause::TlsUnsupported | Cause::TlsClientCertRequired);
            Err(Refused { fault, other_mode: refused && by_rule || not_in_plain })
        }
    }
}

/// How TLS is made, and what it is worth. As with libpq a configured CA is used by every mode.
fn tls_options(attempt: &Attempt, settings: &Settings, server: &Server) -> Result<(TlsOptions, Trust), Fault> {
    let own_ca = settings.ca.is_some();
    let (verify, trust) = match settings.sslmode {
        SslMode::VerifyFull => (Verify::Full, Trust::Verified),
        // Under a public CA anybody can have a certificate, only not for this name.
        SslMode::VerifyCa if !own_ca => (Verify::Chain, Trust::Unverified),
        _ if own_ca => (Verify::Chain, Trust::Verified),
        _ => (Verify::Off, Trust::Unverified),
    };
    let keys = TlsKeys {
        ca: settings.ca.clone(),
        cert: settings.cert.clone(),
        key: settings.key.clone(),
        verify: verify != Verify::Off,
        ..TlsKeys::default()
    };
    let options = keys.options(server.name.as_ref().unwrap_or(&server.endpoint.host), attempt.world())?;
    Ok((TlsOptions { verify, name_rule: libpq, ..options }, trust))
}

/// The fault of a conversation that ended early, in the running phase.
pub(super) fn fault(attempt: &Attempt, session_error: &SessionError, link: Link) -> Fault {
    let trouble = match session_error {
        SessionError::Server(error) if attempt.phase() == Some(Phase::Request) => {
            return attempt.of_connection(error.at_request());
        }
        SessionError::Server(error) => return attempt.of_connection(error.at_login(link)),
        SessionError::Stop(cause, text) => return attempt.fault(*cause, text),
        SessionError::Limit { code, text } => {
            let fault = attempt.fault(Cause::ProbeLimit, text).with(Detail::Protocol { code, product: None });
            // A number of the server may change from run to run.
            return fault.stating(match *code {
                code::ROUNDS => TOO_MANY_ROUNDS,
                code::FEW_ROUNDS => TOO_FEW_ROUNDS,
                _ => text,
            });
        }
        SessionError::Unbound { code, text } => {
            let unbound = Detail::Protocol { code, product: None };
            return attempt.fault(Cause::AuthUnsupported, text).with(unbound).stating(text.clone());
        }
        SessionError::TooLong(_) if speaks_another(attempt) => StreamError::Unexpected(""),
        SessionError::TooLong(length) => {
            return attempt.fault(Cause::TooLarge, format!("the server announced a message of {length} bytes"));
        }
        SessionError::Unexpected(text) => StreamError::Unexpected(text),
        SessionError::Failed(error) => {
            let judged = attempt.tls().filter(|_| link == Link::Tls).and_then(|session| session.fault(error));
            if let Some(fault) = judged {
                return attempt.of_connection(fault);
            }
            StreamError::Failed(error)
        }
    };
    let what = if attempt.phase() == Some(Phase::Request) {
        "the answer to the query"
    } else {
        "the server's part of the login"
    };
    attempt.stream_error(trouble, Expected { what, protocol: Some(Protocol::Postgres) })
}

/// Whether the first bytes are of another protocol: then a length in them is none.
fn speaks_another(attempt: &Attempt) -> bool {
    let head = attempt.monitor().map(|monitor| monitor.seen().head).unwrap_or_default();
    recognise(&head).is_some_and(|protocol| protocol != Protocol::Postgres)
}
