//! Which nodes answered Metadata when. A node that does not answer that is `node-responds`'s, and excuses what else
//! fails at it, and connections that fail because of it.

use std::collections::BTreeMap;

use crate::history::{History, Moment, Seen};

/// By node: when Metadata was asked, and whether it was answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Answering<'a>(BTreeMap<&'a str, Vec<(Moment, bool)>>);

impl<'a> Answering<'a> {
    pub(super) fn of(history: &'a History) -> Answering<'a> {
        let mut answers: BTreeMap<&str, Vec<(Moment, bool)>> = BTreeMap::new();
        for observed in history.observations() {
            let about = observed.observation;
            if matches!(about.seen, Seen::Metadata { .. }) {
                let of_node = answers.entry(&about.node).or_default();
                of_node.push((about.called, about.answered));
            }
        }
        Answering(answers)
    }

    /// Whether a node did not answer the question before a moment, or the one after it.
    pub(super) fn is_silent(&self, node: &str, at: Moment) -> bool {
        let answers = self.0.get(node).map_or(&[][..], Vec::as_slice);
        let before = answers.partition_point(|(called, _)| *called <= at);
        let around = &answers[before.saturating_sub(1)..(before + 1).min(answers.len())];
        around.iter().any(|(_, answered)| !answered)
    }

    /// Whether any node was silent, or none was ever asked.
    pub(super) fn is_any_silent(&self, at: Moment) -> bool {
        self.0.is_empty() || self.0.keys().any(|node| self.is_silent(node, at))
    }
}
