//! A flag that asks threads and tasks to end. Everything that waits in a run waits on one of these, so that Ctrl-C and the
//! end of a phase are noticed within a step.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

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
