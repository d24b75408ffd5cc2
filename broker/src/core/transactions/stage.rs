//! AddOffsetsToTxn and TxnOffsetCommit: offsets of a consumer group that are committed with a transaction.

use kafka_protocol::error::ResponseError;

use super::{Core, Decision};
use crate::command::groups::GroupChange;
use crate::command::{AddToTransaction, Command, Offsets};
use crate::core::groups::OFFSET_METADATA_BYTES_MAX;
use crate::request::groups::{MemberOf, OffsetToCommit};
use crate::request::transactions::{ProducerEpoch, TransactionRefusal, TransactionRequest};
use crate::rules::Staged;
use crate::state::transactions::{PARTITIONS_MAX, Transaction};

impl Core {
    pub(super) fn decide_add_group(
        &self,
        request: &TransactionRequest,
        producer: ProducerEpoch,
        group: &str,
    ) -> Decision {
        let known = match self.transaction_of(&request.id, producer) {
            Ok(known) => known,
            Err(error) => return Decision::refuse(error),
        };
        if let Err(error) = self.may_be_group(group) {
            return Decision::refuse(error);
        }
        if known.groups.contains_key(group) {
            return Decision::Answer(Ok(known.producer));
        }
        stage(request, known, group, Vec::new())
    }

    pub(super) fn decide_stage(
        &self,
        request: &TransactionRequest,
        producer: ProducerEpoch,
        (member, offsets): (&MemberOf, &[OffsetToCommit]),
        adds: bool,
    ) -> Decision {
        let known = match self.transaction_of(&request.id, producer) {
            Ok(known) => known,
            Err(error) => return Decision::refuse(error),
        };
        if !adds && !known.groups.contains_key(&member.group) {
            return Decision::refuse(ResponseError::InvalidTxnState);
        }
        if let Err(error) = self.may_stage(member) {
            return Decision::refuse(error);
        }
        let (mut staged, mut unknown) = (Vec::new(), Vec::new());
        for (at, asked) in offsets.iter().enumerate() {
            if asked.committed.metadata.len() > OFFSET_METADATA_BYTES_MAX {
                return Decision::refuse(ResponseError::OffsetMetadataTooLarge);
            }
            match self.state.partition(&asked.topic, asked.partition) {
                Some((topic, _)) => {
                    staged.push(((topic, asked.partition), asked.committed.clone()))
                }
                None => unknown.push(at),
            }
        }
        if !unknown.is_empty() {
            return Decision::Answer(Err(TransactionRefusal::UnknownPartitions(unknown)));
        }
        if staged.len() > PARTITIONS_MAX {
            return Decision::refuse(ResponseError::InvalidRequest);
        }
        stage(request, known, &member.group, staged)
    }

    /// Whether somebody may stage offsets now. One that names no member may, as in Kafka: its producer is fenced instead.
    fn may_stage(&self, member: &MemberOf) -> Result<(), ResponseError> {
        self.may_be_group(&member.group)?;
        let names_none =
            member.generation < 0 && member.member.is_empty() && member.instance.is_none();
        match names_none || !self.config.rules.stages_are_fenced {
            true => Ok(()),
            false => self.may_commit(member),
        }
    }

    /// Takes the offsets out of an entry and commits them by one of their own, where a rule says so.
    pub(super) fn commit_staged_at_once(&mut self, command: &mut Command) {
        let Command::AddToTransaction(add) = command else {
            return;
        };
        if self.config.rules.staged != Staged::AtOnce {
            return;
        }
        for (group, offsets) in &mut add.groups {
            let offsets = std::mem::take(offsets);
            if !offsets.is_empty() {
                self.write_group(group, GroupChange::Commit { offsets });
            }
        }
    }

    /// The entries that take back what a transaction is about to commit for its groups, where a rule says so.
    pub(super) fn offsets_to_forget(&self, command: &Command) -> Vec<(String, GroupChange)> {
        let Command::EndTransaction(end) = command else {
            return Vec::new();
        };
        let known = self.state.transactions.get(&end.id);
        let forgets = self.config.rules.staged == Staged::WhileLeading && end.commit;
        let Some(known) = known.filter(|known| forgets && self.is_of_older_term(known)) else {
            return Vec::new();
        };
        let mut changes = Vec::new();
        for (group, staged) in &known.groups {
            let before = self.state.groups.get(group).map(|known| &known.offsets);
            let was = |at| before.and_then(|before| before.get(at)).cloned();
            let all = staged.keys().map(|at| (*at, was(at)));
            let (old, none): (Vec<_>, Vec<_>) = all.partition(|(_, was)| was.is_some());
            let offsets = old.into_iter().filter_map(|(at, was)| Some((at, was?)));
            let partitions = none.into_iter().map(|(at, _)| at);
            let (offsets, partitions): (Vec<_>, Vec<_>) = (offsets.collect(), partitions.collect());
            changes.push((group.clone(), GroupChange::Commit { offsets }));
            changes.push((group.clone(), GroupChange::DeleteOffsets { partitions }));
        }
        changes
    }

    fn may_be_group(&self, group: &str) -> Result<(), ResponseError> {
        if !Core::is_group_id(group) {
            return Err(ResponseError::InvalidGroupId);
        }
        match self.state.groups.has_room_for(group) {
            true => Ok(()),
            false => Err(ResponseError::PolicyViolation),
        }
    }
}

fn stage(
    request: &TransactionRequest,
    known: &Transaction,
    group: &str,
    offsets: Offsets,
) -> Decision {
    let add = AddToTransaction {
        id: request.id.clone(),
        producer: known.producer,
        stamp_ms: request.stamp_ms,
        partitions: Vec::new(),
        groups: vec![(group.to_owned(), offsets)],
    };
    // Clients send it again.
    Decision::Propose(
        Command::AddToTransaction(add),
        ResponseError::RequestTimedOut,
    )
}
