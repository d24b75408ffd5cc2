//! When a record arrives at a node: the produce probe's topic, read through one node as it grows. What a record takes from
//! its send to here is the delay of messages between nodes as it can be seen from outside. Observations, not operations:
//! the probe's records are nobody's appends.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use checkers::history::{Observation, Offset, Seen, What};

use super::TIMEOUT;
use super::produce;
use crate::config::topics;
use crate::kafka::questions;
use crate::kafka::wire::Wire;
use crate::record::{Recorder, StopFlag};

/// How often a node is asked: the resolution of the delays.
const EVERY: Duration = Duration::from_millis(20);
/// Bytes asked for in one Fetch.
const FETCH_BYTES: i32 = 1 << 20;

/// Reads through one node until told to stop. Only answers that hold records are kept.
pub fn watch(node: usize, address: SocketAddr, recorder: &Recorder, stop: &StopFlag) {
    let mut wire = Wire::new(address, TIMEOUT);
    let mut position: Offset = 0;
    let mut next = Instant::now();
    while stop.sleep_until(next) {
        next = (next + EVERY).max(Instant::now());
        let called = recorder.now();
        // A node that does not answer serves nothing; that it does not is for the other probes to tell.
        let Ok(fetched) = questions::fetch(&mut wire, topics::PROBE, 0, position, FETCH_BYTES)
        else {
            continue;
        };
        position = fetched.next;
        let sequence = |(_, value): &(Offset, bytes::Bytes)| produce::sequence(value);
        let sequences: Vec<u64> = fetched.records.iter().filter_map(sequence).collect();
        if !sequences.is_empty() {
            recorder.record(What::Observation(Box::new(Observation {
                called,
                node: format!("n{node}").into(),
                answered: true,
                error: None,
                seen: Seen::Delivery { sequences },
            })));
        }
    }
}
