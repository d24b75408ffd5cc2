//! The consuming half of a worker that consumes, transforms and produces: raw reads of its partitions, which are not recorded
//! because the outputs name what was read, and questions for the group's offsets, which are.

use std::collections::BTreeMap;

use checkers::history::Offset;

use crate::kafka::questions::{self, groups::Key};
use crate::kafka::wire::Wire;
use crate::load::Load;
use crate::load::committed::{self, TIMEOUT};
use crate::load::coordinator::Coordinator;
use crate::record::Caller;

/// The size of one fetch in bytes.
const FETCH_BYTES: i32 = 64 << 10;

/// What one worker reads.
pub(super) struct Input<'a> {
    group: &'a str,
    caller: Caller<'a>,
    coordinator: Coordinator<'a>,
    wires: Vec<Wire>,
    /// Which node it reads from.
    node: usize,
}

impl<'a> Input<'a> {
    /// Of the `nth` worker of a group.
    pub(super) fn new(load: &'a Load, group: &'a str, nth: u64) -> Input<'a> {
        let first = usize::try_from(nth).unwrap_or_default() % load.addresses.len().max(1);
        let wires = load.addresses.iter().map(|at| Wire::new(*at, TIMEOUT));
        Input {
            group,
            caller: Caller::new((&load.recorder, &load.ids)),
            coordinator: Coordinator::new(&load.addresses, (group, Key::Group), first, TIMEOUT),
            wires: wires.collect(),
            node: first,
        }
    }

    /// The committed offset of each partition, -1 if there is none. Nothing if one of them is not known now, because a
    /// transaction is open or nobody answers.
    pub(super) fn committed(&mut self, places: &[(String, i32)]) -> Option<BTreeMap<i32, Offset>> {
        let (caller, coordinator) = (&mut self.caller, &mut self.coordinator);
        let fetched = committed::fetch(caller, coordinator, self.group, places, (None, None))?;
        let offsets = fetched.into_iter();
        Some(
            offsets
                .map(|(_, partition, offset, _)| (partition, offset))
                .collect(),
        )
    }

    /// The records of a partition from a position on, as far as its node has them. After a refusal or silence it turns to
    /// another node.
    pub(super) fn read(
        &mut self,
        (topic, partition): &(String, i32),
        position: Offset,
    ) -> Vec<(Offset, String)> {
        let Some(wire) = self.wires.get_mut(self.node) else {
            return Vec::new();
        };
        match questions::fetch(wire, topic, *partition, position, FETCH_BYTES) {
            Ok(fetched) => {
                let records = fetched.records.iter();
                let shown = records.map(|record| (record.offset, record.text().to_string()));
                shown.collect()
            }
            Err(_) => {
                self.node = (self.node + 1) % self.wires.len().max(1);
                Vec::new()
            }
        }
    }

    /// The end of a partition, by the word of its leader.
    pub(super) fn end_offset(&mut self, (topic, partition): &(String, i32)) -> Option<Offset> {
        let mut answers = self.wires.iter_mut();
        answers.find_map(|wire| Some(questions::end_offset(wire, topic, *partition).ok()?.offset))
    }
}
