//! Files as one run sees them.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::{Env, FileState, Stamp};

/// The environment of one run: each file is read at most once, when it is first asked for. A Secret that is rotated during the
/// run therefore cannot pair an old user with a new password. Variables stay the same for as long as the process runs.
pub struct RunEnv {
    source: Arc<dyn Env>,
    kept: Mutex<Kept>,
}

/// What was read so far; wiped when the run ends.
#[derive(Default)]
struct Kept {
    files: BTreeMap<PathBuf, Content>,
    starts: BTreeMap<PathBuf, Content>,
    stamps: BTreeMap<PathBuf, Option<Stamp>>,
}

/// The bytes of a file, or why it cannot be read.
type Content = Result<Zeroizing<Vec<u8>>, FileError>;

/// An [`io::Error`] that can be given out again.
struct FileError {
    kind: io::ErrorKind,
    errno: Option<i32>,
    message: String,
}

impl FileError {
    fn new(error: &io::Error) -> Self {
        Self { kind: error.kind(), errno: error.raw_os_error(), message: error.to_string() }
    }

    fn to_io(&self) -> io::Error {
        match self.errno {
            Some(errno) => io::Error::from_raw_os_error(errno),
            None => io::Error::new(self.kind, self.message.clone()),
        }
    }
}

impl RunEnv {
    /// The environment of a run that starts now.
    #[must_use]
    pub fn new(source: Arc<dyn Env>) -> Self {
        Self { source, kept: Mutex::default() }
    }

    fn with_kept<T>(&self, read: impl FnOnce(&mut Kept) -> T) -> T {
        read(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The content that is kept under this path, or the one that `read` gives now.
fn content(
    kept: &mut BTreeMap<PathBuf, Content>,
    path: &Path,
    read: impl FnOnce() -> io::Result<Vec<u8>>,
) -> io::Result<Vec<u8>> {
    if !kept.contains_key(path) {
        let content = read().map(Zeroizing::new).map_err(|error| FileError::new(&error));
        kept.insert(path.to_owned(), content);
    }
    match &kept[path] {
        Ok(bytes) => Ok(bytes.to_vec()),
        Err(error) => Err(error.to_io()),
    }
}

impl Env for RunEnv {
    fn var(&self, name: &str) -> Option<String> {
        self.source.var(name)
    }

    fn vars(&self) -> Vec<(String, String)> {
        self.source.vars()
    }

    fn file(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.with_kept(|kept| content(&mut kept.files, path, || self.source.file(path)))
    }

    fn start_of(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.with_kept(|kept| content(&mut kept.starts, path, || self.source.start_of(path)))
    }

    fn look_at(&self, path: &Path) -> io::Result<FileState> {
        self.source.look_at(path)
    }

    fn listeners(&self) -> Option<Vec<SocketAddr>> {
        self.source.listeners()
    }

    fn stamp(&self, path: &Path) -> Option<Stamp> {
        self.with_kept(|kept| match kept.stamps.get(path) {
            Some(stamp) => *stamp,
            None => *kept.stamps.entry(path.to_owned()).or_insert(self.source.stamp(path)),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::RunEnv;
    use crate::env::Env;

    /// Answers with another value each time it is asked.
    #[derive(Default)]
    struct Rotating(AtomicU32);

    impl Env for Rotating {
        fn var(&self, _name: &str) -> Option<String> {
            None
        }

        fn vars(&self) -> Vec<(String, String)> {
            Vec::new()
        }

        fn file(&self, path: &Path) -> io::Result<Vec<u8>> {
            match self.0.fetch_add(1, Ordering::Relaxed) {
                _ if path.ends_with("denied") => Err(io::Error::from_raw_os_error(13)),
                _ if path.ends_with("large") => Err(io::Error::new(io::ErrorKind::FileTooLarge, "over 1 MiB")),
                count => Ok(count.to_string().into_bytes()),
            }
        }
    }

    #[test]
    fn a_rotation_during_a_run_is_seen_by_the_next_run_alone() {
        let source: Arc<dyn Env> = Arc::new(Rotating::default());
        let run = RunEnv::new(Arc::clone(&source));
        let path = Path::new("/secrets/pw");
        assert_eq!(run.file(path).unwrap(), run.file(path).unwrap());
        let next = RunEnv::new(source);
        assert_ne!(run.file(path).unwrap(), next.file(path).unwrap());
    }

    #[test]
    fn an_error_stays_the_same_error() {
        let run = RunEnv::new(Arc::new(Rotating::default()));
        for _ in 0..2 {
            assert_eq!(run.file(Path::new("/denied")).unwrap_err().raw_os_error(), Some(13));
            let error = run.file(Path::new("/large")).unwrap_err();
            assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::FileTooLarge, "over 1 MiB"));
        }
    }
}
