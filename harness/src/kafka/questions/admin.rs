//! Requests that change topics or delete records, each sent once to one named node. The answer says what this one request did.

use checkers::history::Offset;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::create_topics_response::CreatableTopicResult;
use kafka_protocol::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::{
    CreatePartitionsRequest, CreateTopicsRequest, DeleteRecordsRequest, DeleteTopicsRequest,
};

use super::{CREATE_TOPICS_VERSION, NoAnswer, error_name, topic_name};
use crate::kafka::wire::{Wire, WireError};

const DELETE_TOPICS_VERSION: i16 = 3;
const CREATE_PARTITIONS_VERSION: i16 = 1;
const DELETE_RECORDS_VERSION: i16 = 1;

/// The outcome of a change.
#[derive(Debug)]
pub enum Changed {
    /// The node acknowledged it.
    Acknowledged,
    /// The node reports that it definitely did not happen.
    Refused(String),
    /// It may have happened, or may still happen: there is no answer, or the answer leaves it open.
    Unknown(String),
}

/// Creates a topic.
pub fn create(
    wire: &mut Wire,
    name: &str,
    partitions: i32,
    replicas: i16,
    timeout_ms: i32,
) -> Changed {
    let topic = CreatableTopic::default()
        .with_name(topic_name(name))
        .with_num_partitions(partitions)
        .with_replication_factor(replicas);
    let request = CreateTopicsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(timeout_ms);
    let answer = wire.call(&request, CREATE_TOPICS_VERSION);
    // The answer must be about this topic, with this many partitions; -1 states none.
    let asked = |row: &&CreatableTopicResult| {
        let stated = row.num_partitions;
        row.name == topic_name(name)
            && (row.error_code != 0 || stated == -1 || stated == partitions)
    };
    let code = answer.map(|answer| answer.topics.iter().find(asked).map(|row| row.error_code));
    match code {
        // Said of the request alone, so it is no word about what an earlier one did.
        Ok(Some(code)) if is_about_the_request(code) => Changed::Refused(
            ResponseError::try_from_code(code).map_or(String::new(), |error| error_name(&error)),
        ),
        code => changed(code),
    }
}

/// Whether a creation was refused for what it asks: its name or its number of partitions.
fn is_about_the_request(code: i16) -> bool {
    matches!(
        ResponseError::try_from_code(code),
        Some(ResponseError::InvalidTopicException | ResponseError::InvalidPartitions)
    )
}

/// Deletes a topic.
pub fn delete(wire: &mut Wire, name: &str, timeout_ms: i32) -> Changed {
    let request = DeleteTopicsRequest::default()
        .with_topic_names(vec![topic_name(name)])
        .with_timeout_ms(timeout_ms);
    let answer = wire.call(&request, DELETE_TOPICS_VERSION);
    let of_it = |row: &&DeletableTopicResult| row.name == Some(topic_name(name));
    changed(answer.map(|answer| {
        answer
            .responses
            .iter()
            .find(of_it)
            .map(|row| row.error_code)
    }))
}

/// Raises a topic's number of partitions.
pub fn grow(wire: &mut Wire, name: &str, partitions: i32, timeout_ms: i32) -> Changed {
    let topic = CreatePartitionsTopic::default()
        .with_name(topic_name(name))
        .with_count(partitions)
        .with_assignments(None);
    let request = CreatePartitionsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(timeout_ms);
    let answer = wire.call(&request, CREATE_PARTITIONS_VERSION);
    let of_it = |row: &&CreatePartitionsTopicResult| row.name == topic_name(name);
    changed(answer.map(|answer| answer.results.iter().find(of_it).map(|row| row.error_code)))
}

/// Deletes the records of a partition below an offset. Also returns the low watermark of an acknowledgement.
pub fn delete_records(
    wire: &mut Wire,
    (topic, partition): (&str, i32),
    offset: Offset,
    timeout_ms: i32,
) -> (Changed, Option<Offset>) {
    let row = DeleteRecordsPartition::default()
        .with_partition_index(partition)
        .with_offset(offset);
    let asked = DeleteRecordsTopic::default()
        .with_name(topic_name(topic))
        .with_partitions(vec![row]);
    let request = DeleteRecordsRequest::default()
        .with_topics(vec![asked])
        .with_timeout_ms(timeout_ms);
    let answer = wire.call(&request, DELETE_RECORDS_VERSION);
    let row = answer.map(|answer| {
        let mut topics = answer.topics.into_iter();
        let rows = topics.find(|row| row.name == topic_name(topic))?.partitions;
        rows.into_iter()
            .find(|row| row.partition_index == partition)
    });
    match row {
        // Not so NOT_LEADER_OR_FOLLOWER: Apache Kafka answers it, too, when leadership moves while it waits for replicas.
        Ok(Some(row)) => match ResponseError::try_from_code(row.error_code) {
            None => (Changed::Acknowledged, Some(row.low_watermark)),
            Some(error @ ResponseError::OffsetOutOfRange) => {
                (Changed::Refused(error_name(&error)), None)
            }
            Some(_) => (changed(Ok(Some(row.error_code))), None),
        },
        Ok(None) => (changed(Ok(None)), None),
        Err(error) => (changed(Err(error)), None),
    }
}

/// The number of partitions of a topic, as a node reports it. None if it does not know the topic.
///
/// # Errors
/// If the node does not answer.
pub fn describe(wire: &mut Wire, name: &str) -> Result<Option<i32>, NoAnswer> {
    let metadata = super::metadata(wire, &[name.to_owned()])?;
    let rows = metadata.partitions.iter();
    let count = rows.filter(|row| row.topic() == name).count();
    Ok((count > 0).then(|| i32::try_from(count).unwrap_or(i32::MAX)))
}

fn changed(answer: Result<Option<i16>, WireError>) -> Changed {
    match answer {
        Err(error) => Changed::Unknown(error.to_string()),
        Ok(None) => Changed::Unknown("the topic is not in the answer".to_owned()),
        Ok(Some(code)) => match ResponseError::try_from_code(code) {
            None => Changed::Acknowledged,
            Some(error) if surely_not(&error) => Changed::Refused(error_name(&error)),
            Some(error) => Changed::Unknown(error_name(&error)),
        },
    }
}

/// Whether an error means that nothing was done. TOPIC_ALREADY_EXISTS and similar errors are not among them: a node
/// that forwards a request may have sent it twice, and the second answer is about the effect of the first.
fn surely_not(error: &ResponseError) -> bool {
    matches!(
        error,
        ResponseError::NotController
            | ResponseError::InvalidRequest
            | ResponseError::InvalidConfig
            | ResponseError::InvalidReplicationFactor
            | ResponseError::PolicyViolation
            | ResponseError::UnsupportedVersion
            | ResponseError::ClusterAuthorizationFailed
            | ResponseError::TopicAuthorizationFailed
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_definite_refusals_mean_that_nothing_was_done() {
        let told = |code| changed(Ok(Some(code)));
        assert!(matches!(told(0), Changed::Acknowledged));
        let refused = told(ResponseError::NotController.code());
        assert!(matches!(&refused, Changed::Refused(name) if name == "NOT_CONTROLLER"));
        for error in [
            ResponseError::RequestTimedOut,
            ResponseError::TopicAlreadyExists,
            ResponseError::UnknownServerError,
        ] {
            assert!(
                matches!(told(error.code()), Changed::Unknown(_)),
                "{error:?}"
            );
        }
        assert!(is_about_the_request(
            ResponseError::InvalidPartitions.code()
        ));
        assert!(!is_about_the_request(
            ResponseError::TopicAlreadyExists.code()
        ));
        assert!(!is_about_the_request(0));
        let silent = changed(Err(WireError::TimedOut(1)));
        assert!(matches!(silent, Changed::Unknown(_)));
        assert!(matches!(changed(Ok(None)), Changed::Unknown(_)));
    }
}
