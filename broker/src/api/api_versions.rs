//! ApiVersions: what this broker offers. Every connection begins with it, so it is answered without
//! the core.

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::ApiVersionsResponse;
use kafka_protocol::messages::api_versions_response::ApiVersion;

use super::{Call, Hangup, OFFERED, encode};

const LAST_VERSION: i16 = 3;

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
    if (0..=LAST_VERSION).contains(&call.version) {
        return encode(call, call.version, &response);
    }
    let response = response.with_error_code(ResponseError::UnsupportedVersion.code());
    encode(call, 0, &response)
}
