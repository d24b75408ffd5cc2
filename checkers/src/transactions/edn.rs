//! Transactions out of a Jepsen history: `[[:append 1 2] [:r 3 nil]]`.

use super::forms::{TransactionError, TransactionProblem, actions, name, shortened};
use super::input::{Head, Transactions};
use super::sends;
use super::shape::Shape;
use crate::edn::{EdnOperation, EdnValue};
use crate::history::Outcome;

/// Reads the operations of a history as transactions.
///
/// Of one that happened the completion counts; of others the call, whose reads say nothing.
///
/// # Errors
/// If an operation is not a transaction over objects of this shape.
pub fn transactions(
    operations: &[EdnOperation<'_>],
    shape: Shape,
) -> Result<Transactions, TransactionError> {
    if shape == Shape::Logs {
        return sends::transactions(operations);
    }
    let mut transactions = Transactions::new();
    for operation in operations {
        operation.require_readable(false)?;
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

/// Whether a completion has the actions of its call, but for what reads returned.
fn is_same(call: &[EdnValue<'_>], completion: &[EdnValue<'_>]) -> bool {
    let same = |(call, completion): (&EdnValue<'_>, &EdnValue<'_>)| {
        match (call.elements(), completion.elements()) {
            (Some([f, key, value]), Some([completed_f, completed_key, completed_value])) => {
                let is_read = f.word() == Some("r");
                f == completed_f && key == completed_key && (is_read || value == completed_value)
            }
            // What is not an action is rejected by its reader.
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
