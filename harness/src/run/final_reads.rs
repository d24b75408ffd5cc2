//! The final reads, after the last heal: every partition is read from beginning to end through every node, by raw
//! Fetch, up to the last record that the node serves, and again through librdkafka. An acknowledged record that these
//! reads do not contain is lost.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use checkers::history::{
    Assigned, Call, Completion, Invocation, Isolation, Offset, Poll, Polled, Read, ReadSeen,
    Record, Report, What, WorkerId,
};

use crate::kafka::clients::consumer::Consumer;
use crate::kafka::questions::{self, NoAnswer};
use crate::kafka::wire::Wire;
use crate::load::Compared;
use crate::record::{Recorder, WorkerIds};

/// The size of one Fetch in bytes.
const FETCH_BYTES: i32 = 4 << 20;
/// The time limit of one Fetch.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The delay before a failed Fetch is retried.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Marks a final read in the history.
const PHASE: &str = "final";

/// Reads every partition through one node until it served everything below the highest end that any node reported, or
/// until the deadline. `ends` are the offsets to reach, one for each partition.
pub fn through_node(
    (node, address): (usize, SocketAddr),
    ends: &[(String, i32, Offset)],
    mut compared: Compared<'_>,
    (recorder, ids): (&Recorder, &WorkerIds),
    deadline: Instant,
) {
    let mut wire = Wire::new(address, TIMEOUT);
    let mut worker = ids.next();
    for (topic, partition, end) in ends {
        let mut position = 0;
        // At least once: a node may serve records beyond a reported end of 0.
        let mut asked = false;
        while (position < *end || !asked) && Instant::now() < deadline {
            asked = true;
            let call = Read {
                node: format!("n{node}").into(),
                topic: topic.into(),
                partition: *partition,
                position,
                phase: Some(PHASE.into()),
            };
            recorder.record(What::Invoke(Invocation {
                worker,
                call: Call::Read(Box::new(call)),
            }));
            let answer = questions::fetch(&mut wire, topic, *partition, position, FETCH_BYTES);
            match answer {
                Ok(fetched) => {
                    let record = |record: &questions::Stored| {
                        let value = compared.stored((topic, *partition), record);
                        Record(topic.into(), *partition, record.offset, value)
                    };
                    let seen = ReadSeen {
                        records: fetched.records.iter().map(record).collect(),
                        next: Some(fetched.next),
                        high_watermark: Some(fetched.high_watermark),
                        log_start_offset: Some(fetched.log_start_offset),
                    };
                    let report = Report::Read(Box::new(seen));
                    recorder.record(What::Ok(Completion {
                        worker,
                        error: None,
                        report,
                    }));
                    if fetched.next == position {
                        std::thread::sleep(AGAIN_AFTER);
                    }
                    position = fetched.next;
                }
                Err(error) => {
                    let refused = matches!(error, NoAnswer::Refused(_));
                    let report = Report::Read(Box::default());
                    let error = Some(error.to_string().into());
                    let completion = Completion {
                        worker,
                        error,
                        report,
                    };
                    if refused {
                        recorder.record(What::Fail(completion));
                    } else {
                        recorder.record(What::Info(completion));
                        worker = ids.next();
                    }
                    std::thread::sleep(AGAIN_AFTER);
                }
            }
        }
    }
}

/// Reads every partition with a librdkafka consumer, until all ends are reached or the deadline has passed.
///
/// # Errors
/// If librdkafka rejects a setting.
pub fn through_client(
    config: &rdkafka::ClientConfig,
    ends: &[(String, i32, Offset)],
    mut compared: Compared<'_>,
    (recorder, worker): (&Recorder, WorkerId),
    deadline: Instant,
) -> Result<()> {
    let start = |(topic, partition, _): &(String, i32, Offset)| Assigned {
        topic: topic.into(),
        partition: *partition,
        position: 0,
    };
    let mut consumer = Consumer::new(config, ends.iter().map(start).collect())?;
    let behind = |assigned: &[Assigned]| {
        assigned
            .iter()
            .zip(ends)
            .any(|(place, (.., end))| place.position < *end)
    };
    while behind(consumer.assigned()) && Instant::now() < deadline {
        let poll = Poll {
            assigned: consumer.assigned().to_vec(),
            isolation: Isolation::ReadUncommitted,
            phase: Some(PHASE.into()),
        };
        recorder.record(What::Invoke(Invocation {
            worker,
            call: Call::Poll(poll),
        }));
        let (records, error) = consumer.poll_as(Duration::from_millis(500), |message| {
            compared.consumed(message)
        });
        let failed = error.is_some();
        let completion = Completion {
            worker,
            error,
            report: Report::Poll(Polled { records }),
        };
        recorder.record(if failed {
            What::Fail(completion)
        } else {
            What::Ok(completion)
        });
        if failed {
            break;
        }
    }
    consumer.retire();
    Ok(())
}

/// The end offset of every partition. Each node in turn is asked until one answers.
///
/// # Errors
/// If no node reports the end of some partition before the deadline.
pub fn ends(
    addresses: &[SocketAddr],
    partitions: &[(String, i32)],
    deadline: Instant,
) -> Result<Vec<(String, i32, Offset)>> {
    let mut wires: Vec<Wire> = addresses.iter().map(|a| Wire::new(*a, TIMEOUT)).collect();
    let mut found = Vec::with_capacity(partitions.len());
    for (topic, partition) in partitions {
        let end = loop {
            let ask = |wire: &mut Wire| questions::end_offset(wire, topic, *partition);
            let answers: Vec<_> = wires.iter_mut().map(ask).collect();
            if let Some(end) = answers.iter().flatten().map(|end| end.offset).max() {
                break end;
            }
            if Instant::now() >= deadline {
                let last = answers.into_iter().find_map(Result::err);
                let why = last.map_or_else(String::new, |error| error.to_string());
                anyhow::bail!("no node reported the end of {topic}/{partition}: {why}");
            }
            std::thread::sleep(AGAIN_AFTER);
        };
        found.push((topic.clone(), *partition, end));
    }
    Ok(found)
}
