//! Charts drawn with plotters, as SVG that the page's style colours.
//!
//! Every chart of a scenario has the same time axis, left margin and fault bands, so they can be read as one picture.
//! plotters clamps silently: it draws a value outside the axis at the edge, as if it were real. So ranges are chosen here
//! from the data, and values outside are left out before drawing. Colours are sentinels that the style maps for light
//! and dark pages. Titles and legends are part of the page, because plotters only estimates text widths.

mod availability;
mod lag;
mod latency;
mod quantiles;
mod rate;

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::*;

use crate::axis::{Axis, LEFT, RIGHT, WIDTH};
use crate::model::{FaultClass, ScenarioReport};

pub(crate) use availability::availability;
pub(crate) use lag::lag;
pub(crate) use latency::latency;
pub(crate) use quantiles::quantiles;
pub(crate) use rate::rate;

/// Why a chart was not drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotDrawn {
    /// There is nothing to draw: the page says so.
    #[error("no data")]
    NoData,
    /// Drawing failed: a warning.
    #[error("drawing failed: {0}")]
    Failed(String),
}

/// Colour of ok operations.
pub(crate) const OK: RGBColor = RGBColor(0x00, 0x72, 0xB2);
/// Colour of failed operations.
pub(crate) const FAIL: RGBColor = RGBColor(0xD5, 0x5E, 0x00);
/// Colour of unknown operations.
pub(crate) const INFO: RGBColor = RGBColor(0xE6, 0x9F, 0x00);
const GRID: RGBColor = RGBColor(1, 2, 3);
const AXIS_LINE: RGBColor = RGBColor(1, 2, 4);
const PHASE: RGBColor = RGBColor(1, 2, 5);
/// Height of the row with the letters of faults.
const LETTERS: u32 = 26;
const BAND_OPACITY: f64 = 0.16;

/// A chart to draw on: its x axis is in seconds.
pub(crate) type Plot<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Keyed, Keyed>>;

/// The y axis of a chart.
pub(crate) struct Scale {
    /// From, to; not empty.
    pub(crate) range: (f64, f64),
    /// The positions of lines and labels.
    pub(crate) keys: Vec<f64>,
    /// A key in words.
    pub(crate) label: fn(f64) -> String,
}

/// An axis with lines and labels exactly at the given keys.
pub(crate) struct Keyed {
    range: Range<f64>,
    keys: Vec<f64>,
}

impl Ranged for Keyed {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        from + (share * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.keys.clone()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// Draws a chart: grid, fault bands, phases, then the data by `draw`.
fn frame(
    scenario: &ScenarioReport,
    axis: &Axis,
    height: u32,
    scale: Scale,
    draw: impl FnOnce(&mut Plot<'_, '_>) -> Result<(), NotDrawn>,
) -> Result<String, NotDrawn> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        let keys: Vec<f64> = axis.ticks().iter().map(|t| seconds(*t)).collect();
        let x = Keyed {
            range: seconds(axis.begin_ns)..seconds(axis.end_ns),
            keys,
        };
        let (low, high) = scale.range;
        let y = Keyed {
            range: low..high,
            keys: scale.keys,
        };
        let mut plot = ChartBuilder::on(&root)
            .margin_top(LETTERS)
            .margin_right(RIGHT)
            .x_label_area_size(40)
            .y_label_area_size(LEFT)
            .build_cartesian_2d(x, y)
            .map_err(failed)?;
        bands(&mut plot, scenario, axis, (low, high))?;
        let label = scale.label;
        plot.configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(AXIS_LINE)
            .x_labels(30)
            .y_labels(12)
            .x_label_formatter(&|s| format!("{} s", (s * 10.0).round() / 10.0))
            .y_label_formatter(&|v| label(*v))
            .label_style(("sans-serif", 22))
            .draw()
            .map_err(failed)?;
        draw(&mut plot)?;
        root.present().map_err(failed)?;
    }
    Ok(svg)
}

/// Fault bands with their letters above, and a line at each phase.
fn bands(
    plot: &mut Plot<'_, '_>,
    scenario: &ScenarioReport,
    axis: &Axis,
    (low, high): (f64, f64),
) -> Result<(), NotDrawn> {
    let end = axis.end_ns;
    for fault in scenario
        .faults_in_effect()
        .filter(|f| axis.shows(f.called_ns, f.end_or(end)))
    {
        let from = seconds(fault.called_ns.max(axis.begin_ns));
        let to = seconds(fault.end_or(end).min(end));
        let style = colour(fault.class).mix(BAND_OPACITY).filled();
        let band = std::iter::once(Rectangle::new([(from, low), (to, high)], style));
        plot.draw_series(band).map_err(failed)?;
        let font = ("sans-serif", 20).into_font().color(&colour(fault.class));
        let letter = fault.class.letter().to_string();
        let text =
            EmptyElement::at((f64::midpoint(from, to), high)) + Text::new(letter, (-5, -20), font);
        plot.draw_series(std::iter::once(text)).map_err(failed)?;
    }
    let marks = scenario
        .phases
        .iter()
        .map(|p| p.at_ns)
        .filter(|t| *t > axis.begin_ns && *t < end);
    for at in marks.map(seconds) {
        let line = PathElement::new(vec![(at, low), (at, high)], PHASE);
        plot.draw_series(std::iter::once(line)).map_err(failed)?;
    }
    Ok(())
}

/// The sentinel of a fault's class.
fn colour(class: FaultClass) -> RGBColor {
    match class {
        FaultClass::Network => RGBColor(0xCC, 0x79, 0xA7),
        FaultClass::Process => RGBColor(0x56, 0xB4, 0xE9),
        FaultClass::Disk => RGBColor(0xF0, 0xE4, 0x42),
        FaultClass::Clock => RGBColor(0x88, 0x88, 0x88),
    }
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

fn failed(error: impl std::fmt::Display) -> NotDrawn {
    NotDrawn::Failed(error.to_string())
}

/// A logarithmic scale in decades over these latencies in µs, or nothing if there are none.
fn decades(latencies_us: impl Iterator<Item = u64>) -> Option<Scale> {
    let logs = latencies_us.map(log);
    let (low, high) = logs.fold((f64::MAX, f64::MIN), |(low, high), l| {
        (low.min(l), high.max(l))
    });
    if low > high {
        return None;
    }
    let range = (low.floor(), (high.floor() + 1.0).max(low.floor() + 1.0));
    let keys = (range.0 as i32..=range.1 as i32).map(f64::from).collect();
    Some(Scale {
        range,
        keys,
        label: decade,
    })
}

/// The logarithm of a latency; less than 1 µs counts as 1 µs.
fn log(us: u64) -> f64 {
    (us.max(1) as f64).log10()
}

fn decade(log: f64) -> String {
    match log.round() as i32 {
        0..=2 => format!("{} µs", 10u64.pow(log.round() as u32)),
        3..=5 => format!("{} ms", 10u64.pow(log.round() as u32 - 3)),
        6..=9 => format!("{} s", 10u64.pow(log.round() as u32 - 6)),
        other => format!("1e{other} µs"),
    }
}

/// A linear scale from 0 with about four round steps.
fn linear(max: f64, label: fn(f64) -> String) -> Scale {
    let max = max.max(1.0);
    let scale = 10f64.powf((max / 4.0).log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|s| s * scale);
    let step = steps
        .into_iter()
        .find(|s| max / s <= 4.5)
        .unwrap_or(scale * 10.0);
    // A maximum that is not finite must not give a key for every integer.
    let count = (max / step).ceil().clamp(1.0, 10.0);
    let keys = (0..=count as u32).map(|k| f64::from(k) * step).collect();
    Scale {
        range: (0.0, count * step),
        keys,
        label,
    }
}
