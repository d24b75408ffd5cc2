//! What a transactional producer asks, each request sent once to one named node: InitProducerId, AddPartitionsToTxn, Produce,
//! AddOffsetsToTxn, TxnOffsetCommit and EndTxn.
//!
//! There are two protocols. In V1 a producer keeps its epoch from one transaction to the next, and adds partitions and
//! groups by requests of their own. In V2 (KIP-890) Produce and TxnOffsetCommit add them, and each EndTxn gives the producer
//! its next epoch, so that a late request of an older transaction is fenced.

mod listed;

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use checkers::history::{CommittedOffset, Ending, Offset};
use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::txn_offset_commit_request::{
    TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
};
use kafka_protocol::messages::{
    AddOffsetsToTxnRequest, AddPartitionsToTxnRequest, ApiKey, EndTxnRequest, GroupId,
    InitProducerIdRequest, ProduceRequest, ProducerId, TransactionalId, TxnOffsetCommitRequest,
};
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{
    Compression, Record, RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};

use super::groups::Identity;
use super::{NoAnswer, refused, topic_name, versions};
use crate::kafka::wire::{Wire, WireError};

pub use listed::{Listed, list, producers};

/// The first version whose clients are told PRODUCER_FENCED.
const INIT_VERSION: i16 = 4;
/// The last version for clients. Later ones are for brokers.
const ADD_PARTITIONS_VERSION: i16 = 3;
const ADD_OFFSETS_VERSION: i16 = 3;

/// The name of the feature in whose version 2 a cluster serves V2.
const FEATURE: &str = "transaction.version";
const FEATURE_VERSION: i16 = 2;

/// The time that a node has to store a record.
const PRODUCE_MS: i32 = 1_000;

/// How a producer and its coordinator talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// One epoch for all transactions of a producer.
    V1,
    /// Another epoch for each transaction (KIP-890).
    V2,
}

impl Protocol {
    fn produce(self) -> i16 {
        match self {
            Protocol::V1 => 9,
            Protocol::V2 => 12,
        }
    }

    fn commit_offsets(self) -> i16 {
        match self {
            Protocol::V1 => 3,
            Protocol::V2 => 5,
        }
    }

    fn end(self) -> i16 {
        match self {
            Protocol::V1 => 3,
            Protocol::V2 => 5,
        }
    }
}

/// A producer id and its epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Producer {
    /// The producer id.
    pub id: i64,
    /// The epoch.
    pub epoch: i16,
}

/// Who sends a request: a transactional id, and its producer.
pub type Sender<'a> = (&'a str, Producer);

/// Whether a cluster serves V2: its nodes know the versions, and the cluster has decided to use them.
///
/// # Errors
/// If the node does not answer or refuses.
pub fn offers_v2(wire: &mut Wire) -> Result<bool, NoAnswer> {
    let answer = versions::all(wire)?;
    let decided = answer.finalized_features.iter().any(|feature| {
        feature.name.as_str() == FEATURE && feature.max_version_level >= FEATURE_VERSION
    });
    let knows = |key: ApiKey, version: i16| {
        let mut known = answer.api_keys.iter();
        known.any(|one| one.api_key == key as i16 && one.max_version >= version)
    };
    let all = [
        (ApiKey::Produce, Protocol::V2.produce()),
        (ApiKey::TxnOffsetCommit, Protocol::V2.commit_offsets()),
        (ApiKey::EndTxn, Protocol::V2.end()),
    ];
    Ok(decided && all.into_iter().all(|(key, version)| knows(key, version)))
}

/// Asks for the producer id of a transactional id and its next epoch, which fences its former users.
///
/// # Errors
/// If the node does not answer or refuses.
pub fn init(wire: &mut Wire, id: &str, timeout_ms: i32) -> Result<Producer, NoAnswer> {
    let request = InitProducerIdRequest::default()
        .with_transactional_id(Some(transactional_id(id)))
        .with_transaction_timeout_ms(timeout_ms)
        .with_producer_id(ProducerId(-1))
        .with_producer_epoch(-1);
    let answer = wire.call(&request, INIT_VERSION)?;
    let producer = Producer {
        id: answer.producer_id.0,
        epoch: answer.producer_epoch,
    };
    refused(answer.error_code).map_or(Ok(producer), Err)
}

/// Adds partitions to a transaction (V1).
///
/// # Errors
/// If the node does not answer or refuses one of them.
pub fn add_partitions(
    wire: &mut Wire,
    (id, producer): Sender<'_>,
    partitions: &[(String, i32)],
) -> Result<(), NoAnswer> {
    let topics = partitions.iter().map(|(topic, partition)| {
        AddPartitionsToTxnTopic::default()
            .with_name(topic_name(topic))
            .with_partitions(vec![*partition])
    });
    let request = AddPartitionsToTxnRequest::default()
        .with_v3_and_below_transactional_id(transactional_id(id))
        .with_v3_and_below_producer_id(ProducerId(producer.id))
        .with_v3_and_below_producer_epoch(producer.epoch)
        .with_v3_and_below_topics(topics.collect());
    let answer = wire.call(&request, ADD_PARTITIONS_VERSION)?;
    let results = answer.results_by_topic_v3_and_below.iter();
    let codes = results.flat_map(|topic| &topic.results_by_partition);
    let codes: Vec<i16> = codes.map(|one| one.partition_error_code).collect();
    all_of(&codes, partitions.len())
}

/// Appends records to one partition within a transaction. `sequence` numbers the first of them among the producer's records
/// of the partition.
///
/// # Errors
/// If the node does not answer or refuses.
pub fn produce(
    wire: &mut Wire,
    protocol: Protocol,
    (id, producer): Sender<'_>,
    (topic, partition): (&str, i32),
    (values, sequence): (&[String], i32),
) -> Result<Offset, NoAnswer> {
    let batch = batch(values, producer, sequence)
        .map_err(|error| WireError::Malformed(format!("the own batch: {error}")))?;
    let partition = PartitionProduceData::default()
        .with_index(partition)
        .with_records(Some(batch));
    let topic = TopicProduceData::default()
        .with_name(topic_name(topic))
        .with_partition_data(vec![partition]);
    let request = ProduceRequest::default()
        .with_transactional_id(Some(transactional_id(id)))
        .with_acks(-1)
        .with_timeout_ms(PRODUCE_MS)
        .with_topic_data(vec![topic]);
    let answer = wire.call(&request, protocol.produce())?;
    let row = answer
        .responses
        .into_iter()
        .next()
        .and_then(|topic| topic.partition_responses.into_iter().next());
    let row = row.ok_or_else(not_in_the_answer)?;
    refused(row.error_code).map_or(Ok(row.base_offset), Err)
}

/// Adds a group, whose offsets are to be committed, to a transaction (V1).
///
/// # Errors
/// If the node does not answer or refuses.
pub fn add_offsets(
    wire: &mut Wire,
    (id, producer): Sender<'_>,
    group: &str,
) -> Result<(), NoAnswer> {
    let request = AddOffsetsToTxnRequest::default()
        .with_transactional_id(transactional_id(id))
        .with_producer_id(ProducerId(producer.id))
        .with_producer_epoch(producer.epoch)
        .with_group_id(group_id(group));
    let answer = wire.call(&request, ADD_OFFSETS_VERSION)?;
    refused(answer.error_code).map_or(Ok(()), Err)
}

/// Sends offsets of a group that are committed with the transaction. The coordinator of the *group* is asked, which refuses
/// them to who is no member of its present generation (KIP-447).
///
/// # Errors
/// If the node does not answer or refuses one of them.
pub fn commit_offsets(
    wire: &mut Wire,
    protocol: Protocol,
    (id, producer): Sender<'_>,
    member: &Identity,
    offsets: &[CommittedOffset],
) -> Result<(), NoAnswer> {
    let topics = offsets.iter().map(|one| {
        let token = one.token.as_deref().unwrap_or_default();
        let partition = TxnOffsetCommitRequestPartition::default()
            .with_partition_index(one.partition)
            .with_committed_offset(one.offset)
            .with_committed_metadata(Some(StrBytes::from_string(token.to_owned())));
        TxnOffsetCommitRequestTopic::default()
            .with_name(topic_name(&one.topic))
            .with_partitions(vec![partition])
    });
    let request = TxnOffsetCommitRequest::default()
        .with_transactional_id(transactional_id(id))
        .with_group_id(group_id(&member.group))
        .with_producer_id(ProducerId(producer.id))
        .with_producer_epoch(producer.epoch)
        .with_generation_id(member.generation)
        .with_member_id(StrBytes::from_string(member.member.clone()))
        .with_group_instance_id(member.instance.clone().map(StrBytes::from_string))
        .with_topics(topics.collect());
    let answer = wire.call(&request, protocol.commit_offsets())?;
    let codes = answer.topics.iter().flat_map(|topic| &topic.partitions);
    let codes: Vec<i16> = codes.map(|one| one.error_code).collect();
    all_of(&codes, offsets.len())
}

/// Ends a transaction. Returns the producer that sends the next one: in V2 with another epoch.
///
/// # Errors
/// If the node does not answer or refuses.
pub fn end(
    wire: &mut Wire,
    protocol: Protocol,
    (id, producer): Sender<'_>,
    ending: Ending,
) -> Result<Producer, NoAnswer> {
    let request = EndTxnRequest::default()
        .with_transactional_id(transactional_id(id))
        .with_producer_id(ProducerId(producer.id))
        .with_producer_epoch(producer.epoch)
        .with_committed(ending == Ending::Commit);
    let answer = wire.call(&request, protocol.end())?;
    if let Some(refusal) = refused(answer.error_code) {
        return Err(refusal);
    }
    Ok(match protocol {
        Protocol::V1 => producer,
        Protocol::V2 => Producer {
            id: answer.producer_id.0,
            epoch: answer.producer_epoch,
        },
    })
}

/// The first error of several partitions, unless one is missing.
fn all_of(codes: &[i16], asked: usize) -> Result<(), NoAnswer> {
    if codes.len() != asked {
        return Err(not_in_the_answer());
    }
    // A partition that was not attempted stands beside the one that is the reason for it.
    let errors = codes.iter().filter(|code| **code != 0);
    let not_attempted = kafka_protocol::error::ResponseError::OperationNotAttempted.code();
    let first = errors.clone().find(|code| **code != not_attempted);
    let error = first.or(errors.clone().next());
    error.and_then(|code| refused(*code)).map_or(Ok(()), Err)
}

fn not_in_the_answer() -> NoAnswer {
    WireError::Malformed("a partition is not in the answer".into()).into()
}

/// One batch of a transaction.
fn batch(values: &[String], producer: Producer, sequence: i32) -> anyhow::Result<Bytes> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now_ms = since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0));
    let record = |(at, value): (i32, &String)| Record {
        transactional: true,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: -1,
        producer_id: producer.id,
        producer_epoch: producer.epoch,
        timestamp_type: TimestampType::Creation,
        offset: at.into(),
        sequence: sequence.wrapping_add(at),
        timestamp: now_ms,
        key: None,
        value: Some(Bytes::from(value.clone())),
        headers: Default::default(),
    };
    let records: Vec<Record> = (0..).zip(values).map(record).collect();
    let options = RecordEncodeOptions {
        version: 2,
        compression: Compression::None,
    };
    let mut bytes = BytesMut::new();
    RecordBatchEncoder::encode(&mut bytes, &records, &options)?;
    Ok(bytes.freeze())
}

fn transactional_id(id: &str) -> TransactionalId {
    TransactionalId(StrBytes::from_string(id.to_owned()))
}

fn group_id(id: &str) -> GroupId {
    GroupId(StrBytes::from_string(id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_protocol::error::ResponseError;

    #[test]
    fn the_reason_comes_before_what_was_not_attempted() {
        let reason = ResponseError::UnknownTopicOrPartition.code();
        let skipped = ResponseError::OperationNotAttempted.code();
        let error = all_of(&[skipped, reason, skipped], 3).expect_err("refused");
        assert_eq!(error.to_string(), "UNKNOWN_TOPIC_OR_PARTITION");
        assert!(all_of(&[0, 0], 2).is_ok());
        assert!(matches!(all_of(&[0], 2), Err(NoAnswer::Wire(_))));
    }

    #[test]
    fn a_batch_names_its_producer() {
        let producer = Producer { id: 9, epoch: 4 };
        let values = ["a".to_owned(), "b".to_owned()];
        let mut bytes = batch(&values, producer, 7).expect("a batch");
        let records = crate::kafka::unpack::records(&mut bytes).expect("a batch");
        let shown: Vec<_> = records
            .iter()
            .map(|one| (one.producer_id, one.producer_epoch, one.sequence))
            .collect();
        assert_eq!(shown, [(9, 4, 7), (9, 4, 8)]);
        assert!(records.iter().all(|one| one.transactional && !one.control));
    }
}
