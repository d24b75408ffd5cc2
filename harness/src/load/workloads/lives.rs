//! The lives of a producing worker. A worker appends until the outcome of one append ends its life, and a new worker
//! with a new client continues in its place. The workload decides what is appended and what ends a life.

use std::time::Duration;

use anyhow::Result;
use checkers::history::{Acks, Append, Outcome, Values, WorkerId};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rdkafka::ClientConfig;

use super::Turn;
use crate::config::seed::random;
use crate::kafka::clients::producer::Producer;
use crate::kafka::clients::{MESSAGE_TIMEOUT, one_request};
use crate::load::Load;
use crate::load::pace::Pace;

/// How a workload appends.
pub(super) struct Producing {
    /// The client's settings.
    pub(super) settings: ClientConfig,
    /// The acknowledgements that appends request.
    pub(super) acks: Acks,
    /// Whether the client is an idempotent producer.
    pub(super) idempotent: bool,
    /// The time limit of one append.
    pub(super) patience: Duration,
    /// Whether this outcome ends a life.
    pub(super) ends: fn(Outcome) -> bool,
}

impl Producing {
    /// One request for each append, never sent twice. A worker whose request got no answer is retired.
    pub(super) fn one_request(load: &Load) -> Producing {
        Producing {
            settings: one_request(&load.bootstrap, load.acks, &load.client),
            acks: load.acks,
            idempotent: false,
            // librdkafka checks for expired messages once per second, so it reports a time-out up to a second late.
            patience: MESSAGE_TIMEOUT + Duration::from_millis(1_500),
            ends: |outcome| outcome == Outcome::Info,
        }
    }
}

/// Appends to partitions drawn by the run's seed until asked to stop. `values` draws a worker's next values. Its last
/// argument counts the values of that worker.
///
/// # Errors
/// If librdkafka rejects a setting.
pub(super) fn live(
    load: &Load,
    turn: Turn,
    producing: &Producing,
    values: impl Fn(&mut ChaCha8Rng, WorkerId, &mut u64) -> Values,
) -> Result<()> {
    let mut random = random(load.seed, 1_000 + turn.thread);
    let mut pace = Pace::per_second(turn.per_second);
    'life: loop {
        let worker = load.ids.next();
        let producer = Producer::new(&producing.settings, load.not_leader_means_not_written)?;
        let mut counter = 0_u64;
        while pace.wait(&mut random, &load.stop) {
            let (topic, partition) =
                load.partitions[random.random_range(0..load.partitions.len())].clone();
            let append = Append {
                topic: topic.into(),
                partition,
                values: values(&mut random, worker, &mut counter),
                acks: producing.acks,
                idempotent: producing.idempotent,
                sending: None,
            };
            if (producing.ends)(load.append(&producer, worker, append, producing.patience)) {
                producer.retire();
                continue 'life;
            }
        }
        producer.retire();
        return Ok(());
    }
}

/// One value that is unique in the run.
pub(super) fn one(worker: WorkerId, counter: &mut u64) -> Values {
    let value = format!("{worker}-{counter}");
    *counter += 1;
    [value.into()].into()
}
