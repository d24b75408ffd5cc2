//! The Kafka APIs: which versions are offered, how a request finds its handler, how an answer is
//! framed.
//!
//! One file per API below `api/`: the request's shape (see [`crate::shape`]), and a function from
//! the request to the response that asks the core and knows nothing of sockets. Offered is what
//! works; nothing else is listed.

mod all_topics;
mod api_versions;
mod configs;
mod create_partitions;
mod create_topics;
mod delete_records;
mod delete_topics;
mod describe_cluster;
mod describe_configs;
mod describe_quorum;
mod envelope;
mod fetch;
mod find_coordinator;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzz;
mod groups;
mod init_producer_id;
mod list_offsets;
mod metadata;
mod offset_for_leader_epoch;
mod produce;
mod produce_legacy;
mod room;
mod transactions;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::{ApiKey, BrokerId, TopicName};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use tokio::sync::Semaphore;

use crate::ask::{CoreHandle, Ending};
use crate::clients::Clients;
use crate::config::NodeConfig;
use crate::forward::Forwarder;
use crate::frame::{self, Frame};
use crate::hooks::Hooks;
use crate::pools::Pools;
use crate::request::{NodeId, Request, Response, Time, View};
use crate::rules::Rules;
use crate::shape::{Shape, Walked};
use all_topics::AllTopics;
use envelope::{Call, Hangup, Reply, decode, encode, open, put_length};

/// What is offered: API key, first and last version.
///
/// Produce 0 to 2 are listed though they are refused: older librdkafka (2.0.2 and its kind) looks
/// for Produce 0 before it compresses, and silently sends uncompressed where it is missing
/// (KAFKA-18659). Fetch ends at 12, below topic ids.
pub(crate) const OFFERED: &[(ApiKey, i16, i16)] = &[
    (ApiKey::Produce, 0, 12),
    (ApiKey::Fetch, 4, 12),
    (ApiKey::ListOffsets, 1, 7),
    (ApiKey::Metadata, 0, 12),
    (ApiKey::OffsetCommit, 2, 8),
    (ApiKey::OffsetFetch, 1, 8),
    (ApiKey::FindCoordinator, 0, 4),
    (ApiKey::JoinGroup, 0, 5),
    (ApiKey::Heartbeat, 0, 3),
    (ApiKey::LeaveGroup, 0, 3),
    (ApiKey::SyncGroup, 0, 3),
    (ApiKey::DescribeGroups, 0, 5),
    (ApiKey::ListGroups, 0, 4),
    (ApiKey::ApiVersions, 0, 3),
    (ApiKey::CreateTopics, 2, 5),
    (ApiKey::DeleteTopics, 1, 4),
    (ApiKey::DeleteRecords, 0, 2),
    (ApiKey::InitProducerId, 0, 5),
    (ApiKey::OffsetForLeaderEpoch, 2, 4),
    (ApiKey::AddPartitionsToTxn, 0, 3),
    (ApiKey::AddOffsetsToTxn, 0, 4),
    (ApiKey::EndTxn, 0, 5),
    (ApiKey::TxnOffsetCommit, 0, 5),
    (ApiKey::DescribeConfigs, 1, 4),
    (ApiKey::CreatePartitions, 0, 2),
    (ApiKey::DeleteGroups, 0, 2),
    (ApiKey::OffsetDelete, 0, 0),
    (ApiKey::DescribeQuorum, 0, 1),
    (ApiKey::DescribeCluster, 0, 1),
    (ApiKey::DescribeProducers, 0, 0),
    (ApiKey::DescribeTransactions, 0, 0),
    (ApiKey::ListTransactions, 0, 1),
];

/// Answers up to this size draw on a pool of their own, so that large ones which nobody takes cannot hold up the rest.
const SMALL_ANSWER_BYTES_MAX: usize = 64 << 10;

/// Bytes of answers that are not yet taken by their clients, all connections together: of small ones and of large ones.
pub(crate) const ANSWER_TOTALS: (usize, usize) = (16 << 20, 112 << 20);

/// Bytes of answers that are ready and wait for their room. What exceeds it is given up with its connection.
const WAITING_ANSWER_BYTES: usize = 32 << 20;

/// Requests with so few elements draw on a pool of their own.
const FEW_ELEMENTS_MAX: usize = 64;

/// Elements of decoded requests, all connections together: of small requests and of large ones. At no more than 256 bytes
/// each that is 32 and 96 MiB.
pub(crate) const ELEMENTS_TOTALS: (usize, usize) = (1 << 17, 3 << 17);

/// Compressed batches that are unpacked at the same time, to count their records.
const UNPACKED_AT_ONCE: usize = 2;

/// What every handler may use.
#[derive(Debug)]
pub(crate) struct Context {
    /// The configuration of this node.
    pub(crate) config: Arc<NodeConfig>,
    /// The way to the core.
    pub(crate) core: CoreHandle,
    /// The way to the leader, for what only it may do.
    pub(crate) forwarder: Forwarder,
    /// What this node decides where it could decide otherwise.
    pub(crate) rules: Rules,
    /// Who may interfere with it.
    pub(crate) hooks: Hooks,
    /// The answer to Metadata of all topics.
    all_topics: AllTopics,
    /// The connections of clients.
    pub(crate) clients: Arc<Clients>,
    /// Room for requests.
    pub(crate) budget: Pools,
    /// Room for decoded requests.
    elements: Pools,
    /// Room for answers on their way out.
    answers: Pools,
    /// Room for answers that wait for that room.
    waiting_answers: Arc<Semaphore>,
    /// Turns to unpack batches.
    unpacking: Arc<Semaphore>,
}

/// The answer to one request: bytes, nothing (acks=0), or the end of the connection.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Option<Reply>, Hangup>> + Send>>;

/// Counts the requests of one connection that wait for their turn, see [`begin`].
pub(crate) type Waiting = Arc<()>;

/// Takes one request. For Produce the returned future only waits for the core: the records are in
/// line already.
///
/// Unless something of this connection still waits for its turn (each such request holds a clone of
/// `waiting`): a client that sends CreateTopics and then Produce without waiting must find them
/// done in this order.
pub(crate) async fn begin(context: &Arc<Context>, frame: Frame, waiting: &Waiting) -> Answer {
    let call = match open(frame) {
        Ok(call) => call,
        Err(hangup) => return Box::pin(async { Err(hangup) }),
    };
    if call.key == ApiKey::Produce && Arc::strong_count(waiting) == 1 {
        return produce::begin(context, call).await;
    }
    let context = Arc::clone(context);
    let turn = Arc::clone(waiting);
    Box::pin(async move {
        let answer = dispatch(&context, call).await;
        drop(turn);
        answer
    })
}

async fn dispatch(context: &Arc<Context>, call: Call) -> Result<Option<Reply>, Hangup> {
    let version = call.version;
    match call.key {
        ApiKey::Produce => produce::begin(context, call).await.await,
        ApiKey::Fetch => fetch::answer(context, &call).await,
        ApiKey::ApiVersions => Ok(Some(context.reply(api_versions::answer(&call)?).await?)),
        ApiKey::ListOffsets => {
            respond(context, &call, list_offsets::shape, |request| {
                list_offsets::answer(context, version, request)
            })
            .await
        }
        ApiKey::Metadata => Ok(Some(metadata::reply(context, &call).await?)),
        ApiKey::FindCoordinator => {
            let answer = |request| find_coordinator::answer(context, version, request);
            respond(context, &call, find_coordinator::shape, answer).await
        }
        ApiKey::CreateTopics => {
            respond(context, &call, create_topics::shape, |request| {
                create_topics::answer(context, request)
            })
            .await
        }
        ApiKey::DeleteTopics => {
            respond(context, &call, delete_topics::shape, |request| {
                delete_topics::answer(context, request)
            })
            .await
        }
        ApiKey::DeleteRecords => {
            respond(context, &call, delete_records::shape, |request| {
                delete_records::answer(context, request)
            })
            .await
        }
        ApiKey::InitProducerId => {
            respond(context, &call, init_producer_id::shape, |request| {
                init_producer_id::answer(context, version, request)
            })
            .await
        }
        ApiKey::OffsetForLeaderEpoch => {
            let answer = |request| offset_for_leader_epoch::answer(context, request);
            respond(context, &call, offset_for_leader_epoch::shape, answer).await
        }
        ApiKey::DescribeConfigs => {
            respond(context, &call, describe_configs::shape, |request| {
                describe_configs::answer(context, request)
            })
            .await
        }
        ApiKey::CreatePartitions => {
            respond(context, &call, create_partitions::shape, |request| {
                create_partitions::answer(context, request)
            })
            .await
        }
        ApiKey::DescribeQuorum => {
            respond(context, &call, describe_quorum::shape, |request| {
                describe_quorum::answer(context, request)
            })
            .await
        }
        ApiKey::DescribeCluster => {
            respond(context, &call, describe_cluster::shape, |request| {
                describe_cluster::answer(context, request)
            })
            .await
        }
        key => {
            if let Some(answer) = groups::dispatch(context, &call).await {
                return answer;
            }
            let answer = transactions::dispatch(context, &call).await;
            answer.unwrap_or(Err(Hangup::NotOffered {
                key: key as i16,
                version,
            }))
        }
    }
}

/// Decodes, lets `handler` answer, encodes.
async fn respond<Q: Decodable, R: Encodable, F: Future<Output = Result<R, Ending>>>(
    context: &Context,
    call: &Call,
    shape: fn(&mut Shape<'_>, i16) -> Walked,
    handler: impl FnOnce(Q) -> F,
) -> Result<Option<Reply>, Hangup> {
    let (request, decoded) = decode(context, call, shape).await?;
    let response = handler(request).await?;
    drop(decoded);
    let bytes = encode(call, call.version, &response)?;
    // Only one of the two while it waits.
    drop(response);
    Ok(Some(context.reply(bytes).await?))
}

impl Context {
    /// Everything that handlers share.
    pub(crate) fn new(
        config: Arc<NodeConfig>,
        core: CoreHandle,
        forwarder: Forwarder,
        rules: Rules,
        hooks: Hooks,
    ) -> Context {
        let clients = Clients::new();
        let pools = |small_max, totals| Pools::new(small_max, totals, Arc::clone(&clients));
        Context {
            all_topics: AllTopics::default(),
            budget: frame::budget(&clients),
            elements: pools(FEW_ELEMENTS_MAX, ELEMENTS_TOTALS),
            answers: pools(SMALL_ANSWER_BYTES_MAX, ANSWER_TOTALS),
            waiting_answers: Arc::new(Semaphore::new(WAITING_ANSWER_BYTES)),
            unpacking: Arc::new(Semaphore::new(UNPACKED_AT_ONCE)),
            clients,
            config,
            core,
            forwarder,
            rules,
            hooks,
        }
    }

    /// An answer with its room. While it waits for that, it occupies memory already, which has a bound of its own.
    async fn reply(&self, bytes: Bytes) -> Result<Reply, Hangup> {
        if let Some(room) = self.answers.take_now(bytes.len()) {
            return Ok(Reply { bytes, room });
        }
        let amount = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let waits = self.waiting_answers.try_acquire_many(amount);
        let _waits = waits.map_err(|_| Hangup::NoRoom)?;
        let room = self.answers.take(bytes.len()).await;
        Ok(Reply { bytes, room })
    }

    /// This node's idea of the cluster.
    async fn view(&self) -> Result<Arc<View>, Ending> {
        match self.core.ask(Request::View).await? {
            Response::View(view) => Ok(view),
            other => unreachable!("the core answers View with View, not {other:?}"),
        }
    }

    /// When a request ends that may take `timeout_ms` as far as its client is concerned.
    fn deadline(&self, timeout_ms: i32) -> Time {
        self.core
            .deadline_in(milliseconds(timeout_ms).min(self.config.request_deadline()))
    }

    /// The same for requests that may be passed on to the leader.
    fn forward_deadline(&self, timeout_ms: i32) -> Time {
        self.core
            .deadline_in(milliseconds(timeout_ms).min(self.config.forward_deadline()))
    }
}

/// A time in a request; negative means at once.
fn milliseconds(time: i32) -> Duration {
    Duration::from_millis(time.max(0) as u64)
}

/// A node's id on the wire. The configuration has made sure that it fits.
fn broker_id(id: NodeId) -> BrokerId {
    BrokerId(i32::try_from(id).unwrap_or(-1))
}

/// The leader's id on the wire, -1 for none.
fn leader_id(leader: Option<NodeId>) -> BrokerId {
    leader.map_or(BrokerId(-1), broker_id)
}

fn string(text: impl Into<String>) -> StrBytes {
    StrBytes::from_string(text.into())
}

fn topic_name(text: impl Into<String>) -> TopicName {
    TopicName(string(text))
}
