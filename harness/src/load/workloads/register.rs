//! `register`: a partition is a register that holds the value of its last record.
//!
//! A *write* is an append of one record, sent once. A *read* asks the leader for the end offset and then fetches the
//! record before that end. The record at an offset never changes, so the read shows the value at the time of the end
//! offset's answer. It is recorded as an `end-offset` and a `poll` of one worker, so that every check of the log judges
//! it too.
//!
//! Writers and readers are different workers: a writer waits for its time-out while its leader is cut off, and that is
//! when a read may be stale. A reader stays with the node that answered it last, like a client that does not know of an
//! election, and turns to the next node when that node refuses. If a node does not answer, the reader avoids it for a
//! while: a write that was lost in an election is visible only until the next write replaces it, and by then the reader
//! must have asked another node (observed: when a reader waited a second for each partition of a cut leader, none of
//! 254 lost writes was detected).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use checkers::history::{
    Assigned, Call, EndOffset, EndOffsetSeen, Isolation, Offset, Poll, Polled, Record, Report,
};
use rand::Rng;

use super::lives::{Producing, live, one};
use super::{Row, Turn, Worker, Workload, with_pollers};
use crate::config::seed::random;
use crate::kafka::nodes;
use crate::kafka::questions::{self, NoAnswer};
use crate::kafka::wire::Wire;
use crate::load::Load;
use crate::load::pace::Pace;
use crate::record::Caller;

/// Its row.
pub(super) const ROW: Row = Row {
    name: "register",
    description: "a partition's last record is a register: one-record writes, reads by end offset",
    make: || Arc::new(Register),
};

struct Register;

impl Workload for Register {
    fn workers(&self, clients: usize) -> Vec<Worker> {
        with_pollers(clients, |at, producers| {
            match at + readers_of(producers) < producers {
                true => Box::new(write),
                false => Box::new(read),
            }
        })
    }
}

/// The time that a reader waits for one answer. It is shorter than an election.
const TIMEOUT: Duration = Duration::from_millis(300);
/// The time for which a reader avoids a node that did not answer, if there is another node.
const LEFT_ALONE: Duration = Duration::from_millis(1_500);
/// The size of one fetch in bytes: the record before the end, and a few newer ones.
const FETCH_BYTES: i32 = 4 << 10;

/// The number of workers that read here and produce in other workloads. They come last.
fn readers_of(producers: usize) -> usize {
    producers / 2
}

/// Writes until asked to stop.
///
/// # Errors
/// If librdkafka rejects a setting.
fn write(load: &Load, turn: Turn) -> Result<()> {
    let producing = Producing::one_request(load);
    live(load, turn, &producing, |_, worker, counter| {
        one(worker, counter)
    })
}

/// Reads until asked to stop.
fn read(load: &Load, turn: Turn) -> Result<()> {
    let mut random = random(load.seed, 3_000 + turn.thread);
    let mut pace = Pace::per_second(turn.per_second);
    let mut reader = Reader::new(load, turn.thread);
    while pace.wait(&mut random, &load.stop) {
        reader.read(random.random_range(0..load.partitions.len()));
    }
    Ok(())
}

/// A client that reads last records over its own connections.
struct Reader<'a> {
    load: &'a Load,
    caller: Caller<'a>,
    wires: Vec<Wire>,
    /// For each partition: the node to ask.
    asked: Vec<usize>,
    /// For each node: until when it is avoided.
    silent: Vec<Option<Instant>>,
}

/// Why the asked node cannot serve the read.
enum Turned {
    /// It refused.
    Away,
    /// It did not answer.
    Silent,
}

impl<'a> Reader<'a> {
    fn new(load: &'a Load, thread: u64) -> Reader<'a> {
        let wire = |address: &SocketAddr| Wire::new(*address, TIMEOUT);
        let wires: Vec<Wire> = load.addresses.iter().map(wire).collect();
        let first = usize::try_from(thread).unwrap_or_default();
        let partitions = 0..load.partitions.len();
        Reader {
            load,
            caller: Caller::new((&load.recorder, &load.ids)),
            asked: partitions
                .map(|at| (first + at) % wires.len().max(1))
                .collect(),
            silent: vec![None; wires.len()],
            wires,
        }
    }

    /// Asks for the end, and then for the record before it, both from the same node.
    fn read(&mut self, at: usize) {
        let mut node = self.asked[at];
        if self.silent[node].is_some_and(|until| until > Instant::now()) {
            node = next(node, &self.silent, Instant::now());
            self.asked[at] = node;
        }
        let answered = match self.end_offset(at, node) {
            Ok(end) if end > 0 => self.record_at(at, node, end - 1),
            Ok(_) => Ok(()),
            Err(turned) => Err(turned),
        };
        if let Err(turned) = answered {
            if matches!(turned, Turned::Silent) {
                self.silent[node] = Some(Instant::now() + LEFT_ALONE);
            }
            self.asked[at] = next(node, &self.silent, Instant::now());
        }
    }

    fn end_offset(&mut self, at: usize, node: usize) -> Result<Offset, Turned> {
        let (topic, partition) = self.load.partitions[at].clone();
        let name = nodes::name(node);
        self.caller.calls(Call::EndOffset(EndOffset {
            topic: topic.as_str().into(),
            partition,
            isolation: Isolation::ReadUncommitted,
            node: Some(name.clone()),
        }));
        let answer = questions::end_offset(&mut self.wires[node], &topic, partition);
        let seen = answer.as_ref().map_or_else(
            |_| EndOffsetSeen::default(),
            |end| EndOffsetSeen {
                offset: Some(end.offset),
                epoch: (end.epoch >= 0).then_some(end.epoch),
                node: Some(name),
            },
        );
        self.completed(&answer, Report::EndOffset(Box::new(seen)))?;
        Ok(answer.map_or(0, |end| end.offset))
    }

    fn record_at(&mut self, at: usize, node: usize, position: Offset) -> Result<(), Turned> {
        let (topic, partition) = self.load.partitions[at].clone();
        let assigned = Assigned {
            topic: topic.as_str().into(),
            partition,
            position,
        };
        self.caller.calls(Call::Poll(Poll {
            assigned: vec![assigned],
            isolation: Isolation::ReadUncommitted,
            phase: None,
        }));
        let wire = &mut self.wires[node];
        let answer = questions::fetch(wire, &topic, partition, position, FETCH_BYTES);
        let fetched = answer.iter().flat_map(|fetched| &fetched.records);
        let record = |record: &questions::Stored| {
            let value = record.text();
            Record(topic.as_str().into(), partition, record.offset, value)
        };
        let records = fetched.map(record).collect();
        self.completed(&answer, Report::Poll(Polled { records }))
    }

    /// Records the outcome of the last call.
    fn completed<T>(&mut self, answer: &Result<T, NoAnswer>, report: Report) -> Result<(), Turned> {
        self.caller.ended(questions::outcome(answer), report);
        match answer {
            Ok(_) => Ok(()),
            Err(NoAnswer::Refused(_)) => Err(Turned::Away),
            Err(NoAnswer::Wire(_)) => Err(Turned::Silent),
        }
    }
}

/// The node to ask after this one: the next one that is not avoided, or else the next one.
fn next(node: usize, silent: &[Option<Instant>], now: Instant) -> usize {
    let nodes = silent.len().max(1);
    let left_alone = |at: &usize| silent[*at].is_some_and(|until| until > now);
    let mut others = (1..nodes).map(|step| (node + step) % nodes);
    let other = others.find(|at| !left_alone(at));
    other.unwrap_or((node + 1) % nodes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::workloads::producers_of;

    #[test]
    fn a_silent_node_is_left_alone() {
        let now = Instant::now();
        let until = Some(now + LEFT_ALONE);
        assert_eq!(next(2, &[None, None, None], now), 0);
        assert_eq!(next(2, &[until, None, until], now), 1);
        assert_eq!(next(1, &[until, None, until], now), 2);
        assert_eq!(next(2, &[until, None, None], now + LEFT_ALONE), 0);
    }

    /// With two clients, the minimum, one writes and one reads.
    #[test]
    fn somebody_writes_and_somebody_reads() {
        for clients in 2..=64 {
            let producers = producers_of(clients);
            let readers = readers_of(producers);
            assert!(readers >= 1 && readers < producers, "{clients}");
        }
    }
}
