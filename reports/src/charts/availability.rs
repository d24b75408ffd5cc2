//! The availability strip: of the probe's records sent in each bucket, the share that was acknowledged.

use plotters::prelude::*;

use super::rate::span;
use super::{FAIL, NotDrawn, OK, Scale, failed, frame};
use crate::axis::Axis;
use crate::limits::SERIES_BUCKETS_MAX;
use crate::model::{AvailabilityBucket, ScenarioReport};

const HEIGHT: u32 = 130;

/// The chart.
pub(crate) fn availability(scenario: &ScenarioReport, axis: &Axis) -> Result<String, NotDrawn> {
    let series = &scenario.series;
    let all = &series.availability[..series.availability.len().min(SERIES_BUCKETS_MAX)];
    let buckets: Vec<&AvailabilityBucket> = all.iter().filter(|b| b.attempted > 0).collect();
    if buckets.is_empty() {
        return Err(NotDrawn::NoData);
    }
    let label = |share: f64| format!("{:.0} %", share * 100.0);
    let scale = Scale {
        range: (0.0, 1.0),
        keys: vec![0.0, 1.0],
        label,
    };
    frame(scenario, axis, HEIGHT, scale, |plot| {
        // Neighbours with the same share become one bar: a calm run is one rectangle.
        let share = |b: &AvailabilityBucket| {
            (b.acknowledged.min(b.attempted) as f64 / b.attempted as f64 * 100.0).round() / 100.0
        };
        let width = series.bucket_ms.max(1);
        let adjoin = |a: &&AvailabilityBucket, b: &&AvailabilityBucket| {
            b.begin_ms == a.begin_ms.saturating_add(width) && share(a) == share(b)
        };
        for run in buckets.chunk_by(adjoin) {
            let (first, last) = (run[0], run[run.len() - 1]);
            let (from, to) = span(
                first.begin_ms,
                last.begin_ms
                    .saturating_add(width)
                    .saturating_sub(first.begin_ms),
                axis,
            );
            let share = share(first);
            let parts = [(0.0, share, OK), (share, 1.0, FAIL)];
            for (low, high, colour) in parts.into_iter().filter(|(low, high, _)| high > low) {
                let bar = Rectangle::new([(from, low), (to, high)], colour.filled());
                plot.draw_series(std::iter::once(bar)).map_err(failed)?;
            }
        }
        Ok(())
    })
}
