//! When and how the configuration is read again.
//!
//! Files are looked at, not watched: a ConfigMap's mount swaps a symbolic link, which inotify on the file misses.

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use zeroize::Zeroizing;

use crate::app::Orders;
use crate::env::Env;

/// How often the files are looked at.
const POLL: Duration = Duration::from_secs(1);

/// Reads a plan: what the engine needs of it, or every fault in lines without any value.
pub type Load = Box<dyn FnMut() -> Result<Orders, String> + Send>;

/// The files of a plan, and how it is read.
pub struct Reloader {
    env: Arc<dyn Env>,
    files: Vec<PathBuf>,
    load: Load,
    marks: RandomState,
    /// What stood in the files when they were last read, taken in or refused.
    read: u64,
}

impl Reloader {
    /// For a plan that was just read from these files.
    #[must_use]
    pub fn new(env: Arc<dyn Env>, files: Vec<PathBuf>, load: Load) -> Self {
        let mut reloader = Self { env, files, load, marks: RandomState::new(), read: 0 };
        reloader.read = reloader.mark();
        reloader
    }

    /// Waits until something else stands in the files, and the same at two looks: what is still being written could be a
    /// valid plan that lacks its end.
    pub async fn changed(&mut self) {
        let mut before = None;
        loop {
            sleep(POLL).await;
            let now = self.mark();
            if now != self.read && before == Some(now) {
                return;
            }
            before = Some(now);
        }
    }

    /// Reads the plan again.
    ///
    /// # Errors
    /// Every fault of it.
    pub fn load(&mut self) -> Result<Orders, String> {
        // Before it is read: what changes meanwhile is read once more.
        self.read = self.mark();
        (self.load)()
    }

    fn mark(&self) -> u64 {
        self.files.iter().fold(0, |mark, path| {
            let content = self.env.file(path).map(Zeroizing::new).ok();
            self.marks.hash_one((mark, content.as_ref().map(|bytes| bytes.as_slice())))
        })
    }
}
