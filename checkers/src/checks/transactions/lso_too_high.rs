//! `lso-too-high`: while a transaction is open, no last stable offset lies above its first record. Judged where a record had
//! been acknowledged before the question was called, and its commit was sent after the answer. Only transactions count that
//! commit later: the coordinator may abort any other for its time-out at a moment that nobody sees.

use std::collections::BTreeMap;

use super::ledger::{Fate, place_of, sent};
use super::log::reading;
use super::torn::held;
use crate::checks::Check;
use crate::checks::view::{Place, evidence};
use crate::history::{Call, Isolation, Moment, Offset, Report};
use crate::verdict::{Anomaly, Finding, Verdict};

/// A record of an open transaction, or a question, of one partition.
enum Line {
    /// Acknowledged: the transaction and the record's place in it.
    Open(usize, usize),
    /// Asked: when the answer came, what it was, and whose.
    Asked(Moment, Offset, u64),
}

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let ledger = check.ledger();
    let mut places: BTreeMap<Place<'_>, Vec<(Moment, Line)>> = BTreeMap::new();
    for (number, tx) in ledger.transactions.iter().enumerate() {
        if tx.fate != Fate::Committed || tx.end_sent().is_none() {
            continue;
        }
        for (at, send) in tx.sends().iter().enumerate() {
            let (Some(returned), Some(_)) = (send.returned, send.offset) else {
                continue;
            };
            let lines = places.entry(place_of(send)).or_default();
            lines.push((returned, Line::Open(number, at)));
        }
    }
    let mut count = 0;
    for operation in check.operations() {
        let Some(returned) = operation.returned() else {
            continue;
        };
        let (place, stable) = match (operation.call, operation.report()) {
            (Call::EndOffset(asked), Some(Report::EndOffset(seen)))
                if asked.isolation == Isolation::ReadCommitted =>
            {
                ((asked.topic.as_str(), asked.partition), seen.offset)
            }
            (Call::RawRead(_), _) => match reading(operation) {
                Some((read, seen)) => {
                    let place = (read.topic.as_str(), read.partition);
                    (place, seen.last_stable_offset)
                }
                None => continue,
            },
            _ => continue,
        };
        let (Some(stable), Some(lines)) = (stable, places.get_mut(&place)) else {
            continue;
        };
        count += 1;
        lines.push((
            operation.called,
            Line::Asked(returned, stable, operation.id),
        ));
    }
    for (place, mut lines) in places {
        lines.sort_by_key(|(at, line)| (*at, matches!(line, Line::Open(..))));
        // What is open, by when its commit is sent: as many as there are producers at once.
        let mut open: BTreeMap<(Moment, usize, usize), Offset> = BTreeMap::new();
        for (at, line) in lines {
            open = open.split_off(&(at, 0, 0));
            match line {
                Line::Open(number, send) => {
                    let tx = &ledger.transactions[number];
                    let offset = tx.sends()[send].offset.unwrap_or(Offset::MAX);
                    open.insert((tx.end_sent().unwrap_or(0), number, send), offset);
                }
                Line::Asked(returned, stable, asked) => {
                    let still = open.range((returned + 1, 0, 0)..);
                    let below = still.filter(|(_, offset)| **offset < stable);
                    let Some(((_, number, send), offset)) = below.min_by_key(|(_, o)| **o) else {
                        continue;
                    };
                    let tx = &ledger.transactions[*number];
                    let anomaly = Anomaly {
                        kind: Finding::StableOffsetTooHigh {
                            transaction: tx.named(),
                            record: sent(&tx.sends()[*send]),
                            asked,
                            last_stable_offset: stable,
                        },
                        certain: true,
                        evidence: evidence(place, &[tx.operation.id, asked], &[*offset, stable]),
                    };
                    held(check, tx, anomaly, &mut verdict);
                }
            }
        }
    }
    check.saw(count, "last stable offsets", &mut verdict);
    verdict
}
