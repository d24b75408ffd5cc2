//! Committed offsets: who may commit, and what is stored.
//!
//! The order of the tests is Kafka's (ClassicGroup.validateOffsetCommit): a client that names no generation may commit while the
//! group is empty; a member must be of the present generation, and everybody waits while a generation is written or has no
//! assignment yet.

use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use super::{Core, Pending};
use crate::command::groups::{GroupChange, Member};
use crate::request::groups::{
    CommittedOffset, FetchedOffset, GroupResponse, GroupState, MemberOf, OffsetToCommit,
};
use crate::request::{RequestId, Time};
use crate::rules::Commits;

/// Longest text beside an offset (Kafka's `offset.metadata.max.bytes`).
pub(in crate::core) const OFFSET_METADATA_BYTES_MAX: usize = 4_096;

impl Core {
    pub(super) fn commit(
        &mut self,
        id: RequestId,
        member: &MemberOf,
        offsets: Vec<OffsetToCommit>,
        deadline: Time,
    ) {
        if let Err(error) = self.may_commit(member) {
            return self.refuse_group(id, error);
        }
        self.refresh(&member.group, &member.member);
        let mut results = Vec::with_capacity(offsets.len());
        let mut stored = Vec::with_capacity(offsets.len());
        for asked in offsets {
            let place = self.state.partition(&asked.topic, asked.partition);
            results.push(match place {
                None => Err(ResponseError::UnknownTopicOrPartition),
                Some(_) if asked.committed.metadata.len() > OFFSET_METADATA_BYTES_MAX => {
                    Err(ResponseError::OffsetMetadataTooLarge)
                }
                Some((topic, _)) => {
                    if self.is_forgotten(&member.group, (topic, asked.partition), &asked.committed)
                    {
                        results.push(Ok(()));
                        continue;
                    }
                    stored.push(((topic, asked.partition), asked.committed));
                    Ok(())
                }
            });
        }
        if stored.is_empty() {
            return self.answer_group(id, GroupResponse::Partitions(results));
        }
        let pending = Pending::Stored {
            id,
            results,
            deadline,
        };
        let change = GroupChange::Commit { offsets: stored };
        if self.config.rules.commits == Commits::InMemory {
            self.state
                .groups
                .execute(self.applied_index, &member.group, change);
            return self.group_pending_done(pending);
        }
        if !self.propose_group(&member.group, change, pending) {
            self.refuse_group(id, ResponseError::CoordinatorNotAvailable);
        }
    }

    /// Whether a rule lets an offset be acknowledged and not stored.
    fn is_forgotten(&self, group: &str, at: (Uuid, i32), new: &CommittedOffset) -> bool {
        let known = self.state.groups.get(group);
        let before = known.and_then(|known| known.offsets.get(&at));
        self.config.rules.commits == Commits::OnlyForward
            && before.is_some_and(|before| new.offset < before.offset)
    }

    /// Whether somebody may commit offsets now.
    pub(in crate::core) fn may_commit(&self, asked: &MemberOf) -> Result<(), ResponseError> {
        let known = self.state.groups.get(&asked.group);
        let is_empty = known.is_none_or(|known| known.state() == GroupState::Empty);
        let live = self.coordinator.groups.get(&asked.group);
        if asked.generation < 0 && asked.instance.is_none() && is_empty {
            // The member that joins first is about to own everything.
            let forming = live.is_some_and(|live| !live.is_settled());
            let room = self.state.groups.has_room_for(&asked.group);
            return match (forming, room) {
                (true, _) => Err(ResponseError::UnknownMemberId),
                (_, false) => Err(ResponseError::PolicyViolation),
                (false, true) => Ok(()),
            };
        }
        if !self.config.rules.commits_are_fenced {
            return Ok(());
        }
        self.is_member(asked)?;
        let forming = live.is_some_and(|live| matches!(live.phase, super::Phase::Forming));
        let unassigned =
            known.is_some_and(|known| known.state() == GroupState::CompletingRebalance);
        let joining = live.is_some_and(|live| live.joining().is_some());
        // While members join, the last generation may say how far it came.
        if forming || unassigned && !joining {
            return Err(ResponseError::RebalanceInProgress);
        }
        Ok(())
    }

    /// Committed offsets as they are applied.
    pub(super) fn committed(
        &self,
        group: &str,
        partitions: Option<&[(String, i32)]>,
    ) -> Vec<FetchedOffset> {
        let known = self.state.groups.get(group);
        let staged = self.state.transactions.staged(group);
        match partitions {
            Some(partitions) => partitions
                .iter()
                .map(|(topic, partition)| {
                    let place = self.state.partition(topic, *partition);
                    let at = place.map(|(topic, _)| (topic, *partition));
                    FetchedOffset {
                        topic: topic.clone(),
                        partition: *partition,
                        committed: at.and_then(|at| known?.offsets.get(&at).cloned()),
                        is_staged: at.is_some_and(|at| staged.contains(&at)),
                    }
                })
                .collect(),
            None => known
                .into_iter()
                .flat_map(|known| &known.offsets)
                .filter_map(|((topic, partition), committed)| {
                    Some(FetchedOffset {
                        topic: self.state.name_of(*topic)?.to_owned(),
                        partition: *partition,
                        committed: Some(committed.clone()),
                        is_staged: staged.contains(&(*topic, *partition)),
                    })
                })
                .collect(),
        }
    }

    pub(super) fn delete_offsets(
        &mut self,
        id: RequestId,
        group: String,
        partitions: Vec<(String, i32)>,
        deadline: Time,
    ) {
        let Some(known) = self.state.groups.get(&group) else {
            return self.refuse_group(id, ResponseError::GroupIdNotFound);
        };
        let mut places = Vec::new();
        let results: Vec<_> = partitions
            .iter()
            .map(|(topic, partition)| {
                let place = self.state.partition(topic, *partition);
                let (topic_id, _) = place.ok_or(ResponseError::UnknownTopicOrPartition)?;
                if known
                    .members
                    .values()
                    .any(|member| subscribes(member, &known.protocol, topic))
                {
                    return Err(ResponseError::GroupSubscribedToTopic);
                }
                places.push((topic_id, *partition));
                Ok(())
            })
            .collect();
        if places.is_empty() {
            return self.answer_group(id, GroupResponse::Partitions(results));
        }
        let pending = Pending::Stored {
            id,
            results,
            deadline,
        };
        let change = GroupChange::DeleteOffsets { partitions: places };
        if !self.propose_group(&group, change, pending) {
            self.refuse_group(id, ResponseError::CoordinatorNotAvailable);
        }
    }
}

/// Whether a member reads a topic, as far as its subscription (version, count, names) can be read. What cannot be read
/// may be of another protocol type, and counts as subscribed to all.
fn subscribes(member: &Member, protocol: &str, topic: &str) -> bool {
    let metadata = member.metadata(protocol);
    topics_of(&metadata).is_none_or(|topics| topics.contains(&topic.as_bytes()))
}

fn topics_of(metadata: &[u8]) -> Option<Vec<&[u8]>> {
    let rest = metadata.get(2..)?;
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    let mut topics = Vec::new();
    for _ in 0..i32::from_be_bytes(*count) {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (name, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        topics.push(name);
        rest = after;
    }
    Some(topics)
}
