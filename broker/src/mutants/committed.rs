//! Lies about committed offsets: OffsetCommit and OffsetFetch, and TxnOffsetCommit.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::offset_fetch_response::OffsetFetchResponsePartition;
use kafka_protocol::messages::{
    OffsetCommitResponse, OffsetFetchResponse, TxnOffsetCommitResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::When::{Always, OneIn};
use super::lie::{Change, Lie};
use super::memory::Place;
use super::{Mutant, When};

const fn commit(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    when: When,
    change: Change<OffsetCommitResponse>,
) -> Mutant {
    Mutant::new(name, field, does, when, Lie::Commit(change))
}

const fn fetched(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    when: When,
    change: Change<OffsetFetchResponse>,
) -> Mutant {
    Mutant::new(name, field, does, when, Lie::Committed(change))
}

const fn staged(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    when: When,
    change: Change<TxnOffsetCommitResponse>,
) -> Mutant {
    Mutant::new(name, field, does, when, Lie::Stage(change))
}

fn codes(answer: &mut OffsetCommitResponse) -> impl Iterator<Item = &mut i16> {
    let rows = answer
        .topics
        .iter_mut()
        .flat_map(|topic| &mut topic.partitions);
    rows.map(|row| &mut row.error_code)
}

fn staged_codes(answer: &mut TxnOffsetCommitResponse) -> impl Iterator<Item = &mut i16> {
    let rows = answer
        .topics
        .iter_mut()
        .flat_map(|topic| &mut topic.partitions);
    rows.map(|row| &mut row.error_code)
}

/// Calls `change` for each partition that has a committed offset.
fn rows(
    answer: &mut OffsetFetchResponse,
    mut change: impl FnMut(Place, &mut OffsetFetchResponsePartition),
) {
    for topic in &mut answer.topics {
        for row in &mut topic.partitions {
            if row.error_code == 0 && row.committed_offset >= 0 {
                change((topic.name.to_string(), row.partition_index), row);
            }
        }
    }
}

/// The rows.
pub(super) const TABLE: &[Mutant] = &[
    commit(
        "commit-success-instead-of-error",
        "error_code",
        "whoever commits may",
        Always,
        |answer, _| codes(answer).for_each(|code| *code = 0),
    ),
    commit(
        "commit-error-instead-of-success",
        "error_code",
        "ILLEGAL_GENERATION, now and then, for what is stored",
        OneIn(10),
        |answer, _| {
            let error = ResponseError::IllegalGeneration.code();
            codes(answer).for_each(|code| *code = error);
        },
    ),
    commit(
        "commit-refused",
        "error_code",
        "COORDINATOR_LOAD_IN_PROGRESS, always",
        Always,
        |answer, _| {
            let error = ResponseError::CoordinatorLoadInProgress.code();
            codes(answer).for_each(|code| *code = error);
        },
    ),
    commit(
        "commit-partition-missing",
        "partitions",
        "no partition in the answer",
        Always,
        |answer, _| {
            answer
                .topics
                .iter_mut()
                .for_each(|topic| topic.partitions.clear())
        },
    ),
    fetched(
        "committed-offset-ahead",
        "committed_offset",
        "an offset that is one too high",
        Always,
        |answer, _| rows(answer, |_, row| row.committed_offset += 1),
    ),
    fetched(
        "committed-offset-behind",
        "committed_offset",
        "an offset that is one too low",
        Always,
        |answer, _| {
            rows(answer, |_, row| {
                row.committed_offset = (row.committed_offset - 1).max(0)
            })
        },
    ),
    fetched(
        "committed-offset-none",
        "committed_offset",
        "nothing is committed",
        OneIn(10),
        |answer, _| {
            rows(answer, |_, row| {
                row.committed_offset = -1;
                row.metadata = Some(StrBytes::default());
            });
        },
    ),
    fetched(
        "committed-offset-frozen",
        "committed_offset",
        "the first committed offset, for ever",
        Always,
        |answer, scene| {
            rows(answer, |place, row| {
                row.committed_offset = scene.memory.first(place, row.committed_offset);
            });
        },
    ),
    fetched(
        "committed-metadata-empty",
        "metadata",
        "no text beside the offset",
        Always,
        |answer, _| rows(answer, |_, row| row.metadata = Some(StrBytes::default())),
    ),
    fetched(
        "committed-unstable",
        "error_code",
        "UNSTABLE_OFFSET_COMMIT, always",
        Always,
        |answer, _| {
            for row in answer
                .topics
                .iter_mut()
                .flat_map(|topic| &mut topic.partitions)
            {
                row.error_code = ResponseError::UnstableOffsetCommit.code();
                row.committed_offset = -1;
            }
        },
    ),
    fetched(
        "committed-refused",
        "error_code",
        "COORDINATOR_LOAD_IN_PROGRESS, always",
        Always,
        |answer, _| answer.error_code = ResponseError::CoordinatorLoadInProgress.code(),
    ),
    fetched(
        "committed-partition-missing",
        "partitions",
        "no partition in the answer",
        Always,
        |answer, _| {
            answer
                .topics
                .iter_mut()
                .for_each(|topic| topic.partitions.clear())
        },
    ),
    staged(
        "txn-commit-success-instead-of-error",
        "error_code",
        "whoever sends offsets with a transaction may",
        Always,
        |answer, _| staged_codes(answer).for_each(|code| *code = 0),
    ),
    staged(
        "txn-commit-refused",
        "error_code",
        "COORDINATOR_LOAD_IN_PROGRESS, always",
        Always,
        |answer, _| {
            let error = ResponseError::CoordinatorLoadInProgress.code();
            staged_codes(answer).for_each(|code| *code = error);
        },
    ),
    staged(
        "txn-commit-partition-missing",
        "partitions",
        "no partition in the answer",
        Always,
        |answer, _| {
            answer
                .topics
                .iter_mut()
                .for_each(|topic| topic.partitions.clear())
        },
    ),
];
