//! The join phase of a group, and the generation that is formed of all who joined. It is written before anybody learns its
//! number. The group's first join phase ends at once: clients that are started together form some generations more, and a
//! test need not wait three seconds for its first record.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use super::join::member_of;
use super::span::milliseconds;
use super::{Core, Joining, Pending, Phase};
use crate::command::groups::{GroupChange, Member};
use crate::rules::{Generations, Syncing};
use crate::state::groups::Group;
use kafka_protocol::error::ResponseError;

impl Core {
    /// Asks all members to join again.
    pub(super) fn prepare_rebalance(&mut self, group: &str) {
        if !self.live(group).is_settled() {
            return;
        }
        let known = self.state.groups.get(group);
        let longest = known.map_or(0, Group::rebalance_timeout_ms);
        let until = self.now + milliseconds(longest);
        let live = self.live(group);
        live.phase = Phase::Joining(Joining {
            until,
            joined: Vec::new(),
        });
        let parked = std::mem::take(&mut live.syncs);
        for request in parked.into_values() {
            self.refuse_group(request, ResponseError::RebalanceInProgress);
        }
    }

    /// Forms a generation once nobody is waited for.
    pub(super) fn form_if_all_joined(&mut self, group: &str) {
        let known = self.state.groups.get(group);
        let live = self.coordinator.groups.get(group);
        let Some((live, joining)) = live.and_then(|live| Some((live, live.joining()?))) else {
            return;
        };
        let mut members = known.into_iter().flat_map(|known| known.members.keys());
        let all = members.all(|id| joining.of(id).is_some() || live.leaving.contains(id));
        let late = joining.until <= self.now;
        if late || all && live.expected.is_empty() {
            self.form(group);
        }
    }

    fn form(&mut self, group: &str) {
        // Borrowed, not copied: a group may have thousands of offsets.
        let empty = Group::default();
        let known = self.state.groups.get(group).unwrap_or(&empty);
        let (now, session_time) = (self.now, self.session_time());
        let early = self.config.rules.syncing == Syncing::AtOnce;
        let unwritten = self.config.rules.generations == Generations::WithAssignment;
        let live = self.coordinator.groups.entry(group.to_owned()).or_default();
        let Phase::Joining(joining) = std::mem::take(&mut live.phase) else {
            return;
        };
        let mut members = gathered(known, &joining, |id| {
            !live.leaving.contains(id)
                && live
                    .sessions
                    .get(id)
                    .is_none_or(|until| *until > session_time)
        });
        if early {
            for (id, member) in &mut members {
                let before = known
                    .members
                    .get(id)
                    .map(|before| before.assignment.clone());
                member.assignment = before.unwrap_or_default();
            }
        }
        if joining.joined.is_empty() && !members.is_empty() {
            // Only static members, none of which came: they have until their sessions end.
            let until = now + Duration::from_millis(500);
            live.phase = Phase::Joining(Joining { until, ..joining });
            return;
        }
        if members.is_empty() && known.members.is_empty() {
            return;
        }
        let protocol_type = joining
            .joined
            .first()
            .map(|joiner| joiner.join.protocol_type.clone());
        let leader = joining.of(&known.leader).or(joining.joined.first());
        let change = GroupChange::Form {
            generation: known.generation.wrapping_add(1).max(1),
            protocol_type: protocol_type.unwrap_or_default(),
            protocol: voted(&members),
            leader: leader
                .map(|joiner| joiner.member.clone())
                .unwrap_or_default(),
            members,
        };
        let joined: Vec<_> = joining
            .joined
            .iter()
            .map(|joiner| (joiner.member.clone(), joiner.request))
            .collect();
        live.phase = Phase::Forming;
        let pending = Pending::Formed {
            group: group.to_owned(),
            joined,
        };
        if unwritten {
            self.state.groups.execute(self.applied_index, group, change);
            return self.group_pending_done(pending);
        }
        if !self.propose_group(group, change, pending) {
            // Too much is uncommitted. The next look at deadlines tries again.
            self.live(group).phase = Phase::Joining(Joining {
                until: now,
                ..joining
            });
        }
    }
}

/// The next generation's members: who joined, and static ones that may be away until their sessions end.
fn gathered(
    known: &Group,
    joining: &Joining,
    stays: impl Fn(&String) -> bool,
) -> BTreeMap<String, Member> {
    let away = known.members.iter();
    let away = away.filter(|(id, member)| member.instance.is_some() && stays(id));
    let away = away.map(|(id, member)| {
        let member = Member {
            assignment: Bytes::new(),
            ..member.clone()
        };
        (id.clone(), member)
    });
    let joined = joining.joined.iter();
    let joined = joined.map(|joiner| (joiner.member.clone(), member_of(&joiner.join)));
    away.chain(joined).collect()
}

/// The assignor that most members prefer, of those that all have; the first one by name if there are several.
fn voted(members: &BTreeMap<String, Member>) -> String {
    let has = |member: &Member, name: &String| member.protocols.iter().any(|(own, _)| own == name);
    let mut votes: BTreeMap<&String, usize> = BTreeMap::new();
    for member in members.values() {
        let mut own = member.protocols.iter().map(|(name, _)| name);
        if let Some(choice) = own.find(|name| members.values().all(|other| has(other, name))) {
            *votes.entry(choice).or_default() += 1;
        }
    }
    let most = votes
        .into_iter()
        .max_by(|one, other| (one.1, other.0).cmp(&(other.1, one.0)));
    most.map(|(name, _)| name.clone()).unwrap_or_default()
}
