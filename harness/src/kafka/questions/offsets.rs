//! ListOffsets: the begin and the end of a partition, and the first record at or after a time.

use checkers::history::Offset;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::list_offsets_response::ListOffsetsPartitionResponse;
use kafka_protocol::messages::{BrokerId, ListOffsetsRequest};

use super::{NoAnswer, refused, topic_name};
use crate::kafka::wire::Wire;

const LIST_OFFSETS_VERSION: i16 = 5;
/// The first version that knows the greatest timestamp (KIP-734).
const LIST_TIMES_VERSION: i16 = 7;
const LATEST: i64 = -1;
const EARLIEST: i64 = -2;

/// An end offset in the answer of one node.
#[derive(Clone, Copy, Debug)]
pub struct EndOffset {
    /// The offset after the last record.
    pub offset: Offset,
    /// The leader epoch of that offset, -1 if the answer names none.
    pub epoch: i32,
}

/// Asks a node for the end offset of one partition.
///
/// # Errors
/// If the node does not answer or refuses. A follower refuses.
pub fn end_offset(wire: &mut Wire, topic: &str, partition: i32) -> Result<EndOffset, NoAnswer> {
    let row = listed(wire, topic, partition, LATEST, LIST_OFFSETS_VERSION)?;
    Ok(EndOffset {
        offset: row.offset,
        epoch: row.leader_epoch,
    })
}

/// Asks a node for the first offset that one partition keeps.
///
/// # Errors
/// If the node does not answer or refuses. A follower refuses.
pub fn start_offset(wire: &mut Wire, topic: &str, partition: i32) -> Result<Offset, NoAnswer> {
    let row = listed(wire, topic, partition, EARLIEST, LIST_OFFSETS_VERSION)?;
    Ok(row.offset)
}

/// Asks a node for the first record that is not older than a time in ms, or with [`GREATEST`](checkers::history::OffsetForTime::GREATEST) for the one
/// with the greatest timestamp: its offset and timestamp, or none.
///
/// # Errors
/// If the node does not answer or refuses. A follower refuses.
pub fn offset_for_time(
    wire: &mut Wire,
    topic: &str,
    partition: i32,
    timestamp: i64,
) -> Result<Option<(Offset, i64)>, NoAnswer> {
    let row = listed(wire, topic, partition, timestamp, LIST_TIMES_VERSION)?;
    Ok((row.offset >= 0).then_some((row.offset, row.timestamp)))
}

fn listed(
    wire: &mut Wire,
    topic: &str,
    partition: i32,
    timestamp: i64,
    version: i16,
) -> Result<ListOffsetsPartitionResponse, NoAnswer> {
    let row = ListOffsetsPartition::default()
        .with_partition_index(partition)
        .with_current_leader_epoch(-1)
        .with_timestamp(timestamp);
    let topic = ListOffsetsTopic::default()
        .with_name(topic_name(topic))
        .with_partitions(vec![row]);
    let request = ListOffsetsRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_topics(vec![topic]);
    let answer = wire.call(&request, version)?;
    let row = answer
        .topics
        .into_iter()
        .next()
        .and_then(|t| t.partitions.into_iter().next());
    let row = row.ok_or_else(|| NoAnswer::Refused("the partition is not in the answer".into()))?;
    match refused(row.error_code) {
        Some(refusal) => Err(refusal),
        None => Ok(row),
    }
}
