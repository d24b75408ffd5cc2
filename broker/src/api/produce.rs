//! Produce: checks the batches, puts them in line for the core at once, answers when the core has.
//!
//! What is refused here was not appended. What comes back from the core says so itself:
//! after an append only REQUEST_TIMED_OUT and the like, which mean "perhaps written".

use std::sync::Arc;

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::produce_request::PartitionProduceData;
use kafka_protocol::messages::produce_response::{
    LeaderIdAndEpoch, NodeEndpoint, PartitionProduceResponse, TopicProduceResponse,
};
use kafka_protocol::messages::{ProduceRequest, ProduceResponse};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::task::spawn_blocking;

use super::transactions::now_ms;
use super::{
    Answer, Call, Context, Hangup, Reply, broker_id, decode, encode, produce_legacy, string,
};
use crate::ask::Ending;
use crate::record_batch::{self, BatchError, Header, records};
use crate::request::transactions::ProduceTransaction;
use crate::request::{Acks, Appended, ProducePartition, Request, Response};
use crate::rules::FailedAppend;
use crate::shape::{Shape, Walked};

/// First version that the decoder, and this broker, take.
const FIRST_VERSION: i16 = 3;

/// First version whose clients know TRANSACTION_ABORTABLE (KIP-890).
const ABORTABLE_VERSION: i16 = 11;

/// First version that adds partitions to its transaction by itself (KIP-890).
const ADDS_VERSION: i16 = 12;

/// First version whose answer can name the leader (KIP-951).
const LEADER_HINT_VERSION: i16 = 10;

pub(super) fn shape(shape: &mut Shape<'_>, _version: i16) -> Walked {
    shape.string()?;
    shape.skip(6)?;
    shape.array(|topic| {
        topic.string()?;
        topic.array(|partition| {
            partition.skip(4)?;
            partition.bytes()?;
            partition.tags()
        })?;
        topic.tags()
    })?;
    shape.tags()
}

/// Puts the records in line before it returns; the answer waits for the core.
pub(super) async fn begin(context: &Arc<Context>, call: Call) -> Answer {
    match submit(context, &call).await {
        Ok(Submitted::Refused(reply)) => Box::pin(async { Ok(reply) }),
        Ok(Submitted::Waiting(waiting)) => Box::pin(waiting.finish(Arc::clone(context), call)),
        Err(hangup) => Box::pin(async { Err(hangup) }),
    }
}

enum Submitted {
    /// Answered without the core.
    Refused(Option<Reply>),
    /// In line.
    Waiting(Pending),
}

/// A request whose batches are with the core.
struct Pending {
    request: ProduceRequest,
    /// Per partition in the request's order: the error that kept it from the core.
    refused: Vec<Option<ResponseError>>,
    /// None if every partition was refused.
    outcomes: Option<oneshot::Receiver<Response>>,
    /// Room for `request`.
    decoded: OwnedSemaphorePermit,
}

async fn submit(context: &Arc<Context>, call: &Call) -> Result<Submitted, Hangup> {
    if call.version < FIRST_VERSION {
        let reply = match produce_legacy::refuse(call)? {
            None => None,
            Some(bytes) => Some(context.reply(bytes).await?),
        };
        return Ok(Submitted::Refused(reply));
    }
    let (mut request, decoded): (ProduceRequest, _) = decode(context, call, shape).await?;
    let acks = match request.acks {
        -1 => Ok(Acks::All),
        0 | 1 => Ok(Acks::Leader),
        _ => Err(ResponseError::InvalidRequiredAcks),
    };
    let whole = acks.as_ref().err().copied();
    let mut refused = Vec::new();
    let mut partitions = Vec::new();
    for topic in &mut request.topic_data {
        for data in &mut topic.partition_data {
            let checked = match whole {
                Some(error) => Err(error),
                None => checked(context, data).await,
            };
            match checked {
                Ok(batch) => {
                    partitions.push(ProducePartition {
                        topic: topic.name.to_string(),
                        partition: data.index,
                        batch,
                    });
                    refused.push(None);
                }
                Err(error) => refused.push(Some(error)),
            }
        }
    }
    let outcomes = match (acks, partitions.is_empty()) {
        (Ok(acks), false) => {
            let deadline = context.deadline(request.timeout_ms);
            let arrived = context.hooks.write_arrived();
            let produce = Request::Produce {
                partitions,
                acks,
                deadline,
                transaction: transaction(&request, call.version),
            };
            let outcomes = context.core.begin(produce).await?;
            Some(match arrived {
                None => outcomes,
                Some(arrived) => arrived(outcomes),
            })
        }
        _ => None,
    };
    Ok(Submitted::Waiting(Pending {
        request,
        refused,
        outcomes,
        decoded,
    }))
}

/// What a request says of its transaction.
fn transaction(request: &ProduceRequest, version: i16) -> Option<ProduceTransaction> {
    let id = request.transactional_id.as_ref()?;
    Some(ProduceTransaction {
        id: id.to_string(),
        adds: version >= ADDS_VERSION,
        stamp_ms: now_ms(),
    })
}

/// Takes the batch out of the request and checks it.
async fn checked(
    context: &Context,
    data: &mut PartitionProduceData,
) -> Result<Bytes, ResponseError> {
    let batch = data.records.take().unwrap_or_default();
    if batch.len() > context.config.limits.message_bytes {
        return Err(ResponseError::MessageTooLarge);
    }
    let judged = match record_batch::validate(&batch) {
        Ok(header) => check_records(context, &batch, header).await,
        Err(error) => Err(error),
    };
    judged.map_err(|error| {
        tracing::debug!(%error, partition = data.index, "batch refused");
        error.code()
    })?;
    Ok(batch)
}

/// Checks the records: at once where they lie open, and on a thread that may take its time where they are compressed, a
/// few batches at a time.
async fn check_records(context: &Context, batch: &Bytes, header: Header) -> Result<(), BatchError> {
    let bytes_max = context.config.limits.uncompressed_bytes;
    if !header.is_compressed() {
        return records::check(batch, &header, bytes_max);
    }
    let turn = Arc::clone(&context.unpacking).acquire_owned().await;
    let batch = batch.clone();
    let checking = spawn_blocking(move || {
        let _turn = turn;
        records::check(&batch, &header, bytes_max)
    });
    // The thread does not panic; should a decoder, its batch is not one to store.
    checking.await.unwrap_or(Err(BatchError::Packed))
}

impl Pending {
    async fn finish(self, context: Arc<Context>, call: Call) -> Result<Option<Reply>, Hangup> {
        let Pending {
            request,
            refused,
            outcomes,
            decoded,
        } = self;
        let outcomes = match outcomes {
            None => Vec::new(),
            Some(outcomes) => match outcomes.await.map_err(|_| Ending)? {
                Response::Produce(outcomes) => outcomes,
                other => unreachable!("the core answers Produce with Produce, not {other:?}"),
            },
        };
        let mut outcomes = outcomes.into_iter();
        let mut outcomes = refused.into_iter().map(|refused| match refused {
            Some(error) => Err(error),
            None => outcomes
                .next()
                .expect("the core answers every partition it was given"),
        });
        if request.acks == 0 {
            // The one way to say that something went wrong is to hang up, whereupon the client
            // looks for the leader.
            return if outcomes.all(|outcome| outcome.is_ok()) {
                Ok(None)
            } else {
                Err(Hangup::Unacknowledged)
            };
        }
        let mut response = respond(request, outcomes, call.version, context.rules.failed_append);
        if call.version >= LEADER_HINT_VERSION {
            name_leader(&context, &mut response).await?;
        }
        let bytes = encode(&call, call.version, &response)?;
        drop((response, decoded));
        Ok(Some(context.reply(bytes).await?))
    }
}

fn respond(
    request: ProduceRequest,
    mut outcomes: impl Iterator<Item = Result<Appended, ResponseError>>,
    version: i16,
    failed_append: FailedAppend,
) -> ProduceResponse {
    let topics = request.topic_data.into_iter().map(|topic| {
        let partitions = topic.partition_data.iter().map(|data| {
            let answer = PartitionProduceResponse::default()
                .with_index(data.index)
                .with_base_offset(-1);
            match outcomes
                .next()
                .expect("one outcome per partition of the request")
            {
                Ok(appended) => answer
                    .with_base_offset(appended.base_offset)
                    .with_log_start_offset(appended.log_start_offset),
                Err(error) => match failed_append {
                    FailedAppend::Error => {
                        answer.with_error_code(for_version(error, version).code())
                    }
                    FailedAppend::Success => answer,
                },
            }
        });
        let partitions = partitions.collect();
        TopicProduceResponse::default()
            .with_name(topic.name)
            .with_partition_responses(partitions)
    });
    ProduceResponse::default().with_responses(topics.collect())
}

/// The error for a client of this version.
fn for_version(error: ResponseError, version: i16) -> ResponseError {
    match error {
        ResponseError::InvalidTxnState if version >= ABORTABLE_VERSION => {
            ResponseError::TransactionAbortable
        }
        error => error,
    }
}

/// Names the leader to clients that asked the wrong node, which saves them a round of Metadata.
async fn name_leader(context: &Context, response: &mut ProduceResponse) -> Result<(), Ending> {
    let wrong_node = ResponseError::NotLeaderOrFollower.code();
    let has_refused = |topic: &TopicProduceResponse| {
        topic
            .partition_responses
            .iter()
            .any(|one| one.error_code == wrong_node)
    };
    if !response.responses.iter().any(has_refused) {
        return Ok(());
    }
    let view = context.view().await?;
    let Some(leader) = context
        .config
        .peers
        .iter()
        .find(|peer| Some(peer.id) == view.leader)
    else {
        return Ok(());
    };
    let answers = response
        .responses
        .iter_mut()
        .flat_map(|topic| &mut topic.partition_responses);
    for answer in answers.filter(|answer| answer.error_code == wrong_node) {
        answer.current_leader = LeaderIdAndEpoch::default()
            .with_leader_id(broker_id(leader.id))
            .with_leader_epoch(view.leader_epoch);
    }
    let address = context.config.advertised(leader);
    let endpoint = NodeEndpoint::default()
        .with_node_id(broker_id(leader.id))
        .with_host(string(address.host.as_str()))
        .with_port(address.port.into());
    response.node_endpoints = vec![endpoint];
    Ok(())
}
