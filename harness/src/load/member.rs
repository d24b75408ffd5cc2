//! A raw member of a consumer group that reads what it was assigned and commits how far it came. What it does when, and how it
//! ends, is the workload's business.

use std::collections::BTreeMap;

use checkers::history::{Assigned, Call, Deliver, Delivered, Isolation, Offset, Record, Report};

use super::Load;
use super::committed::TIMEOUT;
use super::membership::{Membership, Standing};
use crate::kafka::questions::{self, groups, outcome_of};
use crate::kafka::wire::Wire;
use crate::record::Outcome;

/// The size of a fetch in bytes.
const FETCH_BYTES: i32 = 64 << 10;
/// How often a member asks for its offsets before it looks at its group again.
const FETCHES: usize = 3;

/// A member.
pub(super) struct Member<'a> {
    membership: Membership<'a>,
    /// Where it reads next in each partition that it was assigned, and where it committed last.
    places: BTreeMap<(String, i32), (Offset, Offset)>,
    /// For each node: a connection to read from, and whom it asks next.
    readers: (Vec<Wire>, usize),
    tokens: u64,
}

impl<'a> Member<'a> {
    /// A member of a group that subscribes to all topics of the load.
    pub(super) fn new(load: &'a Load, group: &str, instance: Option<String>, at: usize) -> Self {
        let mut topics: Vec<String> = load
            .partitions
            .iter()
            .map(|(topic, _)| topic.clone())
            .collect();
        topics.dedup();
        let wires = load.addresses.iter().map(|node| Wire::new(*node, TIMEOUT));
        Member {
            membership: Membership::new(load, (group, topics), instance, at),
            places: BTreeMap::new(),
            readers: (wires.collect(), at % load.addresses.len().max(1)),
            tokens: 0,
        }
    }

    /// Joins, syncs, and finds out where to read. `reason`: `new`, `rebalance` or `evicted`.
    pub(super) fn enter(&mut self, reason: &str) -> Standing {
        self.places.clear();
        let assigned = match self.membership.enter(reason) {
            Ok(assigned) => assigned,
            Err(standing) => return standing,
        };
        if assigned.is_empty() {
            return Standing::Good;
        }
        for _ in 0..FETCHES {
            if let Some(fetched) = self.membership.fetch(&assigned) {
                let places = fetched.into_iter().map(|(topic, partition, offset, _)| {
                    // Nothing was committed: from the first record on.
                    ((topic, partition), (offset.max(0), offset))
                });
                self.places = places.collect();
                return Standing::Good;
            }
        }
        Standing::Unknown
    }

    /// Sends a heartbeat if it is time.
    pub(super) fn beat(&mut self) -> Standing {
        self.membership.beat()
    }

    /// Reads on in one of its partitions, chosen by `drawn`. What it got is recorded before it can be committed.
    pub(super) fn read(&mut self, drawn: usize) {
        let count = self.places.len().max(1);
        let Some((place, (position, _))) = self.places.iter().nth(drawn % count) else {
            return;
        };
        let ((topic, partition), position) = (place.clone(), *position);
        let identity = self.membership.identity();
        let call = Call::Deliver(Box::new(Deliver {
            group: identity.group.as_str().into(),
            member: identity.member.as_str().into(),
            generation: identity.generation,
            assigned: vec![Assigned {
                topic: topic.as_str().into(),
                partition,
                position,
            }],
            isolation: Isolation::ReadUncommitted,
        }));
        let caller = self.membership.caller();
        caller.calls(call);
        let (wires, asked) = &mut self.readers;
        match questions::fetch(&mut wires[*asked], &topic, partition, position, FETCH_BYTES) {
            Ok(fetched) => {
                let records = fetched.records.iter();
                let record = |one: &questions::Stored| {
                    Record(topic.as_str().into(), partition, one.offset, one.text())
                };
                let records = records.map(record).collect();
                caller.ended(
                    Outcome::Ok,
                    Report::Deliver(Box::new(Delivered { records })),
                );
                if let Some((next, _)) = self.places.get_mut(&(topic, partition)) {
                    *next = fetched.next;
                }
            }
            Err(error) => {
                *asked = (*asked + 1) % wires.len().max(1);
                caller.ended(outcome_of(&error, &[]), Report::Deliver(Box::default()));
            }
        }
    }

    /// Commits how far it came.
    pub(super) fn commit(&mut self) -> Standing {
        self.tokens += 1;
        let token = format!("c{}-{}", self.membership.worker(), self.tokens);
        let changed = self.places.iter().filter(|(_, (next, last))| next > last);
        let offsets: Vec<groups::Place> = changed
            .map(|((topic, partition), (next, _))| {
                (
                    topic.clone(),
                    *partition,
                    *next,
                    format!("{token}-{topic}-{partition}"),
                )
            })
            .collect();
        if offsets.is_empty() {
            return Standing::Good;
        }
        let standing = self.membership.commit(&offsets);
        if standing == Standing::Good {
            for (topic, partition, offset, _) in offsets {
                if let Some((_, last)) = self.places.get_mut(&(topic, partition)) {
                    *last = offset;
                }
            }
        }
        standing
    }

    /// Leaves the group.
    pub(super) fn leave(&mut self) {
        self.membership.leave();
        self.places.clear();
    }
}
