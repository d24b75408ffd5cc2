//! `offset-for-time`: the record that ListOffsets names for a time. Kafka promises the *first* record whose timestamp is
//! not below the time asked for (`offsetsForTimes` of its consumer), and for the greatest timestamp a record that has it
//! (KIP-734).
//!
//! Timestamps need not grow with offsets, so the answer can be wrong in three ways:
//!
//! * it contradicts the record at its offset, or itself: a timestamp below the time, another one than was sent, or a
//!   record that nobody had sent when the answer came;
//! * a record at a lower offset is not below the time (or is above the "greatest"). No clock is needed: what lies below
//!   an offset was in the log before it;
//! * no record, or a lesser greatest one, although a record that was known before the question fits. That is a question of
//!   recency, so it counts as an end offset does.
//!
//! Records below the first offset that any node reported as its log start, or that a DeleteRecords asked to delete, may be
//! gone and prove nothing.

use std::collections::BTreeMap;

use super::Check;
use super::view::{Place, Send, View, evidence, sending};
use crate::history::{
    Acks, Call, ClientOperation, Moment, Offset, OffsetForTime, OffsetForTimeSeen, Outcome, Report,
};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Doubt, Finding, Verdict};

/// A question and its answer.
struct Answer<'a> {
    operation: &'a ClientOperation<'a>,
    asked: &'a OffsetForTime,
    seen: OffsetForTimeSeen,
}

/// A record whose offset and timestamp are known.
struct Timed<'v, 'a> {
    send: &'v Send<'a>,
    offset: Offset,
    timestamp: i64,
    /// When it was known to be in the log: when a record at its offset or above was known.
    known_at: Moment,
    /// It was not in the log before this: when the sends of all records up to its offset had begun.
    sent_at: Moment,
}

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut answers: BTreeMap<Place<'_>, Vec<Answer<'_>>> = BTreeMap::new();
    for operation in check.operations() {
        let (Call::OffsetForTime(asked), Some(Report::OffsetForTime(seen)), Outcome::Ok) =
            (operation.call, operation.report(), operation.outcome)
        else {
            continue;
        };
        let place = (&*asked.topic, asked.partition);
        let seen = **seen;
        answers.entry(place).or_default().push(Answer {
            operation,
            asked,
            seen,
        });
    }
    if answers.is_empty() {
        let what = "questions for the offset of a time".to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
        return verdict;
    }
    let mut judged = 0;
    for view in check.views() {
        let Some(answers) = answers.get(&view.place) else {
            continue;
        };
        check.unambiguous(view, &mut verdict);
        let records = timed(view);
        let start = view
            .covered
            .iter()
            .map(|read| read.start)
            .max()
            .unwrap_or(0);
        for answer in answers {
            judged += 1;
            judge(check, view, &records, start, answer, &mut verdict);
        }
    }
    check.saw(judged, "answers", &mut verdict);
    verdict
}

/// The records of a partition that were sent with a known timestamp, by offset.
fn timed<'v, 'a>(view: &'v View<'a>) -> Vec<Timed<'v, 'a>> {
    let mut records: Vec<Timed<'_, '_>> = Vec::new();
    for send in &view.sends {
        let Some(timestamp) = timestamp(send) else {
            continue;
        };
        let acknowledged = send.offset().zip(send.acknowledged_at());
        let acknowledged = acknowledged.filter(|_| send.acks == Acks::All);
        let read = view.facts_of(send).map(|fact| (fact.offset, fact.seen_at));
        for (offset, known_at) in acknowledged.into_iter().chain(read) {
            records.push(Timed {
                send,
                offset,
                timestamp,
                known_at,
                sent_at: send.operation.called,
            });
        }
    }
    records.sort_by_key(|record| (record.offset, record.known_at));
    records.dedup_by_key(|record| record.offset);
    let mut known_at = Moment::MAX;
    for record in records.iter_mut().rev() {
        known_at = known_at.min(record.known_at);
        record.known_at = known_at;
    }
    let mut sent_at = 0;
    for record in &mut records {
        sent_at = sent_at.max(record.sent_at);
        record.sent_at = sent_at;
    }
    records
}

fn timestamp(send: &Send<'_>) -> Option<i64> {
    let Call::Append(append) = send.operation.call else {
        return None;
    };
    let timestamps = &sending(send.operation)?.timestamps;
    let at = append.values.iter().position(|value| value == send.value)?;
    timestamps.get(at).copied()
}

fn judge(
    check: &Check<'_>,
    view: &View<'_>,
    records: &[Timed<'_, '_>],
    start: Offset,
    answer: &Answer<'_>,
    verdict: &mut Verdict,
) {
    let asked = answer.asked.timestamp;
    let greatest = asked == OffsetForTime::GREATEST;
    let returned = answer.operation.returned().unwrap_or(Moment::MAX);
    let start = start.max(view.removed_below(returned));
    let kept = &records[records.partition_point(|record| record.offset < start)..];
    let (offset, named) = match (answer.seen.offset, answer.seen.timestamp) {
        (Some(offset), Some(named)) => (offset, named),
        _ => {
            let fits = |record: &&Timed<'_, '_>| {
                record.known_at < answer.operation.called && (greatest || record.timestamp >= asked)
            };
            if let Some(missed) = kept.iter().find(fits) {
                behind(check, view, answer, missed, verdict);
            }
            return;
        }
    };
    // What it names: itself, the record there, and what lies before.
    let there = records.binary_search_by_key(&offset, |record| record.offset);
    let there = there.ok().map(|at| &records[at]);
    let differs = there.filter(|record| record.timestamp != named || record.sent_at > returned);
    let before = &kept[..kept.partition_point(|record| record.offset < offset)];
    let fits = |record: &&Timed<'_, '_>| match greatest {
        true => record.timestamp > named,
        false => record.timestamp >= asked,
    };
    let too_early = !greatest && named < asked;
    if let Some(record) = differs.or_else(|| before.iter().find(fits)) {
        verdict.found(anomaly(view, answer, Some(record)));
    } else if too_early {
        verdict.found(anomaly(view, answer, there));
    } else if greatest {
        let after = &kept[before.len()..];
        let known = |record: &&Timed<'_, '_>| {
            record.timestamp > named && record.known_at < answer.operation.called
        };
        if let Some(missed) = after.iter().find(known) {
            behind(check, view, answer, missed, verdict);
        }
    }
}

/// A record that was known before the question is not counted: held to what the target promises of end offsets.
fn behind(
    check: &Check<'_>,
    view: &View<'_>,
    answer: &Answer<'_>,
    missed: &Timed<'_, '_>,
    verdict: &mut Verdict,
) {
    let configuration = check.of_append(missed.send);
    let anomaly = anomaly(view, answer, Some(missed));
    check.held(configuration, Subject::EndOffsetBehind, anomaly, verdict);
}

fn anomaly(view: &View<'_>, answer: &Answer<'_>, record: Option<&Timed<'_, '_>>) -> Anomaly {
    let of_record = record.map(|record| record.send.operation.id);
    let operations: Vec<u64> = of_record.into_iter().chain([answer.operation.id]).collect();
    let offsets: Vec<Offset> = record
        .map(|record| record.offset)
        .into_iter()
        .chain(answer.seen.offset)
        .collect();
    Anomaly {
        kind: Finding::OffsetForTimeWrong {
            asked: answer.operation.id,
            time: answer.asked.timestamp,
            offset: answer.seen.offset,
            timestamp: answer.seen.timestamp,
            record: record.map(|record| record.send.sent(record.offset)),
            record_timestamp: record.map(|record| record.timestamp),
        },
        certain: true,
        evidence: evidence(view.place, &operations, &offsets),
    }
}
