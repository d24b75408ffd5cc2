//! Consumer groups over time: generations with their causes, the owner of each partition, and how long each rebalance took.
//! Absent where no member of a group reported a generation.

use maud::{Markup, html};
use strum::VariantArray;

use super::leaders::fault_tag;
use super::parts::more;
use crate::axis::Axis;
use crate::format::{count, group as grouped, length_ms, moment, untrusted};
use crate::limits::GROUPS_DRAWN_MAX;
use crate::model::{Cause, FaultWindow, Generation, Group, ScenarioReport};
use crate::svg::{Dot, strip};

/// The slowest rebalances in the table.
const SLOWEST_MAX: usize = 8;

/// The part of one scenario.
pub(super) fn part(scenario: &ScenarioReport, number: usize, axis: &Axis) -> Markup {
    let mut groups: Vec<&Group> = scenario.groups.iter().collect();
    // Those that a finding names, then those with the most generations.
    groups.sort_by_key(|group| {
        let most = std::cmp::Reverse(group.generations_total);
        (!is_named(scenario, group), most, group.name.as_str())
    });
    let drawn = groups.len().min(GROUPS_DRAWN_MAX);
    html! {
        @if !groups.is_empty() {
            h3 id=(format!("groups-{number}")) { "Consumer groups" }
            (legend())
            @for group in &groups[..drawn] { (figure(scenario, group, axis)) }
            @if groups.len() > drawn { (others(&groups[drawn..])) }
            (times(&groups))
            (slowest(scenario, &groups))
        }
    }
}

/// Whether a finding speaks of the group.
fn is_named(scenario: &ScenarioReport, group: &Group) -> bool {
    let findings = scenario
        .judgement
        .verdicts
        .iter()
        .flat_map(|v| &v.anomalies);
    let mut values = findings.filter_map(|anomaly| serde_json::to_value(&anomaly.kind).ok());
    let names = |value: serde_json::Value| {
        value.as_object().is_some_and(|fields| {
            fields
                .get("group")
                .is_some_and(|name| name.as_str() == Some(group.name.as_str()))
        })
    };
    values.any(names)
}

fn legend() -> Markup {
    html! {
        ul class="legend" aria-label="Legend" {
            li { span class="key leader" { "n1" } " node that answered as coordinator" }
            li { span class="key down" {} " rebalancing: the generation has begun, members still wait for their partitions" }
            li { span class="key owner" { "g4" } " stable generation" }
            li { span class="key owner" { "m2" } " owner of the partition" }
            li { span class="key overlap" {} " two owners in one generation" }
        }
    }
}

fn figure(scenario: &ScenarioReport, group: &Group, axis: &Axis) -> Markup {
    let (_, left_out) = crate::svg::owned_partitions(group);
    let shown = crate::svg::drawn_generations(group).len() as u64;
    html! {
        figure class="drawing" {
            p class="title" { span { "Group " code { (untrusted(&group.name)) } } }
            (crate::svg::group(scenario, group, axis))
            figcaption {
                (count(group.generations_total, "generations")) " of " (count(group.members.len() as u64, "members")) ". "
                (shared(group))
                @if shown < group.generations_total { " The first " (grouped(shown)) " are shown." }
                @if left_out > 0 { " " (count(left_out as u64, "partitions")) " without a lane." }
            }
        }
    }
}

/// Whether two members owned a partition in one generation.
fn shared(group: &Group) -> String {
    let contested = |one: &&Generation| one.owners.iter().any(|owner| owner.contested);
    let found: Vec<&Generation> = group.generations.iter().filter(contested).collect();
    match found.first() {
        None => "No partition had two owners in one generation.".to_owned(),
        Some(first) => format!(
            "In {} a partition had two owners, first in generation {}.",
            count(found.len() as u64, "generations"),
            first.number
        ),
    }
}

fn others(groups: &[&Group]) -> Markup {
    html! {
        details class="numbers" {
            summary { (count(groups.len() as u64, "further groups")) }
            div class="scroll" tabindex="0" role="group" aria-label="Groups without a drawing" {
                table {
                    caption { "Groups without a drawing" }
                    thead { tr {
                        th scope="col" { "group" } th scope="col" class="num" { "generations" } th scope="col" class="num" { "members" }
                    } }
                    tbody { @for group in groups { tr {
                        th scope="row" { code { (untrusted(&group.name)) } }
                        td class="num" { (grouped(group.generations_total)) }
                        td class="num" { (group.members.len()) }
                    } } }
                }
            }
        }
    }
}

/// The words of a cause.
fn words(cause: Cause) -> &'static str {
    match cause {
        Cause::First => "first generation",
        Cause::Expired => "a member fell silent",
        Cause::Left => "a member left",
        Cause::Returned => "a static member came back",
        Cause::Joined => "a member joined",
    }
}

/// The cause that a generation counts for: of several the one that takes the longest by its nature.
fn cause(generation: &Generation) -> Option<Cause> {
    generation.causes.iter().min().copied()
}

/// Time to stable, one row a cause, on one scale.
fn times(groups: &[&Group]) -> Markup {
    let of = |wanted: Option<Cause>| -> Vec<Dot> {
        let of_group = |group: &&Group| -> Vec<Dot> {
            let own = group.generations.iter().filter(|one| cause(one) == wanted);
            let dot = |one: &Generation| {
                let ms = one.time_to_stable_ms()?;
                let title = format!(
                    "{} generation {}: {}",
                    untrusted(&group.name),
                    one.number,
                    length_ms(ms)
                );
                Some(Dot {
                    ms,
                    over: false,
                    title,
                })
            };
            own.filter_map(dot).collect()
        };
        groups.iter().flat_map(of_group).collect()
    };
    let causes = Cause::VARIANTS.iter().copied().map(Some).chain([None]);
    let rows: Vec<(&str, Vec<Dot>)> = causes
        .map(|one| (one.map_or("no change of members", words), of(one)))
        .filter(|(_, dots)| !dots.is_empty())
        .collect();
    let most = rows
        .iter()
        .flat_map(|(_, dots)| dots)
        .map(|dot| dot.ms)
        .max();
    html! {
        @if let Some(most) = most {
            figure class="drawing" {
                div class="scroll" tabindex="0" role="group" aria-label="Time to stable after each cause of a rebalance" {
                    table class="strips" {
                        caption { "Time to stable: from the call of the member that came or went until the last member of the new generation had its partitions. "
                            "Nobody calls for a member that fell silent; there it counts from the first call to join again" }
                        thead { tr {
                            th scope="col" { "cause" } th scope="col" class="num" { "count" } th scope="col" class="num" { "min" }
                            th scope="col" class="num" { "median" } th scope="col" class="num" { "max" } th scope="col" { "distribution" }
                        } }
                        tbody { @for (name, dots) in &rows { (row(name, dots, most)) } }
                    }
                }
            }
        }
    }
}

fn row(name: &str, dots: &[Dot], most: u64) -> Markup {
    let mut lengths: Vec<u64> = dots.iter().map(|dot| dot.ms).collect();
    lengths.sort_unstable();
    let cell = |length: Option<&u64>| length.map_or_else(|| "–".to_owned(), |ms| length_ms(*ms));
    html! {
        tr {
            th scope="row" { (name) }
            td class="num" { (lengths.len()) }
            td class="num" { (cell(lengths.first())) }
            td class="num" { (cell(lengths.get(lengths.len() / 2))) }
            td class="num" { (cell(lengths.last())) }
            td class="strip" { (strip(&format!("time to stable, {name}"), dots, None, most)) }
        }
    }
}

/// The slowest rebalances, each with the faults that were active.
fn slowest(scenario: &ScenarioReport, groups: &[&Group]) -> Markup {
    let all = groups
        .iter()
        .flat_map(|group| group.generations.iter().map(|one| (*group, one)));
    let mut all: Vec<(&Group, &Generation)> = all.collect();
    let total = all.len();
    let length = |one: &Generation| one.time_to_stable_ms().unwrap_or(u64::MAX);
    all.sort_by_key(|(group, one)| {
        (
            std::cmp::Reverse(length(one)),
            one.begin_ns,
            group.name.as_str(),
        )
    });
    all.truncate(SLOWEST_MAX);
    html! {
        div class="scroll" tabindex="0" role="group" aria-label="The slowest rebalances" {
            table class="rebalances" {
                caption { "The slowest rebalances" }
                thead { tr {
                    th scope="col" { "group" } th scope="col" class="num" { "generation" } th scope="col" { "cause" }
                    th scope="col" class="num" { "begin" } th scope="col" class="num" { "time to stable" }
                    th scope="col" class="num" { "members" } th scope="col" { "faults in that time" }
                } }
                tbody { @for (group, one) in &all { (rebalance(scenario, group, one)) } }
            }
        }
        (more(all.len(), total, "report.json"))
    }
}

fn rebalance(scenario: &ScenarioReport, group: &Group, one: &Generation) -> Markup {
    let causes: Vec<&str> = one.causes.iter().copied().map(words).collect();
    let until = one.stable_ns.unwrap_or(one.end_ns);
    let active = |f: &&FaultWindow| f.called_ns <= until && f.end_or(u64::MAX) >= one.called_ns;
    let faults: Vec<&FaultWindow> = scenario.faults_in_effect().filter(active).collect();
    html! {
        tr {
            th scope="row" { code { (untrusted(&group.name)) } }
            td class="num" { (one.number) }
            td { @if causes.is_empty() { "no change of members" } @else { (causes.join(", ")) } }
            td class="num" { (moment(one.called_ns)) }
            td class="num" { @match one.time_to_stable_ms() {
                Some(ms) => (length_ms(ms)),
                None => "never: replaced before",
            } }
            td class="num" { (one.synced) " of " (one.members) }
            td { @if faults.is_empty() { "–" } @for fault in faults { (fault_tag(scenario, &fault.id)) " " } }
        }
    }
}
