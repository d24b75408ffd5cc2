//! `exactly-once`: an input topic is filled by plain appends. Workers consume it, write for each record an output that names
//! it, and commit the offsets of the inputs with the transaction of the outputs.
//!
//! The workers are members of a consumer group, which assigns the inputs and fences the offsets of members that it has
//! removed. When the load ends, they go on until the input is consumed to its end: an input that nobody consumed would show
//! nothing.

mod owned;
mod processor;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use checkers::history::{Isolation, Promises, Timeouts};

use super::transactions::{promise, timeouts};
use super::{Row, Turn, Worker, Workload, append, poll, producers_of};
use crate::config::shape::Shape;
use crate::load::Load;
use crate::load::membership::{REBALANCE_MS, session_ms};

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

/// Appends of one client per second. Workers with small transactions are not much faster.
const FILL_PER_SECOND: f64 = 20.0;

#[derive(Default)]
struct ExactlyOnce {
    shared: Arc<Shared>,
}

/// What the workers of a run have in common.
#[derive(Default)]
struct Shared {
    /// Clients that still append to the input.
    filling: AtomicUsize,
}

impl Shared {
    fn is_filling(&self) -> bool {
        self.filling.load(Ordering::SeqCst) > 0
    }
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
                at if at < producers => {
                    Box::new(move |load, turn| processor::process(load, turn, &shared))
                }
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
        Timeouts {
            session_ms: Some(session_ms(shape)),
            rebalance_ms: Some(REBALANCE_MS as u64),
            ..timeouts(shape)
        }
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
