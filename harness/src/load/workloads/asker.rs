//! A client of `pipeline` over connections of its own: it asks for the first record at or after a time and for the one
//! with the greatest timestamp, and reads somewhere in a partition through any node, as a client that fetches from
//! followers does (KIP-392).

use std::time::Duration;

use anyhow::Result;
use checkers::history::{
    Assigned, Call, Isolation, Offset, OffsetForTime, OffsetForTimeSeen, Poll, Polled, Record,
    Report,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::Turn;
use crate::config::seed::random;
use crate::kafka::wire::Wire;
use crate::kafka::{nodes, questions};
use crate::load::contents::Drawing;
use crate::load::pace::Pace;
use crate::load::{Compared, Load};
use crate::record::Caller;

/// The time that it waits for one answer.
const TIMEOUT: Duration = Duration::from_millis(1_000);
/// The size of one fetch in bytes.
const FETCH_BYTES: i32 = 1 << 20;
/// The rate of its questions and reads.
const PER_SECOND: f64 = 30.0;
/// One question in this many is for the greatest timestamp.
const GREATEST_ONE_IN: u32 = 4;

/// Asks and reads until asked to stop.
pub(super) fn run(load: &Load, turn: Turn) -> Result<()> {
    let Some(drawing) = &*load.drawing else {
        return Ok(());
    };
    let mut random = random(load.seed, 3_000 + turn.thread);
    let mut pace = Pace::per_second(turn.per_second.min(PER_SECOND));
    let mut asker = Asker {
        load,
        drawing,
        compared: Compared::begin(Some(drawing), &load.recorder),
        caller: Caller::new((&load.recorder, &load.ids)),
        wires: load
            .addresses
            .iter()
            .map(|at| Wire::new(*at, TIMEOUT))
            .collect(),
        leader: vec![0; load.partitions.len()],
        ends: vec![vec![0; load.partitions.len()]; load.addresses.len()],
    };
    while pace.wait(&mut random, &load.stop) {
        let at = random.random_range(0..load.partitions.len());
        match random.random_bool(0.5) {
            true => asker.ask(at, &mut random),
            false => asker.read(at, &mut random),
        }
    }
    Ok(())
}

struct Asker<'a> {
    load: &'a Load,
    drawing: &'a Drawing,
    compared: Compared<'a>,
    caller: Caller<'a>,
    wires: Vec<Wire>,
    /// For each partition: the node that answered last.
    leader: Vec<usize>,
    /// For each node and partition: how far it has served. Another node may not have that yet, and would refuse.
    ends: Vec<Vec<Offset>>,
}

impl Asker<'_> {
    /// Only a leader answers. After a refusal or silence the next node is asked.
    fn ask(&mut self, at: usize, random: &mut ChaCha8Rng) {
        let (topic, partition) = &self.load.partitions[at];
        let timestamp = match random.random_ratio(1, GREATEST_ONE_IN) {
            true => OffsetForTime::GREATEST,
            false => self.drawing.some_time(random),
        };
        let node = self.leader[at];
        self.caller
            .calls(Call::OffsetForTime(Box::new(OffsetForTime {
                topic: topic.into(),
                partition: *partition,
                timestamp,
                node: Some(nodes::name(node)),
            })));
        let wire = &mut self.wires[node];
        let answer = questions::offset_for_time(wire, topic, *partition, timestamp);
        if answer.is_err() {
            self.leader[at] = (node + 1) % self.wires.len().max(1);
        }
        let outcome = questions::outcome(&answer);
        let (offset, timestamp) = answer.unwrap_or_default().unzip();
        let seen = OffsetForTimeSeen { offset, timestamp };
        self.caller
            .ended(outcome, Report::OffsetForTime(Box::new(seen)));
    }

    /// Reads through any node, which may be behind: it is given what the node has.
    fn read(&mut self, at: usize, random: &mut ChaCha8Rng) {
        let (topic, partition) = &self.load.partitions[at];
        let node = random.random_range(0..self.wires.len().max(1));
        let position = random.random_range(0..=self.ends[node][at]);
        self.caller.calls(Call::Poll(Poll {
            assigned: vec![Assigned {
                topic: topic.into(),
                partition: *partition,
                position,
            }],
            isolation: Isolation::ReadUncommitted,
            phase: None,
        }));
        let wire = &mut self.wires[node];
        let fetched = questions::fetch(wire, topic, *partition, position, FETCH_BYTES);
        let outcome = questions::outcome(&fetched);
        let records = match fetched {
            Ok(fetched) => {
                self.ends[node][at] = fetched.next;
                let mut records = Vec::with_capacity(fetched.records.len());
                for record in &fetched.records {
                    let word = self.compared.stored((topic, *partition), record);
                    records.push(Record(topic.into(), *partition, record.offset, word));
                }
                records
            }
            Err(_) => {
                self.ends[node][at] = 0;
                Vec::new()
            }
        };
        self.caller.ended(outcome, Report::Poll(Polled { records }));
    }
}
