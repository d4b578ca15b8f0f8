//! The dependencies of the pod: a database, a backend with `/health`, a TLS endpoint, and a search service. The demo can break
//! and repair each of them.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::postgres;

/// The password in the pod's Secret.
pub(crate) const PASSWORD: &str = "a-demo-password";

/// What can be broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    Database,
    Backend,
    Payments,
    Search,
}

impl Part {
    pub(crate) const ALL: [Self; 4] = [Self::Database, Self::Backend, Self::Payments, Self::Search];

    /// The name of its check.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Backend => "backend",
            Self::Payments => "payments",
            Self::Search => "search",
        }
    }
}

/// The broken part, shared with the servers.
type Broken = Arc<Mutex<Option<Part>>>;

fn is_broken(broken: &Broken, part: Part) -> bool {
    *broken.lock().unwrap_or_else(PoisonError::into_inner) == Some(part)
}

/// The running servers.
pub(crate) struct World {
    broken: Broken,
    search: Arc<Mutex<Option<tokio::task::AbortHandle>>>,
    pub(crate) database: u16,
    pub(crate) backend: u16,
    pub(crate) payments: u16,
    pub(crate) search_port: u16,
    /// The CA of the TLS endpoint, as PEM.
    pub(crate) ca: String,
}

impl World {
    pub(crate) async fn start() -> Result<Self, String> {
        let broken = Broken::default();
        let bind = || async {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| format!("cannot listen: {error}"))
        };
        let (database, backend, payments, search) = (bind().await?, bind().await?, bind().await?, bind().await?);
        let port = |listener: &TcpListener| listener.local_addr().expect("it is bound").port();
        let (good, bad, ca) = certificates()?;
        let world = Self {
            broken: Arc::clone(&broken),
            search: Arc::default(),
            database: port(&database),
            backend: port(&backend),
            payments: port(&payments),
            search_port: port(&search),
            ca,
        };
        let state = Arc::clone(&broken);
        serve(database, move |client| {
            let password = if is_broken(&state, Part::Database) { "rotated-without-the-pod" } else { PASSWORD };
            async move { postgres::session(client, password).await }
        });
        let state = Arc::clone(&broken);
        serve(backend, move |client| health(client, !is_broken(&state, Part::Backend)));
        serve(payments, move |client| {
            let acceptor = if is_broken(&broken, Part::Payments) { bad.clone() } else { good.clone() };
            async move { acceptor.accept(client).await?.shutdown().await }
        });
        world.listen_for_search(search);
        Ok(world)
    }

    pub(crate) fn describe(&self) -> String {
        let Self { database, backend, payments, search_port, .. } = self;
        format!(
            "database on port {database}, backend on {backend}, payments with TLS on {payments}, search on {search_port}"
        )
    }

    /// Breaks one part and repairs the one that was broken before. Returns what happened, as text.
    pub(crate) fn break_part(&self, part: Part) -> &'static str {
        self.repair();
        *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(part);
        match part {
            Part::Database => "the database password was rotated, but the pod still has the old one",
            Part::Backend => "the backend still returns 200, but reports that its database is disconnected",
            Part::Payments => "payments serves an expired certificate",
            Part::Search => {
                if let Some(listener) = self.search.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    listener.abort();
                }
                "the last working address of search is down"
            }
        }
    }

    pub(crate) fn repair(&self) -> &'static str {
        let before = self.broken.lock().unwrap_or_else(PoisonError::into_inner).take();
        if before == Some(Part::Search)
            && let Ok(listener) = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, self.search_port))
            && listener.set_nonblocking(true).is_ok()
            && let Ok(listener) = TcpListener::from_std(listener)
        {
            self.listen_for_search(listener);
        }
        "all dependencies are repaired"
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
