//! TLS on the listener: a certificate that follows its files. A new pair that is no good is logged, and the old one stays.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::NoServerSessionStorage;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::time::Instant;

use super::bind::BindError;
use crate::config::plan::ServeTls;
use crate::env::Env;
use crate::log::say;
use crate::secret::Secret;
use crate::value::Value;

/// How often the files are looked at, at most: when someone connects.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Keeps the newest pair that was good.
pub(super) struct Keeper {
    pair: ServeTls,
    env: Arc<dyn Env>,
    kept: Mutex<Kept>,
}

struct Kept {
    config: Arc<ServerConfig>,
    /// What was read last, good or bad: the same is neither tried nor logged again.
    read: Result<Pem, String>,
    looked: Instant,
}

#[derive(PartialEq, Eq, Clone)]
struct Pem {
    cert: Secret,
    key: Secret,
}

impl Keeper {
    /// Reads the pair for the first time.
    pub(super) fn new(pair: ServeTls, env: Arc<dyn Env>) -> Result<Self, BindError> {
        let read = read(&pair, &*env).map_err(BindError::Tls)?;
        let config = configured(&read).map_err(BindError::Tls)?;
        let kept = Mutex::new(Kept { config, read: Ok(read), looked: Instant::now() });
        Ok(Self { pair, env, kept })
    }

    /// What the next handshake uses.
    pub(super) fn config(&self, now: Instant) -> Arc<ServerConfig> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(kept.looked) >= LOOK_EVERY {
            kept.looked = now;
            let read = read(&self.pair, &*self.env);
            if read != kept.read {
                match read.clone().and_then(|pem| configured(&pem)) {
                    Ok(config) => {
                        say!(Info, "serve.tls: the new certificate is in use");
                        kept.config = config;
                    }
                    Err(reason) => {
                        say!(Error, "serve.tls: the old certificate stays in use"; reason = reason.to_string())
                    }
                }
                kept.read = read;
            }
        }
        Arc::clone(&kept.config)
    }
}

fn read(pair: &ServeTls, env: &dyn Env) -> Result<Pem, String> {
    Ok(Pem { cert: pem(&pair.cert, "serve.tls.cert", env)?, key: pem(&pair.key, "serve.tls.key", env)? })
}

fn pem(path: &Path, key: &str, env: &dyn Env) -> Result<Secret, String> {
    let file = Value::File(path.to_owned());
    file.resolve(env).map_err(|fault| format!("{key}: {}", fault.message))
}

fn configured(pem: &Pem) -> Result<Arc<ServerConfig>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.cert.expose().as_bytes()).collect();
    let chain = chain.map_err(|_| "serve.tls.cert: the PEM is damaged".to_owned())?;
    if chain.is_empty() {
        return Err("serve.tls.cert: it contains no certificate".to_owned());
    }
    let key = PrivateKeyDer::from_pem_slice(pem.key.expose().as_bytes())
        .map_err(|_| "serve.tls.key: it contains no private key, or an encrypted one".to_owned())?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| format!("serve.tls: {}", unusable(&error)))?;
    // Clients come seldom and from nearby: nothing is worth remembering of them.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Why a certificate and a key cannot be used.
fn unusable(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InconsistentKeys(_) => "the certificate and the key do not belong together",
        rustls::Error::InvalidCertificate(_) => "the certificate is damaged",
        _ => "the key is of a type or in a form that cannot be used: create one for ECDSA, RSA or Ed25519",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Keeper, ServeTls};
    use crate::env::{Env, MapEnv};

    /// A process whose files change.
    #[derive(Default)]
    struct Changing(Mutex<MapEnv>);

    impl Changing {
        fn write(&self, path: &str, text: &str) {
            let mut env = self.0.lock().unwrap();
            *env = env.clone().with_file(path, text.as_bytes());
        }
    }

    impl Env for Changing {
        fn var(&self, name: &str) -> Option<String> {
            self.0.lock().unwrap().var(name)
        }

        fn vars(&self) -> Vec<(String, String)> {
            self.0.lock().unwrap().vars()
        }

        fn file(&self, path: &std::path::Path) -> std::io::Result<Vec<u8>> {
            self.0.lock().unwrap().file(path)
        }
    }

    fn pair() -> ServeTls {
        ServeTls { cert: "/tls/tls.crt".into(), key: "/tls/tls.key".into() }
    }

    fn fresh() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec!["pilotfish".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[tokio::test(start_paused = true)]
    async fn a_good_new_pair_is_taken_and_a_bad_one_is_not() {
        let env = Arc::new(Changing::default());
        let (cert, key) = fresh();
        env.write("/tls/tls.crt", &cert);
        env.write("/tls/tls.key", &key);
        let keeper = Keeper::new(pair(), env.clone()).unwrap();
        let config = |after| keeper.config(Instant::now() + Duration::from_secs(after));
        let first = config(0);
        assert!(Arc::ptr_eq(&first, &config(1)), "nothing changed");
        let (cert, key) = fresh();
        env.write("/tls/tls.crt", &cert);
        assert!(Arc::ptr_eq(&first, &config(2)), "a certificate without its key");
        env.write("/tls/tls.key", &key);
        let second = config(3);
        assert!(!Arc::ptr_eq(&first, &second));
        env.write("/tls/tls.crt", "garbage");
        assert!(Arc::ptr_eq(&second, &config(4)));
    }

    #[test]
    fn what_is_wrong_at_the_start_is_named_without_its_content() {
        let (cert, key) = fresh();
        let other = fresh().1;
        for (cert, key, want) in [
            (None, Some(&*key), "serve.tls.cert: the file /tls/tls.crt does not exist"),
            (Some(&*cert), None, "serve.tls.key: the file /tls/tls.key does not exist"),
            (Some("s3cret"), Some(&*key), "serve.tls.cert: it contains no certificate"),
            (Some(&*cert), Some("s3cret"), "serve.tls.key: it contains no private key"),
            (Some(&*cert), Some(&*other), "serve.tls: the certificate and the key do not belong together"),
        ] {
            let env = Changing::default();
            cert.into_iter().for_each(|text| env.write("/tls/tls.crt", text));
            key.into_iter().for_each(|text| env.write("/tls/tls.key", text));
            let error = Keeper::new(pair(), Arc::new(env)).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(want) && !error.contains("s3cret"), "{error}");
        }
    }
}
