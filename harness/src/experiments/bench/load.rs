//! Producers: with a full window, to measure throughput, or at a rate, to measure latency.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use super::work::{REQUESTS_IN_FLIGHT, WINDOW};
use anyhow::{Context, Result};
use checkers::history::{
    Acks, Append, Appended, Call, Completion, Invocation, Outcome, Report, What, WorkerId,
};
use rand::Rng;
use rdkafka::ClientConfig;

use crate::config::seed::random;
use crate::kafka::clients::producer::{Delivered, Producer};
use crate::kafka::clients::{acks_setting, common};
use crate::record::{Recorder, WorkerIds};

/// The time that the load waits for its last records.
const LAST: Duration = Duration::from_secs(10);
/// The time within which a producer's first record must be acknowledged. The producer has to find its leader.
const FIRST: Duration = Duration::from_secs(10);

/// What the producers send, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The size of each value in bytes.
    pub bytes: usize,
    /// The number of partitions, used in turn.
    pub partitions: i32,
    /// The number of producers, each with its own client.
    pub producers: usize,
}

impl Shape {
    /// `1 KB, 16 partitions, 1 producer`.
    pub fn label(self) -> String {
        let size = match self.bytes {
            1_024 => "1 KB".to_owned(),
            bytes => format!("{bytes} B"),
        };
        let several = |n: usize| if n == 1 { "" } else { "s" };
        let (partitions, producers) = (self.partitions as usize, self.producers);
        format!(
            "{size}, {partitions} partition{}, {producers} producer{}",
            several(partitions),
            several(producers)
        )
    }
}

/// The receiver of the load.
#[derive(Clone, Copy)]
pub(super) struct Aim<'a> {
    /// The cluster.
    pub(super) bootstrap: &'a str,
    /// The topic. It has the number of partitions of the shape.
    pub(super) topic: &'a str,
    /// Further librdkafka properties.
    pub(super) client: &'a [(String, String)],
    /// The acknowledgements that producers wait for.
    pub(super) acks: Acks,
    /// The recorder that records every record as an operation, if any.
    pub(super) history: Option<(&'a Recorder, &'a WorkerIds)>,
}

/// The result of a load.
#[derive(Clone, Debug, Default)]
pub(super) struct Loaded {
    /// Acknowledged records.
    pub(super) acknowledged: u64,
    /// Records that failed.
    pub(super) failed: u64,
    /// The duration.
    pub(super) took: Duration,
    /// The latency of each acknowledged record since it was due, in microseconds.
    pub(super) latencies_us: Vec<u64>,
}

impl Loaded {
    /// Acknowledged records per second.
    pub(super) fn per_second(&self) -> f64 {
        self.acknowledged as f64 / self.took.as_secs_f64().max(1e-9)
    }
}

/// The pace of the records.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pace {
    /// [`WINDOW`] records in flight.
    Full,
    /// This many per second over all producers.
    Rate(u32),
}

/// Runs the load and waits for its last records.
///
/// # Errors
/// If a producer cannot be created or finds no leader.
pub(super) fn run(aim: Aim<'_>, shape: Shape, pace: Pace, length: Duration) -> Result<Loaded> {
    let ready = Barrier::new(shape.producers);
    let outcomes: Vec<Result<Loaded>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..shape.producers)
            .map(|at| {
                let ready = &ready;
                scope.spawn(move || one(aim, shape, pace, length, at, ready))
            })
            .collect();
        let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined
            .map(|ended| ended.unwrap_or_else(|_| anyhow::bail!("a producer panicked")))
            .collect()
    });
    let mut whole = Loaded::default();
    for outcome in outcomes {
        let outcome = outcome?;
        whole.acknowledged += outcome.acknowledged;
        whole.failed += outcome.failed;
        whole.took = whole.took.max(outcome.took);
        whole.latencies_us.extend(outcome.latencies_us);
    }
    Ok(whole)
}

fn settings(aim: Aim<'_>) -> ClientConfig {
    let mut config = common(aim.bootstrap, aim.client);
    config
        .set("acks", acks_setting(aim.acks))
        .set("enable.idempotence", "false")
        .set("linger.ms", "0")
        .set(
            "max.in.flight.requests.per.connection",
            REQUESTS_IN_FLIGHT.to_string(),
        )
        // The measured cluster is healthy. A slow answer is a sample, not a reason to send again.
        .set("socket.timeout.ms", "30000")
        .set("request.timeout.ms", "30000")
        .set("message.timeout.ms", "60000")
        .set("topic.metadata.refresh.interval.ms", "10000");
    config
}

/// One producer's state while it sends.
struct Sender<'a> {
    aim: Aim<'a>,
    shape: Shape,
    producer: Producer,
    values: Vec<String>,
    began: Instant,
    sent: u64,
    in_flight: usize,
    free: Vec<WorkerId>,
    busy: std::collections::BTreeMap<u64, (u64, WorkerId)>,
    loaded: Loaded,
}

fn one(
    aim: Aim<'_>,
    shape: Shape,
    pace: Pace,
    length: Duration,
    at: usize,
    ready: &Barrier,
) -> Result<Loaded> {
    let found = find_leaders(aim, shape);
    // A failed producer waits too, or the others would wait forever.
    ready.wait();
    let mut sender = Sender {
        aim,
        shape,
        producer: found?,
        values: values(shape.bytes, at as u64),
        began: Instant::now(),
        sent: 0,
        in_flight: 0,
        free: Vec::new(),
        busy: std::collections::BTreeMap::new(),
        loaded: Loaded::default(),
    };
    match pace {
        Pace::Full => sender.full(length),
        Pace::Rate(rate) => sender.paced(f64::from(rate) / shape.producers as f64, length),
    }
    Ok(sender.end())
}

/// Creates a producer with a connection to every leader: it sends one uncounted record to each partition.
fn find_leaders(aim: Aim<'_>, shape: Shape) -> Result<Producer> {
    let producer = Producer::new(&settings(aim), false)?;
    for partition in 0..shape.partitions {
        let outcomes = producer.append(aim.topic, partition, &["first".to_owned()], FIRST);
        let first = outcomes.first().context("no outcome")?;
        anyhow::ensure!(
            first.outcome == Outcome::Ok,
            "the first record to {}/{partition} was not acknowledged: {}",
            aim.topic,
            first.error.as_deref().unwrap_or("no answer")
        );
    }
    Ok(producer)
}

/// Some values of random letters, used in turn.
fn values(bytes: usize, part: u64) -> Vec<String> {
    const DIFFERENT: usize = 64;
    let mut random = random(0, part);
    let mut value = || -> String {
        (0..bytes)
            .map(|_| char::from(random.random_range(b'a'..=b'z')))
            .collect()
    };
    (0..DIFFERENT).map(|_| value()).collect()
}

impl Sender<'_> {
    fn full(&mut self, length: Duration) {
        while self.began.elapsed() < length {
            while self.in_flight < WINDOW {
                self.send(self.now_us());
            }
            if let Some(delivered) = self.producer.report(length) {
                self.take(&delivered);
            }
            self.take_ready();
        }
        self.loaded.took = self.began.elapsed();
        // Records after the end of the time do not count.
        let counted = self.loaded.acknowledged;
        self.wait_for_last();
        self.loaded.acknowledged = counted;
    }

    fn paced(&mut self, per_second: f64, length: Duration) {
        let records = (per_second * length.as_secs_f64()) as u64;
        while self.sent < records {
            let due_us = (self.sent as f64 / per_second * 1e6) as u64;
            let now_us = self.now_us();
            if due_us <= now_us {
                self.send(due_us);
                self.take_ready();
            } else if let Some(delivered) =
                self.producer.report(Duration::from_micros(due_us - now_us))
            {
                self.take(&delivered);
            }
        }
        self.wait_for_last();
        self.loaded.took = self.began.elapsed();
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn send(&mut self, due_us: u64) {
        let partition = (self.sent % self.shape.partitions.unsigned_abs() as u64) as i32;
        let value = &self.values[self.sent as usize % self.values.len()];
        if let Some((recorder, ids)) = self.aim.history {
            let worker = self.free.pop().unwrap_or_else(|| ids.next());
            self.busy.insert(self.sent, (due_us, worker));
            recorder.record(What::Invoke(Invocation {
                worker,
                call: Call::Append(Append {
                    topic: self.aim.topic.into(),
                    partition,
                    values: [format!("{worker}-{}", self.sent).into()].into(),
                    acks: self.aim.acks,
                    idempotent: false,
                    sending: None,
                }),
            }));
        }
        // The place is the time at which the record was due. With a history it is the record's number, which identifies
        // its worker.
        let place = if self.aim.history.is_some() {
            self.sent
        } else {
            due_us
        };
        self.sent += 1;
        self.in_flight += 1;
        if let Some(refused) = self.producer.send(self.aim.topic, partition, value, place) {
            self.take(&refused);
        }
    }

    fn take_ready(&mut self) {
        while let Some(delivered) = self.producer.report(Duration::ZERO) {
            self.take(&delivered);
        }
    }

    fn take(&mut self, delivered: &Delivered) {
        self.in_flight -= 1;
        let mut due_us = delivered.place;
        if let Some((recorder, _)) = self.aim.history
            && let Some((due, worker)) = self.busy.remove(&delivered.place)
        {
            due_us = due;
            self.free.push(worker);
            let completion = Completion {
                worker,
                error: None,
                report: Report::Append(Appended {
                    records: vec![delivered.outcome.clone()],
                    node: None,
                }),
            };
            recorder.record(match delivered.outcome.outcome {
                Outcome::Ok => What::Ok(completion),
                _ => What::Info(completion),
            });
        }
        if delivered.outcome.outcome == Outcome::Ok {
            self.loaded.acknowledged += 1;
            self.loaded
                .latencies_us
                .push(self.now_us().saturating_sub(due_us));
        } else {
            self.loaded.failed += 1;
        }
    }

    fn wait_for_last(&mut self) {
        let patience = Instant::now() + LAST;
        while self.in_flight > 0 {
            let left = patience.saturating_duration_since(Instant::now());
            match self.producer.report(left) {
                Some(delivered) => self.take(&delivered),
                None => break,
            }
        }
    }

    fn end(self) -> Loaded {
        let mut loaded = self.loaded;
        loaded.failed += self.in_flight as u64;
        self.producer.retire();
        loaded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::mocking::MockCluster;

    const SHAPE: Shape = Shape {
        bytes: 100,
        partitions: 4,
        producers: 2,
    };

    #[test]
    fn every_record_is_counted_once_and_a_rate_is_kept_to() {
        let cluster = MockCluster::new(1).expect("a mock cluster");
        cluster.create_topic("t", 4, 1).expect("a topic");
        let bootstrap = cluster.bootstrap_servers();
        let aim = Aim {
            bootstrap: &bootstrap,
            topic: "t",
            client: &[],
            acks: Acks::All,
            history: None,
        };
        let length = Duration::from_millis(500);
        let paced = run(aim, SHAPE, Pace::Rate(400), length).expect("loaded");
        assert_eq!((paced.acknowledged, paced.failed), (200, 0));
        assert_eq!(paced.latencies_us.len(), 200);
        let full = run(aim, SHAPE, Pace::Full, length).expect("loaded");
        assert!(
            full.acknowledged > 200 && full.failed == 0,
            "{}",
            full.acknowledged
        );
    }

    #[test]
    fn a_shape_says_what_it_is() {
        assert_eq!(SHAPE.label(), "100 B, 4 partitions, 2 producers");
    }
}
