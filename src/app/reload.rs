//! When and how the configuration is read again.
//!
//! The file is looked at, not watched: a ConfigMap's mount swaps a symbolic link, which inotify on the file misses.

use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use zeroize::Zeroizing;

use crate::config::plan::Plan;
use crate::env::{Env, Stamp};
use crate::net::turns::slices;
use crate::panics;
use crate::slices::Slices;

/// How often the file is looked at.
const POLL: Duration = Duration::from_secs(1);

/// How long reading a plan may hold the thread at a time.
pub const SLICE: Duration = Duration::from_millis(2);

/// Of a file that pilotfish fails to read.
const PANICKED: &str = "reading the configuration panicked; the log says where";

/// The plan that is being read, or every fault of it, in lines without any value.
pub type Loading = Pin<Box<dyn Future<Output = Result<Plan, String>> + Send>>;
/// Reads the plan in slices.
pub type Load = Box<dyn FnMut(Slices) -> Loading + Send>;

/// The file of a plan, and how it is read.
pub struct Reloader {
    env: Arc<dyn Env>,
    file: PathBuf,
    load: Load,
    seed: RandomState,
    /// What stood in the file when the plan was last read, taken in or refused.
    read: u64,
    /// What stood in the file at the last look, and its stamp then: while that stays, the file need not be read.
    seen: (Option<Stamp>, u64),
}

impl Reloader {
    /// For a plan that was just read from this file.
    #[must_use]
    pub fn new(env: Arc<dyn Env>, file: PathBuf, load: Load) -> Self {
        let mut reloader = Self { env, file, load, seed: RandomState::new(), read: 0, seen: (None, 0) };
        reloader.read = reloader.fingerprint();
        reloader
    }

    /// Waits until something else stands in the file, and the same at two looks: what is still being written could be a
    /// valid plan that lacks its end.
    pub async fn changed(&mut self) {
        let mut before = None;
        loop {
            sleep(POLL).await;
            let now = self.fingerprint();
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
    pub async fn load(&mut self) -> Result<Plan, String> {
        // Before it is read: what changes meanwhile is read once more.
        self.read = self.fingerprint();
        let load = &mut self.load;
        let loaded = panics::caught_async(pin!(async { load(slices(SLICE)).await })).await;
        loaded.unwrap_or_else(|_| Err(PANICKED.to_owned()))
    }

    /// A file that cannot be read has one as well: that it is gone is a change.
    fn fingerprint(&mut self) -> u64 {
        let stamp = self.env.stamp(&self.file);
        if stamp.is_none() || stamp != self.seen.0 {
            let content = self.env.file(&self.file).map(Zeroizing::new).ok();
            self.seen = (stamp, self.seed.hash_one(content.as_ref().map(|bytes| bytes.as_slice())));
        }
        self.seen.1
    }
}
