//! SyncGroup, and what every request of a member must get right: its id, its static id, its generation.

use std::collections::BTreeMap;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;

use super::{Core, GroupRead, Pending};
use crate::command::groups::GroupChange;
use crate::request::groups::{GroupResponse, GroupState, MemberOf};
use crate::request::{RequestId, Time};
use crate::rules::{Generations, Syncing};

impl Core {
    pub(super) fn sync(
        &mut self,
        id: RequestId,
        member: MemberOf,
        assignments: BTreeMap<String, Bytes>,
        deadline: Time,
    ) {
        if let Err(error) = self.is_current(&member) {
            return self.refuse_group(id, error);
        }
        self.refresh(&member.group, &member.member);
        let known = self.state.groups.get(&member.group);
        if known.is_some_and(|known| known.state() == GroupState::Stable) {
            return self.read_group(id, GroupRead::Assignment(member), deadline);
        }
        let leads = known.is_some_and(|known| known.leader == member.member);
        if !leads && self.config.rules.syncing == Syncing::AtOnce {
            let own = known.and_then(|known| known.members.get(&member.member));
            let assignment = own.map(|own| own.assignment.clone());
            return self.answer_group(id, GroupResponse::Synced(assignment.unwrap_or_default()));
        }
        let live = self.live(&member.group);
        let before = live.syncs.insert(member.member.clone(), id);
        let assigns = leads && !live.assigning;
        if let Some(before) = before {
            self.refuse_group(before, ResponseError::NotCoordinator);
        }
        if assigns {
            let generation = member.generation;
            let change = GroupChange::Assign {
                generation,
                assignments,
            };
            let group = member.group.clone();
            self.write_generation(&group);
            let pending = Pending::Assigned {
                group: group.clone(),
            };
            let proposed = self.propose_group(&group, change, pending);
            self.live(&group).assigning = proposed;
            if !proposed {
                self.live(&group).syncs.remove(&member.member);
                self.refuse_group(id, ResponseError::CoordinatorNotAvailable);
            }
        }
    }

    /// Writes a generation that is known and not written, if the rules leave that to its assignment.
    fn write_generation(&mut self, group: &str) {
        let known = self.state.groups.get(group);
        if self.config.rules.generations == Generations::WithAssignment
            && let Some(known) = known
        {
            let change = GroupChange::Form {
                generation: known.generation,
                protocol_type: known.protocol_type.clone(),
                protocol: known.protocol.clone(),
                leader: known.leader.clone(),
                members: known.members.clone(),
            };
            self.propose_group(group, change, Pending::Written);
        }
    }

    /// Whether a request comes from a member of the present generation, and no other is being formed.
    pub(super) fn is_current(&self, asked: &MemberOf) -> Result<(), ResponseError> {
        self.is_member(asked)?;
        let live = self.coordinator.groups.get(&asked.group);
        if live.is_some_and(|live| !live.is_settled()) {
            return Err(ResponseError::RebalanceInProgress);
        }
        Ok(())
    }

    /// Whether a request comes from a member of the present generation.
    pub(super) fn is_member(&self, asked: &MemberOf) -> Result<(), ResponseError> {
        let live = self.coordinator.groups.get(&asked.group);
        if let Some(instance) = &asked.instance {
            match self.holder(&asked.group, instance) {
                Some(holder) if holder != asked.member => {
                    return Err(ResponseError::FencedInstanceId);
                }
                Some(_) => {}
                None => return Err(ResponseError::UnknownMemberId),
            }
        }
        if live.is_some_and(|live| live.leaving.contains(&asked.member)) {
            return Err(ResponseError::UnknownMemberId);
        }
        let known = self
            .state
            .groups
            .get(&asked.group)
            .ok_or(ResponseError::UnknownMemberId)?;
        if !known.members.contains_key(&asked.member) {
            return Err(ResponseError::UnknownMemberId);
        }
        if known.generation != asked.generation {
            return Err(ResponseError::IllegalGeneration);
        }
        Ok(())
    }

    /// A member lives.
    pub(super) fn refresh(&mut self, group: &str, member: &str) {
        let known = self.state.groups.get(group);
        let Some(known) = known.and_then(|known| known.members.get(member)) else {
            return;
        };
        let lasts = super::span::milliseconds(known.session_timeout_ms);
        let until = self.session_time() + lasts;
        let live = self.live(group);
        match live.sessions.get_mut(member) {
            Some(session) => *session = until,
            None => drop(live.sessions.insert(member.to_owned(), until)),
        }
    }
}
