//! `idempotent`: producers with idempotence and retries. An operation is one record until its delivery report, however
//! many requests that took; no record may appear twice.

use std::time::Duration;

use anyhow::Result;
use checkers::history::{Acks, Append, Outcome};
use rand::Rng;

use super::Load;
use crate::clients::idempotent;
use crate::clients::producer::Producer;
use crate::worker::{Pace, random};

/// One line for `jepsen list`.
pub const DESCRIPTION: &str = "idempotent producers with retries; one operation is one record";

/// The message time-out of [`crate::clients::idempotent`] and a second and a half for its report.
const PATIENCE: Duration = Duration::from_millis(11_500);

/// Appends until told to stop.
///
/// # Errors
/// If librdkafka refuses a setting.
pub fn run(load: &Load, thread: u64, per_second: f64) -> Result<()> {
    let mut random = random(load.seed, 1_000 + thread);
    let settings = idempotent(&load.bootstrap, &load.client);
    let mut pace = Pace::per_second(per_second);
    'life: loop {
        let worker = load.ids.next();
        let producer = Producer::new(&settings, load.not_leader_means_not_written)?;
        let mut counter = 0_u64;
        while pace.wait(&mut random, &load.stop) {
            let (topic, partition) =
                load.partitions[random.random_range(0..load.partitions.len())].clone();
            let values = [format!("{worker}-{counter}").into()].into();
            counter += 1;
            let append = Append {
                topic: topic.into(),
                partition,
                values,
                acks: Acks::All,
                idempotent: true,
            };
            // A fatal error (fenced, out of order) ends the client as well as a time-out does.
            if load.append(&producer, worker, append, PATIENCE) != Outcome::Ok {
                producer.retire();
                continue 'life;
            }
        }
        producer.retire();
        return Ok(());
    }
}
