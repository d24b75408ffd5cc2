//! The coordinator of all consumer groups, which is the leader: what it keeps in memory beside the replicated groups, and
//! the way of a request to the file that decides it.
//!
//! Replicated is what a new leader must know to go on: generations, members, assignments, offsets (`state::groups`). Here are
//! heartbeats, deadlines and parked requests. They end with leadership; the next leader starts every deadline in full. What
//! reads (heartbeats, too: the answer "ok" of a deposed leader would let a member believe in its partitions) is answered
//! after a quorum has confirmed the leader, see `reads`.

mod applied;
mod forming;
mod join;
mod membership;
mod offsets;
mod question;
mod reading;
mod span;
mod sync;
mod timing;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use kafka_protocol::error::ResponseError;

use super::Core;
use crate::command::Command;
use crate::command::groups::GroupChange;
use crate::request::groups::{GroupRequest, GroupResponse, Join};
use crate::request::{RequestId, Response, Time};
use crate::rules::Coordinators;

pub(super) use applied::Pending;
pub(super) use offsets::OFFSET_METADATA_BYTES_MAX;
pub(super) use question::GroupRead;

/// Longest id of a group, in bytes.
const GROUP_ID_BYTES_MAX: usize = 1_024;

/// What only the leader knows about groups.
#[derive(Debug, Default)]
pub(super) struct Coordinator {
    /// Whether the groups of this leadership are known here.
    begun: bool,
    groups: BTreeMap<String, Live>,
    /// What was proposed and is not applied yet, by its entry.
    pending: BTreeMap<u64, Pending>,
    /// Member ids given out by this process.
    members_named: u64,
    /// What this node has decided alone and not done yet.
    own: VecDeque<(String, GroupChange, Pending)>,
    /// When deadlines are looked at next.
    next_scan: Time,
}

/// A group as its coordinator lives it.
#[derive(Debug, Default)]
struct Live {
    phase: Phase,
    /// Until when each member may be silent.
    sessions: BTreeMap<String, Time>,
    /// Ids that were given to members which have not come back with them, and until when they may.
    expected: BTreeMap<String, Time>,
    /// Members whose removal is proposed.
    leaving: BTreeSet<String>,
    /// JoinGroups that came while a generation was being written.
    late: Vec<(RequestId, Join)>,
    /// SyncGroups that wait for the assignment.
    syncs: BTreeMap<String, RequestId>,
    /// Until when everybody must have synced, while the assignment is not known.
    sync_until: Time,
    /// Whether the assignment is proposed.
    assigning: bool,
}

/// Where a group stands, beside what all nodes know.
#[derive(Debug, Default)]
enum Phase {
    /// As all nodes know it.
    #[default]
    Settled,
    /// Its members are asked to join.
    Joining(Joining),
    /// The next generation is proposed.
    Forming,
}

/// The join phase.
#[derive(Debug)]
struct Joining {
    /// When it ends for those that have not joined.
    until: Time,
    /// Who has joined, in this order.
    joined: Vec<Joiner>,
}

/// A member that has joined and waits.
#[derive(Debug)]
struct Joiner {
    member: String,
    request: RequestId,
    join: Join,
}

impl Joining {
    fn of(&self, member: &str) -> Option<&Joiner> {
        self.joined.iter().find(|joiner| joiner.member == member)
    }

    /// Takes a member's JoinGroup out.
    fn take(&mut self, member: &str) -> Option<Joiner> {
        let at = self
            .joined
            .iter()
            .position(|joiner| joiner.member == member)?;
        Some(self.joined.remove(at))
    }

    /// The member that has joined under a static id.
    fn of_instance(&self, instance: &str) -> Option<&String> {
        let mut joined = self.joined.iter();
        joined
            .find(|joiner| joiner.join.instance.as_deref() == Some(instance))
            .map(|joiner| &joiner.member)
    }
}

impl Live {
    fn joining(&self) -> Option<&Joining> {
        match &self.phase {
            Phase::Joining(joining) => Some(joining),
            Phase::Settled | Phase::Forming => None,
        }
    }

    fn joining_mut(&mut self) -> Option<&mut Joining> {
        match &mut self.phase {
            Phase::Joining(joining) => Some(joining),
            Phase::Settled | Phase::Forming => None,
        }
    }

    fn is_settled(&self) -> bool {
        matches!(self.phase, Phase::Settled)
    }
}

impl Core {
    /// Takes a question about groups.
    pub(super) fn group_request(&mut self, id: RequestId, request: GroupRequest, deadline: Time) {
        if let Err(error) = self.may_coordinate(&request) {
            return self.answer_group(id, GroupResponse::Error(error));
        }
        self.begin_groups();
        match request {
            GroupRequest::Join(join) => self.join(id, join),
            GroupRequest::Sync {
                member,
                assignments,
            } => self.sync(id, member, assignments, deadline),
            GroupRequest::Heartbeat(member) => {
                self.refresh(&member.group, &member.member);
                self.read_group(id, GroupRead::Heartbeat(member), deadline);
            }
            GroupRequest::Leave { group, members } => self.leave(id, group, members, deadline),
            GroupRequest::Commit { member, offsets } => self.commit(id, &member, offsets, deadline),
            GroupRequest::Fetch { group, partitions } => {
                let read = GroupRead::Fetch { group, partitions };
                self.read_group(id, read, deadline);
            }
            GroupRequest::DeleteOffsets { group, partitions } => {
                self.delete_offsets(id, group, partitions, deadline);
            }
            GroupRequest::Describe(group) => {
                self.read_group(id, GroupRead::Describe(group), deadline);
            }
            GroupRequest::List => self.read_group(id, GroupRead::List, deadline),
            GroupRequest::Delete(group) => self.delete_group(id, group, deadline),
        }
        self.do_own();
    }

    /// Whether a rule lets this node coordinate groups in its own memory.
    pub(super) fn coordinates_alone(&self) -> bool {
        self.config.rules.coordinators == Coordinators::EveryNode
    }

    /// Does what such a node has decided.
    fn do_own(&mut self) {
        while let Some((group, change, pending)) = self.coordinator.own.pop_front() {
            self.state
                .groups
                .execute(self.applied_index, &group, change);
            self.group_pending_done(pending);
        }
    }

    /// Whether this node coordinates groups now, and this group at all.
    fn may_coordinate(&self, request: &GroupRequest) -> Result<(), ResponseError> {
        let group = match request {
            GroupRequest::Join(join) => Some(&join.group),
            GroupRequest::Sync { member, .. }
            | GroupRequest::Heartbeat(member)
            | GroupRequest::Commit { member, .. } => Some(&member.group),
            GroupRequest::Leave { group, .. }
            | GroupRequest::Fetch { group, .. }
            | GroupRequest::DeleteOffsets { group, .. }
            | GroupRequest::Describe(group)
            | GroupRequest::Delete(group) => Some(group),
            GroupRequest::List => None,
        };
        if group.is_some_and(|group| !Core::is_group_id(group)) {
            return Err(ResponseError::InvalidGroupId);
        }
        if self.coordinates_alone() {
            return Ok(());
        }
        if !self.is_leader() {
            return Err(ResponseError::NotCoordinator);
        }
        if !self.serves() {
            return Err(ResponseError::CoordinatorLoadInProgress);
        }
        Ok(())
    }

    /// Whether a text can be the id of a group.
    pub(super) fn is_group_id(group: &str) -> bool {
        !group.is_empty() && group.len() <= GROUP_ID_BYTES_MAX
    }

    fn answer_group(&mut self, id: RequestId, response: GroupResponse) {
        self.respond(id, Response::Group(response));
    }

    fn refuse_group(&mut self, id: RequestId, error: ResponseError) {
        self.answer_group(id, GroupResponse::Error(error));
    }

    /// What this leader knows of a group.
    fn live(&mut self, group: &str) -> &mut Live {
        // No entry API: it would copy the id at every heartbeat.
        if !self.coordinator.groups.contains_key(group) {
            let live = Live::default();
            self.coordinator.groups.insert(group.to_owned(), live);
        }
        self.coordinator
            .groups
            .get_mut(group)
            .expect("was inserted")
    }

    /// Proposes a change of a group that nobody waits for.
    pub(super) fn write_group(&mut self, group: &str, change: GroupChange) {
        self.propose_group(group, change, Pending::Written);
    }

    /// Proposes a change of a group. False if Raft does not take it: certainly not done.
    fn propose_group(&mut self, group: &str, change: GroupChange, pending: Pending) -> bool {
        if self.coordinates_alone() {
            let own = (group.to_owned(), change, pending);
            self.coordinator.own.push_back(own);
            return true;
        }
        let command = Command::Group(group.to_owned(), change);
        let index = self.propose(&command);
        if let Some(index) = index {
            self.coordinator.pending.insert(index, pending);
        }
        index.is_some()
    }
}
