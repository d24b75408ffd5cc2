//! The first offset that a partition keeps, asked of one node by raw ListOffsets and recorded as an operation. What is
//! below it is gone, and `log-start` judges whether it may be.

use checkers::history::{Call, Offset, Report, StartOffset, StartOffsetSeen, Text};

use crate::kafka::questions;
use crate::kafka::wire::Wire;
use crate::record::Caller;

/// Asks node `node`, counted from 1, over its connection. None if the node refuses, as one that does not lead must, or does
/// not answer.
pub fn ask(
    (node, wire): (usize, &mut Wire),
    (topic, partition): (&str, i32),
    phase: Option<&str>,
    caller: &mut Caller<'_>,
) -> Option<Offset> {
    caller.calls(Call::StartOffset(Box::new(StartOffset {
        node: format!("n{node}").into(),
        topic: topic.into(),
        partition,
        phase: phase.map(Text::from),
    })));
    let answer = questions::start_offset(wire, topic, partition);
    let outcome = questions::outcome(&answer);
    let offset = answer.ok();
    caller.ended(outcome, Report::StartOffset(StartOffsetSeen { offset }));
    offset
}
