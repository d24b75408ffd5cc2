//! How fast the cluster recovered, as a distribution: each fault is a dot, its limit a line. No averages.

use checkers::judgement::Gap;
use checkers::verdict::{GapScope, Validity};
use maud::{Markup, html};

use crate::format::{length_ms, limit_ms, median};
use crate::model::ScenarioReport;
use crate::svg::{Dot, strip};

/// One distribution.
struct Distribution {
    title: &'static str,
    dots: Vec<Dot>,
    limit_ms: Option<u64>,
}

/// The part of one scenario, if there was anything to recover from.
pub(super) fn part(scenario: &ScenarioReport) -> Markup {
    let all = [
        fail_over(scenario),
        leaderless(scenario),
        after_heal(scenario),
    ];
    let most = all
        .iter()
        .flat_map(|d| d.dots.iter().map(|d| d.ms).chain(d.limit_ms))
        .max();
    html! {
        @if let (Some(most), true) = (most, all.iter().any(|d| !d.dots.is_empty())) {
            figure class="drawing" {
                p class="title" { "Recovery times: one dot per fault, the limit as a dashed line" }
                div class="scroll" tabindex="0" role="group" aria-label="From the beginning or the heal of a fault until the next acknowledged write" {
                    table class="strips" {
                        caption { "From the beginning or the heal of a fault until the next acknowledged write, on one scale" }
                        thead { tr {
                            th scope="col" { "what" } th scope="col" class="num" { "count" } th scope="col" class="num" { "min" }
                            th scope="col" class="num" { "median" } th scope="col" class="num" { "max" }
                            th scope="col" class="num" { "limit" } th scope="col" { "distribution" }
                        } }
                        tbody { @for distribution in all.iter().filter(|d| !d.dots.is_empty()) { (row(distribution, most)) } }
                    }
                }
                (super::chartset::recovery_note(scenario))
            }
        }
    }
}

fn row(distribution: &Distribution, most: u64) -> Markup {
    let mut lengths: Vec<u64> = distribution.dots.iter().map(|d| d.ms).collect();
    lengths.sort_unstable();
    // Of two, both are in the table.
    let middle = median(&lengths).filter(|_| lengths.len() > 2);
    let cell = |length: Option<&u64>| length.map_or_else(|| "–".to_string(), |l| length_ms(*l));
    html! {
        tr {
            th scope="row" { (distribution.title) }
            td class="num" { (lengths.len()) }
            td class="num" { (cell(lengths.first())) }
            td class="num" { (cell(middle.as_ref())) }
            td class="num" { (cell(lengths.last())) }
            td class="num" { @match distribution.limit_ms { Some(limit) => { "≤ " (limit_ms(limit)) }, None => "–" } }
            td class="strip" { (strip(distribution.title, &distribution.dots, distribution.limit_ms, most)) }
        }
    }
}

fn dot(gap: &Gap) -> Dot {
    Dot {
        ms: gap.length_ms,
        over: gap.validity == Validity::Invalid,
        title: format!(
            "{}: {}",
            gap.fault.as_deref().unwrap_or("no fault"),
            length_ms(gap.length_ms)
        ),
    }
}

/// From a fault's begin to the first acknowledgement of a record sent after it.
fn fail_over(scenario: &ScenarioReport) -> Distribution {
    let gaps = scenario
        .judgement
        .gaps
        .iter()
        .filter(|g| g.scope == GapScope::FailOver);
    Distribution {
        title: "fail-over: from the beginning of a fault to the next acknowledged write",
        dots: gaps.map(dot).collect(),
        limit_ms: Some(scenario.limits.fail_over_ms),
    }
}

/// From the last claim of the old leader to the first claim of the new one.
fn leaderless(scenario: &ScenarioReport) -> Distribution {
    let changes = scenario
        .judgement
        .elections
        .iter()
        .filter(|e| e.old_leader.is_some());
    let dots = changes.map(|e| Dot {
        ms: e.leaderless_ms,
        over: false,
        title: format!(
            "{} to {}: {}",
            e.old_leader.as_deref().unwrap_or("none"),
            e.new_leader.as_deref().unwrap_or("none"),
            length_ms(e.leaderless_ms)
        ),
    });
    Distribution {
        title: "without a leader",
        dots: dots.collect(),
        limit_ms: None,
    }
}

/// From a heal to the first acknowledgement, only where a gap was still open at the heal: the others would be as many times
/// 0 ms as writes were served during the fault.
fn after_heal(scenario: &ScenarioReport) -> Distribution {
    let healed = scenario
        .faults_in_effect()
        .filter_map(|f| Some((f, f.end_ns?)));
    let gaps = &scenario.judgement.gaps;
    let open = healed.filter_map(|(fault, heal)| {
        let gap = gaps.iter().find(|g| g.from <= heal && g.to > heal)?;
        Some((fault, gap, (gap.to - heal) / 1_000_000))
    });
    let dots = open.map(|(fault, gap, ms)| Dot {
        ms,
        over: gap.scope == GapScope::AfterHeal && gap.validity == Validity::Invalid,
        title: format!("{}: {}", fault.id, length_ms(ms)),
    });
    Distribution {
        title: "gaps still open at the heal: from the heal to the next acknowledged write",
        dots: dots.collect(),
        limit_ms: None,
    }
}
