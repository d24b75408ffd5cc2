//! A worker that consumes, transforms and produces, as a member of its group. It comes and goes like other members: it leaves and
//! joins again, or falls silent for longer than its session with inputs in its hands, and then goes on as if nothing had been.
//! Its offsets name its member and generation (KIP-447), so a group refuses them after that.
//!
//! What became of a transaction decides where it goes on. After a commit it knows that. After an abort it asks, and compares
//! the answer with what it knows ([`Owned`]). After an outcome that it does not know it initialises its transactional id,
//! which decides the outcome, and begins anew as another member: only a new membership makes sure that the answer is of
//! later than that.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::{Duration, Instant};

use anyhow::Result;
use checkers::history::{CommittedOffset, Ending, Offset, Text};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::owned::Owned;
use super::{GROUP, INPUT, OUTPUT, Shared};
use crate::config::seed::random;
use crate::load::Load;
use crate::load::membership::{Membership, instance, session_ms};
use crate::load::pace::Pace;
use crate::load::transactional::{Ended, Session, Step, TransactionalProducer};
use crate::load::workloads::Turn;
use crate::load::workloads::input::Input;
use crate::load::workloads::transactions::{INIT, pause, timeout_ms};

/// How long workers go on after the load.
const DRAIN: Duration = Duration::from_secs(20);
/// Records of each partition that a transaction consumes at most once the load has ended.
const DRAINED_AT_ONCE: u64 = 500;
/// A worker stays for about this long.
const STAY: Duration = Duration::from_secs(10);
/// How long a worker waits when there is nothing to consume, or nobody to ask.
const IDLE: Duration = Duration::from_millis(50);

/// Consumes, transforms and produces until asked to stop, and then until the input is at its end.
pub(super) fn process(load: &Load, turn: Turn, shared: &Shared) -> Result<()> {
    let mut random = random(load.seed, 3_000 + turn.thread);
    let mut pace = Pace::per_second(turn.per_second);
    let mut worker = Processor::new(load, turn.thread, shared, &mut random);
    let mut at_end = BTreeMap::new();
    loop {
        if !pace.wait(&mut random, &load.stop) {
            let ends = *worker.ends.get_or_insert_with(|| Instant::now() + DRAIN);
            if Instant::now() >= ends || worker.is_all_consumed(&mut at_end) {
                break;
            }
        }
        worker.go_on(&mut random);
    }
    // Others wait for what this worker has open, and may still consume.
    if worker.session.is_none() {
        worker.producer.init(&worker.id, INIT);
    }
    worker.member.leave();
    Ok(())
}

/// One worker.
struct Processor<'a> {
    load: &'a Load,
    shared: &'a Shared,
    thread: u64,
    producer: TransactionalProducer<'a>,
    input: Input<'a>,
    member: Membership<'a>,
    /// Why it must join. None: it is a member as far as it knows.
    joins: Option<&'static str>,
    owned: Owned,
    id: String,
    session: Option<Session>,
    /// Whether it does not know what became of its last transaction.
    is_unsure: bool,
    /// Transactions that it began.
    attempts: u64,
    /// Until when it stays in the group.
    stays: Instant,
    /// Whether it falls silent with the next inputs in its hands.
    falls_silent: bool,
    /// When it stops, once the load has ended.
    ends: Option<Instant>,
}

impl<'a> Processor<'a> {
    fn new(
        load: &'a Load,
        thread: u64,
        shared: &'a Shared,
        random: &mut ChaCha8Rng,
    ) -> Processor<'a> {
        let nth = usize::try_from(thread).unwrap_or_default();
        let own = instance(&load.shape, GROUP, nth);
        let subscribed = (GROUP, vec![INPUT.to_owned()]);
        Processor {
            load,
            shared,
            thread,
            producer: TransactionalProducer::new(load, thread, timeout_ms(&load.shape)),
            input: Input::new(load, GROUP, thread),
            member: Membership::new(load, subscribed, own, nth),
            joins: Some("new"),
            owned: Owned::default(),
            id: format!("eos{thread}"),
            session: None,
            is_unsure: false,
            attempts: 0,
            stays: stay(random),
            falls_silent: false,
            ends: None,
        }
    }

    /// Does the next thing that is to be done.
    fn go_on(&mut self, random: &mut ChaCha8Rng) {
        // What became of the last transaction is decided first.
        if self.session.is_none() {
            self.session = self.producer.init(&self.id, INIT);
        }
        let Some(mut session) = self.session.take() else {
            return self.beat();
        };
        if std::mem::take(&mut self.is_unsure) {
            self.begin_anew();
        }
        if self.ends.is_none() && Instant::now() >= self.stays {
            self.stays = stay(random);
            match random.random_bool(0.5) {
                true => self.begin_anew(),
                false => self.falls_silent = true,
            }
        }
        match self.joins {
            Some(reason) => self.join(reason),
            None => self.beat(),
        }
        if self.joins.is_none() {
            self.find_positions();
        }
        if self.joins.is_some() || self.transact(&mut session, random) {
            self.session = Some(session);
        }
    }

    fn join(&mut self, reason: &'static str) {
        match self.member.enter(reason) {
            Ok(assigned) => {
                let identity = self.member.identity();
                let owner = (identity.generation, Text::from(identity.member.as_str()));
                self.owned
                    .assign(owner, assigned.into_iter().map(|place| place.1));
                self.joins = None;
            }
            Err(standing) => {
                self.joins = standing.reason().or(Some(reason));
                std::thread::sleep(IDLE);
            }
        }
    }

    fn beat(&mut self) {
        if self.joins.is_none() {
            self.joins = self.member.beat().reason();
        }
    }

    /// Its partitions are others' from now on, and it comes back as another member.
    fn begin_anew(&mut self) {
        self.member.begin_anew();
        self.joins = Some("new");
    }

    /// Asks for the positions that it does not know.
    fn find_positions(&mut self) {
        let unknown = self.owned.unknown();
        if unknown.is_empty() {
            return;
        }
        if self.owned.has_new() && !self.member.asks_its_assigner() {
            return self.begin_anew();
        }
        let places = unknown.into_iter();
        let places: Vec<(String, i32)> = places.map(|at| (INPUT.to_owned(), at)).collect();
        let Some(fetched) = self.member.fetch(&places) else {
            return;
        };
        // -1: nothing is committed yet.
        let answered = fetched.into_iter();
        let answered: Vec<bool> = answered
            .map(|(_, partition, offset, _)| self.owned.answered(partition, offset.max(0)))
            .collect();
        if answered.contains(&false) {
            self.begin_anew();
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
        let inputs = self.consume(most);
        if inputs.is_empty() {
            std::thread::sleep(IDLE);
            return true;
        }
        if std::mem::take(&mut self.falls_silent) {
            let session = Duration::from_millis(session_ms(&self.load.shape));
            let silent = session.mul_f64(random.random_range(1.2..1.8));
            self.load.stop.sleep_until(Instant::now() + silent);
        }
        // An input is processed again after an abort, and every value is sent once in the run.
        self.attempts += 1;
        let topics = [OUTPUT.to_owned()];
        let identity = self.member.identity().clone();
        let mut open = self.producer.begin(session, &topics, Some(&identity));
        let mut step = Step::Done;
        let mut next: BTreeMap<i32, Offset> = BTreeMap::new();
        for (partition, records) in &inputs {
            let Some((last, _)) = records.last() else {
                continue;
            };
            next.insert(*partition, last + 1);
            let (to, values) = self.outputs(*partition, records);
            step = self.producer.send(&mut open, session, &to, &values);
            if step != Step::Done {
                break;
            }
            // What it hears now it takes up after the transaction, and the group must do without its offsets until then.
            self.beat();
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
                .send_offsets(&mut open, session, &identity, offsets);
        }
        let is_aborted = random.random_range(0..100) < self.load.shape.number("abort");
        let (committed, ended) = match step {
            Step::Lost => {
                self.producer.give_up(open);
                (false, Ended::Failed)
            }
            Step::Refused => {
                self.producer.end(open, session, Ending::Abort);
                (false, Ended::Failed)
            }
            Step::Fenced(standing) => {
                self.joins = standing.reason();
                (false, self.producer.end(open, session, Ending::Abort))
            }
            Step::Done if is_aborted => (false, self.producer.end(open, session, Ending::Abort)),
            Step::Done => {
                let ended = self.producer.end(open, session, Ending::Commit);
                (ended == Ended::Done, ended)
            }
        };
        self.owned.ended(&next, committed);
        self.is_unsure = ended == Ended::Unknown;
        ended == Ended::Done
    }

    /// What it makes of inputs, and where that goes. All outputs of an input partition go to one partition, whichever worker
    /// owns the input: there they are in its order.
    fn outputs(
        &self,
        partition: i32,
        records: &[(Offset, String)],
    ) -> ((String, i32), Vec<String>) {
        let all = self.load.partitions.iter();
        let all: Vec<&(String, i32)> = all.filter(|place| place.0 == OUTPUT).collect();
        let to = all[usize::try_from(partition).unwrap_or_default() % all.len()].clone();
        let attempt = format!("#{}.{}", self.thread, self.attempts);
        let values = records
            .iter()
            .map(|(offset, value)| format!("{partition}:{offset}:{value}{attempt}"));
        (to, values.collect())
    }

    /// Reads on from its positions, up to this many records of each partition.
    fn consume(&mut self, most: usize) -> BTreeMap<i32, Vec<(Offset, String)>> {
        let mut inputs = BTreeMap::new();
        for (partition, position) in self.owned.positions() {
            let place = (INPUT.to_owned(), partition);
            let mut records = self.input.read(&place, position);
            records.truncate(most);
            if !records.is_empty() {
                inputs.insert(partition, records);
            }
        }
        inputs
    }

    /// Whether nobody fills the input any more and the group has consumed all of it.
    fn is_all_consumed(&mut self, at_end: &mut BTreeMap<i32, Offset>) -> bool {
        if self.shared.is_filling() {
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
}

/// When a stay that begins now ends.
fn stay(random: &mut ChaCha8Rng) -> Instant {
    Instant::now() + STAY.mul_f64(random.random_range(0.5..1.5))
}
