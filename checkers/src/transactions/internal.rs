//! Internal consistency: what a transaction reads agrees with what it read and wrote itself.
//!
//! The axiom INT of Cerone, Bernardi and Gotsman, *A Framework for Transactional Consistency Models
//! with Atomic Visibility*, CONCUR 2015.

use super::anomaly::PhenomenonKind;
use super::findings::Findings;
use super::input::{Action, Transactions};
use super::names::Name;
use super::numbers::NONE;
use super::shape::Shape;
use super::witness::Witness;
use super::writers::Writers;
use crate::history::Outcome;

/// How many of the last elements evidence shows.
const SHOWN_MAX: usize = 8;

/// What a transaction knows of a key.
#[derive(Clone, Debug)]
struct Known {
    /// Whose knowledge it is; that of an earlier transaction is none.
    transaction: u32,
    /// What its last read saw, `seen[from..to]`.
    base: Option<(u32, u32)>,
    /// What it wrote since.
    written: Vec<u32>,
}

/// Checks every read of a transaction that happened against the steps ahead of it.
///
/// A read of what the transaction writes later is a future read. What follows is not compared with it.
pub(super) fn check(
    transactions: &Transactions,
    shape: Shape,
    writers: &Writers,
    findings: &mut Findings,
) {
    let nothing = Known {
        transaction: NONE,
        base: None,
        written: Vec::new(),
    };
    let mut keys = vec![nothing; transactions.keys.len()];
    for (number, transaction) in transactions.each() {
        if !transaction.is(Outcome::Ok) {
            continue;
        }
        for (step, action) in transactions.steps(transaction) {
            let (Action::Write { key, .. } | Action::Read { key, .. }) = action else {
                continue;
            };
            let known = &mut keys[key as usize];
            if known.transaction != number {
                known.transaction = number;
                known.base = None;
                known.written.clear();
            }
            match action {
                Action::Write { version, .. } => {
                    if shape == Shape::Registers {
                        known.written.clear();
                    }
                    known.written.push(version);
                }
                Action::Read { from, to, .. } => {
                    let saw = transactions.saw(from, to);
                    if writers.is_of_future(saw, number, step) {
                        known.base = None;
                        known.written.clear();
                        continue;
                    }
                    let base = known.base.map(|(from, to)| transactions.saw(from, to));
                    if !agrees(shape, base, &known.written, saw) {
                        findings.add(PhenomenonKind::Internal, || {
                            let expected = [base.unwrap_or_default(), &known.written].concat();
                            Witness::Internal {
                                transaction: transactions.id(number),
                                key: transactions.key_name(key),
                                expected: shown(transactions, &expected),
                                saw: shown(transactions, saw),
                            }
                        });
                    }
                    known.base = Some((from, to));
                    known.written.clear();
                }
                Action::Unseen => {}
            }
        }
    }
}

fn agrees(shape: Shape, base: Option<&[u32]>, written: &[u32], saw: &[u32]) -> bool {
    match (shape, base) {
        (Shape::Registers, _) if !written.is_empty() => saw == written,
        (_, Some(base)) => {
            saw.len() == base.len() + written.len()
                && saw.starts_with(base)
                && saw.ends_with(written)
        }
        (_, None) => saw.ends_with(written),
    }
}

fn shown(transactions: &Transactions, versions: &[u32]) -> Vec<Name> {
    let from = versions.len().saturating_sub(SHOWN_MAX);
    let value = |version: &u32| transactions.value(*version);
    versions[from..].iter().filter_map(value).collect()
}
