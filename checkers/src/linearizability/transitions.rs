//! A model over numbers: states and actions are interned, and what an action makes of a state is asked once.

use std::borrow::Cow;

use hashbrown::HashTable;

use super::budgeting::{growth, steps_of};
use super::interner::Interner;
use super::mask::{hash_of, room_for};
use super::model::Model;

/// The number of a state.
pub(super) type StateId = u32;
/// The number of an action.
pub(super) type ActionId = u32;

/// A remembered answer of [`Model::step`].
struct Step {
    state: StateId,
    action: ActionId,
    /// [`ILLEGAL`] if there is none.
    next: StateId,
}

/// Stands for *no state* in a remembered answer.
const ILLEGAL: StateId = StateId::MAX;

/// Up to how many different actions the answers lie in one row for each state, rather than in a hash table.
const ROW_ACTIONS_MAX: usize = 64;
/// An answer in a row that was not asked for yet.
const UNKNOWN: StateId = StateId::MAX - 1;

/// A model over numbers.
pub(super) struct Transitions<'a, M: Model> {
    model: &'a M,
    states: Interner<M::State>,
    /// Borrowed from the operations, but for those that the model made simpler.
    actions: Interner<Cow<'a, M::Action>>,
    rows: Vec<StateId>,
    /// Length of a row; 0 if the answers lie in the hash table.
    row: usize,
    steps: HashTable<Step>,
    state_bytes: usize,
    /// What asking the model took, in steps.
    pub(super) work: u64,
}

impl<'a, M: Model> Transitions<'a, M> {
    /// Over no state and no action yet, with room for the actions of this many operations.
    pub(super) fn new(model: &'a M, operations: usize) -> Self {
        let room = room_for(operations);
        Transitions {
            model,
            states: Interner::with_room(room),
            actions: Interner::with_room(room),
            rows: Vec::new(),
            row: 0,
            steps: HashTable::new(),
            state_bytes: 0,
            work: 0,
        }
    }

    /// The number of an action. All actions are numbered before the first step.
    pub(super) fn action(&mut self, action: Cow<'a, M::Action>) -> ActionId {
        self.actions.number(action)
    }

    /// Ends the numbering of actions and begins that of states.
    pub(super) fn begin(&mut self) -> StateId {
        let actions = self.actions.len();
        self.row = if actions <= ROW_ACTIONS_MAX {
            actions
        } else {
            0
        };
        let initial = self.model.initial();
        self.rows.reserve(self.row * (1 + actions));
        self.state(initial)
    }

    /// The number of a state.
    pub(super) fn state(&mut self, state: M::State) -> StateId {
        let known = self.states.len();
        let number = self.states.number(state);
        if self.states.len() > known {
            let bytes = self.model.state_bytes(self.states.value(number));
            self.state_bytes += bytes;
            self.work += steps_of(bytes + self.row * size_of::<StateId>());
            self.rows.resize(self.states.len() * self.row, UNKNOWN);
        }
        number
    }

    /// The state of a number.
    pub(super) fn value(&self, state: StateId) -> &M::State {
        self.states.value(state)
    }

    /// What an action makes of a state; none if its answer is impossible there.
    #[inline]
    pub(super) fn step(&mut self, state: StateId, action: ActionId) -> Option<StateId> {
        let next = if self.row > 0 {
            let at = state as usize * self.row + action as usize;
            match self.rows[at] {
                UNKNOWN => {
                    let next = self.ask(state, action);
                    self.rows[at] = next;
                    next
                }
                known => known,
            }
        } else {
            let hash = hash_of(&(state, action));
            let same = |step: &Step| step.state == state && step.action == action;
            match self.steps.find(hash, same) {
                Some(step) => step.next,
                None => {
                    let next = self.ask(state, action);
                    let step = Step {
                        state,
                        action,
                        next,
                    };
                    let rehash = |step: &Step| hash_of(&(step.state, step.action));
                    self.steps.insert_unique(hash, step, rehash);
                    next
                }
            }
        };
        (next != ILLEGAL).then_some(next)
    }

    fn ask(&mut self, state: StateId, action: ActionId) -> StateId {
        let before = self.states.value(state);
        let action = self.actions.value(action);
        self.work += 1 + steps_of(self.model.step_bytes(before, action));
        match self.model.step(before, action) {
            Some(after) => self.state(after),
            None => ILLEGAL,
        }
    }

    /// Bytes that the tables may take besides while they grow.
    pub(super) fn growth(&self) -> usize {
        let rows = self.rows.capacity() * size_of::<StateId>();
        let steps = &self.steps;
        let few = 2_048 * self.row;
        self.states.growth()
            + if self.rows.capacity() - self.rows.len() < few {
                2 * rows
            } else {
                0
            }
            + growth(steps.len(), steps.capacity(), steps.allocation_size())
    }

    /// Bytes in use, without what actions own on the heap: they were there before the search.
    pub(super) fn bytes(&self) -> usize {
        self.state_bytes
            + self.states.bytes()
            + self.actions.bytes()
            + self.rows.capacity() * size_of::<StateId>()
            + self.steps.allocation_size()
    }
}
