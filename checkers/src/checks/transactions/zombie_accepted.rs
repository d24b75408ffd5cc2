//! `zombie-accepted`: after another producer had taken over a transactional id, nothing more that the former one sends is
//! accepted. A request that was sent before the answer to that InitProducerId is legal, also if it is answered later. Needs
//! producer ids and epochs, which a client library does not tell.

use super::ledger::{Fate, Init, Tx};
use crate::checks::Check;
use crate::history::{Moment, Outcome};
use crate::verdict::{Anomaly, Doubt, Evidence, Fenced, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for tx in &check.ledger().transactions {
        let Some(fence) = check.ledger().fence(tx) else {
            continue;
        };
        count += 1;
        let Some((request, called)) = accepted(tx, fence.returned) else {
            continue;
        };
        verdict.found(Anomaly {
            kind: Finding::ZombieAccepted {
                transaction: tx.named(),
                request: request.to_owned(),
                called,
                fence: fenced(fence),
            },
            certain: true,
            evidence: Evidence {
                operations: vec![tx.operation.id, fence.operation.id],
                ..Evidence::default()
            },
        });
    }
    taken_over(check, count, &mut verdict);
    verdict
}

/// The first request that was sent after a moment and accepted.
fn accepted<'a>(tx: &Tx<'a>, after: Moment) -> Option<(&'a str, Moment)> {
    let sends = tx.sends().iter().filter_map(|send| {
        let called = send.called.filter(|_| send.outcome == Outcome::Ok)?;
        Some(("produce", called))
    });
    let requests = tx.end.iter().flat_map(|end| &end.requests);
    let requests = requests.filter(|one| one.returned.is_some() && one.error.is_none());
    let requests = requests.map(|one| (one.what.as_str(), one.called));
    // A client that keeps no requests: its commit was acknowledged.
    let commit = tx.end_sent().filter(|_| tx.fate == Fate::Committed);
    let commit = commit.map(|called| ("commit", called));
    let all = sends.chain(requests).chain(commit);
    all.filter(|(_, called)| *called > after)
        .min_by_key(|(_, called)| *called)
}

pub(super) fn fenced(init: &Init<'_>) -> Fenced {
    Fenced {
        operation: init.operation.id,
        epoch: init.epoch,
        at: init.returned,
    }
}

/// How many transactions of producers that were taken over a check of fences saw. Without any it is not asked, because nobody
/// was a zombie; where no transaction has an epoch, nobody knows.
pub(super) fn taken_over(check: &Check<'_>, count: u64, verdict: &mut Verdict) {
    let what = "transactions of producers that were taken over";
    verdict.saw(what, count);
    let all = &check.ledger().transactions;
    let known = |tx: &Tx<'_>| tx.call.producer_id >= 0 && tx.call.epoch >= 0;
    if !all.iter().any(known) {
        let what = "producer ids and epochs".to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
    } else if count == 0 {
        let what = what.to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
    }
}
