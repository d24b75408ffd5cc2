//! The small timeline of a failure card: nodes, faults and the operations of the evidence around the failure.

use checkers::verdict::Anomaly;
use maud::{Markup, html};

use super::{AXIS, LANE, at, bands, bar, framed, lane_name, outcome_word, ribbon, time_axis};
use crate::axis::{Axis, WIDTH};
use crate::format::{count, moment, untrusted};
use crate::limits::MINI_TIMELINE_HALF_NS;
use crate::model::{Operation, ScenarioReport, span};

/// The maximum number of operations drawn; the table beside the drawing has all of them.
const OPERATIONS_MAX: usize = 10;

/// A drawing and what it cannot show.
pub(crate) struct Mini {
    /// Its stretch of time.
    pub(crate) axis: Axis,
    /// The drawing.
    pub(crate) drawing: Markup,
    /// Operations of the evidence that lie outside the stretch, or are too many.
    pub(crate) outside: Vec<u64>,
}

/// The drawing, or nothing where the anomaly has no time.
pub(crate) fn mini(scenario: &ScenarioReport, anomaly: &Anomaly) -> Option<Mini> {
    let (from, to) = span(&scenario.operations, anomaly)?;
    let end = scenario.end_ns().max(to);
    let axis = Axis::new(
        from.saturating_sub(MINI_TIMELINE_HALF_NS),
        to.saturating_add(MINI_TIMELINE_HALF_NS).min(end),
    );
    let ids = &anomaly.evidence.operations;
    let on_axis = |o: &&Operation| axis.shows(o.called_ns, o.returned_ns.unwrap_or(o.called_ns));
    let operations: Vec<&Operation> = ids
        .iter()
        .filter_map(|id| scenario.operation(*id))
        .filter(on_axis)
        .take(OPERATIONS_MAX)
        .collect();
    let lanes = &scenario.judgement.lanes;
    let overlaps = crate::overlaps::overlaps(lanes);
    let height = LANE * (1 + lanes.len() as u32 + operations.len() as u32);
    let names = std::iter::once("faults".to_owned())
        .chain(lanes.iter().map(|lane| lane.node.to_string()))
        .chain(operations.iter().map(|o| format!("op {}", o.op)));
    let names: Vec<String> = names.collect();
    let label = format!(
        "{}: faults, leaders and {} from {} to {}",
        crate::wording::words(anomaly).title,
        count(operations.len() as u64, "operations"),
        moment(axis.begin_ns),
        moment(axis.end_ns)
    );
    let drawing = html! {
        svg class="mini" viewBox=(format!("0 0 {WIDTH} {}", height + AXIS)) role="img" aria-label=(label) {
            (bands(&axis, scenario.faults_in_effect(), height))
            (time_axis(&axis, height))
            (ribbon(&axis, scenario.faults_in_effect(), 0))
            @for (index, lane) in lanes.iter().enumerate() {
                (super::lanes::node(lane, &axis, LANE * (1 + index as u32), &overlaps))
            }
            @for (index, operation) in operations.iter().enumerate() {
                (one(operation, &axis, LANE * (1 + (lanes.len() + index) as u32)))
            }
            (frame(&axis, from, to, height))
        }
    };
    let shown: Vec<u64> = operations.iter().map(|o| o.op).collect();
    let outside = ids
        .iter()
        .filter(|id| !shown.contains(id))
        .copied()
        .collect();
    Some(Mini {
        axis,
        drawing: framed("Drawing of the failure", &names, &drawing),
        outside,
    })
}

fn one(operation: &Operation, axis: &Axis, y: u32) -> Markup {
    let word = outcome_word(operation.outcome);
    let end = operation.returned_ns.unwrap_or(axis.end_ns);
    let (x1, x2) = (axis.x(operation.called_ns), axis.x(end));
    let title = format!(
        "operation {}: {} {} by worker {}, called {}, {}",
        operation.op,
        untrusted(&operation.call),
        untrusted(&operation.value),
        operation.worker,
        moment(operation.called_ns),
        match operation.returned_ns {
            Some(at) => format!("{word} at {}", moment(at)),
            None => "did not return".to_string(),
        }
    );
    let label = untrusted(&format!("{} {}", operation.call, operation.value));
    let inside = label.chars().count() as f64 * 10.5 + 8.0 <= x2 - x1;
    let left = x2 > f64::from(WIDTH) * 0.7;
    html! {
        (lane_name(&format!("op {}", operation.op), y))
        (bar(&format!("op {word}"), x1, x2, y, if inside { &label } else { "" }, &title))
        @if !inside {
            text class="beside" x=(at(if left { x1 - 8.0 } else { x2.max(x1 + 2.0) + 8.0 }))
                y=(y + LANE / 2 + 6) text-anchor=(if left { "end" } else { "start" }) {
                (label) " " (word)
            }
        }
    }
}

/// The time range of the anomaly itself.
fn frame(axis: &Axis, from: u64, to: u64, height: u32) -> Markup {
    let (x1, x2) = (axis.x(from), axis.x(to));
    html! {
        rect class="window" x=(at(x1)) y="1" width=(at((x2 - x1).max(2.0))) height=(height - 2) {
            title { (format!("the anomaly: {} to {}", moment(from), moment(to))) }
        }
    }
}
