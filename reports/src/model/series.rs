//! Series behind the charts: bucketed once while the history is read, so their size depends on the page only.

use serde::{Deserialize, Serialize};

/// Every series of one scenario. All share one time axis, 0 to `duration_ms` from the scenario's begin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Series {
    /// Length of the time axis.
    pub duration_ms: u64,
    /// Width of a bucket.
    pub bucket_ms: u64,
    /// Latency per kind of operation.
    pub latency: Vec<LatencySeries>,
    /// Operations by outcome.
    pub rate: Vec<RateBucket>,
    /// The records of the produce probe.
    pub availability: Vec<AvailabilityBucket>,
}

/// Latency of one kind of operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LatencySeries {
    /// `append`, `poll`, `end-offset`, `read`.
    pub call: String,
    /// How many completed ok.
    pub count: u64,
    /// Over the whole scenario, of ok operations.
    pub p50_us: u64,
    /// 95th percentile.
    pub p95_us: u64,
    /// 99th percentile.
    pub p99_us: u64,
    /// The largest.
    pub max_us: u64,
    /// Over time.
    pub quantiles: Vec<QuantileBucket>,
    /// Non-empty cells of ok operations.
    pub density: Vec<DensityCell>,
    /// Failed and unknown operations; the worst of each bucket are kept.
    pub marks: Vec<Mark>,
    /// How many there were in total.
    pub marks_total: u64,
}

/// Quantiles of the ok operations that returned in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuantileBucket {
    /// The bucket's begin.
    pub begin_ms: u64,
    /// Median.
    pub p50_us: u64,
    /// 95th percentile.
    pub p95_us: u64,
    /// 99th percentile.
    pub p99_us: u64,
    /// The largest; bucketing keeps it.
    pub max_us: u64,
}

/// Ok operations in one cell of time and latency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DensityCell {
    /// The cell's begin in time.
    pub begin_ms: u64,
    /// Its width in time.
    pub width_ms: u64,
    /// Its lower latency.
    pub low_us: u64,
    /// Its upper latency.
    pub high_us: u64,
    /// How many operations.
    pub count: u64,
}

/// One failed or unknown operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When it returned.
    pub at_ms: u64,
    /// How long it took, or how long the client waited.
    pub latency_us: u64,
    /// Fail or info.
    pub outcome: checkers::history::Outcome,
}

/// Completions in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateBucket {
    /// The bucket's begin.
    pub begin_ms: u64,
    /// Completed ok.
    pub ok: u64,
    /// Completed fail.
    pub fail: u64,
    /// Completed info.
    pub info: u64,
}

/// Records of the produce probe sent in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilityBucket {
    /// The bucket's begin.
    pub begin_ms: u64,
    /// Sent.
    pub attempted: u64,
    /// Of these, acknowledged in time.
    pub acknowledged: u64,
}
