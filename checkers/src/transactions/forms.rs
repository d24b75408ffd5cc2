//! What the readers of transactions in EDN share: what can be wrong with an operation, and its parts.

use super::input::Head;
use super::names::Name;
use crate::edn::{EdnError, EdnOperation, EdnValue, Problem};

/// Why an operation is not a transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
#[non_exhaustive]
pub struct TransactionError {
    /// The line of the operation map.
    pub line: usize,
    /// What is wrong with it.
    pub problem: TransactionProblem,
}

/// What is wrong with an operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionProblem {
    /// The value is not a list of actions.
    #[error("the :value of a transaction must be a vector of actions")]
    NoActions,
    /// An action is not a vector of function, key and value.
    #[error("an action must be a vector of function, key and value, and is {0}")]
    NoAction(String),
    /// An action that the model does not have.
    #[error("`{action}` is not an action of {model}: it has {known}")]
    OtherAction {
        /// The action's function.
        action: String,
        /// The model.
        model: &'static str,
        /// What it has.
        known: &'static str,
    },
    /// A read of a list that returned no list.
    #[error("a read of a list must return a vector or nil, and returned {0}")]
    NoList(String),
    /// A write of `nil`, which reads could not distinguish from the initial version.
    #[error("nil cannot be written: a read of it would mean that nothing was written")]
    WroteNil,
    /// A form in a judged field that cannot be read back.
    #[error("{0}")]
    Unreadable(Problem),
    /// A completion with other actions than its call.
    #[error("the completion has other actions than the call of line {0}")]
    OtherTransaction(usize),
}

impl From<EdnError> for TransactionError {
    fn from(error: EdnError) -> TransactionError {
        TransactionError {
            line: error.line,
            problem: TransactionProblem::Unreadable(error.problem),
        }
    }
}

impl Head {
    /// What is known of a transaction from its paired operation.
    pub(super) fn of(operation: &EdnOperation<'_>) -> Head {
        Head {
            id: operation.id(),
            process: operation.process,
            session: operation.session,
            called: operation.called() as u64,
            returned: operation.returned().map(|place| place as u64),
            outcome: operation.outcome,
        }
    }
}

/// The actions of a transaction.
pub(super) fn actions<'v, 'a>(
    value: &'v EdnValue<'a>,
) -> Result<&'v [EdnValue<'a>], TransactionProblem> {
    value.elements().ok_or(TransactionProblem::NoActions)
}

/// A key or a value as its name.
pub(super) fn name(value: &EdnValue<'_>) -> Name {
    match value.integer() {
        Some(integer) => Name::Integer(integer),
        None => Name::Text(value.to_string()),
    }
}

/// A form, cut where it gets long.
pub(super) fn shortened(value: &EdnValue<'_>) -> String {
    const CHARACTERS_MAX: usize = 60;
    value.to_string().chars().take(CHARACTERS_MAX).collect()
}
