//! `commit-not-visible`: an end offset for `read_committed` that was asked for after a commit had been acknowledged lies above
//! the transaction's records. Judged where the target promises it: Apache Kafka acknowledges a commit when it is decided, and
//! writes the markers afterwards. An end offset that was asked for before the acknowledgement is legal.

use std::collections::BTreeMap;

use super::ledger::{Fate, place_of, sent};
use crate::checks::Check;
use crate::checks::view::{Place, evidence};
use crate::history::{Call, Isolation, Moment, Offset, Report};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Doubt, Finding, Verdict};

/// When a commit was acknowledged, the highest offset of all up to here, and whose: the transaction and the record.
type Known = (Moment, Offset, usize, usize);

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let ledger = check.ledger();
    let mut places: BTreeMap<Place<'_>, Vec<Known>> = BTreeMap::new();
    for (number, tx) in ledger.transactions.iter().enumerate() {
        let Some(returned) = tx
            .operation
            .returned()
            .filter(|_| tx.fate == Fate::Committed)
        else {
            continue;
        };
        for (at, send) in tx.sends().iter().enumerate() {
            if let Some(offset) = send.offset {
                let known = places.entry(place_of(send)).or_default();
                known.push((returned, offset, number, at));
            }
        }
    }
    for known in places.values_mut() {
        known.sort_unstable();
        for at in 1..known.len() {
            if known[at - 1].1 > known[at].1 {
                let (_, offset, number, send) = known[at - 1];
                known[at] = (known[at].0, offset, number, send);
            }
        }
    }
    let mut count = 0;
    for operation in check.operations() {
        let (Call::EndOffset(asked), Some(Report::EndOffset(seen)), Some(_)) =
            (operation.call, operation.report(), operation.returned())
        else {
            continue;
        };
        let place = (asked.topic.as_str(), asked.partition);
        let (Isolation::ReadCommitted, Some(end_offset), Some(known)) =
            (asked.isolation, seen.offset, places.get(&place))
        else {
            continue;
        };
        count += 1;
        let before = known.partition_point(|one| one.0 < operation.called);
        let Some((_, offset, number, send)) = known[..before].last() else {
            continue;
        };
        if end_offset > *offset {
            continue;
        }
        let tx = &ledger.transactions[*number];
        let anomaly = Anomaly {
            kind: Finding::CommitNotVisible {
                transaction: tx.named(),
                record: sent(&tx.sends()[*send]),
                asked: operation.id,
                end_offset,
            },
            certain: true,
            evidence: evidence(place, &[tx.operation.id, operation.id], &[*offset]),
        };
        check.held(
            check.configuration(),
            Subject::CommitNotVisible,
            anomaly,
            &mut verdict,
        );
    }
    check.saw(count, "end offsets of read_committed", &mut verdict);
    if !check.history().promises().commit_visible_when_acknowledged {
        let promise = "commit_visible_when_acknowledged".to_owned();
        verdict.not_applicable(Doubt::NotPromised { promise });
    }
    verdict
}
