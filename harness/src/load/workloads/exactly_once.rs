//! `exactly-once`: an input topic is filled by plain appends. Workers consume it, write for each record an output that names
//! it, and commit the offsets of the inputs with the transaction of the outputs.
//!
//! A worker owns input partitions for a while, and others own them after it: the harness assigns them, and no member is named
//! to the broker. So a worker gives its partitions back only when nothing of it can still happen: after an outcome that it
//! does not know it initialises its transactional id before. Whoever gets a partition asks where to begin (OffsetFetch with
//! `require_stable`), and so does a worker whose transaction did not commit: no client goes back by itself.
//!
//! When the load ends, the workers go on until the input is consumed to its end: an input that nobody consumed would show
//! nothing.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use checkers::history::{CommittedOffset, Ending, Isolation, Offset, Promises, Text, Timeouts};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::input::Input;
use super::transactions::{INIT, pause, promise, timeout_ms, timeouts};
use super::{Row, Turn, Worker, Workload, append, poll, producers_of};
use crate::config::seed::random;
use crate::config::shape::Shape;
use crate::load::Load;
use crate::load::pace::Pace;
use crate::load::transactional::{Session, Step, TransactionalProducer};

/// Its row.
pub(super) const ROW: Row = Row {
    name: "exactly-once",
    description: "appends to an input; workers consume, transform, produce and commit offsets in one transaction",
    make: || Arc::new(ExactlyOnce::default()),
};

/// The topic that is filled.
const INPUT: &str = "t0";
/// The topic with the outputs.
const OUTPUT: &str = "t1";
/// The group of the workers.
const GROUP: &str = "exactly-once";

/// How long workers go on after the load.
const DRAIN: Duration = Duration::from_secs(10);
/// Records of each partition that a transaction consumes at most once the load has ended.
const DRAINED_AT_ONCE: u64 = 500;
/// Appends of one client per second. Workers with small transactions are not much faster.
const FILL_PER_SECOND: f64 = 20.0;
/// A worker keeps a partition for about this long.
const KEEP: Duration = Duration::from_secs(4);
/// How long a worker waits when there is nothing to consume.
const IDLE: Duration = Duration::from_millis(50);

#[derive(Default)]
struct ExactlyOnce {
    shared: Arc<Shared>,
}

/// What the workers of a run have in common.
#[derive(Default)]
struct Shared {
    /// Clients that still append to the input.
    filling: AtomicUsize,
    /// Partitions that a worker has now.
    taken: Mutex<BTreeMap<i32, u64>>,
    /// Workers that have taken partitions, for the turn.
    turns: AtomicU64,
}

impl Workload for ExactlyOnce {
    fn workers(&self, clients: usize) -> Vec<Worker> {
        let producers = producers_of(clients);
        // Half of them fill the input, one at least.
        let fillers = (producers / 2).max(1);
        self.shared.filling.store(fillers, Ordering::SeqCst);
        let client = |at: usize| -> Worker {
            let shared = self.shared.clone();
            match at {
                at if at < fillers => Box::new(move |load, turn| fill(load, turn, &shared)),
                at if at < producers => Box::new(move |load, turn| process(load, turn, &shared)),
                at if (at - producers).is_multiple_of(2) => Box::new(|load, turn| {
                    poll::run_as(&only(load, OUTPUT), turn, Isolation::ReadCommitted)
                }),
                _ => Box::new(|load, turn| poll::run(&only(load, INPUT), turn)),
            }
        };
        (0..clients).map(client).collect()
    }

    fn promise(&self, promises: &mut Promises, _: &Shape) {
        promise(promises);
    }

    fn timeouts(&self, shape: &Shape) -> Timeouts {
        timeouts(shape)
    }

    fn is_transactional(&self, topic: &str) -> bool {
        topic == OUTPUT
    }

    fn groups(&self, _: &Shape) -> Vec<String> {
        vec![GROUP.to_owned()]
    }
}

/// The same load with the partitions of one topic.
fn only(load: &Load, topic: &str) -> Load {
    let partitions = load.partitions.iter();
    let of_topic = partitions.filter(|place| place.0 == topic).cloned();
    Load {
        partitions: Arc::new(of_topic.collect()),
        ..load.clone()
    }
}

/// Appends to the input.
fn fill(load: &Load, turn: Turn, shared: &Shared) -> Result<()> {
    let turn = Turn {
        per_second: turn.per_second.min(FILL_PER_SECOND),
        ..turn
    };
    let filled = append::run(&only(load, INPUT), turn);
    shared.filling.fetch_sub(1, Ordering::SeqCst);
    filled
}

/// Consumes, transforms and produces until asked to stop, and then until the input is at its end.
fn process(load: &Load, turn: Turn, shared: &Shared) -> Result<()> {
    let mut random = random(load.seed, 3_000 + turn.thread);
    let mut pace = Pace::per_second(turn.per_second);
    let mut worker = Processor {
        load,
        shared,
        thread: turn.thread,
        producer: TransactionalProducer::new(load, turn.thread, timeout_ms(&load.shape)),
        input: Input::new(load, GROUP, turn.thread),
        id: format!("eos{}", turn.thread),
        session: None,
        owned: BTreeMap::new(),
        attempts: 0,
        ends: None,
    };
    let mut until = Instant::now();
    let mut at_end = BTreeMap::new();
    loop {
        if !pace.wait(&mut random, &load.stop) {
            let ends = *worker.ends.get_or_insert_with(|| Instant::now() + DRAIN);
            if Instant::now() >= ends || worker.is_all_consumed(&mut at_end) {
                break;
            }
        }
        if worker.session.is_none() {
            worker.session = worker.producer.init(&worker.id, INIT);
            // What became of the last transaction is decided now. Before, the offsets could still move.
            worker
                .owned
                .values_mut()
                .for_each(|position| *position = None);
        }
        let Some(mut session) = worker.session.take() else {
            continue;
        };
        if worker.ends.is_some() {
            // What the workers before have left.
            worker.take(usize::MAX);
        } else if Instant::now() >= until {
            worker.give_back();
            worker.take(random.random_range(1..=load.partitions.len().max(1)));
            until = Instant::now() + KEEP.mul_f64(random.random_range(0.5..1.5));
        }
        if worker.transact(&mut session, &mut random) {
            worker.session = Some(session);
        }
    }
    // Others wait for what this worker has open, and may still consume. Without an answer its last transaction may still
    // commit, and nobody else may have its partitions.
    if worker.session.is_some() || worker.producer.init(&worker.id, INIT).is_some() {
        worker.give_back();
    }
    Ok(())
}

/// One worker that consumes, transforms and produces.
struct Processor<'a> {
    load: &'a Load,
    shared: &'a Shared,
    thread: u64,
    producer: TransactionalProducer<'a>,
    input: Input<'a>,
    id: String,
    session: Option<Session>,
    /// Its input partitions, and where it goes on. None: it must ask first.
    owned: BTreeMap<i32, Option<Offset>>,
    /// Transactions that it began.
    attempts: u64,
    /// When it stops, once the load has ended.
    ends: Option<Instant>,
}

impl Processor<'_> {
    /// Takes partitions that nobody has, until it has this many.
    fn take(&mut self, most: usize) {
        let inputs = self.load.partitions.iter().filter(|place| place.0 == INPUT);
        let inputs: Vec<i32> = inputs.map(|place| place.1).collect();
        let first = self.shared.turns.fetch_add(1, Ordering::SeqCst);
        let first = usize::try_from(first).unwrap_or_default();
        let mut taken = lock(&self.shared.taken);
        for at in 0..inputs.len() {
            let partition = inputs[(first + at) % inputs.len()];
            if self.owned.len() < most && !taken.contains_key(&partition) {
                taken.insert(partition, self.thread);
                self.owned.insert(partition, None);
            }
        }
    }

    fn give_back(&mut self) {
        let mut taken = lock(&self.shared.taken);
        for partition in std::mem::take(&mut self.owned).into_keys() {
            taken.remove(&partition);
        }
    }

    /// Whether nobody fills the input any more and the group has consumed all of it.
    fn is_all_consumed(&mut self, at_end: &mut BTreeMap<i32, Offset>) -> bool {
        if self.shared.filling.load(Ordering::SeqCst) > 0 {
            return false;
        }
        let inputs = self.load.partitions.iter().filter(|place| place.0 == INPUT);
        let inputs: Vec<(String, i32)> = inputs.cloned().collect();
        for place in &inputs {
            if let Entry::Vacant(unknown) = at_end.entry(place.1) {
                let Some(end) = self.input.end_offset(place) else {
                    return false;
                };
                unknown.insert(end);
            }
        }
        let Some(committed) = self.input.committed(&inputs) else {
            return false;
        };
        let all = inputs.iter().all(|place| {
            let end = at_end.get(&place.1).copied().unwrap_or(Offset::MAX);
            committed.get(&place.1).is_some_and(|offset| *offset >= end)
        });
        all || {
            std::thread::sleep(IDLE);
            false
        }
    }

    /// Processes what there is in one transaction. False if the transactional id must be initialised again.
    fn transact(&mut self, session: &mut Session, random: &mut ChaCha8Rng) -> bool {
        let most = match self.ends {
            None => self.load.shape.number("batch").max(1),
            // What is left is consumed in time.
            Some(_) => DRAINED_AT_ONCE,
        };
        let most = usize::try_from(random.random_range(1..=most)).unwrap_or(1);
        self.find_positions();
        let inputs = self.consume(most);
        if inputs.is_empty() {
            std::thread::sleep(IDLE);
            return true;
        }
        // An input is processed again after an abort, and every value is sent once in the run.
        self.attempts += 1;
        let attempt = format!("#{}.{}", self.thread, self.attempts);
        let mut open = self
            .producer
            .begin(session, &[OUTPUT.to_owned()], Some(GROUP));
        let outputs = self
            .load
            .partitions
            .iter()
            .filter(|place| place.0 == OUTPUT);
        let outputs: Vec<(String, i32)> = outputs.cloned().collect();
        let mut step = Step::Done;
        let mut next: BTreeMap<i32, Offset> = BTreeMap::new();
        for (partition, records) in &inputs {
            let Some((last, _)) = records.last() else {
                continue;
            };
            next.insert(*partition, last + 1);
            let values: Vec<String> = records
                .iter()
                .map(|(offset, value)| format!("{partition}:{offset}:{value}{attempt}"))
                .collect();
            // All outputs of an input partition go to one partition, whoever owns the input: there they are in its order.
            let to = &outputs[usize::try_from(*partition).unwrap_or_default() % outputs.len()];
            step = self.producer.send(&mut open, session, to, &values);
            if step != Step::Done {
                break;
            }
            pause(self.load, random);
        }
        if step == Step::Done {
            let token = Text::from(format!("{}.{}", self.id, self.attempts));
            let offsets = next.iter().map(|(partition, offset)| CommittedOffset {
                topic: INPUT.into(),
                partition: *partition,
                offset: *offset,
                token: Some(token.clone()),
            });
            let offsets = offsets.collect();
            step = self
                .producer
                .send_offsets(&mut open, session, GROUP, offsets);
        }
        let is_aborted = random.random_range(0..100) < self.load.shape.number("abort");
        let (committed, goes_on) = match step {
            Step::Lost => {
                self.producer.give_up(open);
                (false, false)
            }
            Step::Refused => {
                self.producer.end(open, session, Ending::Abort);
                (false, false)
            }
            Step::Done if is_aborted => (false, self.producer.end(open, session, Ending::Abort)),
            Step::Done => {
                let done = self.producer.end(open, session, Ending::Commit);
                (done, done)
            }
        };
        for (partition, position) in &mut self.owned {
            if let Some(next) = next.get(partition) {
                *position = committed.then_some(*next);
            }
        }
        goes_on
    }

    /// Asks for the positions that it does not know.
    fn find_positions(&mut self) {
        let unknown = self.owned.iter().filter(|one| one.1.is_none());
        let unknown: Vec<(String, i32)> = unknown.map(|one| (INPUT.to_owned(), *one.0)).collect();
        if unknown.is_empty() {
            return;
        }
        if let Some(committed) = self.input.committed(&unknown) {
            for (partition, offset) in committed {
                // -1: nothing is committed yet.
                self.owned.insert(partition, Some(offset.max(0)));
            }
        }
    }

    /// Reads on from its positions, up to this many records of each partition.
    fn consume(&mut self, most: usize) -> BTreeMap<i32, Vec<(Offset, String)>> {
        let mut inputs = BTreeMap::new();
        for (partition, position) in &self.owned {
            let Some(position) = position else { continue };
            let place = (INPUT.to_owned(), *partition);
            let mut records = self.input.read(&place, *position);
            records.truncate(most);
            if !records.is_empty() {
                inputs.insert(*partition, records);
            }
        }
        inputs
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
