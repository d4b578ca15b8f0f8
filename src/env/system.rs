//! The system's own files that nearly every run reads, kept as long as their stamp stays.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Env, FileState, Stamp};

/// Nothing secret is in them.
const KEPT: [&str; 2] = ["/etc/resolv.conf", "/etc/hosts"];

/// An environment in which reading one of these files costs a `stat` unless it has changed.
pub struct SystemFiles {
    source: Arc<dyn Env>,
    kept: Mutex<BTreeMap<PathBuf, (Stamp, Vec<u8>)>>,
}

impl SystemFiles {
    /// One that has read nothing yet.
    #[must_use]
    pub fn new(source: Arc<dyn Env>) -> Self {
        Self { source, kept: Mutex::default() }
    }
}

impl Env for SystemFiles {
    fn var(&self, name: &str) -> Option<String> {
        self.source.var(name)
    }

    fn vars(&self) -> Vec<(String, String)> {
        self.source.vars()
    }

    fn file(&self, path: &Path) -> io::Result<Vec<u8>> {
        if !KEPT.iter().any(|kept| path == Path::new(kept)) {
            return self.source.file(path);
        }
        let Some(stamp) = self.source.stamp(path) else { return self.source.file(path) };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.get(path) {
            Some((known, bytes)) if *known == stamp => Ok(bytes.clone()),
            _ => {
                let bytes = self.source.file(path)?;
                kept.insert(path.to_owned(), (stamp, bytes.clone()));
                Ok(bytes)
            }
        }
    }

    fn start_of(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.source.start_of(path)
    }

    fn look_at(&self, path: &Path) -> io::Result<FileState> {
        self.source.look_at(path)
    }

    fn listeners(&self) -> Option<Vec<SocketAddr>> {
        self.source.listeners()
    }

    fn stamp(&self, path: &Path) -> Option<Stamp> {
        self.source.stamp(path)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::{Env, Stamp, SystemFiles};

    /// Each read of a file gives the number of reads; its stamp is set by the test, 0 for none.
    #[derive(Default)]
    struct Counted {
        reads: AtomicU64,
        stamp: AtomicU64,
    }

    impl Env for Counted {
        fn var(&self, _name: &str) -> Option<String> {
            None
        }

        fn vars(&self) -> Vec<(String, String)> {
            Vec::new()
        }

        fn file(&self, _path: &Path) -> io::Result<Vec<u8>> {
            Ok(vec![u8::try_from(self.reads.fetch_add(1, Ordering::Relaxed) + 1).unwrap()])
        }

        fn stamp(&self, _path: &Path) -> Option<Stamp> {
            let size = self.stamp.load(Ordering::Relaxed);
            (size > 0).then_some(Stamp { device: 1, inode: 1, size, changed: (1, 1) })
        }
    }

    #[test]
    fn a_file_is_read_again_once_its_stamp_is_another() {
        let source = Arc::new(Counted::default());
        let files = SystemFiles::new(Arc::<Counted>::clone(&source));
        let read = |stamp, path| {
            source.stamp.store(stamp, Ordering::Relaxed);
            files.file(Path::new(path)).unwrap()[0]
        };
        assert_eq!((read(7, "/etc/hosts"), read(7, "/etc/hosts")), (1, 1));
        assert_eq!((read(8, "/etc/hosts"), read(8, "/etc/hosts")), (2, 2), "it has changed");
        assert_eq!((read(0, "/etc/hosts"), read(0, "/etc/hosts")), (3, 4), "too new for a stamp");
        assert_eq!((read(8, "/etc/hosts"), read(8, "/etc/resolv.conf")), (2, 5));
        assert_eq!((read(8, "/run/secret"), read(8, "/run/secret")), (6, 7), "no other file is kept");
    }
}
