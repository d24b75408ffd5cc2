//! `torn-transaction`: a transaction is visible as a whole or not at all, also one of unknown outcome.
//!
//! *Missing* is only what was acknowledged and lies within what was read as a whole: a send without an answer may never have
//! arrived, and a trimmed log shows nothing. But such a send that is visible proves that the transaction is. An aborted
//! transaction that is visible is `aborted-read`'s, one that is missing altogether `lost-transaction`'s.

use super::ledger::{Fate, Tx, place_of, sent};
use crate::checks::Check;
use crate::checks::view::evidence;
use crate::history::TransactionSend;
use crate::promises::Subject;
use crate::verdict::{Anomaly, Finding, Placed, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let ledger = check.ledger();
    let mut count = 0;
    for tx in &ledger.transactions {
        if tx.fate == Fate::Aborted {
            continue;
        }
        let visible = |send: &&TransactionSend| ledger.is_visible(send) == Some(true);
        let shown: Vec<&TransactionSend> = tx.sends().iter().filter(visible).collect();
        let missing = |send: &&TransactionSend| ledger.is_visible(send) == Some(false);
        let missing: Vec<&TransactionSend> = tx.acknowledged().filter(missing).collect();
        count += u64::from(!shown.is_empty() || !missing.is_empty());
        let (Some(first), Some(_)) = (missing.first(), shown.first()) else {
            continue;
        };
        let offsets: Vec<i64> = first.offset.into_iter().collect();
        let anomaly = Anomaly {
            evidence: evidence(place_of(first), &[tx.operation.id], &offsets),
            kind: Finding::TornTransaction {
                transaction: tx.named(),
                acknowledged: tx.fate == Fate::Committed,
                visible: told(&shown),
                missing: told(&missing),
            },
            certain: true,
        };
        held(check, tx, anomaly, &mut verdict);
    }
    unambiguous(check, &mut verdict);
    check.saw(count, "transactions that did not abort", &mut verdict);
    verdict
}

/// The first few of these records.
pub(super) fn told(sends: &[&TransactionSend]) -> Vec<Placed> {
    sends.iter().take(5).map(|send| sent(send)).collect()
}

/// A finding about atomicity counts for what is promised to this transaction's client.
pub(super) fn held(check: &Check<'_>, tx: &Tx<'_>, anomaly: Anomaly, verdict: &mut Verdict) {
    let configuration = check.configuration().for_transaction(tx.own_epoch);
    check.held(configuration, Subject::NotAtomic, anomaly, verdict);
}

/// Doubts a check that finds records by their values, where one was sent twice.
pub(super) fn unambiguous(check: &Check<'_>, verdict: &mut Verdict) {
    let problems = check.ledger().resent;
    if problems > 0 {
        verdict.doubt(crate::verdict::Doubt::BadHistory { problems });
    }
}
