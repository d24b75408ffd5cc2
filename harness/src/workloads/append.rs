//! `append`: an operation is one Produce request with one to five records for one partition, sent once.
//!
//! Values are unique in the run: worker id and a counter, which the worker raises in the order of its sends, so that a
//! value says where in its worker's order it belongs.

use anyhow::Result;
use rand::Rng;

use super::Load;
use super::lives::{Way, live, one};

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
    let way = Way::one_request(load);
    live(load, thread, per_second, &way, |random, worker, counter| {
        let records = if random.random_ratio(1, BATCHED_ONE_IN) {
            random.random_range(2..=BATCH_RECORDS_MAX)
        } else {
            1
        };
        (0..records).flat_map(|_| one(worker, counter)).collect()
    })
}
