//! One figure as bars: one bar per target for its median, and its repetitions as dots, so that the spread is visible.

use maud::{Markup, html};

use super::{Bench, Figure};
use crate::format::untrusted;

const WIDTH: f64 = 900.0;
/// Room for the targets' names.
const LEFT: f64 = 190.0;
/// Room for the values.
const RIGHT: f64 = 210.0;
const ROW: f64 = 26.0;
const BAR: f64 = 14.0;

/// The bars of a figure; nothing if no target has a sample.
pub(super) fn bars(bench: &Bench, figure: &Figure) -> Markup {
    let first = bench.targets.first().map_or("", String::as_str);
    let most = bench
        .targets
        .iter()
        .filter_map(|target| figure.spread(target))
        .map(|spread| spread.most)
        .fold(0.0, f64::max);
    if most <= 0.0 {
        return html! {};
    }
    let x = |value: f64| LEFT + (WIDTH - LEFT - RIGHT) * value.max(0.0) / most;
    let height = ROW * bench.targets.len() as f64 + 6.0;
    let place = |value: f64| format!("{value:.1}");
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label=(figure.label) {
            @for (at, target) in bench.targets.iter().enumerate() {
                @let middle = ROW * at as f64 + ROW / 2.0;
                text x=(place(LEFT - 10.0)) y=(place(middle + 5.0)) text-anchor="end" class="name" { (untrusted(target)) }
                @if let Some(spread) = figure.spread(target) {
                    rect x=(place(LEFT)) y=(place(middle - BAR / 2.0)) width=(place(x(spread.median) - LEFT))
                         height=(place(BAR)) class={ "bar t" (at % 4) } {
                        title { (untrusted(target)) ": median " (figure.unit.shown(spread.median)) }
                    }
                    @for sample in figure.samples.get(target).into_iter().flatten().filter(|s| s.is_finite()) {
                        circle cx=(place(x(*sample))) cy=(place(middle)) r="3" class="sample" {
                            title { (figure.unit.shown(*sample)) }
                        }
                    }
                    text x=(place(x(spread.most) + 10.0)) y=(place(middle + 5.0)) class="value" {
                        (super::table::cell(figure, target, first))
                    }
                } @else {
                    text x=(place(LEFT)) y=(place(middle + 5.0)) class="value" { "not measured" }
                }
            }
        }
    }
}
