//! TLS as a client: TLS 1.2 and 1.3 over rustls, resumption off, so that each probe sees the real handshake.
//!
//! What the peer presented is recorded on every path, also where it is not accepted. It judges certificates; what a
//! protocol then says over the session is not its business.

mod certificate;
mod der;
mod identity;
mod opening;
mod pem;
mod refusal;
mod roots;
mod untrusted;
mod verifier;

#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{DnsName, ServerName};
use rustls::{ClientConfig, ProtocolVersion};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

pub use identity::Identity;
pub use pem::Pem;
pub use roots::{RootCache, Roots};

use crate::cause::Cause;
use crate::net::io::{Io, StreamStats};
use crate::net::stream_error::StreamError;
use crate::outcome::{Certificate, Facts, Fault, Phase};
use crate::timestamp::rfc3339_unix;
use crate::url::Host;

use certificate::Parsed;
use opening::{Chosen, Under};
use refusal::Scene;
use untrusted::Judged;
use verifier::Recorder;

/// How many bytes a peer may send before the handshake is done: certificates take at most 64 KiB.
const HANDSHAKE_LIMIT: u64 = 256 * 1024;

/// What of the peer's certificate is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// Chain, dates and name.
    Full,
    /// Chain and dates: libpq's `verify-ca`.
    Chain,
    /// Nothing; said in every report.
    Off,
}

/// How one TLS session is to be made.
#[derive(Debug, Clone)]
pub struct TlsOptions {
    /// Whom we ask for (SNI) and expect.
    pub server_name: Host,
    /// What is verified.
    pub verify: Verify,
    /// Whom we trust.
    pub roots: Arc<Roots>,
    /// Who we are, where the peer asks.
    pub identity: Option<Identity>,
    /// Application protocols offered, best first.
    pub alpn: Vec<String>,
}

/// What is remembered of a session for what may come after its handshake.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// The issuers that the server wants client certificates of; `None` where it asked for none.
    issuers: Option<Vec<String>>,
    /// Subject and issuer of our certificate, where there is one.
    identity: Option<String>,
    alpn: Vec<String>,
    /// Whether it is TLS 1.3, in which the client is done first.
    judged_late: bool,
    /// The certificate of the leaf's path that ends first.
    first_to_end: Option<Certificate>,
}

impl Session {
    /// Whether the server may yet refuse us at the first read: under TLS 1.3 it judges our certificate, or that we have
    /// none, after the handshake.
    #[must_use]
    pub const fn awaits_judgement(&self) -> bool {
        self.issuers.is_some() && self.judged_late
    }

    /// The fault of an error after the handshake, where it is TLS's: a server that speaks TLS 1.3 judges our certificate
    /// only then. The error may be another library's, with the socket's error among its sources.
    #[must_use]
    pub fn fault(&self, error: &(dyn StdError + 'static)) -> Option<Fault> {
        self.after_the_handshake(error, false)
    }

    /// The same for a stream that gave trouble: `Attempt::trouble` asks it for every kind. A server that asked for a
    /// certificate, got none and hung up before its first byte said enough.
    pub(super) fn stream_error(&self, error: StreamError<'_>, nothing_came: bool) -> Option<Fault> {
        let ended = io::Error::from(io::ErrorKind::UnexpectedEof);
        let error = match error {
            StreamError::Failed(error) => error,
            StreamError::Ended => &ended,
            StreamError::Unexpected(_) => return None,
        };
        self.after_the_handshake(error, nothing_came)
    }

    fn after_the_handshake(&self, error: &(dyn StdError + 'static), nothing_came: bool) -> Option<Fault> {
        self.explain(error, nothing_came)
    }

    /// Whether every certificate of the path lasts this many days more.
    ///
    /// # Errors
    /// `tls_expired` in phase `assert`, naming the one that ends first.
    pub fn lasts(&self, days: u32) -> Result<(), Fault> {
        let Some(first) = &self.first_to_end else { return Ok(()) };
        let left = first.not_after - unix_now();
        if left >= i64::from(days) * 86_400 {
            return Ok(());
        }
        let (subject, at) = (&first.subject, rfc3339_unix(first.not_after));
        let message = if left < 0 {
            format!("the certificate of \"{subject}\" expired {} ago, at {at}", untrusted::span(-left))
        } else {
            let left = untrusted::span(left);
            format!("the certificate of \"{subject}\" expires in {left}, at {at}; at least {days} days are asked for")
        };
        Err(Fault::new(Phase::Assert, Cause::TlsExpired, message))
    }
}

/// Makes a TLS session over a stream. Facts are recorded whatever comes of it.
///
/// # Errors
/// The fault, and the stream where it is still there to be closed.
pub(super) async fn handshake(
    io: Io,
    options: &TlsOptions,
    deadline: Instant,
    facts: &mut Facts,
) -> (Session, Result<Io, (Fault, Option<Io>)>) {
    let mut session = Session {
        identity: options.identity.as_ref().map(|identity| identity.who().to_owned()),
        alpn: options.alpn.clone(),
        ..Session::default()
    };
    let name = match server_name(&options.server_name) {
        Ok(name) => name,
        Err(fault) => return (session, Err((fault, Some(io)))),
    };
    let provider = Arc::new(ring::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let recorder = Arc::new(Recorder::new(options.verify, Arc::clone(&options.roots), algorithms));
    let asked = Arc::new(identity::Asked::new(options.identity.clone()));
    let config = client_config(provider, &recorder, &asked, &options.alpn);
    let wire = io.wire();
    let before = wire.seen();
    io.set_limit(before.received + HANDSHAKE_LIMIT);
    let (under, opening) = Under::new(io);
    let connecting = TlsConnector::from(Arc::new(config)).connect(name, under).into_fallible();
    let result = timeout_at(deadline, connecting).await;

    session.issuers = asked.issuers();
    let opening = opening.bytes();
    let chosen = Chosen::read(&opening);
    session.judged_late = chosen.is_some_and(|chosen| chosen.version == ProtocolVersion::TLSv1_3);
    facts.tls_version = chosen.and_then(Chosen::version_name);
    facts.tls_cipher = chosen.and_then(Chosen::cipher_name);
    let presented = recorder.presented();
    let chain: Vec<Parsed> = presented.iter().filter_map(|der| Parsed::read(der)).collect();
    facts.certificates = chain.iter().map(|parsed| parsed.facts.clone()).collect();
    facts.tls_verified = (options.verify == Verify::Off).then_some(false);
    let path = certificate::path(&chain, &options.roots);
    session.first_to_end = path.iter().map(|parsed| &parsed.facts).min_by_key(|facts| facts.not_after).cloned();
    facts.first_expiry = session.first_to_end.as_ref().map(|first| first.not_after);

    let judged = Judged { chain: &chain, roots: &options.roots, host: &options.server_name, now: unix_now() };
    let after = wire.seen();
    let (received, sent) = (after.received - before.received, after.sent - before.sent);
    let scene =
        Scene { judged, session: &session, seen: StreamStats { head: opening, received, sent, ..after }, chosen };
    let result = match result {
        Err(_) => Err((scene.timeout(), None)),
        Ok(Err((error, under))) => Err((scene.explain(&error), Some(under.io))),
        Ok(Ok(mut stream)) => {
            let (under, connection) = stream.get_mut();
            // The session's own stream counts from here on.
            under.io.set_limit(u64::MAX);
            let alpn = connection.alpn_protocol();
            facts.tls_alpn = alpn.map(|protocol| String::from_utf8_lossy(protocol).into_owned());
            facts.tls_verified = Some(options.verify != Verify::Off);
            let mut io = Io::over(stream);
            io.tls_server_end_point = presented.first().and_then(|leaf| certificate::end_point(leaf));
            Ok(io)
        }
    };
    (session, result)
}

fn client_config(
    provider: Arc<CryptoProvider>,
    recorder: &Arc<Recorder>,
    asked: &Arc<identity::Asked>,
    alpn: &[String],
) -> ClientConfig {
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has suites for TLS 1.2 and 1.3");
    let verifier: Arc<Recorder> = Arc::clone(recorder);
    let resolver: Arc<identity::Asked> = Arc::clone(asked);
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    let mut config = builder.with_client_cert_resolver(resolver);
    config.resumption = Resumption::disabled();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    config
}

/// The name as rustls has it: names go out as SNI, addresses do not (RFC 6066, section 3).
fn server_name(host: &Host) -> Result<ServerName<'static>, Fault> {
    match host {
        Host::Ip(ip) => Ok(ServerName::IpAddress((*ip).into())),
        Host::Name(name) => {
            DnsName::try_from(name.trim_end_matches('.').to_owned()).map(ServerName::DnsName).map_err(|_| {
                let what = "cannot be asked for over TLS: set server_name to a name of the certificate";
                Fault::new(Phase::Assert, Cause::UrlMalformed, format!("the name \"{name}\" {what}"))
            })
        }
    }
}

/// Seconds since 1970, by this pod's clock.
fn unix_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
