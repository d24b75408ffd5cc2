//! `lost-transaction`: the commit was acknowledged, and none of the acknowledged records is visible in the end, where all of
//! their partitions were read as a whole. Whether an abort marker covers one of them is part of the finding. Records that may
//! have been trimmed prove nothing.

use super::ledger::{Fate, place_of};
use super::log::endings;
use super::torn::{held, told, unambiguous};
use crate::checks::Check;
use crate::checks::view::evidence;
use crate::history::{Ending, TransactionSend};
use crate::verdict::{ANOMALIES_MAX, Anomaly, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let ledger = check.ledger();
    let mut count = 0;
    for tx in &ledger.transactions {
        if tx.fate != Fate::Committed {
            continue;
        }
        let missing: Vec<&TransactionSend> = tx.acknowledged().collect();
        let is_missing = |send: &&TransactionSend| ledger.is_visible(send) == Some(false);
        let known = missing.iter().all(|send| ledger.is_visible(send).is_some());
        count += u64::from(known && !missing.is_empty());
        // A send without an answer that is visible: then the transaction is torn, and not lost.
        let shown = tx
            .sends()
            .iter()
            .any(|send| ledger.is_visible(send) == Some(true));
        if missing.is_empty() || shown || !missing.iter().all(is_missing) {
            continue;
        }
        let first = missing[0];
        let found = verdict.anomaly_count + verdict.tolerated_count;
        let offsets: Vec<i64> = first.offset.into_iter().collect();
        let anomaly = Anomaly {
            evidence: evidence(place_of(first), &[tx.operation.id], &offsets),
            kind: Finding::LostTransaction {
                transaction: tx.named(),
                missing: told(&missing),
                // Each look takes a whole log, and more findings than these are not kept.
                aborted: found < ANOMALIES_MAX as u64 && is_aborted(check, first),
            },
            certain: true,
        };
        held(check, tx, anomaly, &mut verdict);
    }
    unambiguous(check, &mut verdict);
    check.saw(count, "committed transactions", &mut verdict);
    verdict
}

/// Whether some node's log has the record under an abort marker.
fn is_aborted(check: &Check<'_>, send: &TransactionSend) -> bool {
    let place = place_of(send);
    let mut logs = check.ledger().logs.iter().filter(|log| log.place == place);
    logs.any(|log| {
        let mut all = log.records.iter().zip(endings(&log.records));
        all.any(|(record, ending)| {
            record.value() == Some(&send.value) && ending == Some(Ending::Abort)
        })
    })
}
