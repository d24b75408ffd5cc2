//! Nodes that were killed and are not back yet, or answer nobody for a reason of their own. A restarted process is not a
//! member at once: Apache Kafka takes ten seconds until it answers, and a fault that hits another node meanwhile leaves
//! no majority, though neither does alone. A node that froze some time after its last fault is as little there.

use std::collections::BTreeMap;

use super::claims::MS;
use super::prepared::Prepared;
use crate::history::{FaultEvent, Moment, NodeName, Seen, Window};

/// A node is silent if it has not answered for this long when a fault begins.
const SILENT: Moment = 1_000 * MS;

/// When a node was asked for Metadata, and when it answered, if it did.
type Asked = (Moment, Option<Moment>);

/// When the nodes that each window stopped had all answered again.
pub(super) struct Away<'c, 'w> {
    check: &'c Prepared<'w>,
    /// The windows that stopped nodes, in the order of their begins, and when all of these had answered after the heal:
    /// at the end of time if one was asked and never did.
    backs: Vec<(&'w Window, Moment)>,
    asked: BTreeMap<&'c str, Vec<Asked>>,
}

impl<'c, 'w> Away<'c, 'w> {
    pub(super) fn of(check: &'c Prepared<'w>) -> Away<'c, 'w> {
        let mut asked: BTreeMap<&str, Vec<Asked>> = BTreeMap::new();
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
            let answers = stopped.map(|node| answers_after(of(&asked, node), healed));
            answers.max()
        };
        let healed = check.windows().iter().filter(|w| w.took_effect());
        let backs = healed.filter_map(|w| Some((w, back(w, w.healed?)?)));
        Away {
            check,
            backs: backs.collect(),
            asked,
        }
    }

    /// Nodes that answer nobody when a window begins, though no other one keeps them from it, and when each does again.
    fn silent(&self, window: &Window, at_once: &[&Window]) -> Vec<(Window, Moment)> {
        let begun = window.called;
        let excused = |node: &NodeName| {
            let mut now = at_once.iter().filter(|w| w.called <= begun);
            let mut before = self.backs.iter();
            now.any(|w| w.stops(node) || w.hides(node))
                || before.any(|(w, back)| w.stops(node) && w.called <= begun && begun < *back)
        };
        let nodes = self.check.nodes().iter().filter(|node| !excused(node));
        let silent = nodes.filter_map(|node| {
            let asked = of(&self.asked, node);
            let before = &asked[..asked.partition_point(|(called, _)| *called < begun)];
            let mut last = before.iter().rev();
            let unanswered = last.next().is_some_and(|(_, answer)| answer.is_none());
            let answered = last.find_map(|(_, answer)| *answer).unwrap_or(0);
            let is_silent = unanswered && answered.saturating_add(SILENT) <= begun;
            is_silent.then(|| (gone(node, begun), answers_after(asked, begun)))
        });
        silent.collect()
    }

    /// When a majority is there again for a window that left none together with nodes which still started, or were
    /// silent, when it began; the end of time if never. None if a majority was left. `at_once` are the windows that
    /// overlap it, itself among them.
    pub(super) fn majority_again(&self, window: &Window, at_once: &[&Window]) -> Option<Moment> {
        let silent = self.silent(window, at_once);
        let starting = self
            .backs
            .iter()
            .filter(|(other, back)| other.end(0) <= window.called && window.called < *back)
            .map(|(other, back)| (*other, *back));
        let silent = silent.iter().map(|(gone, back)| (gone, *back));
        let away: Vec<(&Window, Moment)> = starting.chain(silent).collect();
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

fn of<'a>(asked: &'a BTreeMap<&str, Vec<Asked>>, node: &str) -> &'a [Asked] {
    asked.get(node).map_or(&[], Vec::as_slice)
}

/// The first answer to a question after a moment: that moment if there was no question, the end of time if no answer.
fn answers_after(asked: &[Asked], moment: Moment) -> Moment {
    let after = &asked[asked.partition_point(|(called, _)| *called < moment)..];
    let answer = after.iter().find_map(|(_, answer)| *answer);
    answer.unwrap_or(if after.is_empty() {
        moment
    } else {
        Moment::MAX
    })
}

/// A node that is not there, as a fault that stops it would have it.
fn gone(node: &NodeName, at: Moment) -> Window {
    let fault = FaultEvent {
        targets: vec![node.clone()],
        role_held: true,
        called: at,
        ..FaultEvent::default()
    };
    Window::of(&fault, Some(at), false)
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
