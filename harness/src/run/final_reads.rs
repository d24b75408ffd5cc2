//! The final reads, after the last heal: every partition is read from beginning to end through every node, by raw
//! Fetch, up to the last record that the node serves, and again through librdkafka. An acknowledged record that these
//! reads do not contain is lost.
//!
//! They begin where the log begins, by the word of the node or, if it only follows, of the leader. What lies below was
//! removed, and `log-start` judges whether it may be: a read at 0 would be refused, and show nothing of the rest.

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
use crate::probe::start_offset;
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
/// until the deadline. `spans` are what to read, one for each partition.
pub fn through_node(
    (node, address): (usize, SocketAddr),
    spans: &[Span],
    mut compared: Compared<'_>,
    (recorder, ids): (&Recorder, &WorkerIds),
    deadline: Instant,
) {
    let mut wire = Wire::new(address, TIMEOUT);
    let mut worker = ids.next();
    for span in spans {
        let (topic, partition, end) = (&span.topic, &span.partition, &span.end);
        let first = |wire: &mut Wire, worker: &mut WorkerId| {
            let place = (topic.as_str(), *partition);
            let recorded = (recorder, ids);
            start_offset::ask((node, wire), place, Some(PHASE), worker, recorded)
        };
        let mut position = first(&mut wire, &mut worker).unwrap_or(span.start);
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
                    // The log start may have moved on since, for its age.
                    let moved = error.to_string().contains("OFFSET_OUT_OF_RANGE");
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
                    if moved && let Some(start) = first(&mut wire, &mut worker) {
                        position = position.max(start);
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
    spans: &[Span],
    mut compared: Compared<'_>,
    (recorder, worker): (&Recorder, WorkerId),
    deadline: Instant,
) -> Result<()> {
    let start = |span: &Span| Assigned {
        topic: (&span.topic).into(),
        partition: span.partition,
        position: span.start,
    };
    let mut consumer = Consumer::new(config, spans.iter().map(start).collect())?;
    let behind = |assigned: &[Assigned]| {
        assigned
            .iter()
            .zip(spans)
            .any(|(place, span)| place.position < span.end)
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

/// What there is to read of a partition, by the word of its leader.
pub struct Span {
    /// Topic name.
    topic: String,
    /// Partition index.
    partition: i32,
    /// The first offset that is kept.
    start: Offset,
    /// The offset after the last record.
    pub end: Offset,
}

/// Where every partition begins and ends. Each node in turn is asked until one answers.
///
/// # Errors
/// If no node reports the end of some partition before the deadline.
pub fn spans(
    addresses: &[SocketAddr],
    partitions: &[(String, i32)],
    (recorder, ids): (&Recorder, &WorkerIds),
    deadline: Instant,
) -> Result<Vec<Span>> {
    let mut worker = ids.next();
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
        // The lowest one that somebody states: what is above may be read, and a refusal says where to go on.
        let mut starts = Vec::with_capacity(wires.len());
        for (at, wire) in wires.iter_mut().enumerate() {
            let place = (topic.as_str(), *partition);
            let recorded = (recorder, ids);
            let asked =
                start_offset::ask((at + 1, wire), place, Some(PHASE), &mut worker, recorded);
            starts.extend(asked);
        }
        found.push(Span {
            topic: topic.clone(),
            partition: *partition,
            start: starts.into_iter().min().unwrap_or(0),
            end,
        });
    }
    Ok(found)
}
