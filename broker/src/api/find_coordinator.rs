//! FindCoordinator: the leader coordinates all groups and all transactions. Every node names the leader that it believes in,
//! and never itself for want of another: chronik's nodes did, and each had a group of its own.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::{BrokerId, FindCoordinatorRequest, FindCoordinatorResponse};
use kafka_protocol::protocol::StrBytes;

use super::{Context, broker_id, string};
use crate::ask::Ending;
use crate::rules::Coordinators;
use crate::shape::{Shape, Walked};

/// The kind of key that is a group's id.
const GROUP: i8 = 0;
/// Kinds of keys: a group's id, a transactional id.
const KINDS: std::ops::RangeInclusive<i8> = 0..=1;

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

pub(super) async fn answer(
    context: &Arc<Context>,
    version: i16,
    request: FindCoordinatorRequest,
) -> Result<FindCoordinatorResponse, Ending> {
    let found = find(context, request.key_type).await?;
    let coordinator = |key: StrBytes| {
        let coordinator = Coordinator::default().with_key(key);
        match &found {
            Ok((id, host, port)) => coordinator
                .with_node_id(*id)
                .with_host(host.clone())
                .with_port(*port),
            Err((error, why)) => coordinator
                .with_node_id(BrokerId(-1))
                .with_port(-1)
                .with_error_code(error.code())
                .with_error_message(Some(string(*why))),
        }
    };
    if version <= 3 {
        let one = coordinator(request.key);
        return Ok(FindCoordinatorResponse::default()
            .with_error_code(one.error_code)
            .with_error_message(one.error_message)
            .with_node_id(one.node_id)
            .with_host(one.host)
            .with_port(one.port));
    }
    let coordinators = request.coordinator_keys.into_iter().map(coordinator);
    Ok(FindCoordinatorResponse::default().with_coordinators(coordinators.collect()))
}

type Found = Result<(BrokerId, StrBytes, i32), (ResponseError, &'static str)>;

async fn find(context: &Context, kind: i8) -> Result<Found, Ending> {
    if !KINDS.contains(&kind) {
        let why = "this broker coordinates groups and transactions";
        return Ok(Err((ResponseError::InvalidRequest, why)));
    }
    let leader = match context.rules.coordinators {
        Coordinators::EveryNode if kind == GROUP => Some(context.config.node_id),
        _ => context.view().await?.leader,
    };
    let mut peers = context.config.peers.iter();
    Ok(match peers.find(|peer| Some(peer.id) == leader) {
        Some(peer) => {
            let address = context.config.advertised(peer);
            let host = string(address.host.as_str());
            Ok((broker_id(peer.id), host, address.port.into()))
        }
        None => Err((
            ResponseError::CoordinatorNotAvailable,
            "this node knows no leader at present",
        )),
    })
}
