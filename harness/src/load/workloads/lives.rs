//! The lives of a producing worker: it appends until the outcome of one append ends it, and a fresh worker with a fresh
//! client goes on in its place. What is appended, and what ends a life, is the workload's.

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
    /// The acknowledgement that appends ask for.
    pub(super) acks: Acks,
    /// Whether the client is an idempotent producer.
    pub(super) idempotent: bool,
    /// How long one append may take.
    pub(super) patience: Duration,
    /// Whether a life ends with such an outcome.
    pub(super) ends: fn(Outcome) -> bool,
}

impl Producing {
    /// One request for each append, never sent twice. A worker that got no answer is retired.
    pub(super) fn one_request(load: &Load) -> Producing {
        Producing {
            settings: one_request(&load.bootstrap, load.acks, &load.client),
            acks: load.acks,
            idempotent: false,
            // librdkafka looks for expired messages once a second, so a time-out is reported up to a second late.
            patience: MESSAGE_TIMEOUT + Duration::from_millis(1_500),
            ends: |outcome| outcome == Outcome::Info,
        }
    }
}

/// Appends to partitions drawn by the run's seed until told to stop. `values` draws what a worker appends next; its last
/// argument counts the values of that worker.
///
/// # Errors
/// If librdkafka refuses a setting.
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

/// One value that nobody else appends.
pub(super) fn one(worker: WorkerId, counter: &mut u64) -> Values {
    let value = format!("{worker}-{counter}");
    *counter += 1;
    [value.into()].into()
}
