//! What an entry says about consumer groups. Everything in it was decided by the leader that proposed it; applying it asks no
//! questions that another node could answer differently.
//!
//! ```text
//! change u8 | group string | body
//! ```

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};
use uuid::Uuid;

use crate::codec::{Reader, put_string};
use crate::request::groups::CommittedOffset;

const FORM: u8 = 1;
const ASSIGN: u8 = 2;
const REPLACE: u8 = 3;
const REMOVE: u8 = 4;
const COMMIT: u8 = 5;
const DELETE_OFFSETS: u8 = 6;
const DELETE: u8 = 7;

/// A member of a group, as all nodes know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Member {
    /// The static member's id (KIP-345).
    pub(crate) instance: Option<String>,
    /// What its client calls itself.
    pub(crate) client_id: String,
    /// Where its client comes from.
    pub(crate) client_host: String,
    /// How long it may be silent, in ms.
    pub(crate) session_timeout_ms: u32,
    /// How long it may take to join again, in ms.
    pub(crate) rebalance_timeout_ms: u32,
    /// Assignors by preference, each with what the member tells the others.
    pub(crate) protocols: Vec<(String, Bytes)>,
    /// What the leader member assigned to it; empty before.
    pub(crate) assignment: Bytes,
}

/// A change of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GroupChange {
    /// A generation begins. Written before anybody learns of it: Kafka answers JoinGroup first, so that after a fail-over it
    /// may give the same number to other members.
    Form {
        generation: i32,
        protocol_type: String,
        protocol: String,
        leader: String,
        members: BTreeMap<String, Member>,
    },
    /// The leader member's assignment of a generation. It does nothing in another one.
    Assign {
        generation: i32,
        assignments: BTreeMap<String, Bytes>,
    },
    /// A static member came back under another member id; the generation stays.
    Replace {
        old: String,
        new: String,
        member: Member,
    },
    /// Members left or were silent for too long. The rest has to form a new generation.
    Remove { members: Vec<String> },
    /// Offsets, by topic id and partition.
    Commit {
        offsets: Vec<((Uuid, i32), CommittedOffset)>,
    },
    /// Offsets to forget.
    DeleteOffsets { partitions: Vec<(Uuid, i32)> },
    /// The group is deleted, with its offsets.
    Delete,
}

impl GroupChange {
    /// Writes the change of a group.
    pub(super) fn encode(&self, group: &str, out: &mut BytesMut) {
        out.put_u8(self.kind());
        put_string(out, group);
        match self {
            GroupChange::Form {
                generation,
                protocol_type,
                protocol,
                leader,
                members,
            } => {
                out.put_i32_le(*generation);
                for text in [protocol_type, protocol, leader] {
                    put_string(out, text);
                }
                out.put_u32_le(members.len() as u32);
                for (id, member) in members {
                    put_string(out, id);
                    member.encode(out);
                }
            }
            GroupChange::Assign {
                generation,
                assignments,
            } => {
                out.put_i32_le(*generation);
                out.put_u32_le(assignments.len() as u32);
                for (id, assignment) in assignments {
                    put_string(out, id);
                    put_bytes(out, assignment);
                }
            }
            GroupChange::Replace { old, new, member } => {
                put_string(out, old);
                put_string(out, new);
                member.encode(out);
            }
            GroupChange::Remove { members } => {
                out.put_u32_le(members.len() as u32);
                members.iter().for_each(|id| put_string(out, id));
            }
            GroupChange::Commit { offsets } => {
                out.put_u32_le(offsets.len() as u32);
                for (at, committed) in offsets {
                    put_place(out, *at);
                    put_offset(out, committed);
                }
            }
            GroupChange::DeleteOffsets { partitions } => {
                out.put_u32_le(partitions.len() as u32);
                partitions.iter().for_each(|at| put_place(out, *at));
            }
            GroupChange::Delete => {}
        }
    }

    fn kind(&self) -> u8 {
        match self {
            GroupChange::Form { .. } => FORM,
            GroupChange::Assign { .. } => ASSIGN,
            GroupChange::Replace { .. } => REPLACE,
            GroupChange::Remove { .. } => REMOVE,
            GroupChange::Commit { .. } => COMMIT,
            GroupChange::DeleteOffsets { .. } => DELETE_OFFSETS,
            GroupChange::Delete => DELETE,
        }
    }

    /// Reads the change of a group, and which group.
    pub(super) fn decode(reader: &mut Reader) -> Option<(String, GroupChange)> {
        let kind = reader.u8()?;
        let group = reader.string()?;
        let change = match kind {
            FORM => {
                let generation = reader.i32()?;
                let (protocol_type, protocol, leader) =
                    (reader.string()?, reader.string()?, reader.string()?);
                let mut members = BTreeMap::new();
                for _ in 0..reader.u32()? {
                    members.insert(reader.string()?, Member::decode(reader)?);
                }
                GroupChange::Form {
                    generation,
                    protocol_type,
                    protocol,
                    leader,
                    members,
                }
            }
            ASSIGN => {
                let generation = reader.i32()?;
                let mut assignments = BTreeMap::new();
                for _ in 0..reader.u32()? {
                    assignments.insert(reader.string()?, bytes(reader)?);
                }
                GroupChange::Assign {
                    generation,
                    assignments,
                }
            }
            REPLACE => GroupChange::Replace {
                old: reader.string()?,
                new: reader.string()?,
                member: Member::decode(reader)?,
            },
            REMOVE => {
                let mut members = Vec::new();
                for _ in 0..reader.u32()? {
                    members.push(reader.string()?);
                }
                GroupChange::Remove { members }
            }
            COMMIT => {
                let mut offsets = Vec::new();
                for _ in 0..reader.u32()? {
                    offsets.push((place(reader)?, offset(reader)?));
                }
                GroupChange::Commit { offsets }
            }
            DELETE_OFFSETS => {
                let mut partitions = Vec::new();
                for _ in 0..reader.u32()? {
                    partitions.push(place(reader)?);
                }
                GroupChange::DeleteOffsets { partitions }
            }
            DELETE => GroupChange::Delete,
            _ => return None,
        };
        Some((group, change))
    }
}

impl Member {
    /// Writes a member. Its id stands beside it.
    pub(crate) fn encode(&self, out: &mut BytesMut) {
        out.put_u8(u8::from(self.instance.is_some()));
        put_string(out, self.instance.as_deref().unwrap_or_default());
        put_string(out, &self.client_id);
        put_string(out, &self.client_host);
        out.put_u32_le(self.session_timeout_ms);
        out.put_u32_le(self.rebalance_timeout_ms);
        out.put_u32_le(self.protocols.len() as u32);
        for (name, metadata) in &self.protocols {
            put_string(out, name);
            put_bytes(out, metadata);
        }
        put_bytes(out, &self.assignment);
    }

    /// Reads a member.
    pub(crate) fn decode(reader: &mut Reader) -> Option<Member> {
        let is_static = reader.u8()? == 1;
        let instance = reader.string()?;
        let mut member = Member {
            instance: is_static.then_some(instance),
            client_id: reader.string()?,
            client_host: reader.string()?,
            session_timeout_ms: reader.u32()?,
            rebalance_timeout_ms: reader.u32()?,
            ..Member::default()
        };
        for _ in 0..reader.u32()? {
            member.protocols.push((reader.string()?, bytes(reader)?));
        }
        member.assignment = bytes(reader)?;
        Some(member)
    }

    /// What the member tells the others under an assignor.
    pub(crate) fn metadata(&self, protocol: &str) -> Bytes {
        let known = self.protocols.iter().find(|(name, _)| name == protocol);
        known
            .map(|(_, metadata)| metadata.clone())
            .unwrap_or_default()
    }
}

/// Writes a topic's id and a partition.
pub(crate) fn put_place(out: &mut BytesMut, (topic, partition): (Uuid, i32)) {
    out.put_slice(topic.as_bytes());
    out.put_i32_le(partition);
}

/// Reads a topic's id and a partition.
pub(crate) fn place(reader: &mut Reader) -> Option<(Uuid, i32)> {
    Some((reader.uuid()?, reader.i32()?))
}

/// Writes a committed offset.
pub(crate) fn put_offset(out: &mut BytesMut, committed: &CommittedOffset) {
    out.put_i64_le(committed.offset);
    out.put_i32_le(committed.leader_epoch);
    put_string(out, &committed.metadata);
}

/// Reads a committed offset.
pub(crate) fn offset(reader: &mut Reader) -> Option<CommittedOffset> {
    Some(CommittedOffset {
        offset: reader.i64()?,
        leader_epoch: reader.i32()?,
        metadata: reader.string()?,
    })
}

fn put_bytes(out: &mut BytesMut, bytes: &Bytes) {
    out.put_u32_le(bytes.len() as u32);
    out.put_slice(bytes);
}

fn bytes(reader: &mut Reader) -> Option<Bytes> {
    let length = reader.u32()? as usize;
    // A copy: a slice would keep the whole entry in memory for as long as the member lives.
    reader
        .take(length)
        .map(|bytes| Bytes::copy_from_slice(&bytes))
}
