//! CreateTopics: on any node; a follower passes the change on to the leader.

use std::collections::BTreeMap;
use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::create_topics_response::{
    CreatableTopicConfigs, CreatableTopicResult,
};
use kafka_protocol::messages::{CreateTopicsRequest, CreateTopicsResponse};

use super::configs::{self, Source};
use super::metadata::new_topic_id;
use super::room::{self, Refusal, Room};
use super::{Context, string};
use crate::ask::Ending;
use crate::request::{AdminChange, Time, View};
use crate::shape::{Shape, Walked};

/// Most partitions of one topic.
pub(super) const PARTITIONS_MAX: i32 = 1000;

pub(super) fn shape(shape: &mut Shape<'_>, _version: i16) -> Walked {
    shape.array(|topic| {
        topic.string()?;
        topic.skip(6)?;
        topic.array(|assignment| {
            assignment.skip(4)?;
            assignment.array(|broker| broker.skip(4))?;
            assignment.tags()
        })?;
        topic.array(|setting| {
            setting.string()?;
            setting.string()?;
            setting.tags()
        })?;
        topic.tags()
    })?;
    shape.skip(5)?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: CreateTopicsRequest,
) -> Result<CreateTopicsResponse, Ending> {
    let view = context.view().await?;
    let deadline = context.forward_deadline(request.timeout_ms);
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    for topic in &request.topics {
        *named.entry(topic.name.as_str()).or_default() += 1;
    }
    let asked = request.topics.iter().map(|topic| {
        let given = usize::try_from(topic.num_partitions).unwrap_or(1);
        given.max(topic.assignments.len())
    });
    let mut room = Room::new(context, &view, request.topics.len(), asked.sum());
    let mut results = Vec::with_capacity(request.topics.len());
    for topic in &request.topics {
        let outcome = if named[topic.name.as_str()] > 1 {
            Err((
                ResponseError::InvalidRequest,
                "the request names this topic twice".to_owned(),
            ))
        } else {
            create(
                context,
                (&view, &mut room),
                topic,
                request.validate_only,
                deadline,
            )
            .await?
        };
        results.push(result(context, topic, outcome));
    }
    Ok(CreateTopicsResponse::default().with_topics(results))
}

/// Partitions and settings of a topic that was created, or could be.
type Created = (i32, Vec<(String, String)>);

async fn create(
    context: &Arc<Context>,
    (view, room): (&View, &mut Room<'_>),
    topic: &CreatableTopic,
    validate_only: bool,
    deadline: Time,
) -> Result<Result<Created, Refusal>, Ending> {
    let name = topic.name.to_string();
    let (partitions, settings) = match check(context, topic) {
        Ok(checked) => checked,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if !view.topics.contains_key(&name)
        && let Err(refusal) = room.take(1, partitions)
    {
        return Ok(Err(refusal));
    }
    if validate_only {
        return Ok(match view.topics.contains_key(&name) {
            true => Err((
                ResponseError::TopicAlreadyExists,
                format!("topic {name} exists"),
            )),
            false => Ok((partitions, settings)),
        });
    }
    let change = AdminChange::CreateTopic {
        name,
        id: new_topic_id(),
        partitions,
        settings: settings.clone(),
    };
    let outcome = context.forwarder.change(change, deadline).await?;
    Ok(outcome
        .map(|()| (partitions, settings))
        .map_err(|error| room::refusal(context, error)))
}

/// Everything that can be judged without knowing which topics exist.
fn check(context: &Context, topic: &CreatableTopic) -> Result<Created, Refusal> {
    if let Some(problem) = crate::topic_name::problem(&topic.name) {
        return Err((ResponseError::InvalidTopicException, problem.to_owned()));
    }
    let nodes = context.config.peers.len();
    let partitions = if topic.assignments.is_empty() {
        if !(topic.replication_factor == -1
            || usize::try_from(topic.replication_factor) == Ok(nodes))
        {
            let why = format!(
                "every record is on all {nodes} nodes: ask for replication factor {nodes}, or -1"
            );
            return Err((ResponseError::InvalidReplicationFactor, why));
        }
        match topic.num_partitions {
            -1 => context.config.default_partitions,
            given => given,
        }
    } else {
        assigned(context, topic)?
    };
    if !(1..=PARTITIONS_MAX).contains(&partitions) {
        return Err((
            ResponseError::InvalidPartitions,
            format!("a topic has 1 to {PARTITIONS_MAX} partitions"),
        ));
    }
    let given = topic
        .configs
        .iter()
        .map(|setting| (&*setting.name, setting.value.as_deref()));
    let settings =
        configs::check(given, nodes).map_err(|why| (ResponseError::InvalidConfig, why))?;
    Ok((partitions, settings))
}

/// The number of partitions of a manual assignment, which may only say what is the case anyway.
fn assigned(context: &Context, topic: &CreatableTopic) -> Result<i32, Refusal> {
    let refuse = |why: &str| Err((ResponseError::InvalidReplicaAssignment, why.to_owned()));
    if topic.num_partitions != -1 || topic.replication_factor != -1 {
        let why = "with an assignment, partitions and replication factor must be -1".to_owned();
        return Err((ResponseError::InvalidRequest, why));
    }
    let voters = context.config.voters();
    let mut indexes: Vec<i32> = topic
        .assignments
        .iter()
        .map(|assignment| assignment.partition_index)
        .collect();
    indexes.sort_unstable();
    if !indexes
        .iter()
        .enumerate()
        .all(|(place, index)| usize::try_from(*index) == Ok(place))
    {
        return refuse("partitions must be numbered from 0 without a gap");
    }
    for assignment in &topic.assignments {
        let mut ids: Vec<u64> = assignment
            .broker_ids
            .iter()
            .filter_map(|id| u64::try_from(id.0).ok())
            .collect();
        ids.sort_unstable();
        if ids != voters {
            return refuse("every partition is on every node");
        }
    }
    Ok(i32::try_from(indexes.len()).unwrap_or(i32::MAX))
}

fn result(
    context: &Context,
    topic: &CreatableTopic,
    outcome: Result<Created, Refusal>,
) -> CreatableTopicResult {
    let answer = CreatableTopicResult::default().with_name(topic.name.clone());
    match outcome {
        Err((error, why)) => answer
            .with_error_code(error.code())
            .with_error_message(Some(string(why)))
            .with_num_partitions(-1)
            .with_replication_factor(-1)
            .with_configs(Some(Vec::new())),
        Ok((partitions, settings)) => {
            let shown = configs::of_topic(&context.config, &settings)
                .into_iter()
                .map(|setting| {
                    CreatableTopicConfigs::default()
                        .with_name(string(setting.name))
                        .with_value(Some(string(setting.value)))
                        .with_read_only(setting.source != Source::Topic)
                        .with_config_source(setting.source as i8)
                });
            // The library's default is the empty string, which some clients would print as an
            // error.
            answer
                .with_error_message(None)
                .with_num_partitions(partitions)
                .with_replication_factor(context.config.peers.len() as i16)
                .with_configs(Some(shown.collect()))
        }
    }
}
