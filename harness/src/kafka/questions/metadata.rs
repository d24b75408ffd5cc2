//! Metadata of one node: its brokers, leaders and replicas, as it believes them itself.

use checkers::history::{PartitionClaim, ReplicaClaim, Text, TopicIdentity};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{ApiKey, BrokerId, MetadataRequest};

use super::{NoAnswer, topic_name, versions};
use crate::kafka::wire::Wire;

/// What a node is asked in whose versions are not known.
pub const METADATA_VERSION: i16 = 9;
/// The first version that states topics' ids is 10; later ones change nothing that is looked at.
const METADATA_VERSION_MAX: i16 = 12;

/// A node's Metadata answer.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    /// Ids of the brokers listed.
    pub brokers: Vec<i32>,
    /// One row per requested partition that the node knows.
    pub partitions: Vec<PartitionClaim>,
    /// Where they are.
    pub replicas: Vec<ReplicaClaim>,
    /// The ids of the topics, from version 10 on.
    pub topics: Vec<TopicIdentity>,
    /// The cluster's id; empty if none is stated.
    pub cluster: Text,
}

impl Metadata {
    /// Whether every replica is in sync.
    pub fn is_in_sync(&self) -> bool {
        let short = |row: &ReplicaClaim| row.in_sync().len() < row.replicas().len();
        !self.replicas.iter().any(short)
    }
}

/// The newest version of Metadata in which a node can be asked.
///
/// # Errors
/// If the node does not answer or refuses.
pub fn metadata_version(wire: &mut Wire) -> Result<i16, NoAnswer> {
    let newest = versions::newest(wire, ApiKey::Metadata)?;
    Ok(newest.map_or(METADATA_VERSION, |newest| newest.min(METADATA_VERSION_MAX)))
}

/// Asks a node for its own Metadata of the named topics. It never creates a topic.
///
/// # Errors
/// If the node does not answer. Errors of topics are not errors: those topics are then missing in the answer.
pub fn metadata(wire: &mut Wire, topics: &[String]) -> Result<Metadata, NoAnswer> {
    metadata_in(wire, topics, METADATA_VERSION)
}

/// The same in this version.
///
/// # Errors
/// If the node does not answer or refuses.
pub fn metadata_in(wire: &mut Wire, topics: &[String], version: i16) -> Result<Metadata, NoAnswer> {
    let topics = topics
        .iter()
        .map(|name| MetadataRequestTopic::default().with_name(Some(topic_name(name))))
        .collect();
    let request = MetadataRequest::default()
        .with_topics(Some(topics))
        .with_allow_auto_topic_creation(false);
    let answer = wire.call(&request, version)?;
    let mut partitions = Vec::new();
    let mut replicas = Vec::new();
    let mut identities = Vec::new();
    for topic in &answer.topics {
        let name = topic
            .name
            .as_ref()
            .map(|n| Text::from(n.0.as_str()))
            .unwrap_or_default();
        if !topic.topic_id.is_nil() {
            let id = Text::from(topic.topic_id.to_string());
            identities.push(TopicIdentity(name.clone(), id));
        }
        for row in &topic.partitions {
            let ids = |ids: &[BrokerId]| ids.iter().map(|id| id.0).collect();
            replicas.push(ReplicaClaim(
                name.clone(),
                row.partition_index,
                row.leader_id.0,
                ids(&row.replica_nodes),
                ids(&row.isr_nodes),
            ));
            partitions.push(PartitionClaim(
                name.clone(),
                row.partition_index,
                row.leader_id.0,
                row.leader_epoch,
            ));
        }
    }
    partitions.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    replicas.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    identities.sort_by(|a, b| a.0.cmp(&b.0));
    let cluster = answer.cluster_id.as_ref();
    let mut brokers: Vec<i32> = answer.brokers.iter().map(|b| b.node_id.0).collect();
    brokers.sort_unstable();
    Ok(Metadata {
        brokers,
        partitions,
        replicas,
        topics: identities,
        cluster: cluster.map_or_else(Text::new, |id| Text::from(id.as_str())),
    })
}

/// Asks a node for all brokers: id, advertised host, port.
///
/// # Errors
/// If the node does not answer.
pub fn brokers(wire: &mut Wire) -> Result<Vec<(i32, String, i32)>, NoAnswer> {
    let request = MetadataRequest::default()
        .with_topics(Some(Vec::new()))
        .with_allow_auto_topic_creation(false);
    let answer = wire.call(&request, METADATA_VERSION)?;
    let row = |broker: &kafka_protocol::messages::metadata_response::MetadataResponseBroker| {
        (broker.node_id.0, broker.host.to_string(), broker.port)
    };
    Ok(answer.brokers.iter().map(row).collect())
}
