//! What a node offers: the requests that it answers, the cluster to which it belongs, and the settings that it shows.

use std::collections::BTreeMap;

use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::{ApiKey, DescribeConfigsRequest, MetadataRequest};
use kafka_protocol::protocol::StrBytes;

use super::features::Features;
use super::{METADATA_VERSION, NoAnswer, refused, versions};
use crate::kafka::wire::{Wire, WireError};

/// The first version that every client since Kafka 0.10 has, and the first with features.
const API_VERSIONS: [i16; 2] = [3, 0];
/// DescribeConfigs as every broker since Kafka 2.0 answers it.
const DESCRIBE_CONFIGS_VERSION: i16 = 1;
/// The kind of a resource that is a broker.
const BROKER: i8 = 4;

/// What a node offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// The lowest and the highest version of each request, by its key.
    pub requests: BTreeMap<i16, (i16, i16)>,
    /// The finalized features.
    pub features: Features,
}

impl Offer {
    /// Whether the node answers this request in any version.
    pub fn has_any(&self, request: ApiKey) -> bool {
        self.requests.contains_key(&(request as i16))
    }

    /// Whether the node answers this request in this version.
    pub fn has(&self, request: ApiKey, version: i16) -> bool {
        let versions = self.requests.get(&(request as i16));
        versions.is_some_and(|(lowest, highest)| (*lowest..=*highest).contains(&version))
    }
}

/// Asks a node for its versions. A node that knows only the oldest form of the question is asked in that.
///
/// # Errors
/// If the node does not answer, or refuses.
pub fn offer(wire: &mut Wire) -> Result<Offer, NoAnswer> {
    let mut last = None;
    for version in API_VERSIONS {
        match of_version(wire, version) {
            // An answer in the form of another version cannot be read.
            Err(error @ (NoAnswer::Wire(WireError::Malformed(_)) | NoAnswer::Refused(_))) => {
                last = Some(error);
            }
            other => return other,
        }
    }
    Err(last.unwrap_or_else(|| NoAnswer::Refused("no version of ApiVersions".to_owned())))
}

fn of_version(wire: &mut Wire, version: i16) -> Result<Offer, NoAnswer> {
    let answer = versions::answer(wire, version)?;
    let requests = answer.api_keys.iter();
    let features = answer.finalized_features.iter();
    Ok(Offer {
        requests: requests
            .map(|one| (one.api_key, (one.min_version, one.max_version)))
            .collect(),
        features: features
            .map(|one| (one.name.to_string(), one.max_version_level))
            .collect(),
    })
}

/// Asks a node for the id of its cluster. None if it states none.
///
/// # Errors
/// If the node does not answer.
pub fn cluster_id(wire: &mut Wire) -> Result<Option<String>, NoAnswer> {
    let request = MetadataRequest::default()
        .with_topics(Some(Vec::new()))
        .with_allow_auto_topic_creation(false);
    let answer = wire.call(&request, METADATA_VERSION)?;
    Ok(answer.cluster_id.map(|id| id.to_string()))
}

/// Asks a broker for some of its own settings. Those that it does not know are absent.
///
/// # Errors
/// If it does not answer, or refuses.
pub fn settings(
    wire: &mut Wire,
    broker: i32,
    names: &[&'static str],
) -> Result<BTreeMap<String, String>, NoAnswer> {
    let names = names.iter().map(|name| StrBytes::from_static_str(name));
    let resource = DescribeConfigsResource::default()
        .with_resource_type(BROKER)
        .with_resource_name(StrBytes::from_string(broker.to_string()))
        .with_configuration_keys(Some(names.collect()));
    let request = DescribeConfigsRequest::default().with_resources(vec![resource]);
    let answer = wire.call(&request, DESCRIBE_CONFIGS_VERSION)?;
    let mut found = BTreeMap::new();
    for result in answer.results {
        if let Some(refusal) = refused(result.error_code) {
            return Err(refusal);
        }
        for setting in result.configs {
            if let Some(value) = setting.value {
                found.insert(setting.name.to_string(), value.to_string());
            }
        }
    }
    Ok(found)
}
