//! `freeze-after-idle`: two locks, and two threads that take them in opposite order.
//!
//! The core takes the first and then the second for every turn. A thread that watches for time-outs
//! takes them the other way round, once, some time after the start. From then on both wait for ever:
//! sockets are open, connections are taken, and nobody answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::warn;

use crate::hooks::{Hook, Surroundings};

/// How long the watching thread looks at what the second lock guards. Longer than a tick, so that
/// the core meets it there.
const LOOK: Duration = Duration::from_millis(100);

/// The two locks.
#[derive(Debug)]
pub(super) struct FreezeAfterIdle {
    after: Duration,
    locks: Arc<(Mutex<()>, Mutex<()>)>,
}

impl FreezeAfterIdle {
    pub(super) fn new(seconds: u32) -> FreezeAfterIdle {
        FreezeAfterIdle {
            after: Duration::from_secs(seconds.into()),
            locks: Arc::default(),
        }
    }
}

impl Hook for FreezeAfterIdle {
    fn started(&self, _surroundings: &Surroundings) {
        let (after, locks) = (self.after, Arc::clone(&self.locks));
        thread::spawn(move || {
            thread::sleep(after);
            warn!("plant: looking for time-outs with the locks in the wrong order");
            let _second = lock(&locks.1);
            thread::sleep(LOOK);
            let _first = lock(&locks.0);
        });
    }

    fn around_turn(&self, turn: &mut dyn FnMut()) {
        let _first = lock(&self.locks.0);
        let _second = lock(&self.locks.1);
        turn();
    }
}

fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
