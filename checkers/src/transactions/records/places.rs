//! Which record lies at which offset, and the offsets with several records and records at several offsets.
//!
//! A poll shows a record at its offset whatever became of the operation: consumers are never given what is not safe. A
//! send does if its operation was acknowledged, or if its outcome is not known and some record of it was read.

use super::super::anomaly::PhenomenonKind;
use super::super::findings::Findings;
use super::super::input::Transactions;
use super::super::log_operation::{LogOperation, Placed};
use super::super::numbers::NONE;
use super::super::witness::{Place, Witness};
use super::super::writers::{Standing, Writers};
use crate::history::Outcome;

/// How many places evidence shows.
const SHOWN_MAX: usize = 8;

/// The known places of a history's records.
pub(super) struct Places {
    /// Key, offset, version, and the transaction that shows it first. Ordered, each once.
    rows: Vec<(u32, i64, u32, u32)>,
    /// The known offsets of each key, ordered, each once.
    offsets: Vec<(u32, i64)>,
    /// By version: the lowest and the highest offset at which it lies.
    range: Vec<Option<(i64, i64)>>,
    /// By transaction: whether it took effect for certain.
    is_certain: Vec<bool>,
}

impl Places {
    pub(super) fn new(transactions: &Transactions, writers: &Writers) -> Places {
        let is_certain = certain(transactions, writers);
        let mut rows: Vec<(u32, i64, u32, u32)> = Vec::new();
        for operation in &transactions.log {
            if operation.transaction == NONE {
                continue;
            }
            let sends = &operation.sends[..];
            let sends = match is_certain[operation.transaction as usize] {
                true => sends,
                false => &[],
            };
            for record in operation.polls.iter().chain(sends) {
                if let Some(offset) = record.offset {
                    rows.push((record.key, offset, record.version, operation.transaction));
                }
            }
        }
        rows.sort_unstable();
        rows.dedup_by_key(|row| (row.0, row.1, row.2));
        let mut range: Vec<Option<(i64, i64)>> = vec![None; transactions.versions.len()];
        for (_, offset, version, _) in &rows {
            let own = &mut range[*version as usize];
            *own = Some(own.map_or((*offset, *offset), |(low, high)| {
                (low.min(*offset), high.max(*offset))
            }));
        }
        let mut offsets: Vec<(u32, i64)> = rows.iter().map(|row| (row.0, row.1)).collect();
        offsets.dedup();
        Places {
            rows,
            offsets,
            range,
            is_certain,
        }
    }

    /// Whether a transaction took effect for certain.
    pub(super) fn is_certain(&self, transaction: u32) -> bool {
        self.is_certain[transaction as usize]
    }

    /// The lowest and the highest offset at which a version is known to lie.
    pub(super) fn of(&self, version: u32) -> Option<(i64, i64)> {
        self.range[version as usize]
    }

    /// Where a record of an operation lies: the offset that was stated, or the only one that is known.
    pub(super) fn at(&self, record: &Placed) -> Option<i64> {
        let only = || self.of(record.version).filter(|(low, high)| low == high);
        record.offset.or_else(|| Some(only()?.0))
    }

    /// The same of a send, whose offset counts if the operation took effect.
    pub(super) fn sent_at(&self, operation: &LogOperation, record: &Placed) -> Option<i64> {
        let stated = record
            .offset
            .filter(|_| self.is_certain(operation.transaction));
        self.at(&Placed {
            offset: stated,
            ..*record
        })
    }

    /// The rows of a key between two offsets, both excluded.
    pub(super) fn between(&self, key: u32, after: i64, before: i64) -> &[(u32, i64, u32, u32)] {
        let begin = self
            .rows
            .partition_point(|row| (row.0, row.1) <= (key, after));
        let end = self
            .rows
            .partition_point(|row| (row.0, row.1) < (key, before));
        self.rows.get(begin..end).unwrap_or_default()
    }

    /// How many known offsets of a key lie between two, both excluded.
    pub(super) fn count_between(&self, key: u32, after: i64, before: i64) -> u64 {
        let begin = self.offsets.partition_point(|row| *row <= (key, after));
        let end = self.offsets.partition_point(|row| *row < (key, before));
        end.saturating_sub(begin) as u64
    }

    /// The records that alone lie at their offset, and at no other one: key, offset, version.
    pub(super) fn undisputed(&self) -> impl Iterator<Item = (u32, i64, u32)> {
        let alone = self.rows.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1));
        let alone = alone.filter(|same| same.len() == 1).map(|same| same[0]);
        let once = alone.filter(|row| self.of(row.2).is_some_and(|(low, high)| low == high));
        once.map(|(key, offset, version, _)| (key, offset, version))
    }

    /// Reports offsets with several records, and records at several offsets. One that clients sent twice may lie at two.
    pub(super) fn check(
        &self,
        transactions: &Transactions,
        writers: &Writers,
        findings: &mut Findings,
    ) {
        for same in self.rows.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            if same.len() > 1 {
                report(
                    transactions,
                    PhenomenonKind::InconsistentOffset,
                    same,
                    findings,
                );
            }
        }
        let mut doubled: Vec<(u32, i64, u32, u32)> = self.rows.clone();
        doubled.retain(|row| {
            self.of(row.2).is_some_and(|(low, high)| low != high)
                && writers.standing(row.2) != Standing::Disputed
        });
        doubled.sort_by_key(|row| (row.2, row.1));
        for same in doubled.chunk_by(|a, b| a.2 == b.2) {
            report(transactions, PhenomenonKind::Duplicate, same, findings);
        }
    }
}

fn report(
    transactions: &Transactions,
    kind: PhenomenonKind,
    rows: &[(u32, i64, u32, u32)],
    findings: &mut Findings,
) {
    findings.add(kind, || Witness::Places {
        key: transactions.key_name(rows[0].0),
        places: rows
            .iter()
            .take(SHOWN_MAX)
            .map(|(_, offset, version, shown_by)| Place {
                offset: *offset,
                value: transactions.versions[*version as usize].1.clone(),
                shown_by: transactions.id(*shown_by),
            })
            .collect(),
    });
}

/// Acknowledged, or of unknown outcome and proven by a poll that returned one of its records. The operation's own poll
/// proves nothing.
fn certain(transactions: &Transactions, writers: &Writers) -> Vec<bool> {
    let ok = transactions.each().map(|(_, one)| one.is(Outcome::Ok));
    let mut is_certain: Vec<bool> = ok.collect();
    for operation in &transactions.log {
        for polled in &operation.polls {
            if let Some(writer) = writers
                .of(polled.version)
                .filter(|w| *w != operation.transaction)
            {
                is_certain[writer as usize] = true;
            }
        }
    }
    is_certain
}
