//! What only the leader may do, asked on any node: changes of topics, and producer ids.
//!
//! The own core is asked first. If it does not lead, the request goes to the leader it names: one
//! hop, under one deadline. While it is *certain* that nothing was applied (no leader known, no
//! connection, the other does not lead either) it is tried again until the deadline, and then
//! ends in NOT_CONTROLLER, which clients retry. Once it was sent and no answer came, nobody knows:
//! REQUEST_TIMED_OUT, and no second try.

use std::time::Duration;

use kafka_protocol::ResponseError;
use tokio::time::sleep;

use crate::ask::{CoreHandle, Ending};
use crate::hooks::Hooks;
use crate::messages::Forwarded;
use crate::peers::forwarding::{ForwardLinks, NotSent};
use crate::request::{AdminChange, AdminError, Time};

/// Pause before asking again who leads.
const LEADER_POLL: Duration = Duration::from_millis(20);

/// The way to the leader, wherever it is.
#[derive(Clone, Debug)]
pub(crate) struct Forwarder {
    core: CoreHandle,
    links: ForwardLinks,
    hooks: Hooks,
}

impl Forwarder {
    /// Asks `core` first, then others through `links`.
    pub(crate) fn new(core: CoreHandle, links: ForwardLinks, hooks: Hooks) -> Forwarder {
        Forwarder { core, links, hooks }
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
            let leader = match self.core.ask_leader(what.clone(), deadline).await? {
                Ok(value) => return Ok(Ok(value)),
                Err(AdminError::Refused(error)) => return Ok(Err(error)),
                Err(AdminError::NotLeader(leader)) => leader,
            };
            if let Some(leader) = leader {
                let passed_on = self.hooks.passed_on(what.clone());
                match self.links.call(leader, passed_on, deadline).await {
                    Ok(Ok(value)) => return Ok(Ok(value)),
                    Ok(Err(AdminError::Refused(error))) => return Ok(Err(error)),
                    // Not applied: perhaps the next leader takes it.
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
