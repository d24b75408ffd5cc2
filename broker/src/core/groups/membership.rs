//! How members go: they leave, or are silent for too long. Both are an entry, so a member that was seen to be gone is gone
//! for every later leader.

use kafka_protocol::error::ResponseError;

use super::{Core, Pending};
use crate::command::groups::GroupChange;
use crate::request::groups::{GroupResponse, GroupState};
use crate::request::{RequestId, Time};

impl Core {
    pub(super) fn leave(
        &mut self,
        id: RequestId,
        group: String,
        members: Vec<(String, Option<String>)>,
        deadline: Time,
    ) {
        let mut results = Vec::with_capacity(members.len());
        let mut removed = Vec::new();
        for (member, instance) in members {
            results.push(match self.leaver(&group, member, instance) {
                Ok(member) => {
                    self.let_go(&group, member, &mut removed);
                    Ok(())
                }
                Err(error) => Err(error),
            });
        }
        if removed.is_empty() {
            self.answer_group(id, GroupResponse::Left(results));
            return self.form_if_all_joined(&group);
        }
        let pending = Pending::Left {
            request: Some((id, results, deadline)),
            group: group.clone(),
            members: removed.clone(),
        };
        self.live(&group).leaving.extend(removed.iter().cloned());
        let change = GroupChange::Remove {
            members: removed.clone(),
        };
        if !self.propose_group(&group, change, pending) {
            let live = self.live(&group);
            live.leaving.retain(|member| !removed.contains(member));
            self.refuse_group(id, ResponseError::CoordinatorNotAvailable);
        }
    }

    /// Who is meant, and whether it is there.
    fn leaver(
        &self,
        group: &str,
        member: String,
        instance: Option<String>,
    ) -> Result<String, ResponseError> {
        let member = match instance.map(|instance| self.holder(group, &instance)) {
            Some(None) => return Err(ResponseError::UnknownMemberId),
            Some(Some(holder)) if member.is_empty() || holder == member => holder,
            Some(Some(_)) => return Err(ResponseError::FencedInstanceId),
            None => member,
        };
        let live = self.coordinator.groups.get(group);
        let waits = live.is_some_and(|live| {
            let joined = live
                .joining()
                .is_some_and(|joining| joining.of(&member).is_some());
            live.expected.contains_key(&member) || joined
        });
        let leaves = live.is_some_and(|live| live.leaving.contains(&member));
        let known = self.state.groups.get(group);
        let is_member = known.is_some_and(|known| known.members.contains_key(&member));
        match (is_member && !leaves) || waits {
            true => Ok(member),
            false => Err(ResponseError::UnknownMemberId),
        }
    }

    /// Takes a member out of what only the leader knows, and names it for removal if all nodes know it.
    fn let_go(&mut self, group: &str, member: String, removed: &mut Vec<String>) {
        let live = self.live(group);
        live.expected.remove(&member);
        let mut parked: Vec<RequestId> = live.syncs.remove(&member).into_iter().collect();
        let joined = live.joining_mut().and_then(|joining| joining.take(&member));
        parked.extend(joined.map(|joiner| joiner.request));
        for request in parked {
            self.refuse_group(request, ResponseError::UnknownMemberId);
        }
        let known = self.state.groups.get(group);
        if known.is_some_and(|known| known.members.contains_key(&member)) {
            removed.push(member);
        }
    }

    /// Proposes to remove members that were silent for too long.
    pub(super) fn evict(&mut self, group: &str, members: Vec<String>) {
        let live = self.live(group);
        live.leaving.extend(members.iter().cloned());
        let pending = Pending::Left {
            request: None,
            group: group.to_owned(),
            members: members.clone(),
        };
        let change = GroupChange::Remove {
            members: members.clone(),
        };
        if !self.propose_group(group, change, pending) {
            let live = self.live(group);
            live.leaving.retain(|member| !members.contains(member));
        }
    }

    /// Deletes a group without members.
    pub(super) fn delete_group(&mut self, id: RequestId, group: String, deadline: Time) {
        let Some(known) = self.state.groups.get(&group) else {
            return self.refuse_group(id, ResponseError::GroupIdNotFound);
        };
        let live = self.coordinator.groups.get(&group);
        let is_busy = live.is_some_and(|live| !live.is_settled());
        if known.state() != GroupState::Empty || is_busy {
            return self.refuse_group(id, ResponseError::NonEmptyGroup);
        }
        let pending = Pending::Deleted {
            id,
            group: group.clone(),
            deadline,
        };
        if !self.propose_group(&group, GroupChange::Delete, pending) {
            self.refuse_group(id, ResponseError::CoordinatorNotAvailable);
        }
    }
}
