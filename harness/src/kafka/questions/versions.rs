//! Which versions of a request a node serves (ApiVersions).

use kafka_protocol::messages::{ApiKey, ApiVersionsRequest, ApiVersionsResponse};
use kafka_protocol::protocol::StrBytes;

use super::{NoAnswer, refused};
use crate::kafka::wire::Wire;

/// The first version that states features, too.
const API_VERSIONS_VERSION: i16 = 3;

/// A node's whole answer, in the version with features.
///
/// # Errors
/// If the node does not answer or refuses.
pub(super) fn all(wire: &mut Wire) -> Result<ApiVersionsResponse, NoAnswer> {
    answer(wire, API_VERSIONS_VERSION)
}

/// A node's answer in this version. Version 0 does not say who asks.
///
/// # Errors
/// If the node does not answer or refuses.
pub(super) fn answer(wire: &mut Wire, version: i16) -> Result<ApiVersionsResponse, NoAnswer> {
    let word = StrBytes::from_static_str;
    let request = match version {
        0 => ApiVersionsRequest::default(),
        _ => ApiVersionsRequest::default()
            .with_client_software_name(word("jepsen"))
            .with_client_software_version(word(env!("CARGO_PKG_VERSION"))),
    };
    let answer = wire.call(&request, version)?;
    match refused(answer.error_code) {
        Some(refusal) => Err(refusal),
        None => Ok(answer),
    }
}

/// The newest version of one request that a node serves; none if it serves none.
///
/// # Errors
/// If the node does not answer or refuses.
pub(super) fn newest(wire: &mut Wire, key: ApiKey) -> Result<Option<i16>, NoAnswer> {
    let answer = all(wire)?;
    let mut known = answer.api_keys.iter();
    let row = known.find(|row| row.api_key == key as i16);
    Ok(row.map(|row| row.max_version))
}
