//! Fetches that returned the token of a transaction: what `offsets-early` and `offsets-of-aborted` share.

use super::ledger::Tx;
use crate::checks::Check;
use crate::checks::view::evidence;
use crate::history::{Call, FetchOffsets, FetchedOffset, Moment, Report};
use crate::verdict::{Anomaly, Finding, Verdict};

/// A fetch that returned a token of a transaction.
pub(super) struct Fetch<'c, 'a> {
    pub(super) tx: &'c Tx<'a>,
    pub(super) call: &'a FetchOffsets,
    pub(super) offset: &'a FetchedOffset,
    pub(super) id: u64,
    /// When the answer came.
    pub(super) returned: Moment,
}

impl Fetch<'_, '_> {
    pub(super) fn anomaly(&self, aborted: bool) -> Anomaly {
        let place = (self.offset.topic.as_str(), self.offset.partition);
        Anomaly {
            kind: Finding::OffsetsUncommitted {
                transaction: self.tx.named(),
                group: self.call.group.to_string(),
                offset: self.offset.offset,
                asked: self.id,
                aborted,
            },
            certain: true,
            evidence: evidence(
                place,
                &[self.tx.operation.id, self.id],
                &[self.offset.offset],
            ),
        }
    }
}

/// All of them, in the order of the calls.
pub(super) fn fetches<'a>(check: &Check<'a>, verdict: &mut Verdict) -> Vec<Fetch<'a, 'a>> {
    let ledger = check.ledger();
    let mut found = Vec::new();
    let mut count = 0;
    for operation in check.operations() {
        let (Call::FetchOffsets(call), Some(Report::FetchOffsets(fetched)), Some(returned)) =
            (operation.call, operation.report(), operation.returned())
        else {
            continue;
        };
        for offset in fetched.offsets.iter().filter(|one| one.error.is_none()) {
            count += 1;
            let Some((tx, _)) = offset
                .token
                .as_deref()
                .and_then(|token| ledger.of_token(token))
            else {
                continue;
            };
            found.push(Fetch {
                tx,
                call,
                offset,
                id: operation.id,
                returned,
            });
        }
    }
    check.saw(count, "fetched offsets", verdict);
    found
}
