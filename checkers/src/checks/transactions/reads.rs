//! What readers were given of topics that transactions write to, held against what was sent there and against what all nodes
//! hold in the end. The checks of plain logs (`phantom-value`, `inconsistent-offset`, `nonmonotonic-poll`, `poll-skip`) leave these
//! topics out, because markers take offsets and aborted records stay there unseen, and ask this file instead: a broker that
//! gave readers of an exactly-once run values that nobody had sent was valid before.
//!
//! Every poll states where its consumer stood, so each is judged by itself. What it must return is known from the final
//! raw readings: a log only grows, and what became of a record was decided before anything behind it was given to a reader
//! of `read_committed`.

use std::collections::BTreeMap;

use super::ledger::Reading;
use super::log::Log;
use crate::checks::Check;
use crate::checks::view::{Place, evidence};
use crate::history::{
    Call, ClientOperation, Isolation, Offset, Poll, Polled, RawRecord, Record, Report,
};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Finding, Sighting, Verdict};

/// How many of the skipped records an anomaly names.
const SKIPPED_MAX: usize = 5;

/// What is at an offset at which no record is.
const NO_RECORD: &str = "(a marker, or nothing)";

/// The polls of consumers of these topics alone, with what they returned.
pub(super) fn polls<'a>(
    check: &Check<'a>,
) -> impl Iterator<Item = (&'a ClientOperation<'a>, &'a Poll, &'a Polled)> {
    let ledger = check.ledger();
    check.operations().iter().filter_map(move |operation| {
        let (Call::Poll(poll), Some(Report::Poll(polled))) = (operation.call, operation.report())
        else {
            return None;
        };
        let mut assigned = poll.assigned.iter();
        let own = !poll.assigned.is_empty() && assigned.all(|one| ledger.writes_to(&one.topic));
        own.then_some((operation, poll, polled))
    })
}

fn place(record: &Record) -> Place<'_> {
    (record.topic(), record.partition())
}

fn sighting(operation: &ClientOperation<'_>, offset: Offset, value: &str) -> Sighting {
    let node = match operation.call {
        Call::RawRead(read) => Some(read.node.to_string()),
        _ => None,
    };
    Sighting {
        value: value.to_owned(),
        offset,
        operation: operation.id,
        node,
    }
}

/// Calls with every record of these topics that anybody was given, whatever became of its transaction.
fn each<'a>(
    check: &Check<'a>,
    mut take: impl FnMut(&'a ClientOperation<'a>, Place<'a>, Offset, &'a str),
) -> u64 {
    let mut count = 0;
    for (operation, _, polled) in polls(check) {
        for record in &polled.records {
            count += 1;
            take(operation, place(record), record.offset(), record.3.as_str());
        }
    }
    for operation in check.operations() {
        let Some((read, seen)) = super::log::reading(operation) else {
            continue;
        };
        for record in &seen.records {
            if let Some(value) = record.value() {
                count += 1;
                let place = (read.topic.as_str(), read.partition);
                take(operation, place, record.offset(), value);
            }
        }
    }
    count
}

/// Values that nobody sent to the partition. A client that ended within a transaction did not tell what it had sent.
pub(in crate::checks) fn phantoms(check: &Check<'_>, verdict: &mut Verdict) -> u64 {
    let ledger = check.ledger();
    each(check, |operation, place, offset, value| {
        if ledger.was_sent(place, value) {
            return;
        }
        verdict.found(Anomaly {
            kind: Finding::PhantomValue {
                read: sighting(operation, offset, value),
            },
            certain: true,
            evidence: evidence(place, &[operation.id], &[offset]),
        });
    })
}

/// Records that no node holds at their offset, though each log was read there in the end.
pub(in crate::checks) fn differing(check: &Check<'_>, verdict: &mut Verdict) -> u64 {
    let logs = &check.ledger().logs;
    let configuration = check.configuration();
    each(check, |operation, place, offset, value| {
        let first = logs.partition_point(|log| log.place < place);
        let own = logs[first..].iter().take_while(|log| log.place == place);
        let own = own.filter(|log| (log.from..log.to).contains(&offset));
        let held: Vec<(&Log<'_>, Option<&RawRecord>)> =
            own.map(|log| (log, at(log, offset))).collect();
        let is_held = |(_, record): &(&Log<'_>, Option<&RawRecord>)| {
            record.and_then(|record| record.value()) == Some(value)
        };
        let Some((log, other)) = held.first().filter(|_| !held.iter().any(is_held)) else {
            return;
        };
        let read = log.reads.first().copied().unwrap_or(operation.id);
        let copies = vec![
            sighting(operation, offset, value),
            Sighting {
                value: other
                    .and_then(|one| one.value())
                    .unwrap_or(NO_RECORD)
                    .to_owned(),
                offset,
                operation: read,
                node: Some(log.node.to_owned()),
            },
        ];
        let anomaly = Anomaly {
            kind: Finding::InconsistentOffset { offset, copies },
            certain: true,
            evidence: evidence(place, &[operation.id, read], &[offset]),
        };
        check.held(configuration, Subject::OffsetReadTwice, anomaly, verdict);
    })
}

/// The record of a log at an offset.
fn at<'a>(log: &Log<'a>, offset: Offset) -> Option<&'a RawRecord> {
    let at = log
        .records
        .binary_search_by_key(&offset, |one| one.offset());
    at.ok().map(|at| log.records[at])
}

/// Consumers that go back, within a poll or from where they stood.
pub(in crate::checks) fn backwards(check: &Check<'_>, verdict: &mut Verdict) -> u64 {
    let mut count = 0;
    for (operation, poll, polled) in polls(check) {
        let mut last = positions(poll);
        for record in &polled.records {
            count += 1;
            let next = record.offset();
            let Some((after, internal)) = last.insert(place(record), (next, true)) else {
                continue;
            };
            if next > after {
                continue;
            }
            let anomaly = Anomaly {
                kind: Finding::NonmonotonicPoll {
                    worker: operation.worker,
                    after,
                    next,
                    internal,
                },
                certain: true,
                evidence: evidence(place(record), &[operation.id], &[next, after]),
            };
            check.held(check.configuration(), subject(internal), anomaly, verdict);
        }
    }
    count
}

/// The offset behind which a consumer stood in each partition, and that nothing was read in this poll yet.
fn positions(poll: &Poll) -> BTreeMap<Place<'_>, (Offset, bool)> {
    let assigned = poll.assigned.iter();
    let stood = assigned.map(|one| {
        let place = (one.topic.as_str(), one.partition);
        (place, (one.position.saturating_sub(1), false))
    });
    stood.collect()
}

fn subject(internal: bool) -> Subject {
    match internal {
        true => Subject::PollOutOfOrder,
        false => Subject::ConsumerMoved,
    }
}

/// Consumers that jump over records that exist for them: over all of committed transactions and of none with `read_committed`, and
/// over any otherwise.
pub(in crate::checks) fn skips(check: &Check<'_>, verdict: &mut Verdict) -> u64 {
    let ledger = check.ledger();
    let mut all: BTreeMap<Place<'_>, Vec<(Offset, &str, u64)>> = BTreeMap::new();
    for log in ledger.logs.iter().filter(|log| log.is_complete()) {
        // One whole log is enough: that the nodes agree is another check's.
        all.entry(log.place).or_insert_with(|| {
            let read = log.reads.first().copied().unwrap_or_default();
            let records = log.records.iter();
            let records = records.filter_map(|one| Some((one.offset(), one.value()?, read)));
            records.collect()
        });
    }
    let mut count = 0;
    for (operation, poll, polled) in polls(check) {
        let mut last = positions(poll);
        for record in &polled.records {
            count += 1;
            let (place, next) = (place(record), record.offset());
            let Some((after, internal)) = last.insert(place, (next, true)) else {
                continue;
            };
            let Some(reading) = ledger.reading(place) else {
                continue;
            };
            let exists = match poll.isolation {
                Isolation::ReadCommitted => &reading.visible,
                Isolation::ReadUncommitted => match all.get(&place) {
                    Some(records) => records,
                    None => continue,
                },
            };
            let skipped = between(exists, reading, after.saturating_add(1), next);
            if !skipped.is_empty() {
                let anomaly = skip(operation, place, (after, next, internal), skipped);
                check.held(check.configuration(), subject(internal), anomaly, verdict);
            }
        }
    }
    count
}

/// The records from one offset up to before another, where the log was read as a whole.
fn between<'r, 'a>(
    exists: &'r [(Offset, &'a str, u64)],
    reading: &Reading<'_>,
    from: Offset,
    to: Offset,
) -> &'r [(Offset, &'a str, u64)] {
    let (from, to) = (from.max(reading.whole.start), to.min(reading.whole.end));
    let first = exists.partition_point(|one| one.0 < from);
    let end = exists.partition_point(|one| one.0 < to);
    &exists[first.min(end)..end]
}

fn skip(
    operation: &ClientOperation<'_>,
    place: Place<'_>,
    (after, next, internal): (Offset, Offset, bool),
    skipped: &[(Offset, &str, u64)],
) -> Anomaly {
    let named = &skipped[..skipped.len().min(SKIPPED_MAX)];
    let read = named.first().map(|one| one.2);
    let operations: Vec<u64> = read.into_iter().chain([operation.id]).collect();
    let offsets: Vec<Offset> = named.iter().map(|one| one.0).collect();
    let sightings = named.iter().map(|(offset, value, read)| Sighting {
        value: (*value).to_owned(),
        offset: *offset,
        operation: *read,
        node: None,
    });
    Anomaly {
        kind: Finding::PollSkip {
            worker: operation.worker,
            after,
            next,
            skipped_count: skipped.len() as u64,
            skipped: sightings.collect(),
            internal,
        },
        certain: true,
        evidence: evidence(place, &operations, &offsets),
    }
}
