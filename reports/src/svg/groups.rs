//! Lanes of a consumer group: faults, the coordinator, the generations, and a lane for each partition with its owners.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::{AXIS, LANE, bands, bar, framed, lane_name, ribbon, time_axis};
use crate::axis::{Axis, LEFT, RIGHT, WIDTH};
use crate::format::{count, length_ms, moment, untrusted};
use crate::limits::{GROUP_BARS_MAX, PARTITION_LANES_MAX};
use crate::model::{Generation, Group, Owner, ScenarioReport};

/// The partitions that have lanes, and how many have none.
pub(crate) fn owned_partitions(group: &Group) -> (Vec<(&str, i32)>, usize) {
    let owners = group.generations.iter().flat_map(|g| &g.owners);
    let all: BTreeSet<(&str, i32)> = owners.map(|o| (o.topic.as_str(), o.partition)).collect();
    let left_out = all.len().saturating_sub(PARTITION_LANES_MAX);
    (
        all.into_iter().take(PARTITION_LANES_MAX).collect(),
        left_out,
    )
}

/// The generations that are drawn: the first ones, as many as a drawing of all these lanes may have bars for.
pub(crate) fn drawn_generations(group: &Group) -> &[Generation] {
    let lanes = owned_partitions(group).0.len() + 2;
    &group.generations[..group.generations.len().min(GROUP_BARS_MAX / lanes)]
}

/// The drawing.
pub(crate) fn group(scenario: &ScenarioReport, group: &Group, axis: &Axis) -> Markup {
    let (partitions, _) = owned_partitions(group);
    let height = LANE * (partitions.len() as u32 + 3);
    let name = |(topic, partition): &(&str, i32)| format!("{}/{partition}", untrusted(topic));
    let partition_names: Vec<String> = partitions.iter().map(name).collect();
    let names: Vec<String> = ["faults", "coord.", "generation"]
        .map(str::to_owned)
        .into_iter()
        .chain(partition_names.iter().cloned())
        .collect();
    let label = format!(
        "Group {} over {}: {} of {}, coordinator, and the owners of {}",
        untrusted(&group.name),
        length_ms(scenario.duration_ms),
        count(group.generations_total, "generations"),
        count(group.members.len() as u64, "members"),
        partition_names.join(", ")
    );
    let drawing = html! {
        svg class="lanes" viewBox=(format!("0 0 {WIDTH} {}", height + AXIS)) role="img" aria-label=(label) {
            (bands(axis, scenario.faults_in_effect(), height))
            (time_axis(axis, height))
            (ribbon(axis, scenario.faults_in_effect(), 0))
            (coordinators(group, axis, LANE))
            (generations(group, axis, LANE * 2))
            @for (index, partition) in partitions.iter().enumerate() {
                (owners(group, *partition, &partition_names[index], axis, LANE * (3 + index as u32)))
            }
        }
    };
    let label = format!("Drawing of group {}", untrusted(&group.name));
    framed(&label, &names, &drawing)
}

fn track(y: u32) -> Markup {
    html! { line class="track" x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y + LANE / 2) y2=(y + LANE / 2) {} }
}

/// The bar of a stretch of time.
fn stretch(class: &str, axis: &Axis, (from, to): (u64, u64), y: u32, text: (&str, &str)) -> Markup {
    bar(class, axis.x(from), axis.x(to), y, text.0, text.1)
}

fn coordinators(group: &Group, axis: &Axis, y: u32) -> Markup {
    html! {
        (lane_name("coord.", y))
        (track(y))
        @for one in &group.coordinators {
            @let node = untrusted(&one.node);
            (stretch("leader", axis, (one.from_ns, one.to_ns), y, (&node, &format!(
                "{node} answered as coordinator: {} to {}", moment(one.from_ns), moment(one.to_ns)))))
        }
    }
}

fn generations(group: &Group, axis: &Axis, y: u32) -> Markup {
    html! {
        (lane_name("generation", y))
        (track(y))
        @for one in drawn_generations(group) {
            @let stable = one.stable_ns.unwrap_or(one.end_ns).min(one.end_ns).max(one.begin_ns);
            @let title = generation_title(one);
            (stretch("down", axis, (one.begin_ns, stable), y, ("", &title)))
            (stretch("owner", axis, (stable, one.end_ns), y, (&format!("g{}", one.number), &title)))
        }
    }
}

fn generation_title(one: &Generation) -> String {
    let stable = match one.stable_ns {
        Some(at) => format!("stable at {}", moment(at)),
        None => "never stable".to_owned(),
    };
    format!(
        "generation {}: begun at {}, {stable}, until {}; {} of {} got their partitions",
        one.number,
        moment(one.begin_ns),
        moment(one.end_ns),
        one.synced,
        count(one.members, "members")
    )
}

fn owners(group: &Group, partition: (&str, i32), name: &str, axis: &Axis, y: u32) -> Markup {
    let of = |generation: &'_ Generation| -> Vec<(i32, Owner)> {
        let own = generation.owners.iter();
        let own = own.filter(|o| (o.topic.as_str(), o.partition) == partition);
        own.map(|o| (generation.number, o.clone())).collect()
    };
    let all: Vec<(i32, Owner)> = drawn_generations(group).iter().flat_map(of).collect();
    html! {
        (lane_name(name, y))
        (track(y))
        @for (generation, owner) in &all {
            @let member = owner.member + 1;
            @let id = untrusted(group.members.get(owner.member).map_or("", String::as_str));
            (stretch(if owner.contested { "owner twice" } else { "owner" }, axis, (owner.from_ns, owner.to_ns), y, (&format!("m{member}"), &format!(
                "{name} was owned by m{member} ({id}) in generation {generation}: {} to {}{}",
                moment(owner.from_ns), moment(owner.to_ns),
                if owner.contested { "; another member owned it in the same generation" } else { "" }))))
        }
    }
}
