//! Honest exchanges of groups and transactions.

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::add_partitions_to_txn_response::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnTopicResult,
};
use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::describe_producers_response::{
    PartitionResponse, ProducerState, TopicResponse,
};
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::list_transactions_response;
use kafka_protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponsePartition, OffsetFetchResponseTopic,
};
use kafka_protocol::messages::txn_offset_commit_response::{
    TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};
use kafka_protocol::messages::{self as m, ApiKey, describe_transactions_response};
use kafka_protocol::protocol::StrBytes;

use super::{Exchange, exchange, topic};

fn text(text: &'static str) -> StrBytes {
    StrBytes::from_static_str(text)
}

/// The exchanges of one of these APIs; at least two, which differ.
pub(super) fn exchanges(key: ApiKey) -> Vec<Exchange> {
    let refused = ResponseError::IllegalGeneration.code();
    match key {
        ApiKey::JoinGroup => vec![join(3, "a"), join(4, "a"), join(4, "b")],
        ApiKey::SyncGroup => ["mine", "yours"].map(sync).into(),
        ApiKey::Heartbeat => {
            let one = |code| {
                let answer = m::HeartbeatResponse::default().with_error_code(code);
                exchange(key, 3, &m::HeartbeatRequest::default(), &answer)
            };
            vec![one(0), one(refused)]
        }
        ApiKey::LeaveGroup => {
            let one = |code| {
                let answer = m::LeaveGroupResponse::default().with_error_code(code);
                exchange(key, 3, &m::LeaveGroupRequest::default(), &answer)
            };
            vec![one(0), one(ResponseError::NotCoordinator.code())]
        }
        ApiKey::OffsetCommit => vec![commit(0), commit(refused)],
        ApiKey::OffsetFetch => vec![fetched(4), fetched(7), fetched(-1)],
        ApiKey::DescribeGroups => vec![described("Stable"), described("Empty")],
        ApiKey::AddPartitionsToTxn => vec![added(0), added(refused)],
        ApiKey::AddOffsetsToTxn => {
            let one = |code| {
                let answer = m::AddOffsetsToTxnResponse::default().with_error_code(code);
                exchange(key, 3, &m::AddOffsetsToTxnRequest::default(), &answer)
            };
            vec![one(0), one(refused)]
        }
        ApiKey::TxnOffsetCommit => vec![staged(0), staged(refused)],
        ApiKey::EndTxn => {
            let one = |code, epoch| {
                let answer = m::EndTxnResponse::default()
                    .with_error_code(code)
                    .with_producer_id(9.into())
                    .with_producer_epoch(epoch);
                exchange(key, 5, &m::EndTxnRequest::default(), &answer)
            };
            vec![one(0, 4), one(ResponseError::InvalidTxnState.code(), -1)]
        }
        ApiKey::ListTransactions => ["Empty", "CompleteCommit"].map(listed).into(),
        ApiKey::DescribeTransactions => [1_700_000_000_000, -1].map(transaction).into(),
        ApiKey::DescribeProducers => [40, 50].map(producers).into(),
        other => panic!("no mutant is about {other:?}"),
    }
}

fn join(generation: i32, own: &'static str) -> Exchange {
    let member = |id| {
        JoinGroupResponseMember::default()
            .with_member_id(text(id))
            .with_metadata(Bytes::from_static(b"subscription"))
    };
    let listed = ["a", "b"].map(member);
    let answer = m::JoinGroupResponse::default()
        .with_generation_id(generation)
        .with_protocol_name(Some(text("range")))
        .with_leader(text("a"))
        .with_member_id(text(own))
        .with_members(if own == "a" {
            listed.into()
        } else {
            Vec::new()
        });
    exchange(
        ApiKey::JoinGroup,
        5,
        &m::JoinGroupRequest::default(),
        &answer,
    )
}

fn sync(assignment: &'static str) -> Exchange {
    let answer = m::SyncGroupResponse::default().with_assignment(Bytes::from(assignment));
    exchange(
        ApiKey::SyncGroup,
        3,
        &m::SyncGroupRequest::default(),
        &answer,
    )
}

fn commit(code: i16) -> Exchange {
    let row = OffsetCommitResponsePartition::default().with_error_code(code);
    let row = OffsetCommitResponseTopic::default()
        .with_name(topic())
        .with_partitions(vec![row]);
    let answer = m::OffsetCommitResponse::default().with_topics(vec![row]);
    exchange(
        ApiKey::OffsetCommit,
        7,
        &m::OffsetCommitRequest::default(),
        &answer,
    )
}

fn fetched(offset: i64) -> Exchange {
    let row = OffsetFetchResponsePartition::default()
        .with_committed_offset(offset)
        .with_metadata(Some(text("token")));
    let row = OffsetFetchResponseTopic::default()
        .with_name(topic())
        .with_partitions(vec![row]);
    let answer = m::OffsetFetchResponse::default().with_topics(vec![row]);
    exchange(
        ApiKey::OffsetFetch,
        7,
        &m::OffsetFetchRequest::default(),
        &answer,
    )
}

fn described(state: &'static str) -> Exchange {
    let member = DescribedGroupMember::default().with_member_id(text("a"));
    let row = DescribedGroup::default()
        .with_group_state(text(state))
        .with_members(vec![member]);
    let answer = m::DescribeGroupsResponse::default().with_groups(vec![row]);
    exchange(
        ApiKey::DescribeGroups,
        4,
        &m::DescribeGroupsRequest::default(),
        &answer,
    )
}

fn added(code: i16) -> Exchange {
    let row = AddPartitionsToTxnPartitionResult::default().with_partition_error_code(code);
    let row = AddPartitionsToTxnTopicResult::default()
        .with_name(topic())
        .with_results_by_partition(vec![row]);
    let answer =
        m::AddPartitionsToTxnResponse::default().with_results_by_topic_v3_and_below(vec![row]);
    let request = m::AddPartitionsToTxnRequest::default();
    exchange(ApiKey::AddPartitionsToTxn, 3, &request, &answer)
}

fn staged(code: i16) -> Exchange {
    let row = TxnOffsetCommitResponsePartition::default().with_error_code(code);
    let row = TxnOffsetCommitResponseTopic::default()
        .with_name(topic())
        .with_partitions(vec![row]);
    let answer = m::TxnOffsetCommitResponse::default().with_topics(vec![row]);
    let request = m::TxnOffsetCommitRequest::default();
    exchange(ApiKey::TxnOffsetCommit, 5, &request, &answer)
}

fn listed(state: &'static str) -> Exchange {
    let row = list_transactions_response::TransactionState::default()
        .with_producer_id(9.into())
        .with_transaction_state(text(state));
    let answer = m::ListTransactionsResponse::default().with_transaction_states(vec![row]);
    let request = m::ListTransactionsRequest::default();
    exchange(ApiKey::ListTransactions, 0, &request, &answer)
}

fn transaction(started_ms: i64) -> Exchange {
    let row = describe_transactions_response::TransactionState::default()
        .with_transaction_state(text("Ongoing"))
        .with_transaction_start_time_ms(started_ms);
    let answer = m::DescribeTransactionsResponse::default().with_transaction_states(vec![row]);
    let request = m::DescribeTransactionsRequest::default();
    exchange(ApiKey::DescribeTransactions, 0, &request, &answer)
}

fn producers(start: i64) -> Exchange {
    let producer = ProducerState::default().with_current_txn_start_offset(start);
    let row = PartitionResponse::default().with_active_producers(vec![producer]);
    let row = TopicResponse::default()
        .with_name(topic())
        .with_partitions(vec![row]);
    let answer = m::DescribeProducersResponse::default().with_topics(vec![row]);
    let request = m::DescribeProducersRequest::default();
    exchange(ApiKey::DescribeProducers, 0, &request, &answer)
}
