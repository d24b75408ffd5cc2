//! Records acknowledged and not yet read (Jepsen's `unseen`): must fall to 0 after the last heal.

use plotters::prelude::*;

use super::{INFO, NotDrawn, failed, frame, linear};
use crate::axis::Axis;
use crate::format::group;
use crate::model::ScenarioReport;

const HEIGHT: u32 = 210;

/// The chart.
pub(crate) fn lag(scenario: &ScenarioReport, axis: &Axis) -> Result<String, NotDrawn> {
    let most = scenario
        .lag
        .iter()
        .map(|b| b.unread)
        .max()
        .ok_or(NotDrawn::NoData)?;
    let scale = linear(most as f64, |v| crate::format::plain(&group(v as u64)));
    frame(scenario, axis, HEIGHT, scale, |plot| {
        let on_axis = |ms: u64| {
            let ns = ms.saturating_mul(1_000_000);
            axis.shows(ns, ns)
        };
        let buckets = scenario.lag.iter().filter(|b| on_axis(b.begin_ms));
        let points = buckets.map(|b| (b.begin_ms as f64 / 1e3, b.unread as f64));
        plot.draw_series(
            AreaSeries::new(points, 0.0, INFO.mix(0.35)).border_style(INFO.stroke_width(3)),
        )
        .map_err(failed)?;
        Ok(())
    })
}
