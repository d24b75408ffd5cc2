//! A flag that asks threads and tasks to end. Every wait of a run also waits for such a flag, so Ctrl-C and the end of
//! a phase take effect at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use event_listener::{Event, Listener};

/// Asks threads and tasks to end. Setting it wakes all waiters, so no polling is needed.
#[derive(Clone, Default)]
pub struct StopFlag(Arc<(AtomicBool, Event)>);

impl StopFlag {
    /// Asks all holders to end.
    pub fn set(&self) {
        self.0.0.store(true, Ordering::SeqCst);
        self.0.1.notify(usize::MAX);
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }

    /// Waits until it is set.
    pub async fn wait(&self) {
        // Listening starts before the second check, so a flag that is set between the two still wakes the waiter.
        while !self.is_set() {
            let woken = self.0.1.listen();
            if !self.is_set() {
                woken.await;
            }
        }
    }

    /// Sleeps until `until`, or until the flag is set. False if it was set.
    pub fn sleep_until(&self, until: Instant) -> bool {
        while !self.is_set() {
            let woken = self.0.1.listen();
            if self.is_set() || woken.wait_deadline(until).is_none() {
                break;
            }
        }
        !self.is_set()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_stop_wakes_threads_and_tasks() {
        let stop = StopFlag::default();
        let soon = Instant::now() + Duration::from_millis(30);
        assert!(stop.sleep_until(soon) && Instant::now() >= soon);
        assert!(stop.sleep_until(soon), "a time that is over");
        let sleeper = stop.clone();
        let late = Instant::now() + Duration::from_secs(60);
        let thread = std::thread::spawn(move || sleeper.sleep_until(late));
        let waiter = stop.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime");
        let task = std::thread::spawn(move || runtime.block_on(waiter.wait()));
        std::thread::sleep(Duration::from_millis(30));
        assert!(!stop.is_set() && !thread.is_finished() && !task.is_finished());
        stop.set();
        assert!(!thread.join().expect("no panic"));
        task.join().expect("no panic");
        assert!(Instant::now() < late && !stop.sleep_until(late));
    }
}
