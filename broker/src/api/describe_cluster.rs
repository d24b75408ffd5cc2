//! DescribeCluster: the nodes and the leader, without topics.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::messages::{DescribeClusterRequest, DescribeClusterResponse};

use super::{Context, broker_id, leader_id, string};
use crate::ask::Ending;
use crate::shape::{Shape, Walked};

/// Kind of endpoint: brokers, as opposed to controllers.
const BROKERS: i8 = 1;

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.skip(if version >= 1 { 2 } else { 1 })?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: DescribeClusterRequest,
) -> Result<DescribeClusterResponse, Ending> {
    let view = context.view().await?;
    let answer = DescribeClusterResponse::default()
        .with_endpoint_type(request.endpoint_type)
        .with_cluster_id(string(context.config.cluster_id.as_str()))
        .with_controller_id(leader_id(view.leader));
    if request.endpoint_type != BROKERS {
        return Ok(answer
            .with_error_code(ResponseError::MismatchedEndpointType.code())
            .with_error_message(Some(string(
                "these are brokers; there are no separate controllers",
            ))));
    }
    let brokers = context.config.peers.iter().map(|peer| {
        let address = context.config.advertised(peer);
        DescribeClusterBroker::default()
            .with_broker_id(broker_id(peer.id))
            .with_host(string(address.host.as_str()))
            .with_port(address.port.into())
    });
    Ok(answer.with_brokers(brokers.collect()))
}
