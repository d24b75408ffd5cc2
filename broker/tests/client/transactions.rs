//! Requests of a transactional producer and of a consumer that reads what is committed.

use bytes::Bytes;
use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::txn_offset_commit_request::{
    TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
};
use kafka_protocol::messages::{
    AddOffsetsToTxnRequest, AddPartitionsToTxnRequest, DescribeTransactionsRequest, EndTxnRequest,
    GroupId, InitProducerIdRequest, ListOffsetsRequest, ProducerId, TransactionalId,
    TxnOffsetCommitRequest,
};
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::RecordBatchDecoder;

use super::{Client, fetch_request, name, produce_request};

/// Producer id and epoch.
pub type Producer = (i64, i16);

pub fn id(text: &str) -> TransactionalId {
    TransactionalId(StrBytes::from_string(text.to_owned()))
}

/// What a consumer finds in a partition.
#[derive(Debug, PartialEq, Eq)]
pub struct Read {
    /// Values of the records that it keeps.
    pub values: Vec<String>,
    pub stable: i64,
    pub end: i64,
    /// Producer id and first offset of aborted transactions.
    pub aborted: Vec<(i64, i64)>,
}

impl Client {
    pub fn init(&mut self, version: i16, text: &str, timeout_ms: i32) -> (i16, Producer) {
        self.init_named(version, text, timeout_ms, (-1, -1))
    }

    pub fn init_named(
        &mut self,
        version: i16,
        text: &str,
        timeout_ms: i32,
        named: Producer,
    ) -> (i16, Producer) {
        let request = InitProducerIdRequest::default()
            .with_transactional_id(Some(id(text)))
            .with_transaction_timeout_ms(timeout_ms)
            .with_producer_id(ProducerId(named.0))
            .with_producer_epoch(named.1);
        let answer = self.call(version, &request);
        let producer = (answer.producer_id.0, answer.producer_epoch);
        (answer.error_code, producer)
    }

    /// The producer of a fresh start.
    pub fn begin(&mut self, text: &str) -> Producer {
        let (error, producer) = self.init(4, text, 60_000);
        assert_eq!(error, 0);
        producer
    }

    /// Error codes per partition.
    pub fn add_all(
        &mut self,
        version: i16,
        text: &str,
        producer: Producer,
        partitions: &[(&str, i32)],
    ) -> Vec<i16> {
        let topics = partitions.iter().map(|(topic, partition)| {
            AddPartitionsToTxnTopic::default()
                .with_name(name(topic))
                .with_partitions(vec![*partition])
        });
        let request = AddPartitionsToTxnRequest::default()
            .with_v3_and_below_transactional_id(id(text))
            .with_v3_and_below_producer_id(ProducerId(producer.0))
            .with_v3_and_below_producer_epoch(producer.1)
            .with_v3_and_below_topics(topics.collect());
        let answer = self.call(version, &request);
        let results = answer.results_by_topic_v3_and_below.into_iter();
        results
            .map(|topic| topic.results_by_partition[0].partition_error_code)
            .collect()
    }

    pub fn add(&mut self, text: &str, producer: Producer, topic: &str) -> i16 {
        self.add_all(3, text, producer, &[(topic, 0)])[0]
    }

    pub fn end(&mut self, version: i16, text: &str, producer: Producer, commit: bool) -> i16 {
        self.end_with(version, text, producer, commit).0
    }

    pub fn end_with(
        &mut self,
        version: i16,
        text: &str,
        producer: Producer,
        commit: bool,
    ) -> (i16, Producer) {
        let request = EndTxnRequest::default()
            .with_transactional_id(id(text))
            .with_producer_id(ProducerId(producer.0))
            .with_producer_epoch(producer.1)
            .with_committed(commit);
        let answer = self.call(version, &request);
        let producer = (answer.producer_id.0, answer.producer_epoch);
        (answer.error_code, producer)
    }

    /// Error code and base offset.
    pub fn produce_in(
        &mut self,
        version: i16,
        text: &str,
        (topic, partition): (&str, i32),
        batch: Bytes,
    ) -> (i16, i64) {
        let mut request = produce_request(topic, -1, batch).with_transactional_id(Some(id(text)));
        request.topic_data[0].partition_data[0].index = partition;
        let answer = self.call(version, &request);
        let outcome = &answer.responses[0].partition_responses[0];
        (outcome.error_code, outcome.base_offset)
    }

    /// Everything in a partition as a consumer of this isolation level keeps it.
    pub fn read(&mut self, topic: &str, partition: i32, committed: bool) -> Read {
        let mut request = fetch_request(topic, 0, 0).with_isolation_level(committed.into());
        request.topics[0].partitions[0].partition = partition;
        let answer = self.call(11, &request);
        let found = &answer.responses[0].partitions[0];
        assert_eq!(found.error_code, 0);
        let listed = found.aborted_transactions.clone();
        assert_eq!(
            listed.is_some(),
            committed,
            "null for those who read everything"
        );
        let listed = listed.unwrap_or_default();
        let mut aborted: Vec<(i64, i64)> = listed
            .iter()
            .map(|one| (one.producer_id.0, one.first_offset))
            .collect();
        aborted.sort();
        let mut pending = aborted.clone();
        let mut records = found.records.clone().unwrap_or_default();
        let mut values = Vec::new();
        while !records.is_empty() {
            for record in RecordBatchDecoder::decode(&mut records).unwrap().records {
                let producer = record.producer_id;
                if record.control {
                    let is_abort = record.key.as_ref().unwrap()[3] == 0;
                    let begun =
                        |(id, first): &(i64, i64)| *id == producer && *first <= record.offset;
                    let first = pending.iter().position(begun);
                    if let Some(first) = first.filter(|_| is_abort) {
                        pending.remove(first);
                    }
                    continue;
                }
                let is_aborted = |(id, first): &(i64, i64)| {
                    *id == producer && *first <= record.offset && record.transactional
                };
                if !pending.iter().any(is_aborted) {
                    values.push(String::from_utf8(record.value.unwrap().to_vec()).unwrap());
                }
            }
        }
        Read {
            values,
            stable: found.last_stable_offset,
            end: found.high_watermark,
            aborted,
        }
    }

    /// Values of a partition that are committed.
    pub fn committed(&mut self, topic: &str, partition: i32) -> Vec<String> {
        self.read(topic, partition, true).values
    }

    /// State, producer and number of partitions of a transactional id; the error code otherwise.
    pub fn described(&mut self, text: &str) -> Result<(String, Producer, usize), i16> {
        let request = DescribeTransactionsRequest::default().with_transactional_ids(vec![id(text)]);
        let answer = self.call(0, &request);
        let shown = &answer.transaction_states[0];
        match shown.error_code {
            0 => Ok((
                shown.transaction_state.to_string(),
                (shown.producer_id.0, shown.producer_epoch),
                shown
                    .topics
                    .iter()
                    .map(|topic| topic.partitions.len())
                    .sum(),
            )),
            error => Err(error),
        }
    }

    pub fn add_group(&mut self, text: &str, producer: Producer, group: &str) -> i16 {
        let request = AddOffsetsToTxnRequest::default()
            .with_transactional_id(id(text))
            .with_producer_id(ProducerId(producer.0))
            .with_producer_epoch(producer.1)
            .with_group_id(GroupId(StrBytes::from_string(group.to_owned())));
        self.call(3, &request).error_code
    }

    pub fn stage(
        &mut self,
        version: i16,
        text: &str,
        producer: Producer,
        group: &str,
        place: (&str, i64),
    ) -> i16 {
        self.stage_for(version, text, producer, (group, -1, ""), place)
    }

    /// The same for a member of a generation.
    pub fn stage_for(
        &mut self,
        version: i16,
        text: &str,
        producer: Producer,
        (group, generation, member): (&str, i32, &str),
        (topic, offset): (&str, i64),
    ) -> i16 {
        let partition = TxnOffsetCommitRequestPartition::default()
            .with_committed_offset(offset)
            .with_committed_metadata(Some(StrBytes::from_static_str("token")));
        let topic = TxnOffsetCommitRequestTopic::default()
            .with_name(name(topic))
            .with_partitions(vec![partition]);
        let request = TxnOffsetCommitRequest::default()
            .with_transactional_id(id(text))
            .with_group_id(GroupId(StrBytes::from_string(group.to_owned())))
            .with_producer_id(ProducerId(producer.0))
            .with_producer_epoch(producer.1)
            .with_generation_id(generation)
            .with_member_id(StrBytes::from_string(member.to_owned()))
            .with_topics(vec![topic]);
        let answer = self.call(version, &request);
        answer.topics[0].partitions[0].error_code
    }

    /// The latest offset for this isolation level.
    pub fn latest_for(&mut self, topic: &str, committed: bool) -> i64 {
        let partition = ListOffsetsPartition::default()
            .with_timestamp(-1)
            .with_current_leader_epoch(-1);
        let topic = ListOffsetsTopic::default()
            .with_name(name(topic))
            .with_partitions(vec![partition]);
        let request = ListOffsetsRequest::default()
            .with_replica_id((-1).into())
            .with_isolation_level(committed.into())
            .with_topics(vec![topic]);
        let answer = self.call(5, &request);
        assert_eq!(answer.topics[0].partitions[0].error_code, 0);
        answer.topics[0].partitions[0].offset
    }
}
