//! Plant `freeze-after-idle`: two locks, and two threads that take them in opposite order.
//!
//! The core takes the first and then the second for every turn. A thread that watches for time-outs
//! takes them the other way round, once, some time after the start. From then on both wait for ever:
//! sockets are open, connections are taken, and nobody answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::warn;

use super::{Plant, Plants};

/// How long the watching thread looks at what the second lock guards. Longer than a tick, so that
/// the core meets it there.
const LOOK: Duration = Duration::from_millis(100);

/// The two locks. Clones are the same locks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Locks(Arc<(Mutex<()>, Mutex<()>)>);

impl Locks {
    /// The locks, and the thread that will take them the wrong way round, if the plant is on.
    pub(crate) fn start(plants: &Plants) -> Option<Locks> {
        let after = Duration::from_secs(plants.value(Plant::FreezeAfterIdle)?.into());
        let locks = Locks::default();
        let watching = locks.clone();
        thread::spawn(move || {
            thread::sleep(after);
            warn!("plant: looking for time-outs with the locks in the wrong order");
            let _second = lock(&watching.0.1);
            thread::sleep(LOOK);
            let _first = lock(&watching.0.0);
        });
        Some(locks)
    }

    /// What the core does holds these.
    pub(crate) fn enter(&self) -> (MutexGuard<'_, ()>, MutexGuard<'_, ()>) {
        (lock(&self.0.0), lock(&self.0.1))
    }
}

fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
