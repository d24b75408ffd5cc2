//! Fetch: finds batches, waits for them if asked to, and hands them out exactly as they were
//! stored.
//!
//! There are no fetch sessions: every response names session 0, which clients take as "ask for
//! everything again". The core only says *where* the bytes lie. They are read here, on a thread
//! that may block, within a budget shared by all connections, and whole batches only: clients skip
//! what lies before their offset.

use std::sync::Arc;

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::fetch_response::{
    AbortedTransaction, FetchableTopicResponse, PartitionData,
};
use kafka_protocol::messages::{FetchRequest, FetchResponse, ProducerId};
use tokio::task::spawn_blocking;
use tracing::error;

use super::{Call, Context, Hangup, Reply, decode, encode};
use crate::ask::Ending;
use crate::request::{Extent, FetchPartition, FetchRefusal, Fetched, Request, Response};
use crate::shape::{Shape, Walked};

/// `isolation_level` of a consumer that leaves aborted transactions out.
const READ_COMMITTED: i8 = 1;

/// What a partition's part of the answer has beside its records and aborted transactions, at most.
const PARTITION_BYTES: usize = 64;

/// Bytes of an aborted transaction in the answer.
const ABORTED_BYTES: usize = 17;

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.skip(17 + if version >= 7 { 8 } else { 0 })?;
    shape.array(|topic| {
        topic.string()?;
        topic.array(|partition| {
            let epoch = if version >= 9 { 4 } else { 0 };
            let fetched_epoch = if version >= 12 { 4 } else { 0 };
            let log_start = if version >= 5 { 8 } else { 0 };
            partition.skip(4 + epoch + 8 + fetched_epoch + log_start + 4)?;
            partition.tags()
        })?;
        topic.tags()
    })?;
    if version >= 7 {
        shape.array(|topic| {
            topic.string()?;
            topic.array(|partition| partition.skip(4))?;
            topic.tags()
        })?;
    }
    if version >= 11 {
        shape.string()?;
    }
    shape.tags()
}

pub(super) async fn answer(context: &Arc<Context>, call: &Call) -> Result<Option<Reply>, Hangup> {
    let (request, decoded): (FetchRequest, _) = decode(context, call, shape).await?;
    if request.session_id != 0 {
        let error = ResponseError::FetchSessionIdNotFound.code();
        let response = FetchResponse::default().with_error_code(error);
        let bytes = encode(call, call.version, &response)?;
        return Ok(Some(context.reply(bytes).await?));
    }
    let outcomes = find(context, &request, call.version).await?;
    // Room for the whole answer before anything is read for it.
    let sizes = outcomes
        .iter()
        .flatten()
        .flat_map(|fetched| &fetched.batches);
    let records: usize = sizes.map(|extent| extent.length).sum();
    let aborted = outcomes.iter().flatten();
    let aborted: usize = aborted.map(|fetched| fetched.aborted.len()).sum();
    let names: usize = request
        .topics
        .iter()
        .map(|topic| topic.topic.len() + 16)
        .sum();
    let room = context
        .answers
        .take(records + names + outcomes.len() * PARTITION_BYTES + aborted * ABORTED_BYTES)
        .await;
    let records = read(&outcomes).await;
    let response = respond(request, outcomes, records);
    drop(decoded);
    let bytes = encode(call, call.version, &response)?;
    Ok(Some(Reply { bytes, room }))
}

type Outcome = Result<Fetched, FetchRefusal>;

async fn find(
    context: &Arc<Context>,
    request: &FetchRequest,
    version: i16,
) -> Result<Vec<Outcome>, Ending> {
    let size = |bytes: i32| {
        usize::try_from(bytes)
            .unwrap_or(0)
            .min(context.config.limits.fetch_bytes)
    };
    let mut partitions = Vec::new();
    for topic in &request.topics {
        for partition in &topic.partitions {
            partitions.push(FetchPartition {
                topic: topic.topic.to_string(),
                partition: partition.partition,
                offset: partition.fetch_offset,
                current_leader_epoch: partition.current_leader_epoch,
                max_bytes: size(partition.partition_max_bytes),
            });
        }
    }
    let question = Request::Fetch {
        partitions,
        min_bytes: size(request.min_bytes),
        max_bytes: size(request.max_bytes),
        deadline: context.deadline(request.max_wait_ms),
        follower_may_serve: version >= 11,
        read_committed: request.isolation_level == READ_COMMITTED,
    };
    match context.core.ask(question).await? {
        Response::Fetch(outcomes) => Ok(outcomes),
        other => unreachable!("the core answers Fetch with Fetch, not {other:?}"),
    }
}

/// Records per partition that has some, None where they could not be read.
type Records = Vec<Option<Bytes>>;

async fn read(outcomes: &[Outcome]) -> Records {
    let extents = |outcome: &Outcome| {
        outcome
            .as_ref()
            .map_or(Vec::new(), |fetched| fetched.batches.clone())
    };
    let extents: Vec<Vec<Extent>> = outcomes.iter().map(extents).collect();
    if extents.iter().all(Vec::is_empty) {
        return vec![Some(Bytes::new()); outcomes.len()];
    }
    let asked = extents.len();
    let records = spawn_blocking(move || {
        extents
            .iter()
            .map(|batches| read_batches(batches))
            .collect()
    })
    .await;
    // The thread does not panic; should it, the records count as unreadable.
    records.unwrap_or_else(|_| vec![None; asked])
}

fn read_batches(batches: &[Extent]) -> Option<Bytes> {
    let mut bytes = vec![0; batches.iter().map(|extent| extent.length).sum()];
    let mut rest = bytes.as_mut_slice();
    for extent in batches {
        let (batch, after) = rest.split_at_mut(extent.length);
        if let Err(error) = extent.file.read_exact_at(batch, extent.position) {
            let Extent {
                position, length, ..
            } = extent;
            error!(%error, position, length, "stored batch not readable");
            return None;
        }
        rest = after;
    }
    Some(bytes.into())
}

fn listed(aborted: &[(i64, i64)]) -> Vec<AbortedTransaction> {
    let listed = aborted.iter().map(|(producer, first)| {
        AbortedTransaction::default()
            .with_producer_id(ProducerId(*producer))
            .with_first_offset(*first)
    });
    listed.collect()
}

fn respond(request: FetchRequest, outcomes: Vec<Outcome>, records: Records) -> FetchResponse {
    let aborted = (request.isolation_level == READ_COMMITTED).then(Vec::new);
    let mut outcomes = outcomes.into_iter().zip(records);
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            let (outcome, records) = outcomes.next().expect("the core answers every partition");
            let answer = PartitionData::default()
                .with_partition_index(asked.partition)
                .with_aborted_transactions(aborted.clone());
            let refuse = |refusal: FetchRefusal| {
                // Empty, not null: clients read both, but some libraries dislike null here.
                PartitionData::default()
                    .with_partition_index(asked.partition)
                    .with_error_code(refusal.error.code())
                    .with_high_watermark(refusal.high_watermark)
                    .with_last_stable_offset(refusal.last_stable_offset)
                    .with_log_start_offset(refusal.log_start_offset)
                    .with_aborted_transactions(aborted.clone())
                    .with_records(Some(Bytes::new()))
            };
            match (outcome, records) {
                (Ok(fetched), Some(records)) => answer
                    .with_high_watermark(fetched.high_watermark)
                    .with_last_stable_offset(fetched.last_stable_offset)
                    .with_log_start_offset(fetched.log_start_offset)
                    .with_aborted_transactions(aborted.as_ref().map(|_| listed(&fetched.aborted)))
                    .with_records(Some(records)),
                (Ok(fetched), None) => refuse(FetchRefusal {
                    error: ResponseError::KafkaStorageError,
                    high_watermark: fetched.high_watermark,
                    last_stable_offset: fetched.last_stable_offset,
                    log_start_offset: fetched.log_start_offset,
                }),
                (Err(refusal), _) => refuse(refusal),
            }
        });
        let partitions = partitions.collect();
        FetchableTopicResponse::default()
            .with_topic(topic.topic)
            .with_partitions(partitions)
    });
    FetchResponse::default().with_responses(topics.collect())
}
