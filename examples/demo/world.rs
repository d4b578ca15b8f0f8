//! What the pod depends on: a database, a backend with `/health`, a TLS endpoint, and a search service. Each can be broken
//! and repaired.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::postgres;

/// The password that the pod holds.
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

/// The part that is broken, shared with the servers.
type Broken = Arc<Mutex<Option<Part>>>;

fn is_broken(broken: &Broken, part: Part) -> bool {
    *broken.lock().unwrap_or_else(PoisonError::into_inner) == Some(part)
}

/// The running world.
pub(crate) struct World {
    broken: Broken,
    search: Arc<Mutex<Option<tokio::task::AbortHandle>>>,
    pub(crate) database: u16,
    pub(crate) backend: u16,
    pub(crate) payments: u16,
    pub(crate) search_port: u16,
    /// The authority of the TLS endpoint, as PEM.
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
            let password = if is_broken(&state, Part::Database) { "rotated-behind-our-back" } else { PASSWORD };
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
            "a database on port {database}, a backend on {backend}, payments with TLS on {payments}, search on {search_port}"
        )
    }

    /// Breaks one part, and repairs what was broken before; what happened, in words.
    pub(crate) fn break_part(&self, part: Part) -> &'static str {
        self.repair();
        *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(part);
        match part {
            Part::Database => "the database's password was rotated, the pod's Secret was not",
            Part::Backend => "the backend still answers 200, and says that its database is gone",
            Part::Payments => "payments serves an expired certificate",
            Part::Search => {
                if let Some(listener) = self.search.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    listener.abort();
                }
                "the last living address of search is dead"
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
        "everything is repaired"
    }

    fn listen_for_search(&self, listener: TcpListener) {
        let handle = serve(listener, |client| async move {
            drop(client);
            Ok(())
        });
        *self.search.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
    }
}

/// Accepts until it is aborted; each connection is a task of its own.
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

/// A good endpoint, one with an expired certificate, and their authority.
fn certificates() -> Result<(TlsAcceptor, TlsAcceptor, String), String> {
    let failed = |error: rcgen::Error| format!("cannot make certificates: {error}");
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
