//! Probes: independent of the workers, because a worker with one operation at a time sits in its time-out behind a
//! paused leader and sees nothing meanwhile (openraft #2052).

pub mod controller;
pub mod coordinator;
pub mod delivery;
pub mod disk;
pub mod end_offsets;
mod features;
pub mod figures;
pub mod lateness;
pub mod metadata;
mod news;
mod observer;
pub mod produce;
pub mod quorum;
pub mod reach;
mod replicas;
pub mod start_offset;
pub mod transactions;

use std::time::Duration;

/// How often a node is asked.
pub const PERIOD: Duration = Duration::from_millis(100);

/// How long a node may take for one answer.
pub const TIMEOUT: Duration = Duration::from_millis(700);
