//! `transactions`: producers send several records to several partitions in each transaction, and commit or abort it. Some
//! consumers read what is committed, others everything.
//!
//! A transaction is one operation. How large transactions are, how long they take and how many are aborted is drawn by the
//! seed (see `harness/suites/load.toml`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use checkers::history::{AtomicTransactions, Ending, Promises, Timeouts};
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{Row, Turn, Worker, Workload, with_readers};
use crate::config::seed::random;
use crate::config::shape::Shape;
use crate::load::Load;
use crate::load::pace::Pace;
use crate::load::transactional::{Ended, LibraryProducer, Session, Step, TransactionalProducer};

/// Its row.
pub(super) const ROW: Row = Row {
    name: "transactions",
    description: "transactions over several partitions, committed and aborted; readers of both isolation levels",
    make: || Arc::new(Transactions),
};

struct Transactions;

impl Workload for Transactions {
    fn workers(&self, clients: usize) -> Vec<Worker> {
        with_readers(clients, |_, _| Box::new(run))
    }

    fn promise(&self, promises: &mut Promises, shape: &Shape) {
        if !is_of_library(shape) && shape.number("late") == 0 {
            promise(promises);
        }
    }

    fn timeouts(&self, shape: &Shape) -> Timeouts {
        timeouts(shape)
    }

    fn is_transactional(&self, _: &str) -> bool {
        true
    }
}

/// How long a producer tries to initialise its transactional id before it looks at the stop flag again.
pub(super) const INIT: Duration = Duration::from_secs(3);

/// What raw producers promise beside the target: they initialise their transactional id again after every request without
/// an answer, so that no late one can touch their next transaction.
pub(super) fn promise(promises: &mut Promises) {
    if promises.transactions_atomic == AtomicTransactions::WithV2Clients {
        promises.transactions_atomic = AtomicTransactions::Yes;
    }
}

/// Whether librdkafka runs the transactions.
fn is_of_library(shape: &Shape) -> bool {
    shape.word("client") == "librdkafka"
}

/// The time-outs that producers of transactions ask for.
pub(super) fn timeouts(shape: &Shape) -> Timeouts {
    Timeouts {
        transaction_ms: Some(timeout_ms(shape)),
        ..Timeouts::default()
    }
}

/// After this time a coordinator aborts a transaction.
pub(super) fn timeout_ms(shape: &Shape) -> u64 {
    shape.number("timeout")
}

/// Runs transactions until asked to stop.
///
/// # Errors
/// If librdkafka rejects a setting.
fn run(load: &Load, turn: Turn) -> Result<()> {
    match is_of_library(&load.shape) {
        true => run_library(load, turn),
        false => run_raw(load, turn),
    }
}

/// By librdkafka: a client that is of no more use is followed by another one, with the same transactional id as long as its
/// life lasts.
fn run_library(load: &Load, turn: Turn) -> Result<()> {
    let mut random = random(load.seed, 1_000 + turn.thread);
    let mut pace = Pace::per_second(turn.per_second);
    let mut counter = 0;
    let mut value = || {
        counter += 1;
        format!("x{}-{counter}", turn.thread)
    };
    let timeout_ms = timeout_ms(&load.shape);
    for life in 0.. {
        let id = format!("tx{}-{life}", turn.thread);
        let mut client = None;
        for _ in 0..load.shape.number("life") {
            while client.is_none() && !load.stop.is_set() {
                client = LibraryProducer::init(load, &id, timeout_ms, INIT)?;
            }
            let Some(open) = client
                .as_mut()
                .filter(|_| pace.wait(&mut random, &load.stop))
            else {
                return Ok(());
            };
            let drawn = Drawn::of(load, &mut random, &mut value);
            let goes_on = open.transact(&drawn.topics, &drawn.sends, drawn.ending, || {
                pause(load, &mut random);
            });
            if !goes_on && let Some(client) = client.take() {
                client.retire();
            }
        }
        if let Some(client) = client.take() {
            client.retire();
        }
    }
    Ok(())
}

/// By raw requests.
fn run_raw(load: &Load, turn: Turn) -> Result<()> {
    let mut random = random(load.seed, 1_000 + turn.thread);
    let mut pace = Pace::per_second(turn.per_second);
    let mut producer = TransactionalProducer::new(load, turn.thread, timeout_ms(&load.shape));
    let mut counter = 0;
    for life in 0.. {
        let id = format!("tx{}-{life}", turn.thread);
        let mut session = None;
        for _ in 0..load.shape.number("life") {
            while session.is_none() && !load.stop.is_set() {
                session = producer.init(&id, INIT);
            }
            let Some(open) = session
                .as_mut()
                .filter(|_| pace.wait(&mut random, &load.stop))
            else {
                return Ok(());
            };
            let mut value = || {
                counter += 1;
                format!("x{}-{counter}", turn.thread)
            };
            if !transact(&mut producer, open, load, &mut random, &mut value) {
                session = None;
            }
        }
    }
    Ok(())
}

/// What a transaction is to do.
struct Drawn {
    topics: Vec<String>,
    /// Its sends in their order: to which partition, and the values.
    sends: Vec<((String, i32), Vec<String>)>,
    ending: Ending,
}

impl Drawn {
    fn of(load: &Load, random: &mut ChaCha8Rng, value: &mut impl FnMut() -> String) -> Drawn {
        let shape = &load.shape;
        let count = |most: u64, random: &mut ChaCha8Rng| {
            usize::try_from(random.random_range(1..=most.max(1))).unwrap_or(1)
        };
        let mut places: Vec<(String, i32)> = load.partitions.to_vec();
        places.shuffle(random);
        places.truncate(count(shape.number("spread"), random));
        let mut topics: Vec<String> = places.iter().map(|(topic, _)| topic.clone()).collect();
        topics.sort();
        topics.dedup();
        let ending = match random.random_range(0..100) < shape.number("abort") {
            true => Ending::Abort,
            false => Ending::Commit,
        };
        // To each of its partitions in turn, so that one of several sends is in several partitions.
        let sends = places
            .iter()
            .cycle()
            .take(count(shape.number("sends"), random));
        let sends = sends.map(|place| {
            let values = (0..random.random_range(1..=RECORDS_MAX)).map(|_| value());
            (place.clone(), values.collect())
        });
        Drawn {
            topics,
            sends: sends.collect(),
            ending,
        }
    }
}

/// Runs one transaction. False if the transactional id must be initialised again.
fn transact(
    producer: &mut TransactionalProducer<'_>,
    session: &mut Session,
    load: &Load,
    random: &mut ChaCha8Rng,
    value: &mut impl FnMut() -> String,
) -> bool {
    let drawn = Drawn::of(load, random, value);
    let mut open = producer.begin(session, &drawn.topics, None);
    let late = load.shape.number("late");
    let mut late = session
        .last_end
        .filter(|_| late > 0 && random.random_range(0..100) < late);
    for (place, values) in &drawn.sends {
        match producer.send(&mut open, session, place, values) {
            Step::Done => {
                if let Some(late) = late.take() {
                    producer.arrives_late(&mut open, session, late);
                }
                pause(load, random);
            }
            Step::Lost => {
                producer.give_up(open);
                return false;
            }
            Step::Refused | Step::Fenced(_) => {
                producer.end(open, session, Ending::Abort);
                return false;
            }
        }
    }
    producer.end(open, session, drawn.ending) == Ended::Done
}

/// The most records of one send.
const RECORDS_MAX: u64 = 3;

/// Waits within a transaction, up to as long as was drawn.
pub(super) fn pause(load: &Load, random: &mut ChaCha8Rng) {
    let most_ms = load.shape.number("pause");
    let length = Duration::from_millis(random.random_range(0..=most_ms));
    load.stop.sleep_until(Instant::now() + length);
}
