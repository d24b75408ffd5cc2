//! End offsets by raw ListOffsets, from one node for each partition in turn. These are operations, not observations: an
//! answer must include every append that was acknowledged before the request (`log-recency`).

use std::net::SocketAddr;
use std::time::Instant;

use checkers::history::{
    Call, Completion, EndOffset, EndOffsetSeen, Invocation, Isolation, Report, Text, What, WorkerId,
};

use super::{PERIOD, TIMEOUT};
use crate::kafka::questions::{self, NoAnswer};
use crate::kafka::wire::Wire;
use crate::record::{Recorder, StopFlag, WorkerIds};

/// Asks one node until asked to stop.
pub fn ask(
    node: usize,
    address: SocketAddr,
    partitions: &[(String, i32)],
    recorder: &Recorder,
    ids: &WorkerIds,
    stop: &StopFlag,
) {
    let mut wire = Wire::new(address, TIMEOUT);
    let mut worker: WorkerId = ids.next();
    let mut next = Instant::now();
    for (topic, partition) in partitions.iter().cycle() {
        if !stop.sleep_until(next) {
            return;
        }
        next = (next + PERIOD).max(Instant::now());
        let name = Text::from(format!("n{node}"));
        let call = EndOffset {
            topic: topic.into(),
            partition: *partition,
            isolation: Isolation::ReadUncommitted,
            node: Some(name.clone()),
        };
        recorder.record(What::Invoke(Invocation {
            worker,
            call: Call::EndOffset(call),
        }));
        let answer = questions::end_offset(&mut wire, topic, *partition);
        let end = |error, seen| Completion {
            worker,
            error,
            report: Report::EndOffset(Box::new(seen)),
        };
        match answer {
            Ok(seen) => {
                let seen = EndOffsetSeen {
                    offset: Some(seen.offset),
                    epoch: (seen.epoch >= 0).then_some(seen.epoch),
                    node: Some(name),
                };
                recorder.record(What::Ok(end(None, seen)));
            }
            Err(error @ NoAnswer::Refused(_)) => {
                recorder.record(What::Fail(end(
                    Some(error.to_string().into()),
                    EndOffsetSeen::default(),
                )));
            }
            Err(error @ NoAnswer::Wire(_)) => {
                recorder.record(What::Info(end(
                    Some(error.to_string().into()),
                    EndOffsetSeen::default(),
                )));
                worker = ids.next();
            }
        }
    }
}
