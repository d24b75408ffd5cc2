//! `read-contradiction`: raw reads whose records, position and high watermark contradict each other. One answer is
//! enough to prove it, whatever else was seen.
//!
//! A log is served in its order, each record once. A consumer is served committed records only, which lie below the
//! high watermark of the same answer; Kafka reads that watermark a moment before the records, and a follower learns of it
//! late, so only a record counts that was known for a second, or known at all before the leader was asked. And a high
//! watermark counts records that exist: one above everything that any node serves in the end, by more records than
//! appends of unknown outcome can still explain, is invented.

use super::Check;
use super::claims::MS;
use super::view::{View, evidence};
use crate::history::{Call, ClientOperation, Moment, Offset, Outcome, Read, ReadSeen, Report};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Doubt, Evidence, Finding, Verdict};

/// How long a record must have been known before a high watermark below it is a contradiction.
const KNOWN_FOR: Moment = 1_000 * MS;

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let ends: Vec<Option<Offset>> = check
        .views()
        .iter()
        .map(|view| possible_end(check, view))
        .collect();
    let mut answers = 0;
    for operation in check.operations() {
        let (Call::Read(read), Some(Report::Read(seen)), Outcome::Ok) =
            (operation.call, operation.report(), operation.outcome)
        else {
            continue;
        };
        answers += 1;
        order(operation, read, seen, &mut verdict);
        let place = (read.topic.as_str(), read.partition);
        let view = check
            .views()
            .binary_search_by_key(&place, |view| view.place);
        // -1 states no high watermark.
        let stated = seen.high_watermark.filter(|end| *end >= 0);
        if let (Ok(at), Some(end)) = (view, stated) {
            beyond(
                check,
                &check.views()[at],
                operation,
                (seen, end),
                &mut verdict,
            );
            if let Some(possible) = ends[at].filter(|possible| end > *possible) {
                invented(check, operation, read, (end, possible), &mut verdict);
            }
        }
    }
    verdict.saw("raw reads", answers);
    if answers == 0 {
        let what = "raw reads".to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
    }
    verdict
}

fn about(operation: &ClientOperation<'_>, read: &Read, offsets: &[Offset]) -> Evidence {
    Evidence {
        nodes: vec![read.node.to_string()],
        ..evidence((&read.topic, read.partition), &[operation.id], offsets)
    }
}

/// Records that are not in the order of the log, or come twice, or lie before what was asked for.
fn order(operation: &ClientOperation<'_>, read: &Read, seen: &ReadSeen, verdict: &mut Verdict) {
    let mut after = read.position.saturating_sub(1);
    for record in &seen.records {
        if record.offset() <= after {
            verdict.found(Anomaly {
                kind: Finding::ReadOutOfOrder {
                    node: read.node.to_string(),
                    after,
                    next: record.offset(),
                },
                certain: true,
                evidence: about(operation, read, &[record.offset(), after]),
            });
            return;
        }
        after = record.offset();
    }
}

/// A record at or above the high watermark of the same answer.
fn beyond(
    check: &Check<'_>,
    view: &View<'_>,
    operation: &ClientOperation<'_>,
    (seen, end): (&ReadSeen, Offset),
    verdict: &mut Verdict,
) {
    let Call::Read(read) = operation.call else {
        return;
    };
    let known_for = match leads(check, operation, read) {
        true => 0,
        false => KNOWN_FOR,
    };
    let was_known = |offset: Offset| {
        let facts = view.facts_between(offset, offset.saturating_add(1)).iter();
        let known = facts.flat_map(|fact| {
            let acknowledged = view.send_of(fact).and_then(|send| send.acknowledged_at());
            [Some(fact.seen_at), acknowledged]
        });
        known
            .flatten()
            .min()
            .is_some_and(|at| at.saturating_add(known_for) <= operation.called)
    };
    let from = seen.records.partition_point(|record| record.offset() < end);
    let found = seen.records[from..]
        .iter()
        .find(|record| was_known(record.offset()));
    if let Some(record) = found {
        let anomaly = Anomaly {
            kind: Finding::ServedBeyondWatermark {
                node: read.node.to_string(),
                offset: record.offset(),
                high_watermark: end,
            },
            certain: true,
            evidence: about(operation, read, &[end, record.offset()]),
        };
        check.held(
            check.configuration(),
            Subject::OffsetReadTwice,
            anomaly,
            verdict,
        );
    }
}

/// Whether all answers about leaders from a second before a read to its end name its node as the leader, in one epoch.
fn leads(check: &Check<'_>, operation: &ClientOperation<'_>, read: &Read) -> bool {
    let claims = check.claims();
    let returned = operation.returned().unwrap_or(operation.called);
    let since = operation.called.saturating_sub(KNOWN_FOR);
    let from = claims.rows.partition_point(|row| row.returned < since);
    let near = claims.rows[from..]
        .iter()
        .take_while(|row| row.called <= returned)
        .filter(|row| {
            let (topic, partition, _) = claims.seats[row.seat];
            (topic, partition) == (read.topic.as_str(), read.partition)
        });
    let mut epochs = near.map(|row| (row.leader == Some(read.node.as_str())).then_some(row.epoch));
    let first = epochs.next().flatten();
    first.is_some() && epochs.all(|epoch| epoch == first)
}

fn invented(
    check: &Check<'_>,
    operation: &ClientOperation<'_>,
    read: &Read,
    (end_offset, possible): (Offset, Offset),
    verdict: &mut Verdict,
) {
    let anomaly = Anomaly {
        kind: Finding::EndOffsetBeyond {
            asked: operation.id,
            end_offset,
            possible,
        },
        certain: true,
        evidence: about(operation, read, &[possible, end_offset]),
    };
    check.held(
        check.configuration(),
        Subject::LostAfterRead,
        anomaly,
        verdict,
    );
}

/// The highest end that a partition's log can have: what some node serves in the end, and every append of unknown
/// outcome that nobody read. None if somebody knows of records that these reads do not contain, or if producers send
/// records again by themselves.
fn possible_end(check: &Check<'_>, view: &View<'_>) -> Option<Offset> {
    let reached = view.reads().iter().map(|read| read.reached).max()?;
    let open = |send: &&super::view::Send<'_>| {
        send.outcome == Outcome::Info && view.facts_of(send).next().is_none()
    };
    let stated = view.stated().map(|(_, offset)| offset);
    let known = stated
        .chain(view.facts.iter().map(|fact| fact.offset))
        .max();
    let ends = view.ends.iter().map(|end| end.offset).max();
    let is_whole =
        known.is_none_or(|known| known < reached) && ends.is_none_or(|end| end <= reached);
    let unread = view.sends.iter().filter(open).count() as Offset;
    (is_whole && !check.history().promises().producers_retry)
        .then(|| reached.saturating_add(unread))
}
