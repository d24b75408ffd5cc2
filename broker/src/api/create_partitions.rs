//! CreatePartitions: grows a topic, on any node; a follower passes the change on to the leader.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::{CreatePartitionsRequest, CreatePartitionsResponse};

use super::create_topics::PARTITIONS_MAX;
use super::room::{self, Refusal, Room};
use super::{Context, string};
use crate::ask::Ending;
use crate::request::{AdminChange, View};
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, _version: i16) -> Walked {
    shape.array(|topic| {
        topic.string()?;
        topic.skip(4)?;
        topic.array(|assignment| {
            assignment.array(|broker| broker.skip(4))?;
            assignment.tags()
        })?;
        topic.tags()
    })?;
    shape.skip(5)?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: CreatePartitionsRequest,
) -> Result<CreatePartitionsResponse, Ending> {
    let view = context.view().await?;
    let deadline = context.forward_deadline(request.timeout_ms);
    let more = |topic: &CreatePartitionsTopic| {
        let known = view.topics.get(topic.name.as_str());
        let known = known.map_or(0, |known| known.partitions);
        topic.count.saturating_sub(known).max(0)
    };
    let asked = request.topics.iter().map(|topic| more(topic) as usize);
    let mut room = Room::new(context, &view, 0, asked.sum());
    let mut results = Vec::with_capacity(request.topics.len());
    for topic in request.topics {
        let checked =
            check(&view, &topic, request.validate_only).and_then(|()| room.take(0, more(&topic)));
        let outcome = match checked {
            Err(refusal) => Err(refusal),
            Ok(()) if request.validate_only => Ok(()),
            Ok(()) => {
                let change = AdminChange::GrowTopic {
                    name: topic.name.to_string(),
                    partitions: topic.count,
                };
                let outcome = context.forwarder.change(change, deadline).await?;
                outcome.map_err(|error| room::refusal(context, error))
            }
        };
        let answer = CreatePartitionsTopicResult::default().with_name(topic.name);
        results.push(match outcome {
            Ok(()) => answer.with_error_message(None),
            Err((error, why)) => answer
                .with_error_code(error.code())
                .with_error_message(Some(string(why))),
        });
    }
    Ok(CreatePartitionsResponse::default().with_results(results))
}

/// Whether the topic exists and is smaller is for the leader to decide, unless nothing is to be done
/// anyway.
fn check(view: &View, topic: &CreatePartitionsTopic, validate_only: bool) -> Result<(), Refusal> {
    if topic.assignments.is_some() {
        let why = "every partition is on every node: leave the assignment out".to_owned();
        return Err((ResponseError::InvalidReplicaAssignment, why));
    }
    if !(1..=PARTITIONS_MAX).contains(&topic.count) {
        return Err((
            ResponseError::InvalidPartitions,
            format!("a topic has 1 to {PARTITIONS_MAX} partitions"),
        ));
    }
    if validate_only {
        let known = view.topics.get(topic.name.as_str());
        let known = known.ok_or_else(|| {
            (
                ResponseError::UnknownTopicOrPartition,
                format!("topic {} does not exist", topic.name.as_str()),
            )
        })?;
        if topic.count <= known.partitions {
            let why = format!("the topic has {} partitions already", known.partitions);
            return Err((ResponseError::InvalidPartitions, why));
        }
    }
    Ok(())
}
