//! The measurements of a bench, their amount, and the conditions that belong to every figure.

use std::collections::BTreeSet;
use std::time::Duration;

/// Records in flight of each producer with a full window.
pub(super) const WINDOW: usize = 100;
/// Requests in flight on a connection: the default of the Java client.
pub(super) const REQUESTS_IN_FLIGHT: usize = 5;
/// A rate is below saturation if it is at most this share of the throughput that was just measured.
pub(super) const SATURATION_MAX: f64 = 0.5;
/// The number of measured syncs.
pub(super) const SYNCS: usize = 200;

/// Between two heartbeats of a raw member.
pub(super) const HEARTBEAT: Duration = Duration::from_millis(50);
/// The session time-out of raw members: what Kafka permits at least.
pub(super) const SESSION_MS: i32 = 6_000;
/// Inputs a second of consume, transform, produce.
pub(super) const PROCESSED_RATE: u32 = 100;

/// The groups of measurements. Formation and memory are always measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Group {
    /// Records per second with a full window, cold and warm.
    Throughput,
    /// From send to acknowledgement, at a stated rate.
    Latency,
    /// From send to a consumer, at a stated rate.
    EndToEnd,
    /// Transactions a second, the time of a commit, and consume, transform, produce.
    Transactions,
    /// The time until consumer groups are stable again.
    Rebalance,
    /// The gap after kill, pause and isolation of the leader, and the return of an absent node.
    FailOver,
    /// The same load with and without its history recorded.
    Overhead,
}

/// The amount of work of each block.
#[derive(Clone, Debug)]
pub struct Work {
    /// The selected groups.
    pub groups: BTreeSet<Group>,
    /// The duration of each shape of load.
    pub each: Duration,
    /// Records per second in latency measurements, over all producers.
    pub rate: u32,
}

impl Work {
    /// Whether this group is measured.
    pub fn has(&self, group: Group) -> bool {
        self.groups.contains(&group)
    }

    /// The conditions, one sentence each. Figures have no meaning without them.
    pub fn conditions(&self, repetitions: u32) -> Vec<String> {
        let each = self.each.as_secs_f64();
        vec![
            format!(
                "{repetitions} repetitions; in each every target is started, measured and stopped, one after the \
                 other in an order that rotates"
            ),
            format!(
                "all through librdkafka: linger.ms 0, at most {} requests in flight on a connection, no compression, no \
                 idempotence, the target's acks; values of random letters",
                REQUESTS_IN_FLIGHT
            ),
            format!(
                "throughput: each producer keeps {} records in flight, {each:.0} s for each shape; cold is right after \
                 formation, warm after the target's own warm-up",
                WINDOW
            ),
            format!(
                "latency: {} records a second over all producers, sent when due, counted from when \
                 they were due; left out where that is more than {:.0} % of what the target just carried",
                self.rate,
                SATURATION_MAX * 100.0
            ),
            format!(
                "transactions: each producer runs one after the other, of 24 bytes a record; a commit lasts from its call, which waits \
                 for the records, until it returns. Consume, transform, produce: from the send of an input until a reader of \
                 committed records has its output; {PROCESSED_RATE} inputs a second, all inputs of a poll in one transaction with \
                 their offsets"
            ),
            format!(
                "time to stable: from the cause until the last living member knows its generation; raw members with a heartbeat every \
                 {} ms and a session of {} s, which a death takes to be noticed",
                HEARTBEAT.as_millis(),
                SESSION_MS / 1_000
            ),
            "fail-over: from the request for the fault to the first acknowledgement of a record sent \
             after its start, one record every 20 ms, client refresh included"
                .to_owned(),
            "a node is back when it serves all that the leader had at its restart".to_owned(),
            format!(
                "fdatasync: {} appends of 1 KB in the nodes' file system, each synced, before each repetition",
                SYNCS
            ),
        ]
    }
}
