//! Which finalized features a node states (ApiVersions), for histories: asked once a second, recorded when they have changed
//! and every few seconds.

use std::time::{Duration, Instant};

use checkers::history::Seen;

use super::news::News;
use crate::kafka::questions::NoAnswer;
use crate::kafka::questions::features::{Features, features};
use crate::kafka::wire::{Wire, WireError};

/// How often a node is asked.
const ASK: Duration = Duration::from_secs(1);

/// How long the same may go unrecorded.
const AGAIN: Duration = Duration::from_secs(5);

/// What was recorded of one node.
#[derive(Default)]
pub(super) struct FeaturesProbe {
    asked: Option<Instant>,
    recorded: News<Features>,
    /// Whether the node cannot answer the question in a version that has features.
    unable: bool,
}

impl FeaturesProbe {
    fn is_due(&self, now: Instant) -> bool {
        let waits = |at: Instant| now.duration_since(at) < ASK;
        !self.unable && !self.asked.is_some_and(waits)
    }

    /// Asks if it is time to. Returns what is to be recorded of the answer.
    pub(super) fn ask(&mut self, wire: &mut Wire, now: Instant) -> Option<Seen> {
        if !self.is_due(now) {
            return None;
        }
        self.asked = Some(now);
        match features(wire) {
            Ok(finalized) => self.seen(finalized, now),
            // A node without this version answers in the form of an older one.
            Err(NoAnswer::Refused(_) | NoAnswer::Wire(WireError::Malformed(_))) => {
                self.unable = self.recorded.is_empty();
                None
            }
            Err(NoAnswer::Wire(_)) => None,
        }
    }

    fn seen(&mut self, finalized: Features, now: Instant) -> Option<Seen> {
        let is_news = self.recorded.takes(&finalized, now, AGAIN);
        is_news.then_some(Seen::Features { finalized })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_recorded_at_once_and_what_did_not_from_time_to_time() {
        let mut probe = FeaturesProbe::default();
        let begin = Instant::now();
        let mut recorded = |seconds, level| {
            let features = [("metadata.version".to_owned(), level)].into();
            let now = begin + Duration::from_secs(seconds);
            probe.seen(features, now).is_some()
        };
        assert!(recorded(0, 30));
        assert!(!recorded(1, 30));
        assert!(recorded(2, 33));
        assert!(!recorded(6, 33));
        assert!(recorded(7, 33));
    }

    #[test]
    fn a_node_is_asked_once_a_second() {
        let begin = Instant::now();
        let probe = FeaturesProbe {
            asked: Some(begin),
            ..FeaturesProbe::default()
        };
        assert!(FeaturesProbe::default().is_due(begin));
        assert!(!probe.is_due(begin + Duration::from_millis(900)));
        assert!(probe.is_due(begin + ASK));
    }
}
