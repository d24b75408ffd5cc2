//! The order of a log against real time: what was acknowledged or read before a send was called lies below it.
//!
//! A record was appended between the call of its send and the first moment at which it was acknowledged or returned by a
//! poll. Such moments that ascend with the offsets exist exactly if no send was called after a record at its offset or a
//! higher one was there: one pass from the highest offset down, with the earliest such moment. That a successful poll
//! returns a record before its own send was called is a cycle, and is reported as one.

use super::super::anomaly::PhenomenonKind;
use super::super::findings::Findings;
use super::super::input::Transactions;
use super::super::witness::Witness;
use super::super::writers::Writers;
use super::places::Places;
use crate::history::Outcome;

pub(super) fn check(
    transactions: &Transactions,
    writers: &Writers,
    places: &Places,
    findings: &mut Findings,
) {
    // The same of polls that failed, which are on no cycle.
    let mut failed: Vec<u64> = vec![u64::MAX; transactions.versions.len()];
    let mut shown: Vec<u64> = vec![u64::MAX; transactions.versions.len()];
    for operation in &transactions.log {
        let Some(completed) = operation.completed else {
            continue;
        };
        let sends = match operation.outcome {
            Outcome::Ok => &operation.sends[..],
            _ => &[],
        };
        for record in operation.polls.iter().chain(sends) {
            let first = &mut shown[record.version as usize];
            *first = completed.min(*first);
            if operation.outcome != Outcome::Ok {
                let first = &mut failed[record.version as usize];
                *first = completed.min(*first);
            }
        }
    }
    let rows: Vec<(u32, i64, u32)> = places.undisputed().collect();
    for key in rows.chunk_by(|a, b| a.0 == b.0) {
        // The earliest moment at or above, with its record; one anomaly for each, with the latest call below it.
        let mut earliest: Option<(u64, i64, u32)> = None;
        let mut worst: Option<(u64, i64, u32)> = None;
        for (key, offset, version) in key.iter().rev() {
            let Some(writer) = writers.of(*version) else {
                continue;
            };
            let called = transactions.transactions[writer as usize].head.called;
            let own = Some((failed[*version as usize], *offset, writer));
            let own = own.filter(|(moment, ..)| called > *moment);
            if let Some((moment, above, by)) = own.or(earliest)
                && called > moment
                && worst.is_none_or(|(latest, ..)| latest < called)
            {
                worst = Some((called, *offset, writer));
                findings.add(PhenomenonKind::LogOrder, || Witness::Moved {
                    transactions: [by, writer].map(|one| transactions.id(one)),
                    key: transactions.key_name(*key),
                    offsets: [above, *offset],
                    skipped: Vec::new(),
                });
            }
            let moment = shown[*version as usize];
            if earliest.is_none_or(|(known, ..)| moment < known) {
                (earliest, worst) = (Some((moment, *offset, writer)), None);
            }
        }
    }
}
