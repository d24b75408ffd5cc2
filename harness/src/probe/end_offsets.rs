//! End offsets by raw ListOffsets, from one node for each partition in turn. These are operations, not observations: an
//! answer must include every append that was acknowledged before the request (`log-recency`). Where transactions write, the
//! end for readers of what is committed is asked for too (`lso-too-high`, `commit-not-visible`). From time to time the
//! first offset is asked for as well, so that a log start that moves is seen while the run goes on (`log-start`).

use std::net::SocketAddr;
use std::time::Instant;

use checkers::history::{Call, EndOffset, EndOffsetSeen, Isolation, Report, Text};

use super::reach::{Place, Reach};
use super::{PERIOD, TIMEOUT, start_offset};
use crate::kafka::questions;
use crate::kafka::wire::Wire;
use crate::record::{Caller, Recorder, StopFlag, WorkerIds};

/// After so many questions for an end comes one for a first offset.
const STARTS_ONE_IN: usize = 10;

/// Asks one node until asked to stop. What it answers is noted in `reach`.
pub fn ask(
    node: usize,
    address: SocketAddr,
    (ends, reach): (&[(Place, Isolation)], &Reach),
    recorder: &Recorder,
    ids: &WorkerIds,
    stop: &StopFlag,
) {
    let mut wire = Wire::new(address, TIMEOUT);
    let mut caller = Caller::new((recorder, ids));
    let mut next = Instant::now();
    // A turn of their own: where the number of partitions is a multiple of ten, only the first would be asked otherwise.
    let whole = |end: &&(Place, Isolation)| end.1 == Isolation::ReadUncommitted;
    let mut starts = ends.iter().filter(whole).cycle();
    for (number, ((topic, partition), isolation)) in ends.iter().cycle().enumerate() {
        if !stop.sleep_until(next) {
            return;
        }
        if number % STARTS_ONE_IN == STARTS_ONE_IN - 1
            && let Some(((topic, partition), _)) = starts.next()
        {
            let place = (topic.as_str(), *partition);
            start_offset::ask((node, &mut wire), place, None, &mut caller);
        }
        next = (next + PERIOD).max(Instant::now());
        let name = Text::from(format!("n{node}"));
        let call = EndOffset {
            topic: topic.into(),
            partition: *partition,
            isolation: *isolation,
            node: Some(name.clone()),
        };
        caller.calls(Call::EndOffset(call));
        let answer = match isolation {
            Isolation::ReadUncommitted => questions::end_offset(&mut wire, topic, *partition),
            Isolation::ReadCommitted => questions::stable_offset(&mut wire, topic, *partition),
        };
        let outcome = questions::outcome(&answer);
        let seen = answer.map_or_else(
            |_| EndOffsetSeen::default(),
            |seen| {
                reach.ends((topic, *partition), seen.offset);
                EndOffsetSeen {
                    offset: Some(seen.offset),
                    epoch: (seen.epoch >= 0).then_some(seen.epoch),
                    node: Some(name),
                }
            },
        );
        caller.ended(outcome, Report::EndOffset(Box::new(seen)));
    }
}
