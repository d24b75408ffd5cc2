//! JoinGroup: who may join, under which id, and what it is answered.

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use rand::RngCore;
use uuid::Uuid;

use super::span::milliseconds;
use super::{Core, Joiner, Pending, Phase};
use crate::command::groups::{GroupChange, Member};
use crate::request::groups::{GroupResponse, GroupState, Join, Joined};
use crate::request::{RequestId, Time};

/// Members of a group, those that are expected included.
pub(super) const MEMBERS_MAX: usize = 500;
/// What a member may tell the others, all assignors together.
const METADATA_BYTES_MAX: usize = 128 << 10;
/// Bounds of a session, in ms. Kafka's lower one is 6 s unless configured; a test wants to see a member expire.
const SESSION_MS: std::ops::RangeInclusive<i32> = 1_000..=1_800_000;
/// Longest time to join again.
const REBALANCE_MS_MAX: u32 = 1_800_000;

/// A member's protocol type and its protocols.
type Protocols<'a> = (&'a str, &'a [(String, Bytes)]);

impl Core {
    pub(super) fn join(&mut self, id: RequestId, mut join: Join) {
        if let Err(error) = self.may_join(&join) {
            return self.refuse_group(id, error);
        }
        let group = join.group.clone();
        if matches!(self.live(&group).phase, Phase::Forming) {
            return self.live(&group).late.push((id, join));
        }
        if join.member.is_empty() {
            if let Some(old) = join
                .instance
                .as_ref()
                .and_then(|instance| self.holder(&group, instance))
            {
                return self.take_over(id, old, join);
            }
            join.member = self.name_member(&join.client_id);
            if join.id_required && join.instance.is_none() {
                let until = self.now + session(&join);
                self.live(&group)
                    .expected
                    .insert(join.member.clone(), until);
                return self.answer_group(id, GroupResponse::MemberIdRequired(join.member));
            }
            return self.admit(id, join);
        }
        if let Some(instance) = &join.instance {
            match self.holder(&group, instance) {
                Some(holder) if holder != join.member => {
                    return self.refuse_group(id, ResponseError::FencedInstanceId);
                }
                Some(_) => {}
                None => return self.refuse_group(id, ResponseError::UnknownMemberId),
            }
        }
        let live = self.live(&group);
        let came_back = live.expected.remove(&join.member).is_some();
        let is_leaving = live.leaving.contains(&join.member);
        let has_joined = live
            .joining()
            .is_some_and(|joining| joining.of(&join.member).is_some());
        let known = self.state.groups.get(&group);
        let is_member = known.is_some_and(|known| known.members.contains_key(&join.member));
        if is_leaving || !(came_back || has_joined || is_member) {
            return self.refuse_group(id, ResponseError::UnknownMemberId);
        }
        if is_member && self.live(&group).is_settled() && !self.rejoin_rebalances(&join) {
            self.refresh(&group, &join.member);
            let joined = self.joined(&group, &join.member);
            return self.answer_group(id, joined);
        }
        self.admit(id, join);
    }

    /// What every JoinGroup must hold.
    fn may_join(&mut self, join: &Join) -> Result<(), ResponseError> {
        if !SESSION_MS.contains(&join.session_timeout_ms) {
            return Err(ResponseError::InvalidSessionTimeout);
        }
        let metadata = join
            .protocols
            .iter()
            .map(|(name, bytes)| name.len() + bytes.len());
        if metadata.sum::<usize>() > METADATA_BYTES_MAX {
            return Err(ResponseError::InvalidRequest);
        }
        if join.protocols.is_empty() || join.protocol_type.is_empty() {
            return Err(ResponseError::InconsistentGroupProtocol);
        }
        if !self.state.groups.has_room_for(&join.group) {
            return Err(ResponseError::GroupMaxSizeReached);
        }
        let mut others = self.others(&join.group, &join.member);
        if others.any(|(kind, protocols)| {
            kind != join.protocol_type
                || !protocols
                    .iter()
                    .any(|(name, _)| join.protocols.iter().any(|(own, _)| own == name))
        }) {
            return Err(ResponseError::InconsistentGroupProtocol);
        }
        drop(others);
        if self.common_protocols(&join.group, Some(join)).is_empty() {
            return Err(ResponseError::InconsistentGroupProtocol);
        }
        let live = self.coordinator.groups.get(&join.group);
        let waiting = live.map_or(0, |live| {
            let joined = live.joining().map_or(0, |joining| joining.joined.len());
            live.expected.len() + live.late.len() + joined
        });
        let members = self
            .state
            .groups
            .get(&join.group)
            .map_or(0, |group| group.members.len());
        if join.member.is_empty() && waiting + members >= MEMBERS_MAX {
            return Err(ResponseError::GroupMaxSizeReached);
        }
        Ok(())
    }

    /// Protocol type and protocols of a group's members but one, those that have just joined included.
    fn others<'a>(
        &'a self,
        group: &'a str,
        member: &'a str,
    ) -> Box<dyn Iterator<Item = Protocols<'a>> + 'a> {
        let live = self.coordinator.groups.get(group);
        let joining = live.and_then(|live| live.joining());
        let joined = joining.into_iter().flat_map(|joining| &joining.joined);
        let joined = joined
            .filter(move |joiner| joiner.member != member)
            .map(|joiner| {
                (
                    joiner.join.protocol_type.as_str(),
                    &joiner.join.protocols[..],
                )
            });
        let known = self.state.groups.get(group).into_iter();
        let known = known.flat_map(move |known| {
            let members = known.members.iter();
            let stays = move |id: &String| {
                let again = joining.is_some_and(|joining| joining.of(id).is_some());
                let leaves = live.is_some_and(|live| live.leaving.contains(id));
                id != member && !again && !leaves
            };
            members
                .filter(move |(id, _)| stays(id))
                .map(|(_, one)| (known.protocol_type.as_str(), &one.protocols[..]))
        });
        Box::new(joined.chain(known))
    }

    /// Assignors that all members have, with one more perhaps, in its order of preference.
    fn common_protocols(&self, group: &str, with: Option<&Join>) -> Vec<String> {
        let member = with.map_or("", |join| join.member.as_str());
        let mut all: Vec<&[(String, Bytes)]> =
            self.others(group, member).map(|(_, own)| own).collect();
        if let Some(join) = with {
            all.insert(0, &join.protocols);
        }
        let Some((first, rest)) = all.split_first() else {
            return Vec::new();
        };
        let has = |protocols: &[(String, Bytes)], name: &String| {
            protocols.iter().any(|(own, _)| own == name)
        };
        let common = first.iter().map(|(name, _)| name);
        let common = common.filter(|name| rest.iter().all(|protocols| has(protocols, name)));
        common.cloned().collect()
    }

    /// Whether a known member's JoinGroup means that it wants a new generation. Otherwise it did not get its last answer, or
    /// is a follower that only asks again.
    fn rejoin_rebalances(&self, join: &Join) -> bool {
        let Some(group) = self.state.groups.get(&join.group) else {
            return true;
        };
        let known = group.members.get(&join.member);
        let changed = known.is_none_or(|known| known.protocols != join.protocols);
        let leads = group.leader == join.member && group.state() == GroupState::Stable;
        changed || leads || group.rebalance_due
    }

    /// The member that holds a static id.
    pub(super) fn holder(&self, group: &str, instance: &str) -> Option<String> {
        let live = self.coordinator.groups.get(group);
        let joining = live.and_then(|live| live.joining());
        let joined = joining.and_then(|joining| joining.of_instance(instance));
        let known = || self.state.groups.get(group)?.of_instance(instance);
        joined.or_else(known).cloned()
    }

    /// A member id that nobody ever had: the term is this leader's alone.
    fn name_member(&mut self, client_id: &str) -> String {
        self.coordinator.members_named += 1;
        let term = u128::from(self.raft.raft.term) << 96;
        let number = u128::from(self.coordinator.members_named & 0xffff_ffff) << 64;
        let drawn = Uuid::from_u128(term | number | u128::from(self.random.next_u64()));
        format!("{client_id}-{drawn}")
    }

    /// A static member comes back without its member id: the one that had it is fenced.
    fn take_over(&mut self, id: RequestId, old: String, mut join: Join) {
        join.member = self.name_member(&join.client_id);
        let group = join.group.clone();
        let live = self.live(&group);
        let mut fenced: Vec<RequestId> = live.syncs.remove(&old).into_iter().collect();
        fenced.extend(
            live.joining_mut()
                .and_then(|joining| joining.take(&old))
                .map(|joiner| joiner.request),
        );
        for request in fenced {
            self.refuse_group(request, ResponseError::FencedInstanceId);
        }
        let known = self.state.groups.get(&group);
        let Some(before) = known.and_then(|known| known.members.get(&old)) else {
            // It had joined and was in no generation yet.
            return self.admit(id, join);
        };
        let protocol = known.map_or("", |known| known.protocol.as_str());
        let member = member_of(&join);
        let is_stable =
            known.is_some_and(|known| known.state() == GroupState::Stable && !known.rebalance_due);
        let same = is_stable && before.metadata(protocol) == member.metadata(protocol);
        let change = GroupChange::Replace {
            old: old.clone(),
            new: join.member.clone(),
            member,
        };
        let keeps_generation = same && self.live(&group).is_settled();
        let pending = Pending::Replaced {
            id,
            old,
            join,
            keeps_generation,
        };
        if !self.propose_group(&group, change, pending) {
            self.refuse_group(id, ResponseError::CoordinatorNotAvailable);
        }
    }

    /// Lets a member join, and so begins a rebalance if none is under way.
    pub(super) fn admit(&mut self, id: RequestId, join: Join) {
        let group = join.group.clone();
        self.prepare_rebalance(&group);
        // Its own wish to have longer counts at once.
        let longest = self.now + rebalance_of(&join);
        let Some(joining) = self.live(&group).joining_mut() else {
            // It is being formed: the next generation is this one's.
            return self.live(&group).late.push((id, join));
        };
        let before = joining.take(&join.member);
        joining.until = joining.until.max(longest);
        joining.joined.push(Joiner {
            member: join.member.clone(),
            request: id,
            join,
        });
        if let Some(before) = before {
            // Its client has given up that request, or will not read two answers.
            self.refuse_group(before.request, ResponseError::NotCoordinator);
        }
        self.form_if_all_joined(&group);
    }

    /// What a member of the present generation is answered.
    pub(super) fn joined(&self, group: &str, member: &str) -> GroupResponse {
        let Some(known) = self.state.groups.get(group) else {
            return GroupResponse::Error(ResponseError::UnknownMemberId);
        };
        let all = known.members.iter().map(|(id, one)| {
            let metadata = one.metadata(&known.protocol);
            (id.clone(), one.instance.clone(), metadata)
        });
        let members = if known.leader == member {
            all.collect()
        } else {
            Vec::new()
        };
        GroupResponse::Joined(Joined {
            generation: known.generation,
            protocol: known.protocol.clone(),
            protocol_type: known.protocol_type.clone(),
            leader: known.leader.clone(),
            member: member.to_owned(),
            members,
        })
    }
}

pub(super) fn member_of(join: &Join) -> Member {
    Member {
        instance: join.instance.clone(),
        client_id: join.client_id.clone(),
        client_host: join.client_host.clone(),
        session_timeout_ms: join.session_timeout_ms.max(0) as u32,
        rebalance_timeout_ms: rebalance_ms(join),
        protocols: join.protocols.clone(),
        assignment: Bytes::new(),
    }
}

/// Version 0 has no time of its own for joining again: it is the session's.
fn rebalance_ms(join: &Join) -> u32 {
    let asked =
        u32::try_from(join.rebalance_timeout_ms).unwrap_or(join.session_timeout_ms.max(0) as u32);
    asked.min(REBALANCE_MS_MAX)
}

fn rebalance_of(join: &Join) -> Time {
    milliseconds(rebalance_ms(join))
}

fn session(join: &Join) -> Time {
    milliseconds(join.session_timeout_ms.max(0) as u32)
}
