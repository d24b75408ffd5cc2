//! What Raft has ready: messages to send at once, state to make durable first, entries to apply. And what follows when
//! the log reports that something is durable.

use raft::Ready;
use raft::eraftpb::{Entry, Message, MessageType};

use super::{Action, Class, Core, Waiting};
use crate::hooks::Applier;
use crate::log::{Checkpoint, HardState, SyncReport, WriteGroup};
use crate::request::View;
use crate::rules::Rules;
use crate::state::{Applied, State};

impl Core {
    /// Does everything that is ready, then answers what can be answered now.
    pub(super) fn settle(&mut self) {
        let applied_before = self.applied_index;
        loop {
            self.release();
            self.repair_progress();
            if !self.config.rules.commit_needs_own_term {
                self.commit_by_count();
            }
            if !self.raft.has_ready() {
                break;
            }
            let ready = self.raft.ready();
            self.process(ready);
            self.draw_timeout();
            self.notice_leadership();
        }
        self.write_rest();
        self.raft.mut_store().catalog.shrink();
        self.renew_view();
        self.answer_lagging();
        self.start_read_round();
        if self.applied_index != applied_before {
            self.wake_fetches();
        }
        // A read round that has just started has messages to send.
        if self.raft.has_ready() {
            let ready = self.raft.ready();
            self.process(ready);
            self.release();
            self.write_rest();
        }
    }

    fn process(&mut self, mut ready: Ready) {
        let at_once = ready.take_messages();
        let read_states = ready.take_read_states();
        let entries = ready.take_entries();
        let committed = ready.take_committed_entries();
        let persisted = ready.take_persisted_messages();
        let hard_state = ready.hs().cloned();
        let snapshot = (!ready.snapshot().is_empty()).then(|| ready.snapshot().clone());
        let vote_changed = hard_state.as_ref().is_some_and(|_| ready.must_sync());
        if snapshot.is_some() || !entries.is_empty() || vote_changed {
            if let Some(snapshot) = &snapshot {
                let metadata = snapshot.get_metadata();
                let checkpoint = Checkpoint {
                    index: metadata.index,
                    term: metadata.term,
                    state: snapshot.data.clone(),
                };
                self.install(&checkpoint);
                self.next_group.install = Some(checkpoint);
            }
            let current = self.raft.raft.hard_state();
            // Not past what is durable: this frame may survive a power loss and the entries of its group not. What
            // was there before, perhaps of another leader, would be taken for committed.
            let log = &self.raft.raft.raft_log;
            let commit = log.committed.min(log.persisted.max(log.applied));
            let mut state = HardState {
                term: current.term,
                vote: current.vote,
                commit,
            };
            if !self.config.rules.persist_hard_state {
                (state.term, state.vote) = (0, 0);
            }
            self.next_group.hard_state = Some(state);
            let catalog = &self.raft.store().catalog;
            let before = entries.first().map_or(0, |entry| entry.index - 1);
            self.next_group.previous_term = catalog.term(before).unwrap_or(0);
            self.next_group.entries = entries;
            self.write(current.term);
        }
        let number = ready.number();
        if let Some(index) = snapshot.map(|snapshot| snapshot.get_metadata().index) {
            self.installing = Some((index, number));
        }
        self.raft.advance_append_async(ready);
        self.send(at_once);
        let rules = &self.config.rules;
        let (early, messages) = persisted
            .into_iter()
            .partition(|message| promises_nothing(message) || leaves_early(rules, message));
        self.send(early);
        self.waiting.push_back(Waiting {
            ready: number,
            group: self.group,
            messages,
        });
        for state in read_states {
            self.read_round_known(&state.request_ctx, state.index);
        }
        self.apply(committed);
    }

    /// Hands the group that was put together to the log.
    fn write(&mut self, term: u64) {
        self.group += 1;
        let mut group = std::mem::take(&mut self.next_group);
        group.number = self.group;
        self.raft
            .mut_store()
            .catalog
            .append(self.group, &group.entries);
        if let Some(last) = group.entries.last() {
            self.unsynced.push_back((self.group, last.index));
        }
        self.terms.push_back((self.group, term));
        self.actions.push(Action::Write(group));
    }

    /// Checkpoints and removals that no entry came along for.
    fn write_rest(&mut self) {
        let WriteGroup {
            checkpoints,
            remove_below,
            ..
        } = &self.next_group;
        if !checkpoints.is_empty() || remove_below.is_some() {
            self.write(self.durable_term);
        }
    }

    /// The log made groups durable.
    pub(super) fn synced(&mut self, report: SyncReport) {
        let store = self.raft.mut_store();
        for event in report.events {
            if let crate::log::Event::Began { segment, .. } = &event {
                self.checkpoints_due.insert(segment.first_index - 1);
            }
            store.catalog.record(event);
        }
        store.drop_checkpoints();
        self.log_bytes = report.bytes;
        self.durable_group = self.durable_group.max(report.number);
        while self
            .unsynced
            .front()
            .is_some_and(|(group, _)| *group <= self.durable_group)
        {
            if let Some((_, index)) = self.unsynced.pop_front() {
                self.synced_index = index;
            }
        }
        while self
            .terms
            .front()
            .is_some_and(|(group, _)| *group <= self.durable_group)
        {
            if let Some((_, term)) = self.terms.pop_front() {
                self.durable_term = self.durable_term.max(term);
            }
        }
        self.take_checkpoint();
        self.answer_synced();
    }

    /// Sends the messages whose group is durable, and reports it to Raft.
    fn release(&mut self) {
        while self
            .waiting
            .front()
            .is_some_and(|waiting| waiting.group <= self.durable_group)
        {
            if let Some(Waiting {
                ready, messages, ..
            }) = self.waiting.pop_front()
            {
                self.raft.on_persist_ready(ready);
                if let Some((index, number)) = self.installing
                    && number <= ready
                {
                    self.raft.advance_apply_to(index);
                    self.installing = None;
                }
                self.draw_timeout();
                self.send(messages);
            }
        }
    }

    fn send(&mut self, messages: Vec<Message>) {
        for mut message in messages {
            if !self.repair_append(&mut message) {
                continue;
            }
            let (to, kind) = (message.to, message.get_msg_type());
            let class = match kind {
                MessageType::MsgAppend
                | MessageType::MsgAppendResponse
                | MessageType::MsgSnapshot => Class::Append,
                _ => Class::Control,
            };
            self.actions.push(Action::Send {
                to,
                class,
                message: Box::new(message),
            });
            if kind == MessageType::MsgSnapshot {
                // A snapshot here is one small message. If it is lost, the next append is rejected and another one is
                // sent; without this report Raft would wait for ever.
                self.raft.report_snapshot(to, raft::SnapshotStatus::Finish);
            }
        }
    }

    fn apply(&mut self, entries: Vec<Entry>) {
        let Some(last) = entries.last().map(|entry| entry.index) else {
            return;
        };
        for entry in entries {
            debug_assert_eq!(
                entry.index,
                self.applied_index + 1,
                "entries are applied in order"
            );
            let applied = if entry.data.is_empty() || !self.hooks_let_apply(&entry) {
                Applied::Nothing
            } else {
                self.state.apply(entry.index, entry.term, &entry.data)
            };
            self.applied_index = entry.index;
            self.applied_term = entry.term;
            if let Applied::Trimmed(first_index) = applied {
                self.next_group.remove_below = self.next_group.remove_below.max(Some(first_index));
            }
            self.answer_applied(entry.index, applied);
            self.take_checkpoint();
        }
        self.raft.advance_apply_to(last);
        self.answer_reads();
    }

    /// Takes the checkpoint that belongs to a segment which begins right after what is applied.
    fn take_checkpoint(&mut self) {
        if !self.checkpoints_due.remove(&self.applied_index) {
            return;
        }
        let (index, term) = (self.applied_index, self.applied_term);
        let rules = &self.config.rules;
        let keeps = (rules.checkpoint_keeps_aborted, rules.checkpoint_keeps_open);
        let checkpoint = Checkpoint {
            index,
            term,
            state: self.state.encode_with(keeps.0, keeps.1),
        };
        self.raft
            .mut_store()
            .checkpoints
            .insert(index, checkpoint.clone());
        self.next_group.checkpoints.push(checkpoint);
    }

    /// Starts over after a leader's checkpoint.
    fn install(&mut self, checkpoint: &Checkpoint) {
        // It was decoded before the message was let in.
        self.state = State::decode(&checkpoint.state).unwrap_or_default();
        self.state.topics_version = self.view_of.2.wrapping_add(1);
        self.applied_index = checkpoint.index;
        self.applied_term = checkpoint.term;
        self.checkpoints_due.clear();
        self.unsynced.clear();
        self.synced_index = checkpoint.index;
        let store = self.raft.mut_store();
        store.catalog.install(checkpoint.index, checkpoint.term);
        store.checkpoints.clear();
        store
            .checkpoints
            .insert(checkpoint.index, checkpoint.clone());
        self.next_group.checkpoints.clear();
        self.next_group.remove_below = None;
        self.wake_fetches();
    }

    fn renew_view(&mut self) {
        let shown = (self.leader(), self.durable_term, self.state.topics_version);
        if shown == self.view_of {
            return;
        }
        let led_elsewhere = (shown.0, shown.1) != (self.view_of.0, self.view_of.1);
        self.view_of = shown;
        if let Some(leader) = shown.0 {
            self.last_leader = Some((leader, shown.1));
        }
        let last = self
            .last_leader
            .filter(|(id, term)| *term == shown.1 && *id != self.config.id);
        let named_leader = shown.0.or(last.map(|(id, _)| id));
        let topics = self.state.topics().iter().map(|(name, topic)| {
            let partitions = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
            let settings = topic.settings.clone();
            (
                name.clone(),
                crate::request::TopicView {
                    id: topic.id,
                    partitions,
                    settings,
                },
            )
        });
        self.view = std::sync::Arc::new(View {
            leader: shown.0,
            named_leader,
            leader_epoch: i32::try_from(shown.1).unwrap_or(i32::MAX),
            topics: topics.collect(),
        });
        if led_elsewhere {
            // Consumers that wait here may have to look for the leader elsewhere.
            self.wake_fetches();
        }
    }

    /// Raft 0.7.0 may set a follower's next index at or below what it is known to have (#555), and then asks for it
    /// again and again.
    fn repair_progress(&mut self) {
        if self.is_leader() {
            for (_, progress) in self.raft.raft.mut_prs().iter_mut() {
                progress.next_idx = progress.next_idx.max(progress.matched + 1);
            }
        }
    }

    /// Raft 0.7.0 may add entries to an append without any that it has not sent yet, whatever entry that one names as the one
    /// before: it tests only whether entries follow entries. False if the right one cannot be named.
    fn repair_append(&self, message: &mut Message) -> bool {
        let Some(first) = message.entries.first().map(|entry| entry.index) else {
            return true;
        };
        if message.get_msg_type() != MessageType::MsgAppend || first == message.index + 1 {
            return true;
        }
        // Raft names the term 0 for an entry that was removed from the log meanwhile. The follower would refuse that.
        match self.raft.raft.raft_log.term(first - 1) {
            Ok(term) if term > 0 || first == 1 => {
                message.index = first - 1;
                message.log_term = term;
                true
            }
            _ => false,
        }
    }

    /// Whether an entry is applied as far as the hooks are concerned.
    fn hooks_let_apply(&mut self, entry: &Entry) -> bool {
        let leads = self.is_leader();
        let Core { config, state, .. } = self;
        let by = Applier {
            node: config.id,
            leads,
            voters: &config.voters,
        };
        config.hooks.entry_applies(entry, state, by)
    }

    /// Commits what a majority has, of whatever term. Only where the rules do not ask for an entry of the own term.
    fn commit_by_count(&mut self) {
        let raft = &mut self.raft.raft;
        let counted = raft.mut_prs().maximal_committed_index().0;
        if self.leads == Some(raft.term) && counted > raft.raft_log.committed {
            raft.raft_log.commit_to(counted);
            raft.bcast_append();
        }
    }
}

/// Whether a follower's message says nothing of what is durable. Raft 0.7.0 holds back all that a follower sends until what
/// came with it is synced; with its answers to heartbeats, a sync of half a second on a shared disk made the leader take
/// its followers for dead and step down. Such an answer promises neither a vote nor an entry: a vote or an append in its
/// term waits for the disk as before. (etcd's asynchronous storage writes hold back answers to appends and votes, and no others.)
fn promises_nothing(message: &Message) -> bool {
    message.get_msg_type() == MessageType::MsgHeartbeatResponse
}

/// Whether the rules let a message leave before the sync that it belongs to.
fn leaves_early(rules: &Rules, message: &Message) -> bool {
    match message.get_msg_type() {
        MessageType::MsgRequestVote | MessageType::MsgRequestVoteResponse => {
            !rules.vote_waits_for_sync
        }
        MessageType::MsgAppendResponse => !rules.entries_wait_for_sync,
        _ => false,
    }
}
