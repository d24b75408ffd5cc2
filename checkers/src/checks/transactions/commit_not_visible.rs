//! `commit-not-visible`: an end offset for `read_committed` that was asked for after a commit had been acknowledged lies above
//! the transaction's records. Judged where the target promises it: Apache Kafka acknowledges a commit when it is decided, and
//! writes the markers afterwards. An end offset that was asked for before the acknowledgement is legal, and so is one at the
//! first record of another transaction that may be open: the last stable offset waits for the oldest of them, whatever was
//! committed behind it.

use std::collections::BTreeMap;

use super::ledger::{Fate, Ledger, place_of, sent};
use crate::checks::Check;
use crate::checks::view::{Place, evidence};
use crate::history::{Call, Isolation, Moment, Offset, Outcome, Report};
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
    let blockers = Blockers::of(ledger);
    let mut count = 0;
    for operation in check.operations() {
        let (Call::EndOffset(asked), Some(Report::EndOffset(seen)), Some(returned)) =
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
        if blockers.may_block(place, end_offset, (operation.called, returned)) {
            continue;
        }
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

/// Transactions that may have been open, and so may have held a last stable offset back.
#[derive(Default)]
struct Blockers<'a> {
    /// By partition and offset of a record: when the transaction had certainly ended.
    at: BTreeMap<(Place<'a>, Offset), Moment>,
    /// By partition: transactions with a record of unknown offset, as (begun, the latest end of all up to here).
    somewhere: BTreeMap<Place<'a>, Vec<(Moment, Moment)>>,
    /// The begin of the first transaction of which nobody knows what it sent.
    unreported: Option<Moment>,
}

impl<'a> Blockers<'a> {
    fn of(ledger: &Ledger<'a>) -> Blockers<'a> {
        let mut blockers = Blockers::default();
        for tx in &ledger.transactions {
            // A commit or an abort that was acknowledged; a producer that was fenced may leave its transaction open.
            let ended = tx.operation.returned();
            let ended = ended.filter(|_| tx.operation.outcome == Outcome::Ok);
            let ended = ended.unwrap_or(Moment::MAX);
            if tx.end.is_none() {
                let begun = tx.operation.called;
                blockers.unreported = Some(blockers.unreported.unwrap_or(begun).min(begun));
            }
            let sends = tx.sends().iter();
            for send in sends.filter(|send| send.outcome != Outcome::Fail) {
                let place = place_of(send);
                match send.offset {
                    Some(offset) => {
                        let known = blockers.at.entry((place, offset)).or_default();
                        *known = (*known).max(ended);
                    }
                    None => {
                        let all = blockers.somewhere.entry(place).or_default();
                        all.push((tx.operation.called, ended));
                    }
                }
            }
        }
        for all in blockers.somewhere.values_mut() {
            all.sort_unstable();
            for at in 1..all.len() {
                all[at].1 = all[at].1.max(all[at - 1].1);
            }
        }
        blockers
    }

    /// Whether a transaction may have been open that begins in a partition at this offset, between a call and its return.
    fn may_block(&self, place: Place<'_>, offset: Offset, asked: (Moment, Moment)) -> bool {
        let (called, returned) = asked;
        let here = self
            .at
            .get(&(place, offset))
            .is_some_and(|ended| *ended >= called);
        let somewhere = self.somewhere.get(&place).is_some_and(|all| {
            let begun = all.partition_point(|one| one.0 <= returned);
            all[..begun].last().is_some_and(|one| one.1 >= called)
        });
        here || somewhere || self.unreported.is_some_and(|begun| begun <= returned)
    }
}
