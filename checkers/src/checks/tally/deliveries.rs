//! Records of the produce probe, as every node serves them: those that a node passed over, and those that it served
//! before they were sent. A record is forgotten once every node is past it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::history::{Moment, Text};

/// What became of a record of the probe.
#[derive(Clone, Copy, Debug)]
struct Sent {
    called: Moment,
    acknowledged: Option<Moment>,
}

/// What one node has served so far.
#[derive(Clone, Debug, Default)]
struct Served {
    sequences: BTreeSet<u64>,
    /// How many of the acknowledged records are behind it, in the order of their acknowledgements.
    passed: u64,
    latest: Moment,
}

/// Records that one node served.
#[derive(Clone, Debug)]
struct Delivery {
    node: Text,
    event: u64,
    at: Moment,
    sequences: Vec<u64>,
}

/// What a node did with a record.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// It was served before it was sent.
    Early {
        node: Text,
        sequence: u64,
        sent_at: Moment,
        event: u64,
        served_at: Moment,
    },
    /// It was acknowledged, on this line, and passed over when a later one was served.
    PassedOver {
        node: Text,
        sequence: u64,
        acknowledged_at: Moment,
        line: u64,
        later: u64,
        event: u64,
    },
}

/// All records and nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deliveries {
    sent: BTreeMap<u64, Sent>,
    /// Records below this number are forgotten.
    base: u64,
    /// When records were acknowledged, their numbers and lines; and how many of them are forgotten.
    acknowledged: VecDeque<(Moment, u64, u64)>,
    forgotten: u64,
    /// The highest number, and when it was sent.
    last: Option<(u64, Moment)>,
    waiting: VecDeque<Delivery>,
    nodes: BTreeMap<Text, Served>,
    /// Records that were served.
    pub(in crate::checks) count: u64,
    pub(in crate::checks) found: Vec<Found>,
    /// Whether something came that does not fit to what was forgotten.
    pub(in crate::checks) against: bool,
}

impl Deliveries {
    /// A record was sent, and acknowledged at the time of the line if it was.
    pub(super) fn sent(
        &mut self,
        sequence: u64,
        called: Moment,
        answer: (bool, Moment),
        line: u64,
    ) {
        let (answered, at) = answer;
        let acknowledged = answered.then_some(at);
        self.against |= sequence < self.base;
        let sent = Sent {
            called,
            acknowledged,
        };
        if let Some(before) = self.sent.insert(sequence, sent)
            && before.acknowledged.is_some()
        {
            // The last line of a record counts.
            self.against |= self.forgotten > 0;
            self.acknowledged.retain(|(_, known, _)| *known != sequence);
        }
        if self.last.is_none_or(|(highest, _)| sequence >= highest) {
            self.last = Some((sequence, called));
        }
        if answered {
            let entry = (at, sequence, line);
            let place = self.acknowledged.iter().rev();
            let behind = place.take_while(|known| **known > entry).count();
            let place = self.acknowledged.len() - behind;
            self.acknowledged.insert(place, entry);
        }
        self.serve(false);
    }

    /// A node served records.
    pub(super) fn served(&mut self, node: &Text, (event, at): (u64, Moment), sequences: &[u64]) {
        self.waiting.push_back(Delivery {
            node: node.clone(),
            event,
            at,
            sequences: sequences.to_vec(),
        });
        self.serve(false);
    }

    /// Judges deliveries in their order, as long as the records that they contain are known; at the end, all of them.
    fn serve(&mut self, all: bool) {
        let is_known =
            |sequence: &u64, of: &Deliveries| *sequence < of.base || of.sent.contains_key(sequence);
        while let Some(first) = self.waiting.front()
            && (all || first.sequences.iter().all(|one| is_known(one, self)))
            && let Some(delivery) = self.waiting.pop_front()
        {
            self.judge(&delivery);
        }
    }

    fn judge(&mut self, delivery: &Delivery) {
        let node = &delivery.node;
        self.against |= self.forgotten > 0 && !self.nodes.contains_key(node);
        let served = self.nodes.entry(node.clone()).or_default();
        for sequence in &delivery.sequences {
            self.count += 1;
            let known = self.sent.get(sequence).copied();
            // Numbers are sent in their order: one above all that are known was not sent before the last of them.
            let sent_at = known.map(|known| known.called).or_else(|| {
                let (highest, called) = self.last?;
                (*sequence > highest).then_some(called)
            });
            if let Some(sent_at) = sent_at.filter(|sent_at| delivery.at < *sent_at) {
                self.found.push(Found::Early {
                    node: node.clone(),
                    sequence: *sequence,
                    sent_at,
                    event: delivery.event,
                    served_at: delivery.at,
                });
            }
            served.sequences.insert(*sequence);
            served.latest = served.latest.max(known.map_or(0, |known| known.called));
            let next = |passed: u64| passed.saturating_sub(self.forgotten) as usize;
            while let Some((at, lost, line)) = self.acknowledged.get(next(served.passed))
                && *at < served.latest
            {
                served.passed += 1;
                if !served.sequences.contains(lost) {
                    self.found.push(Found::PassedOver {
                        node: node.clone(),
                        sequence: *lost,
                        acknowledged_at: *at,
                        line: *line,
                        later: *sequence,
                        event: delivery.event,
                    });
                }
            }
        }
    }

    /// Forgets records that all of these nodes are past.
    pub(super) fn prune(&mut self, nodes: &[Text]) {
        let latest = |node: &Text| self.nodes.get(node).map_or(0, |served| served.latest);
        let past = nodes.iter().map(latest).min().unwrap_or(0);
        while let Some((at, ..)) = self.acknowledged.front()
            && *at < past
        {
            self.acknowledged.pop_front();
            self.forgotten += 1;
        }
        while let Some(first) = self.sent.first_entry()
            && (*first.key() == self.base || (self.base == 0 && *first.key() == 1))
            && first.get().called <= past
            && first.get().acknowledged.is_none_or(|at| at < past)
        {
            self.base = first.key() + 1;
            first.remove();
        }
        for served in self.nodes.values_mut() {
            served.sequences = served.sequences.split_off(&self.base);
        }
    }

    /// The end of the history: what is unknown stays unknown.
    pub(super) fn finish(&mut self) {
        self.serve(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three nodes that serve what was sent, one of them late and without record `lost`; forgetting changes nothing.
    fn run(lost: u64, prune: bool) -> (u64, Vec<String>, usize) {
        let names: Vec<Text> = ["n1", "n2", "n3"].map(Text::from).to_vec();
        let mut all = Deliveries::default();
        for sequence in 0..500_u64 {
            let called = sequence * 100;
            let line = sequence * 10;
            all.sent(sequence, called, (true, called + 30), line);
            for (node, behind) in names.iter().zip([0, 1, 40]) {
                if let Some(sequence) = sequence.checked_sub(behind)
                    && (behind < 40 || sequence != lost)
                {
                    all.served(node, (line + 1 + behind, called + 50), &[sequence]);
                }
            }
            if prune && sequence % 7 == 0 {
                all.prune(&names);
            }
        }
        all.finish();
        assert!(!all.against);
        let found = all.found.iter().map(|found| format!("{found:?}")).collect();
        (all.count, found, all.sent.len())
    }

    #[test]
    fn what_is_forgotten_changes_nothing() {
        for lost in [0, 1, 250, 1_000] {
            let (count, found, kept) = run(lost, true);
            let whole = run(lost, false);
            assert_eq!((count, &found), (whole.0, &whole.1), "{lost}");
            assert_eq!(found.len(), usize::from(lost < 400), "{found:?}");
            assert!(kept < 60 && whole.2 == 500, "{kept}");
        }
    }
}
