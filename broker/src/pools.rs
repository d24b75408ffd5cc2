//! Room that all connections share: for requests on their way in, for what they become when decoded, for answers on
//! their way out.
//!
//! Small amounts draw on a pool of their own, so that a few clients with large ones cannot keep everybody from asking for
//! Metadata. Whoever waits for room has the slowest client closed, again and again, until there is some.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use crate::clients::Clients;

/// Pause between two closings while something waits for room.
const CLOSE_INTERVAL: Duration = Duration::from_millis(50);

/// Two pools of one kind of room.
#[derive(Clone, Debug)]
pub(crate) struct Pools {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
    /// Largest amount that counts as small.
    small_max: usize,
    totals: (usize, usize),
    clients: Arc<Clients>,
}

impl Pools {
    /// Pools with room for `totals` (small, large), amounts up to `small_max` being small.
    pub(crate) fn new(small_max: usize, totals: (usize, usize), clients: Arc<Clients>) -> Pools {
        Pools {
            small: Arc::new(Semaphore::new(totals.0)),
            large: Arc::new(Semaphore::new(totals.1)),
            small_max,
            totals,
            clients,
        }
    }

    fn pool(&self, amount: usize) -> (&Arc<Semaphore>, u32) {
        let (pool, total) = match amount <= self.small_max {
            true => (&self.small, self.totals.0),
            false => (&self.large, self.totals.1),
        };
        // What exceeds a whole pool waits until the pool is empty, and then has all of it.
        (pool, u32::try_from(amount.min(total)).unwrap_or(u32::MAX))
    }

    /// Takes room if there is some.
    pub(crate) fn take_now(&self, amount: usize) -> Option<OwnedSemaphorePermit> {
        let (pool, permits) = self.pool(amount);
        Arc::clone(pool).try_acquire_many_owned(permits).ok()
    }

    /// Takes room, and waits for it if need be.
    pub(crate) async fn take(&self, amount: usize) -> OwnedSemaphorePermit {
        if let Some(permit) = self.take_now(amount) {
            return permit;
        }
        let (pool, permits) = self.pool(amount);
        let waiting = Arc::clone(pool).acquire_many_owned(permits);
        tokio::pin!(waiting);
        loop {
            self.clients.close_slow();
            tokio::select! {
                permit = &mut waiting => return permit.expect("the pools are never closed"),
                () = sleep(CLOSE_INTERVAL) => {}
            }
        }
    }
}
