//! A flag that asks threads and tasks to end. Every wait of a run also waits for such a flag, so Ctrl-C and the end of
//! a phase take effect at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use event_listener::{Event, Listener};

/// Asks threads and tasks to end. Setting it wakes all waiters, so no polling is needed.
#[derive(Clone, Default)]
pub struct StopFlag(Arc<Shared>);

#[derive(Default)]
struct Shared {
    is_set: AtomicBool,
    event: Event,
    cause: OnceLock<&'static str>,
}

impl StopFlag {
    /// Asks all holders to end.
    pub fn set(&self) {
        self.0.is_set.store(true, Ordering::SeqCst);
        self.0.event.notify(usize::MAX);
    }

    /// Asks all holders to end, and says why: `SIGTERM`. The first cause stays.
    pub fn set_by(&self, cause: &'static str) {
        let _ = self.0.cause.set(cause);
        self.set();
    }

    /// Why it was set, if that was said.
    pub fn cause(&self) -> Option<&'static str> {
        self.0.cause.get().copied()
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        self.0.is_set.load(Ordering::SeqCst)
    }

    /// Waits until it is set.
    pub async fn wait(&self) {
        // Listening starts before the second check, so a flag that is set between the two still wakes the waiter.
        while !self.is_set() {
            let woken = self.0.event.listen();
            if !self.is_set() {
                woken.await;
            }
        }
    }

    /// Sleeps until `until`, or until the flag is set. False if it was set.
    pub fn sleep_until(&self, until: Instant) -> bool {
        while !self.is_set() {
            let woken = self.0.event.listen();
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
        stop.set_by("SIGTERM");
        stop.set_by("SIGINT");
        assert_eq!(stop.cause(), Some("SIGTERM"), "the first one");
        assert!(!thread.join().expect("no panic"));
        task.join().expect("no panic");
        assert!(Instant::now() < late && !stop.sleep_until(late));
    }
}
