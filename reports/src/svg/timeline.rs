//! The timeline around a failure: faults, a lane per node, a row per worker with each operation from call to return.
//!
//! It is complete without a script. Every mark has its times in `data-t` (microseconds from the timeline's begin), from
//! which the script places it again after a zoom. An `info` operation may take effect at any later time, so its tail
//! continues to the edge.

use std::collections::BTreeMap;

use checkers::history::Outcome;
use maud::{Markup, html};

use super::{AXIS, LANE, at, lane_name, outcome_word, time_axis};
use crate::axis::{Axis, LEFT, RIGHT, WIDTH};
use crate::format::{length_ms, moment, seconds, untrusted};
use crate::limits::{SPANS_PER_LANE_MAX, WORKERS_PER_TIMELINE_MAX};
use crate::model::Operation;
use crate::timelines::{Mark, Timeline};

/// Height of a worker's row.
const ROW: u32 = 22;
/// Height between the nodes and the workers.
const GAP: u32 = 8;

/// The drawing, and how many workers it leaves out.
pub(crate) fn timeline(timeline: &Timeline<'_>) -> (Markup, usize) {
    let (workers, left_out) = workers(timeline);
    let lanes = &timeline.scenario.judgement.lanes;
    let top = LANE * (1 + lanes.len() as u32) + GAP;
    let height = top + ROW * workers.len() as u32;
    let axis = &timeline.axis;
    let places = partitions(timeline);
    let label = format!(
        "Faults, leaders and operations from {} to {}",
        moment(axis.begin_ns),
        moment(axis.end_ns)
    );
    let drawing = html! {
        svg class="timeline" viewBox=(format!("0 0 {WIDTH} {}", height + AXIS)) role="img" aria-label=(label)
            data-begin=(axis.begin_ns / 1_000) data-length=((axis.end_ns - axis.begin_ns) / 1_000)
            data-left=(LEFT) data-right=(WIDTH - RIGHT) data-height=(height) {
            (bands(timeline, height))
            g class="time" { (time_axis(axis, height)) }
            @for mark in &timeline.marks { (frame(timeline, mark, height)) }
            (lane_name("faults", 0))
            (faults(timeline))
            @for (index, lane) in lanes.iter().enumerate() {
                @let y = LANE * (1 + index as u32);
                (lane_name(&lane.node, y))
                (node(axis, lane, y))
            }
            @for (index, (worker, operations)) in workers.iter().enumerate() {
                (worker_name(*worker, top + ROW * index as u32))
                // Operations that prove a failure are drawn last, so that no other mark covers them.
                @for proving in [false, true] {
                    @for operation in operations.iter().filter(|o| timeline.implicated.contains(&o.op) == proving) {
                        (one(timeline, &places, operation, top + ROW * index as u32))
                    }
                }
            }
        }
    };
    let nodes = lanes.iter().map(|lane| (untrusted(&lane.node), LANE));
    let rows: Vec<(String, u32)> = std::iter::once(("faults".to_owned(), LANE))
        .chain(nodes)
        .chain([(String::new(), GAP)])
        .chain(
            workers
                .iter()
                .map(|(worker, _)| (format!("w{worker}"), ROW)),
        )
        .collect();
    (super::named(&rows, &drawing), left_out)
}

type Row<'a> = (u64, Vec<&'a Operation>);

/// Workers whose operations prove something, then the busiest, in the order of their numbers.
fn workers<'a>(timeline: &Timeline<'a>) -> (Vec<Row<'a>>, usize) {
    let mut rows: BTreeMap<u64, Vec<&'a Operation>> = BTreeMap::new();
    for operation in &timeline.operations {
        rows.entry(operation.worker).or_default().push(operation);
    }
    let mut rows: Vec<Row<'a>> = rows.into_iter().collect();
    let total = rows.len();
    rows.sort_by_key(|(worker, operations)| {
        let proves = operations
            .iter()
            .any(|o| timeline.implicated.contains(&o.op));
        (!proves, std::cmp::Reverse(operations.len()), *worker)
    });
    rows.truncate(WORKERS_PER_TIMELINE_MAX);
    let left_out = total - rows.len();
    rows.sort_by_key(|(worker, _)| *worker);
    (rows, left_out)
}

/// Microseconds from the timeline's begin; `data-t` of a mark.
fn times(axis: &Axis, from_ns: u64, to_ns: u64) -> String {
    let micros = |ns: u64| (i128::from(ns) - i128::from(axis.begin_ns)) / 1_000;
    format!("{} {}", micros(from_ns), micros(to_ns.max(from_ns)))
}

fn width(axis: &Axis, from_ns: u64, to_ns: u64) -> f64 {
    (axis.x(to_ns) - axis.x(from_ns)).max(2.0)
}

fn bands(timeline: &Timeline<'_>, height: u32) -> Markup {
    let axis = &timeline.axis;
    html! {
        @for fault in timeline.scenario.faults_in_effect() {
            @let (from, to) = (fault.called_ns, fault.end_or(axis.end_ns));
            @if axis.shows(from, to) {
                rect class=(format!("band {}", fault.class.word())) data-t=(times(axis, from, to))
                    x=(at(axis.x(from))) y="0" width=(at(width(axis, from, to))) height=(height) {}
            }
        }
    }
}

fn faults(timeline: &Timeline<'_>) -> Markup {
    let axis = &timeline.axis;
    html! {
        @for fault in timeline.scenario.faults_in_effect() {
            @let (from, to) = (fault.called_ns, fault.end_or(axis.end_ns));
            @if axis.shows(from, to) {
                @let label = format!("{} {}", fault.class.letter(), untrusted(&fault.title()));
                (labelled(axis, &format!("fault {}", fault.class.word()), (from, to), 0, &label, &super::fault_title(fault)))
            }
        }
    }
}

fn node(axis: &Axis, lane: &checkers::judgement::NodeLane, y: u32) -> Markup {
    let node = untrusted(&lane.node);
    let title = |what: &str, from: u64, to: u64| {
        let length = length_ms(to.saturating_sub(from) / 1_000_000);
        format!(
            "{node} {what}: {} to {} ({length})",
            moment(from),
            moment(to)
        )
    };
    let spans = |spans: &[checkers::judgement::Span], class: &str, what: &str| {
        html! {
            @for s in spans.iter().filter(|s| axis.shows(s.from, s.to)).take(SPANS_PER_LANE_MAX) {
                (labelled(axis, class, (s.from, s.to), y, class, &title(what, s.from, s.to)))
            }
        }
    };
    html! {
        line class="track" x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y + LANE / 2) y2=(y + LANE / 2) {}
        @for s in lane.leading.iter().filter(|s| axis.shows(s.from, s.to)).take(SPANS_PER_LANE_MAX) {
            @let epoch = s.epoch.map_or_else(|| "leader".to_string(), |e| format!("e{e}"));
            (labelled(axis, "leader", (s.from, s.to), y, &epoch,
                &title(&format!("claims to lead ({epoch})"), s.from, s.to)))
        }
        (spans(&lane.down, "down", "did not run"))
        (spans(&lane.silent, "silent", "did not answer"))
    }
}

/// A bar whose label is shown where it fits.
fn labelled(
    axis: &Axis,
    class: &str,
    (from, to): (u64, u64),
    y: u32,
    label: &str,
    title: &str,
) -> Markup {
    let (x, width) = (axis.x(from), width(axis, from, to));
    let fits = label.chars().count() as f64 * 10.5 + 8.0 <= width;
    html! {
        g class=(class) data-t=(times(axis, from, to)) {
            title { (title) }
            rect x=(at(x)) y=(y + 4) width=(at(width)) height=(LANE - 8) rx="3" {}
            text class="label" x=(at(x + 6.0)) y=(y + LANE / 2 + 6) visibility=[(!fits).then_some("hidden")] { (label) }
        }
    }
}

fn frame(timeline: &Timeline<'_>, mark: &Mark, height: u32) -> Markup {
    let axis = &timeline.axis;
    let title = format!(
        "{} {}: {} to {}",
        mark.instance,
        mark.title,
        moment(mark.from_ns),
        moment(mark.to_ns)
    );
    html! {
        rect class="window" id=(format!("{}-{}", timeline.id, mark.instance)) data-t=(times(axis, mark.from_ns, mark.to_ns))
            x=(at(axis.x(mark.from_ns))) y="1" width=(at(width(axis, mark.from_ns, mark.to_ns))) height=(height - 2) {
            title { (title) }
        }
    }
}

fn worker_name(worker: u64, y: u32) -> Markup {
    html! { text class="lane worker" x=(LEFT - 14) y=(y + ROW / 2 + 5) text-anchor="end" { "w" (worker) } }
}

fn one(timeline: &Timeline<'_>, places: &[String], operation: &Operation, y: u32) -> Markup {
    let axis = &timeline.axis;
    let word = outcome_word(operation.outcome);
    let (from, to) = (
        operation.called_ns,
        operation.returned_ns.unwrap_or(axis.end_ns),
    );
    let proves = timeline.implicated.contains(&operation.op);
    let own = partition(operation);
    let place = places.iter().position(|p| *p == own).unwrap_or(0);
    html! {
        @if operation.outcome == Some(Outcome::Info) {
            line class="tail" data-t=(times(axis, to, axis.end_ns))
                x1=(at(axis.x(to))) x2=(WIDTH - RIGHT) y1=(y + ROW / 2) y2=(y + ROW / 2) {}
        }
        rect id=(format!("{}-o{}", timeline.id, operation.op))
            class=(if proves { format!("o {word} proves") } else { format!("o {word}") })
            data-t=(times(axis, from, to)) data-p=(place)
            x=(at(axis.x(from))) y=(y + 3) width=(at(width(axis, from, to))) height=(ROW - 6) {
            title { (title(operation)) }
        }
    }
}

/// The partitions of a timeline's operations, in order.
pub(crate) fn partitions(timeline: &Timeline<'_>) -> Vec<String> {
    let all = timeline.operations.iter().map(|o| partition(o));
    let all: std::collections::BTreeSet<String> = all.collect();
    all.into_iter().collect()
}

fn partition(operation: &Operation) -> String {
    match operation.partition {
        Some(partition) => format!("{}/{partition}", untrusted(&operation.topic)),
        None => untrusted(&operation.topic),
    }
}

/// `18820 append t0/0 3-17 @4711: ok, 36.950 to 37.060 s, worker 3, n1`.
fn title(operation: &Operation) -> String {
    let mut title = format!(
        "{} {} {} {}",
        operation.op,
        untrusted(&operation.call),
        partition(operation),
        untrusted(&operation.value)
    );
    if !operation.offset.is_empty() {
        title += &format!(" @{}", untrusted(&operation.offset));
    }
    title += &format!(
        ": {}, {} to ",
        outcome_word(operation.outcome),
        seconds(operation.called_ns)
    );
    title += &operation
        .returned_ns
        .map_or_else(|| "never".to_string(), moment);
    title += &format!(", worker {}", operation.worker);
    for more in operation
        .node
        .iter()
        .chain(Some(&operation.error).filter(|e| !e.is_empty()))
    {
        title += &format!(", {}", untrusted(more));
    }
    title
}
