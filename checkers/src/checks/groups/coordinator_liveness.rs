//! `coordinator-liveness`: coordinators serve groups and transactional ids.
//!
//! By kind of request and by group, or all transactional ids together, as one node coordinates them: a wait is a row of tries of which
//! none got what it asked for. A refusal that is the right answer to its sender (it is fenced, or no member any more) shows
//! that the coordinator works; but a group of which nobody at all can join, or get an assignment, is not served, whatever the
//! error. Both may take the session and rebalance time-outs longer than other requests.

use std::collections::BTreeMap;

use crate::checks::Check;
use crate::checks::stalls::{Series, Stall};
use crate::history::{
    Call, ClientOperation, Coordinated, Outcome, Phase, Report, TransactionRequest,
};
use crate::verdict::{Evidence, Finding, Verdict};

/// What the sender of a request may be, and then the request is answered.
const FENCES: &[&str] = &[
    "FENCED_INSTANCE_ID",
    "INVALID_PRODUCER_EPOCH",
    "PRODUCER_FENCED",
    "_FENCED",
    "UNSTABLE_OFFSET_COMMIT",
];
/// The same for a member.
const REFUSALS: &[&str] = &[
    "UNKNOWN_MEMBER_ID",
    "ILLEGAL_GENERATION",
    "REBALANCE_IN_PROGRESS",
];
/// A first step, which is neither.
const ID_REQUIRED: &str = "MEMBER_ID_REQUIRED";

/// The tries of one kind, and the last error.
type Tries<'a> = (Series, Option<&'a str>);

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if check.is_no_run(&mut verdict) {
        return verdict;
    }
    let history = check.history();
    let load = history.phase(Phase::Load).unwrap_or(0);
    let end = history.phase(Phase::Done).unwrap_or(history.end());
    let mut all: BTreeMap<(&str, &str), Tries<'_>> = BTreeMap::new();
    let mut count = 0;
    let operations = check.operations().iter();
    let answers =
        operations.flat_map(|one| answers(one).into_iter().map(move |answer| (one, answer)));
    for (operation, (key, served, named)) in answers {
        if !(load..end).contains(&operation.called) {
            continue;
        }
        count += 1;
        let ended = operation.completed().unwrap_or(end);
        let (series, error) = all.entry(key).or_default();
        let stall = match served {
            // How long it took is not judged: a JoinGroup waits for the other members.
            true => series.served(ended, ended, operation.id),
            false => series.refused(operation.called, ended, operation.id),
        };
        if let Some(stall) = stall {
            tell(check, key, (&stall, *error), &mut verdict);
        }
        if !served {
            *error = named;
        }
    }
    for (key, (series, error)) in &mut all {
        if let Some(stall) = series.end() {
            tell(check, *key, (&stall, *error), &mut verdict);
        }
    }
    check.saw(count, "requests to coordinators", &mut verdict);
    verdict
}

/// Kafka's name of a request and the group, whether it was served, and the error.
type Answer<'a> = ((&'static str, &'a str), bool, Option<&'a str>);

/// What an operation tells: one request, or that a transaction ended and which requests it took. An aborted transaction ends well
/// although none of its partitions could be added: a coordinator that refused them all was valid before.
fn answers<'a>(operation: &ClientOperation<'a>) -> Vec<Answer<'a>> {
    let error = operation.completion.and_then(|one| one.error.as_deref());
    let whole = key(operation).zip(served(operation));
    let mut answers: Vec<Answer<'a>> = whole
        .map(|(key, served)| (key, served, error))
        .into_iter()
        .collect();
    if let Some(Report::Transaction(report)) = operation.report() {
        answers.extend(parts(&report.requests));
    }
    answers
}

/// The requests of a transaction other than its end, by kind.
fn parts(requests: &[TransactionRequest]) -> impl Iterator<Item = Answer<'_>> {
    const KINDS: [(&str, &str); 3] = [
        ("add-partitions", "AddPartitionsToTxn"),
        ("add-offsets", "AddOffsetsToTxn"),
        ("commit-offsets", "TxnOffsetCommit"),
    ];
    KINDS.into_iter().filter_map(|(what, name)| {
        let own: Vec<_> = requests
            .iter()
            .filter(|one| one.what.as_str() == what)
            .collect();
        let error = own.last()?.error.as_deref();
        let is_served = |one: &&TransactionRequest| one.returned.is_some() && one.error.is_none();
        let served = own.iter().any(is_served);
        let fenced =
            error.is_some_and(|error| FENCES.contains(&error) || REFUSALS.contains(&error));
        (served || !fenced).then_some(((name, ""), served, error))
    })
}

/// Kafka's name of a request to a coordinator, and the group.
fn key<'a>(operation: &ClientOperation<'a>) -> Option<(&'static str, &'a str)> {
    Some(match operation.call {
        Call::FindCoordinator(call) => match call.of {
            Coordinated::Group => ("FindCoordinator", call.key.as_str()),
            Coordinated::Transaction => ("FindCoordinator", ""),
        },
        Call::Join(call) => ("JoinGroup", call.group.as_str()),
        Call::Sync(call) => ("SyncGroup", call.group.as_str()),
        Call::Heartbeat(call) => ("Heartbeat", call.group.as_str()),
        Call::CommitOffsets(call) => ("OffsetCommit", call.group.as_str()),
        Call::FetchOffsets(call) => ("OffsetFetch", call.group.as_str()),
        Call::InitProducer(_) => ("InitProducerId", ""),
        Call::Transaction(_) => ("EndTxn", ""),
        _ => return None,
    })
}

/// Whether it got what it asked for; none if it says nothing.
fn served(operation: &ClientOperation<'_>) -> Option<bool> {
    if operation.outcome == Outcome::Ok {
        return Some(match operation.report() {
            Some(Report::FetchOffsets(fetched)) => fetched.offsets.iter().any(|one| {
                let error = one.error.as_deref();
                error.is_none_or(|error| FENCES.contains(&error))
            }),
            Some(Report::FindCoordinator(found)) => found.coordinator.is_some(),
            _ => true,
        });
    }
    let error = operation.completion.and_then(|one| one.error.as_deref());
    let error = error.unwrap_or_default();
    if error == ID_REQUIRED || FENCES.contains(&error) {
        return None;
    }
    let alone = matches!(operation.call, Call::Join(_) | Call::Sync(_));
    // Also if its outcome is unknown: a library may have sent it before, but it was answered.
    Some(!alone && REFUSALS.contains(&error))
}

fn tell(
    check: &Check<'_>,
    (request, group): (&str, &str),
    (stall, error): (&Stall, Option<&str>),
    verdict: &mut Verdict,
) {
    let Some(excess) = stall.excess(check.regimes()) else {
        return;
    };
    let timeouts = check.history().header().timeouts;
    let more_ms = match request {
        "JoinGroup" | "SyncGroup" => {
            timeouts.session_ms.unwrap_or(0) + timeouts.rebalance_ms.unwrap_or(0)
        }
        // The last transaction of a producer that is gone may be open so long.
        "InitProducerId" | "EndTxn" => timeouts.transaction_ms.unwrap_or(0),
        _ => 0,
    };
    let limit_ms = excess.limit_ms.saturating_add(more_ms);
    if excess.length_ms() <= limit_ms {
        return;
    }
    let finding = Finding::CoordinatorStalled {
        request: request.to_owned(),
        group: (!group.is_empty()).then(|| group.to_owned()),
        tries: stall.tries,
        error: error.map(str::to_owned),
        length_ms: excess.length_ms(),
        limit_ms,
        ended: stall.ended,
    };
    let evidence = Evidence {
        operations: vec![stall.first, stall.last],
        window: Some((excess.from, excess.to)),
        ..Evidence::default()
    };
    let over_ms = excess.length_ms() - limit_ms;
    let within = (excess.from, excess.to);
    check.unless_starved_by(over_ms, finding, evidence, within, verdict);
}
