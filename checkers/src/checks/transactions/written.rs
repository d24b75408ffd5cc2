//! How a transaction's records lie in the log: each once (`transaction-duplicate`), and in the order in which they were sent
//! (`transaction-order`). The checks of plain logs leave transactions out.
//!
//! A transactional producer is idempotent, whatever it sends again: its records have sequence numbers. So a retry excuses
//! neither. A value that the client itself sent twice proves nothing.

use std::collections::BTreeMap;

use super::ledger::{placed, sent};
use super::torn::unambiguous;
use crate::checks::Check;
use crate::checks::view::{Place, evidence};
use crate::history::{Offset, TransactionSend};
use crate::verdict::{Anomaly, Finding, Verdict};

/// `transaction-duplicate`: a visible value lies at one offset.
pub(in crate::checks) fn duplicate(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let ledger = check.ledger();
    let mut count = 0;
    for reading in &ledger.readings {
        let mut values: BTreeMap<&str, (Offset, u64)> = BTreeMap::new();
        for (offset, value, read) in &reading.visible {
            let Some((tx, _)) = ledger.sender(reading.place, value) else {
                continue;
            };
            count += 1;
            let (first, by) = *values.entry(value).or_insert((*offset, *read));
            if first == *offset {
                continue;
            }
            let copy = |offset| placed(reading.place, Some(offset), value);
            let operations = [tx.operation.id, by, *read];
            verdict.found(Anomaly {
                kind: Finding::TransactionDuplicate {
                    transaction: tx.named(),
                    first: copy(first),
                    second: copy(*offset),
                },
                certain: true,
                evidence: evidence(reading.place, &operations, &[first, *offset]),
            });
        }
    }
    unambiguous(check, &mut verdict);
    check.saw(count, "visible records of transactions", &mut verdict);
    verdict
}

/// `transaction-order`: of two acknowledged records of a transaction in one partition, the one that was sent later lies later.
pub(in crate::checks) fn order(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for tx in &check.ledger().transactions {
        let mut last: BTreeMap<Place<'_>, &TransactionSend> = BTreeMap::new();
        for send in tx.acknowledged().filter(|send| send.offset.is_some()) {
            count += 1;
            let place = (send.topic.as_str(), send.partition);
            let Some(before) = last.insert(place, send) else {
                continue;
            };
            if before.offset < send.offset {
                continue;
            }
            let offsets: Vec<Offset> = before.offset.into_iter().chain(send.offset).collect();
            verdict.found(Anomaly {
                kind: Finding::TransactionReordered {
                    transaction: tx.named(),
                    first: sent(before),
                    second: sent(send),
                },
                certain: true,
                evidence: evidence(place, &[tx.operation.id], &offsets),
            });
        }
    }
    check.saw(count, "acknowledged records of transactions", &mut verdict);
    verdict
}
