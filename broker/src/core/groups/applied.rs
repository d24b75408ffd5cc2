//! What follows when an entry about groups is applied, when it takes too long, and when leadership ends before.
//!
//! After the append nothing may be called *not done*. OffsetCommit is answered REQUEST_TIMED_OUT then. All others get
//! NOT_COORDINATOR, which clients take for *ask again*: a JoinGroup that is answered REQUEST_TIMED_OUT raises an error in
//! librdkafka instead.

use kafka_protocol::error::ResponseError;

use super::span::milliseconds;
use super::{Core, Live, Phase};
use crate::request::groups::{GroupResponse, Join};
use crate::request::{RequestId, Time};
use crate::state::groups::Group;

/// How each part of a request came out.
type Results = Vec<Result<(), ResponseError>>;

/// An entry that was proposed, and who waits for it.
#[derive(Debug)]
pub(in crate::core) enum Pending {
    /// A generation, and the JoinGroups of its members.
    Formed {
        group: String,
        joined: Vec<(String, RequestId)>,
    },
    /// An assignment. The SyncGroups wait with the group.
    Assigned { group: String },
    /// A static member came back under another member id.
    Replaced {
        id: RequestId,
        old: String,
        join: Join,
        keeps_generation: bool,
    },
    /// Members are gone: who asked for it, if anybody did.
    Left {
        request: Option<(RequestId, Results, Time)>,
        group: String,
        members: Vec<String>,
    },
    /// Offsets were stored or forgotten.
    Stored {
        id: RequestId,
        results: Results,
        deadline: Time,
    },
    /// What nobody waits for.
    Written,
    /// A group was deleted.
    Deleted {
        id: RequestId,
        group: String,
        deadline: Time,
    },
}

impl Core {
    /// An entry was applied. False if it was none of this coordinator's. `done` is false for an entry that every node
    /// skipped, because it was proposed under another term.
    pub(in crate::core) fn group_applied(&mut self, index: u64, done: bool) -> bool {
        let Some(pending) = self.coordinator.pending.remove(&index) else {
            return false;
        };
        if !done {
            self.group_failed(pending);
            return true;
        }
        self.group_pending_done(pending);
        true
    }

    /// What was proposed is done.
    pub(super) fn group_pending_done(&mut self, pending: Pending) {
        match pending {
            Pending::Formed { group, joined } => self.formed(&group, joined),
            Pending::Assigned { group } => self.assigned(&group),
            Pending::Replaced {
                id,
                old,
                join,
                keeps_generation,
            } => self.replaced(id, &old, join, keeps_generation),
            Pending::Left {
                request,
                group,
                members,
            } => {
                if let Some((id, results, _)) = request {
                    self.answer_group(id, GroupResponse::Left(results));
                }
                self.removed(&group, &members);
            }
            Pending::Stored { id, results, .. } => {
                self.answer_group(id, GroupResponse::Partitions(results));
            }
            Pending::Deleted { id, group, .. } => {
                self.coordinator.groups.remove(&group);
                self.answer_group(id, GroupResponse::Done);
            }
            Pending::Written => {}
        }
    }

    fn formed(&mut self, group: &str, joined: Vec<(String, RequestId)>) {
        // Borrowed, not copied: a group may have thousands of offsets.
        let empty = Group::default();
        let known = self.state.groups.get(group).unwrap_or(&empty);
        let live = self.coordinator.groups.entry(group.to_owned()).or_default();
        live.phase = Phase::Settled;
        live.assigning = false;
        live.sessions.retain(|id, _| known.members.contains_key(id));
        live.sync_until = self.now + milliseconds(known.rebalance_timeout_ms());
        let late = std::mem::take(&mut live.late);
        for (member, id) in joined {
            self.refresh(group, &member);
            let answer = self.joined(group, &member);
            self.answer_group(id, answer);
        }
        for (id, join) in late {
            self.join(id, join);
        }
    }

    fn assigned(&mut self, group: &str) {
        let live = self.live(group);
        live.assigning = false;
        let syncs = std::mem::take(&mut live.syncs);
        for (member, id) in syncs {
            self.refresh(group, &member);
            let known = self.state.groups.get(group);
            let known = known.and_then(|known| known.members.get(&member));
            let answer = match known {
                Some(known) => GroupResponse::Synced(known.assignment.clone()),
                None => GroupResponse::Error(ResponseError::UnknownMemberId),
            };
            self.answer_group(id, answer);
        }
    }

    fn replaced(&mut self, id: RequestId, old: &str, join: Join, keeps_generation: bool) {
        let group = join.group.clone();
        let live = self.live(&group);
        live.sessions.remove(old);
        let settled = live.is_settled();
        self.refresh(&group, &join.member);
        if !(keeps_generation && settled) {
            return self.admit(id, join);
        }
        let mut answer = self.joined(&group, &join.member);
        if let GroupResponse::Joined(joined) = &mut answer
            && joined.leader == join.member
        {
            // Before version 9 a leader cannot be told to skip the assignment; it must not take itself for the leader, as
            // the generation has its assignment (KIP-345).
            joined.leader = old.to_owned();
            joined.members.clear();
        }
        self.answer_group(id, answer);
    }

    fn removed(&mut self, group: &str, members: &[String]) {
        let live = self.live(group);
        for member in members {
            live.leaving.remove(member);
            live.sessions.remove(member);
        }
        let due = self
            .state
            .groups
            .get(group)
            .is_some_and(|known| known.rebalance_due);
        if due {
            self.prepare_rebalance(group);
        }
        self.form_if_all_joined(group);
    }

    /// Answers those who have waited for too long. Their entries may yet be applied, and what follows from that happens.
    pub(in crate::core) fn expire_groups(&mut self) {
        let now = self.now;
        let late = |pending: &Pending| match pending {
            Pending::Stored { deadline, .. } | Pending::Deleted { deadline, .. } => {
                *deadline <= now
            }
            Pending::Left { request, .. } => request
                .as_ref()
                .is_some_and(|(_, _, deadline)| *deadline <= now),
            Pending::Formed { .. }
            | Pending::Assigned { .. }
            | Pending::Replaced { .. }
            | Pending::Written => false,
        };
        let pending = self.coordinator.pending.iter();
        let late: Vec<u64> = pending
            .filter(|(_, one)| late(one))
            .map(|(index, _)| *index)
            .collect();
        for index in late {
            match self.coordinator.pending.remove(&index) {
                Some(Pending::Left {
                    request: Some((id, ..)),
                    group,
                    members,
                }) => {
                    self.refuse_group(id, ResponseError::NotCoordinator);
                    let pending = Pending::Left {
                        request: None,
                        group,
                        members,
                    };
                    self.coordinator.pending.insert(index, pending);
                }
                Some(pending) => self.group_failed(pending),
                None => {}
            }
        }
    }

    /// Leadership ended: those that wait may ask the next leader.
    pub(in crate::core) fn end_groups(&mut self) {
        self.coordinator.begun = false;
        for pending in std::mem::take(&mut self.coordinator.pending).into_values() {
            self.group_failed(pending);
        }
        for live in std::mem::take(&mut self.coordinator.groups).into_values() {
            for id in parked(live) {
                self.refuse_group(id, ResponseError::NotCoordinator);
            }
        }
    }

    fn group_failed(&mut self, pending: Pending) {
        match pending {
            Pending::Formed { joined, .. } => {
                for (_, id) in joined {
                    self.refuse_group(id, ResponseError::NotCoordinator);
                }
            }
            Pending::Replaced { id, .. } | Pending::Deleted { id, .. } => {
                self.refuse_group(id, ResponseError::NotCoordinator);
            }
            Pending::Left { request, .. } => {
                if let Some((id, ..)) = request {
                    self.refuse_group(id, ResponseError::NotCoordinator);
                }
            }
            Pending::Stored { id, .. } => self.refuse_group(id, ResponseError::RequestTimedOut),
            Pending::Assigned { .. } | Pending::Written => {}
        }
    }
}

/// All requests that wait with a group.
fn parked(live: Live) -> Vec<RequestId> {
    let mut parked: Vec<RequestId> = live.syncs.into_values().collect();
    parked.extend(live.late.into_iter().map(|(id, _)| id));
    if let Phase::Joining(joining) = live.phase {
        parked.extend(joining.joined.into_iter().map(|joiner| joiner.request));
    }
    parked
}
