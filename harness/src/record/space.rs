//! The shortage of disk space: reported by the watcher of free space or by a failed write, and awaited by the run.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use super::StopFlag;

/// A flag that says that the disk is nearly full, and since when.
#[derive(Clone, Default)]
pub struct SpaceFlag {
    flag: StopFlag,
    found: Arc<OnceLock<Found>>,
}

/// What was noticed.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The last time at which there was enough space.
    pub since: Instant,
    /// Free bytes, if they are known.
    pub free_bytes: Option<u64>,
}

impl SpaceFlag {
    /// Reports a shortage. The first report counts.
    pub fn set(&self, found: Found) {
        let _ = self.found.set(found);
        self.flag.set();
    }

    /// Whether there is a shortage.
    pub fn is_set(&self) -> bool {
        self.flag.is_set()
    }

    /// Waits for a shortage.
    pub async fn wait(&self) -> Found {
        loop {
            self.flag.wait().await;
            // The report is stored before the flag is set.
            if let Some(found) = self.found.get() {
                return *found;
            }
        }
    }
}
