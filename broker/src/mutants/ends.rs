//! Lies to producers of transactions: AddPartitionsToTxn, AddOffsetsToTxn, EndTxn; and to who asks what is open.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{
    AddPartitionsToTxnResponse, DescribeProducersResponse, DescribeTransactionsResponse,
    EndTxnResponse, ListTransactionsResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::When::{Always, OneIn};
use super::lie::{Change, Lie};
use super::{Mutant, When};

/// Longer than any transaction of a test may be open, in ms.
const LONG_AGO_MS: i64 = 3_600_000;

const fn added(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    change: Change<AddPartitionsToTxnResponse>,
) -> Mutant {
    Mutant::new(name, field, does, Always, Lie::AddPartitions(change))
}

const fn end(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    when: When,
    change: Change<EndTxnResponse>,
) -> Mutant {
    Mutant::new(name, field, does, when, Lie::End(change))
}

const fn listed(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    change: Change<ListTransactionsResponse>,
) -> Mutant {
    Mutant::new(name, field, does, Always, Lie::ListTransactions(change))
}

fn codes(answer: &mut AddPartitionsToTxnResponse) -> impl Iterator<Item = &mut i16> {
    let rows = answer.results_by_topic_v3_and_below.iter_mut();
    let rows = rows.flat_map(|topic| &mut topic.results_by_partition);
    rows.map(|row| &mut row.partition_error_code)
}

/// The rows.
pub(super) const TABLE: &[Mutant] = &[
    added(
        "txn-partitions-refused",
        "partition_error_code",
        "COORDINATOR_LOAD_IN_PROGRESS, always",
        |answer, _| {
            let error = ResponseError::CoordinatorLoadInProgress.code();
            codes(answer).for_each(|code| *code = error);
        },
    ),
    added(
        "txn-partitions-fenced",
        "partition_error_code",
        "PRODUCER_FENCED, always",
        |answer, _| {
            let error = ResponseError::ProducerFenced.code();
            codes(answer).for_each(|code| *code = error);
        },
    ),
    added(
        "txn-partitions-success-instead-of-error",
        "partition_error_code",
        "every partition was added",
        |answer, _| codes(answer).for_each(|code| *code = 0),
    ),
    Mutant::new(
        "txn-offsets-refused",
        "error_code",
        "COORDINATOR_LOAD_IN_PROGRESS, always",
        Always,
        Lie::AddOffsets(|answer, _| {
            answer.error_code = ResponseError::CoordinatorLoadInProgress.code();
        }),
    ),
    end(
        "end-success-instead-of-error",
        "error_code",
        "every transaction ended as its producer wanted",
        Always,
        |answer, _| answer.error_code = 0,
    ),
    end(
        "end-fenced-instead-of-success",
        "error_code",
        "PRODUCER_FENCED, now and then, for what was done",
        OneIn(10),
        |answer, _| {
            if answer.error_code == 0 {
                answer.error_code = ResponseError::ProducerFenced.code();
            }
        },
    ),
    end(
        "end-invalid-instead-of-success",
        "error_code",
        "INVALID_TXN_STATE, now and then, for what was done",
        OneIn(10),
        |answer, _| {
            if answer.error_code == 0 {
                answer.error_code = ResponseError::InvalidTxnState.code();
            }
        },
    ),
    end(
        "end-refused",
        "error_code",
        "COORDINATOR_LOAD_IN_PROGRESS, always, for what was done",
        Always,
        |answer, _| answer.error_code = ResponseError::CoordinatorLoadInProgress.code(),
    ),
    end(
        "end-epoch-ahead",
        "producer_epoch",
        "an epoch that is one too high",
        Always,
        |answer, _| answer.producer_epoch += i16::from(answer.producer_epoch >= 0),
    ),
    end(
        "end-epoch-behind",
        "producer_epoch",
        "the epoch that the producer had",
        Always,
        |answer, _| answer.producer_epoch -= i16::from(answer.producer_epoch > 0),
    ),
    listed(
        "transactions-state-complete",
        "transaction_state",
        "every transaction is complete",
        |answer, _| {
            for one in &mut answer.transaction_states {
                one.transaction_state = StrBytes::from_static_str("CompleteCommit");
            }
        },
    ),
    listed(
        "transactions-empty",
        "transaction_states",
        "there are no transactions",
        |answer, _| answer.transaction_states.clear(),
    ),
    Mutant::new(
        "transaction-start-long-ago",
        "transaction_start_time_ms",
        "every transaction has been open for an hour",
        Always,
        Lie::DescribeTransactions(long_ago),
    ),
    Mutant::new(
        "producers-start-missing",
        "current_txn_start_offset",
        "no producer has anything open",
        Always,
        Lie::Producers(nothing_open),
    ),
];

fn long_ago(answer: &mut DescribeTransactionsResponse, _: &mut super::lie::Scene<'_>) {
    for one in &mut answer.transaction_states {
        if one.transaction_start_time_ms > 0 {
            one.transaction_start_time_ms -= LONG_AGO_MS;
        }
    }
}

fn nothing_open(answer: &mut DescribeProducersResponse, _: &mut super::lie::Scene<'_>) {
    for row in answer
        .topics
        .iter_mut()
        .flat_map(|topic| &mut topic.partitions)
    {
        for producer in &mut row.active_producers {
            producer.current_txn_start_offset = -1;
        }
    }
}
