//! `offsets-of-aborted`: the offsets of a transaction that certainly did not commit are never fetched. Known by the tokens that
//! are committed with the offsets.

use super::ledger::Fate;
use super::tokens::fetches;
use super::torn::held;
use crate::checks::Check;
use crate::verdict::Verdict;

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    for fetch in fetches(check, &mut verdict) {
        if fetch.tx.fate == Fate::Aborted {
            held(check, fetch.tx, fetch.anomaly(true), &mut verdict);
        }
    }
    verdict
}
