//! Lies in answers to Produce.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::ProduceResponse;
use kafka_protocol::messages::produce_response::PartitionProduceResponse;

use super::When::{Always, OneIn};
use super::lie::{Change, Lie};
use super::memory::Place;
use super::{Mutant, When};

/// Calls `change` for every partition.
fn rows(
    answer: &mut ProduceResponse,
    mut change: impl FnMut(Place, &mut PartitionProduceResponse),
) {
    for topic in &mut answer.responses {
        for row in &mut topic.partition_responses {
            change((topic.name.to_string(), row.index), row);
        }
    }
}

/// The same for those that were written.
fn written(
    answer: &mut ProduceResponse,
    mut change: impl FnMut(Place, &mut PartitionProduceResponse),
) {
    rows(answer, |place, row| {
        if row.error_code == 0 && row.base_offset >= 0 {
            change(place, row);
        }
    });
}

fn refuse(row: &mut PartitionProduceResponse, error: ResponseError) {
    row.error_code = error.code();
    row.base_offset = -1;
}

const fn row(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    when: When,
    change: Change<ProduceResponse>,
) -> Mutant {
    Mutant::new(name, field, does, when, Lie::Produce(change))
}

/// The rows.
pub(super) const TABLE: &[Mutant] = &[
    row(
        "produce-offset-ahead",
        "base_offset",
        "an offset that is one too high",
        Always,
        |answer, _| written(answer, |_, row| row.base_offset += 1),
    ),
    row(
        "produce-offset-ahead-seldom",
        "base_offset",
        "an offset that is one too high",
        OneIn(20),
        |answer, _| written(answer, |_, row| row.base_offset += 1),
    ),
    row(
        "produce-offset-behind",
        "base_offset",
        "an offset that is one too low",
        Always,
        |answer, _| {
            written(answer, |_, row| {
                row.base_offset = (row.base_offset - 1).max(0);
            });
        },
    ),
    row(
        "produce-offset-zero",
        "base_offset",
        "offset 0",
        OneIn(20),
        |answer, _| written(answer, |_, row| row.base_offset = 0),
    ),
    row(
        "produce-offset-missing",
        "base_offset",
        "success without an offset",
        OneIn(20),
        |answer, _| written(answer, |_, row| row.base_offset = -1),
    ),
    row(
        "produce-offset-repeated",
        "base_offset",
        "the offset of the write before",
        OneIn(20),
        |answer, scene| {
            written(answer, |place, row| {
                let before = scene.memory.before(place, row.base_offset);
                row.base_offset = before.unwrap_or(row.base_offset);
            });
        },
    ),
    row(
        "produce-offset-of-another",
        "base_offset",
        "the offset of a write to another partition",
        OneIn(20),
        |answer, scene| {
            written(answer, |place, row| {
                scene.memory.before(place.clone(), row.base_offset);
                let other = scene.memory.of_another(&place);
                row.base_offset = other.unwrap_or(row.base_offset);
            });
        },
    ),
    row(
        "produce-refused-as-not-leader",
        "error_code",
        "NOT_LEADER_OR_FOLLOWER for a record that was written",
        OneIn(20),
        |answer, _| {
            written(answer, |_, row| {
                refuse(row, ResponseError::NotLeaderOrFollower);
            });
        },
    ),
    row(
        "produce-refused-as-too-large",
        "error_code",
        "MESSAGE_TOO_LARGE for a record that was written",
        OneIn(20),
        |answer, _| written(answer, |_, row| refuse(row, ResponseError::MessageTooLarge)),
    ),
    row(
        "produce-refused-as-unknown-topic",
        "error_code",
        "UNKNOWN_TOPIC_OR_PARTITION for a record that was written",
        OneIn(20),
        |answer, _| {
            written(answer, |_, row| {
                refuse(row, ResponseError::UnknownTopicOrPartition);
            });
        },
    ),
    row(
        "produce-refused-as-corrupt",
        "error_code",
        "CORRUPT_MESSAGE for a record that was written",
        OneIn(20),
        |answer, _| written(answer, |_, row| refuse(row, ResponseError::CorruptMessage)),
    ),
    row(
        "produce-refused-one-partition",
        "error_code",
        "REQUEST_TIMED_OUT for every write to one partition of several",
        Always,
        |answer, _| {
            written(answer, |(_, partition), row| {
                if partition > 0 {
                    refuse(row, ResponseError::RequestTimedOut);
                }
            });
        },
    ),
    row(
        "produce-timed-out",
        "error_code",
        "REQUEST_TIMED_OUT for a record that was written",
        OneIn(50),
        |answer, _| written(answer, |_, row| refuse(row, ResponseError::RequestTimedOut)),
    ),
    row(
        "produce-timed-out-always",
        "error_code",
        "REQUEST_TIMED_OUT for every record",
        Always,
        |answer, _| written(answer, |_, row| refuse(row, ResponseError::RequestTimedOut)),
    ),
    row(
        "produce-unknown-error",
        "error_code",
        "UNKNOWN_SERVER_ERROR for every record",
        Always,
        |answer, _| {
            written(answer, |_, row| {
                refuse(row, ResponseError::UnknownServerError);
            });
        },
    ),
    row(
        "produce-success-instead-of-error",
        "error_code",
        "success, with the next offset, for a record that was refused",
        Always,
        |answer, scene| {
            rows(answer, |place, row| {
                if row.error_code == 0 {
                    scene.memory.before(place, row.base_offset);
                } else {
                    row.error_code = 0;
                    let last = scene.memory.numbers.get(&place).copied();
                    row.base_offset = last.unwrap_or(0) + 1;
                }
            });
        },
    ),
    row(
        "produce-another-partition",
        "index",
        "the answer is about another partition",
        Always,
        |answer, _| rows(answer, |_, row| row.index += 1),
    ),
    row(
        "produce-another-topic",
        "name",
        "the answer is about another topic",
        Always,
        |answer, _| {
            for topic in &mut answer.responses {
                topic.name = super::metadata::renamed(&topic.name);
            }
        },
    ),
    row(
        "produce-partition-missing",
        "partition_responses",
        "no partition in the answer",
        Always,
        |answer, _| {
            for topic in &mut answer.responses {
                topic.partition_responses.clear();
            }
        },
    ),
    row(
        "produce-log-start-ahead",
        "log_start_offset",
        "the log begins behind the record that was written",
        Always,
        |answer, _| written(answer, |_, row| row.log_start_offset = row.base_offset + 1),
    ),
    row(
        "produce-append-time",
        "log_append_time_ms",
        "the broker's time for a topic that keeps the producer's",
        Always,
        |answer, _| written(answer, |_, row| row.log_append_time_ms = 1),
    ),
    row(
        "produce-throttled",
        "throttle_time_ms",
        "the client is asked to pause for a second",
        Always,
        |answer, _| answer.throttle_time_ms = 1_000,
    ),
];
