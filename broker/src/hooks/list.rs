//! The hooks of one node, as the node calls them: each place is offered to all, in order. What each place means is said
//! at [`Hook`].

use std::sync::Arc;
use std::time::Duration;

use raft::eraftpb::{Entry, Message};
use uuid::Uuid;

use super::{Applier, Held, Hook, Later, Outcomes, Retelling, Surroundings, Timed};
use crate::frame::Frame;
use crate::messages::{Class, Forwarded};
use crate::request::{NodeId, Time};
use crate::state::State;
use crate::state::partition::{BatchPlace, Partition};

/// The hooks of one node. None by default. Clones are the same hooks.
#[derive(Clone, Debug, Default)]
pub struct Hooks(Arc<[Arc<dyn Hook>]>);

impl From<Vec<Box<dyn Hook>>> for Hooks {
    fn from(hooks: Vec<Box<dyn Hook>>) -> Hooks {
        Hooks(hooks.into_iter().map(Arc::from).collect())
    }
}

impl Hooks {
    /// These, and then those.
    pub(crate) fn and(&self, those: &Hooks) -> Hooks {
        Hooks(self.0.iter().chain(those.0.iter()).cloned().collect())
    }

    pub(crate) fn recovered(&self, last_index: u64) {
        self.0.iter().for_each(|hook| hook.recovered(last_index));
    }

    pub(crate) fn heartbeat_taken(&self, state: &State) {
        self.0.iter().for_each(|hook| hook.heartbeat_taken(state));
    }

    pub(crate) fn first_offsets(&self) -> Vec<((Uuid, i32), i64)> {
        self.0
            .iter()
            .flat_map(|hook| hook.first_offsets())
            .collect()
    }

    pub(crate) fn listed_end(
        &self,
        at: (Uuid, i32),
        partition: &Partition,
        term: u64,
    ) -> Option<i64> {
        self.0
            .iter()
            .find_map(|hook| hook.listed_end(at, partition, term))
    }

    pub(crate) fn batch_stored(&self, batch: &mut [u8]) {
        self.0.iter().for_each(|hook| hook.batch_stored(batch));
    }

    /// False if any passes the entry over; all are asked.
    pub(crate) fn entry_applies(&self, entry: &Entry, state: &mut State, by: Applier<'_>) -> bool {
        let mut applies = true;
        for hook in self.0.iter() {
            applies &= hook.entry_applies(entry, state, by);
        }
        applies
    }

    /// The most that is passed over, the first end.
    pub(crate) fn fetch_bounds(&self, partition: &Partition, offset: i64) -> (usize, i64) {
        let bounds = self
            .0
            .iter()
            .map(|hook| hook.fetch_bounds(partition, offset));
        bounds.fold((0, i64::MAX), |(skipped, end), one| {
            (skipped.max(one.0), end.min(one.1))
        })
    }

    pub(crate) fn fetch_beyond(
        &self,
        at: (Uuid, i32),
        next: i64,
        entries: &dyn Fn() -> Vec<Entry>,
    ) -> Vec<BatchPlace> {
        self.0
            .iter()
            .flat_map(|hook| hook.fetch_beyond(at, next, entries))
            .collect()
    }

    pub(crate) fn time_of(&self, what: Timed) -> Option<Time> {
        self.0.iter().find_map(|hook| hook.time_of(what))
    }

    pub(crate) fn started(&self, surroundings: &Surroundings) {
        self.0.iter().for_each(|hook| hook.started(surroundings));
    }

    pub(crate) fn dial_delay(&self) -> Option<Duration> {
        self.0.iter().find_map(|hook| hook.dial_delay())
    }

    pub(crate) fn take_message(
        &self,
        to: NodeId,
        class: Class,
        message: Box<Message>,
    ) -> Option<Box<Message>> {
        let mut hooks = self.0.iter();
        hooks.try_fold(message, |message, hook| {
            hook.take_message(to, class, message)
        })
    }

    pub(crate) fn message_dropped(&self, to: NodeId, message: &Message) {
        self.0
            .iter()
            .for_each(|hook| hook.message_dropped(to, message));
    }

    pub(crate) fn link_changed(&self, peer: NodeId, class: Class, is_up: bool) {
        self.0
            .iter()
            .for_each(|hook| hook.link_changed(peer, class, is_up));
    }

    pub(crate) fn turn_waits(&self) -> Option<Later<Held>> {
        self.0.iter().find_map(|hook| hook.turn_waits())
    }

    /// The first hook is the outermost.
    pub(crate) fn around_turn(&self, turn: &mut dyn FnMut()) {
        nest(&self.0, turn);
    }

    pub(crate) fn passed_on(&self, what: Forwarded) -> Forwarded {
        self.0.iter().fold(what, |what, hook| hook.passed_on(what))
    }

    pub(crate) fn forwarded_waits(&self, what: &Forwarded) -> Option<Later<Held>> {
        self.0.iter().find_map(|hook| hook.forwarded_waits(what))
    }

    pub(crate) fn write_arrived(&self) -> Option<Box<dyn FnOnce(Outcomes) -> Outcomes + Send>> {
        self.0.iter().find_map(|hook| hook.write_arrived())
    }

    pub(crate) fn question_came(&self, frame: &Frame) -> Option<Retelling> {
        self.0.iter().find_map(|hook| hook.question_came(frame))
    }
}

fn nest(hooks: &[Arc<dyn Hook>], turn: &mut dyn FnMut()) {
    match hooks.split_first() {
        None => turn(),
        Some((first, rest)) => first.around_turn(&mut || nest(rest, turn)),
    }
}
