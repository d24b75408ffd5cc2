//! Records that no poll returned: *lost* if somebody was given a later one of the partition, else *unseen*.
//!
//! A lost record is Jepsen's: take the highest record of a partition that a successful poll returned. Everything below
//! it that was surely written must have been returned to somebody. Where a record lies at several offsets, the lowest
//! counts for what was read and the highest for what must have been.
//!
//! An unseen record may be slow rather than lost. Jepsen counts it as an error, because its histories end with reads of
//! everything. So does this, unless no poll returned anything at all: then nothing was read, and nothing is judged.

use super::super::anomaly::PhenomenonKind;
use super::super::findings::Findings;
use super::super::input::Transactions;
use super::super::numbers::NONE;
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
    let mut is_read = vec![false; transactions.versions.len()];
    // By key: the highest offset of a record that was read, and by whom.
    let mut highest: Vec<Option<(i64, u32)>> = vec![None; transactions.keys.len()];
    let mut is_any_read = false;
    for operation in &transactions.log {
        for polled in &operation.polls {
            is_any_read = true;
            is_read[polled.version as usize] = true;
            let lowest = places.of(polled.version).map(|(low, _)| low);
            if let (Some(low), Outcome::Ok) = (lowest, operation.outcome) {
                let known = &mut highest[polled.key as usize];
                if known.is_none_or(|(high, _)| high < low) {
                    *known = Some((low, operation.transaction));
                }
            }
        }
    }
    for (version, writer) in writers.written() {
        if is_read[version as usize] || !places.is_certain(writer) {
            continue;
        }
        let key = transactions.key_of(version);
        let offset = places.of(version).map(|(_, high)| high);
        let past = highest[key as usize].filter(|(high, _)| offset.is_some_and(|at| at <= *high));
        let kind = match past {
            Some(_) => PhenomenonKind::LostWrite,
            None if is_any_read && transactions.transactions[writer as usize].is(Outcome::Ok) => {
                PhenomenonKind::Unseen
            }
            None => continue,
        };
        let past = past.filter(|(_, reader)| *reader != NONE);
        findings.add(kind, || Witness::Unread {
            writer: transactions.id(writer),
            key: transactions.key_name(key),
            value: transactions.versions[version as usize].1.clone(),
            offset,
            past: past.map(|(offset, reader)| (transactions.id(reader), offset)),
        });
    }
}
