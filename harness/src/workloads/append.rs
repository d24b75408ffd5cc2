//! `append`: an operation is one Produce request with one to five records for one partition, sent once.
//!
//! Values are unique in the run: worker id and a counter, which the worker raises in the order of its sends, so that a
//! value says where in its worker's order it belongs.

use std::time::Duration;

use anyhow::Result;
use checkers::history::{Append, Outcome};
use rand::Rng;

use super::Load;
use crate::clients::producer::Producer;
use crate::clients::{MESSAGE_TIMEOUT, one_request};
use crate::worker::{Pace, random};

/// One line for `jepsen list`.
pub const DESCRIPTION: &str = "one operation is one request of 1 to 5 records, never sent twice";

/// One append in this many carries several records.
const BATCHED_ONE_IN: u32 = 4;
/// At most this many records in one append.
const BATCH_RECORDS_MAX: u64 = 5;

/// Appends until told to stop.
///
/// # Errors
/// If librdkafka refuses a setting.
pub fn run(load: &Load, thread: u64, per_second: f64) -> Result<()> {
    let mut random = random(load.seed, 1_000 + thread);
    let settings = one_request(&load.bootstrap, load.acks, &load.client);
    // librdkafka looks for expired messages once a second, so a time-out is reported up to a second late.
    let patience = MESSAGE_TIMEOUT + Duration::from_millis(1_500);
    let mut pace = Pace::per_second(per_second);
    'life: loop {
        let worker = load.ids.next();
        let producer = Producer::new(&settings, load.not_leader_means_not_written)?;
        let mut counter = 0_u64;
        while pace.wait(&mut random, &load.stop) {
            let (topic, partition) =
                load.partitions[random.random_range(0..load.partitions.len())].clone();
            let records = if random.random_ratio(1, BATCHED_ONE_IN) {
                random.random_range(2..=BATCH_RECORDS_MAX)
            } else {
                1
            };
            let values = (counter..counter + records)
                .map(|n| format!("{worker}-{n}").into())
                .collect();
            counter += records;
            let append = Append {
                topic: topic.into(),
                partition,
                values,
                acks: load.acks,
                idempotent: false,
            };
            if load.append(&producer, worker, append, patience) == Outcome::Info {
                producer.retire();
                continue 'life;
            }
        }
        producer.retire();
        return Ok(());
    }
}
