//! Section 7: gaps in acknowledgements, each compared with its limit.

use checkers::judgement::Gap;
use checkers::verdict::Validity;
use maud::{Markup, html};

use super::leaders::fault_tag;
use super::parts::{chip, figure, more};
use crate::findings::validity_rank;
use crate::format::{count, group, length_ms, limit_ms, moment};
use crate::limits::TABLE_ROWS_MAX;
use crate::measures::{Measures, Name};
use crate::model::ScenarioReport;
use crate::wording;

/// The part of one scenario: failing gaps first, then longest first.
pub(super) fn part(scenario: &ScenarioReport, number: usize) -> Markup {
    let mut gaps: Vec<&Gap> = scenario.judgement.gaps.iter().collect();
    gaps.sort_by_key(|g| {
        (
            validity_rank(g.validity),
            std::cmp::Reverse(g.length_ms),
            g.from,
        )
    });
    let shown = gaps.len().min(TABLE_ROWS_MAX);
    html! {
        h3 id=(format!("gaps-{number}")) { "Availability gaps" }
        @if gaps.is_empty() {
            p { "No gap in acknowledgements was compared with a limit." }
        } @else {
            div class="scroll" tabindex="0" role="group" aria-label="Availability gaps" {
                table class="gaps" {
                    caption { (caption(&gaps)) "; longest gap " (longest(scenario)) }
                    thead { tr {
                        th scope="col" { "verdict" } th scope="col" class="num" { "begin" } th scope="col" class="num" { "end" }
                        th scope="col" class="num" { "length" } th scope="col" class="num" { "limit" } th scope="col" { "rule" }
                        th scope="col" class="num" { "failed ops" } th scope="col" { "fault" }
                    } }
                    tbody { @for gap in &gaps[..shown] { (row(scenario, gap)) } }
                }
            }
            (more(shown, gaps.len(), "verdict.json"))
        }
    }
}

fn caption(gaps: &[&Gap]) -> String {
    let over = gaps
        .iter()
        .filter(|g| g.validity == Validity::Invalid)
        .count();
    let over = match over {
        0 => "none exceeds its limit".to_string(),
        1 => "1 exceeds its limit".to_string(),
        some => format!("{some} exceed their limit"),
    };
    format!(
        "{} in acknowledgements: {over}",
        count(gaps.len() as u64, "gaps")
    )
}

fn longest(scenario: &ScenarioReport) -> Markup {
    let measures = Measures::of_scenario(scenario);
    let shown = measures.shown(Name::LongestGap).unwrap_or_default();
    figure(&scenario.name, Name::LongestGap, &shown)
}

fn row(scenario: &ScenarioReport, gap: &Gap) -> Markup {
    html! {
        tr class=(gap.validity.word()) {
            td class="status" { (chip(gap.validity)) }
            th scope="row" class="num" { (moment(gap.from)) }
            td class="num" { (moment(gap.to)) }
            td class="num" { (length_ms(gap.length_ms)) }
            td class="num" { "≤ " (limit_ms(gap.limit_ms)) }
            td { (wording::scope_word(gap.scope)) }
            td class="num" { (group(gap.failing)) }
            td { @match &gap.fault { Some(id) => (fault_tag(scenario, id)), None => "–" } }
        }
    }
}
