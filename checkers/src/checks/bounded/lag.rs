//! How far behind consumers are, poll by poll, while the history goes on. What was known when a poll was called does
//! not change later, so each poll is looked at once.

use std::collections::BTreeMap;

use super::places::Places;
use crate::checks::view::{Earliest, View};
use crate::history::{Call, ClientOperation, Moment, Offset, WorkerId};

/// A consumer that had caught up: where it stood last, and the line of that poll.
#[derive(Clone, Copy, Debug)]
struct Stood {
    position: Offset,
    poll: u64,
}

/// All consumers.
#[derive(Debug, Default)]
pub(super) struct Lag {
    caught_up: BTreeMap<(usize, WorkerId), Stood>,
    /// The longest time for which one of them was behind.
    pub(super) longest: Moment,
    /// Polls of lines before this one were looked at.
    done: u64,
}

impl Lag {
    /// Looks at the polls that are new. None if one of them needs what was forgotten.
    pub(super) fn advance(
        &mut self,
        views: &[View<'_>],
        operations: &[ClientOperation<'_>],
        places: &mut Places,
    ) -> Option<()> {
        let first = operations.partition_point(|operation| operation.id < self.done);
        let mut earliest: BTreeMap<usize, Earliest> = BTreeMap::new();
        for view in views {
            let (topic, partition) = view.place;
            earliest.insert(places.index(topic, partition), view.earliest_known());
        }
        for operation in &operations[first..] {
            self.done = operation.id + 1;
            let Call::Poll(poll) = operation.call else {
                continue;
            };
            for (number, assigned) in poll.assigned.iter().enumerate() {
                let moved = places.moved.get(&(operation.id, number));
                let position = moved.copied().unwrap_or(assigned.position);
                let at = places.index(&assigned.topic, assigned.partition);
                let consumer = (at, operation.worker);
                let stood = Stood {
                    position,
                    poll: operation.id,
                };
                if position < places.all[at].to {
                    // It reads again from the start, and what it reads is known for long.
                    if self.caught_up.contains_key(&consumer) {
                        return None;
                    }
                    continue;
                }
                let known_at = earliest.get(&at).and_then(|of| of.at_or_above(position));
                match known_at.filter(|known_at| *known_at < operation.called) {
                    None => drop(self.caught_up.insert(consumer, stood)),
                    Some(known_at) => {
                        if let Some(known) = self.caught_up.get_mut(&consumer) {
                            *known = stood;
                            let behind = operation.called.saturating_sub(known_at);
                            self.longest = self.longest.max(behind);
                        }
                    }
                }
            }
        }
        places.moved.clear();
        Some(())
    }

    /// The lowest position of a consumer of a partition that had caught up, and polled since some line.
    pub(super) fn lowest(&self, at: usize, since: u64) -> Option<Offset> {
        let of_place = self.caught_up.range((at, 0)..=(at, WorkerId::MAX));
        let lives = of_place.filter(|(_, stood)| stood.poll >= since);
        lives.map(|(_, stood)| stood.position).min()
    }
}
