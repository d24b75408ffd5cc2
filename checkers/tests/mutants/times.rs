//! What a drawn run leaves out about records beside their identity: timestamps, questions for the record of a time, and
//! the comparison of records as a whole.

use std::collections::BTreeMap;

use checkers::history::{
    Call, Completion, Event, Invocation, Moment, Observation, OffsetForTime, OffsetForTimeSeen,
    Report, Seen, Sending, Text, What, WorkerId,
};

const MS: Moment = 1_000_000;
/// The worker that asks.
const WORKER: WorkerId = 940;

/// Gives each record that is sent a timestamp: the time of its call.
pub(crate) fn stamp(event: &mut Event) {
    let at = (event.t / MS) as i64;
    if let What::Invoke(invocation) = &mut event.what
        && let Call::Append(append) = &mut invocation.call
    {
        append.sending = Some(Box::new(Sending {
            producer: invocation.worker,
            in_flight: 1,
            retries: false,
            timestamps: vec![at; append.values.len()],
        }));
    }
}

/// After some appends, a question for the time of one of their records, whose answer lies at or before it; and a
/// comparison of what was read.
pub(crate) fn questions(events: &[Event]) -> Vec<Event> {
    let mut sent: BTreeMap<Text, i64> = BTreeMap::new();
    let mut logs: BTreeMap<i32, BTreeMap<i64, i64>> = BTreeMap::new();
    let mut partitions: BTreeMap<WorkerId, i32> = BTreeMap::new();
    for event in events {
        match &event.what {
            What::Invoke(invocation) => {
                if let Call::Append(append) = &invocation.call {
                    let timestamps = append.sending.iter().flat_map(|s| s.timestamps.iter());
                    let values = append.values.iter().cloned();
                    sent.extend(values.zip(timestamps.copied()));
                }
            }
            What::Ok(ended) => {
                if let Report::Read(seen) = &ended.report {
                    for record in &seen.records {
                        if let Some(at) = sent.get(&record.3) {
                            logs.entry(record.1).or_default().insert(record.2, *at);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    let mut fresh = Vec::new();
    let mut free = 0;
    for event in events {
        match &event.what {
            What::Invoke(Invocation {
                worker,
                call: Call::Append(append),
            }) => {
                partitions.insert(*worker, append.partition);
            }
            What::Ok(ended) if event.t > free => {
                let Some(partition) = partitions.get(&ended.worker) else {
                    continue;
                };
                let Some(log) = logs.get(partition) else {
                    continue;
                };
                let Report::Append(appended) = &ended.report else {
                    continue;
                };
                let offset = appended.records.first().and_then(|record| record.offset);
                let Some(time) = offset.and_then(|offset| log.get(&offset)) else {
                    continue;
                };
                let found = log.iter().find(|(_, at)| *at >= time);
                fresh.extend(asked(event.t, *partition, *time, found));
                free = event.t + 50 * MS;
            }
            _ => {}
        }
    }
    fresh
}

fn asked(at: Moment, partition: i32, time: i64, found: Option<(&i64, &i64)>) -> Vec<Event> {
    let call = Call::OffsetForTime(Box::new(OffsetForTime {
        topic: "t".into(),
        partition,
        timestamp: time,
        node: Some("n1".into()),
    }));
    let report = Report::OffsetForTime(Box::new(OffsetForTimeSeen {
        offset: found.map(|(offset, _)| *offset),
        timestamp: found.map(|(_, at)| *at),
    }));
    let whats = [
        What::Invoke(Invocation {
            worker: WORKER,
            call,
        }),
        What::Ok(Completion {
            worker: WORKER,
            error: None,
            report,
        }),
        What::Observation(Box::new(Observation {
            called: at,
            node: "".into(),
            answered: true,
            error: None,
            seen: Seen::Content {
                compared: 1,
                altered: Vec::new(),
            },
        })),
    ];
    let mut t = at;
    whats
        .into_iter()
        .map(|what| {
            t += MS;
            Event { i: 0, t, what }
        })
        .collect()
}
