//! The pace of a worker: closed-loop, at randomised intervals.

use std::time::{Duration, Instant};

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::record::StopFlag;

/// Spaces a worker's operations by uniformly drawn intervals around the mean, as Jepsen's `stagger` does. A late worker
/// does not catch up, because the load is closed-loop.
pub struct Pace {
    mean: Duration,
    next: Instant,
}

impl Pace {
    /// For `per_second` operations per second.
    pub fn per_second(per_second: f64) -> Self {
        let mean = Duration::from_secs_f64(1.0 / per_second.clamp(0.01, 1e6));
        Pace {
            mean,
            next: Instant::now(),
        }
    }

    /// Waits for the next turn. False when asked to stop.
    pub fn wait(&mut self, random: &mut ChaCha8Rng, stop: &StopFlag) -> bool {
        let ready = stop.sleep_until(self.next);
        let drawn = self.mean.mul_f64(random.random_range(0.0..2.0));
        self.next = (self.next + drawn).max(Instant::now());
        ready
    }
}
