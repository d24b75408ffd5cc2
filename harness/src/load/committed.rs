//! Offsets that are committed and fetched, as operations: of members, of others, and at the end of a run.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use checkers::history::{
    Call, CommitOffsets, CommitOutcome, Committed, CommittedOffset, FetchOffsets, FetchedOffset,
    OffsetsFetched, Partition, Report, Text,
};

use super::coordinator::Coordinator;
use crate::kafka::questions::groups::{self, Identity, Key, Place};
use crate::kafka::questions::outcome_of;
use crate::record::{Caller, Outcome, Recorder, WorkerIds};

/// The time that a client waits for its coordinator's answer.
pub const TIMEOUT: Duration = Duration::from_millis(1_500);
/// What a coordinator answers that may have stored an offset. Kafka answers the first two also after the append was written
/// and not yet replicated (GroupMetadataManager).
pub const PERHAPS_COMMITTED: &[&str] = &[
    "COORDINATOR_NOT_AVAILABLE",
    "NOT_COORDINATOR",
    "REQUEST_TIMED_OUT",
];
/// What means that another node is to be asked.
const ELSEWHERE: &[&str] = &["NOT_COORDINATOR", "COORDINATOR_NOT_AVAILABLE"];
/// Marks the final fetches in the history.
const FINAL: &str = "final";
/// The pause before a coordinator is asked again.
const AGAIN: Duration = Duration::from_millis(100);

/// Commits offsets. The error of the first that failed, if any did; none if there is no coordinator to ask.
pub fn commit(
    caller: &mut Caller<'_>,
    coordinator: &mut Coordinator<'_>,
    identity: &Identity,
    offsets: &[Place],
) -> Option<Result<(), String>> {
    let (node, wire) = coordinator.wire(caller)?;
    let committed = offsets
        .iter()
        .map(|(topic, partition, offset, token)| CommittedOffset {
            topic: topic.as_str().into(),
            partition: *partition,
            offset: *offset,
            token: Some(token.as_str().into()),
        });
    caller.calls(Call::CommitOffsets(Box::new(CommitOffsets {
        group: identity.group.as_str().into(),
        generation: identity.generation,
        member: identity.member.as_str().into(),
        offsets: committed.collect(),
        node: Some(node),
        library: false,
    })));
    let answer = groups::commit(wire, identity, offsets);
    let (outcomes, error) = match answer {
        Ok(errors) => (errors.iter().map(outcome).collect(), first(errors)),
        Err(error) => {
            coordinator.forget();
            (Vec::new(), Some(error.to_string()))
        }
    };
    let unknown = |one: &CommitOutcome| one.outcome == checkers::history::Outcome::Info;
    let ended = match &error {
        None => Outcome::Ok,
        Some(error) if outcomes.is_empty() || outcomes.iter().any(unknown) => {
            Outcome::Info(error.clone())
        }
        Some(error) => Outcome::Fail(error.clone()),
    };
    if error.as_deref().is_some_and(is_elsewhere) {
        coordinator.forget();
    }
    caller.ended(
        ended,
        Report::CommitOffsets(Box::new(Committed { offsets: outcomes })),
    );
    Some(error.map_or(Ok(()), Err))
}

fn outcome(error: &Option<String>) -> CommitOutcome {
    use checkers::history::Outcome;
    CommitOutcome {
        outcome: match error.as_deref() {
            None => Outcome::Ok,
            Some(error) if PERHAPS_COMMITTED.contains(&error) => Outcome::Info,
            Some(_) => Outcome::Fail,
        },
        error: error.as_deref().map(Text::from),
    }
}

fn first(errors: Vec<Option<String>>) -> Option<String> {
    errors.into_iter().flatten().next()
}

/// Whether an error says that another node coordinates.
pub fn is_elsewhere(error: &str) -> bool {
    ELSEWHERE.contains(&error)
}

/// Asks for committed offsets; none without an answer. `asking` is the member, and the phase if it is the last.
pub fn fetch(
    caller: &mut Caller<'_>,
    coordinator: &mut Coordinator<'_>,
    group: &str,
    partitions: &[(String, i32)],
    (member, phase): (Option<&str>, Option<&str>),
) -> Option<Vec<Place>> {
    let (node, wire) = coordinator.wire(caller)?;
    let asked = partitions.iter();
    caller.calls(Call::FetchOffsets(Box::new(FetchOffsets {
        group: group.into(),
        partitions: asked
            .map(|(topic, partition)| Partition(topic.as_str().into(), *partition))
            .collect(),
        require_stable: true,
        member: member.map(Text::from),
        node: Some(node),
        phase: phase.map(Text::from),
    })));
    let answer = groups::fetch_offsets(wire, group, partitions, true);
    let (outcome, fetched) = match answer {
        Ok(fetched) => (Outcome::Ok, fetched),
        Err(error) => {
            coordinator.forget();
            (outcome_of(&error, &[]), Vec::new())
        }
    };
    let done = outcome == Outcome::Ok;
    let shown = fetched
        .iter()
        .map(|((topic, partition, offset, token), error)| FetchedOffset {
            topic: topic.as_str().into(),
            partition: *partition,
            offset: *offset,
            token: (*offset >= 0).then(|| token.as_str().into()),
            error: error.as_deref().map(Text::from),
        });
    let offsets = shown.collect();
    caller.ended(
        outcome,
        Report::FetchOffsets(Box::new(OffsetsFetched { offsets })),
    );
    let whole = fetched.iter().all(|(_, error)| error.is_none());
    let places = fetched.into_iter().map(|(place, _)| place);
    (done && whole).then(|| places.collect())
}

/// Fetches the last committed offsets of all groups, after the last heal, when nobody commits any more. A group whose
/// coordinator does not answer until the deadline is left out, and so undecided.
pub fn fetch_last(
    groups: &[String],
    partitions: &[(String, i32)],
    addresses: &[SocketAddr],
    recorded: (&Recorder, &WorkerIds),
    deadline: Instant,
) {
    let mut caller = Caller::new(recorded);
    for group in groups {
        let mut coordinator = Coordinator::new(addresses, (group, Key::Group), 0, TIMEOUT);
        loop {
            let asking = (None, Some(FINAL));
            let fetched = fetch(&mut caller, &mut coordinator, group, partitions, asking);
            if fetched.is_some() || Instant::now() >= deadline {
                break;
            }
            std::thread::sleep(AGAIN);
        }
    }
}
