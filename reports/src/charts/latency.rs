//! Latency as density of ok operations, with every failed and unknown one (or the worst of them) on top.

use checkers::history::Outcome;
use plotters::prelude::*;

use super::{FAIL, INFO, NotDrawn, OK, decades, failed, frame, log};
use crate::axis::Axis;
use crate::limits::{DENSITY_CELLS_MAX, MARKS_MAX};
use crate::model::{LatencySeries, ScenarioReport};

const HEIGHT: u32 = 430;
/// Opacity steps of the density: few, so that they can be distinguished and the SVG stays small.
const STEPS: u32 = 6;

/// The chart. Without the density where `density` is false.
pub(crate) fn latency(
    scenario: &ScenarioReport,
    series: &LatencySeries,
    axis: &Axis,
    density: bool,
) -> Result<String, NotDrawn> {
    let cells = if density {
        series.density.as_slice()
    } else {
        &[]
    };
    let bounds = cells
        .iter()
        .flat_map(|c| [c.low_us, c.high_us.saturating_sub(1)]);
    let scale = decades(bounds.chain(series.marks.iter().map(|m| m.latency_us)));
    let scale = scale.ok_or(NotDrawn::NoData)?;
    let most = cells.iter().map(|c| c.count).max().unwrap_or(1).max(1) as f64;
    let on_axis = |ms: u64| {
        let ns = ms.saturating_mul(1_000_000);
        axis.shows(ns, ns)
    };
    frame(scenario, axis, HEIGHT, scale, |plot| {
        let kept = cells.iter().filter(|c| c.count > 0 && on_axis(c.begin_ms));
        for cell in kept.take(DENSITY_CELLS_MAX) {
            // Logarithmic, so that one slow operation is visible beside a thousand quick ones.
            let share = (1.0 + cell.count as f64).ln() / (1.0 + most).ln();
            let opacity = (share * f64::from(STEPS)).ceil() / f64::from(STEPS);
            let (from, width) = (cell.begin_ms as f64 / 1e3, cell.width_ms as f64 / 1e3);
            let to = (from + width).min(axis.end_ns as f64 / 1e9);
            let corners = [(from, log(cell.low_us)), (to, log(cell.high_us))];
            let style = OK.mix(0.12 + 0.83 * opacity).filled();
            plot.draw_series(std::iter::once(Rectangle::new(corners, style)))
                .map_err(failed)?;
        }
        for mark in series
            .marks
            .iter()
            .filter(|m| on_axis(m.at_ms))
            .take(MARKS_MAX)
        {
            let at = (mark.at_ms as f64 / 1e3, log(mark.latency_us));
            let drawn = match mark.outcome {
                Outcome::Fail => plot
                    .draw_series(std::iter::once(Cross::new(at, 6, FAIL.stroke_width(3))))
                    .map(|_| ()),
                Outcome::Info | Outcome::Ok => plot
                    .draw_series(std::iter::once(TriangleMarker::new(at, 8, INFO.filled())))
                    .map(|_| ()),
            };
            drawn.map_err(failed)?;
        }
        Ok(())
    })
}
