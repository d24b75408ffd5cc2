//! Lies in answers to OffsetForLeaderEpoch, which consumers ask after an election.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::OffsetForLeaderEpochResponse;
use kafka_protocol::messages::offset_for_leader_epoch_response::EpochEndOffset;

use super::Mutant;
use super::When::Always;
use super::lie::{Change, Lie};

/// Calls `change` for every end that was found.
fn rows(answer: &mut OffsetForLeaderEpochResponse, mut change: impl FnMut(&mut EpochEndOffset)) {
    for topic in &mut answer.topics {
        for row in topic
            .partitions
            .iter_mut()
            .filter(|row| row.error_code == 0)
        {
            change(row);
        }
    }
}

const fn row(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    change: Change<OffsetForLeaderEpochResponse>,
) -> Mutant {
    Mutant::new(name, field, does, Always, Lie::EpochEnds(change))
}

/// The rows.
pub(super) const TABLE: &[Mutant] = &[
    row(
        "epoch-end-ahead",
        "end_offset",
        "an epoch ended 1,000 records later than it did",
        |answer, _| rows(answer, |row| row.end_offset += 1_000),
    ),
    row(
        "epoch-end-behind",
        "end_offset",
        "an epoch ended 20 records earlier than it did",
        |answer, _| rows(answer, |row| row.end_offset = (row.end_offset - 20).max(0)),
    ),
    row(
        "epoch-end-zero",
        "end_offset",
        "an epoch has no records",
        |answer, _| rows(answer, |row| row.end_offset = 0),
    ),
    row(
        "epoch-end-undefined",
        "end_offset",
        "nothing is known of an epoch",
        |answer, _| {
            rows(answer, |row| {
                row.end_offset = -1;
                row.leader_epoch = -1;
            });
        },
    ),
    row(
        "epoch-end-epoch-behind",
        "leader_epoch",
        "an epoch that is one too low",
        |answer, _| rows(answer, |row| row.leader_epoch -= 1),
    ),
    row(
        "epoch-end-epoch-ahead",
        "leader_epoch",
        "an epoch that is one too high",
        |answer, _| rows(answer, |row| row.leader_epoch += 1),
    ),
    row(
        "epoch-end-refused",
        "error_code",
        "UNKNOWN_LEADER_EPOCH, always",
        |answer, _| {
            rows(answer, |row| {
                row.error_code = ResponseError::UnknownLeaderEpoch.code();
            });
        },
    ),
    row(
        "epoch-end-partition-missing",
        "partitions",
        "no partition in the answer",
        |answer, _| {
            for topic in &mut answer.topics {
                topic.partitions.clear();
            }
        },
    ),
];
