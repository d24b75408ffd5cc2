//! `one-outcome`: markers in the logs agree about a transaction. A record that a commit marker covers and one of the same
//! transaction that an abort marker covers are the strongest evidence of a torn transaction, whatever a client believes.
//!
//! A producer with one epoch for many transactions (KIP-98 as it was first) cannot be told apart by its markers, so a
//! transaction is known by its records: each is covered by the next marker of its producer.

use std::collections::BTreeMap;

use super::ledger::placed;
use super::log::endings;
use super::torn::{held, unambiguous};
use crate::checks::Check;
use crate::checks::view::{Place, evidence};
use crate::history::{Ending, Offset};
use crate::verdict::{Anomaly, Finding, Verdict};

/// Where a record of a transaction is covered by a marker, and the reading that shows it.
type Covered<'a> = (Place<'a>, Offset, &'a str, u64);

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let ledger = check.ledger();
    let mut outcomes: BTreeMap<u64, [Option<Covered<'_>>; 2]> = BTreeMap::new();
    let mut count = 0;
    for log in &ledger.logs {
        for (record, ending) in log.records.iter().zip(endings(&log.records)) {
            let (Some(value), Some(ending), true) =
                (record.1.as_deref(), ending, record.transactional())
            else {
                continue;
            };
            let Some((tx, _)) = ledger.sender(log.place, value) else {
                continue;
            };
            count += 1;
            let read = log.reads.first().copied().unwrap_or_default();
            let known = outcomes.entry(tx.operation.id).or_default();
            known[usize::from(ending == Ending::Abort)].get_or_insert((
                log.place,
                record.offset(),
                value,
                read,
            ));
        }
    }
    for (id, outcome) in outcomes {
        let [Some(committed), Some(aborted)] = outcome else {
            continue;
        };
        let at = ledger
            .transactions
            .partition_point(|tx| tx.operation.id < id);
        let tx = &ledger.transactions[at];
        let operations = [id, committed.3, aborted.3];
        let anomaly = Anomaly {
            kind: Finding::TwoOutcomes {
                transaction: tx.named(),
                committed: placed(committed.0, Some(committed.1), committed.2),
                aborted: placed(aborted.0, Some(aborted.1), aborted.2),
            },
            certain: true,
            evidence: evidence(aborted.0, &operations, &[aborted.1]),
        };
        held(check, tx, anomaly, &mut verdict);
    }
    unambiguous(check, &mut verdict);
    check.saw(count, "records with a marker", &mut verdict);
    verdict
}
