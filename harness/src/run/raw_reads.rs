//! The final reads of partitions that transactions write to: batch by batch through every node, as a consumer of committed
//! transactions asks for them, markers and lists of aborted transactions included. They begin when every transaction is
//! over, so that a transaction which a node still holds open is one that hangs.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use checkers::history::{Call, Isolation, Offset, RawRead, Report};

use crate::kafka::questions::{self, raw};
use crate::kafka::wire::Wire;
use crate::probe::reach::Place;
use crate::record::{Caller, Recorder, WorkerIds};

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
pub(super) fn are_stable(addresses: &[SocketAddr], places: &[Place]) -> bool {
    let mut wires: Vec<Wire> = addresses.iter().map(|a| Wire::new(*a, TIMEOUT)).collect();
    places.iter().all(|(topic, partition)| {
        wires.iter_mut().any(|wire| {
            let stable = questions::stable_offset(wire, topic, *partition);
            let end = questions::end_offset(wire, topic, *partition);
            matches!((stable, end), (Ok(stable), Ok(end)) if stable.offset >= end.offset)
        })
    })
}

/// Where these partitions begin, by the word of their leaders; 0 where nobody answers.
pub(super) fn starts(addresses: &[SocketAddr], places: &[Place]) -> Vec<Offset> {
    let mut wires: Vec<Wire> = addresses.iter().map(|a| Wire::new(*a, TIMEOUT)).collect();
    let start = |(topic, partition): &Place| {
        let mut wires = wires.iter_mut();
        let found = wires.find_map(|wire| questions::start_offset(wire, topic, *partition).ok());
        found.unwrap_or(0)
    };
    places.iter().map(start).collect()
}

/// Reads every partition through one node, from where it begins up to the last stable offset.
pub(super) fn through_node(
    (node, address): (usize, SocketAddr),
    (places, starts): (&[Place], &[Offset]),
    recorded: (&Recorder, &WorkerIds),
    deadline: Instant,
) {
    let mut wire = Wire::new(address, TIMEOUT);
    let mut caller = Caller::new(recorded);
    for ((topic, partition), start) in places.iter().zip(starts) {
        let mut position = *start;
        let patience = deadline.min(Instant::now() + BEHIND);
        loop {
            caller.calls(Call::RawRead(Box::new(RawRead {
                node: format!("n{node}").into(),
                topic: topic.into(),
                partition: *partition,
                position,
                isolation: Isolation::ReadCommitted,
                phase: Some(PHASE.into()),
            })));
            let asked = (FETCH_BYTES, Isolation::ReadCommitted);
            let answer = raw::read(&mut wire, (topic, *partition), position, asked);
            let outcome = questions::outcome(&answer);
            let seen = answer.ok();
            let from = position;
            let mut is_at_end = false;
            if let Some(seen) = &seen {
                position = seen.next.unwrap_or(position);
                let end = seen.last_stable_offset.or(seen.high_watermark);
                is_at_end = end.is_some_and(|end| position >= end);
            }
            let report = Report::RawRead(Box::new(seen.unwrap_or_default()));
            caller.ended(outcome, report);
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
