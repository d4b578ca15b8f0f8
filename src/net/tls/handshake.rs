//! One handshake: the client's configuration, and what is recorded of it whether it succeeds or fails.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, DnsName, ServerName};
use rustls::{ClientConfig, ProtocolVersion};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::algorithms::ALGORITHMS;
use super::certificate::end_point_hash;
use super::certificate_error::CertificateContext;
use super::chain;
use super::handshake_error::HandshakeContext;
use super::identity::ClientCertResolver;
use super::options::{TlsOptions, Verify};
use super::p521::Secp521r1;
use super::server_hello::ServerHello;
use super::session::{Session, unix_now};
use super::tap_stream::TapStream;
use super::verifier::RecordingVerifier;
use crate::cause::Cause;
use crate::net::io::{Io, StreamStats};
use crate::outcome::{Detail, Facts, Fault, Phase, ValueDetail};
use crate::url::Host;

/// How many bytes a peer may send before the handshake is done: certificates take at most 64 KiB.
const HANDSHAKE_LIMIT: u64 = 256 * 1024;
/// What they take in memory: rustls keeps one message, and the certificates of one are kept as parsed.
const HANDSHAKE_ROOM: u64 = 128 * 1024;

/// Makes a TLS session over a stream. Facts are recorded whatever comes of it.
///
/// # Errors
/// The fault, and the stream where it is still there to be closed.
pub(in crate::net) async fn handshake(
    io: Io,
    options: &TlsOptions,
    deadline: Instant,
    facts: &mut Facts,
) -> (Session, Result<Io, (Fault, Option<Io>)>) {
    let mut session = Session::new(options);
    let name = match server_name(&options.server_name) {
        Ok(name) => name,
        Err(fault) => return (session, Err((fault, Some(io)))),
    };
    let client = Client::new(options);
    let wire = io.monitor();
    let before = wire.seen();
    io.set_limit(before.received + HANDSHAKE_LIMIT);
    wire.set_rest(HANDSHAKE_ROOM);
    let (tap, first_bytes) = TapStream::new(io);
    let connecting = TlsConnector::from(Arc::clone(&client.config)).connect(name, tap).into_fallible();
    let result = timeout_at(deadline, connecting).await;

    let first_bytes = first_bytes.bytes();
    let hello = ServerHello::read(&first_bytes);
    let presented = client.verifier.presented();
    let chain = chain::read(&presented.chain);
    session.issuers = client.resolver.issuers();
    session.is_tls13 = hello.is_some_and(|hello| hello.version == ProtocolVersion::TLSv1_3);
    session.first_to_expire = chain::first_to_expire(&chain, &options.roots).cloned();
    facts.tls_version = hello.and_then(ServerHello::version_name);
    facts.tls_cipher = hello.and_then(ServerHello::cipher_name);
    facts.tls_verified = (options.verify == Verify::Off).then_some(false);
    facts.certificates = chain.iter().map(|parsed| parsed.facts.clone()).collect();
    facts.first_expiry = session.first_to_expire.as_ref().map(|first| first.not_after);

    let certificate =
        CertificateContext { chain: &chain, roots: &options.roots, host: &options.server_name, now: unix_now() };
    let after = wire.seen();
    let (received, sent) = (after.received - before.received, after.sent - before.sent);
    let context = HandshakeContext {
        certificate,
        session: &session,
        seen: StreamStats { head: first_bytes, received, sent, had_answer: before.received > 0, ..after },
        hello,
    };
    let result = match result {
        Err(_) => Err((context.timeout(), None)),
        Ok(Err((error, tap))) => Err((context.explain(&error), Some(tap.io))),
        Ok(Ok(stream)) => {
            facts.tls_verified = Some(options.verify != Verify::Off);
            facts.certificate_oddities = presented.oddities;
            Ok(established(stream, presented.chain.first(), facts))
        }
    };
    (session, result)
}

/// The stream of a session behind its handshake, with the peer's channel binding.
fn established(mut stream: TlsStream<TapStream>, leaf: Option<&CertificateDer<'_>>, facts: &mut Facts) -> Io {
    let (tap, connection) = stream.get_mut();
    // The session's own stream counts from here on.
    tap.io.set_limit(u64::MAX);
    tap.io.monitor().set_unbuffered();
    let buffers = tap.io.buffers();
    facts.tls_alpn = connection.alpn_protocol().map(|protocol| String::from_utf8_lossy(protocol).into_owned());
    let mut io = Io::over(stream).within(buffers);
    io.monitor().note_earlier_answer();
    io.tls_server_end_point = leaf.and_then(|leaf| end_point_hash(leaf));
    io
}

/// A client for one handshake, and what records the peer's part of it.
struct Client {
    config: Arc<ClientConfig>,
    verifier: Arc<RecordingVerifier>,
    resolver: Arc<ClientCertResolver>,
}

impl Client {
    fn new(options: &TlsOptions) -> Self {
        let verifier = Arc::new(RecordingVerifier::new(options));
        let mut provider = CryptoProvider { signature_verification_algorithms: ALGORITHMS, ..ring::default_provider() };
        // Last: it is the slowest one, and nearly every server takes another.
        provider.kx_groups.push(&Secp521r1);
        let resolver = Arc::new(ClientCertResolver::new(options.identity.clone()));
        let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .expect("ring has suites for TLS 1.2 and 1.3")
            .dangerous()
            .with_custom_certificate_verifier(Arc::<RecordingVerifier>::clone(&verifier))
            .with_client_cert_resolver(Arc::<ClientCertResolver>::clone(&resolver));
        config.resumption = Resumption::disabled();
        config.alpn_protocols = options.alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Self { config: Arc::new(config), verifier, resolver }
    }
}

/// The name as rustls has it: names go out as SNI, addresses do not (RFC 6066, section 3).
fn server_name(host: &Host) -> Result<ServerName<'static>, Fault> {
    match host {
        Host::Ip(ip) => Ok(ServerName::IpAddress((*ip).into())),
        Host::Name(name) => {
            DnsName::try_from(name.trim_end_matches('.').to_owned()).map(ServerName::DnsName).map_err(|_| {
                let what = "is not valid in TLS: set server_name to a name of the certificate";
                Fault::new(Phase::Assert, Cause::ProbeLimit, format!("the name \"{name}\" {what}"))
                    .with(Detail::Value(ValueDetail::NotWritten))
            })
        }
    }
}

#[cfg(test)]
mod tests;
