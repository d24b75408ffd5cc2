//! Transactions out of a Jepsen history: `[[:append 1 2] [:r 3 nil]]`.

use super::input::{Head, Transactions};
use super::names::Name;
use super::sends;
use super::shape::Shape;
use crate::foreign::edn::{EdnOperation, EdnValue};
use crate::history::Outcome;

/// Why an operation is no transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct TransactionError {
    /// The line of the operation map.
    pub line: usize,
    /// What is wrong with it.
    pub problem: TransactionProblem,
}

/// What is wrong with an operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransactionProblem {
    /// The value is no list of actions.
    #[error("the :value of a transaction must be a vector of actions")]
    NoActions,
    /// An action is no vector of function, key and value.
    #[error("an action must be a vector of function, key and value, and is {0}")]
    NoAction(String),
    /// An action that the model does not have.
    #[error("`{action}` is no action of {model}: it has {known}")]
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
    /// A write of `nil`, which reads could not tell from the initial version.
    #[error("nil cannot be written: a read of it would mean that nothing was written")]
    WroteNil,
    /// A completion with other actions than its call.
    #[error("the completion has other actions than the call of line {0}")]
    OtherTransaction(usize),
}

/// Reads the operations of a history as transactions.
///
/// Of one that happened the completion counts; of others the call, whose reads say nothing.
///
/// # Errors
/// If an operation is no transaction over objects of this shape.
pub fn transactions(
    operations: &[EdnOperation<'_>],
    shape: Shape,
) -> Result<Transactions, TransactionError> {
    if shape == Shape::Logs {
        return sends::transactions(operations);
    }
    let mut transactions = Transactions::new();
    for operation in operations {
        let happened = match (&operation.completion, operation.outcome) {
            (Some(completion), Outcome::Ok) => Some(completion),
            _ => None,
        };
        let source = happened.unwrap_or(&operation.call);
        let add = |transactions: &mut Transactions| {
            let call = actions(&operation.call.value)?;
            let actions = actions(&source.value)?;
            if happened.is_some() && !is_same(call, actions) {
                let line = operation.call.line;
                return Err(TransactionProblem::OtherTransaction(line));
            }
            transactions.begin(Head::of(operation));
            for action in actions {
                add_action(transactions, shape, action, happened.is_some())?;
            }
            Ok(())
        };
        let line = source.line;
        add(&mut transactions).map_err(|problem| TransactionError { line, problem })?;
    }
    Ok(transactions)
}

impl Head {
    /// What a paired operation tells of its transaction.
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

/// Whether a completion has the actions of its call, but for what reads returned.
fn is_same(call: &[EdnValue<'_>], completion: &[EdnValue<'_>]) -> bool {
    let same = |(call, completion): (&EdnValue<'_>, &EdnValue<'_>)| {
        match (call.elements(), completion.elements()) {
            (Some([f, key, value]), Some([completed_f, completed_key, completed_value])) => {
                let is_read = f.word() == Some("r");
                f == completed_f && key == completed_key && (is_read || value == completed_value)
            }
            // Whatever is no action is refused by who reads it.
            _ => true,
        }
    };
    call.len() == completion.len() && call.iter().zip(completion).all(same)
}

fn add_action(
    transactions: &mut Transactions,
    shape: Shape,
    action: &EdnValue<'_>,
    happened: bool,
) -> Result<(), TransactionProblem> {
    let Some([function, key, value]) = action.elements() else {
        return Err(TransactionProblem::NoAction(shortened(action)));
    };
    let key = name(key);
    match (shape, function.word()) {
        (_, Some("r")) if !happened => transactions.read(&key, None),
        (Shape::Registers, Some("r")) => {
            let saw = (!value.is_nil()).then(|| name(value));
            transactions.read_all(&key, Some(saw.into_iter()));
        }
        (Shape::Lists, Some("r")) => {
            let saw = match value.elements() {
                Some(saw) => saw,
                None if value.is_nil() => &[],
                None => return Err(TransactionProblem::NoList(shortened(value))),
            };
            transactions.read_all(&key, Some(saw.iter().map(name)));
        }
        (Shape::Lists, Some("append")) | (Shape::Registers, Some("w")) => {
            if value.is_nil() {
                return Err(TransactionProblem::WroteNil);
            }
            transactions.write(&key, &name(value));
        }
        _ => {
            let (model, known) = match shape {
                Shape::Lists => ("list-append", ":append and :r"),
                Shape::Registers => ("rw-register", ":w and :r"),
                Shape::Logs => ("kafka", ":send and :poll"),
            };
            return Err(TransactionProblem::OtherAction {
                action: shortened(function),
                model,
                known,
            });
        }
    }
    Ok(())
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
