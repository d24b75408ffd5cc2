//! When a record arrives at a node: the produce probe's topic, read through one node as it grows. What a record takes from
//! its send to here is the delay of messages between nodes as it can be seen from outside. For runs that ask for it: the
//! same reads are made by nobody else during the load.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use checkers::history::{
    Call, Completion, Invocation, Offset, Read, ReadSeen, Record, Report, What,
};

use super::{StopFlag, TIMEOUT, produce};
use crate::questions::{self, NoAnswer};
use crate::recorder::Recorder;
use crate::wire::Wire;
use crate::worker::WorkerIds;

/// How often a node is asked: the resolution of the delays.
const EVERY: Duration = Duration::from_millis(20);
/// Bytes asked for in one Fetch.
const FETCH_BYTES: i32 = 1 << 20;

/// Reads through one node until told to stop. Only answers that hold records are kept, and failures.
pub fn watch(
    node: usize,
    address: SocketAddr,
    recorder: &Recorder,
    ids: &WorkerIds,
    stop: &StopFlag,
) {
    let mut wire = Wire::new(address, TIMEOUT);
    let mut worker = ids.next();
    let mut position: Offset = 0;
    let mut next = Instant::now();
    while stop.sleep_until(next) {
        next = (next + EVERY).max(Instant::now());
        let call = Call::Read(Read {
            node: format!("n{node}"),
            topic: produce::TOPIC.to_owned(),
            partition: 0,
            position,
            phase: None,
        });
        recorder.record(What::Invoke(Invocation { worker, call }));
        let answer = questions::fetch(&mut wire, produce::TOPIC, 0, position, FETCH_BYTES);
        let completion = |error, seen| Completion {
            worker,
            error,
            report: Report::Read(seen),
        };
        match answer {
            Ok(fetched) => {
                position = fetched.next;
                let record = |(offset, value): &(Offset, bytes::Bytes)| {
                    let value = String::from_utf8_lossy(value).into_owned();
                    Record(produce::TOPIC.to_owned(), 0, *offset, value)
                };
                let seen = ReadSeen {
                    records: fetched.records.iter().map(record).collect(),
                    next: Some(fetched.next),
                    high_watermark: Some(fetched.high_watermark),
                    log_start_offset: Some(fetched.log_start_offset),
                };
                recorder.record(What::Ok(completion(None, seen)));
            }
            Err(error @ NoAnswer::Refused(_)) => {
                recorder.record(What::Fail(completion(
                    Some(error.to_string()),
                    ReadSeen::default(),
                )));
            }
            Err(error @ NoAnswer::Wire(_)) => {
                recorder.record(What::Info(completion(
                    Some(error.to_string()),
                    ReadSeen::default(),
                )));
                worker = ids.next();
            }
        }
    }
}
