//! Reads partitions through one node by raw Fetch, and records each read as an operation. The rolling reads under load and
//! the final reads after the last heal are made of these.

use std::net::SocketAddr;
use std::time::Duration;

use checkers::history::{Call, Offset, Read, ReadSeen, Record, Report};

use crate::kafka::questions;
use crate::kafka::wire::Wire;
use crate::load::Compared;
use crate::probe::start_offset;
use crate::record::{Caller, Recorder, WorkerIds};

/// The size of one Fetch in bytes.
const FETCH_BYTES: i32 = 4 << 20;
/// The time limit of one Fetch.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What one read came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// The offset of the next read.
    To(Offset),
    /// The log begins at this offset by now, for its age or because somebody deleted what lies below.
    Moved(Offset),
    /// No answer, or a refusal.
    Nowhere,
}

/// One node's reader.
pub(super) struct NodeReader<'a> {
    node: usize,
    wire: Wire,
    caller: Caller<'a>,
    /// Says in the history which reads these are.
    phase: &'static str,
    compared: Compared<'a>,
}

impl<'a> NodeReader<'a> {
    /// A reader of the nth node.
    pub(super) fn new(
        (node, address): (usize, SocketAddr),
        phase: &'static str,
        compared: Compared<'a>,
        recorded: (&'a Recorder, &'a WorkerIds),
    ) -> NodeReader<'a> {
        NodeReader {
            node,
            wire: Wire::new(address, TIMEOUT),
            caller: Caller::new(recorded),
            phase,
            compared,
        }
    }

    /// The first offset that the node keeps, by its word. None if it refuses, as one that only follows must.
    pub(super) fn first(&mut self, place: (&str, i32)) -> Option<Offset> {
        let asked = (self.node, &mut self.wire);
        start_offset::ask(asked, place, Some(self.phase), &mut self.caller)
    }

    /// Reads once from a position on.
    pub(super) fn read(&mut self, (topic, partition): (&str, i32), position: Offset) -> Came {
        self.caller.calls(Call::Read(Box::new(Read {
            node: format!("n{}", self.node).into(),
            topic: topic.into(),
            partition,
            position,
            phase: Some(self.phase.into()),
        })));
        let answer = questions::fetch(&mut self.wire, topic, partition, position, FETCH_BYTES);
        let outcome = questions::outcome(&answer);
        let (seen, came) = match answer {
            Ok(fetched) => {
                let record = |record: &questions::Stored| {
                    let value = self.compared.stored((topic, partition), record);
                    Record(topic.into(), partition, record.offset, value)
                };
                let seen = ReadSeen {
                    records: fetched.records.iter().map(record).collect(),
                    next: Some(fetched.next),
                    high_watermark: Some(fetched.high_watermark),
                    log_start_offset: Some(fetched.log_start_offset),
                };
                (seen, Ok(fetched.next))
            }
            Err(error) => (ReadSeen::default(), Err(error.to_string())),
        };
        self.caller.ended(outcome, Report::Read(Box::new(seen)));
        let error = match came {
            Ok(next) => return Came::To(next),
            Err(error) => error,
        };
        let moved = error.contains("OFFSET_OUT_OF_RANGE");
        let start = moved.then(|| self.first((topic, partition))).flatten();
        match start.filter(|start| *start > position) {
            Some(start) => Came::Moved(start),
            None => Came::Nowhere,
        }
    }
}
