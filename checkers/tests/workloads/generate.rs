//! Small random histories of workloads: the thing is really used, some operations crash, some answers are falsified.

use std::collections::{BTreeMap, BTreeSet};

use checkers::invariants::{
    BankAction, CounterAction, ElementAction, ReverseAction, SequentialAction,
};
use checkers::linearizability::Operation;
use checkers::linearizability::models::{MultiRegisterAction, QueueAction, RegisterStep};
use rand::Rng;
use rand_chacha::ChaCha8Rng as Random;

/// An operation before its answer is known.
pub(crate) struct Call<A> {
    pub(crate) action: A,
    /// Whether it crashed.
    pub(crate) crashed: bool,
}

/// Uses something up to `count` times. `call` draws what is called, `answer` gives its answer where it takes effect; a
/// crashed operation takes effect or not. No two moments are equal.
pub(crate) fn history<A>(
    random: &mut Random,
    count: u64,
    mut call: impl FnMut(&mut Random, u64) -> A,
    mut answer: impl FnMut(&mut A, &mut Random),
) -> Vec<Operation<A>> {
    let count = random.random_range(1..=count);
    let span = count * random.random_range(1..=6);
    let mut calls: Vec<(u64, u64, u64, bool, A)> = (0..count)
        .map(|serial| {
            let effect = random.random_range(9..=9 + span);
            let called = effect - random.random_range(0..=9);
            let returned = effect + random.random_range(0..=9);
            let crashed = random.random_ratio(1, 5);
            let called = 100 * called + serial;
            (
                effect,
                called,
                100 * returned + 50 + serial,
                crashed,
                call(random, serial),
            )
        })
        .collect();
    calls.sort_by_key(|(effect, ..)| *effect);
    let mut operations = Vec::new();
    for (process, (_, called, returned, crashed, action)) in (0..).zip(calls) {
        let mut call = Call { action, crashed };
        if !call.crashed || random.random() {
            answer(&mut call.action, random);
        }
        operations.push(Operation {
            process,
            called,
            returned: (!call.crashed).then_some(returned),
            action: call.action,
        });
    }
    operations.sort_by_key(|operation| operation.called);
    operations
}

/// Changes an answer, or moves an operation, in every other history.
pub(crate) fn falsified<A>(
    random: &mut Random,
    mut operations: Vec<Operation<A>>,
    mut falsify: impl FnMut(&mut A, &mut Random),
) -> Vec<Operation<A>> {
    if random.random() && !operations.is_empty() {
        let at = random.random_range(0..operations.len());
        let operation = &mut operations[at];
        if random.random_ratio(2, 3) {
            falsify(&mut operation.action, random);
        } else if let Some(returned) = operation.returned {
            // By whole hundreds, so that moments stay different.
            let moved = 100 * random.random_range(0..20);
            operation.called += moved;
            operation.returned = Some(returned + moved);
        }
    }
    operations.sort_by_key(|operation| operation.called);
    operations
}

pub(crate) fn counter(random: &mut Random) -> Vec<Operation<CounterAction>> {
    let mut sum = 0;
    let call = |random: &mut Random, _| match random.random_range(0..7) {
        0..=2 => CounterAction::Add(random.random_range(1..4)),
        3 => CounterAction::Add(-random.random_range(1..4)),
        _ => CounterAction::Read(0),
    };
    let made = history(random, 8, call, |action, _| match action {
        CounterAction::Add(amount) => sum += *amount,
        CounterAction::Read(read) => *read = sum,
    });
    let made = made
        .into_iter()
        .filter(|o| o.returned.is_some() || o.action != CounterAction::Read(0));
    let made = made.filter(|o| o.returned.is_some() || !matches!(o.action, CounterAction::Read(_)));
    let made = made.collect();
    falsified(random, made, |action, random| {
        let (CounterAction::Add(number) | CounterAction::Read(number)) = action;
        *number += random.random_range(-2..=2);
    })
}

pub(crate) fn bank(random: &mut Random) -> Vec<Operation<BankAction<u32>>> {
    let mut balances: BTreeMap<u32, i64> = BTreeMap::from([(0, 5), (1, 5), (2, 0)]);
    let call = |random: &mut Random, _| {
        if random.random() {
            BankAction::Read(Vec::new())
        } else {
            BankAction::Transfer {
                from: random.random_range(0..3),
                to: random.random_range(0..3),
                amount: random.random_range(1..4),
            }
        }
    };
    let negative = random.random_ratio(1, 8);
    let made = history(random, 7, call, |action, _| match action {
        BankAction::Transfer { from, to, amount } => {
            if balances[from] >= *amount || negative {
                *balances.entry(*from).or_default() -= *amount;
                *balances.entry(*to).or_default() += *amount;
            }
        }
        BankAction::Read(read) => {
            *read = balances
                .iter()
                .map(|(account, amount)| (*account, Some(*amount)))
                .collect();
        }
    });
    let made: Vec<_> = made
        .into_iter()
        .filter(|o| o.returned.is_some() || !matches!(o.action, BankAction::Read(_)))
        .collect();
    falsified(random, made, |action, random| {
        if let BankAction::Read(read) = action {
            let at = random.random_range(0..read.len());
            let amount = read[at].1.unwrap_or(0) + random.random_range(-2..=2);
            read[at].1 = (!random.random_ratio(1, 6)).then_some(amount);
        }
    })
}

fn read_of_all(read: &mut Vec<u32>, random: &mut Random) {
    let value = random.random_range(0..8);
    match read.iter().position(|v| *v == value) {
        Some(at) if random.random_ratio(5, 6) => drop(read.remove(at)),
        _ => read.push(value),
    }
}

pub(crate) fn set_full(random: &mut Random) -> Vec<Operation<ElementAction<u32>>> {
    let mut set = BTreeSet::new();
    let losing = random.random_ratio(1, 3);
    let call = |random: &mut Random, serial| {
        if random.random() {
            ElementAction::Add(serial as u32)
        } else {
            ElementAction::Read(Vec::new())
        }
    };
    let made = history(random, 8, call, |action, random| {
        if losing && random.random_ratio(1, 4) {
            set.pop_first();
        }
        match action {
            ElementAction::Add(value) => drop(set.insert(*value)),
            ElementAction::Read(read) => *read = set.iter().copied().collect(),
        }
    });
    let made: Vec<_> = made
        .into_iter()
        .filter(|o| o.returned.is_some() || !matches!(o.action, ElementAction::Read(_)))
        .collect();
    falsified(random, made, |action, random| {
        if let ElementAction::Read(read) = action {
            read_of_all(read, random);
        }
    })
}

pub(crate) fn total_queue(random: &mut Random) -> Vec<Operation<QueueAction<u32>>> {
    let mut inside: Vec<u32> = Vec::new();
    let losing = random.random_ratio(1, 4);
    let call = |random: &mut Random, serial| {
        if random.random() {
            QueueAction::Enqueue((serial % 5) as u32)
        } else {
            QueueAction::DequeueUnknown
        }
    };
    let mut made = history(random, 8, call, |action, random| match action {
        QueueAction::Enqueue(value) => inside.push(*value),
        _ if inside.is_empty() => *action = QueueAction::DequeueEmpty,
        _ => {
            let at = random.random_range(0..inside.len());
            *action = QueueAction::Dequeue(inside.remove(at));
        }
    });
    for operation in made
        .iter_mut()
        .filter(|operation| operation.returned.is_none())
    {
        if !matches!(operation.action, QueueAction::Enqueue(_)) {
            operation.action = QueueAction::DequeueUnknown;
        }
    }
    // Mostly it is emptied at the end.
    let mut moment = made.iter().filter_map(|o| o.returned).max().unwrap_or(0) + 1_000;
    if losing {
        inside.pop();
    }
    while random.random_ratio(9, 10) {
        let action = inside
            .pop()
            .map_or(QueueAction::DequeueEmpty, QueueAction::Dequeue);
        let is_last = action == QueueAction::DequeueEmpty;
        made.push(Operation::new(99, moment, moment + 10, action));
        moment += 100;
        if is_last {
            break;
        }
    }
    falsified(random, made, |action, random| {
        if let QueueAction::Dequeue(value) | QueueAction::Enqueue(value) = action {
            *value = random.random_range(0..6);
        }
    })
}

pub(crate) fn unique_ids(random: &mut Random) -> Vec<Operation<u32>> {
    let made = history(random, 8, |random, _| random.random_range(0..40), |_, _| {});
    falsified(random, made, |id, random| *id = random.random_range(0..40))
}

pub(crate) fn long_fork(random: &mut Random) -> Vec<Operation<MultiRegisterAction<u32, u32>>> {
    let mut written = BTreeSet::new();
    let call = |random: &mut Random, serial: u64| {
        if random.random_ratio(2, 5) {
            MultiRegisterAction::new([RegisterStep::Write(serial as u32, 1)])
        } else {
            let group = (0..7).filter(|_| random.random_ratio(2, 5));
            MultiRegisterAction::new(group.map(|key| RegisterStep::Read(key, Some(0))))
        }
    };
    let made = history(random, 7, call, |action, _| {
        let mut steps = action.steps.to_vec();
        for step in &mut steps {
            match step {
                RegisterStep::Write(key, _) => drop(written.insert(*key)),
                RegisterStep::Read(key, seen) => *seen = Some(u32::from(written.contains(key))),
            }
        }
        *action = MultiRegisterAction::new(steps);
    });
    let is_read = |action: &MultiRegisterAction<u32, u32>| {
        !matches!(action.steps.first(), Some(RegisterStep::Write(..)))
    };
    let made = made
        .into_iter()
        .filter(|o| o.returned.is_some() || !is_read(&o.action));
    let made = made.filter(|o| !o.action.steps.is_empty()).collect();
    falsified(random, made, |action, random| {
        let mut steps = action.steps.to_vec();
        let at = random.random_range(0..steps.len());
        if let RegisterStep::Read(_, Some(seen)) = &mut steps[at] {
            *seen = if random.random_ratio(1, 8) {
                7
            } else {
                1 - *seen
            };
        }
        *action = MultiRegisterAction::new(steps);
    })
}

pub(crate) fn sequential(random: &mut Random) -> Vec<Operation<SequentialAction<u32>>> {
    let mut written = BTreeSet::new();
    let call = |random: &mut Random, _| {
        let key = random.random_range(0..3);
        if random.random_ratio(1, 3) {
            SequentialAction::Write(key)
        } else {
            SequentialAction::Read(key, vec![false; 3])
        }
    };
    let made = history(random, 7, call, |action, random| match action {
        SequentialAction::Write(key) => drop(written.insert(*key)),
        SequentialAction::Read(key, seen) if written.contains(key) => {
            let from = random.random_range(0..=seen.len());
            seen[from..].fill(true);
        }
        SequentialAction::Read(..) => {}
    });
    let made: Vec<_> = made
        .into_iter()
        .filter(|o| o.returned.is_some() || !matches!(o.action, SequentialAction::Read(..)))
        .collect();
    falsified(random, made, |action, random| {
        if let SequentialAction::Read(_, seen) = action {
            let at = random.random_range(0..seen.len());
            seen[at] = !seen[at];
        }
    })
}

pub(crate) fn causal_reverse(random: &mut Random) -> Vec<Operation<ReverseAction<u32>>> {
    let mut written = BTreeSet::new();
    let call = |random: &mut Random, serial| {
        if random.random() {
            ReverseAction::Write(serial as u32)
        } else {
            ReverseAction::Read(Vec::new())
        }
    };
    let made = history(random, 8, call, |action, _| match action {
        ReverseAction::Write(value) => drop(written.insert(*value)),
        ReverseAction::Read(read) => *read = written.iter().copied().collect(),
    });
    let made: Vec<_> = made
        .into_iter()
        .filter(|o| o.returned.is_some() || !matches!(o.action, ReverseAction::Read(_)))
        .collect();
    falsified(random, made, |action, random| {
        if let ReverseAction::Read(read) = action {
            read_of_all(read, random);
        }
    })
}
