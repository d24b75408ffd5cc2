//! Consumer groups as all nodes know them: generations, members with their assignments, committed offsets. Heartbeats and
//! deadlines are not here; they are in the leader's memory (`core::groups`), which starts them in full.

use std::collections::BTreeMap;

use bytes::{BufMut, BytesMut};
use uuid::Uuid;

use crate::codec::{Reader, put_string};
use crate::command::groups::{GroupChange, Member, offset, place, put_offset, put_place};
use crate::request::groups::{CommittedOffset, GroupState};

/// Groups that may exist. Beyond it the oldest one without members and offsets makes room; if there is none, a new group is
/// refused by the leader.
pub(crate) const GROUPS_MAX: usize = 10_000;

/// All groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Groups {
    by_id: BTreeMap<String, Group>,
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group {
    /// Number of the last generation; 0 before the first.
    pub(crate) generation: i32,
    pub(crate) protocol_type: String,
    /// The assignor of the generation.
    pub(crate) protocol: String,
    /// Id of the member that assigns.
    pub(crate) leader: String,
    pub(crate) members: BTreeMap<String, Member>,
    /// Whether the leader member's assignment is known.
    pub(crate) assigned: bool,
    /// Whether members are gone since the generation began, so that the rest has to form another one. Replicated, because a
    /// new leader would otherwise leave the partitions of a removed member to nobody.
    pub(crate) rebalance_due: bool,
    pub(crate) offsets: BTreeMap<(Uuid, i32), CommittedOffset>,
    /// Index of the last entry that changed it.
    changed: u64,
}

impl Group {
    /// Where it stands, as far as all nodes know: only the leader knows that a group prepares a rebalance.
    pub(crate) fn state(&self) -> GroupState {
        match (self.members.is_empty(), self.assigned) {
            (true, _) => GroupState::Empty,
            (false, true) => GroupState::Stable,
            (false, false) => GroupState::CompletingRebalance,
        }
    }

    /// The longest time that any member may take to join again, in ms.
    pub(crate) fn rebalance_timeout_ms(&self) -> u32 {
        let members = self.members.values();
        let timeouts = members.map(|member| member.rebalance_timeout_ms);
        timeouts.max().unwrap_or(0)
    }

    /// The member with a static id.
    pub(crate) fn of_instance(&self, instance: &str) -> Option<&String> {
        let mut members = self.members.iter();
        members
            .find(|(_, member)| member.instance.as_deref() == Some(instance))
            .map(|(id, _)| id)
    }

    fn execute(&mut self, change: GroupChange) {
        match change {
            GroupChange::Form {
                generation,
                protocol_type,
                protocol,
                leader,
                members,
            } => {
                self.generation = generation;
                if !members.is_empty() {
                    self.protocol_type = protocol_type;
                }
                self.protocol = protocol;
                self.leader = leader;
                self.members = members;
                self.assigned = false;
                self.rebalance_due = false;
            }
            GroupChange::Assign {
                generation,
                mut assignments,
            } => {
                if generation == self.generation {
                    for (id, member) in &mut self.members {
                        member.assignment = assignments.remove(id).unwrap_or_default();
                    }
                    self.assigned = true;
                }
            }
            GroupChange::Replace {
                old, new, member, ..
            } => {
                if let Some(before) = self.members.remove(&old) {
                    let assignment = before.assignment;
                    self.members.insert(
                        new.clone(),
                        Member {
                            assignment,
                            ..member
                        },
                    );
                    if self.leader == old {
                        self.leader = new;
                    }
                }
            }
            GroupChange::Remove { members } => {
                let before = self.members.len();
                self.members.retain(|id, _| !members.contains(id));
                if self.members.len() == before {
                    return;
                }
                self.rebalance_due = !self.members.is_empty();
                if self.members.is_empty() {
                    // An empty group is a generation of its own: what was assigned in the last one counts no more.
                    self.generation = self.generation.wrapping_add(1).max(1);
                    self.protocol.clear();
                    self.leader.clear();
                    self.assigned = false;
                }
            }
            GroupChange::Commit { offsets } => self.offsets.extend(offsets),
            GroupChange::DeleteOffsets { partitions } => {
                partitions
                    .iter()
                    .for_each(|at| drop(self.offsets.remove(at)));
            }
            GroupChange::Delete => {}
        }
    }
}

impl Groups {
    /// A group.
    pub(crate) fn get(&self, id: &str) -> Option<&Group> {
        self.by_id.get(id)
    }

    /// All groups by their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Group)> {
        self.by_id.iter()
    }

    /// Whether a group may be made, if it is not there.
    pub(crate) fn has_room_for(&self, id: &str) -> bool {
        self.by_id.len() < GROUPS_MAX || self.by_id.contains_key(id) || self.idle().is_some()
    }

    /// The group that is missed least: without members, without offsets, longest unchanged.
    fn idle(&self) -> Option<String> {
        let empty = |group: &Group| group.members.is_empty() && group.offsets.is_empty();
        let idle = self.by_id.iter().filter(|(_, group)| empty(group));
        let oldest = idle.min_by_key(|(_, group)| group.changed);
        oldest.map(|(id, _)| id.clone())
    }

    /// Applies the change of one group.
    pub(crate) fn execute(&mut self, index: u64, id: &str, change: GroupChange) {
        if change == GroupChange::Delete {
            self.by_id.remove(id);
            return;
        }
        if !self.by_id.contains_key(id)
            && self.by_id.len() >= GROUPS_MAX
            && let Some(idle) = self.idle()
        {
            self.by_id.remove(&idle);
        }
        let group = self.by_id.entry(id.to_owned()).or_default();
        group.changed = index;
        group.execute(change);
    }

    /// Forgets the offsets of a topic that was deleted. One that is made again under its name has another id.
    pub(crate) fn forget_topic(&mut self, topic: Uuid) {
        for group in self.by_id.values_mut() {
            group.offsets.retain(|(id, _), _| *id != topic);
        }
    }

    /// Writes all groups.
    pub(crate) fn encode(&self, out: &mut BytesMut) {
        out.put_u32_le(self.by_id.len() as u32);
        for (id, group) in &self.by_id {
            put_string(out, id);
            out.put_i32_le(group.generation);
            for text in [&group.protocol_type, &group.protocol, &group.leader] {
                put_string(out, text);
            }
            out.put_u8(u8::from(group.assigned));
            out.put_u8(u8::from(group.rebalance_due));
            out.put_u64_le(group.changed);
            out.put_u32_le(group.members.len() as u32);
            for (id, member) in &group.members {
                put_string(out, id);
                member.encode(out);
            }
            out.put_u32_le(group.offsets.len() as u32);
            for (at, committed) in &group.offsets {
                put_place(out, *at);
                put_offset(out, committed);
            }
        }
    }

    /// Reads all groups.
    pub(crate) fn decode(reader: &mut Reader) -> Option<Groups> {
        let mut groups = Groups::default();
        for _ in 0..reader.u32()? {
            let id = reader.string()?;
            let mut group = Group {
                generation: reader.i32()?,
                protocol_type: reader.string()?,
                protocol: reader.string()?,
                leader: reader.string()?,
                assigned: reader.u8()? == 1,
                rebalance_due: reader.u8()? == 1,
                changed: reader.u64()?,
                ..Group::default()
            };
            for _ in 0..reader.u32()? {
                group
                    .members
                    .insert(reader.string()?, Member::decode(reader)?);
            }
            for _ in 0..reader.u32()? {
                group.offsets.insert(place(reader)?, offset(reader)?);
            }
            groups.by_id.insert(id, group);
        }
        Some(groups)
    }
}
