//! What is read of groups: heartbeats, assignments, committed offsets, descriptions. Each is answered from what is applied
//! once a quorum has confirmed the leader since the question came, so all of it is linearizable. Kafka's coordinator answers
//! from memory, and a deposed one with what was.

use bytes::Bytes;
use kafka_protocol::error::ResponseError;

use super::question::GroupRead;
use super::{Core, Phase};
use crate::core::reads::Question;
use crate::request::groups::{DescribedGroup, DescribedMember, GroupResponse, GroupState};
use crate::request::{RequestId, Time};

impl Core {
    pub(super) fn read_group(&mut self, id: RequestId, read: GroupRead, deadline: Time) {
        self.read(id, Question::Group(read), deadline);
    }

    /// Answers from what is applied.
    pub(in crate::core) fn group_read(&self, read: &GroupRead) -> GroupResponse {
        match read {
            GroupRead::Heartbeat(member) => match self.is_current(member) {
                Ok(()) => GroupResponse::Done,
                Err(error) => GroupResponse::Error(error),
            },
            GroupRead::Assignment(asked) => match self.is_current(asked) {
                Ok(()) => {
                    let known = self.state.groups.get(&asked.group);
                    let member = known.and_then(|known| known.members.get(&asked.member));
                    let assignment = member.map(|member| member.assignment.clone());
                    GroupResponse::Synced(assignment.unwrap_or_default())
                }
                Err(error) => GroupResponse::Error(error),
            },
            GroupRead::Fetch { group, partitions } => {
                GroupResponse::Offsets(self.committed(group, partitions.as_deref()))
            }
            GroupRead::Describe(group) => GroupResponse::Described(Box::new(self.described(group))),
            GroupRead::List => {
                let groups = self.state.groups.iter();
                let listed = groups.map(|(id, group)| {
                    (id.clone(), group.protocol_type.clone(), self.state_of(id))
                });
                GroupResponse::Listed(listed.collect())
            }
        }
    }

    /// What is answered if no quorum confirmed the leader in time, or it was deposed: nothing was done.
    pub(in crate::core) fn group_read_failed(error: ResponseError) -> GroupResponse {
        GroupResponse::Error(match error {
            ResponseError::RequestTimedOut => ResponseError::CoordinatorNotAvailable,
            _ => ResponseError::NotCoordinator,
        })
    }

    /// Where a group stands, as its coordinator knows it.
    fn state_of(&self, group: &str) -> GroupState {
        let live = self.coordinator.groups.get(group);
        match live.map(|live| &live.phase) {
            Some(Phase::Joining(_) | Phase::Forming) => GroupState::PreparingRebalance,
            Some(Phase::Settled) | None => {
                let known = self.state.groups.get(group);
                known.map_or(GroupState::Dead, |known| known.state())
            }
        }
    }

    fn described(&self, group: &str) -> DescribedGroup {
        let state = self.state_of(group);
        let Some(known) = self.state.groups.get(group) else {
            return DescribedGroup {
                state,
                protocol_type: String::new(),
                protocol: String::new(),
                members: Vec::new(),
            };
        };
        let stable = state == GroupState::Stable;
        let members = known.members.iter().map(|(id, member)| DescribedMember {
            id: id.clone(),
            instance: member.instance.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            metadata: if stable {
                member.metadata(&known.protocol)
            } else {
                Bytes::new()
            },
            assignment: if stable {
                member.assignment.clone()
            } else {
                Bytes::new()
            },
        });
        DescribedGroup {
            state,
            protocol_type: known.protocol_type.clone(),
            protocol: if stable {
                known.protocol.clone()
            } else {
                String::new()
            },
            members: members.collect(),
        }
    }
}
