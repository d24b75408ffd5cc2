//! Lost updates: transactions that read the same version of a key and all superseded it.
//!
//! Whatever the order of their writes, one of them wrote over a version that it had not seen: P4 of
//! Berenson et al. It needs no version order, so it is found where cycles are not.

use super::anomaly::PhenomenonKind;
use super::findings::{EXAMPLES_MAX, Findings};
use super::input::{Action, Transactions};
use super::numbers::NONE;
use super::witness::Witness;
use super::writers::{Standing, Writers};
use crate::history::Outcome;

/// An update: a transaction that read a version of a key and then wrote the key.
pub(super) struct Update {
    pub(super) key: u32,
    /// The version it read before it wrote; [`NONE`] for the initial one.
    pub(super) read: u32,
    pub(super) transaction: u32,
    /// The last version that it wrote.
    pub(super) wrote: u32,
}

/// The updates of transactions that happened.
///
/// A value that a transaction reads before it writes it itself is an anomaly by itself, and shows no version that it
/// superseded: so that read is passed over.
pub(super) fn updates(transactions: &Transactions, writers: &Writers) -> Vec<Update> {
    let mut updates: Vec<Update> = Vec::new();
    // For each key: who touched it last, the version it read first if it did, and its update.
    let mut touched: Vec<(u32, Option<u32>, usize)> =
        vec![(NONE, None, usize::MAX); transactions.keys.len()];
    for (number, transaction) in transactions.each() {
        if !transaction.is(Outcome::Ok) {
            continue;
        }
        for (step, action) in transactions.steps(transaction) {
            match action {
                Action::Read { key, from, to } => {
                    if writers.is_of_future(transactions.saw(from, to), number, step) {
                        continue;
                    }
                    let read = transactions.saw(from, to).last().copied();
                    let touched = &mut touched[key as usize];
                    if touched.0 != number {
                        *touched = (number, Some(read.unwrap_or(NONE)), usize::MAX);
                    }
                }
                Action::Write { key, version } => {
                    let touched = &mut touched[key as usize];
                    if touched.0 != number {
                        *touched = (number, None, usize::MAX);
                    }
                    match (updates.get_mut(touched.2), touched.1) {
                        (Some(update), _) => update.wrote = version,
                        (None, Some(read)) => {
                            touched.2 = updates.len();
                            updates.push(Update {
                                key,
                                read,
                                transaction: number,
                                wrote: version,
                            });
                        }
                        (None, None) => {}
                    }
                }
                Action::Unseen => {}
            }
        }
    }
    updates.sort_unstable_by_key(|update| (update.key, update.read, update.transaction));
    updates
}

/// Finds versions that several updates superseded. `updates` is in its order.
///
/// A value that several writes made may be several versions, and one that nobody made for certain is none.
pub(super) fn check(
    transactions: &Transactions,
    writers: &Writers,
    updates: &[Update],
    findings: &mut Findings,
) {
    let is_version =
        |update: &Update| update.read == NONE || writers.standing(update.read) == Standing::Written;
    let same = |a: &Update, b: &Update| (a.key, a.read) == (b.key, b.read);
    for lost in updates
        .chunk_by(same)
        .filter(|lost| lost.len() > 1 && is_version(&lost[0]))
    {
        findings.add(PhenomenonKind::LostUpdate, || {
            let first = lost.iter().take(EXAMPLES_MAX);
            Witness::Updates {
                key: transactions.key_name(lost[0].key),
                read: transactions.value(lost[0].read),
                transactions: first.map(|u| transactions.id(u.transaction)).collect(),
            }
        });
    }
}
