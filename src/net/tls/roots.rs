//! Whom we trust: a configured CA, the system's bundle, or the roots that are built in.
//!
//! Parsed roots are kept by where they came from and what was in there: a run costs a `stat`, a changed file is seen.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::certificate::{CertificateInfo, name_text, sha256};
use super::pem::{Pem, PemSource, fault, no_section_in, read_fault};
use crate::cause::Cause;
use crate::env::{Env, Stamp};
use crate::outcome::Fault;

/// Where distributions keep the bundle of the system: Debian and Alpine, Fedora and RHEL, SUSE, OpenELEC, CentOS 7,
/// and what else LibreSSL reads.
const BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// More places than this are not kept: checks that a reload removed leave theirs behind.
const CACHE_LIMIT: usize = 64;

/// Roots of trust, ready to verify with; none by default.
#[derive(Debug)]
pub struct Roots {
    /// For the verifier.
    pub(super) store: RootCertStore,
    /// The digest of each certificate: a server may present one of them itself.
    digests: BTreeSet<[u8; 32]>,
    /// When each of `store` ends; of those that are built in nothing is known.
    expiries: Vec<i64>,
    /// How messages name the place.
    origin: String,
    /// Whether they are the system's or built in, not configured.
    is_system: bool,
}

/// One root, for what rustls does not verify.
pub(super) struct NamedRoot {
    /// Its SubjectPublicKeyInfo, as DER.
    pub(super) public_key: Vec<u8>,
    /// When it ends, in seconds since 1970; far away where nothing is known.
    pub(super) end: i64,
    /// Whether it may sign for some names alone.
    pub(super) is_constrained: bool,
}

/// A sequence of DER, of what is in it (X.690, section 8.1.3): anchors are kept without their headers.
fn sequence(content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let count = u8::try_from(length.len()).unwrap_or(u8::MAX);
    let mut der = vec![0x30];
    if content.len() >= 0x80 {
        der.push(0x80 | count);
    }
    der.extend(length);
    if content.is_empty() {
        der.push(0);
    }
    der.extend(content);
    der
}

impl Default for Roots {
    fn default() -> Self {
        Self {
            store: RootCertStore::empty(),
            digests: BTreeSet::new(),
            expiries: Vec::new(),
            origin: "nobody".to_owned(),
            is_system: false,
        }
    }
}

impl Roots {
    /// How messages name them: `the 3 roots of the file /etc/ca.pem`.
    pub(super) fn describe(&self) -> String {
        match self.store.len() {
            1 => format!("the roots of {} (only 1)", self.origin),
            count => format!("the {count} roots of {}", self.origin),
        }
    }

    /// Where they are from: `the file /etc/ca.pem`.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether they are the system's or built in, not configured.
    pub(super) const fn is_system(&self) -> bool {
        self.is_system
    }

    /// Whether this certificate is itself one of them, byte for byte.
    pub(super) fn contains(&self, certificate: &[u8]) -> bool {
        self.digests.contains(&sha256(certificate))
    }

    /// Whether one of them has this subject, given as DER with its header.
    pub(super) fn has_subject(&self, subject: &[u8]) -> bool {
        self.store.subjects().iter().any(|known| known.as_ref() == subject)
    }

    /// Those with this subject, given as DER with its header.
    pub(super) fn named(&self, subject: &[u8]) -> impl Iterator<Item = NamedRoot> {
        let subjects = self.store.subjects().into_iter().enumerate();
        let named = subjects.filter(move |(_, known)| known.as_ref() == subject);
        named.filter_map(|(index, _)| {
            let root = self.store.roots.get(index)?;
            Some(NamedRoot {
                public_key: sequence(&root.subject_public_key_info),
                end: self.expiries.get(index).copied().unwrap_or(i64::MAX),
                is_constrained: root.name_constraints.is_some(),
            })
        })
    }

    /// Those that have ended, each alone, with their ends; and the others, all together. `None` where none has.
    pub(super) fn expired_roots(&self, now: i64) -> Option<(Vec<(RootCertStore, i64)>, RootCertStore)> {
        self.expiries.iter().find(|end| **end < now)?;
        let (mut expired, mut others) = (Vec::new(), RootCertStore::empty());
        for (root, end) in self.store.roots.iter().zip(&self.expiries) {
            match *end < now {
                true => expired.push((RootCertStore { roots: vec![root.clone()] }, *end)),
                false => others.roots.push(root.clone()),
            }
        }
        Some((expired, others))
    }

    /// The name of a root that ends then.
    pub(super) fn name_expiring_at(&self, at: i64) -> Option<String> {
        let index = self.expiries.iter().position(|end| *end == at)?;
        name_text(self.store.subjects().get(index)?.as_ref())
    }

    fn builtin() -> Self {
        let store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self { store, origin: "the built-in bundle".to_owned(), is_system: true, ..Self::default() }
    }

    /// Reads PEM. A configured file must be right in every part; a system's bundle may hold what nobody can read.
    pub(super) fn parse(bytes: &[u8], shown: &str, strict: bool) -> Result<Self, Fault> {
        let mut roots = Self { origin: shown.to_owned(), is_system: !strict, ..Self::default() };
        for (index, section) in CertificateDer::pem_slice_iter(bytes).enumerate() {
            let added = section.map_err(|_| ()).and_then(|der| {
                roots.store.add(der.clone()).map_err(|_| ())?;
                roots.expiries.push(CertificateInfo::read(&der).map_or(i64::MAX, |root| root.facts.not_after));
                roots.digests.insert(sha256(&der));
                Ok(())
            });
            if added.is_err() && strict {
                let message = format!("certificate {} in {shown} is damaged: copy the CA again", index + 1);
                return Err(fault(Cause::FileInvalid, message));
            }
        }
        if roots.store.is_empty() {
            return Err(no_section_in(shown, bytes, "CERTIFICATE"));
        }
        Ok(roots)
    }
}

/// The roots of trust that were read last, by where they came from.
#[derive(Debug, Default)]
pub struct RootCache(Mutex<BTreeMap<RootSource, CachedRoots>>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum RootSource {
    Builtin,
    File { path: PathBuf, strict: bool },
    Text([u8; 32]),
}

#[derive(Debug, Clone)]
struct CachedRoots {
    stamp: Option<Stamp>,
    digest: [u8; 32],
    roots: Arc<Roots>,
}

impl RootCache {
    /// The roots of a configured CA; without one the system's, and where there is no system bundle the built-in ones.
    ///
    /// # Errors
    /// `file_missing` and `file_invalid`, naming the file.
    pub fn get(&self, ca: Option<&Pem>, env: &dyn Env) -> Result<Arc<Roots>, Fault> {
        let Some(ca) = ca else {
            return Ok(self.system(env)?.unwrap_or_else(|| self.builtin()));
        };
        match ca.find(env)? {
            PemSource::Word("builtin") => Ok(self.builtin()),
            PemSource::Word(_) => self.system(env)?.ok_or_else(|| {
                let looked = BUNDLES.join(", ");
                fault(Cause::FileMissing, format!("no bundle of system roots: not found in SSL_CERT_FILE, {looked}"))
            }),
            PemSource::Text { bytes, origin } => {
                let digest = sha256(&bytes);
                let source = RootSource::Text(digest);
                if let Some(cached) = self.cached(&source) {
                    return Ok(cached.roots);
                }
                let roots = Arc::new(Roots::parse(&bytes, &origin, true)?);
                Ok(self.cache(source, CachedRoots { stamp: None, digest, roots }))
            }
            PemSource::Path { path, shown } => self
                .file(&path, &shown, true, env)?
                .ok_or_else(|| read_fault(&shown, &io::Error::from(io::ErrorKind::NotFound))),
        }
    }

    fn system(&self, env: &dyn Env) -> Result<Option<Arc<Roots>>, Fault> {
        if let Some(path) = env.var("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
            let shown = format!("the file {path} (SSL_CERT_FILE)");
            let missing = || read_fault(&shown, &io::Error::from(io::ErrorKind::NotFound));
            return self.file(Path::new(&path), &shown, false, env)?.ok_or_else(missing).map(Some);
        }
        for path in BUNDLES {
            if let Some(roots) = self.file(Path::new(path), &format!("the file {path}"), false, env)? {
                return Ok(Some(roots));
            }
        }
        Ok(None)
    }

    fn builtin(&self) -> Arc<Roots> {
        let known = self.cached(&RootSource::Builtin).map(|cached| cached.roots);
        known.unwrap_or_else(|| {
            let roots = Arc::new(Roots::builtin());
            self.cache(RootSource::Builtin, CachedRoots { stamp: None, digest: [0; 32], roots })
        })
    }

    /// The roots of a file, read anew where it changed; `None` where there is no such file.
    fn file(&self, path: &Path, shown: &str, strict: bool, env: &dyn Env) -> Result<Option<Arc<Roots>>, Fault> {
        let source = RootSource::File { path: path.to_owned(), strict };
        let known = self.cached(&source);
        // Taken before the file is read: a change in between makes it look older than it is, never newer.
        let stamp = env.stamp(path);
        if let Some(cached) = &known
            && stamp.is_some()
            && cached.stamp == stamp
        {
            return Ok(Some(Arc::clone(&cached.roots)));
        }
        let bytes = match env.file(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(read_fault(shown, &error)),
        };
        let digest = sha256(&bytes);
        let roots = match known {
            Some(cached) if cached.digest == digest => cached.roots,
            _ => Arc::new(Roots::parse(&bytes, shown, strict)?),
        };
        Ok(Some(self.cache(source, CachedRoots { stamp, digest, roots })))
    }

    fn cached(&self, source: &RootSource) -> Option<CachedRoots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(source).cloned()
    }

    fn cache(&self, source: RootSource, cached: CachedRoots) -> Arc<Roots> {
        let roots = Arc::clone(&cached.roots);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= CACHE_LIMIT && !all.contains_key(&source) {
            all.clear();
        }
        all.insert(source, cached);
        roots
    }
}
