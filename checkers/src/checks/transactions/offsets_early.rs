//! `offsets-early`: the offsets of a transaction are fetched only after it asked for its commit. Until then they are pending,
//! and a fetch returns the former ones, or has to wait. Known by the tokens that are committed with the offsets.

use super::tokens::fetches;
use super::torn::held;
use crate::checks::Check;
use crate::verdict::Verdict;

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    for fetch in fetches(check, &mut verdict) {
        if fetch
            .tx
            .end_sent()
            .is_some_and(|end_sent| fetch.returned < end_sent)
        {
            held(check, fetch.tx, fetch.anomaly(false), &mut verdict);
        }
    }
    verdict
}
