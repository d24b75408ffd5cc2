//! Quantiles of latency over time: p50, p95, p99 and the maximum, which bucketing keeps.
//!
//! A line has a break where a bucket has no ok operation.

use plotters::prelude::*;

use super::{FAIL, NotDrawn, OK, decades, failed, frame, log};
use crate::axis::Axis;
use crate::limits::SERIES_BUCKETS_MAX;
use crate::model::{LatencySeries, QuantileBucket, ScenarioReport};

const HEIGHT: u32 = 330;
const P95: RGBColor = RGBColor(0x00, 0x9E, 0x73);
/// Not an operation's outcome, but the same sentinel as the text's colour.
const MAXIMUM: RGBColor = RGBColor(1, 2, 6);

/// A line of the chart: which value, colour, width.
type Line = (fn(&QuantileBucket) -> u64, RGBColor, u32);
const LINES: [Line; 4] = [
    (|q| q.max_us, MAXIMUM, 1),
    (|q| q.p99_us, FAIL, 2),
    (|q| q.p95_us, P95, 2),
    (|q| q.p50_us, OK, 3),
];

/// The chart.
pub(crate) fn quantiles(
    scenario: &ScenarioReport,
    series: &LatencySeries,
    axis: &Axis,
) -> Result<String, NotDrawn> {
    let bucket_ms = scenario.series.bucket_ms.max(1);
    let buckets: Vec<&QuantileBucket> = series
        .quantiles
        .iter()
        .filter(|q| q.max_us > 0)
        .take(SERIES_BUCKETS_MAX)
        .collect();
    let scale = decades(buckets.iter().flat_map(|q| [q.p50_us, q.max_us]));
    let scale = scale.ok_or(NotDrawn::NoData)?;
    frame(scenario, axis, HEIGHT, scale, |plot| {
        for (value, colour, width) in LINES {
            for run in buckets.chunk_by(|a, b| b.begin_ms <= a.begin_ms.saturating_add(bucket_ms)) {
                let point = |q: &&QuantileBucket| (middle(q.begin_ms, bucket_ms), log(value(q)));
                let on_axis = |(x, _): &(f64, f64)| *x <= axis.end_ns as f64 / 1e9;
                let points: Vec<(f64, f64)> = run.iter().map(point).filter(on_axis).collect();
                let line = LineSeries::new(points, colour.stroke_width(width));
                plot.draw_series(line).map_err(failed)?;
            }
        }
        Ok(())
    })
}

fn middle(begin_ms: u64, bucket_ms: u64) -> f64 {
    (begin_ms as f64 + bucket_ms as f64 / 2.0) / 1e3
}
