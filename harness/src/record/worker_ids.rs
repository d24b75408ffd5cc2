//! Worker ids: a worker is one logical process of the history. After `info` its id is retired, because the request may
//! still take effect after the next one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use checkers::history::WorkerId;

/// Assigns worker ids, each once per run.
#[derive(Clone, Default)]
pub struct WorkerIds(Arc<AtomicU64>);

impl WorkerIds {
    /// A fresh id.
    pub fn next(&self) -> WorkerId {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}
