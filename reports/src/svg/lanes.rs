//! Lanes of a whole scenario: faults, one lane per node with the spans in which it claimed to lead, and overlaps. The
//! height grows with the number of nodes.

use checkers::judgement::{LeadSpan, NodeLane};
use maud::{Markup, html};

use super::{AXIS, LANE, at, bands, bar, framed, lane_name, ribbon, time_axis};
use crate::axis::{Axis, LEFT, RIGHT, WIDTH};
use crate::format::{count, length_ms, moment, untrusted};
use crate::limits::SPANS_PER_LANE_MAX;
use crate::model::ScenarioReport;
use crate::overlaps::{Overlap, overlaps};

/// The drawing.
pub(crate) fn lanes(scenario: &ScenarioReport, axis: &Axis) -> Markup {
    let lanes = &scenario.judgement.lanes;
    let height = LANE * (lanes.len() as u32 + 2);
    let overlaps = overlaps(lanes);
    let nodes: Vec<String> = lanes.iter().map(|lane| untrusted(&lane.node)).collect();
    let label = format!(
        "Faults and leaders over {}: {}, {} of which nodes claimed to lead; lanes {}",
        length_ms(scenario.duration_ms),
        count(scenario.faults_in_effect().count() as u64, "faults"),
        count(
            lanes.iter().map(|lane| lane.leading.len() as u64).sum(),
            "stretches"
        ),
        nodes.join(", ")
    );
    let names: Vec<String> = [String::new(), "faults".to_owned()]
        .into_iter()
        .chain(nodes)
        .collect();
    let drawing = html! {
        svg class="lanes" viewBox=(format!("0 0 {WIDTH} {}", height + AXIS)) role="img" aria-label=(label) {
            (bands(axis, scenario.faults_in_effect(), height))
            (time_axis(axis, height))
            (phases(scenario, axis, height))
            (ribbon(axis, scenario.faults_in_effect(), LANE))
            @for (index, lane) in lanes.iter().enumerate() {
                (node(lane, axis, LANE * (index as u32 + 2), &overlaps))
            }
        }
    };
    framed("Drawing of faults and leaders", &names, &drawing)
}

/// Names of phases in the topmost row.
fn phases(scenario: &ScenarioReport, axis: &Axis, height: u32) -> Markup {
    let next = |index: usize| {
        scenario
            .phases
            .get(index + 1)
            .map_or(axis.end_ns, |p| p.at_ns)
    };
    html! {
        @for (index, mark) in scenario.phases.iter().enumerate() {
            @let (x, room) = (axis.x(mark.at_ns), axis.x(next(index)) - axis.x(mark.at_ns));
            @let name = format!("{:?}", mark.phase).to_lowercase();
            line class="phase" x1=(at(x)) x2=(at(x)) y1="4" y2=(height) {
                title { (format!("{name} begins at {}", moment(mark.at_ns))) }
            }
            @if room >= name.len() as f64 * 9.5 + 12.0 {
                text class="phase" x=(at(x + 6.0)) y="24" { (name) }
            }
        }
    }
}

/// One node's lane. Also used by the small timelines.
pub(super) fn node(lane: &NodeLane, axis: &Axis, y: u32, overlaps: &[Overlap]) -> Markup {
    let visible = |s: &&LeadSpan| axis.shows(s.from, s.to);
    html! {
        (lane_name(&lane.node, y))
        line class="track" x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y + LANE / 2) y2=(y + LANE / 2) {}
        @for span in lane.leading.iter().filter(visible).take(SPANS_PER_LANE_MAX) {
            (bar("leader", axis.x(span.from), axis.x(span.to), y, &epoch(span), &lead_title(lane, span)))
        }
        @for span in lane.down.iter().filter(|s| axis.shows(s.from, s.to)).take(SPANS_PER_LANE_MAX) {
            (bar("down", axis.x(span.from), axis.x(span.to), y, "down", &format!(
                "{} did not run: {} to {}", untrusted(&lane.node), moment(span.from), moment(span.to))))
        }
        @for span in lane.silent.iter().filter(|s| axis.shows(s.from, s.to)).take(SPANS_PER_LANE_MAX) {
            (bar("silent", axis.x(span.from), axis.x(span.to), y, "silent", &format!(
                "{} did not answer: {} to {}", untrusted(&lane.node), moment(span.from), moment(span.to))))
        }
        @for overlap in overlaps.iter().filter(|o| o.claims.iter().any(|(n, _)| *n == lane.node)) {
            @if axis.shows(overlap.begin_ns, overlap.end_ns) {
                rect class=(if overlap.same_epoch { "overlap same" } else { "overlap" })
                    x=(at(axis.x(overlap.begin_ns) - 3.0)) y=(y + 1) height=(LANE - 2) rx="4"
                    width=(at((axis.x(overlap.end_ns) - axis.x(overlap.begin_ns) + 6.0).max(6.0))) {
                    title { (overlap.title()) }
                }
            }
        }
    }
}

fn epoch(span: &LeadSpan) -> String {
    span.epoch
        .map_or_else(|| "leader".to_string(), |e| format!("e{e}"))
}

fn lead_title(lane: &NodeLane, span: &LeadSpan) -> String {
    format!(
        "{} claims to lead {} in {}: {} to {} ({})",
        untrusted(&lane.node),
        crate::format::count(span.seats, "partitions"),
        span.epoch
            .map_or_else(|| "an unknown epoch".to_string(), |e| format!("epoch {e}")),
        moment(span.from),
        moment(span.to),
        length_ms(span.to.saturating_sub(span.from) / 1_000_000)
    )
}
