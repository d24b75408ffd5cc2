//! A worker: one logical process, one operation at a time. After `info` its id and its client are retired.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use checkers::history::WorkerId;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::probe::StopFlag;

/// Hands out worker ids, each once in a run.
#[derive(Clone, Default)]
pub struct WorkerIds(Arc<AtomicU64>);

impl WorkerIds {
    /// A fresh id.
    pub fn next(&self) -> WorkerId {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// Spaces a worker's operations: uniformly drawn intervals around the mean, as Jepsen's `stagger` does. A worker that
/// is behind does not hurry to catch up: the load is closed-loop.
pub struct Pace {
    mean: Duration,
    next: Instant,
}

impl Pace {
    /// For `per_second` operations a second.
    pub fn per_second(per_second: f64) -> Self {
        let mean = Duration::from_secs_f64(1.0 / per_second.clamp(0.01, 1e6));
        Pace {
            mean,
            next: Instant::now(),
        }
    }

    /// Waits for the next turn. False when told to stop.
    pub fn wait(&mut self, random: &mut ChaCha8Rng, stop: &StopFlag) -> bool {
        let ready = stop.sleep_until(self.next);
        let drawn = self.mean.mul_f64(random.random_range(0.0..2.0));
        self.next = (self.next + drawn).max(Instant::now());
        ready
    }
}

/// A generator for one part of a run, so that parts draw independently of each other's number of draws.
pub fn random(seed: u64, part: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(part);
    generator
}
