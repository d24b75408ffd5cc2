//! ApiVersions: what this broker offers. Every connection begins with it, so it is answered without
//! the core.

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::ApiVersionsResponse;
use kafka_protocol::messages::api_versions_response::{
    ApiVersion, FinalizedFeatureKey, SupportedFeatureKey,
};
use kafka_protocol::protocol::StrBytes;

use super::{Call, Hangup, OFFERED, encode};

const LAST_VERSION: i16 = 3;

/// First version that has features.
const FEATURES_VERSION: i16 = 3;

/// Kafka's name for the protocol of transactions.
const TRANSACTION_FEATURE: &str = "transaction.version";

/// With epochs that are raised at each end (KIP-890). Clients use it only where the cluster has decided on it.
const TRANSACTION_VERSION: i16 = 2;

/// A version we do not know is answered in version 0 with UNSUPPORTED_VERSION *and* the list, from
/// which the client picks a version it shares (KIP-511). What else the request holds is not looked
/// at.
pub(super) fn answer(call: &Call) -> Result<Bytes, Hangup> {
    let keys = OFFERED.iter().map(|(key, first, last)| {
        ApiVersion::default()
            .with_api_key(*key as i16)
            .with_min_version(*first)
            .with_max_version(*last)
    });
    let response = ApiVersionsResponse::default().with_api_keys(keys.collect());
    let response = match call.version {
        FEATURES_VERSION..=LAST_VERSION => with_features(response),
        _ => response,
    };
    if (0..=LAST_VERSION).contains(&call.version) {
        return encode(call, call.version, &response);
    }
    let response = response.with_error_code(ResponseError::UnsupportedVersion.code());
    encode(call, 0, &response)
}

/// Names the features that the whole cluster has. All nodes are of one version, so there is nothing to decide on.
fn with_features(response: ApiVersionsResponse) -> ApiVersionsResponse {
    let name = StrBytes::from_static_str(TRANSACTION_FEATURE);
    let supported = SupportedFeatureKey::default()
        .with_name(name.clone())
        .with_max_version(TRANSACTION_VERSION);
    let finalized = FinalizedFeatureKey::default()
        .with_name(name)
        .with_min_version_level(TRANSACTION_VERSION)
        .with_max_version_level(TRANSACTION_VERSION);
    response
        .with_supported_features(vec![supported])
        .with_finalized_features_epoch(0)
        .with_finalized_features(vec![finalized])
}
