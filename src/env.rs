//! The process's surroundings as an argument: variables and small files, so that tests can bring their own.

pub mod run;
pub mod system;

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::time::SystemTime;

use crate::order;
use crate::sock_diag;

/// The largest file that is read, in bytes.
pub const FILE_LIMIT: u64 = 1024 * 1024;

/// Variables and small files.
pub trait Env: Send + Sync {
    /// The variable's value, `None` where it is not set. A value that is not UTF-8 is given with replacement characters.
    fn var(&self, name: &str) -> Option<String>;

    /// Every variable, in the order of their names.
    fn vars(&self) -> Vec<(String, String)>;

    /// The bytes of a regular file of at most [`FILE_LIMIT`].
    ///
    /// # Errors
    /// Those of opening and reading; `InvalidInput` for what is no regular file, `FileTooLarge` past the limit.
    fn file(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The first [`FILE_LIMIT`] bytes of a regular file: for those of the kernel that may be longer.
    ///
    /// # Errors
    /// Those of [`Env::file`] but `FileTooLarge`.
    fn start_of(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.file(path)
    }

    /// The size of a regular file that may be read, and when it was changed last.
    ///
    /// # Errors
    /// Those of opening it; `InvalidInput` for what is no regular file.
    fn look_at(&self, path: &Path) -> io::Result<FileState> {
        Ok(FileState { size: self.file(path)?.len() as u64, modified: SystemTime::now() })
    }

    /// The TCP sockets of this pod that listen; `None` where only the files of the kernel show them.
    fn listeners(&self) -> Option<Vec<SocketAddr>> {
        None
    }

    /// What tells a file's state from another without reading it; `None` where it cannot be told: read it then.
    fn stamp(&self, _path: &Path) -> Option<Stamp> {
        None
    }
}

/// The state of a file: two equal stamps of one path mean the same content. A ConfigMap swaps a link, so that the inode
/// is another; a file written in place has another time of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

/// The state of a file, for checks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileState {
    /// In bytes.
    pub size: u64,
    /// When its content was changed last.
    pub modified: SystemTime,
}

/// The real process.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessEnv;

impl Env for ProcessEnv {
    #[expect(clippy::disallowed_methods, reason = "the one home of the process's variables")]
    fn var(&self, name: &str) -> Option<String> {
        std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
    }

    #[expect(clippy::disallowed_methods, reason = "the one home of the process's variables")]
    fn vars(&self) -> Vec<(String, String)> {
        let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let mut vars: Vec<_> = std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value))).collect();
        order::sort_by(&mut vars, |(one, _), (other, _)| one.cmp(other));
        vars
    }

    fn file(&self, path: &Path) -> io::Result<Vec<u8>> {
        let bytes = read(path, FILE_LIMIT + 1)?;
        if bytes.len() as u64 > FILE_LIMIT {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 1 MiB"));
        }
        Ok(bytes)
    }

    fn start_of(&self, path: &Path) -> io::Result<Vec<u8>> {
        read(path, FILE_LIMIT)
    }

    fn look_at(&self, path: &Path) -> io::Result<FileState> {
        regular(path)?;
        // Whether this process may read it shows only where it is opened.
        let metadata = std::fs::File::open(path)?.metadata()?;
        Ok(FileState { size: metadata.len(), modified: metadata.modified()? })
    }

    fn listeners(&self) -> Option<Vec<SocketAddr>> {
        sock_diag::listeners()
    }

    fn stamp(&self, path: &Path) -> Option<Stamp> {
        use std::os::unix::fs::MetadataExt as _;
        /// File times are coarse: a second change this soon after the first could leave the same stamp.
        const SETTLED_AFTER: u64 = 2;
        let metadata = std::fs::metadata(path).ok()?;
        let changed = u64::try_from(metadata.ctime()).ok()?;
        let now = SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
        (changed + SETTLED_AFTER < now).then(|| Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

/// Asked before a file is opened: opening a FIFO would block the one thread.
fn regular(path: &Path) -> io::Result<std::fs::Metadata> {
    let metadata = std::fs::metadata(path)?;
    match metadata.is_file() {
        true => Ok(metadata),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
    }
}

fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let metadata = regular(path)?;
    // Room for all of it, so that no copy of a secret stays behind; the kernel's own files say that they are empty.
    let room = (metadata.len() + 1).clamp(512, limit);
    let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or_default());
    std::fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A made-up process, for tests.
#[derive(Debug, Clone, Default)]
pub struct MapEnv {
    /// The variables.
    pub vars: BTreeMap<String, String>,
    /// The files by their path.
    pub files: BTreeMap<std::path::PathBuf, Vec<u8>>,
}

impl MapEnv {
    /// One with these variables and no files.
    #[must_use]
    pub fn with_vars(vars: &[(&str, &str)]) -> Self {
        let vars = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { vars, files: BTreeMap::new() }
    }

    /// The same with one more file.
    #[must_use]
    pub fn with_file(mut self, path: &str, bytes: &[u8]) -> Self {
        self.files.insert(path.into(), bytes.to_vec());
        self
    }
}

impl Env for MapEnv {
    fn var(&self, name: &str) -> Option<String> {
        self.vars.get(name).cloned()
    }

    fn vars(&self) -> Vec<(String, String)> {
        self.vars.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn file(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}
