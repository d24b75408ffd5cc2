//! `zombie-published`: nothing becomes visible that a producer sent, or committed, after another had taken over its
//! transactional id. A commit that was sent before the answer to that InitProducerId may have been applied before it, and is
//! legal, whatever its client was answered.

use super::ledger::{place_of, sent};
use super::zombie_accepted::{fenced, taken_over};
use crate::checks::Check;
use crate::checks::view::evidence;
use crate::verdict::{Anomaly, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let ledger = check.ledger();
    let mut count = 0;
    for tx in &ledger.transactions {
        let Some(fence) = ledger.fence(tx) else {
            continue;
        };
        count += 1;
        let late = |called: Option<u64>| called.filter(|called| *called > fence.returned);
        let committed = late(tx.end_sent());
        let published = tx.sends().iter().find_map(|send| {
            let called = committed.or(late(send.called))?;
            (ledger.is_visible(send) == Some(true)).then_some((send, called))
        });
        let Some((send, called)) = published else {
            continue;
        };
        let offsets: Vec<i64> = send.offset.into_iter().collect();
        let operations = [tx.operation.id, fence.operation.id];
        verdict.found(Anomaly {
            kind: Finding::ZombiePublished {
                transaction: tx.named(),
                record: sent(send),
                called,
                fence: fenced(fence),
            },
            certain: true,
            evidence: evidence(place_of(send), &operations, &offsets),
        });
    }
    taken_over(check, count, &mut verdict);
    verdict
}
