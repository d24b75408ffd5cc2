//! What only the leader may do, asked on any node: changes of topics, and producer ids.
//!
//! The own core is asked first. If it does not lead, the request goes to the leader it names: one
//! hop, under one deadline. While it is *certain* that nothing was applied (no leader known, no
//! connection, the other is not the leader either) it is tried again until the deadline, and then
//! ends in NOT_CONTROLLER, which clients retry. Once it was sent and no answer came, nobody knows:
//! REQUEST_TIMED_OUT, and no second try.

use std::time::Duration;

use kafka_protocol::ResponseError;
use tokio::time::sleep;

use crate::node::ask::{CoreHandle, Ending};
use crate::peers::forwarding::{ForwardLinks, NotSent};
use crate::plants::{self, Plants};
use crate::request::{AdminChange, AdminError, Request, Response, Time};

/// Pause before asking again who leads.
const LEADER_POLL: Duration = Duration::from_millis(20);

/// What may be passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Forwarded {
    /// A change of topics.
    Change(AdminChange),
    /// A producer id that was never handed out before.
    ProducerId,
}

/// Outcome of something passed on: the producer id, or 0 for a change.
pub(crate) type ForwardOutcome = Result<i64, AdminError>;

/// The way to the leader, wherever it is.
#[derive(Clone, Debug)]
pub(crate) struct Forwarder {
    core: CoreHandle,
    links: ForwardLinks,
    plants: Plants,
}

impl Forwarder {
    /// Asks `core` first, then others through `links`.
    pub(crate) fn new(core: CoreHandle, links: ForwardLinks, plants: Plants) -> Forwarder {
        Forwarder {
            core,
            links,
            plants,
        }
    }

    /// Makes a change of topics.
    pub(crate) async fn change(
        &self,
        change: AdminChange,
        deadline: Time,
    ) -> Result<Result<(), ResponseError>, Ending> {
        Ok(self
            .to_leader(Forwarded::Change(change), deadline)
            .await?
            .map(|_| ()))
    }

    /// Draws a producer id.
    pub(crate) async fn producer_id(
        &self,
        deadline: Time,
    ) -> Result<Result<i64, ResponseError>, Ending> {
        self.to_leader(Forwarded::ProducerId, deadline).await
    }

    async fn to_leader(
        &self,
        what: Forwarded,
        deadline: Time,
    ) -> Result<Result<i64, ResponseError>, Ending> {
        loop {
            let leader = match ask_core(&self.core, what.clone(), deadline).await? {
                Ok(value) => return Ok(Ok(value)),
                Err(AdminError::Refused(error)) => return Ok(Err(error)),
                Err(AdminError::NotLeader(leader)) => leader,
            };
            if let Some(leader) = leader {
                let passed_on = plants::topics::passed_on(&self.plants, what.clone());
                match self.links.call(leader, passed_on, deadline).await {
                    Ok(Ok(value)) => return Ok(Ok(value)),
                    Ok(Err(AdminError::Refused(error))) => return Ok(Err(error)),
                    // Surely not applied: perhaps the next one to lead takes it.
                    Ok(Err(AdminError::NotLeader(_))) | Err(NotSent) => {}
                }
            }
            if self.core.left_until(deadline) <= LEADER_POLL {
                return Ok(Err(ResponseError::NotController));
            }
            sleep(LEADER_POLL).await;
        }
    }
}

/// Asks the core of this node, and nobody else: what a node does with what another one passed on.
pub(crate) async fn ask_core(
    core: &CoreHandle,
    what: Forwarded,
    deadline: Time,
) -> Result<ForwardOutcome, Ending> {
    let request = match what {
        Forwarded::Change(change) => Request::Admin { change, deadline },
        Forwarded::ProducerId => Request::InitProducerId { deadline },
    };
    Ok(match core.ask(request).await? {
        Response::Admin(outcome) => outcome.map(|()| 0),
        Response::ProducerId(outcome) => outcome,
        other => {
            unreachable!("the core answers a change or a producer id with its like, not {other:?}")
        }
    })
}
