//! Refusals in the log, at a bounded rate: an attacker must not be able to fill the disk, and an operator must learn
//! of it.

use std::fmt::Display;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tracing::warn;

/// At most one line in this time; it says how many others there were.
const INTERVAL: Duration = Duration::from_secs(5);

/// One kind of refusal.
#[derive(Debug)]
pub(crate) struct Refusals {
    what: &'static str,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    unreported: u64,
}

impl Refusals {
    /// Refusals that the log calls `what`.
    pub(crate) fn new(what: &'static str) -> Refusals {
        Refusals {
            what,
            state: Mutex::default(),
        }
    }

    /// Counts one, and writes a line if the last one is long enough ago.
    pub(crate) fn report(&self, whom: impl Display, reason: impl Display) {
        let Some(others) = self.due(Instant::now()) else {
            return;
        };
        let what = self.what;
        warn!(%whom, %reason, others, "{what}");
    }

    /// How many were not reported since the last line, if a line is due.
    fn due(&self, now: Instant) -> Option<u64> {
        let mut state = self
            .state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if state
            .last
            .is_some_and(|last| now.saturating_duration_since(last) < INTERVAL)
        {
            state.unreported += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.unreported))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_an_interval_counts_the_others() {
        let (refusals, begun) = (Refusals::new("refused"), Instant::now());
        assert_eq!(refusals.due(begun), Some(0));
        for at in 1..100 {
            assert_eq!(refusals.due(begun + Duration::from_millis(at)), None);
        }
        assert_eq!(refusals.due(begun + INTERVAL), Some(99));
        assert_eq!(refusals.due(begun + 2 * INTERVAL), Some(0));
    }
}
