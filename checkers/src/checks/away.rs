//! Nodes that were killed and are not back yet. A restarted process is not a member at once: Apache Kafka takes ten
//! seconds until it answers, and a fault that hits another node meanwhile leaves no majority, though neither does
//! alone.

use std::collections::BTreeMap;

use super::claims::MS;
use super::prepared::Prepared;
use crate::history::{Moment, NodeName, Seen, Window};

/// When the nodes that each window stopped had all answered again.
pub(super) struct Away<'c, 'w> {
    check: &'c Prepared<'w>,
    /// The windows that stopped nodes, in the order of their begins, and when all of these had answered after the heal:
    /// at the end of time if one was asked and never did.
    backs: Vec<(&'w Window, Moment)>,
}

impl<'c, 'w> Away<'c, 'w> {
    pub(super) fn of(check: &'c Prepared<'w>) -> Away<'c, 'w> {
        let mut asked: BTreeMap<&str, Vec<(Moment, Option<Moment>)>> = BTreeMap::new();
        for observed in check.history().observations() {
            let about = observed.observation;
            if matches!(about.seen, Seen::Metadata { .. }) {
                let answer = about.answered.then_some(observed.at);
                let of_node = asked.entry(&about.node).or_default();
                of_node.push((about.called, answer));
            }
        }
        let back = |window: &Window, healed: Moment| {
            let stopped = check.nodes().iter().filter(|node| window.stops(node));
            let answers = stopped.map(|node| {
                let asked = asked.get(node.as_str()).map_or(&[][..], Vec::as_slice);
                let after = &asked[asked.partition_point(|(called, _)| *called < healed)..];
                let answer = after.iter().find_map(|(_, answer)| *answer);
                answer.unwrap_or(if after.is_empty() {
                    healed
                } else {
                    Moment::MAX
                })
            });
            answers.max()
        };
        let healed = check.windows().iter().filter(|w| w.took_effect());
        let backs = healed.filter_map(|w| Some((w, back(w, w.healed?)?)));
        Away {
            check,
            backs: backs.collect(),
        }
    }

    /// When a majority is there again for a window that left none together with nodes which still started when it
    /// began; the end of time if never. None if a majority was left. `at_once` are the windows that overlap it, itself
    /// among them.
    pub(super) fn majority_again(&self, window: &Window, at_once: &[&Window]) -> Option<Moment> {
        let away: Vec<&(&Window, Moment)> = self
            .backs
            .iter()
            .filter(|(other, back)| other.end(0) <= window.called && window.called < *back)
            .collect();
        let missing = |at: Moment| {
            let starting = away.iter().filter(|(_, back)| *back > at);
            let faulty = at_once.iter().copied().filter(|w| w.end(0) > at);
            let all: Vec<&Window> = starting.map(|(w, _)| *w).chain(faulty).collect();
            Window::break_majority(&all, self.check.nodes())
        };
        if away.is_empty() || !missing(window.called) {
            return None;
        }
        let backs = away.iter().map(|(_, back)| *back);
        let ends = backs.chain(at_once.iter().map(|w| w.end(0)));
        ends.filter(|end| !missing(*end))
            .min()
            .or(Some(Moment::MAX))
    }
}

/// From when on a node that starts has a majority to start with: Apache Kafka answers nobody before it has registered
/// with the quorum. That is its start, or the heal of a fault which, with this node not there yet, leaves no majority.
pub(super) fn majority_from(check: &Prepared<'_>, node: &NodeName, started: Moment) -> Moment {
    let formation = check.history().limits().formation_ms.saturating_mul(MS);
    let mut from = started;
    for window in check.windows().iter().filter(|window| window.took_effect()) {
        let alone = Window::break_majority_without(Some(node), &[window], check.nodes());
        if alone && window.overlaps(from, from.saturating_add(formation), 0) {
            from = from.max(window.healed.unwrap_or(Moment::MAX - formation));
        }
    }
    from
}
