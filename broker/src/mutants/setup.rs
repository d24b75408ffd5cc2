//! Lies in what clients ask before they begin: InitProducerId, FindCoordinator, ApiVersions.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{
    ApiKey, ApiVersionsResponse, BrokerId, FindCoordinatorResponse, InitProducerIdResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::Mutant;
use super::When::{Always, FromStart};
use super::lie::{Change, Lie};

const fn producer_id(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    change: Change<InitProducerIdResponse>,
) -> Mutant {
    Mutant::new(name, field, does, FromStart, Lie::InitProducerId(change))
}

const fn coordinator(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    change: Change<FindCoordinatorResponse>,
) -> Mutant {
    Mutant::new(name, field, does, Always, Lie::FindCoordinator(change))
}

const fn versions(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    change: Change<ApiVersionsResponse>,
) -> Mutant {
    Mutant::new(name, field, does, Always, Lie::ApiVersions(change))
}

/// Refuses with an error, and names nobody.
fn refuse(answer: &mut InitProducerIdResponse, error: ResponseError) {
    answer.error_code = error.code();
    answer.producer_id = (-1).into();
    answer.producer_epoch = -1;
}

/// Leaves an API out.
fn without(answer: &mut ApiVersionsResponse, key: ApiKey) {
    answer.api_keys.retain(|one| one.api_key != key as i16);
}

/// Says that the last version of an API is another one.
fn up_to(answer: &mut ApiVersionsResponse, key: ApiKey, version: i16) {
    for one in &mut answer.api_keys {
        if one.api_key == key as i16 {
            one.max_version = version;
        }
    }
}

/// The rows.
pub(super) const TABLE: &[Mutant] = &[
    producer_id(
        "producer-id-twice",
        "producer_id",
        "every producer of a node gets the same id",
        |answer, scene| {
            let first = scene.memory.first_of_all(answer.producer_id.0);
            answer.producer_id = first.into();
        },
    ),
    producer_id(
        "producer-id-of-the-next",
        "producer_id",
        "the id that the next producer will get",
        |answer, _| answer.producer_id = (answer.producer_id.0 + 1).into(),
    ),
    producer_id(
        "producer-id-missing",
        "producer_id",
        "no id, without an error",
        |answer, _| answer.producer_id = (-1).into(),
    ),
    producer_id(
        "producer-epoch-ahead",
        "producer_epoch",
        "an epoch that is one too high",
        |answer, _| answer.producer_epoch += 1,
    ),
    producer_id(
        "producer-id-refused",
        "error_code",
        "COORDINATOR_LOAD_IN_PROGRESS, always",
        |answer, _| refuse(answer, ResponseError::CoordinatorLoadInProgress),
    ),
    producer_id(
        "producer-id-forbidden",
        "error_code",
        "CLUSTER_AUTHORIZATION_FAILED, always",
        |answer, _| refuse(answer, ResponseError::ClusterAuthorizationFailed),
    ),
    coordinator(
        "coordinator-found",
        "error_code",
        "this node is the coordinator, of groups that it does not have",
        |answer, scene| {
            answer.error_code = 0;
            answer.node_id = BrokerId(scene.node);
            for one in &mut answer.coordinators {
                one.error_code = 0;
                one.node_id = BrokerId(scene.node);
            }
        },
    ),
    coordinator(
        "coordinator-wrong-host",
        "host",
        "a coordinator at an address at which nobody is",
        |answer, _| {
            let host = StrBytes::from_static_str("10.77.0.99");
            answer.error_code = 0;
            answer.node_id = BrokerId(1);
            answer.host = host.clone();
            answer.port = 9_092;
            for one in &mut answer.coordinators {
                one.error_code = 0;
                one.node_id = BrokerId(1);
                one.host = host.clone();
                one.port = 9_092;
            }
        },
    ),
    versions(
        "versions-without-produce",
        "api_keys",
        "Produce is not offered",
        |answer, _| without(answer, ApiKey::Produce),
    ),
    versions(
        "versions-without-fetch",
        "api_keys",
        "Fetch is not offered",
        |answer, _| without(answer, ApiKey::Fetch),
    ),
    versions(
        "versions-without-metadata",
        "api_keys",
        "Metadata is not offered",
        |answer, _| without(answer, ApiKey::Metadata),
    ),
    versions(
        "versions-empty",
        "api_keys",
        "nothing is offered",
        |answer, _| answer.api_keys.clear(),
    ),
    versions(
        "versions-fetch-ahead",
        "max_version",
        "versions of Fetch are offered that do not exist here",
        |answer, _| up_to(answer, ApiKey::Fetch, 16),
    ),
    versions(
        "versions-fetch-behind",
        "max_version",
        "only old versions of Fetch are offered",
        |answer, _| up_to(answer, ApiKey::Fetch, 4),
    ),
];
