//! What a bench measures, how much of it, and the conditions that belong to every figure.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{disk, healthy, load};

/// What can be measured. Formation and memory always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Group {
    /// Records a second with a full window, cold and warm.
    Throughput,
    /// From send to acknowledgement, at a stated rate.
    Latency,
    /// From send to a consumer, at a stated rate.
    EndToEnd,
    /// The gap after kill, pause and isolation of the leader, and the return of a node that was away.
    FailOver,
    /// The same load with and without its history recorded.
    Overhead,
}

/// How much work each block is.
#[derive(Clone, Debug)]
pub struct Work {
    /// What is measured.
    pub groups: BTreeSet<Group>,
    /// How long each shape of load lasts.
    pub each: Duration,
    /// Records a second, over all producers, where latency is measured.
    pub rate: u32,
}

impl Work {
    /// Whether this group is measured.
    pub fn has(&self, group: Group) -> bool {
        self.groups.contains(&group)
    }

    /// The conditions, one sentence each: a figure without them means nothing.
    pub fn conditions(&self, repetitions: u32) -> Vec<String> {
        let each = self.each.as_secs_f64();
        vec![
            format!(
                "{repetitions} repetitions; in each every target is started afresh, measured and ended, one after the \
                 other in an order that rotates"
            ),
            format!(
                "all through librdkafka: linger.ms 0, at most {} requests in flight on a connection, no compression, no \
                 idempotence, the target's acks; values of random letters",
                load::REQUESTS_IN_FLIGHT
            ),
            format!(
                "throughput: each producer keeps {} records in flight, {each:.0} s for each shape; cold is right after \
                 formation, warm after the target's own warm-up",
                load::WINDOW
            ),
            format!(
                "latency: {} records a second over all producers, sent when due whatever is in flight, counted from when \
                 they were due; left out where that is more than {:.0} % of what the target just carried",
                self.rate,
                healthy::SATURATION_MAX * 100.0
            ),
            "fail-over: from the call for the fault to the first acknowledgement of a record sent once it had begun, one record \
             every 20 ms, client refresh included"
                .to_owned(),
            "a node is back when it serves what the leader had when it was started again".to_owned(),
            format!(
                "fdatasync: {} appends of 1 KB in the nodes' file system, each synced, before each repetition",
                disk::SYNCS
            ),
        ]
    }
}
