//! What an object does when it is used by one process at a time: the specification that a history is held to.

use std::fmt::Debug;
use std::hash::Hash;

use super::operation::Operation;
use super::report::Decision;

/// A sequential specification.
///
/// Two functions are enough: the state to begin with, and what one action makes of a state. The others have defaults
/// that are right for every model; overriding them makes the search faster, never different.
///
/// An *action* is a call together with its answer, as far as the answer is known. A crashed operation has an action
/// without an answer, so [`Model::step`] must define what the call does whatever it would have answered.
///
/// ```
/// use checkers::linearizability::{self, Model, Operation, SearchOptions};
/// use checkers::verdict::Validity;
///
/// /// A counter whose increments answer the new count.
/// #[derive(Clone)]
/// struct Counter;
///
/// #[derive(Clone, Debug, PartialEq, Eq, Hash)]
/// enum Action {
///     /// Adds one; the answer is unknown if the increment crashed.
///     Increment(Option<u64>),
///     Read(u64),
/// }
///
/// impl Model for Counter {
///     type State = u64;
///     type Action = Action;
///
///     fn initial(&self) -> u64 {
///         0
///     }
///
///     fn step(&self, count: &u64, action: &Action) -> Option<u64> {
///         match action {
///             Action::Increment(None) => Some(count + 1),
///             Action::Increment(Some(answer)) => (*answer == count + 1).then_some(*answer),
///             Action::Read(answer) => (answer == count).then_some(*count),
///         }
///     }
///
///     /// A read never changes the count: the search may take it as soon as its answer fits.
///     fn is_pure(&self, action: &Action) -> bool {
///         matches!(action, Action::Read(_))
///     }
/// }
///
/// let history = [
///     Operation::new(0, 10, 20, Action::Increment(Some(1))),
///     Operation::crashed(1, 15, Action::Increment(None)),
///     Operation::new(2, 30, 40, Action::Read(2)),
///     Operation::new(2, 50, 60, Action::Read(1)),
/// ];
/// let report = linearizability::check(&Counter, &history, &SearchOptions::default()).unwrap();
/// assert_eq!(report.validity, Validity::Invalid);
/// assert_eq!(report.failure.unwrap().operation, 3);
/// ```
pub trait Model: Clone + Send + Sync {
    /// What the object holds.
    type State: Clone + Eq + Hash + Debug;
    /// A call with its answer, as far as it is known.
    type Action: Clone + Eq + Hash + Debug + Send + Sync;

    /// What the object holds before the first operation.
    fn initial(&self) -> Self::State;

    /// What the object holds after this action; none if it could not have answered so in this state.
    fn step(&self, state: &Self::State, action: &Self::Action) -> Option<Self::State>;

    /// Whether this action leaves *every* state as it is in which its answer is possible: a read, a refused
    /// compare-and-set. The search takes such an action at once where it fits and never needs to try without it. For an
    /// action without an answer, say true only if it leaves every state as it is, whatever it would answer.
    fn is_pure(&self, action: &Self::Action) -> bool {
        let _ = action;
        false
    }

    /// The object that this action is on, if the model holds several. A history is linearizable if and only if it is
    /// so for each object alone (Herlihy, Wing 1990: locality), so each is searched alone.
    fn key<'a>(&self, action: &'a Self::Action) -> Option<&'a str> {
        let _ = action;
        None
    }

    /// Shows the model all actions of one object before their search. A model may from there on keep together states
    /// that no action among them can distinguish: the *observation quotient*. Without it a history of appends has as
    /// many states as there are orders; with it, hardly more than were read.
    fn learn(&mut self, actions: &[&Self::Action]) {
        let _ = actions;
    }

    /// An action that serves as well as this one where it crashed, as far as the learned actions can distinguish: one
    /// with the same effect, or one without any if no answer ever becomes possible by this one. Equal crashed
    /// operations are tried once, not in every combination, and those without effect never.
    fn simplify(&self, action: &Self::Action) -> Self::Action {
        action.clone()
    }

    /// Decides histories of a special shape without a search; none for all others. The operations are those of one
    /// object, and the positions in the decision are those in this slice.
    fn decide(&self, operations: &[&Operation<Self::Action>]) -> Option<Decision> {
        let _ = operations;
        None
    }

    /// Bytes that a state takes, with what it owns on the heap: they count against the budget of a search.
    fn state_bytes(&self, state: &Self::State) -> usize {
        size_of_val(state)
    }

    /// Bytes that [`Model::step`] reads and writes for this action in this state: they count against the budget of a
    /// search. A model whose actions own much more than its states says so here.
    fn step_bytes(&self, state: &Self::State, action: &Self::Action) -> usize {
        let _ = action;
        self.state_bytes(state)
    }

    /// A state in words, for evidence.
    fn describe(&self, state: &Self::State) -> String {
        format!("{state:?}")
    }
}
