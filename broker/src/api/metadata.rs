//! Metadata: nodes, topics, leaders and epochs, as this node's own applied state has them.
//!
//! It may be behind, but never goes back: the leader epoch is the Raft term, which only grows.
//! While no leader is known, partitions say LEADER_NOT_AVAILABLE, so clients ask again instead of
//! writing to a guess.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{MetadataRequest, MetadataResponse};
use tracing::debug;
use uuid::Uuid;

use super::{
    Call, Context, Hangup, Reply, broker_id, decode, encode, leader_id, string, topic_name,
};
use crate::ask::Ending;
use crate::request::{AdminChange, TopicView, View};
use crate::shape::{Shape, Walked};

/// How long Metadata waits for a topic that it creates; the client then asks again anyway.
const AUTO_CREATE_WAIT: Duration = Duration::from_secs(1);

/// Topics that one request may create; the others are unknown until it is repeated.
const AUTO_CREATE_PER_REQUEST_MAX: usize = 16;

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.array(|topic| {
        topic.skip(if version >= 10 { 16 } else { 0 })?;
        topic.string()?;
        topic.tags()
    })?;
    let flags = usize::from(version >= 4)
        + usize::from((8..=10).contains(&version))
        + usize::from(version >= 8);
    shape.skip(flags)?;
    shape.tags()
}

/// Answers a request.
pub(super) async fn reply(context: &Arc<Context>, call: &Call) -> Result<Reply, Hangup> {
    let (request, decoded): (MetadataRequest, _) = decode(context, call, shape).await?;
    let view = context.view().await?;
    // Version 0 has no null: there, none named means all.
    let named = request
        .topics
        .filter(|topics| call.version >= 1 || !topics.is_empty());
    let bytes = match named {
        None => {
            let make = || {
                let topics = view
                    .topics
                    .iter()
                    .map(|(name, topic)| known(context, &view, name, topic));
                encode(call, call.version, &whole(context, &view, topics.collect()))
            };
            let answers = &context.all_topics;
            answers.answer(&view, call.version, call.correlation_id, make)?
        }
        Some(topics) => {
            let may_create = request.allow_auto_topic_creation && context.config.auto_create_topics;
            let (view, topics) = named_topics(context, view, topics, may_create).await?;
            encode(call, call.version, &whole(context, &view, topics))?
        }
    };
    drop(decoded);
    context.reply(bytes).await
}

/// The topics that a request names, and the view that they are shown of.
async fn named_topics(
    context: &Arc<Context>,
    mut view: Arc<View>,
    mut named: Vec<MetadataRequestTopic>,
    may_create: bool,
) -> Result<(Arc<View>, Vec<MetadataResponseTopic>), Ending> {
    // Each topic once, as Kafka has it: a name of one letter, 16,000 times, would make an answer of gigabytes.
    let mut seen = BTreeSet::new();
    named.retain(|topic| seen.insert((topic.name.clone(), topic.topic_id)));
    let mut names: Vec<Option<String>> = Vec::with_capacity(named.len());
    for topic in &named {
        let by_id = || {
            view.topics
                .iter()
                .find(|(_, known)| known.id == topic.topic_id)
        };
        names.push(match &topic.name {
            Some(name) => Some(name.to_string()),
            None => by_id().map(|(name, _)| name.clone()),
        });
    }
    let created = may_create && create_missing(context, &view, names.iter().flatten()).await?;
    if created {
        view = context.view().await?;
    }
    let ids = named.iter().map(|topic| topic.topic_id);
    let topics = names
        .iter()
        .zip(ids)
        .map(|(name, id)| one(context, &view, name.as_deref(), id, created))
        .collect();
    Ok((view, topics))
}

fn whole(context: &Context, view: &View, topics: Vec<MetadataResponseTopic>) -> MetadataResponse {
    let brokers = context.config.peers.iter().map(|peer| {
        let address = context.config.advertised(peer);
        MetadataResponseBroker::default()
            .with_node_id(broker_id(peer.id))
            .with_host(string(address.host.as_str()))
            .with_port(address.port.into())
    });
    MetadataResponse::default()
        .with_brokers(brokers.collect())
        .with_cluster_id(Some(string(context.config.cluster_id.as_str())))
        .with_controller_id(leader_id(view.leader))
        .with_topics(topics)
}

/// Creates what is missing and legal; true if anything was tried.
async fn create_missing(
    context: &Arc<Context>,
    view: &View,
    names: impl Iterator<Item = &String>,
) -> Result<bool, Ending> {
    let missing = names.filter(|name| {
        !view.topics.contains_key(*name) && crate::topic_name::problem(name).is_none()
    });
    let missing: Vec<&String> = missing.take(AUTO_CREATE_PER_REQUEST_MAX).collect();
    let deadline = context.core.deadline_in(AUTO_CREATE_WAIT);
    for name in &missing {
        let change = AdminChange::CreateTopic {
            name: (*name).clone(),
            id: new_topic_id(),
            partitions: context.config.default_partitions,
            settings: Vec::new(),
        };
        // The client learns it from what Metadata then shows; another attempt to create it is harmless.
        if let Err(error) = context.forwarder.change(change, deadline).await? {
            debug!(topic = name, %error, "automatic creation");
        }
    }
    Ok(!missing.is_empty())
}

/// A random id. Bits from the generator, laid out as RFC 9562 version 4.
pub(super) fn new_topic_id() -> Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}

fn one(
    context: &Context,
    view: &View,
    name: Option<&str>,
    id: Uuid,
    created: bool,
) -> MetadataResponseTopic {
    let Some(name) = name else {
        return MetadataResponseTopic::default()
            .with_name(None)
            .with_topic_id(id)
            .with_error_code(ResponseError::UnknownTopicId.code());
    };
    if let Some(topic) = view.topics.get(name) {
        return known(context, view, name, topic);
    }
    let error = match crate::topic_name::problem(name) {
        Some(_) => ResponseError::InvalidTopicException,
        // Made, or being made, but not applied here yet.
        None if created => ResponseError::LeaderNotAvailable,
        None => ResponseError::UnknownTopicOrPartition,
    };
    MetadataResponseTopic::default()
        .with_name(Some(topic_name(name)))
        .with_error_code(error.code())
}

fn known(context: &Context, view: &View, name: &str, topic: &TopicView) -> MetadataResponseTopic {
    let nodes: Vec<_> = context.config.voters().into_iter().map(broker_id).collect();
    let error = if view.named_leader.is_some() {
        0
    } else {
        ResponseError::LeaderNotAvailable.code()
    };
    let partitions = (0..topic.partitions).map(|partition| {
        MetadataResponsePartition::default()
            .with_error_code(error)
            .with_partition_index(partition)
            .with_leader_id(leader_id(view.named_leader))
            .with_leader_epoch(view.leader_epoch)
            .with_replica_nodes(nodes.clone())
            // Every node is a full voter; Raft knows no shrinking set.
            .with_isr_nodes(nodes.clone())
    });
    MetadataResponseTopic::default()
        .with_name(Some(topic_name(name)))
        .with_topic_id(topic.id)
        .with_partitions(partitions.collect())
}
