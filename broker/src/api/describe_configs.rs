//! DescribeConfigs: the settings of a topic, or of this node. All are read-only; there is no
//! AlterConfigs.

use std::collections::BTreeSet;
use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};
use kafka_protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};

use super::configs::{self, Setting, Source};
use super::{Context, string};
use crate::ask::Ending;
use crate::request::View;
use crate::shape::{Shape, Walked};

const RESOURCE_TOPIC: i8 = 2;
const RESOURCE_BROKER: i8 = 4;

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.array(|resource| {
        resource.skip(1)?;
        resource.string()?;
        resource.array(|key| key.string())?;
        resource.tags()
    })?;
    shape.skip(if version >= 3 { 2 } else { 1 })?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: DescribeConfigsRequest,
) -> Result<DescribeConfigsResponse, Ending> {
    let view = context.view().await?;
    // Each resource once: its settings take a hundred times the bytes that ask for them.
    let mut seen = BTreeSet::new();
    let asked = request
        .resources
        .into_iter()
        .filter(|resource| seen.insert((resource.resource_type, resource.resource_name.clone())));
    let results = asked.map(|resource| {
        let answer = DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone());
        match settings(context, &view, &resource) {
            Err((error, why)) => answer
                .with_error_code(error.code())
                .with_error_message(Some(string(why))),
            Ok(settings) => {
                // No key named means all, whether the list is null or empty; clients send both.
                let keys = resource.configuration_keys.unwrap_or_default();
                let asked = |setting: &Setting| {
                    keys.is_empty() || keys.iter().any(|key| key.as_str() == setting.name)
                };
                answer
                    .with_error_message(None)
                    .with_configs(settings.into_iter().filter(asked).map(shown).collect())
            }
        }
    });
    Ok(DescribeConfigsResponse::default().with_results(results.collect()))
}

fn settings(
    context: &Context,
    view: &View,
    resource: &DescribeConfigsResource,
) -> Result<Vec<Setting>, (ResponseError, String)> {
    let name = resource.resource_name.as_str();
    match resource.resource_type {
        RESOURCE_TOPIC => match view.topics.get(name) {
            Some(topic) => Ok(configs::of_topic(&context.config, &topic.settings)),
            None => Err((
                ResponseError::UnknownTopicOrPartition,
                format!("topic {name:?} does not exist"),
            )),
        },
        // No name asks for the defaults of all nodes, of which there are none beside the nodes'
        // own.
        RESOURCE_BROKER if name.is_empty() => Ok(Vec::new()),
        RESOURCE_BROKER if name == context.config.node_id.to_string() => {
            Ok(configs::of_node(&context.config))
        }
        RESOURCE_BROKER => {
            let why = format!(
                "this is node {}; ask node {name:?} itself",
                context.config.node_id
            );
            Err((ResponseError::InvalidRequest, why))
        }
        other => Err((
            ResponseError::InvalidRequest,
            format!("resources of type {other} have no settings here"),
        )),
    }
}

fn shown(setting: Setting) -> DescribeConfigsResourceResult {
    DescribeConfigsResourceResult::default()
        .with_name(string(setting.name))
        .with_value(Some(string(setting.value)))
        .with_read_only(setting.source != Source::Topic)
        .with_config_source(setting.source as i8)
        .with_config_type(setting.kind as i8)
}
