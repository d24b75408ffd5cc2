//! The evidence of one anomaly: what was active, who led, and a table of the few operations that prove it.

use checkers::history::Outcome;
use checkers::judgement::{Election, NodeLane};
use checkers::verdict::Anomaly;
use maud::{Markup, html};

use super::parts::more;
use crate::format::{moment, seconds, untrusted};
use crate::limits::OPERATIONS_PER_INSTANCE_MAX;
use crate::model::{FaultWindow, Operation, ScenarioReport};
use crate::svg::{Mini, outcome_shape, outcome_word};
use crate::timelines::Timeline;

/// Nodes are asked for leaders about this often.
const PROBE_INTERVAL_NS: u64 = 200_000_000;

/// Active faults, leaders by their own claim, and the nearest changes of state.
pub(super) fn context(scenario: &ScenarioReport, anomaly: &Anomaly) -> Markup {
    let window = anomaly.evidence.window;
    let faults: Vec<&FaultWindow> = anomaly
        .evidence
        .faults
        .iter()
        .filter_map(|id| scenario.fault(id))
        .collect();
    html! {
        dl class="context" {
            div {
                dt { "Faults active" }
                dd {
                    @if faults.is_empty() { "none" }
                    @for fault in faults {
                        span class=(format!("tag {}", fault.class.word())) {
                            b { (fault.class.letter()) } " " (untrusted(&fault.id)) " " (untrusted(&fault.title()))
                        } " "
                    }
                }
            }
            @if let Some(acknowledged) = acknowledged(scenario, anomaly) {
                div { dt { "Acknowledged" } dd { (acknowledged) } }
            }
            @if let Some((from, to)) = window {
                div { dt { "Claimed to lead, " (moment(from)) " to " (moment(to)) } dd { (leaders(scenario, from, to)) } }
                div { dt { "Nearest changes" } dd { (nearest(scenario, from)) } }
            }
        }
    }
}

/// When the first append of the evidence was acknowledged, and by whom: the node that answered, if it was recorded, and
/// those that claimed to lead within the time between two probes.
fn acknowledged(scenario: &ScenarioReport, anomaly: &Anomaly) -> Option<String> {
    let operations = anomaly.evidence.operations.iter();
    let mut known = operations.filter_map(|id| scenario.operation(*id));
    let append = known.find(|o| o.call == "append" && o.outcome == Some(Outcome::Ok))?;
    let at = append.returned_ns?;
    let by = match &append.node {
        Some(node) => format!(" by {}", untrusted(node)),
        None => String::new(),
    };
    let claims = leaders(
        scenario,
        at.saturating_sub(PROBE_INTERVAL_NS),
        at.saturating_add(PROBE_INTERVAL_NS),
    );
    Some(format!(
        "at {}{by}; claims to lead then: {claims}",
        moment(at)
    ))
}

/// Who claimed to lead in this stretch.
fn leaders(scenario: &ScenarioReport, from: u64, to: u64) -> String {
    let claims = |lane: &NodeLane| -> Vec<String> {
        let spans = lane.leading.iter().filter(|s| s.from <= to && s.to >= from);
        spans
            .map(|s| match s.epoch {
                Some(epoch) => format!("{} (epoch {epoch})", untrusted(&lane.node)),
                None => untrusted(&lane.node),
            })
            .collect()
    };
    let mut all: Vec<String> = scenario.judgement.lanes.iter().flat_map(claims).collect();
    all.dedup();
    match all.len() {
        0 => "no node claimed to lead".to_string(),
        1..=6 => all.join(", "),
        many => format!("{}, and {} more", all[..6].join(", "), many - 6),
    }
}

/// The last change before this moment and the first after it.
fn nearest(scenario: &ScenarioReport, at: u64) -> String {
    let mut changes: Vec<(u64, String)> = Vec::new();
    for fault in scenario.faults_in_effect() {
        let (id, title) = (untrusted(&fault.id), untrusted(&fault.title()));
        changes.push((fault.begin_ns, format!("{id} {title} begins")));
        changes.extend(fault.end_ns.map(|end| (end, format!("{id} heals"))));
    }
    let election = |e: &Election| match &e.new_leader {
        Some(node) => format!("{} leads", untrusted(node)),
        None => "no leader".to_string(),
    };
    changes.extend(
        scenario
            .judgement
            .elections
            .iter()
            .map(|e| (e.at, election(e))),
    );
    changes.sort();
    let split = changes.partition_point(|(t, _)| *t <= at);
    let before = changes[..split].last();
    let after = changes.get(split);
    let line = |(t, what): &(u64, String)| match (at.abs_diff(*t), *t < at) {
        (0..1_000_000, _) => format!("at the same time: {what}"),
        (distance, true) => format!("{} before: {what}", moment(distance)),
        (distance, false) => format!("{} after: {what}", moment(distance)),
    };
    let both: Vec<String> = before.into_iter().chain(after).map(line).collect();
    if both.is_empty() {
        "none recorded".to_string()
    } else {
        both.join("; ")
    }
}

/// What the small timeline shows, and which operations of the evidence are outside it.
pub(super) fn caption(scenario: &ScenarioReport, mini: &Mini) -> String {
    let axis = &mini.axis;
    let mut caption = format!(
        "{} to {}. Green: a node claims to lead. The dashed frame marks the anomaly.",
        moment(axis.begin_ns),
        moment(axis.end_ns)
    );
    let known = mini.outside.iter().filter_map(|id| scenario.operation(*id));
    let outside: Vec<String> = known
        .take(3)
        .map(|o| {
            format!(
                "{} ({} at {})",
                o.op,
                untrusted(&o.call),
                moment(o.called_ns)
            )
        })
        .collect();
    if !outside.is_empty() {
        let more = mini.outside.len().saturating_sub(outside.len());
        caption += &format!(" Not drawn: operation {}", outside.join(", "));
        caption += &if more > 0 {
            format!(" and {more} more.")
        } else {
            ".".to_string()
        };
    }
    caption
}

/// The operations that prove it, and no others.
pub(super) fn operations(
    scenario: &ScenarioReport,
    anomaly: &Anomaly,
    timelines: &[Timeline<'_>],
) -> Markup {
    let here = |t: &&Timeline<'_>| std::ptr::eq(t.scenario, scenario);
    let bar = |op: u64| {
        timelines
            .iter()
            .filter(here)
            .find_map(|t| t.operation_id(op))
    };
    let ids = &anomaly.evidence.operations;
    let known: Vec<&Operation> = ids
        .iter()
        .filter_map(|id| scenario.operation(*id))
        .collect();
    let shown = known.len().min(OPERATIONS_PER_INSTANCE_MAX);
    let offsets = &anomaly.evidence.offsets;
    html! {
        @if shown > 0 {
            div class="scroll" tabindex="0" role="group" aria-label="Evidence: the operations that prove it" {
                table class="evidence" {
                    caption { "Evidence: the operations that prove it" }
                    thead { tr {
                        th scope="col" class="num" { "op" } th scope="col" class="num" { "worker" }
                        th scope="col" { "call" } th scope="col" { "partition" } th scope="col" class="num" { "offset" }
                        th scope="col" { "value" } th scope="col" class="num" { "called (s)" }
                        th scope="col" class="num" { "returned (s)" } th scope="col" { "node" } th scope="col" { "outcome" }
                    } }
                    tbody { @for operation in &known[..shown] { (row(operation, bar(operation.op))) } }
                }
            }
            (more(shown, ids.len(), "results.json"))
        }
        @if offsets.len() > 1 { p class="cut" { "Offsets: " code { (offset_list(offsets)) } } }
    }
}

fn row(operation: &Operation, bar: Option<String>) -> Markup {
    let word = outcome_word(operation.outcome);
    let place = match operation.partition {
        Some(partition) => format!("{}/{partition}", untrusted(&operation.topic)),
        None => untrusted(&operation.topic),
    };
    html! {
        tr {
            th scope="row" class="num" {
                @match bar {
                    Some(bar) => a href=(format!("#{bar}")) { code { (operation.op) } },
                    None => code { (operation.op) },
                }
            }
            td class="num" { (operation.worker) }
            td { (untrusted(&operation.call)) }
            td { code { (place) } }
            td class="num" { code { (untrusted(&operation.offset)) } }
            td { code { (untrusted(&operation.value)) } }
            td class="num" { (seconds(operation.called_ns)) }
            td class="num" { @match operation.returned_ns { Some(at) => (seconds(at)), None => "never" } }
            td { (operation.node.as_deref().map(untrusted).unwrap_or_else(|| "–".into())) }
            td {
                span class=(format!("outcome {word}")) {
                    span aria-hidden="true" { (outcome_shape(operation.outcome)) } " " (word)
                }
                @if !operation.error.is_empty() { " " code { (untrusted(&operation.error)) } }
            }
        }
    }
}

/// `4711 4712 4714 (+3)`.
fn offset_list(offsets: &[i64]) -> String {
    let shown: Vec<String> = offsets.iter().take(12).map(i64::to_string).collect();
    match offsets.len().saturating_sub(12) {
        0 => shown.join(" "),
        more => format!("{} (+{more})", shown.join(" ")),
    }
}
