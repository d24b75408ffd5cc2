//! `append`: an operation is one Produce request with one to five records for one partition, sent once.
//!
//! Values are unique in the run. A value consists of the worker id and a counter that the worker increments in the
//! order of its sends, so it shows its position in its worker's order.

use std::sync::Arc;

use anyhow::Result;
use rand::Rng;

use super::lives::{Producing, live, one};
use super::{Row, Turn, Worker, Workload, with_pollers};
use crate::load::Load;

/// Its row.
pub(super) const ROW: Row = Row {
    name: "append",
    description: "one operation is one request of 1 to 5 records, never sent twice",
    make: || Arc::new(Appends),
};

struct Appends;

impl Workload for Appends {
    fn workers(&self, clients: usize) -> Vec<Worker> {
        with_pollers(clients, |_, _| Box::new(run))
    }
}

/// One in this many appends carries several records.
const BATCHED_ONE_IN: u32 = 4;
/// The maximum number of records in one append.
const BATCH_RECORDS_MAX: u64 = 5;

/// Appends until asked to stop.
///
/// # Errors
/// If librdkafka rejects a setting.
pub(super) fn run(load: &Load, turn: Turn) -> Result<()> {
    let producing = Producing::one_request(load);
    live(load, turn, &producing, |random, worker, counter| {
        let records = if random.random_ratio(1, BATCHED_ONE_IN) {
            random.random_range(2..=BATCH_RECORDS_MAX)
        } else {
            1
        };
        (0..records).flat_map(|_| one(worker, counter)).collect()
    })
}
