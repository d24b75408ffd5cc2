//! FindCoordinator: there are no groups and no transactions here, and it says so.
//!
//! It is offered all the same, for two reasons: librdkafka takes its presence as the sign that LZ4
//! may be used, and consumers that assign partitions themselves ask it whenever they have a
//! `group.id`. COORDINATOR_NOT_AVAILABLE does not stop them: they ask again in the background
//! and consume meanwhile.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::{BrokerId, FindCoordinatorRequest, FindCoordinatorResponse};

use super::string;
use crate::ask::Ending;
use crate::shape::{Shape, Walked};

/// Kind of key: a transactional id.
const TRANSACTION: i8 = 1;

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    if version <= 3 {
        shape.string()?;
    }
    shape.skip(usize::from(version >= 1))?;
    if version >= 4 {
        shape.array(|key| key.string())?;
    }
    shape.tags()
}

pub(super) fn answer(
    version: i16,
    request: FindCoordinatorRequest,
) -> Result<FindCoordinatorResponse, Ending> {
    let (error, why) = if request.key_type == TRANSACTION {
        // Not retriable: a producer that wants transactions must fail now, not after its time-out.
        (
            ResponseError::InvalidRequest,
            "this broker has no transactions",
        )
    } else {
        (
            ResponseError::CoordinatorNotAvailable,
            "this broker has no consumer groups; assign partitions instead",
        )
    };
    let response = FindCoordinatorResponse::default();
    if version <= 3 {
        return Ok(response
            .with_error_code(error.code())
            .with_error_message(Some(string(why)))
            .with_node_id(BrokerId(-1))
            .with_port(-1));
    }
    let coordinators = request.coordinator_keys.into_iter().map(|key| {
        Coordinator::default()
            .with_key(key)
            .with_node_id(BrokerId(-1))
            .with_port(-1)
            .with_error_code(error.code())
            .with_error_message(Some(string(why)))
    });
    Ok(response.with_coordinators(coordinators.collect()))
}
