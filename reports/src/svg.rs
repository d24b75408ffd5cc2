//! Drawings made by hand, where marks need an identity: lanes of leadership and the small timelines of failure cards.
//!
//! Every mark has a `<title>`, which names it under the pointer, and a letter or label, so that colour is never the only
//! mark. Nodes have no colour of their own: each has a lane with its name, so any number of nodes can be told apart in
//! light and dark. All drawings of a scenario share one [`Axis`] with the charts, so they line up.

mod groups;
mod lanes;
mod mini;
mod spark;
mod strip;
mod timeline;
mod transactions;

use checkers::history::Outcome;
use maud::{Markup, html};

use crate::axis::{Axis, LEFT, RIGHT, WIDTH};
use crate::format::{moment, untrusted};
use crate::model::FaultWindow;

pub(crate) use groups::{drawn_generations, group, owned_partitions};
pub(crate) use lanes::lanes;
pub(crate) use mini::{Mini, mini};
pub(crate) use spark::spark;
pub(crate) use strip::{Dot, strip};
pub(crate) use timeline::{partitions, timeline};
pub(crate) use transactions::{outcome_word as outcome_of_transaction, transactions};

/// Height of a lane.
const LANE: u32 = 34;
/// Height of the time axis.
const AXIS: u32 = 44;

/// The patterns that all drawings share, defined once per page.
pub(crate) fn patterns() -> Markup {
    html! {
        svg width="0" height="0" class="patterns" aria-hidden="true" focusable="false" {
            defs {
                pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect class="hatch-ground" width="8" height="8" {}
                    line class="hatch-line" x1="0" y1="0" x2="0" y2="8" {}
                }
                pattern id="dots" width="8" height="8" patternUnits="userSpaceOnUse" {
                    rect class="hatch-ground" width="8" height="8" {}
                    circle class="hatch-dot" cx="4" cy="4" r="1.6" {}
                }
            }
        }
    }
}

/// A drawing in a box that scrolls where the screen is narrow. Then the names of its lanes stay in sight at the left, as
/// text of the page: the labels within the drawing would scroll away.
fn framed(label: &str, names: &[String], drawing: &Markup) -> Markup {
    let rows: Vec<(String, u32)> = names.iter().map(|name| (name.clone(), LANE)).collect();
    html! {
        div class="scroll" tabindex="0" role="group" aria-label=(label) { (named(&rows, drawing)) }
    }
}

/// A drawing with the names of its rows, each with the row's height.
fn named(rows: &[(String, u32)], drawing: &Markup) -> Markup {
    let mut heights: Vec<String> = Vec::new();
    for same in rows.chunk_by(|one, other| one.1 == other.1) {
        // A name that is taller than its row must not make the row taller: the drawing does not follow.
        heights.push(format!("repeat({},minmax(0,{}fr))", same.len(), same[0].1));
    }
    html! {
        div class="framed" {
            (drawing)
            div class="names" aria-hidden="true" style=(format!("grid-template-rows:{} minmax(0,{AXIS}fr)", heights.join(" "))) {
                @for (name, _) in rows { span { (untrusted(name)) } }
            }
        }
    }
}

/// A number as a coordinate: one decimal is enough.
fn at(x: f64) -> String {
    format!("{x:.1}")
}

/// Grid lines and their labels below `height`.
fn time_axis(axis: &Axis, height: u32) -> Markup {
    let ticks = axis.ticks();
    let step = ticks
        .windows(2)
        .map(|t| t[1].saturating_sub(t[0]))
        .next()
        .unwrap_or(1_000_000_000);
    html! {
        @for tick in ticks {
            line class="grid" x1=(at(axis.x(tick))) x2=(at(axis.x(tick))) y1="0" y2=(height) {}
            text class="tick" x=(at(axis.x(tick))) y=(height + 26) text-anchor="middle" {
                @if step >= 1_000_000_000 { (tick / 1_000_000_000) " s" }
                @else { (format!("{:.1} s", tick as f64 / 1e9)) }
            }
        }
        line class="axis" x1=(LEFT) x2=(WIDTH - RIGHT) y1=(height) y2=(height) {}
    }
}

/// A lane's name at its left.
fn lane_name(name: &str, y: u32) -> Markup {
    html! {
        text class="lane" x=(LEFT - 14) y=(y + LANE / 2 + 6) text-anchor="end" { (untrusted(name)) }
    }
}

/// A labelled bar; the label is left out where it would not fit, the title never.
fn bar(class: &str, x1: f64, x2: f64, y: u32, label: &str, title: &str) -> Markup {
    let width = (x2 - x1).max(2.0);
    let fits = label.chars().count() as f64 * 10.5 + 8.0 <= width;
    html! {
        g class=(class) {
            rect x=(at(x1)) y=(y + 4) width=(at(width)) height=(LANE - 8) rx="3" { title { (title) } }
            @if fits {
                text class="label" x=(at(x1 + 6.0)) y=(y + LANE / 2 + 6) { (label) }
            }
        }
    }
}

/// Bands of active faults behind everything, over the whole height.
fn bands<'a>(axis: &Axis, faults: impl Iterator<Item = &'a FaultWindow>, height: u32) -> Markup {
    html! {
        @for fault in faults.filter(|f| axis.shows(f.called_ns, f.end_or(axis.end_ns))) {
            rect class=(format!("band {}", fault.class.word())) y="0" height=(height)
                x=(at(axis.x(fault.called_ns)))
                width=(at((axis.x(fault.end_or(axis.end_ns)) - axis.x(fault.called_ns)).max(1.0))) {}
        }
    }
}

/// The lane of faults: letter, name, target.
fn ribbon<'a>(axis: &Axis, faults: impl Iterator<Item = &'a FaultWindow>, y: u32) -> Markup {
    html! {
        (lane_name("faults", y))
        @for fault in faults.filter(|f| axis.shows(f.called_ns, f.end_or(axis.end_ns))) {
            @let (x1, x2) = (axis.x(fault.called_ns), axis.x(fault.end_or(axis.end_ns)));
            @let targets = untrusted(&fault.targets.join(" "));
            @let long = format!("{} {} {targets}", fault.class.letter(), untrusted(&fault.kind));
            @let middle = format!("{} {targets}", fault.class.letter());
            @let room = (x2 - x1 - 8.0) / 10.5;
            @let label = [long, middle, fault.class.letter().to_string()].into_iter()
                .find(|l| l.chars().count() as f64 <= room).unwrap_or_default();
            (bar(&format!("fault {}", fault.class.word()), x1, x2, y, &label, &fault_title(fault)))
        }
    }
}

fn fault_title(fault: &FaultWindow) -> String {
    let end = match fault.end_ns {
        Some(end) => format!("healed {}", moment(end)),
        None => "not healed".to_string(),
    };
    let title = untrusted(&fault.title());
    format!(
        "{}: {title}, began {}, {end}",
        untrusted(&fault.id),
        moment(fault.begin_ns)
    )
}

/// The word of an outcome, and its CSS class; a call that never returned is `open`.
pub(crate) fn outcome_word(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Ok) => "ok",
        Some(Outcome::Fail) => "fail",
        Some(Outcome::Info) => "info",
        None => "open",
    }
}

/// The shape of an outcome: dot, cross, triangle.
pub(crate) fn outcome_shape(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Ok) => "●",
        Some(Outcome::Fail) => "✕",
        Some(Outcome::Info) | None => "▲",
    }
}
