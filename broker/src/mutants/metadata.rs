//! Lies in answers to Metadata.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition,
};
use kafka_protocol::messages::{BrokerId, MetadataResponse, TopicName};
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

use super::When::{Always, For, OneIn};
use super::lie::{Change, Lie};
use super::memory::Place;
use super::{Mutant, When};

/// Calls `change` for every partition that has a leader.
fn rows(
    answer: &mut MetadataResponse,
    mut change: impl FnMut(Place, &mut MetadataResponsePartition),
) {
    for topic in &mut answer.topics {
        let name = topic.name.as_ref().map(|name| name.to_string());
        for row in topic
            .partitions
            .iter_mut()
            .filter(|row| row.error_code == 0)
        {
            change((name.clone().unwrap_or_default(), row.partition_index), row);
        }
    }
}

/// A name that no topic has.
pub(super) fn renamed(name: &TopicName) -> TopicName {
    TopicName(StrBytes::from_string(format!("{}-x", name.as_str())))
}

/// The node after this one, of three.
fn after(node: BrokerId) -> BrokerId {
    BrokerId(node.0 % 3 + 1)
}

const fn row(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    when: When,
    change: Change<MetadataResponse>,
) -> Mutant {
    Mutant::new(name, field, does, when, Lie::Metadata(change))
}

/// The rows.
pub(super) const TABLE: &[Mutant] = &[
    row(
        "metadata-leader-another",
        "leader_id",
        "another node leads",
        Always,
        |answer, _| rows(answer, |_, row| row.leader_id = after(row.leader_id)),
    ),
    row(
        "metadata-leader-another-seldom",
        "leader_id",
        "another node leads",
        OneIn(10),
        |answer, _| rows(answer, |_, row| row.leader_id = after(row.leader_id)),
    ),
    row(
        "metadata-leader-another-for-5s",
        "leader_id",
        "another node leads, for 5 s",
        For(5),
        |answer, _| rows(answer, |_, row| row.leader_id = after(row.leader_id)),
    ),
    row(
        "metadata-leader-of-one-partition",
        "leader_id",
        "another node leads one partition of several",
        Always,
        |answer, _| {
            rows(answer, |(_, partition), row| {
                if partition > 0 {
                    row.leader_id = after(row.leader_id);
                }
            });
        },
    ),
    row(
        "metadata-leader-itself",
        "leader_id",
        "the node that is asked leads",
        Always,
        |answer, scene| rows(answer, |_, row| row.leader_id = BrokerId(scene.node)),
    ),
    row(
        "metadata-leader-none",
        "leader_id",
        "nobody leads, without an error",
        Always,
        |answer, _| rows(answer, |_, row| row.leader_id = BrokerId(-1)),
    ),
    row(
        "metadata-leader-unknown",
        "leader_id",
        "a node leads that does not exist",
        Always,
        |answer, _| rows(answer, |_, row| row.leader_id = BrokerId(99)),
    ),
    row(
        "metadata-leader-stale",
        "leader_id",
        "the first leader, for ever, with its epoch",
        Always,
        |answer, scene| {
            rows(answer, |place, row| {
                let said = i64::from(row.leader_epoch) << 16 | i64::from(row.leader_id.0);
                let first = scene.memory.first(place, said);
                row.leader_id = BrokerId((first & 0xffff) as i32);
                row.leader_epoch = (first >> 16) as i32;
            });
        },
    ),
    row(
        "metadata-epoch-ahead",
        "leader_epoch",
        "an epoch that is one too high",
        Always,
        |answer, _| rows(answer, |_, row| row.leader_epoch += 1),
    ),
    row(
        "metadata-epoch-ahead-seldom",
        "leader_epoch",
        "an epoch that is one too high",
        OneIn(10),
        |answer, _| rows(answer, |_, row| row.leader_epoch += 1),
    ),
    row(
        "metadata-epoch-behind",
        "leader_epoch",
        "an epoch that is one too low",
        Always,
        |answer, _| rows(answer, |_, row| row.leader_epoch -= 1),
    ),
    row(
        "metadata-epoch-frozen",
        "leader_epoch",
        "the first epoch, for ever",
        Always,
        |answer, scene| {
            rows(answer, |place, row| {
                let first = scene.memory.first(place, i64::from(row.leader_epoch));
                row.leader_epoch = i32::try_from(first).unwrap_or(-1);
            });
        },
    ),
    row(
        "metadata-epoch-missing",
        "leader_epoch",
        "no epoch",
        Always,
        |answer, _| rows(answer, |_, row| row.leader_epoch = -1),
    ),
    row(
        "metadata-broker-missing",
        "brokers",
        "the last node does not exist",
        Always,
        |answer, _| {
            answer.brokers.pop();
        },
    ),
    row(
        "metadata-broker-added",
        "brokers",
        "there is one node more",
        Always,
        |answer, _| {
            let host = StrBytes::from_static_str("10.77.0.99");
            let stranger = MetadataResponseBroker::default()
                .with_node_id(BrokerId(99))
                .with_host(host)
                .with_port(9_092);
            answer.brokers.push(stranger);
        },
    ),
    row(
        "metadata-brokers-exchanged",
        "host",
        "nodes have each other's addresses",
        Always,
        |answer, _| {
            let hosts: Vec<StrBytes> = answer.brokers.iter().map(|one| one.host.clone()).collect();
            for (broker, host) in answer
                .brokers
                .iter_mut()
                .zip(hosts.into_iter().cycle().skip(1))
            {
                broker.host = host;
            }
        },
    ),
    row(
        "metadata-host-wrong",
        "host",
        "addresses at which nobody is",
        Always,
        |answer, _| {
            for broker in &mut answer.brokers {
                broker.host = StrBytes::from_static_str("10.77.0.99");
            }
        },
    ),
    row(
        "metadata-port-wrong",
        "port",
        "ports on which nobody listens",
        Always,
        |answer, _| {
            for broker in &mut answer.brokers {
                broker.port += 1;
            }
        },
    ),
    row(
        "metadata-controller-another",
        "controller_id",
        "another node is the controller",
        Always,
        |answer, _| answer.controller_id = after(answer.controller_id),
    ),
    row(
        "metadata-cluster-id",
        "cluster_id",
        "another cluster",
        Always,
        |answer, _| answer.cluster_id = Some(StrBytes::from_static_str("another")),
    ),
    row(
        "metadata-partition-missing",
        "partitions",
        "the last partition of each topic does not exist",
        Always,
        |answer, _| {
            for topic in &mut answer.topics {
                if topic.partitions.len() > 1 {
                    topic.partitions.pop();
                }
            }
        },
    ),
    row(
        "metadata-partition-added",
        "partitions",
        "each topic has one partition more",
        Always,
        |answer, _| {
            for topic in &mut answer.topics {
                if let Some(last) = topic.partitions.last().cloned() {
                    let index = last.partition_index + 1;
                    topic.partitions.push(last.with_partition_index(index));
                }
            }
        },
    ),
    row(
        "metadata-topic-unknown",
        "error_code",
        "UNKNOWN_TOPIC_OR_PARTITION for every topic",
        Always,
        |answer, _| {
            for topic in &mut answer.topics {
                topic.error_code = ResponseError::UnknownTopicOrPartition.code();
                topic.partitions.clear();
            }
        },
    ),
    row(
        "metadata-topic-missing",
        "topics",
        "no topic in the answer",
        Always,
        |answer, _| answer.topics.clear(),
    ),
    row(
        "metadata-topic-another",
        "name",
        "the answer is about another topic",
        Always,
        |answer, _| {
            for topic in &mut answer.topics {
                topic.name = topic.name.as_ref().map(renamed);
            }
        },
    ),
    row(
        "metadata-topic-id-changed",
        "topic_id",
        "a topic has another id",
        OneIn(2),
        |answer, _| {
            for topic in &mut answer.topics {
                topic.topic_id = Uuid::from_u128(topic.topic_id.as_u128() ^ 1);
            }
        },
    ),
    row(
        "metadata-not-available",
        "error_code",
        "LEADER_NOT_AVAILABLE for every partition",
        Always,
        |answer, _| {
            rows(answer, |_, row| {
                row.error_code = ResponseError::LeaderNotAvailable.code();
                row.leader_id = BrokerId(-1);
            });
        },
    ),
    row(
        "metadata-error-instead-of-nothing",
        "error_code",
        "a partition that has no leader is said to be well",
        Always,
        |answer, _| {
            for topic in &mut answer.topics {
                for row in &mut topic.partitions {
                    row.error_code = 0;
                }
            }
        },
    ),
    row(
        "metadata-replicas-missing",
        "replica_nodes",
        "a partition is on one node only",
        Always,
        |answer, _| rows(answer, |_, row| row.replica_nodes.truncate(1)),
    ),
    row(
        "metadata-in-sync-missing",
        "isr_nodes",
        "one replica is in sync",
        Always,
        |answer, _| rows(answer, |_, row| row.isr_nodes.truncate(1)),
    ),
];
