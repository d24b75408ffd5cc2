//! The requests that the harness sends to one named node: Metadata, DescribeQuorum, ListOffsets, Fetch, CreateTopics.
//!
//! Versions are fixed, so that every broker since Kafka 2.4 answers them (DescribeQuorum: since 3.0, if there is a
//! quorum to describe).

pub mod admin;
pub mod embedded;
pub mod features;
pub mod groups;
mod metadata;
mod no_answer;
pub mod offer;
mod offsets;
pub mod raw;
pub mod transactions;
mod versions;

use anyhow::Result;
use bytes::Bytes;
use checkers::history::{Offset, Text};
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::fetch_response::PartitionData;
use kafka_protocol::messages::{
    BrokerId, CreateTopicsRequest, DescribeQuorumRequest, FetchRequest, TopicName,
    describe_quorum_request,
};
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::Record;

use crate::kafka::contents::Contents;
use crate::kafka::unpack;
use crate::kafka::wire::{Wire, WireError};
use no_answer::refused;

pub use metadata::{METADATA_VERSION, Metadata, brokers, metadata, metadata_in, metadata_version};
pub use no_answer::{NoAnswer, error_name, outcome, outcome_of};
pub use offsets::{EndOffset, end_offset, offset_for_time, stable_offset, start_offset};

const DESCRIBE_QUORUM_VERSION: i16 = 0;
/// The first version that a follower may serve (KIP-392).
const FETCH_VERSION: i16 = 11;
const CREATE_TOPICS_VERSION: i16 = 5;

/// A node's DescribeQuorum answer.
#[derive(Clone, Debug)]
pub struct Quorum {
    /// Leader id, -1 if the answer names none.
    pub leader: i32,
    /// Epoch (Raft term), -1 if the answer names none.
    pub epoch: i32,
    /// Voter ids.
    pub voters: Vec<i32>,
}

/// A record as a node stores it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its offset.
    pub offset: Offset,
    /// Its contents. Of several headers with one name the decoder keeps the last.
    pub contents: Contents,
}

impl Stored {
    /// Its value as a text.
    pub fn text(&self) -> Text {
        String::from_utf8_lossy(self.contents.value.as_deref().unwrap_or_default()).into()
    }
}

/// What one Fetch returned.
#[derive(Clone, Debug, Default)]
pub struct Fetched {
    /// In order, from the requested offset on.
    pub records: Vec<Stored>,
    /// The offset of the next request.
    pub next: Offset,
    /// The node's high watermark.
    pub high_watermark: Offset,
    /// The first offset that the node keeps.
    pub log_start_offset: Offset,
}

fn topic_name(name: &str) -> TopicName {
    TopicName(StrBytes::from_string(name.to_owned()))
}

/// Asks a node for the quorum (KIP-595).
///
/// # Errors
/// If the node does not answer or refuses.
pub fn quorum(wire: &mut Wire) -> Result<Quorum, NoAnswer> {
    let partition = describe_quorum_request::PartitionData::default().with_partition_index(0);
    let topic = describe_quorum_request::TopicData::default()
        .with_topic_name(topic_name("__cluster_metadata"))
        .with_partitions(vec![partition]);
    let request = DescribeQuorumRequest::default().with_topics(vec![topic]);
    let answer = wire.call(&request, DESCRIBE_QUORUM_VERSION)?;
    if let Some(refusal) = refused(answer.error_code) {
        return Err(refusal);
    }
    let row = answer.topics.first().and_then(|t| t.partitions.first());
    let row = row.ok_or_else(|| NoAnswer::Refused("no quorum partition in the answer".into()))?;
    if let Some(refusal) = refused(row.error_code) {
        return Err(refusal);
    }
    let mut voters: Vec<i32> = row.current_voters.iter().map(|v| v.replica_id.0).collect();
    voters.sort_unstable();
    Ok(Quorum {
        leader: row.leader_id.0,
        epoch: row.leader_epoch,
        voters,
    })
}

/// Reads records of one partition from an offset on, through one node, whether or not it leads. It does not wait for
/// new records. Batches are decoded strictly: a wrong CRC is an error.
///
/// # Errors
/// If the node does not answer, refuses, or sends something that is not a record batch.
pub fn fetch(
    wire: &mut Wire,
    topic: &str,
    partition: i32,
    offset: Offset,
    bytes_max: i32,
) -> Result<Fetched, NoAnswer> {
    let row = fetched(
        wire,
        (topic, partition),
        offset,
        bytes_max,
        READ_UNCOMMITTED,
    )?;
    let mut fetched = Fetched {
        records: Vec::new(),
        next: offset,
        high_watermark: row.high_watermark,
        log_start_offset: row.log_start_offset,
    };
    for record in unpacked(row.records)? {
        fetched.next = fetched.next.max(record.offset + 1);
        if record.offset >= offset && !record.control {
            let header = |(name, value): (StrBytes, Option<Bytes>)| (name.to_string(), value);
            fetched.records.push(Stored {
                offset: record.offset,
                contents: Contents {
                    key: record.key,
                    value: record.value,
                    headers: record.headers.into_iter().map(header).collect(),
                    timestamp: record.timestamp,
                },
            });
        }
    }
    Ok(fetched)
}

/// The isolation levels of requests.
const READ_UNCOMMITTED: i8 = 0;
const READ_COMMITTED: i8 = 1;

/// One partition's part of a Fetch answer.
fn fetched(
    wire: &mut Wire,
    (topic, partition): (&str, i32),
    offset: Offset,
    bytes_max: i32,
    isolation: i8,
) -> Result<PartitionData, NoAnswer> {
    let row = FetchPartition::default()
        .with_partition(partition)
        .with_current_leader_epoch(-1)
        .with_fetch_offset(offset)
        .with_log_start_offset(-1)
        .with_partition_max_bytes(bytes_max);
    let topic = FetchTopic::default()
        .with_topic(topic_name(topic))
        .with_partitions(vec![row]);
    let request = FetchRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_max_wait_ms(0)
        .with_min_bytes(0)
        .with_max_bytes(bytes_max)
        .with_session_epoch(-1)
        .with_isolation_level(isolation)
        .with_topics(vec![topic]);
    let answer = wire.call(&request, FETCH_VERSION)?;
    if let Some(refusal) = refused(answer.error_code) {
        return Err(refusal);
    }
    let row = answer
        .responses
        .into_iter()
        .next()
        .and_then(|t| t.partitions.into_iter().next());
    let row = row.ok_or_else(|| NoAnswer::Refused("the partition is not in the answer".into()))?;
    if let Some(refusal) = refused(row.error_code) {
        return Err(refusal);
    }
    Ok(row)
}

/// The records of a Fetch answer. The last batch may be cut at the byte limit (Kafka does so): only complete batches are
/// decoded.
fn unpacked(records: Option<Bytes>) -> Result<Vec<Record>, NoAnswer> {
    let mut bytes = records.unwrap_or_default();
    let whole = whole_batches(&bytes);
    bytes.truncate(whole);
    let records = unpack::records(&mut bytes);
    Ok(records.map_err(|error| WireError::Malformed(format!("record batch: {error}")))?)
}

/// The number of bytes of a record set that form complete batches (offset i64, length i32, then that many bytes).
fn whole_batches(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(head) = bytes.get(at + 8..at + 12) {
        let length = i32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        let Ok(length) = usize::try_from(length) else {
            break;
        };
        if at + 12 + length > bytes.len() {
            break;
        }
        at += 12 + length;
    }
    at
}

/// Creates a topic through one node. Returns whether this very request created it. An existing topic of that name is
/// not an error, because an earlier attempt may have been applied although its answer was lost.
///
/// # Errors
/// If the node does not answer or refuses.
pub fn create_topic(
    wire: &mut Wire,
    name: &str,
    partitions: i32,
    replicas: i16,
    settings: &[(String, String)],
    timeout_ms: i32,
) -> Result<bool, NoAnswer> {
    let configs = settings
        .iter()
        .map(|(name, value)| {
            CreatableTopicConfig::default()
                .with_name(StrBytes::from_string(name.clone()))
                .with_value(Some(StrBytes::from_string(value.clone())))
        })
        .collect();
    let topic = CreatableTopic::default()
        .with_name(topic_name(name))
        .with_num_partitions(partitions)
        .with_replication_factor(replicas)
        .with_configs(configs);
    let request = CreateTopicsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(timeout_ms);
    let answer = wire.call(&request, CREATE_TOPICS_VERSION)?;
    match answer
        .topics
        .first()
        .and_then(|t| ResponseError::try_from_code(t.error_code))
    {
        None => Ok(true),
        Some(ResponseError::TopicAlreadyExists) => Ok(false),
        Some(error) => Err(NoAnswer::Refused(error_name(&error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_batch_is_left_out() {
        let mut bytes = vec![0; 8];
        bytes.extend(3i32.to_be_bytes());
        bytes.extend([1, 2, 3]);
        let whole = bytes.len();
        bytes.extend([0; 8]);
        bytes.extend(9i32.to_be_bytes());
        bytes.extend([1, 2]);
        assert_eq!(whole_batches(&bytes), whole);
        assert_eq!(whole_batches(&bytes[..5]), 0);
    }
}
