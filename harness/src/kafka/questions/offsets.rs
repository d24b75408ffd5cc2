//! ListOffsets: the begin and the end of a partition, and the first record at or after a time.

use checkers::history::Offset;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::list_offsets_response::ListOffsetsPartitionResponse;
use kafka_protocol::messages::{BrokerId, ListOffsetsRequest};

use super::{NoAnswer, READ_COMMITTED, READ_UNCOMMITTED, refused, topic_name};
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
    end_for(wire, topic, partition, READ_UNCOMMITTED)
}

/// Asks a node for the last stable offset of one partition: the end for readers of committed transactions.
///
/// # Errors
/// If the node does not answer or refuses. A follower refuses.
pub fn stable_offset(wire: &mut Wire, topic: &str, partition: i32) -> Result<EndOffset, NoAnswer> {
    end_for(wire, topic, partition, READ_COMMITTED)
}

fn end_for(
    wire: &mut Wire,
    topic: &str,
    partition: i32,
    isolation: i8,
) -> Result<EndOffset, NoAnswer> {
    let asked = (LATEST, LIST_OFFSETS_VERSION, isolation);
    let row = listed(wire, topic, partition, asked)?;
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
    let asked = (EARLIEST, LIST_OFFSETS_VERSION, READ_UNCOMMITTED);
    let row = listed(wire, topic, partition, asked)?;
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
    let asked = (timestamp, LIST_TIMES_VERSION, READ_UNCOMMITTED);
    let row = listed(wire, topic, partition, asked)?;
    Ok((row.offset >= 0).then_some((row.offset, row.timestamp)))
}

fn listed(
    wire: &mut Wire,
    topic: &str,
    partition: i32,
    (timestamp, version, isolation): (i64, i16, i8),
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
        .with_isolation_level(isolation)
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
