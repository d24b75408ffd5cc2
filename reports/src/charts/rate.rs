//! Completions per second by outcome, stacked: ok below, info on it, fail on top, so that rare outcomes stay visible.

use plotters::prelude::*;

use super::{FAIL, INFO, NotDrawn, OK, failed, frame, linear};
use crate::axis::Axis;
use crate::limits::SERIES_BUCKETS_MAX;
use crate::model::{RateBucket, ScenarioReport};

const HEIGHT: u32 = 270;

/// The chart.
pub(crate) fn rate(scenario: &ScenarioReport, axis: &Axis) -> Result<String, NotDrawn> {
    let series = &scenario.series;
    let per_second = 1e3 / series.bucket_ms.max(1) as f64;
    let total = |b: &RateBucket| (b.ok as f64 + b.fail as f64 + b.info as f64) * per_second;
    let buckets = &series.rate[..series.rate.len().min(SERIES_BUCKETS_MAX)];
    let most = buckets.iter().map(total).fold(0.0, f64::max);
    if most <= 0.0 {
        return Err(NotDrawn::NoData);
    }
    frame(scenario, axis, HEIGHT, linear(most, whole), |plot| {
        for bucket in buckets {
            let (from, to) = span(bucket.begin_ms, series.bucket_ms, axis);
            let parts = [(bucket.ok, OK), (bucket.info, INFO), (bucket.fail, FAIL)];
            let mut base = 0.0;
            for (count, colour) in parts.into_iter().filter(|(count, _)| *count > 0) {
                let top = base + count as f64 * per_second;
                let bar = Rectangle::new([(from, base), (to, top)], colour.filled());
                plot.draw_series(std::iter::once(bar)).map_err(failed)?;
                base = top;
            }
        }
        Ok(())
    })
}

/// A bucket on the axis, in seconds.
pub(super) fn span(begin_ms: u64, bucket_ms: u64, axis: &Axis) -> (f64, f64) {
    let end = axis.end_ns as f64 / 1e9;
    let from = (begin_ms as f64 / 1e3).min(end);
    (
        from,
        (begin_ms.saturating_add(bucket_ms) as f64 / 1e3).min(end),
    )
}

fn whole(value: f64) -> String {
    match value {
        v if v >= 10_000.0 => format!("{}k", v / 1e3),
        v => format!("{v}"),
    }
}
