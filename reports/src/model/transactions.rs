//! The transactions of a scenario: how many ended how, the few that are worth a line, and how long the last stable offset of a
//! partition stood still.

mod gather;
mod stable_offsets;

use checkers::history::Ending;
use serde::{Deserialize, Serialize};

pub use gather::TransactionsSeen;

/// All transactions of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Transactions {
    /// How they ended.
    pub ends: TransactionEnds,
    /// How many transactional ids there were.
    pub producers: u64,
    /// From the request to commit until its answer, of commits that were acknowledged, in µs: median, 99 %, maximum. The first
    /// two have two digits.
    pub commit_us: Option<(u64, u64, u64)>,
    /// How they ended, over time.
    pub buckets: Vec<TransactionBucket>,
    /// The width of a bucket.
    pub bucket_ms: u64,
    /// Those that findings point to: see [`TransactionRow::collect`].
    pub named: Vec<TransactionRow>,
    /// Those of unknown outcome, and then the longest, in the order of their begins.
    pub notable: Vec<TransactionRow>,
    /// The longest times in which a last stable offset stood still below the end of the log, longest first.
    pub stalls: Vec<StableOffsetStall>,
}

/// Transactions by their ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransactionEnds {
    /// The commit was acknowledged.
    pub committed: u64,
    /// An abort was wanted and acknowledged.
    pub aborted: u64,
    /// It certainly did not commit: refused, fenced, or its producer went away before the commit was sent.
    pub failed: u64,
    /// A commit may have been sent, and no final answer came.
    pub unknown: u64,
}

impl TransactionEnds {
    /// All of them.
    pub fn total(&self) -> u64 {
        [self.committed, self.aborted, self.failed, self.unknown]
            .into_iter()
            .fold(0, u64::saturating_add)
    }
}

/// Transactions that ended in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransactionBucket {
    /// Its begin.
    pub begin_ms: u64,
    /// How they ended.
    pub ends: TransactionEnds,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransactionOutcome {
    /// See [`TransactionEnds::unknown`].
    #[default]
    Unknown,
    /// See [`TransactionEnds::failed`].
    Failed,
    /// See [`TransactionEnds::aborted`].
    Aborted,
    /// See [`TransactionEnds::committed`].
    Committed,
}

/// One transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransactionRow {
    /// The index of its call in the history.
    pub op: u64,
    /// The transactional id.
    pub transactional_id: String,
    /// When it began.
    pub begin_ns: u64,
    /// When the commit was first sent, if it was.
    pub commit_sent_ns: Option<u64>,
    /// When its end was answered; none if it never was.
    pub end_ns: Option<u64>,
    /// How it ended.
    pub outcome: TransactionOutcome,
    /// What it was to end with, if it came so far.
    pub wanted: Option<Ending>,
    /// How many records it sent.
    pub records: u64,
    /// To which partitions: `t0/1`.
    pub partitions: Vec<String>,
    /// The error, if one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
}

impl TransactionRow {
    /// Its length, in ns; up to `end` if it was never answered.
    pub fn length_ns(&self, end: u64) -> u64 {
        self.end_ns.unwrap_or(end).saturating_sub(self.begin_ns)
    }
}

/// A time in which a last stable offset stood still while the log's end was beyond it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StableOffsetStall {
    /// Topic name.
    pub topic: String,
    /// Partition index.
    pub partition: i32,
    /// When an end beyond it was first answered.
    pub from_ns: u64,
    /// When a higher last stable offset was answered, or the scenario ended.
    pub to_ns: u64,
    /// The last stable offset.
    pub offset: i64,
    /// How far the end was beyond it at most.
    pub behind: u64,
}

impl StableOffsetStall {
    /// Its length, in ms.
    pub fn length_ms(&self) -> u64 {
        self.to_ns.saturating_sub(self.from_ns) / 1_000_000
    }
}
