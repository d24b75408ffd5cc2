//! Lies in answers to DescribeQuorum.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_quorum_response::PartitionData;
use kafka_protocol::messages::{BrokerId, DescribeQuorumResponse};

use super::When::{Always, For, OneIn};
use super::lie::{Change, Lie};
use super::{Mutant, When};

/// Calls `change` for the quorum's partition, if its leader is known.
fn rows(answer: &mut DescribeQuorumResponse, mut change: impl FnMut(&mut PartitionData)) {
    for topic in &mut answer.topics {
        for row in topic
            .partitions
            .iter_mut()
            .filter(|row| row.leader_id.0 > 0)
        {
            change(row);
        }
    }
}

const fn row(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    when: When,
    change: Change<DescribeQuorumResponse>,
) -> Mutant {
    Mutant::new(name, field, does, when, Lie::Quorum(change))
}

/// The rows.
pub(super) const TABLE: &[Mutant] = &[
    row(
        "quorum-leader-another",
        "leader_id",
        "another node leads",
        Always,
        |answer, _| {
            rows(answer, |row| {
                row.leader_id = BrokerId(row.leader_id.0 % 3 + 1)
            })
        },
    ),
    row(
        "quorum-leader-itself",
        "leader_id",
        "the node that is asked leads",
        Always,
        |answer, scene| rows(answer, |row| row.leader_id = BrokerId(scene.node)),
    ),
    row(
        "quorum-leader-none",
        "leader_id",
        "nobody leads",
        Always,
        |answer, _| rows(answer, |row| row.leader_id = BrokerId(-1)),
    ),
    row(
        "quorum-leader-none-for-5s",
        "leader_id",
        "nobody leads, for 5 s",
        For(5),
        |answer, _| rows(answer, |row| row.leader_id = BrokerId(-1)),
    ),
    row(
        "quorum-epoch-ahead",
        "leader_epoch",
        "an epoch that is one too high",
        Always,
        |answer, _| rows(answer, |row| row.leader_epoch += 1),
    ),
    row(
        "quorum-epoch-far-ahead",
        "leader_epoch",
        "an epoch that is 100 too high",
        Always,
        |answer, _| rows(answer, |row| row.leader_epoch += 100),
    ),
    row(
        "quorum-epoch-behind",
        "leader_epoch",
        "an epoch that is one too low",
        OneIn(10),
        |answer, _| rows(answer, |row| row.leader_epoch -= 1),
    ),
    row(
        "quorum-epoch-frozen",
        "leader_epoch",
        "the first epoch, for ever",
        Always,
        |answer, scene| {
            rows(answer, |row| {
                let first = scene.memory.first_of_all(i64::from(row.leader_epoch));
                row.leader_epoch = i32::try_from(first).unwrap_or(-1);
            });
        },
    ),
    row(
        "quorum-voter-missing",
        "current_voters",
        "one voter less",
        Always,
        |answer, _| {
            rows(answer, |row| {
                row.current_voters.pop();
            });
        },
    ),
    row(
        "quorum-voter-end",
        "log_end_offset",
        "a voter is 1,000,000 entries ahead",
        Always,
        |answer, _| {
            rows(answer, |row| {
                for voter in &mut row.current_voters {
                    voter.log_end_offset += 1_000_000;
                }
            });
        },
    ),
    row(
        "quorum-high-watermark-zero",
        "high_watermark",
        "nothing is committed",
        Always,
        |answer, _| rows(answer, |row| row.high_watermark = 0),
    ),
    row(
        "quorum-refused",
        "error_code",
        "BROKER_NOT_AVAILABLE, always",
        Always,
        |answer, _| {
            rows(answer, |row| {
                row.error_code = ResponseError::BrokerNotAvailable.code();
            });
        },
    ),
    row(
        "quorum-partition-missing",
        "partitions",
        "no partition in the answer",
        Always,
        |answer, _| {
            for topic in &mut answer.topics {
                topic.partitions.clear();
            }
        },
    ),
];
