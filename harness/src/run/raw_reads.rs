//! The final reads of partitions that transactions write to: batch by batch through every node, as a consumer of committed
//! transactions asks for them, markers and lists of aborted transactions included. They begin when every transaction is
//! over, so that a transaction which a node still holds open is one that hangs.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use checkers::history::{
    Call, Completion, Invocation, Isolation, Offset, RawRead, RawSeen, Report, Text, What,
};

use crate::kafka::questions::{self, NoAnswer, raw};
use crate::kafka::wire::Wire;
use crate::record::{Recorder, WorkerIds};

/// The size of one Fetch in bytes.
const FETCH_BYTES: i32 = 1 << 20;
/// The time limit of one question.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The delay before a failed Fetch is retried, or one that was behind.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// How long a node may be behind the others.
const BEHIND: Duration = Duration::from_secs(3);

/// Marks a final read in the history.
const PHASE: &str = "final";

/// Whether no transaction is open in these partitions, by the word of their leaders.
pub(super) fn are_stable(addresses: &[SocketAddr], places: &[(String, i32)]) -> bool {
    let mut wires: Vec<Wire> = addresses.iter().map(|a| Wire::new(*a, TIMEOUT)).collect();
    places.iter().all(|(topic, partition)| {
        wires.iter_mut().any(|wire| {
            let stable = questions::stable_offset(wire, topic, *partition);
            let end = questions::end_offset(wire, topic, *partition);
            matches!((stable, end), (Ok(stable), Ok(end)) if stable.offset >= end.offset)
        })
    })
}

/// Reads every partition through one node up to the last stable offset.
pub(super) fn through_node(
    (node, address): (usize, SocketAddr),
    places: &[(String, i32)],
    (recorder, ids): (&Recorder, &WorkerIds),
    deadline: Instant,
) {
    let mut wire = Wire::new(address, TIMEOUT);
    let mut worker = ids.next();
    for (topic, partition) in places {
        let mut position: Offset = 0;
        let patience = deadline.min(Instant::now() + BEHIND);
        loop {
            let call = RawRead {
                node: format!("n{node}").into(),
                topic: topic.into(),
                partition: *partition,
                position,
                isolation: Isolation::ReadCommitted,
                phase: Some(PHASE.into()),
            };
            recorder.record(What::Invoke(Invocation {
                worker,
                call: Call::RawRead(Box::new(call)),
            }));
            let place = (topic.as_str(), *partition);
            let answer = raw::read(
                &mut wire,
                place,
                position,
                FETCH_BYTES,
                Isolation::ReadCommitted,
            );
            let ended = |error: Option<String>, seen| Completion {
                worker,
                error: error.map(Text::from),
                report: Report::RawRead(Box::new(seen)),
            };
            let from = position;
            let mut is_at_end = false;
            match answer {
                Ok(seen) => {
                    position = seen.next.unwrap_or(position);
                    let end = seen.last_stable_offset.or(seen.high_watermark);
                    is_at_end = end.is_some_and(|end| position >= end);
                    recorder.record(What::Ok(ended(None, seen)));
                }
                Err(NoAnswer::Refused(error)) => {
                    recorder.record(What::Fail(ended(Some(error), RawSeen::default())));
                }
                Err(NoAnswer::Wire(error)) => {
                    let completion = ended(Some(error.to_string()), RawSeen::default());
                    recorder.record(What::Info(completion));
                    worker = ids.next();
                }
            }
            if is_at_end || Instant::now() >= deadline {
                break;
            }
            if position == from {
                if Instant::now() >= patience {
                    break;
                }
                std::thread::sleep(AGAIN_AFTER);
            }
        }
    }
}
