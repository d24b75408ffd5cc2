//! Section 6: which node led when, as lanes and as tables of overlaps and elections, each with its explanation.

use checkers::judgement::{Election, Explanation, Seat};
use maud::{Markup, html};

use super::parts::{figure, more};
use crate::axis::Axis;
use crate::format::{count, length_ms, moment, untrusted};
use crate::limits::TABLE_ROWS_MAX;
use crate::measures::{Measures, Name};
use crate::model::{FaultClass, ScenarioReport};
use crate::overlaps::{Overlap, overlaps};
use crate::wording;

/// The part of one scenario.
pub(super) fn part(scenario: &ScenarioReport, number: usize, axis: &Axis) -> Markup {
    let overlaps = overlaps(&scenario.judgement.lanes);
    let elections = &scenario.judgement.elections;
    html! {
        h3 id=(format!("leaders-{number}")) { "Leaders and terms" }
        @if scenario.judgement.lanes.is_empty() { p { "No node was asked for the leader." } } @else {
            figure class="drawing" {
                (legend())
                (crate::svg::lanes(scenario, axis))
                figcaption { (changes(scenario)) " " (finding(&overlaps)) }
            }
        }
        (overlap_table(&overlaps))
        (election_table(scenario, elections))
    }
}

/// What the marks mean.
fn legend() -> Markup {
    html! {
        ul class="legend" aria-label="Legend" {
            li { span class="key leader" { "e4" } " node claims to lead, in epoch 4" }
            li { span class="key down" { } " down or paused" }
            li { span class="key silent" { } " silent" }
            li { span class="key overlap" { } " two nodes claim to lead at once" }
            @for class in FaultClass::ALL {
                li { span class=(format!("key {}", class.word())) { (class.letter()) } " " (class.word()) " fault" }
            }
        }
    }
}

/// `Changes of leader: 5, all explained.`
fn changes(scenario: &ScenarioReport) -> Markup {
    let measures = Measures::of_scenario(scenario);
    let shown = measures.shown(Name::ChangesOfLeader).unwrap_or_default();
    html! {
        "Changes of leader after formation: " (figure(&scenario.name, Name::ChangesOfLeader, &shown)) ", "
        (wording::explained(&scenario.judgement.elections)) "."
    }
}

fn finding(overlaps: &[Overlap]) -> String {
    let same = overlaps.iter().filter(|o| o.same_epoch).count();
    match (overlaps.len(), same) {
        (0, _) => "No two nodes claimed to lead at once.".to_string(),
        (some, 0) => format!(
            "Two nodes claimed to lead at once {}, never in one epoch.",
            count(some as u64, "times")
        ),
        (some, same) => {
            format!(
                "Two nodes claimed to lead at once {}, {same} of them in one epoch.",
                count(some as u64, "times")
            )
        }
    }
}

fn overlap_table(overlaps: &[Overlap]) -> Markup {
    let shown = overlaps.len().min(TABLE_ROWS_MAX);
    html! {
        @if shown > 0 {
            div class="scroll" tabindex="0" role="group" aria-label="Times at which two nodes claimed to lead" {
                table {
                    caption { "Times at which two nodes claimed to lead" }
                    thead { tr {
                        th scope="col" class="num" { "begin" } th scope="col" class="num" { "length" }
                        th scope="col" { "one" } th scope="col" { "other" } th scope="col" { "epochs" }
                    } }
                    tbody { @for overlap in &overlaps[..shown] {
                        @let [one, other] = overlap.claims.each_ref().map(claim);
                        tr {
                            th scope="row" class="num" { (moment(overlap.begin_ns)) }
                            td class="num" { (length_ms((overlap.end_ns - overlap.begin_ns) / 1_000_000)) }
                            td { (one) } td { (other) }
                            td { @if overlap.same_epoch { strong class="bad" { "✗ the same epoch" } } @else { "different" } }
                        }
                    } }
                }
            }
            (more(shown, overlaps.len(), "verdict.json"))
        }
    }
}

fn claim((node, epoch): &(String, Option<i32>)) -> String {
    format!("{} in epoch {}", untrusted(node), epoch_word(*epoch))
}

fn epoch_word(epoch: Option<i32>) -> String {
    epoch.map_or_else(|| "–".to_string(), |e| e.to_string())
}

fn election_table(scenario: &ScenarioReport, elections: &[Election]) -> Markup {
    let shown = elections.len().min(TABLE_ROWS_MAX);
    html! {
        @if shown > 0 {
            div class="scroll" tabindex="0" role="group" aria-label="Changes of leader or epoch" {
                table class="elections" {
                    caption { "Formation, and changes of leader or epoch after it" }
                    thead { tr {
                        th scope="col" class="num" { "seen at" } th scope="col" { "partition" } th scope="col" { "leader" }
                        th scope="col" { "epoch" } th scope="col" class="num" { "leaderless" } th scope="col" { "explained by" }
                    } }
                    tbody { @for election in &elections[..shown] { (election_row(scenario, election)) } }
                }
            }
            (more(shown, elections.len(), "verdict.json"))
        }
    }
}

fn election_row(scenario: &ScenarioReport, election: &Election) -> Markup {
    let node = |n: &Option<String>| n.as_deref().map(untrusted).unwrap_or_else(|| "none".into());
    let seat = match &election.seat {
        Seat::Quorum => "quorum".to_string(),
        Seat::Partition { topic, partition } => format!("{}/{partition}", untrusted(topic)),
    };
    html! {
        tr {
            th scope="row" class="num" { (moment(election.at)) }
            td {
                code { (seat) }
                @if election.seats > 1 { " and " (count(election.seats - 1, "others")) }
            }
            td { (node(&election.old_leader)) " → " (node(&election.new_leader)) }
            td { (epoch_word(election.old_epoch)) " → " (epoch_word(election.new_epoch)) }
            td class="num" { (length_ms(election.leaderless_ms)) }
            td { (explanation(scenario, &election.explained)) }
        }
    }
}

/// The explanation, or that there is none.
pub(super) fn explanation(scenario: &ScenarioReport, explained: &Explanation) -> Markup {
    html! {
        @match explained {
            Explanation::Formation => { "formation" }
            Explanation::Fault { id } => { (fault_tag(scenario, id)) }
            Explanation::Restart { node } => { "process of " (untrusted(node)) " started or ended" }
            Explanation::Starved { who, thread, at, by_ms } => {
                strong class="doubt" { "? machine starved" }
                " (" (wording::late(who, thread.as_deref(), *at, *by_ms)) ")"
            }
            Explanation::Unexplained => { strong class="bad" { "✗ unexplained" } }
        }
    }
}

/// A fault by its letter, id and title.
pub(super) fn fault_tag(scenario: &ScenarioReport, id: &str) -> Markup {
    html! {
        @match scenario.fault(id) {
            Some(fault) => span class=(format!("tag {}", fault.class.word())) {
                b { (fault.class.letter()) } " " (untrusted(&fault.id)) " " (untrusted(&fault.title()))
            },
            None => { (untrusted(id)) }
        }
    }
}
