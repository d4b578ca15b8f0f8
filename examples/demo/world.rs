//! The dependencies of the pod: a database, a backend with `/health`, a TLS endpoint, a search service, two brokers, a gRPC
//! service and a NATS server. The demo can break and repair each of them.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::part::Part;
use crate::{amqp, grpc, kafka, nats, postgres};

/// The password in the pod's Secret.
pub(crate) const PASSWORD: &str = "a-demo-password";
const ROTATED: &str = "rotated-without-the-pod";

/// The broken parts, shared with the servers.
type Broken = Arc<Mutex<Vec<Part>>>;

async fn listen() -> Result<TcpListener, String> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| format!("cannot listen: {error}"))
}

/// The password that a server accepts.
fn password(is_the_pods: bool) -> &'static str {
    if is_the_pods { PASSWORD } else { ROTATED }
}

/// The running servers.
pub(crate) struct World {
    broken: Broken,
    search: Arc<Mutex<Option<tokio::task::AbortHandle>>>,
    /// The port of each part, in the order of [`Part::ALL`].
    ports: Vec<u16>,
    /// The CA of the TLS endpoint, as PEM.
    pub(crate) ca: String,
}

impl World {
    pub(crate) async fn start() -> Result<Self, String> {
        let mut ports = Vec::new();
        let mut listeners = Vec::new();
        for _ in Part::ALL {
            let listener = listen().await?;
            ports.push(listener.local_addr().map_err(|error| error.to_string())?.port());
            listeners.push(listener);
        }
        // Nothing listens there any more.
        let dead = listen().await?.local_addr().map_err(|error| error.to_string())?.port();
        let (good, bad, ca) = certificates()?;
        let world = Self { broken: Broken::default(), search: Arc::default(), ports, ca };
        for (part, listener) in Part::ALL.into_iter().zip(listeners) {
            let broken = Arc::clone(&world.broken);
            let works = move || !broken.lock().unwrap_or_else(PoisonError::into_inner).contains(&part);
            match part {
                Part::Database => {
                    serve(listener, move |client| postgres::session(client, password(works())));
                }
                Part::Backend => {
                    serve(listener, move |client| health(client, works()));
                }
                Part::Payments => {
                    let (good, bad) = (good.clone(), bad.clone());
                    serve(listener, move |client| {
                        let acceptor = if works() { good.clone() } else { bad.clone() };
                        async move { acceptor.accept(client).await?.shutdown().await }
                    });
                }
                Part::Search => world.listen_for_search(listener),
                Part::Events => {
                    let port = world.port(part);
                    serve(listener, move |client| {
                        kafka::session(client, ("localhost", if works() { port } else { dead }))
                    });
                }
                Part::Jobs => {
                    serve(listener, move |client| amqp::session(client, works()));
                }
                Part::Pricing => {
                    serve(listener, move |client| grpc::session(client, works()));
                }
                Part::Bus => {
                    serve(listener, move |client| nats::session(client, password(works())));
                }
            }
        }
        Ok(world)
    }

    /// The port of a part.
    pub(crate) fn port(&self, part: Part) -> u16 {
        self.ports[Part::ALL.iter().position(|one| *one == part).expect("it is one of them")]
    }

    pub(crate) fn describe(&self) -> String {
        let one = |part: Part| format!("{} ({}) on {}", part.name(), part.protocol(), self.port(part));
        Part::ALL.map(one).join(", ")
    }

    /// Breaks one part, and repairs it if it is broken. What was broken before stays so. Returns what happened, as text.
    pub(crate) fn toggle(&self, part: Part) -> String {
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        let before = broken.clone();
        broken.retain(|other| *other != part);
        if broken.len() < before.len() {
            drop(broken);
            self.repair_part(part);
            return format!("{} is repaired", part.name());
        }
        broken.push(part);
        if part == Part::Search
            && let Some(listener) = self.search.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            listener.abort();
        }
        let still: Vec<&str> = before.iter().map(|part| part.name()).collect();
        match still.is_empty() {
            true => part.story().to_owned(),
            false => format!("{}; still broken: {}", part.story(), still.join(", ")),
        }
    }

    pub(crate) fn repair(&self) -> &'static str {
        let before = std::mem::take(&mut *self.broken.lock().unwrap_or_else(PoisonError::into_inner));
        before.into_iter().for_each(|part| self.repair_part(part));
        "all dependencies are repaired"
    }

    /// Of the others each connection looks whether they are broken.
    fn repair_part(&self, part: Part) {
        if part == Part::Search
            && let Ok(listener) = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, self.port(Part::Search)))
            && listener.set_nonblocking(true).is_ok()
            && let Ok(listener) = TcpListener::from_std(listener)
        {
            self.listen_for_search(listener);
        }
    }

    fn listen_for_search(&self, listener: TcpListener) {
        let handle = serve(listener, |client| async move {
            drop(client);
            Ok(())
        });
        *self.search.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
    }
}

/// Accepts connections until it is aborted. Each connection has its own task.
fn serve<F>(listener: TcpListener, mut session: impl FnMut(TcpStream) -> F + Send + 'static) -> tokio::task::AbortHandle
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let task = tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(session(client));
        }
    });
    task.abort_handle()
}

async fn health(mut client: TcpStream, well: bool) -> std::io::Result<()> {
    let mut request = [0; 4096];
    let _bytes = client.read(&mut request).await?;
    let body = if well {
        r#"{"status":"healthy","database":"connected"}"#
    } else {
        r#"{"status":"unhealthy","database":"disconnected"}"#
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    client.write_all(format!("{head}{body}").as_bytes()).await?;
    client.shutdown().await
}

/// An endpoint with a valid certificate, one with an expired certificate, and their CA.
fn certificates() -> Result<(TlsAcceptor, TlsAcceptor, String), String> {
    let failed = |error: rcgen::Error| format!("cannot create certificates: {error}");
    let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
    params.distinguished_name.push(DnType::CommonName, "demo authority");
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().map_err(failed)?).map_err(failed)?;
    let endpoint = |expired: bool| {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).map_err(failed)?;
        params.distinguished_name.push(DnType::CommonName, "payments");
        if expired {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2020, 2, 1);
        }
        let key = KeyPair::generate().map_err(failed)?;
        let leaf: CertificateDer<'static> = params.signed_by(&key, &ca).map_err(failed)?.der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(str::to_owned)?;
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_no_client_auth()
            .with_single_cert(vec![leaf], key)
            .map_err(|error| error.to_string())?;
        Ok::<_, String>(TlsAcceptor::from(Arc::new(config)))
    };
    Ok((endpoint(false)?, endpoint(true)?, ca.pem()))
}
