//! `pipeline`: producers with many records on their way, and readers that seek, come late, ask for times and read through
//! any node. How they do it is drawn by the seed (see `harness/suites/load.toml`).
//!
//! An operation is one record. A worker has one operation open, so a producer is as many workers as it has records on
//! their way, and each of its appends names it. When a record's outcome is unknown, or an idempotent producer gives up
//! on one, the producer sends no more, waits for what is on its way, and another producer with a new session takes its
//! place: order is judged within a session.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use checkers::history::{
    Acks, Append, Appended, Call, Completion, Invocation, Outcome, Promises, RecordOutcome, Report,
    Sending, What, WorkerId,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{Row, Turn, Worker, Workload, asker, producers_of, reader};
use crate::config::seed::random;
use crate::config::shape::Shape;
use crate::kafka::clients;
use crate::kafka::clients::pipelined::Pipelined;
use crate::kafka::clients::producer::not_reported;
use crate::load::Load;
use crate::load::contents::Drawing;
use crate::record::{Recorder, WorkerIds};

/// Its row.
pub(super) const ROW: Row = Row {
    name: "pipeline",
    description: "many records in flight, drawn sizes, codecs, keys, headers and partitions; readers that seek",
    make: || Arc::new(Pipeline),
};

struct Pipeline;

impl Workload for Pipeline {
    fn workers(&self, clients: usize) -> Vec<Worker> {
        let producers = producers_of(clients);
        let client = |at: usize| -> Worker {
            match at.checked_sub(producers) {
                None => Box::new(run),
                // With at least two readers one asks, so that somebody always follows the log.
                Some(1) => Box::new(asker::run),
                Some(_) => Box::new(reader::run),
            }
        };
        (0..clients).map(client).collect()
    }

    fn promise(&self, promises: &mut Promises, shape: &Shape) {
        let (idempotent, _, retries) = shape.producers();
        (promises.idempotent, promises.producers_retry) = (idempotent, retries && !idempotent);
    }
}

/// The longest wait for reports of what is on its way when a session ends: the longest message time-out of
/// [`clients::pipelined`], and a second and a half for the report.
const PATIENCE: Duration = Duration::from_millis(11_500);
/// The longest time without a look at the stop flag.
const LOOK: Duration = Duration::from_millis(100);

/// What a producer has on its way. Shared with the thread that brings the reports.
struct OnTheWay {
    recorder: Recorder,
    ids: WorkerIds,
    /// Workers without an open operation.
    free: Vec<WorkerId>,
    open: Vec<WorkerId>,
    is_idempotent: bool,
    /// An outcome is unknown, or the numbering of an idempotent producer has a gap.
    is_over: bool,
}

impl OnTheWay {
    fn begin(&mut self) -> WorkerId {
        let worker = self.free.pop().unwrap_or_else(|| self.ids.next());
        self.open.push(worker);
        worker
    }

    fn ended(&mut self, worker: WorkerId, record: RecordOutcome) {
        // Reports come in the order of the sends, mostly.
        let Some(at) = self.open.iter().position(|open| *open == worker) else {
            return;
        };
        self.open.remove(at);
        let outcome = record.outcome;
        match outcome {
            Outcome::Info => self.is_over = true,
            Outcome::Fail => {
                self.is_over |= self.is_idempotent;
                self.free.push(worker);
            }
            Outcome::Ok => self.free.push(worker),
        }
        let completion = Completion {
            worker,
            error: record.error.clone(),
            report: Report::Append(Appended {
                records: vec![record],
                node: None,
            }),
        };
        self.recorder.record(match outcome {
            Outcome::Ok => What::Ok(completion),
            Outcome::Fail => What::Fail(completion),
            Outcome::Info => What::Info(completion),
        });
    }
}

/// With a signal for each report.
type Shared = Arc<(Mutex<OnTheWay>, Condvar)>;

fn locked(shared: &Shared) -> MutexGuard<'_, OnTheWay> {
    shared.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Produces until asked to stop, one session after the other.
fn run(load: &Load, turn: Turn) -> Result<()> {
    let Some(drawing) = &*load.drawing else {
        return Ok(());
    };
    let mut random = random(load.seed, 1_000 + turn.thread);
    while !load.stop.is_set() {
        Session::begin(load, turn, drawing)?.run(&mut random);
    }
    Ok(())
}

/// One client from its first record to its last.
struct Session<'a> {
    load: &'a Load,
    drawing: &'a Drawing,
    client: Pipelined,
    shared: Shared,
    id: u64,
    sent: u64,
    burst: u64,
    window: usize,
    /// The mean time between two bursts.
    between: Duration,
    acks: Acks,
    /// When it leaves.
    until: Option<Instant>,
}

impl<'a> Session<'a> {
    fn begin(load: &'a Load, turn: Turn, drawing: &'a Drawing) -> Result<Session<'a>> {
        let shape = &load.shape;
        let (idempotent, ..) = shape.producers();
        let acks = if idempotent { Acks::All } else { load.acks };
        let shared: Shared = Arc::new((
            Mutex::new(OnTheWay {
                recorder: load.recorder.clone(),
                ids: load.ids.clone(),
                free: Vec::new(),
                open: Vec::new(),
                is_idempotent: idempotent,
                is_over: false,
            }),
            Condvar::new(),
        ));
        let reports = Arc::clone(&shared);
        let client = Pipelined::new(
            &clients::pipelined(&load.bootstrap, acks, shape, &load.client),
            load.not_leader_means_not_written,
            Box::new(move |worker, outcome| {
                locked(&reports).ended(worker, outcome);
                reports.1.notify_all();
            }),
        )?;
        let burst = shape.number("burst").max(1);
        let stays = Duration::from_secs(shape.number("session"));
        Ok(Session {
            load,
            drawing,
            client,
            shared,
            id: load.ids.next(),
            sent: 0,
            burst,
            window: usize::try_from(shape.number("window")).unwrap_or(1).max(1),
            between: Duration::from_secs_f64(burst as f64 / turn.per_second.clamp(0.01, 1e6)),
            acks,
            until: (!stays.is_zero()).then(|| Instant::now() + stays),
        })
    }

    fn run(mut self, random: &mut ChaCha8Rng) {
        let mut next = Instant::now();
        while !self.is_ending() {
            let now = Instant::now();
            if now < next {
                self.load.stop.sleep_until(next.min(now + LOOK));
                continue;
            }
            next = (next + self.between.mul_f64(random.random_range(0.0..2.0))).max(now);
            for _ in 0..self.burst {
                while self.on_the_way() >= self.window && !self.is_ending() {
                    self.wait_for_report();
                }
                if self.is_ending() {
                    break;
                }
                self.send(random);
            }
        }
        let deadline = Instant::now() + PATIENCE;
        while self.on_the_way() > 0 && Instant::now() < deadline {
            self.wait_for_report();
        }
        self.client.retire();
        let mut left = locked(&self.shared);
        for worker in left.open.clone() {
            left.ended(worker, not_reported());
        }
    }

    /// Waits for the next report, or a moment.
    fn wait_for_report(&self) {
        let left = locked(&self.shared);
        if !left.open.is_empty() {
            let _ = self.shared.1.wait_timeout(left, LOOK);
        }
    }

    fn on_the_way(&self) -> usize {
        locked(&self.shared).open.len()
    }

    fn is_ending(&self) -> bool {
        let leaves = self.until.is_some_and(|until| Instant::now() >= until);
        leaves || self.load.stop.is_set() || locked(&self.shared).is_over
    }

    fn send(&mut self, random: &mut ChaCha8Rng) {
        let identity = format!("{}-{}", self.id, self.sent);
        self.sent += 1;
        let contents = self.drawing.contents(&identity);
        let partitions = &self.load.partitions;
        let (topic, drawn) = &partitions[random.random_range(0..partitions.len())];
        let of_topic = partitions.iter().filter(|(name, _)| name == topic).count();
        let count = i32::try_from(of_topic).unwrap_or(i32::MAX);
        let partition = self.drawing.hashed(&contents, count).unwrap_or(*drawn);
        let worker = locked(&self.shared).begin();
        let (idempotent, in_flight, retries) = self.load.shape.producers();
        let append = Append {
            topic: topic.as_str().into(),
            partition,
            values: [identity.into()].into(),
            acks: self.acks,
            idempotent,
            sending: Some(Box::new(Sending {
                producer: self.id,
                in_flight,
                retries,
                timestamps: self.drawing.found_with(&contents).into_iter().collect(),
            })),
        };
        let call = Call::Append(append);
        self.load
            .recorder
            .record(What::Invoke(Invocation { worker, call }));
        if let Some(refused) = self.client.send((topic, partition), &contents, worker) {
            locked(&self.shared).ended(worker, refused);
        }
    }
}
