//! What the produce probe recorded: when each of its records was sent, and which of them were acknowledged when.

use crate::history::{History, Moment, Seen};

/// An acknowledged record of the produce probe.
#[derive(Clone, Copy, Debug)]
pub(super) struct Acknowledged {
    pub(super) sent: Moment,
    pub(super) at: Moment,
}

/// The produce probe's records.
#[derive(Clone, Debug, Default)]
pub(super) struct Probe {
    /// Those that were acknowledged, in the order of that.
    pub(super) acknowledged: Vec<Acknowledged>,
    /// When each record was sent, whatever came of it.
    pub(super) sent: Vec<Moment>,
}

impl Probe {
    pub(super) fn of(history: &History) -> Probe {
        let mut probe = Probe::default();
        let settled = history.settled();
        for (sent, at) in settled.iter().flat_map(|settled| &settled.produced) {
            probe.sent.push(*sent);
            if *at != Moment::MAX {
                let (sent, at) = (*sent, *at);
                probe.acknowledged.push(Acknowledged { sent, at });
            }
        }
        for observed in history.observations() {
            let (sent, at) = (observed.observation.called, observed.at);
            if !matches!(observed.observation.seen, Seen::Produce { .. }) {
                continue;
            }
            probe.sent.push(sent);
            if observed.observation.answered {
                probe.acknowledged.push(Acknowledged { sent, at });
            }
        }
        probe.sent.sort_unstable();
        probe
            .acknowledged
            .sort_by_key(|acknowledged| acknowledged.at);
        probe
    }

    /// When the first record sent at or after a moment was acknowledged.
    pub(super) fn first_after(&self, sent: Moment) -> Option<Moment> {
        let earliest = self.acknowledged.partition_point(|a| a.at < sent);
        let mut later = self.acknowledged[earliest..].iter();
        later.find(|a| a.sent >= sent).map(|a| a.at)
    }

    /// When records were acknowledged from one moment to another, both included.
    pub(super) fn between(&self, from: Moment, to: Moment) -> impl Iterator<Item = Moment> {
        let first = self.acknowledged.partition_point(|a| a.at < from);
        let within = self.acknowledged[first..].iter();
        within.map(|a| a.at).take_while(move |at| *at <= to)
    }
}
