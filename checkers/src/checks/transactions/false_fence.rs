//! `false-fence`: a producer is fenced only if another took over its transactional id, or if its transaction timed out, which
//! older clients are told with the same word (KIP-588). Any InitProducerId for the id that was under way since the producer's
//! own explains it, whatever it was answered. Where requests of a former transaction may open the next one (KAFKA-17754), a
//! transaction that nobody knows may have timed out; that is reported and tolerated.

use std::collections::BTreeMap;

use super::ledger::Tx;
use super::torn::held;
use crate::checks::Check;
use crate::history::{Call, Moment};
use crate::verdict::{Anomaly, Doubt, Evidence, Finding, Verdict};

const MS: Moment = 1_000_000;

/// What clients call it.
const FENCES: &[&str] = &["_FENCED", "PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH"];

/// An InitProducerId: when it was called, when it ended, and its invoke.
type InitCall = (Moment, Option<Moment>, u64);

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let Some(timeout_ms) = check.history().header().timeouts.transaction_ms else {
        let what = "the transaction time-out".to_owned();
        verdict.doubt(Doubt::NothingSeen { what });
        return verdict;
    };
    let mut inits: BTreeMap<&str, Vec<InitCall>> = BTreeMap::new();
    for operation in check.operations() {
        if let Call::InitProducer(init) = operation.call {
            let all = inits.entry(init.transactional_id.as_str()).or_default();
            all.push((operation.called, operation.completed(), operation.id));
        }
    }
    for tx in &check.ledger().transactions {
        verdict.saw("transactions", 1);
        let Some(error) = fenced(tx) else {
            continue;
        };
        let ended = tx.operation.completed().unwrap_or(Moment::MAX);
        let age_ms = ended.saturating_sub(tx.operation.called) / MS;
        let all = inits.get(tx.call.transactional_id.as_str());
        let own = all.iter().flat_map(|all| all.iter());
        let before = |one: &&InitCall| one.1.is_some_and(|done| done <= tx.operation.called);
        let own = own.filter(before).max_by_key(|one| one.1).map(|one| one.2);
        // Every other one that was not over when the own one was called.
        let since = all
            .iter()
            .flat_map(|all| all.iter())
            .find(|one| Some(one.2) == own);
        let since = since.map_or(0, |one| one.0);
        let taken_over = all.iter().flat_map(|all| all.iter()).any(|one| {
            Some(one.2) != own && one.0 < ended && one.1.is_none_or(|done| done > since)
        });
        // One that begins after that is a zombie from its begin.
        let fence = check.ledger().fence(tx);
        let is_zombie = fence.is_some_and(|init| init.operation.called < ended);
        if taken_over || is_zombie || own.is_none() || age_ms >= timeout_ms {
            continue;
        }
        let anomaly = Anomaly {
            kind: Finding::FalselyFenced {
                transaction: tx.named(),
                error: error.to_owned(),
                age_ms,
                timeout_ms,
            },
            certain: false,
            evidence: Evidence {
                operations: vec![tx.operation.id],
                window: Some((tx.operation.called, ended.min(check.history().end()))),
                ..Evidence::default()
            },
        };
        held(check, tx, anomaly, &mut verdict);
    }
    verdict
}

/// The error by which a transaction was fenced.
fn fenced<'a>(tx: &Tx<'a>) -> Option<&'a str> {
    let own = tx
        .operation
        .completion
        .and_then(|completion| completion.error.as_deref());
    let sends = tx.sends().iter().filter_map(|send| send.error.as_deref());
    let requests = tx.end.iter().flat_map(|end| &end.requests);
    let requests = requests.filter_map(|request| request.error.as_deref());
    let mut all = own.into_iter().chain(sends).chain(requests);
    all.find(|error| FENCES.contains(error))
}
