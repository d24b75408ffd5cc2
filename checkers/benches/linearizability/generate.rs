//! Histories by seed: clients that each do one operation after the other on an object that is really used.

use std::collections::VecDeque;
use std::sync::Arc;

use checkers::linearizability::Operation;
use checkers::linearizability::models::{
    KeyValueAction, KeyValueCall, LogAction, QueueAction, RegisterAction,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Lets clients work: each operation takes effect at a random moment within its interval, in the order of these
/// moments. `act` does it and answers the action. About one in `crash_every` never returns, and its client goes on
/// under another name.
fn clients<A>(
    random: &mut ChaCha8Rng,
    count: u64,
    operations: usize,
    crash_every: Option<u32>,
    mut act: impl FnMut(&mut ChaCha8Rng, bool) -> A,
) -> Vec<Operation<A>> {
    let mut intervals: Vec<(u64, u64, u64, u64)> = Vec::with_capacity(operations);
    for client in 0..count {
        let mut now = random.random_range(0..100);
        for _ in 0..operations as u64 / count {
            let called = now + random.random_range(1..20);
            let effect = called + random.random_range(1..50);
            let returned = effect + random.random_range(1..50);
            intervals.push((effect, called, returned, client));
            now = returned;
        }
    }
    intervals.sort_unstable();
    let mut done: Vec<Operation<A>> = Vec::with_capacity(intervals.len());
    for (_, called, returned, process) in intervals {
        let crashed = crash_every.is_some_and(|every| random.random_ratio(1, every));
        done.push(Operation {
            process,
            called,
            returned: (!crashed).then_some(returned),
            action: act(random, crashed),
        });
    }
    done.sort_by_key(|operation| operation.called);
    done
}

/// Like the etcd logs: 85 operations of 5 clients on one register of 5 values, one in seven crashed; three in four
/// histories have an answer falsified.
pub(crate) fn etcd_like(seed: u64) -> Vec<Operation<RegisterAction<i64>>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut operations = cas_register(&mut random, 5, 85, Some(7));
    if !seed.is_multiple_of(4) {
        let reads = operations
            .iter_mut()
            .filter_map(|operation| match &mut operation.action {
                RegisterAction::Read(Some(value)) => Some(value),
                _ => None,
            });
        let mut reads: Vec<&mut i64> = reads.collect();
        let at = random.random_range(0..reads.len());
        *reads[at] = (*reads[at] + 1) % 5;
    }
    operations
}

/// One register of 5 values, with compare-and-set; nothing crashes.
pub(crate) fn register_like(count: u64, operations: usize) -> Vec<Operation<RegisterAction<i64>>> {
    cas_register(&mut ChaCha8Rng::seed_from_u64(1), count, operations, None)
}

fn cas_register(
    random: &mut ChaCha8Rng,
    count: u64,
    operations: usize,
    crash_every: Option<u32>,
) -> Vec<Operation<RegisterAction<i64>>> {
    let mut held = 0;
    clients(random, count, operations, crash_every, |random, crashed| {
        let (from, to) = (random.random_range(0..5), random.random_range(0..5));
        match random.random_range(0..3) {
            0 => RegisterAction::Read((!crashed).then_some(held)),
            1 => {
                held = to;
                RegisterAction::Write(to)
            }
            _ => {
                let took = held == from;
                if took {
                    held = to;
                }
                RegisterAction::CompareAndSet {
                    from,
                    to,
                    took: (!crashed).then_some(took),
                }
            }
        }
    })
}

/// Like Porcupine's kv histories: half gets, one put in twenty, else appends, on some keys.
pub(crate) fn key_value_like(
    count: u64,
    operations: usize,
    keys: usize,
) -> Vec<Operation<KeyValueAction>> {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let names: Vec<Arc<str>> = (0..keys).map(|key| key.to_string().into()).collect();
    let mut held = vec![String::new(); keys];
    let mut serial = 0;
    clients(&mut random, count, operations, None, |random, _| {
        // Ten keys at a time, as the clients move on from one lot to the next.
        serial += 1;
        let lot = serial * keys / (operations + 1) / 10 * 10;
        let key = (lot + random.random_range(0..10)) % keys;
        let call = match random.random_range(0..20) {
            0..10 => KeyValueCall::Get(Some(held[key].as_str().into())),
            10 => {
                held[key] = format!("x {serial} y");
                KeyValueCall::Put(held[key].as_str().into())
            }
            _ => {
                let text = format!("x {serial} y");
                held[key] += &text;
                KeyValueCall::Append(text.into())
            }
        };
        KeyValueAction {
            key: names[key].clone(),
            call,
        }
    })
}

/// One register; every write has a value of its own, one in a hundred operations crashes.
pub(crate) fn distinct_writes(
    count: u64,
    operations: usize,
) -> Vec<Operation<RegisterAction<u64>>> {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let (mut held, mut next) = (0, 0);
    clients(
        &mut random,
        count,
        operations,
        Some(100),
        |random, crashed| {
            if random.random() {
                return RegisterAction::Read((!crashed).then_some(held));
            }
            next += 1;
            held = next;
            RegisterAction::Write(next)
        },
    )
}

/// One queue; every value is enqueued once.
pub(crate) fn queue(count: u64, operations: usize) -> Vec<Operation<QueueAction<u64>>> {
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let (mut queue, mut next) = (VecDeque::new(), 0);
    clients(&mut random, count, operations, None, |random, _| {
        if random.random() {
            return queue
                .pop_front()
                .map_or(QueueAction::DequeueEmpty, QueueAction::Dequeue);
        }
        next += 1;
        queue.push_back(next);
        QueueAction::Enqueue(next)
    })
}

/// One log: half appends, the rest fetches, and some end offsets; one in a hundred appends crashes.
pub(crate) fn log(count: u64, operations: usize) -> Vec<Operation<LogAction<u64>>> {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut log: Vec<u64> = Vec::new();
    let mut operations = clients(
        &mut random,
        count,
        operations,
        Some(100),
        |random, crashed| match random.random_range(0..20) {
            0..9 if !log.is_empty() => {
                let offset = random.random_range(0..log.len());
                LogAction::Fetch {
                    offset: offset as u64,
                    value: log[offset],
                }
            }
            9 => LogAction::End(log.len() as u64),
            _ => {
                let (value, offset) = (log.len() as u64 * 7 + 1, log.len() as u64);
                log.push(value);
                LogAction::Append {
                    value,
                    offset: (!crashed).then_some(offset),
                }
            }
        },
    );
    operations.retain(|operation| {
        operation.returned.is_some() || matches!(operation.action, LogAction::Append { .. })
    });
    operations
}
