//! Probes: independent of the workers, because a worker with one operation at a time sits in its time-out behind a
//! paused leader and sees nothing meanwhile (openraft #2052).

pub mod delivery;
pub mod disk;
pub mod end_offsets;
pub mod figures;
pub mod lateness;
pub mod metadata;
pub mod produce;
pub mod quorum;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// How often a node is asked.
pub const PERIOD: Duration = Duration::from_millis(100);

/// How long a node may take for one answer.
pub const TIMEOUT: Duration = Duration::from_millis(700);

/// Tells threads to end.
#[derive(Clone, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Asks everybody who holds it to end.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was set.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Waits until it is set.
    pub async fn wait(&self) {
        while !self.is_set() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Sleeps until `until`, in steps short enough that a stop is not kept waiting. False if it was set.
    pub fn sleep_until(&self, until: Instant) -> bool {
        const STEP: Duration = Duration::from_millis(50);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if self.is_set() || left.is_zero() {
                return !self.is_set();
            }
            std::thread::sleep(left.min(STEP));
        }
    }
}

/// Threads that end when their flag is set, and are waited for then.
#[derive(Default)]
pub struct Threads {
    /// Shared with every thread.
    pub stop: StopFlag,
    handles: Vec<JoinHandle<()>>,
}

impl Threads {
    /// Starts a thread.
    ///
    /// # Errors
    /// If the system has no more threads.
    pub fn start(
        &mut self,
        name: &str,
        body: impl FnOnce(StopFlag) + Send + 'static,
    ) -> Result<()> {
        let stop = self.stop.clone();
        let handle = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || body(stop))
            .with_context(|| format!("start thread {name}"))?;
        self.handles.push(handle);
        Ok(())
    }

    /// Sets the flag and waits for all threads. The number of those that panicked: bugs of the harness.
    pub fn end(self) -> usize {
        self.stop.set();
        self.handles
            .into_iter()
            .filter_map(|handle| handle.join().err())
            .count()
    }
}
