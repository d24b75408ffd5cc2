//! Lies in answers to Fetch that are not about records: watermarks, errors, missing partitions.

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::fetch_response::PartitionData;
use kafka_protocol::messages::{BrokerId, FetchResponse};

use super::When::{Always, For, OneIn};
use super::lie::{Change, Lie};
use super::memory::Place;
use super::{Mutant, When};

/// Calls `change` for every partition.
pub(super) fn rows(answer: &mut FetchResponse, mut change: impl FnMut(Place, &mut PartitionData)) {
    for topic in &mut answer.responses {
        for row in &mut topic.partitions {
            change((topic.topic.to_string(), row.partition_index), row);
        }
    }
}

/// The same for those that are served.
fn served(answer: &mut FetchResponse, mut change: impl FnMut(Place, &mut PartitionData)) {
    rows(answer, |place, row| {
        if row.error_code == 0 {
            change(place, row);
        }
    });
}

fn refuse(row: &mut PartitionData, error: ResponseError) {
    row.error_code = error.code();
    row.records = Some(Bytes::new());
}

const fn row(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    when: When,
    change: Change<FetchResponse>,
) -> Mutant {
    Mutant::new(name, field, does, when, Lie::Fetch(change))
}

/// The rows.
pub(super) const TABLE: &[Mutant] = &[
    row(
        "fetch-high-watermark-ahead",
        "high_watermark",
        "a high watermark that is 10 too high",
        Always,
        |answer, _| served(answer, |_, row| row.high_watermark += 10),
    ),
    row(
        "fetch-high-watermark-behind",
        "high_watermark",
        "a high watermark that is 10 too low",
        Always,
        |answer, _| {
            served(answer, |_, row| {
                row.high_watermark = (row.high_watermark - 10).max(0);
            });
        },
    ),
    row(
        "fetch-high-watermark-frozen",
        "high_watermark",
        "the first high watermark, for ever",
        Always,
        |answer, scene| {
            served(answer, |place, row| {
                row.high_watermark = scene.memory.first(place, row.high_watermark);
            });
        },
    ),
    row(
        "fetch-stable-offset-behind",
        "last_stable_offset",
        "a last stable offset of 0 where there are no transactions",
        Always,
        |answer, _| served(answer, |_, row| row.last_stable_offset = 0),
    ),
    row(
        "fetch-log-start-ahead",
        "log_start_offset",
        "the log begins at its end",
        Always,
        |answer, _| served(answer, |_, row| row.log_start_offset = row.high_watermark),
    ),
    row(
        "fetch-log-start-negative",
        "log_start_offset",
        "the log begins nowhere",
        Always,
        |answer, _| served(answer, |_, row| row.log_start_offset = -1),
    ),
    row(
        "fetch-log-start-lost",
        "log_start_offset",
        "the log begins at its end: what comes before is OFFSET_OUT_OF_RANGE",
        Always,
        |answer, scene| {
            served(answer, |place, row| {
                let start = scene.memory.first(place, row.high_watermark);
                row.log_start_offset = start;
                let has_earlier =
                    super::batches::split(row.records.as_ref().unwrap_or(&Bytes::new()))
                        .first()
                        .is_some_and(|batch| super::batches::base_offset(batch) < start);
                if has_earlier {
                    refuse(row, ResponseError::OffsetOutOfRange);
                }
            });
        },
    ),
    row(
        "fetch-out-of-range",
        "error_code",
        "OFFSET_OUT_OF_RANGE for an offset that exists",
        OneIn(20),
        |answer, _| {
            served(answer, |_, row| {
                refuse(row, ResponseError::OffsetOutOfRange)
            })
        },
    ),
    row(
        "fetch-out-of-range-always",
        "error_code",
        "OFFSET_OUT_OF_RANGE for every offset",
        Always,
        |answer, _| {
            served(answer, |_, row| {
                refuse(row, ResponseError::OffsetOutOfRange)
            })
        },
    ),
    row(
        "fetch-not-leader",
        "error_code",
        "NOT_LEADER_OR_FOLLOWER, always",
        Always,
        |answer, _| {
            served(answer, |_, row| {
                refuse(row, ResponseError::NotLeaderOrFollower);
            });
        },
    ),
    row(
        "fetch-unknown-topic",
        "error_code",
        "UNKNOWN_TOPIC_OR_PARTITION for one partition of several",
        Always,
        |answer, _| {
            served(answer, |(_, partition), row| {
                if partition > 0 {
                    refuse(row, ResponseError::UnknownTopicOrPartition);
                }
            });
        },
    ),
    row(
        "fetch-storage-error",
        "error_code",
        "KAFKA_STORAGE_ERROR, always",
        Always,
        |answer, _| {
            served(answer, |_, row| {
                refuse(row, ResponseError::KafkaStorageError);
            });
        },
    ),
    row(
        "fetch-error-as-nothing-new",
        "error_code",
        "nothing new instead of an error",
        Always,
        |answer, _| {
            rows(answer, |_, row| row.error_code = 0);
        },
    ),
    row(
        "fetch-nothing",
        "records",
        "nothing new, always, although the high watermark says so",
        Always,
        |answer, _| served(answer, |_, row| row.records = Some(Bytes::new())),
    ),
    row(
        "fetch-nothing-for-5s",
        "records",
        "nothing new for 5 s",
        For(5),
        |answer, _| served(answer, |_, row| row.records = Some(Bytes::new())),
    ),
    row(
        "fetch-nothing-of-one-partition",
        "records",
        "nothing new of one partition of several",
        Always,
        |answer, _| {
            served(answer, |(_, partition), row| {
                if partition > 0 {
                    row.records = Some(Bytes::new());
                }
            });
        },
    ),
    row(
        "fetch-end-of-log",
        "records",
        "the log ends where the client is: nothing new, and a high watermark that says so",
        Always,
        |answer, scene| {
            served(answer, |place, row| {
                row.high_watermark = scene.memory.first(place, row.high_watermark);
                row.last_stable_offset = row.high_watermark;
                row.records = Some(Bytes::new());
            });
        },
    ),
    row(
        "fetch-records-null",
        "records",
        "null instead of records",
        Always,
        |answer, _| served(answer, |_, row| row.records = None),
    ),
    row(
        "fetch-partition-missing",
        "partitions",
        "the last partition of each topic is not in the answer",
        Always,
        |answer, _| {
            for topic in &mut answer.responses {
                topic.partitions.pop();
            }
        },
    ),
    row(
        "fetch-partitions-exchanged",
        "partition_index",
        "the records of one partition under the number of another",
        Always,
        |answer, _| {
            for topic in &mut answer.responses {
                if let [first, second, ..] = topic.partitions.as_mut_slice() {
                    std::mem::swap(&mut first.partition_index, &mut second.partition_index);
                }
            }
        },
    ),
    row(
        "fetch-replica-unknown",
        "preferred_read_replica",
        "the client shall read from a node that does not exist",
        Always,
        |answer, _| {
            served(answer, |_, row| {
                row.preferred_read_replica = BrokerId(99);
                row.records = Some(Bytes::new());
            });
        },
    ),
    row(
        "fetch-session",
        "session_id",
        "a fetch session that nobody has begun",
        Always,
        |answer, _| answer.session_id = 7,
    ),
    row(
        "fetch-throttled",
        "throttle_time_ms",
        "the client is asked to pause for a second",
        Always,
        |answer, _| answer.throttle_time_ms = 1_000,
    ),
];
