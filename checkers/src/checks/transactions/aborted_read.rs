//! `aborted-read` (Adya's G1a): a consumer of `read_committed` was given a record of a transaction that certainly did not
//! commit. A consumer of `read_uncommitted` may get it, and so may nobody say anything of one whose outcome is unknown.

use super::ledger::{Fate, placed};
use super::sights;
use super::torn::{held, unambiguous};
use crate::checks::Check;
use crate::checks::view::evidence;
use crate::verdict::{Anomaly, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let ledger = check.ledger();
    let mut reported: Vec<bool> = vec![false; ledger.transactions.len()];
    let count = sights::each(check.operations(), |sight| {
        let Some((tx, _)) = ledger.sender(sight.place, sight.value) else {
            return;
        };
        if tx.fate != Fate::Aborted {
            return;
        }
        // Once for each transaction: every reader sees all of it.
        let at = ledger
            .transactions
            .partition_point(|one| one.operation.id < tx.operation.id);
        if std::mem::replace(&mut reported[at], true) {
            return;
        }
        let operations = [tx.operation.id, sight.operation.id];
        let anomaly = Anomaly {
            kind: Finding::AbortedRead {
                transaction: tx.named(),
                record: placed(sight.place, Some(sight.offset), sight.value),
                read: sight.operation.id,
            },
            certain: true,
            evidence: evidence(sight.place, &operations, &[sight.offset]),
        };
        held(check, tx, anomaly, &mut verdict);
    });
    unambiguous(check, &mut verdict);
    check.saw(count, "records read by read_committed", &mut verdict);
    verdict
}
