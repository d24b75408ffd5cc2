//! The delivery times of records: the produce probe's topic, read through one node as it grows. The time from a
//! record's send to its arrival here shows the delay of messages between nodes, as seen from outside. These are
//! observations, not operations: no workload appends the probe's records.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use checkers::history::{Observation, Offset, Seen, What};

use super::TIMEOUT;
use super::produce;
use crate::config::topics;
use crate::kafka::questions;
use crate::kafka::wire::Wire;
use crate::record::{Recorder, StopFlag};

/// The interval of the requests to a node. It is the resolution of the delays.
const EVERY: Duration = Duration::from_millis(20);
/// The size of one Fetch in bytes.
const FETCH_BYTES: i32 = 1 << 20;

/// Reads through one node until asked to stop. Only answers that contain records are recorded.
pub fn watch(node: usize, address: SocketAddr, recorder: &Recorder, stop: &StopFlag) {
    let mut wire = Wire::new(address, TIMEOUT);
    let mut position: Offset = 0;
    let mut next = Instant::now();
    while stop.sleep_until(next) {
        next = (next + EVERY).max(Instant::now());
        let called = recorder.now();
        // A node that does not answer serves nothing. Other probes record that.
        let Ok(fetched) = questions::fetch(&mut wire, topics::PROBE, 0, position, FETCH_BYTES)
        else {
            continue;
        };
        position = fetched.next;
        let sequence = |record: &questions::Stored| {
            record.contents.value.as_deref().and_then(produce::sequence)
        };
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
