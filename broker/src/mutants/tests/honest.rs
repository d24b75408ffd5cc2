//! Honest exchanges: for each API, requests and the answers of a correct node, in the versions that clients use.

mod members;

use bytes::{Bytes, BytesMut};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::create_topics_response::CreatableTopicResult;
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::offset_for_leader_epoch_response::{
    EpochEndOffset, OffsetForLeaderTopicResult,
};
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{self as m, ApiKey, BrokerId, TopicName, describe_quorum_response};
use kafka_protocol::messages::{RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Encodable, StrBytes};
use kafka_protocol::records::{
    Compression, Record, RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};
use uuid::Uuid;

use crate::mutants::lie::Asked;
use crate::record_batch;

/// The APIs that mutants are about.
pub(super) const APIS: &[ApiKey] = &[
    ApiKey::Produce,
    ApiKey::Fetch,
    ApiKey::ListOffsets,
    ApiKey::Metadata,
    ApiKey::FindCoordinator,
    ApiKey::ApiVersions,
    ApiKey::CreateTopics,
    ApiKey::DeleteTopics,
    ApiKey::CreatePartitions,
    ApiKey::InitProducerId,
    ApiKey::OffsetForLeaderEpoch,
    ApiKey::DescribeQuorum,
    ApiKey::JoinGroup,
    ApiKey::SyncGroup,
    ApiKey::Heartbeat,
    ApiKey::LeaveGroup,
    ApiKey::OffsetCommit,
    ApiKey::OffsetFetch,
    ApiKey::DescribeGroups,
    ApiKey::AddPartitionsToTxn,
    ApiKey::AddOffsetsToTxn,
    ApiKey::TxnOffsetCommit,
    ApiKey::EndTxn,
    ApiKey::ListTransactions,
    ApiKey::DescribeTransactions,
    ApiKey::DescribeProducers,
];

/// Those by which a client begins.
pub(super) const ABOUT_RECORDS: &[ApiKey] = &[ApiKey::Produce, ApiKey::Fetch, ApiKey::ListOffsets];

/// The first request about records: a ListOffsets without a partition, in which nobody can lie.
pub(super) fn first() -> Exchange {
    let request = m::ListOffsetsRequest::default();
    let answer = m::ListOffsetsResponse::default();
    exchange(ApiKey::ListOffsets, 5, &request, &answer)
}

/// A request and its answer.
#[derive(Clone)]
pub(super) struct Exchange {
    pub(super) asked: Asked,
    pub(super) answer: Bytes,
}

fn exchange(
    key: ApiKey,
    version: i16,
    request: &impl Encodable,
    answer: &impl Encodable,
) -> Exchange {
    let header = RequestHeader::default()
        .with_request_api_key(key as i16)
        .with_request_api_version(version)
        .with_correlation_id(77);
    let mut bytes = BytesMut::new();
    header
        .encode(&mut bytes, key.request_header_version(version))
        .expect("a header");
    request.encode(&mut bytes, version).expect("a request");
    let asked = Asked::new(key as i16, version, bytes.freeze()).expect("a known API");
    let header = ResponseHeader::default().with_correlation_id(77);
    let answer = asked.frame(&header, answer).expect("an answer");
    Exchange { asked, answer }
}

fn topic() -> TopicName {
    TopicName(StrBytes::from_static_str("topic"))
}

/// The exchanges of one API; at least two, which differ.
pub(super) fn exchanges(key: ApiKey) -> Vec<Exchange> {
    match key {
        ApiKey::Produce => produce(),
        ApiKey::Fetch => fetch(),
        ApiKey::ListOffsets => list_offsets(),
        ApiKey::Metadata => [metadata(1, 2), metadata(3, 2)]
            .into_iter()
            .flatten()
            .collect(),
        ApiKey::FindCoordinator => find_coordinator(),
        ApiKey::ApiVersions => api_versions(),
        ApiKey::CreateTopics | ApiKey::DeleteTopics | ApiKey::CreatePartitions => admin(key),
        ApiKey::InitProducerId => (5..7).map(producer_id).collect(),
        ApiKey::OffsetForLeaderEpoch => epoch_ends(),
        ApiKey::DescribeQuorum => (3..5).map(quorum).collect(),
        other => members::exchanges(other),
    }
}

const REFUSED: ResponseError = ResponseError::NotLeaderOrFollower;

fn produce() -> Vec<Exchange> {
    let one = |partition, offset, error: i16| {
        let row = PartitionProduceResponse::default()
            .with_index(partition)
            .with_base_offset(offset)
            .with_log_start_offset(0)
            .with_error_code(error);
        let rows = TopicProduceResponse::default()
            .with_name(topic())
            .with_partition_responses(vec![row]);
        let answer = m::ProduceResponse::default().with_responses(vec![rows]);
        let request = m::ProduceRequest::default();
        exchange(ApiKey::Produce, 9, &request, &answer)
    };
    let mut all = vec![one(0, 40, 0), one(0, 41, 0), one(1, 7, 0), one(0, 44, 0)];
    all.push(one(0, -1, REFUSED.code()));
    all
}

/// A batch from an offset on.
fn batch(first: i64, values: &[&str]) -> Bytes {
    let record = |(index, value): (i64, &&str)| Record {
        transactional: false,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: -1,
        producer_id: -1,
        producer_epoch: -1,
        timestamp_type: TimestampType::Creation,
        offset: first + index,
        sequence: -1 + index as i32,
        timestamp: 1_700_000_000_000 + index,
        key: None,
        value: Some(Bytes::copy_from_slice(value.as_bytes())),
        headers: Default::default(),
    };
    let records: Vec<Record> = (0..).zip(values).map(record).collect();
    let mut bytes = BytesMut::new();
    let options = RecordEncodeOptions {
        version: 2,
        compression: Compression::None,
    };
    RecordBatchEncoder::encode(&mut bytes, &records, &options).expect("a batch");
    record_batch::validate(&bytes).expect("a right batch");
    bytes.freeze()
}

fn fetch() -> Vec<Exchange> {
    let row = |partition, error: i16, batches: &[Bytes]| {
        PartitionData::default()
            .with_partition_index(partition)
            .with_error_code(error)
            .with_high_watermark(60)
            .with_last_stable_offset(60)
            .with_log_start_offset(0)
            .with_aborted_transactions(None)
            .with_records(Some(batches.concat().into()))
    };
    let answer = |partitions: Vec<PartitionData>| {
        let rows = FetchableTopicResponse::default()
            .with_topic(topic())
            .with_partitions(partitions);
        let answer = m::FetchResponse::default().with_responses(vec![rows]);
        exchange(ApiKey::Fetch, 11, &m::FetchRequest::default(), &answer)
    };
    let batches = |prefix: &str| {
        let value = |number: u32| format!("{prefix}-{number}");
        let [one, two, three, four] = [1, 2, 3, 4].map(value);
        [
            batch(40, &[&one, &two]),
            batch(42, &[&three]),
            batch(43, &[&four]),
        ]
    };
    let of = |first: &str, second: &str| {
        answer(vec![
            row(0, 0, &batches(first)),
            row(1, 0, &batches(second)),
        ])
    };
    // The watermark grows.
    let mut grown = row(0, 0, &batches("e"));
    grown.high_watermark = 61;
    grown.last_stable_offset = 61;
    vec![
        of("a", "b"),
        of("c", "d"),
        answer(vec![grown]),
        answer(vec![row(0, REFUSED.code(), &[])]),
    ]
}

fn list_offsets() -> Vec<Exchange> {
    let one = |partition, timestamp, offset, error: i16| {
        let asked = ListOffsetsPartition::default()
            .with_partition_index(partition)
            .with_timestamp(timestamp);
        let asked = ListOffsetsTopic::default()
            .with_name(topic())
            .with_partitions(vec![asked]);
        let request = m::ListOffsetsRequest::default().with_topics(vec![asked]);
        let row = ListOffsetsPartitionResponse::default()
            .with_partition_index(partition)
            .with_offset(offset)
            .with_timestamp(-1)
            .with_leader_epoch(if error == 0 { 3 } else { -1 })
            .with_error_code(error);
        let row = ListOffsetsTopicResponse::default()
            .with_name(topic())
            .with_partitions(vec![row]);
        let answer = m::ListOffsetsResponse::default().with_topics(vec![row]);
        exchange(ApiKey::ListOffsets, 5, &request, &answer)
    };
    vec![
        one(0, -1, 200, 0),
        one(1, -1, 300, 0),
        one(0, -1, 220, 0),
        one(0, -2, 0, 0),
        one(0, -1, -1, REFUSED.code()),
    ]
}

/// The cluster with this leader in this epoch, as two versions show it.
pub(super) fn metadata(leader: i32, epoch: i32) -> Vec<Exchange> {
    let brokers = (1..=3).map(|id| {
        MetadataResponseBroker::default()
            .with_node_id(BrokerId(id))
            .with_host(StrBytes::from_string(format!("10.77.0.{id}")))
            .with_port(9_092)
    });
    let nodes: Vec<BrokerId> = (1..=3).map(BrokerId).collect();
    let row = |index, error: i16| {
        MetadataResponsePartition::default()
            .with_partition_index(index)
            .with_error_code(error)
            .with_leader_id(BrokerId(if error == 0 { leader } else { -1 }))
            .with_leader_epoch(epoch)
            .with_replica_nodes(nodes.clone())
            .with_isr_nodes(nodes.clone())
    };
    let unready = ResponseError::LeaderNotAvailable.code();
    let known = MetadataResponseTopic::default()
        .with_name(Some(topic()))
        .with_topic_id(Uuid::from_u128(9))
        .with_partitions(vec![row(0, 0), row(1, 0), row(2, unready)]);
    let answer = m::MetadataResponse::default()
        .with_brokers(brokers.collect())
        .with_cluster_id(Some(StrBytes::from_static_str("cluster")))
        .with_controller_id(BrokerId(leader))
        .with_topics(vec![known]);
    vec![exchange(
        ApiKey::Metadata,
        12,
        &m::MetadataRequest::default(),
        &answer,
    )]
}

fn find_coordinator() -> Vec<Exchange> {
    let refused = ResponseError::CoordinatorNotAvailable.code();
    let answer = m::FindCoordinatorResponse::default()
        .with_error_code(refused)
        .with_node_id(BrokerId(-1))
        .with_port(-1);
    let request = m::FindCoordinatorRequest::default();
    vec![exchange(ApiKey::FindCoordinator, 2, &request, &answer)]
}

fn api_versions() -> Vec<Exchange> {
    let row = |(key, first, last): &(ApiKey, i16, i16)| {
        ApiVersion::default()
            .with_api_key(*key as i16)
            .with_min_version(*first)
            .with_max_version(*last)
    };
    let offered = [
        (ApiKey::Produce, 0, 10),
        (ApiKey::Fetch, 4, 12),
        (ApiKey::Metadata, 0, 12),
    ];
    let answer = m::ApiVersionsResponse::default().with_api_keys(offered.iter().map(row).collect());
    let request = m::ApiVersionsRequest::default();
    // The second one asks in a version that nobody has, and is answered in version 0.
    let mut later = exchange(ApiKey::ApiVersions, 0, &request, &answer);
    later.asked = Asked::new(ApiKey::ApiVersions as i16, 99, Bytes::new()).expect("known");
    vec![exchange(ApiKey::ApiVersions, 3, &request, &answer), later]
}

fn admin(key: ApiKey) -> Vec<Exchange> {
    let one = |error: i16| match key {
        ApiKey::CreateTopics => {
            let row = CreatableTopicResult::default()
                .with_name(topic())
                .with_error_code(error)
                .with_num_partitions(if error == 0 { 3 } else { -1 });
            let answer = m::CreateTopicsResponse::default().with_topics(vec![row]);
            exchange(key, 5, &m::CreateTopicsRequest::default(), &answer)
        }
        ApiKey::DeleteTopics => {
            let row = DeletableTopicResult::default()
                .with_name(Some(topic()))
                .with_error_code(error);
            let answer = m::DeleteTopicsResponse::default().with_responses(vec![row]);
            exchange(key, 3, &m::DeleteTopicsRequest::default(), &answer)
        }
        _ => {
            let row = CreatePartitionsTopicResult::default()
                .with_name(topic())
                .with_error_code(error);
            let answer = m::CreatePartitionsResponse::default().with_results(vec![row]);
            exchange(key, 1, &m::CreatePartitionsRequest::default(), &answer)
        }
    };
    vec![one(0), one(ResponseError::PolicyViolation.code())]
}

fn producer_id(id: i64) -> Exchange {
    let answer = m::InitProducerIdResponse::default()
        .with_producer_id(id.into())
        .with_producer_epoch(0);
    let request = m::InitProducerIdRequest::default();
    exchange(ApiKey::InitProducerId, 4, &request, &answer)
}

fn epoch_ends() -> Vec<Exchange> {
    let row = EpochEndOffset::default()
        .with_partition(0)
        .with_leader_epoch(3)
        .with_end_offset(70);
    let row = OffsetForLeaderTopicResult::default()
        .with_topic(topic())
        .with_partitions(vec![row]);
    let answer = m::OffsetForLeaderEpochResponse::default().with_topics(vec![row]);
    let request = m::OffsetForLeaderEpochRequest::default();
    vec![exchange(ApiKey::OffsetForLeaderEpoch, 3, &request, &answer)]
}

fn quorum(epoch: i32) -> Exchange {
    let voter = |id| {
        describe_quorum_response::ReplicaState::default()
            .with_replica_id(BrokerId(id))
            .with_log_end_offset(50)
    };
    let row = describe_quorum_response::PartitionData::default()
        .with_leader_id(BrokerId(1))
        .with_leader_epoch(epoch)
        .with_high_watermark(50)
        .with_current_voters((1..=3).map(voter).collect());
    let row = describe_quorum_response::TopicData::default()
        .with_topic_name(topic())
        .with_partitions(vec![row]);
    let answer = m::DescribeQuorumResponse::default().with_topics(vec![row]);
    let request = m::DescribeQuorumRequest::default();
    exchange(ApiKey::DescribeQuorum, 0, &request, &answer)
}
