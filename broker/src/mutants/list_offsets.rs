//! Lies in answers to ListOffsets.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::list_offsets_response::ListOffsetsPartitionResponse;
use kafka_protocol::messages::{ListOffsetsRequest, ListOffsetsResponse};

use super::When::{AfterElection, Always, OneIn};
use super::lie::{Asked, Change, Lie, Scene};
use super::memory::Place;
use super::{Mutant, When};

/// The timestamps that stand for the end and for the beginning.
const LATEST: i64 = -1;
const EARLIEST: i64 = -2;

/// The timestamp that was asked for a partition.
fn timestamp(asked: &Asked, (topic, partition): &Place) -> Option<i64> {
    let request: ListOffsetsRequest = asked.request()?;
    let topic = request
        .topics
        .into_iter()
        .find(|one| one.name.as_str() == topic)?;
    let mut rows = topic.partitions.into_iter();
    let row = rows.find(|row| row.partition_index == *partition)?;
    Some(row.timestamp)
}

/// Calls `change` for every partition.
fn rows(
    answer: &mut ListOffsetsResponse,
    mut change: impl FnMut(Place, &mut ListOffsetsPartitionResponse),
) {
    for topic in &mut answer.topics {
        for row in &mut topic.partitions {
            change((topic.name.to_string(), row.partition_index), row);
        }
    }
}

/// The same for the ends that were found, or the beginnings.
fn listed(
    answer: &mut ListOffsetsResponse,
    what: i64,
    scene: &mut Scene<'_>,
    mut change: impl FnMut(Place, &mut ListOffsetsPartitionResponse, &mut Scene<'_>),
) {
    rows(answer, |place, row| {
        if row.error_code == 0 && timestamp(scene.asked, &place) == Some(what) {
            change(place, row, scene);
        }
    });
}

fn refuse(row: &mut ListOffsetsPartitionResponse, error: ResponseError) {
    row.error_code = error.code();
    row.offset = -1;
    row.leader_epoch = -1;
}

const fn row(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    when: When,
    change: Change<ListOffsetsResponse>,
) -> Mutant {
    Mutant::new(name, field, does, when, Lie::ListOffsets(change))
}

/// The rows.
pub(super) const TABLE: &[Mutant] = &[
    row(
        "list-end-ahead",
        "offset",
        "an end that is one too high",
        Always,
        |answer, scene| listed(answer, LATEST, scene, |_, row, _| row.offset += 1),
    ),
    row(
        "list-end-far-ahead",
        "offset",
        "an end that is 100,000 too high",
        OneIn(20),
        |answer, scene| listed(answer, LATEST, scene, |_, row, _| row.offset += 100_000),
    ),
    row(
        "list-end-behind",
        "offset",
        "an end that is one too low",
        Always,
        |answer, scene| {
            listed(answer, LATEST, scene, |_, row, _| {
                row.offset = (row.offset - 1).max(0);
            });
        },
    ),
    row(
        "list-end-far-behind",
        "offset",
        "an end that is 100 too low",
        OneIn(20),
        |answer, scene| {
            listed(answer, LATEST, scene, |_, row, _| {
                row.offset = (row.offset - 100).max(0);
            });
        },
    ),
    row(
        "list-end-behind-after-election",
        "offset",
        "an end that is 20 too low, once the leader has changed",
        AfterElection,
        |answer, scene| {
            listed(answer, LATEST, scene, |_, row, _| {
                row.offset = (row.offset - 20).max(0);
            });
        },
    ),
    row(
        "list-end-frozen",
        "offset",
        "the first end, for ever",
        Always,
        |answer, scene| {
            listed(answer, LATEST, scene, |place, row, scene| {
                row.offset = scene.memory.first(place, row.offset);
            });
        },
    ),
    row(
        "list-end-zero",
        "offset",
        "the log is empty",
        OneIn(20),
        |answer, scene| listed(answer, LATEST, scene, |_, row, _| row.offset = 0),
    ),
    row(
        "list-end-missing",
        "offset",
        "no end, without an error",
        Always,
        |answer, scene| listed(answer, LATEST, scene, |_, row, _| row.offset = -1),
    ),
    row(
        "list-end-of-another",
        "offset",
        "the end of another partition",
        Always,
        |answer, scene| {
            listed(answer, LATEST, scene, |place, row, scene| {
                scene.memory.before(place.clone(), row.offset);
                row.offset = scene.memory.of_another(&place).unwrap_or(row.offset);
            });
        },
    ),
    row(
        "list-start-ahead",
        "offset",
        "the log begins 100 records later than it does",
        Always,
        |answer, scene| listed(answer, EARLIEST, scene, |_, row, _| row.offset += 100),
    ),
    row(
        "list-epoch-ahead",
        "leader_epoch",
        "an epoch that is one too high",
        Always,
        |answer, scene| listed(answer, LATEST, scene, |_, row, _| row.leader_epoch += 1),
    ),
    row(
        "list-epoch-behind",
        "leader_epoch",
        "an epoch that is one too low",
        OneIn(3),
        |answer, scene| listed(answer, LATEST, scene, |_, row, _| row.leader_epoch -= 1),
    ),
    row(
        "list-epoch-missing",
        "leader_epoch",
        "no epoch",
        Always,
        |answer, scene| listed(answer, LATEST, scene, |_, row, _| row.leader_epoch = -1),
    ),
    row(
        "list-end-instead-of-error",
        "error_code",
        "an end from a node that may not say it: the last one that it knew, or 0",
        Always,
        |answer, scene| {
            rows(answer, |place, row| {
                if row.error_code == 0 {
                    scene.memory.before(place, row.offset);
                } else {
                    row.error_code = 0;
                    row.offset = scene.memory.numbers.get(&place).copied().unwrap_or(0);
                }
            });
        },
    ),
    row(
        "list-refused",
        "error_code",
        "NOT_LEADER_OR_FOLLOWER from every node",
        Always,
        |answer, scene| {
            listed(answer, LATEST, scene, |_, row, _| {
                refuse(row, ResponseError::NotLeaderOrFollower);
            });
        },
    ),
    row(
        "list-refused-one-partition",
        "error_code",
        "UNKNOWN_TOPIC_OR_PARTITION for one partition of several",
        Always,
        |answer, scene| {
            listed(answer, LATEST, scene, |(_, partition), row, _| {
                if partition > 0 {
                    refuse(row, ResponseError::UnknownTopicOrPartition);
                }
            });
        },
    ),
    row(
        "list-partition-missing",
        "partitions",
        "no partition in the answer",
        Always,
        |answer, _| {
            for topic in &mut answer.topics {
                topic.partitions.clear();
            }
        },
    ),
    row(
        "list-timestamp",
        "timestamp",
        "a time for the end, which has none",
        Always,
        |answer, scene| listed(answer, LATEST, scene, |_, row, _| row.timestamp = 1),
    ),
];
