//! The series behind the charts: one pass over the history, in buckets, so that their size depends only on the page.

use std::collections::BTreeMap;

use checkers::history::{Call, ClientOperation, History, Outcome, Phase, Seen, What};
use reports::model::{
    AvailabilityBucket, DensityCell, LatencySeries, Mark, PhaseMark, QuantileBucket, RateBucket,
    ScenarioReport, Series,
};

/// The number of buckets on a time axis.
pub(super) const BUCKETS_MAX: u64 = 600;
/// The narrowest bucket.
pub(super) const BUCKET_MS_MIN: u64 = 100;
/// The number of columns of the density grid.
pub(super) const COLUMNS: u64 = 120;
/// The number of rows of the density grid, each a third of a power of ten from 100 us to 1,000 s.
const ROWS: u64 = 21;
/// The maximum number of marks of failed and unknown operations.
pub(super) const MARKS_MAX: usize = 500;

/// Acknowledged *in time*: within one second of being sent. A record that waited in the client's queue during a fail-over
/// shows that it was sent during a gap.
pub(super) const IN_TIME_NS: u64 = 1_000_000_000;

/// Fills in the data of a scenario's report: series, counts, phases, duration.
pub fn measure(history: &History, entry: &mut ScenarioReport) {
    let operations = history.operations();
    let duration_ms = history.end() / 1_000_000;
    let bucket_ms = duration_ms.div_ceil(BUCKETS_MAX).max(BUCKET_MS_MIN);
    entry.duration_ms = duration_ms;
    for operation in &operations {
        match operation.outcome {
            Outcome::Ok => entry.ops.ok += 1,
            Outcome::Fail => entry.ops.fail += 1,
            Outcome::Info => entry.ops.info += 1,
        }
    }
    entry.phases = history
        .events()
        .iter()
        .filter_map(|event| match &event.what {
            What::Phase(phase) if phase.phase != Phase::Unknown => Some(PhaseMark {
                phase: phase.phase,
                at_ns: event.t,
            }),
            _ => None,
        })
        .collect();
    let calls: [(&str, IsCall); 3] = [
        ("append", |call| matches!(call, Call::Append(_))),
        ("poll", |call| matches!(call, Call::Poll(_))),
        ("end-offset", |call| matches!(call, Call::EndOffset(_))),
    ];
    let latency = calls
        .into_iter()
        .map(|(name, is)| latency(history, &operations, name, is, duration_ms, bucket_ms))
        .filter(|series| series.count > 0 || series.marks_total > 0)
        .collect();
    let rate = rate(&operations, history, bucket_ms);
    let availability = availability(history, bucket_ms);
    entry.series = Series {
        duration_ms,
        bucket_ms,
        latency,
        rate,
        availability,
    };
}

/// Whether an operation is of one kind.
type IsCall = fn(&Call) -> bool;

fn latency(
    history: &History,
    operations: &[ClientOperation<'_>],
    name: &str,
    is: IsCall,
    duration_ms: u64,
    bucket_ms: u64,
) -> LatencySeries {
    let mut all: Vec<u64> = Vec::new();
    let mut buckets: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    let mut cells: BTreeMap<(u64, u64), u64> = BTreeMap::new();
    let mut marks: Vec<Mark> = Vec::new();
    let width_ms = duration_ms.div_ceil(COLUMNS).max(1);
    for operation in operations.iter().filter(|operation| is(operation.call)) {
        let returned = operation.returned().unwrap_or(history.end());
        let (at_ms, latency_us) = (
            returned / 1_000_000,
            returned.saturating_sub(operation.called) / 1_000,
        );
        match operation.outcome {
            Outcome::Ok => {
                all.push(latency_us);
                buckets
                    .entry(at_ms / bucket_ms)
                    .or_default()
                    .push(latency_us);
                *cells
                    .entry((at_ms / width_ms, row(latency_us)))
                    .or_default() += 1;
            }
            // A node that refuses an end offset because it does not lead is not a failure that needs a mark.
            Outcome::Fail if name == "end-offset" => {}
            outcome => marks.push(Mark {
                at_ms: operation.called / 1_000_000,
                latency_us,
                outcome,
            }),
        }
    }
    let marks_total = marks.len() as u64;
    marks.sort_by_key(|mark| (std::cmp::Reverse(mark.latency_us), mark.at_ms));
    marks.truncate(MARKS_MAX);
    marks.sort_by_key(|mark| mark.at_ms);
    all.sort_unstable();
    let quantiles = buckets.into_iter().map(|(bucket, mut latencies)| {
        latencies.sort_unstable();
        QuantileBucket {
            begin_ms: bucket * bucket_ms,
            p50_us: quantile(&latencies, 50),
            p95_us: quantile(&latencies, 95),
            p99_us: quantile(&latencies, 99),
            max_us: latencies.last().copied().unwrap_or(0),
        }
    });
    let density = cells.into_iter().map(|((column, row), count)| DensityCell {
        begin_ms: column * width_ms,
        width_ms,
        low_us: low(row),
        high_us: low(row + 1),
        count,
    });
    LatencySeries {
        call: name.to_owned(),
        count: all.len() as u64,
        p50_us: quantile(&all, 50),
        p95_us: quantile(&all, 95),
        p99_us: quantile(&all, 99),
        max_us: all.last().copied().unwrap_or(0),
        quantiles: quantiles.collect(),
        density: density.collect(),
        marks,
        marks_total,
    }
}

/// The value at or below which `percent` of the sorted values are (nearest rank).
fn quantile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

/// Lower edge of a density row.
pub(super) fn low(row: u64) -> u64 {
    (100.0 * 10_f64.powf(row as f64 / 3.0)).round() as u64
}

pub(super) fn row(latency_us: u64) -> u64 {
    (0..ROWS)
        .take_while(|row| low(row + 1) <= latency_us)
        .count() as u64
}

fn rate(operations: &[ClientOperation<'_>], history: &History, bucket_ms: u64) -> Vec<RateBucket> {
    let mut buckets: BTreeMap<u64, RateBucket> = BTreeMap::new();
    let appends_and_polls = operations
        .iter()
        .filter(|o| matches!(o.call, Call::Append(_) | Call::Poll(_)));
    for operation in appends_and_polls {
        let at = operation
            .returned()
            .unwrap_or(history.end())
            .min(history.end());
        let begin_ms = at / 1_000_000 / bucket_ms * bucket_ms;
        let bucket = buckets.entry(begin_ms).or_default();
        bucket.begin_ms = begin_ms;
        match operation.outcome {
            Outcome::Ok => bucket.ok += 1,
            Outcome::Fail => bucket.fail += 1,
            Outcome::Info => bucket.info += 1,
        }
    }
    buckets.into_values().collect()
}

fn availability(history: &History, bucket_ms: u64) -> Vec<AvailabilityBucket> {
    let mut buckets: BTreeMap<u64, AvailabilityBucket> = BTreeMap::new();
    for observed in history.observations() {
        let Seen::Produce { .. } = observed.observation.seen else {
            continue;
        };
        let begin_ms = observed.observation.called / 1_000_000 / bucket_ms * bucket_ms;
        let bucket = buckets.entry(begin_ms).or_default();
        bucket.begin_ms = begin_ms;
        bucket.attempted += 1;
        let waited = observed.at - observed.observation.called;
        bucket.acknowledged += u64::from(observed.observation.answered && waited < IN_TIME_NS);
    }
    buckets.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_nearest_rank() {
        let sorted: Vec<u64> = (1..=100).collect();
        assert_eq!((quantile(&sorted, 50), quantile(&sorted, 99)), (50, 99));
        assert_eq!(quantile(&[7], 99), 7);
        assert_eq!(quantile(&[], 50), 0);
    }

    #[test]
    fn every_latency_lies_in_its_row() {
        for latency in [101, 215, 999, 1_000, 54_321, 9_999_999] {
            let row = row(latency);
            assert!(
                low(row) <= latency && latency < low(row + 1),
                "{latency} in {row}"
            );
        }
    }
}
