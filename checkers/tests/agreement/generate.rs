//! Small random histories: an object is really used, some operations crash, and some answers are then falsified.

#[path = "registers.rs"]
mod registers;

use std::collections::BTreeSet;
use std::sync::Arc;

use checkers::linearizability::models::{
    KeyValue, KeyValueAction, KeyValueCall, Log, LogAction, LogState, Mutex, MutexAction, Queue,
    QueueAction, Register, RegisterAction, RegisterState, Set, SetAction,
};
use checkers::linearizability::{Model, Operation};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// How to use an object at random.
pub(crate) trait Random: Model {
    /// A call, without its answer. `serial` differs for every call of a history.
    fn call(random: &mut ChaCha8Rng, serial: u32) -> Self::Action;
    /// The call as it looks if it crashed.
    fn crashed(call: &Self::Action) -> Self::Action;
    /// The call with the answer that it gets in this state; none if it would have to wait there.
    fn answered(state: &Self::State, call: &Self::Action) -> Option<Self::Action>;
    /// Another answer.
    fn falsify(random: &mut ChaCha8Rng, action: &mut Self::Action);
}

/// A history of up to `count` operations; every other has an answer falsified, or a moment moved.
pub(crate) fn history<M: Random>(
    model: &M,
    random: &mut ChaCha8Rng,
    count: u32,
) -> Vec<Operation<M::Action>> {
    let count = random.random_range(1..=count);
    let span = u64::from(count) * random.random_range(1..=5);
    // When it takes effect, and the interval around that.
    let mut calls: Vec<(u64, u64, Option<u64>, M::Action)> = (0..count)
        .map(|serial| {
            let effect = random.random_range(9..=9 + span);
            let called = effect - random.random_range(0..=9);
            let crashed = random.random_ratio(1, 5);
            let returned = (!crashed).then(|| effect + random.random_range(0..=9));
            (effect, called, returned, M::call(random, serial))
        })
        .collect();
    calls.sort_by_key(|(effect, ..)| *effect);
    let mut state = model.initial();
    let mut operations = Vec::new();
    for (process, (_, called, returned, call)) in (0u64..).zip(calls) {
        let action = match (returned, M::answered(&state, &call)) {
            (Some(_), Some(action)) => action,
            (Some(_), None) => continue,
            (None, _) => M::crashed(&call),
        };
        if (returned.is_some() || random.random())
            && let Some(after) = model.step(&state, &action)
        {
            state = after;
        }
        operations.push(Operation {
            process,
            called,
            returned,
            action,
        });
    }
    if random.random_ratio(1, 2) && !operations.is_empty() {
        let at = random.random_range(0..operations.len());
        let operation = &mut operations[at];
        match operation.returned {
            Some(_) if random.random() => M::falsify(random, &mut operation.action),
            Some(returned) => {
                let moved = random.random_range(0..20);
                operation.called += moved;
                operation.returned = Some(returned + moved);
            }
            None => {}
        }
    }
    operations.sort_by_key(|operation| operation.called);
    operations
}

impl Random for Register<u32> {
    fn call(random: &mut ChaCha8Rng, _: u32) -> RegisterAction<u32> {
        let mut value = || random.random_range(0..4);
        let (from, to) = (value(), value());
        match random.random_range(0..5) {
            0 | 1 => RegisterAction::Read(None),
            2 | 3 => RegisterAction::Write(to),
            _ => RegisterAction::CompareAndSet {
                from,
                to,
                took: None,
            },
        }
    }

    fn crashed(call: &RegisterAction<u32>) -> RegisterAction<u32> {
        call.clone()
    }

    fn answered(
        state: &RegisterState<u32>,
        call: &RegisterAction<u32>,
    ) -> Option<RegisterAction<u32>> {
        let RegisterState::Holds(held) = state else {
            return None;
        };
        Some(match call.clone() {
            RegisterAction::Read(_) => RegisterAction::Read(Some(*held)),
            RegisterAction::CompareAndSet { from, to, .. } => RegisterAction::CompareAndSet {
                from,
                to,
                took: Some(from == *held),
            },
            write => write,
        })
    }

    fn falsify(random: &mut ChaCha8Rng, action: &mut RegisterAction<u32>) {
        match action {
            RegisterAction::Read(read) => *read = Some(random.random_range(0..5)),
            RegisterAction::Write(value) => *value = random.random_range(0..5),
            RegisterAction::CompareAndSet { took, .. } => *took = took.map(|took| !took),
        }
    }
}

/// Uses a register without compare-and-set, every write with a value of its own.
pub(crate) fn distinct_writes(
    random: &mut ChaCha8Rng,
    count: u32,
) -> Vec<Operation<RegisterAction<u32>>> {
    let mut operations = history(&Register::new(0), random, count);
    let (mut next, mut names) = (10, std::collections::BTreeMap::new());
    for operation in &mut operations {
        if let RegisterAction::Write(value) = &mut operation.action {
            next += 1;
            names.entry(*value).or_insert_with(Vec::new).push(next);
            *value = next;
        }
    }
    operations
        .retain(|operation| !matches!(operation.action, RegisterAction::CompareAndSet { .. }));
    for operation in &mut operations {
        if let RegisterAction::Read(Some(value)) = &mut operation.action
            && let Some(names) = names.get(value)
        {
            *value = names[random.random_range(0..names.len())];
        }
    }
    operations
}

impl Random for KeyValue {
    fn call(random: &mut ChaCha8Rng, serial: u32) -> KeyValueAction {
        let text: Arc<str> = match random.random_range(0..3) {
            0 => "a".into(),
            1 => "ab".into(),
            _ => format!("{serial}").into(),
        };
        KeyValueAction {
            key: "k".into(),
            call: match random.random_range(0..8) {
                0..=3 => KeyValueCall::Get(None),
                4 => KeyValueCall::Put(text),
                _ => KeyValueCall::Append(text),
            },
        }
    }

    fn crashed(call: &KeyValueAction) -> KeyValueAction {
        call.clone()
    }

    fn answered(
        state: &<KeyValue as Model>::State,
        call: &KeyValueAction,
    ) -> Option<KeyValueAction> {
        use checkers::linearizability::models::KeyValueState;
        let KeyValueState::Text(held) = state else {
            return None;
        };
        let mut action = call.clone();
        if let KeyValueCall::Get(read) = &mut action.call {
            *read = Some(held.clone());
        }
        Some(action)
    }

    fn falsify(random: &mut ChaCha8Rng, action: &mut KeyValueAction) {
        if let KeyValueCall::Get(Some(read)) = &mut action.call {
            let keep = random.random_range(0..=read.len());
            *read = format!("{}{}", &read[..keep], ["a", "b", "0"][keep % 3]).into();
        }
    }
}

impl Random for Mutex {
    fn call(random: &mut ChaCha8Rng, _: u32) -> MutexAction {
        if random.random() {
            MutexAction::Acquire
        } else {
            MutexAction::Release
        }
    }

    fn crashed(call: &MutexAction) -> MutexAction {
        *call
    }

    fn answered(taken: &bool, call: &MutexAction) -> Option<MutexAction> {
        ((*call == MutexAction::Release) == *taken).then_some(*call)
    }

    fn falsify(_: &mut ChaCha8Rng, action: &mut MutexAction) {
        *action = match action {
            MutexAction::Acquire => MutexAction::Release,
            MutexAction::Release => MutexAction::Acquire,
        };
    }
}

impl Random for Queue<u32> {
    fn call(random: &mut ChaCha8Rng, serial: u32) -> QueueAction<u32> {
        if random.random_ratio(11, 20) {
            QueueAction::Enqueue(serial)
        } else {
            QueueAction::DequeueUnknown
        }
    }

    fn crashed(call: &QueueAction<u32>) -> QueueAction<u32> {
        call.clone()
    }

    fn answered(
        queue: &<Queue<u32> as Model>::State,
        call: &QueueAction<u32>,
    ) -> Option<QueueAction<u32>> {
        Some(match call {
            QueueAction::DequeueUnknown => match queue.front() {
                Some(value) => QueueAction::Dequeue(*value),
                None => QueueAction::DequeueEmpty,
            },
            other => other.clone(),
        })
    }

    fn falsify(random: &mut ChaCha8Rng, action: &mut QueueAction<u32>) {
        match action {
            QueueAction::Enqueue(_) | QueueAction::DequeueUnknown => {}
            _ if random.random_ratio(1, 4) => *action = QueueAction::DequeueEmpty,
            _ => *action = QueueAction::Dequeue(random.random_range(0..7)),
        }
    }
}

impl Random for Set<u32> {
    fn call(random: &mut ChaCha8Rng, _: u32) -> SetAction<u32> {
        let value = random.random_range(0..4);
        match random.random_range(0..6) {
            0 | 1 => SetAction::Add(value),
            2 => SetAction::Remove(value),
            3 => SetAction::Contains(value, None),
            _ => SetAction::Read(None),
        }
    }

    fn crashed(call: &SetAction<u32>) -> SetAction<u32> {
        call.clone()
    }

    fn answered(set: &BTreeSet<u32>, call: &SetAction<u32>) -> Option<SetAction<u32>> {
        Some(match call {
            SetAction::Contains(value, _) => SetAction::Contains(*value, Some(set.contains(value))),
            SetAction::Read(_) => SetAction::Read(Some(Arc::new(set.clone()))),
            other => other.clone(),
        })
    }

    fn falsify(random: &mut ChaCha8Rng, action: &mut SetAction<u32>) {
        match action {
            SetAction::Contains(_, answer) => *answer = answer.map(|answer| !answer),
            SetAction::Read(Some(read)) => {
                let mut other = (**read).clone();
                let value = random.random_range(0..5);
                if !other.remove(&value) {
                    other.insert(value);
                }
                *read = Arc::new(other);
            }
            _ => {}
        }
    }
}

impl Random for Log<u32> {
    fn call(random: &mut ChaCha8Rng, serial: u32) -> LogAction<u32> {
        match random.random_range(0..8) {
            0..=3 => LogAction::Append {
                value: serial,
                offset: None,
            },
            4 | 5 => LogAction::Fetch {
                offset: random.random_range(0..3),
                value: 0,
            },
            6 => LogAction::End(0),
            _ => LogAction::Read([].into()),
        }
    }

    fn crashed(call: &LogAction<u32>) -> LogAction<u32> {
        // A crashed read says nothing; here it stands for one more crashed append of a value of its own.
        match call {
            LogAction::Append { .. } => call.clone(),
            _ => LogAction::Append {
                value: 100,
                offset: None,
            },
        }
    }

    fn answered(state: &LogState<u32>, call: &LogAction<u32>) -> Option<LogAction<u32>> {
        let LogState::Values(values) = state else {
            return None;
        };
        Some(match call {
            LogAction::Append { value, .. } => LogAction::Append {
                value: *value,
                // Some acknowledgements carry no offset.
                offset: (value % 5 != 0).then_some(values.len() as u64),
            },
            LogAction::Fetch { offset, .. } => LogAction::Fetch {
                offset: *offset,
                value: *values.get(*offset as usize)?,
            },
            LogAction::End(_) => LogAction::End(values.len() as u64),
            LogAction::Read(_) => LogAction::Read(values.as_slice().into()),
        })
    }

    fn falsify(random: &mut ChaCha8Rng, action: &mut LogAction<u32>) {
        match action {
            LogAction::Append { offset, .. } => *offset = Some(random.random_range(0..4)),
            LogAction::Fetch { value, .. } => *value = random.random_range(0..6),
            LogAction::End(end) => *end = random.random_range(0..5),
            LogAction::Read(values) => {
                let mut other = values.to_vec();
                other.push(random.random_range(0..6));
                *values = other.into();
            }
        }
    }
}
