//! The thread that compresses a history while its run goes on.

use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::record::StopFlag;
use crate::store::Packing;

/// How often it looks how much there is.
const EVERY: Duration = Duration::from_secs(1);

/// The thread.
pub(super) struct Packer {
    stop: StopFlag,
    thread: JoinHandle<Option<Packing>>,
}

impl Packer {
    /// Begins to compress a history that exists. None if that cannot be: it is compressed in the end, then.
    pub(super) fn begin(plain: &Path) -> Option<Packer> {
        let mut packing = Packing::begin(plain).ok()?;
        let stop = StopFlag::default();
        let ends = stop.clone();
        let pack = move || {
            while ends.sleep_until(Instant::now() + EVERY) {
                packing.advance().ok()?;
            }
            Some(packing)
        };
        let thread = std::thread::Builder::new().name("packer".into());
        let thread = thread.spawn(pack).ok()?;
        Some(Packer { stop, thread })
    }

    /// What is compressed by now. None if something failed, as on a full disk.
    pub(super) fn end(self) -> Option<Packing> {
        self.stop.set();
        self.thread.join().ok().flatten()
    }
}
