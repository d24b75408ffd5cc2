//! What fuzzing does with a request: everything up to the point where a handler would be asked.

use std::sync::Arc;

use bytes::Bytes;
use kafka_protocol::messages::{self as m, ApiKey};
use tokio::sync::Semaphore;

use super::envelope::{Call, Hangup, decode_alone as decode, open};
use super::{
    api_versions, create_partitions, create_topics, delete_records, delete_topics,
    describe_cluster, describe_configs, describe_quorum, fetch, find_coordinator, groups,
    init_producer_id, list_offsets, metadata, offset_for_leader_epoch, produce, produce_legacy,
    transactions,
};
use crate::frame::Frame;

/// Opens and decodes arbitrary bytes.
pub(crate) fn request(bytes: &[u8]) {
    let Some((prefix, _)) = bytes.split_first_chunk::<8>() else {
        return;
    };
    let permit = Arc::new(Semaphore::new(1))
        .try_acquire_owned()
        .expect("nobody else holds this semaphore");
    let frame = Frame {
        key: i16::from_be_bytes([prefix[0], prefix[1]]),
        version: i16::from_be_bytes([prefix[2], prefix[3]]),
        correlation_id: i32::from_be_bytes([prefix[4], prefix[5], prefix[6], prefix[7]]),
        bytes: Bytes::copy_from_slice(bytes),
        host: std::net::IpAddr::from([127, 0, 0, 1]),
        permit,
    };
    if let Ok(call) = open(frame) {
        let _ = decode_only(&call);
    }
}

fn decode_only(call: &Call) -> Result<(), Hangup> {
    match call.key {
        ApiKey::Produce if call.version < 3 => produce_legacy::refuse(call).map(drop),
        ApiKey::Produce => decode::<m::ProduceRequest>(call, produce::shape).map(drop),
        ApiKey::Fetch => decode::<m::FetchRequest>(call, fetch::shape).map(drop),
        ApiKey::ListOffsets => decode::<m::ListOffsetsRequest>(call, list_offsets::shape).map(drop),
        ApiKey::Metadata => decode::<m::MetadataRequest>(call, metadata::shape).map(drop),
        ApiKey::FindCoordinator => {
            decode::<m::FindCoordinatorRequest>(call, find_coordinator::shape).map(drop)
        }
        ApiKey::CreateTopics => {
            decode::<m::CreateTopicsRequest>(call, create_topics::shape).map(drop)
        }
        ApiKey::DeleteTopics => {
            decode::<m::DeleteTopicsRequest>(call, delete_topics::shape).map(drop)
        }
        ApiKey::DeleteRecords => {
            decode::<m::DeleteRecordsRequest>(call, delete_records::shape).map(drop)
        }
        ApiKey::InitProducerId => {
            decode::<m::InitProducerIdRequest>(call, init_producer_id::shape).map(drop)
        }
        ApiKey::OffsetForLeaderEpoch => {
            decode::<m::OffsetForLeaderEpochRequest>(call, offset_for_leader_epoch::shape).map(drop)
        }
        ApiKey::DescribeConfigs => {
            decode::<m::DescribeConfigsRequest>(call, describe_configs::shape).map(drop)
        }
        ApiKey::CreatePartitions => {
            decode::<m::CreatePartitionsRequest>(call, create_partitions::shape).map(drop)
        }
        ApiKey::DescribeQuorum => {
            decode::<m::DescribeQuorumRequest>(call, describe_quorum::shape).map(drop)
        }
        ApiKey::DescribeCluster => {
            decode::<m::DescribeClusterRequest>(call, describe_cluster::shape).map(drop)
        }
        _ => match transactions::decode_only(call).or_else(|| groups::decode_only(call)) {
            Some(decoded) => decoded,
            None => api_versions::answer(call).map(drop),
        },
    }
}
