//! `early-read`: a consumer of `read_committed` was given a record, and the answer came before its transaction's commit was
//! first sent. Whatever became of the transaction, nothing had ended it then. The late request of a former transaction of the
//! same producer looks the same: it is KAFKA-17754. A read that was open when the commit was sent is legal.

use super::ledger::placed;
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
        let Some(end_sent) = tx.end_sent().filter(|end_sent| sight.returned < *end_sent) else {
            return;
        };
        let at = ledger
            .transactions
            .partition_point(|one| one.operation.id < tx.operation.id);
        if std::mem::replace(&mut reported[at], true) {
            return;
        }
        let operations = [tx.operation.id, sight.operation.id];
        let anomaly = Anomaly {
            kind: Finding::EarlyRead {
                transaction: tx.named(),
                record: placed(sight.place, Some(sight.offset), sight.value),
                read: sight.operation.id,
                returned: sight.returned,
                end_sent,
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
