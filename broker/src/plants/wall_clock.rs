//! `wall-clock-sessions` and `wall-clock-transactions`: time-outs that a coordinator counts by the wall clock, which operators,
//! time servers and virtual machines that resume set. Set ahead, all of them are over at once. Set back, none ends.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::hooks::{Hook, Timed};
use crate::request::Time;

/// What is counted so.
#[derive(Debug)]
pub(super) struct WallClock(pub(super) Timed);

impl Hook for WallClock {
    fn time_of(&self, what: Timed) -> Option<Time> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        (what == self.0).then(|| since.unwrap_or_default())
    }
}
