//! What each judge promises, by its definition: every choice is tried. Nothing is shared with the judges.

use checkers::invariants::{
    BankAction, BankRules, CounterAction, ElementAction, ReverseAction, SequentialAction,
};
use checkers::linearizability::Operation;
use checkers::linearizability::models::{MultiRegisterAction, QueueAction, RegisterStep};

type History<A> = [Operation<A>];

/// Every subset of some things.
fn subsets<T: Copy>(all: &[T]) -> impl Iterator<Item = Vec<T>> {
    (0u32..1 << all.len()).map(move |chosen| {
        let one = |at: &usize| chosen >> at & 1 == 1;
        (0..all.len()).filter(one).map(|at| all[at]).collect()
    })
}

/// Every order of some things.
fn orders<T: Copy>(all: &[T]) -> Vec<Vec<T>> {
    if all.is_empty() {
        return vec![Vec::new()];
    }
    let mut orders = Vec::new();
    for at in 0..all.len() {
        let mut rest = all.to_vec();
        let first = rest.remove(at);
        for mut order in self::orders(&rest) {
            order.insert(0, first);
            orders.push(order);
        }
    }
    orders
}

/// Whether one certainly comes before the other.
fn before<A>(one: &Operation<A>, other: &Operation<A>) -> bool {
    one.returned.is_some_and(|returned| returned < other.called)
}

/// Whether each read lies between the smallest and the largest sum of any additions that it can have seen.
pub(crate) fn counter(history: &History<CounterAction>) -> bool {
    let amount = |operation: &Operation<CounterAction>| match operation.action {
        CounterAction::Add(amount) => Some(amount),
        CounterAction::Read(_) => None,
    };
    history.iter().all(|read| {
        let CounterAction::Read(sum) = read.action else {
            return true;
        };
        let adds = history.iter().filter(|o| amount(o).is_some());
        let (sure, open): (Vec<_>, Vec<_>) = adds
            .filter(|add| !before(read, add))
            .partition(|add| before(add, read));
        let sure: i64 = sure.into_iter().filter_map(amount).sum();
        let sums =
            subsets(&open).map(|open| sure + open.into_iter().filter_map(amount).sum::<i64>());
        let sums: Vec<i64> = sums.collect();
        sums.iter().any(|least| *least <= sum) && sums.iter().any(|most| *most >= sum)
    })
}

/// Whether some total explains every read.
pub(crate) fn bank(history: &History<BankAction<u32>>, rules: BankRules) -> bool {
    let explains = |total: i64| {
        history.iter().all(|operation| match &operation.action {
            BankAction::Read(balances) => {
                let amounts: Option<Vec<i64>> =
                    balances.iter().map(|(_, amount)| *amount).collect();
                amounts.is_some_and(|amounts| {
                    let negative = amounts.iter().any(|amount| *amount < 0);
                    amounts.iter().sum::<i64>() == total && (rules.negative_allowed || !negative)
                })
            }
            BankAction::Transfer { .. } => true,
        })
    };
    match rules.total {
        Some(total) => explains(total),
        None => (-100..=100).any(explains),
    }
}

/// Jepsen's definition, event by event: for each element the operation by which it was known, and the last call of a
/// read with it and of one without.
pub(crate) fn set_full(history: &History<ElementAction<u32>>) -> bool {
    let mut events: Vec<(u64, bool, &Operation<ElementAction<u32>>)> = Vec::new();
    for operation in history {
        events.push((operation.called, false, operation));
        events.extend(operation.returned.map(|moment| (moment, true, operation)));
    }
    events.sort_by_key(|(moment, ..)| *moment);
    let values = history
        .iter()
        .filter_map(|operation| match operation.action {
            ElementAction::Add(value) => Some(value),
            ElementAction::Read(_) => None,
        });
    for value in values {
        let (mut added, mut known, mut present, mut absent) = (false, None, None, None);
        for (moment, is_return, operation) in &events {
            match (&operation.action, is_return) {
                (ElementAction::Add(of), false) => added |= *of == value,
                (ElementAction::Add(of), true) if *of == value => known = known.or(Some(*moment)),
                (ElementAction::Read(read), true) if added && read.contains(&value) => {
                    known = known.or(Some(*moment));
                    present = present.max(Some(operation.called));
                }
                (ElementAction::Read(_), true) if added => {
                    absent = absent.max(Some(operation.called))
                }
                _ => {}
            }
        }
        if absent > present && known.is_some() && known < absent {
            return false;
        }
    }
    history.iter().all(|operation| match &operation.action {
        ElementAction::Add(_) => true,
        ElementAction::Read(read) => read.iter().enumerate().all(|(at, value)| {
            let adds = |o: &&Operation<_>| o.action == ElementAction::Add(*value);
            let mut adds = history.iter().filter(adds);
            adds.any(|add| !before(operation, add)) && !read[..at].contains(value)
        }),
    })
}

/// Whether some fate of the crashed dequeues leaves nothing in the queue, if it was seen empty at last.
pub(crate) fn total_queue(history: &History<QueueAction<u32>>) -> bool {
    let all = |wanted: fn(&QueueAction<u32>) -> bool| -> Vec<&Operation<QueueAction<u32>>> {
        history
            .iter()
            .filter(|o| o.returned.is_some() && wanted(&o.action))
            .collect()
    };
    let taken = all(|action| matches!(action, QueueAction::Dequeue(_)));
    let came_from_somewhere = taken.iter().all(|dequeue| {
        let QueueAction::Dequeue(value) = dequeue.action else {
            return true;
        };
        let enqueues = |o: &&Operation<_>| o.action == QueueAction::Enqueue(value);
        history
            .iter()
            .filter(enqueues)
            .any(|enqueue| !before(dequeue, enqueue))
    });
    if !came_from_somewhere {
        return false;
    }
    let empties = all(|action| matches!(action, QueueAction::DequeueEmpty));
    let Some(last) = empties.iter().max_by_key(|empty| empty.called) else {
        return true;
    };
    if taken.iter().any(|dequeue| dequeue.called > last.called) {
        return true;
    }
    let enqueued = all(|action| matches!(action, QueueAction::Enqueue(_)));
    let mut inside: Vec<u32> = enqueued
        .into_iter()
        .filter(|enqueue| before(enqueue, last))
        .filter_map(|enqueue| match enqueue.action {
            QueueAction::Enqueue(value) => Some(value),
            _ => None,
        })
        .collect();
    for dequeue in taken {
        if let QueueAction::Dequeue(value) = dequeue.action
            && let Some(at) = inside.iter().position(|v| *v == value)
        {
            inside.remove(at);
        }
    }
    let crashed = history
        .iter()
        .filter(|o| o.returned.is_none() && !before(last, o));
    let crashed = crashed.filter(|o| matches!(o.action, QueueAction::DequeueUnknown));
    // Each may have taken any one value.
    inside.len() <= crashed.count()
}

/// Whether no two ids are the same.
pub(crate) fn unique_ids(history: &History<u32>) -> bool {
    let ids: Vec<u32> = history
        .iter()
        .filter(|o| o.returned.is_some())
        .map(|o| o.action)
        .collect();
    (0..ids.len()).all(|at| !ids[..at].contains(&ids[at]))
}

/// Whether some order of the writes shows every read one of its beginnings.
pub(crate) fn long_fork(history: &History<MultiRegisterAction<u32, u32>>) -> bool {
    let writes: Vec<(u32, u32)> = history
        .iter()
        .flat_map(|o| o.action.steps.iter())
        .filter_map(|step| match step {
            RegisterStep::Write(key, value) => Some((*key, *value)),
            RegisterStep::Read(..) => None,
        })
        .collect();
    let possible = history.iter().filter(|o| o.returned.is_some()).all(|read| {
        read.action.steps.iter().all(|step| match step {
            RegisterStep::Read(key, Some(value)) if *value != 0 => history.iter().any(|write| {
                write
                    .action
                    .steps
                    .contains(&RegisterStep::Write(*key, *value))
                    && !before(read, write)
            }),
            _ => true,
        })
    });
    possible
        && orders(&writes).into_iter().any(|order| {
            history.iter().filter(|o| o.returned.is_some()).all(|read| {
                (0..=order.len()).any(|end| {
                    read.action.steps.iter().all(|step| match step {
                        RegisterStep::Read(key, Some(value)) => {
                            let held = order[..end].iter().find(|(of, _)| of == key);
                            held.map_or(0, |(_, value)| *value) == *value
                        }
                        _ => true,
                    })
                })
            })
        })
}

/// Whether parts that are written upwards can be seen so by looks downwards.
pub(crate) fn sequential(history: &History<SequentialAction<u32>>) -> bool {
    fn looks(seen: &[bool], written: usize) -> bool {
        let Some((now, later)) = seen.split_first() else {
            return true;
        };
        // The part that is looked at now is the one after as many as are looked at later.
        let more = 0..=8 - written;
        more.map(|more| written + more)
            .any(|written| (written > later.len()) == *now && looks(later, written))
    }
    history.iter().all(|operation| match &operation.action {
        SequentialAction::Read(key, seen) => {
            let writes = |o: &&Operation<_>| o.action == SequentialAction::Write(*key);
            let possible = history
                .iter()
                .filter(writes)
                .any(|write| !before(operation, write));
            looks(seen, 0) && (possible || !seen.contains(&true))
        }
        SequentialAction::Write(_) => true,
    })
}

/// Whether for each read some order of writes, which keeps real time, has what it saw as a beginning.
pub(crate) fn causal_reverse(history: &History<ReverseAction<u32>>) -> bool {
    let writes: Vec<&Operation<ReverseAction<u32>>> = history
        .iter()
        .filter(|o| matches!(o.action, ReverseAction::Write(_)))
        .collect();
    let value = |write: &Operation<ReverseAction<u32>>| match write.action {
        ReverseAction::Write(value) => value,
        ReverseAction::Read(_) => 0,
    };
    let orders: Vec<_> = orders(&writes)
        .into_iter()
        .filter(|order| {
            (0..order.len()).all(|at| {
                order[..at]
                    .iter()
                    .all(|earlier| !before(order[at], earlier))
            })
        })
        .collect();
    history.iter().all(|read| {
        let ReverseAction::Read(seen) = &read.action else {
            return true;
        };
        let mut seen = seen.clone();
        seen.sort_unstable();
        seen.dedup();
        let possible = seen.iter().all(|seen| {
            writes
                .iter()
                .any(|write| value(write) == *seen && !before(read, write))
        });
        possible
            && orders.iter().any(|order| {
                (0..=order.len()).any(|end| {
                    let mut shown: Vec<u32> =
                        order[..end].iter().map(|write| value(write)).collect();
                    shown.sort_unstable();
                    shown.dedup();
                    shown == seen
                })
            })
    })
}
