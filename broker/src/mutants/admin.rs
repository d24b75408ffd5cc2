//! Lies in answers to CreateTopics, DeleteTopics and CreatePartitions.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{
    CreatePartitionsResponse, CreateTopicsResponse, DeleteTopicsResponse,
};

use super::Mutant;
use super::When::Always;
use super::lie::{Change, Lie};
use super::metadata::renamed;

const fn create(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    change: Change<CreateTopicsResponse>,
) -> Mutant {
    Mutant::new(name, field, does, Always, Lie::CreateTopics(change))
}

const fn delete(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    change: Change<DeleteTopicsResponse>,
) -> Mutant {
    Mutant::new(name, field, does, Always, Lie::DeleteTopics(change))
}

const fn grow(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    change: Change<CreatePartitionsResponse>,
) -> Mutant {
    Mutant::new(name, field, does, Always, Lie::CreatePartitions(change))
}

/// Replaces success by an error.
fn instead_of_success(code: &mut i16, error: ResponseError) {
    if *code == 0 {
        *code = error.code();
    }
}

/// The rows.
pub(super) const TABLE: &[Mutant] = &[
    create(
        "create-refused",
        "error_code",
        "INVALID_REQUEST for a topic that was created",
        |answer, _| {
            for one in &mut answer.topics {
                instead_of_success(&mut one.error_code, ResponseError::InvalidRequest);
            }
        },
    ),
    create(
        "create-exists",
        "error_code",
        "TOPIC_ALREADY_EXISTS for a topic that was created",
        |answer, _| {
            for one in &mut answer.topics {
                instead_of_success(&mut one.error_code, ResponseError::TopicAlreadyExists);
            }
        },
    ),
    create(
        "create-timed-out",
        "error_code",
        "REQUEST_TIMED_OUT for a topic that was created",
        |answer, _| {
            for one in &mut answer.topics {
                instead_of_success(&mut one.error_code, ResponseError::RequestTimedOut);
            }
        },
    ),
    create(
        "create-success-instead-of-error",
        "error_code",
        "success for a topic that was refused",
        |answer, _| {
            for one in &mut answer.topics {
                one.error_code = 0;
            }
        },
    ),
    create(
        "create-another-topic",
        "name",
        "the answer is about another topic",
        |answer, _| {
            for one in &mut answer.topics {
                one.name = renamed(&one.name);
            }
        },
    ),
    create(
        "create-topic-missing",
        "topics",
        "no topic in the answer",
        |answer, _| answer.topics.clear(),
    ),
    create(
        "create-partitions-wrong",
        "num_partitions",
        "one partition more than the topic got",
        |answer, _| {
            for one in answer.topics.iter_mut().filter(|one| one.error_code == 0) {
                one.num_partitions += 1;
            }
        },
    ),
    delete(
        "delete-refused",
        "error_code",
        "NOT_CONTROLLER for a topic that was deleted",
        |answer, _| {
            for one in &mut answer.responses {
                instead_of_success(&mut one.error_code, ResponseError::NotController);
            }
        },
    ),
    delete(
        "delete-unknown-topic",
        "error_code",
        "UNKNOWN_TOPIC_OR_PARTITION for a topic that was deleted",
        |answer, _| {
            for one in &mut answer.responses {
                instead_of_success(&mut one.error_code, ResponseError::UnknownTopicOrPartition);
            }
        },
    ),
    delete(
        "delete-success-instead-of-error",
        "error_code",
        "success for a topic that was not deleted",
        |answer, _| {
            for one in &mut answer.responses {
                one.error_code = 0;
            }
        },
    ),
    delete(
        "delete-topic-missing",
        "responses",
        "no topic in the answer",
        |answer, _| answer.responses.clear(),
    ),
    grow(
        "grow-refused",
        "error_code",
        "INVALID_REQUEST for a topic that has grown",
        |answer, _| {
            for one in &mut answer.results {
                instead_of_success(&mut one.error_code, ResponseError::InvalidRequest);
            }
        },
    ),
    grow(
        "grow-timed-out",
        "error_code",
        "REQUEST_TIMED_OUT for a topic that has grown",
        |answer, _| {
            for one in &mut answer.results {
                instead_of_success(&mut one.error_code, ResponseError::RequestTimedOut);
            }
        },
    ),
    grow(
        "grow-success-instead-of-error",
        "error_code",
        "success for a topic that has not grown",
        |answer, _| {
            for one in &mut answer.results {
                one.error_code = 0;
            }
        },
    ),
    grow(
        "grow-topic-missing",
        "results",
        "no topic in the answer",
        |answer, _| answer.results.clear(),
    ),
];
