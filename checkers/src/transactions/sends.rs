//! Kafka transactions out of a Jepsen history: `[[:send 1 [7 "a"]] [:poll {2 [[9 "b"]]}]]`.

use super::forms::{TransactionError, TransactionProblem, actions, name, shortened};
use super::input::{Head, Transactions};
use super::log_operation::{Clients, LogOperation, Placed};
use super::names::Name;
use super::numbers::{NONE, number};
use crate::edn::{EdnOperation, EdnValue, Entry};
use crate::history::Outcome;

/// Reads the operations of a Kafka history: `:send`, `:poll` and `:txn` as transactions, `:assign` and `:subscribe` for
/// what they say of consumers, whatever else there is left aside.
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
        let function = operation.call.function.as_deref();
        let is_work = matches!(function, Some("send" | "poll" | "txn") | None);
        if !is_work && !matches!(function, Some("assign" | "subscribe")) {
            continue;
        }
        operation.require_readable(true)?;
        let completion = operation.completion.as_ref();
        let told = completion.filter(|completion| completion.value.elements().is_some());
        let source = told.unwrap_or(&operation.call);
        let mut log = begin(operation);
        let line = source.line;
        let mut add = || {
            if is_work {
                log.transaction = number(transactions.len());
                transactions.begin(Head::of(operation));
                log.rebalanced = rebalanced(&mut transactions, source);
                log.positions = positions(&mut transactions, &operation.call)?;
                for action in micro_operations(&source.value)? {
                    add_action(&mut transactions, action, operation.outcome, &mut log)?;
                }
            } else {
                log.clients = consumes(&mut transactions, source, function == Some("subscribe"))?;
            }
            Ok(())
        };
        add().map_err(|problem| TransactionError { line, problem })?;
        transactions.log.push(log);
    }
    Ok(transactions)
}

fn begin(operation: &EdnOperation<'_>) -> LogOperation {
    let completion = operation.completion.as_ref();
    LogOperation {
        transaction: NONE,
        process: operation.process,
        session: operation.session,
        outcome: operation.outcome,
        completed: completion.map(|completion| completion.place as u64),
        sends: Vec::new(),
        polls: Vec::new(),
        rebalanced: Vec::new(),
        positions: Vec::new(),
        clients: Clients::GoOn,
    }
}

/// The micro-operations of an operation. A single one need not be in a vector.
fn micro_operations<'v, 'a>(
    value: &'v EdnValue<'a>,
) -> Result<&'v [EdnValue<'a>], TransactionProblem> {
    let all = actions(value)?;
    Ok(match all.first() {
        Some(EdnValue::Keyword(_)) => std::slice::from_ref(value),
        _ => all,
    })
}

/// The keys of `:rebalance-log [{:keys [k ...]} ...]`.
fn rebalanced(transactions: &mut Transactions, entry: &Entry<'_>) -> Vec<u32> {
    let log = entry.other("rebalance-log").and_then(EdnValue::elements);
    let keys = log.unwrap_or_default().iter();
    let keys = keys.filter_map(|one| one.get("keys")?.elements()).flatten();
    let mut keys: Vec<u32> = keys.map(|key| transactions.key(&name(key))).collect();
    keys.sort_unstable();
    keys
}

/// `:positions {k offset}`, which this crate writes where a consumer was moved: see [`crate::export`].
fn positions(
    transactions: &mut Transactions,
    entry: &Entry<'_>,
) -> Result<Vec<(u32, i64)>, TransactionProblem> {
    let pairs = entry.other("positions").and_then(EdnValue::pairs);
    let row = |(key, offset): &(EdnValue<'_>, EdnValue<'_>)| {
        let no_offset = || TransactionProblem::NoAction(shortened(offset));
        let offset = offset.integer().ok_or_else(no_offset)?;
        Ok((transactions.key(&name(key)), offset))
    };
    pairs.unwrap_or_default().iter().map(row).collect()
}

fn consumes(
    transactions: &mut Transactions,
    entry: &Entry<'_>,
    is_subscribed: bool,
) -> Result<Clients, TransactionProblem> {
    let keys = match entry.value.untagged() {
        EdnValue::Set(keys) => keys,
        EdnValue::Nil => &[][..],
        other => actions(other)?,
    };
    let seeks = ["seek-to-beginning?", "seek-to-beginning"].map(|field| entry.other(field));
    let mut seeks = seeks.into_iter().flatten();
    let mut keys: Vec<u32> = keys
        .iter()
        .map(|key| transactions.key(&name(key)))
        .collect();
    keys.sort_unstable();
    Ok(Clients::Consume {
        keys,
        is_subscribed,
        seeks: seeks.any(|seek| *seek == EdnValue::Boolean(true)),
    })
}

fn add_action(
    transactions: &mut Transactions,
    action: &EdnValue<'_>,
    outcome: Outcome,
    log: &mut LogOperation,
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
            log.sends.push(record(transactions, &key, &value, offset));
            Ok(())
        }
        (Some("poll"), [_]) => Ok(()),
        (Some("poll"), [_, polled]) => {
            for (key, records) in polled.pairs().ok_or_else(no_action)? {
                let key = name(key);
                let records = records.elements().ok_or_else(no_action)?;
                let saw = || records.iter().map(|record| name(placed(record).1));
                transactions.read_all(&key, Some(saw()));
                for (form, value) in records.iter().zip(saw()) {
                    let (offset, _) = placed(form);
                    if let Some(offset) = offset {
                        transactions.place(&key, &value, offset);
                    }
                    log.polls.push(record(transactions, &key, &value, offset));
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

fn record(
    transactions: &mut Transactions,
    key: &Name,
    value: &Name,
    offset: Option<i64>,
) -> Placed {
    let key = transactions.key(key);
    let version = transactions.version(key, value);
    Placed {
        key,
        version,
        offset,
    }
}

/// `[offset value]`, `[nil value]` or a bare value. Jepsen's clients write `nil` where Kafka's own say -1: the record was
/// acknowledged and its offset is not known. Other clients leave the -1, or librdkafka's -1001.
fn placed<'v, 'a>(value: &'v EdnValue<'a>) -> (Option<i64>, &'v EdnValue<'a>) {
    match value.elements() {
        Some([offset, value]) if offset.is_nil() || offset.integer().is_some() => {
            (offset.integer().filter(|offset| *offset >= 0), value)
        }
        _ => (None, value),
    }
}
