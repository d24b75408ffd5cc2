//! Kafka transactions out of a Jepsen history: `[[:send 1 [7 "a"]] [:poll {2 [[9 "b"]]}]]`.

use super::forms::{TransactionError, TransactionProblem, actions, name, shortened};
use super::input::{Head, Transactions};
use crate::edn::{EdnOperation, EdnValue};
use crate::history::Outcome;

/// Reads the operations of a Kafka history as transactions: `:send`, `:poll` and `:txn`, whatever
/// else there is left aside.
///
/// Offsets count wherever they appear, also in operations whose outcome is not known.
///
/// # Errors
/// If one of those operations does not consist of sends and polls.
pub(super) fn transactions(
    operations: &[EdnOperation<'_>],
) -> Result<Transactions, TransactionError> {
    let mut transactions = Transactions::new();
    for operation in operations {
        if !matches!(
            operation.call.function.as_deref(),
            Some("send" | "poll" | "txn") | None
        ) {
            continue;
        }
        transactions.begin(Head::of(operation));
        let completion = operation.completion.as_ref();
        let told = completion.filter(|completion| completion.value.elements().is_some());
        let source = told.unwrap_or(&operation.call);
        let line = source.line;
        let mut add = || {
            for action in actions(&source.value)? {
                add_action(&mut transactions, action, operation.outcome)?;
            }
            Ok(())
        };
        add().map_err(|problem| TransactionError { line, problem })?;
    }
    Ok(transactions)
}

fn add_action(
    transactions: &mut Transactions,
    action: &EdnValue<'_>,
    outcome: Outcome,
) -> Result<(), TransactionProblem> {
    let no_action = || TransactionProblem::NoAction(shortened(action));
    let parts = action.elements().ok_or_else(no_action)?;
    match (parts.first().and_then(EdnValue::word), parts) {
        (Some("send"), [_, key, value]) => {
            let key = name(key);
            let (offset, value) = placed(value);
            let value = name(value);
            transactions.write(&key, &value);
            if let (Some(offset), true) = (offset, outcome != Outcome::Fail) {
                transactions.place(&key, &value, offset);
            }
            Ok(())
        }
        (Some("poll"), [_]) => Ok(()),
        (Some("poll"), [_, polled]) => {
            for (key, records) in polled.pairs().ok_or_else(no_action)? {
                let key = name(key);
                let records = records.elements().ok_or_else(no_action)?;
                let saw = || records.iter().map(|record| name(placed(record).1));
                transactions.read_all(&key, Some(saw()));
                for (record, value) in records.iter().zip(saw()) {
                    if let (Some(offset), _) = placed(record) {
                        transactions.place(&key, &value, offset);
                    }
                }
            }
            Ok(())
        }
        (Some("send" | "poll"), _) => Err(no_action()),
        _ => Err(TransactionProblem::OtherAction {
            action: shortened(parts.first().unwrap_or(action)),
            model: "kafka",
            known: ":send and :poll",
        }),
    }
}

/// `[offset value]`, `[nil value]` or a bare value.
fn placed<'v, 'a>(value: &'v EdnValue<'a>) -> (Option<i64>, &'v EdnValue<'a>) {
    match value.elements() {
        Some([offset, value]) if offset.is_nil() || offset.integer().is_some() => {
            (offset.integer(), value)
        }
        _ => (None, value),
    }
}
