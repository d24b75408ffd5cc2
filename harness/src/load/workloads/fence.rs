//! `fence`: a transactional id gets a second life while its first one still sends. The first one is a zombie from then on:
//! nothing that it sends after the second one's InitProducerId has been answered may be accepted or become visible.
//!
//! Both lives are producers over connections of their own. In half of the cases they act in turn, so that it is known which
//! request came first; in the others at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use checkers::history::{Ending, Promises, Timeouts};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::transactions::{INIT, pause, promise, timeout_ms, timeouts};
use super::{Row, Turn, Worker, Workload, with_readers};
use crate::config::seed::random;
use crate::config::shape::Shape;
use crate::load::Load;
use crate::load::pace::Pace;
use crate::load::transactional::{Open, Session, TransactionalProducer};

/// Its row.
pub(super) const ROW: Row = Row {
    name: "fence",
    description: "a transactional id is taken over while its former producer still sends",
    make: || Arc::new(Fence),
};

struct Fence;

impl Workload for Fence {
    fn workers(&self, clients: usize) -> Vec<Worker> {
        with_readers(clients, |_, _| Box::new(run))
    }

    fn promise(&self, promises: &mut Promises, _: &Shape) {
        promise(promises);
    }

    fn timeouts(&self, shape: &Shape) -> Timeouts {
        timeouts(shape)
    }

    fn is_transactional(&self, _: &str) -> bool {
        true
    }
}

/// Take-overs of one transactional id.
const TAKE_OVERS: u64 = 20;

/// Takes transactional ids over until asked to stop.
fn run(load: &Load, turn: Turn) -> Result<()> {
    let mut random = random(load.seed, 1_000 + turn.thread);
    let mut pace = Pace::per_second(turn.per_second);
    let timeout_ms = timeout_ms(&load.shape);
    let mut first = TransactionalProducer::new(load, turn.thread, timeout_ms);
    let mut second = TransactionalProducer::new(load, turn.thread + 1, timeout_ms);
    let names = Names {
        thread: turn.thread,
        counter: AtomicU64::new(0),
    };
    for number in 0.. {
        let id = format!("fence{}-{}", turn.thread, number / TAKE_OVERS);
        if !pace.wait(&mut random, &load.stop) {
            break;
        }
        let Some(session) = first.init(&id, INIT) else {
            continue;
        };
        let mut life = Life::begin(load, &mut first, session);
        for _ in 0..random.random_range(1..=2) {
            life.send(&names, &mut random);
        }
        match random.random_bool(0.5) {
            true => in_turn(&mut life, &mut second, &names, &mut random),
            false => at_once(&mut life, &mut second, &names, &mut random),
        }
    }
    Ok(())
}

/// The second life begins and ends between requests of the first one.
fn in_turn<'a>(
    zombie: &mut Life<'a, '_>,
    second: &mut TransactionalProducer<'a>,
    names: &Names,
    random: &mut ChaCha8Rng,
) {
    let load = zombie.load;
    let Some(session) = second.init(&zombie.session.id, INIT) else {
        zombie.end(Ending::Commit);
        return;
    };
    if random.random_bool(0.5) {
        zombie.send(names, random);
    }
    let mut life = Life::begin(load, second, session);
    life.send(names, random);
    // The second one has an open transaction now, which nothing of the first one may end or touch.
    if random.random_bool(0.5) {
        zombie.send(names, random);
    }
    let ending = match random.random_ratio(1, 4) {
        true => Ending::Abort,
        false => Ending::Commit,
    };
    zombie.end(ending);
    life.send(names, random);
    life.end(drawn_ending(load, random));
}

/// The first life goes on while the second one takes over.
fn at_once<'a>(
    zombie: &mut Life<'a, '_>,
    second: &mut TransactionalProducer<'a>,
    names: &Names,
    random: &mut ChaCha8Rng,
) {
    let load = zombie.load;
    let id = zombie.session.id.clone();
    let mut own = crate::config::seed::random(random.random(), 0);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let random = &mut own;
            let Some(session) = second.init(&id, INIT) else {
                return;
            };
            let mut life = Life::begin(load, second, session);
            life.send(names, random);
            life.end(drawn_ending(load, random));
        });
        for _ in 0..random.random_range(1..=5) {
            zombie.send(names, random);
        }
        zombie.end(Ending::Commit);
    });
}

fn drawn_ending(load: &Load, random: &mut ChaCha8Rng) -> Ending {
    match random.random_range(0..100) < load.shape.number("abort") {
        true => Ending::Abort,
        false => Ending::Commit,
    }
}

/// One life of a transactional id, with one transaction.
struct Life<'a, 'p> {
    load: &'a Load,
    producer: &'p mut TransactionalProducer<'a>,
    session: Session,
    open: Option<Open>,
}

impl<'a, 'p> Life<'a, 'p> {
    fn begin(
        load: &'a Load,
        producer: &'p mut TransactionalProducer<'a>,
        session: Session,
    ) -> Life<'a, 'p> {
        let mut topics: Vec<String> = load.partitions.iter().map(|one| one.0.clone()).collect();
        topics.dedup();
        let open = producer.begin(&session, &topics, None);
        Life {
            load,
            producer,
            session,
            open: Some(open),
        }
    }

    /// Sends to a drawn partition, unless it does not know what became of a send before: the next one would have its number.
    /// A refusal changes nothing, because a zombie does not know that it is one.
    fn send(&mut self, names: &Names, random: &mut ChaCha8Rng) {
        let Some(open) = self.open.as_mut().filter(|open| !open.is_unsure()) else {
            return;
        };
        let place = &self.load.partitions[random.random_range(0..self.load.partitions.len())];
        let values = [names.next()];
        self.producer.send(open, &mut self.session, place, &values);
        pause(self.load, random);
    }

    fn end(&mut self, ending: Ending) {
        if let Some(open) = self.open.take() {
            match open.has_sent() {
                true => {
                    self.producer.end(open, &mut self.session, ending);
                }
                false => self.producer.give_up(open),
            }
        }
    }
}

/// Names values, each once in the run.
struct Names {
    thread: u64,
    counter: AtomicU64,
}

impl Names {
    fn next(&self) -> String {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        format!("f{}-{number}", self.thread)
    }
}
