//! Section 4: timelines around the failures. Static drawings; a script adds zoom, filters and keyboard navigation.

use maud::{Markup, html};

use super::parts::heading;
use crate::format::{count, group, moment, untrusted};
use crate::timelines::{Mark, Timeline};

/// All timelines.
pub(super) fn section(timelines: &[Timeline<'_>], cut: bool) -> Markup {
    html! {
        @if !timelines.is_empty() {
            section class="screen" aria-labelledby="timeline" {
                (heading("timeline", "Timeline", "operations around the failures"))
                (legend(timelines))
                @for timeline in timelines { (one(timeline)) }
                @if cut {
                    p class="cut" { "Further failures have only the small timelines on their cards." }
                }
            }
        }
    }
}

/// A failure of leaders or nodes may have no operation around it, and nothing of them is drawn then.
fn legend(timelines: &[Timeline<'_>]) -> Markup {
    let operations = timelines.iter().any(|t| !t.operations.is_empty());
    let proves = timelines
        .iter()
        .any(|t| t.operations.iter().any(|o| t.implicated.contains(&o.op)));
    html! {
        ul class="legend" aria-label="Legend" {
            @if operations {
                li { span class="key ok" {} " ok" }
                li { span class="key fail" {} " fail" }
                li { span class="key info" {} " info; dashed tail: it may still take effect" }
            }
            @if proves { li { span class="key proves" {} " proves a failure" } }
            li { span class="key overlap" {} " a failure" }
            li { span class="key leader" { "e4" } " node claims to lead, in epoch 4" }
            li { span class="key down" {} " down or paused" }
        }
    }
}

fn one(timeline: &Timeline<'_>) -> Markup {
    let id = &timeline.id;
    let (drawing, workers_left_out) = crate::svg::timeline(timeline);
    html! {
        figure class="drawing player" id=(id) {
            p class="title" {
                span {
                    a class="id" href=(format!("#{id}")) { "timeline " (id.trim_start_matches("tl")) } " "
                    span class="where" { (untrusted(&timeline.scenario.name)) }
                    " " (moment(timeline.axis.begin_ns)) " to " (moment(timeline.axis.end_ns)) ": "
                    @for (index, (mark, instances)) in by_card(timeline).into_iter().enumerate() {
                        @if index > 0 { ", " }
                        a href=(format!("#{}", mark.instance)) { (mark.instance) " " (mark.title.to_lowercase()) }
                        @if instances > 1 { " (" (instances) " findings)" }
                    }
                }
            }
            (controls(timeline))
            div class="scroll" tabindex="0" role="group" aria-label=(format!("Timeline {id}; use the arrow keys to move between operations")) {
                (drawing)
            }
            p class="record" role="status" hidden {}
            figcaption { (caption(timeline, workers_left_out)) }
        }
    }
}

/// The first mark of each card, and how many of its instances are marked here.
fn by_card<'a>(timeline: &'a Timeline<'_>) -> Vec<(&'a Mark, usize)> {
    let card = |mark: &Mark| mark.instance.split('-').next().map(str::to_owned);
    let mut cards: Vec<(&Mark, usize)> = Vec::new();
    for mark in &timeline.marks {
        match cards
            .iter_mut()
            .find(|(first, _)| card(first) == card(mark))
        {
            Some((_, instances)) => *instances += 1,
            None => cards.push((mark, 1)),
        }
    }
    cards
}

/// Hidden until the script shows them.
fn controls(timeline: &Timeline<'_>) -> Markup {
    let id = &timeline.id;
    let button = |does: &str, text: &str, says: &str| {
        html! { button type="button" data-do=(does) aria-label=(says) title=(says) { (text) } }
    };
    html! {
        div class="controls" hidden {
            (button("in", "+", "zoom in"))
            (button("out", "−", "zoom out"))
            (button("left", "←", "earlier"))
            (button("right", "→", "later"))
            (button("all", "all", "show the whole time range"))
            (button("failure", "next failure", "jump to the next failure"))
            label { "outcome " select data-filter="outcome" {
                option value="" { "all" } option value="ok" { "ok" } option value="fail" { "fail" }
                option value="info" { "info" } option value="proves" { "operations that prove a failure" }
            } }
            label { "partition " select data-filter="partition" {
                option value="" { "all" }
                @for (index, name) in crate::svg::partitions(timeline).iter().enumerate() {
                    option value=(index) { (name) }
                }
            } }
            span class="keys" id=(format!("{id}-keys")) {
                kbd { "←" } kbd { "→" } " operations that prove it, " kbd { "↑" } kbd { "↓" } " all, "
                kbd { "j" } " failures, " kbd { "+" } kbd { "−" } kbd { "0" } " zoom"
            }
        }
    }
}

fn caption(timeline: &Timeline<'_>, workers_left_out: usize) -> String {
    let drawn = timeline.operations.len() as u64;
    let mut caption = match timeline.excerpt {
        None => {
            "Only the operations of the evidence are shown; other operations are in the history."
                .to_string()
        }
        Some(excerpt) if excerpt.operations_total > drawn => format!(
            "{} of {} shown, those nearest to the failure. The time range was shortened accordingly.",
            group(drawn),
            count(excerpt.operations_total, "operations")
        ),
        Some(_) => format!("All {} in this time range.", count(drawn, "operations")),
    };
    if workers_left_out > 0 {
        caption += &format!(
            " {} left out: idle here, or without evidence.",
            count(workers_left_out as u64, "workers")
        );
    }
    caption
}
