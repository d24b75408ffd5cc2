//! Ends and starts that nodes state of topics that transactions write to. The checks of plain logs (`log-recency`, `log-order`,
//! `log-start`) leave these topics out and ask this file: an end offset of 0 in an exactly-once run was valid before.
//!
//! An end offset for everybody lies above every record that had been acknowledged or read before the question; one for
//! `read_committed` above every record that its readers had been given. None lies above the end that all nodes have at last. And
//! no log of these topics begins above 0 without a DeleteRecords or a retention.

use std::collections::BTreeMap;

use super::log::reading;
use super::reads::polls;
use crate::checks::Check;
use crate::checks::view::{Place, evidence};
use crate::history::{Call, Isolation, Moment, Offset, Outcome, Report};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Evidence, Finding, Verdict};

/// When a record was known, its offset, and by which operation.
type Known = (Moment, Offset, u64);

/// What was known of each partition, for everybody (false) and for readers of `read_committed` (true): in the order of time, each with
/// the highest offset of all up to it.
fn known<'a>(check: &Check<'a>) -> BTreeMap<(Place<'a>, bool), Vec<Known>> {
    let mut known: BTreeMap<(Place<'a>, bool), Vec<Known>> = BTreeMap::new();
    for tx in &check.ledger().transactions {
        for send in tx.acknowledged() {
            if let (Some(at), Some(offset)) = (send.returned, send.offset) {
                let place = (send.topic.as_str(), send.partition);
                let rows = known.entry((place, false)).or_default();
                rows.push((at, offset, tx.operation.id));
            }
        }
    }
    for (operation, poll, polled) in polls(check) {
        let Some(returned) = operation.completed() else {
            continue;
        };
        let committed = poll.isolation == Isolation::ReadCommitted;
        for record in &polled.records {
            let place = (record.topic(), record.partition());
            let row = (returned, record.offset(), operation.id);
            known.entry((place, false)).or_default().push(row);
            if committed {
                known.entry((place, true)).or_default().push(row);
            }
        }
    }
    for rows in known.values_mut() {
        rows.sort_unstable();
        for at in 1..rows.len() {
            if rows[at - 1].1 > rows[at].1 {
                (rows[at].1, rows[at].2) = (rows[at - 1].1, rows[at - 1].2);
            }
        }
    }
    known
}

/// End offsets behind what was known before the question.
pub(in crate::checks) fn behind(check: &Check<'_>, verdict: &mut Verdict) -> u64 {
    let known = known(check);
    let mut count = 0;
    for operation in check.operations() {
        let (Call::EndOffset(asked), Some(Report::EndOffset(seen))) =
            (operation.call, operation.report())
        else {
            continue;
        };
        let place = (asked.topic.as_str(), asked.partition);
        let committed = asked.isolation == Isolation::ReadCommitted;
        let (Some(end_offset), Some(known)) = (seen.offset, known.get(&(place, committed))) else {
            continue;
        };
        if operation.outcome != Outcome::Ok {
            continue;
        }
        count += 1;
        let before = known.partition_point(|row| row.0 < operation.called);
        let Some((known_at, known_offset, known_by)) = known[..before].last().copied() else {
            continue;
        };
        if end_offset > known_offset {
            continue;
        }
        verdict.found(Anomaly {
            kind: Finding::EndOffsetBehind {
                asked: operation.id,
                end_offset,
                node: asked.node.as_deref().map(str::to_owned),
                called: operation.called,
                known_offset,
                known_by,
                known_at,
            },
            certain: true,
            evidence: evidence(place, &[operation.id, known_by], &[known_offset]),
        });
    }
    count
}

/// End offsets beyond what any node has in the end, though each was read to its end later.
pub(in crate::checks) fn beyond(check: &Check<'_>, verdict: &mut Verdict) -> u64 {
    let ledger = check.ledger();
    // The end of each partition that all nodes show as a whole, when that was asked first, and by which read.
    let mut ends: BTreeMap<Place<'_>, (Offset, Moment, u64)> = BTreeMap::new();
    for logs in ledger.logs.chunk_by(|a, b| a.place == b.place) {
        let highest = logs.iter().max_by_key(|log| log.to);
        let asked = logs.iter().map(|log| log.called_first).min();
        let whole = logs.len() == check.nodes().len() && logs.iter().all(|log| log.is_complete());
        if let (Some(log), Some(asked), true) = (highest, asked, whole) {
            let end = log.to.max(log.high_watermark.unwrap_or(0));
            let read = log.reads.last().copied().unwrap_or_default();
            ends.insert(log.place, (end, asked, read));
        }
    }
    let mut count = 0;
    for operation in check.operations() {
        let (Call::EndOffset(asked), Some(Report::EndOffset(seen))) =
            (operation.call, operation.report())
        else {
            continue;
        };
        let place = (asked.topic.as_str(), asked.partition);
        let (Some(end_offset), Some(returned), Some((possible, first, read))) =
            (seen.offset, operation.returned(), ends.get(&place))
        else {
            continue;
        };
        count += 1;
        if end_offset <= *possible || returned >= *first || operation.outcome != Outcome::Ok {
            continue;
        }
        let anomaly = Anomaly {
            kind: Finding::EndOffsetBeyond {
                asked: operation.id,
                end_offset,
                possible: *possible,
            },
            certain: true,
            evidence: evidence(place, &[operation.id, *read], &[*possible, end_offset]),
        };
        let configuration = check.configuration();
        check.held(configuration, Subject::LostAfterRead, anomaly, verdict);
    }
    count
}

/// Log starts above 0 of which nothing explains any.
pub(in crate::checks) fn starts(check: &Check<'_>, verdict: &mut Verdict) -> u64 {
    let promises = check.history().promises();
    let ledger = check.ledger();
    let removed = check
        .operations()
        .iter()
        .any(|operation| match operation.call {
            Call::DeleteRecords(asked) => ledger.writes_to(&asked.topic),
            _ => false,
        });
    let explained =
        removed || promises.retention_ms.is_some() || promises.retention_bytes.is_some();
    let mut count = 0;
    let mut told: Vec<(Place<'_>, &str)> = Vec::new();
    for operation in check.operations() {
        let (place, node, start) = match (operation.call, operation.report()) {
            (Call::StartOffset(asked), Some(Report::StartOffset(seen)))
                if ledger.writes_to(&asked.topic) =>
            {
                let place = (asked.topic.as_str(), asked.partition);
                (place, asked.node.as_str(), seen.offset)
            }
            (Call::RawRead(_), _) => match reading(operation) {
                Some((read, seen)) => {
                    let place = (read.topic.as_str(), read.partition);
                    (place, read.node.as_str(), seen.log_start_offset)
                }
                None => continue,
            },
            _ => continue,
        };
        let Some(start) = start.filter(|_| operation.outcome == Outcome::Ok) else {
            continue;
        };
        count += 1;
        if start <= 0 || explained || told.contains(&(place, node)) {
            continue;
        }
        told.push((place, node));
        let sends = ledger.transactions.iter().flat_map(|tx| tx.acknowledged());
        let below = sends.filter(|send| {
            (send.topic.as_str(), send.partition) == place
                && send.offset.is_some_and(|offset| offset < start)
        });
        let anomaly = Anomaly {
            kind: Finding::LogStartUnexplained {
                node: node.to_owned(),
                start,
                explained: 0,
                acknowledged: below.count() as u64,
            },
            certain: true,
            evidence: Evidence {
                nodes: vec![node.to_owned()],
                ..evidence(place, &[operation.id], &[0, start])
            },
        };
        let configuration = check.configuration();
        check.held(configuration, Subject::LostAfterRead, anomaly, verdict);
    }
    count
}
