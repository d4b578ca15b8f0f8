//! The way to a session: connect, read the greeting, start TLS as sslmode says, log in.

use super::auth::Trust;
use super::code;
use super::greeting::Greeting;
use super::keys::Settings;
use super::login::{Login, log_in as log_in_over};
use super::packet::{Packets, SessionError};
use super::response::tls_request;
use super::words::SslMode;
use crate::cause::Cause;
use crate::check::login::stating;
use crate::check::tls_keys::TlsKeys;
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::Protocol;
use crate::net::stream_error::{Expected, StreamError};
use crate::net::tls::{RsaPublicKey, TlsOptions, Verify};
use crate::outcome::{AUTH_METHOD, Aftermath, Detail, FactValue, Fault, Phase, SERVER_VERSION, TlsDetail};

/// The port of MySQL's X protocol, which is another one.
const X_PORT: u16 = 33060;

/// A session on this server, logged in.
///
/// # Errors
/// The causes of every phase up to `login`.
pub(super) async fn log_in(attempt: &mut Attempt, settings: &Settings) -> Result<Packets<Io>, Fault> {
    // Report unreadable files before connecting.
    let tls = tls_options(attempt, settings)?;
    let public_key =
        settings.server_public_key.as_ref().map(|pem| RsaPublicKey::read(pem, attempt.env())).transpose()?;
    let io = settings.server.connect(attempt, settings.server.endpoint()).await?;
    attempt.enter(Phase::Login);
    let mut packets = Packets::new(io);
    let greeting = match greet(&mut packets).await {
        Ok(greeting) => greeting,
        Err(error) => return Err(refused(attempt, settings, packets, &error).await),
    };
    // From here on the server counts a connection that ends without a login.
    attempt.evidence().aftermath = Aftermath::Unfinished;
    attempt.facts().learn(SERVER_VERSION, Some(FactValue::text(greeting.version.clone())));
    let mut trust = Trust::Plain;
    if let Some((options, over_tls)) = tls {
        if greeting.offers_tls() {
            packets = start_tls(attempt, settings, packets, &greeting, &options).await?;
            trust = over_tls;
        } else if settings.sslmode != SslMode::Preferred {
            attempt.close(packets.into_stream()).await;
            let fault =
                Fault::new(Phase::Tls, Cause::TlsUnsupported, "the server offers no TLS, and sslmode requires it");
            return Err(attempt.of_connection(fault.with(Detail::Tls(TlsDetail::NotOffered))));
        }
    }
    let login = Login {
        user: &settings.user,
        password: settings.password.as_ref(),
        database: settings.database.as_deref(),
        trust,
        cleartext: settings.cleartext,
        public_key: public_key.as_ref(),
    };
    match log_in_over(&mut packets, &greeting, login).await {
        Ok(method) => {
            attempt.evidence().aftermath = Aftermath::Finished;
            attempt.facts().learn(AUTH_METHOD, Some(FactValue::word(method)));
            Ok(packets)
        }
        Err(error) => Err(refused(attempt, settings, packets, &error).await),
    }
}

async fn greet(packets: &mut Packets<Io>) -> Result<Greeting, SessionError> {
    Greeting::read(&packets.first().await?)
}

/// The fault of a login that did not come about, after the goodbye.
async fn refused(attempt: &mut Attempt, settings: &Settings, packets: Packets<Io>, error: &SessionError) -> Fault {
    let fault = fault(attempt, settings, error);
    match error {
        SessionError::Server(error) => {
            if error.is_locked() {
                attempt.evidence().aftermath = Aftermath::Locked;
            } else if !error.breaks_handshake() {
                attempt.evidence().aftermath = Aftermath::Finished;
            }
            attempt.close(packets.into_stream()).await;
        }
        SessionError::Limit(..) | SessionError::TooMuch(_) => attempt.close(packets.into_stream()).await,
        SessionError::Read(_) | SessionError::Unexpected(_) => attempt.abandon(packets.into_stream()).await,
    }
    stating(fault, settings.server.shown_user().or(Some(&settings.user)), settings.database.as_deref())
}

/// Asks for TLS and starts it. Nothing may have come behind the greeting: it would be taken for something said under TLS.
async fn start_tls(
    attempt: &mut Attempt,
    settings: &Settings,
    mut packets: Packets<Io>,
    greeting: &Greeting,
    options: &TlsOptions,
) -> Result<Packets<Io>, Fault> {
    let asked = match packets.is_drained() {
        true => packets.send(&tls_request(greeting, settings.database.is_some())).await,
        false => Err(SessionError::Unexpected("more than a greeting".to_owned())),
    };
    if let Err(error) = asked {
        return Err(refused(attempt, settings, packets, &error).await);
    }
    let (io, sequence) = packets.into_parts();
    let io = attempt.start_tls(io, options).await?;
    attempt.enter(Phase::Login);
    Ok(Packets::<Io>::resume(io, sequence))
}

/// How TLS is made, and what it is worth; `None` where it is off.
fn tls_options(attempt: &Attempt, settings: &Settings) -> Result<Option<(TlsOptions, Trust)>, Fault> {
    let (verify, trust) = match settings.sslmode {
        SslMode::Disabled => return Ok(None),
        SslMode::Preferred | SslMode::Required => (Verify::Off, Trust::Unverified),
        // Under a public CA anybody can have a certificate, only not for this name.
        SslMode::VerifyCa if settings.ca.is_none() => (Verify::Chain, Trust::Unverified),
        SslMode::VerifyCa => (Verify::Chain, Trust::Verified),
        SslMode::VerifyIdentity => (Verify::Full, Trust::Verified),
    };
    let (cert, key) = settings.identity.clone().unzip();
    let keys = TlsKeys { ca: settings.ca.clone(), cert, key, verify: verify != Verify::Off, ..TlsKeys::default() };
    let options = keys.options(&settings.server.endpoint().host, attempt.world())?;
    Ok(Some((TlsOptions { verify, ..options }, trust)))
}

/// The fault of a conversation that ended early, in the running phase.
pub(super) fn fault(attempt: &mut Attempt, settings: &Settings, error: &SessionError) -> Fault {
    let at_request = attempt.phase() == Some(Phase::Request);
    let stream_error = match error {
        SessionError::Server(error) if at_request => return attempt.of_connection(error.at_request(&settings.mask())),
        SessionError::Server(error) => {
            let plain = attempt.tls().is_none();
            let fault = error.at_login(&settings.mask(), settings.password.is_some(), plain);
            return attempt.of_connection(fault);
        }
        SessionError::Limit(code, text) => {
            let limit = Detail::Protocol { code, product: None };
            return attempt.fault(Cause::ProbeLimit, text).with(limit).stating(text.clone());
        }
        SessionError::TooMuch(limit) => {
            return attempt.fault(Cause::TooLarge, format!("the query returned more than {limit}"));
        }
        SessionError::Read(error) => error.as_stream_error(),
        SessionError::Unexpected(what) => StreamError::Unexpected(what),
    };
    let what = match attempt.evidence().aftermath {
        Aftermath::Nothing => "the server's greeting",
        Aftermath::Unfinished => "the answer to the login",
        Aftermath::Finished | Aftermath::Refused | Aftermath::Guessed | Aftermath::SessionLeft | Aftermath::Locked => {
            "the answer to the query"
        }
    };
    let fault = attempt.stream_error(stream_error, Expected { what, protocol: Some(Protocol::Mysql) });
    if fault.cause == Cause::ProtocolError && settings.server.endpoint().port == X_PORT && fault.detail.is_none() {
        return fault.with(Detail::Protocol { code: code::X_PROTOCOL, product: None });
    }
    fault
}
