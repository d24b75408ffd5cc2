//! `resource-growth`: memory or descriptors of a node's process grow steadily beyond a limit: a queue without bound, a
//! leak.
//!
//! What counts is the rise above the lowest value since the process started, so a restart begins anew and a start-up
//! that frees what it needed is healthy. One step that makes up more than half of a rise is a burst (a buffer, a table
//! that doubled) and does not count. Only one: a leak of 100 MiB a second rises by more than the limit from one look to
//! the next, and a check that takes each such step for a burst of its own never detects it. Where the harness does not
//! see the processes (`/proc` is not the sandbox's own), or the target states no limit, the check does not apply.

use std::collections::BTreeMap;

use super::Check;
use crate::history::{Moment, NodeHappening, NodeName, Seen};
use crate::verdict::{Doubt, Evidence, Finding, Unit, Verdict};

/// A figure of one process at one moment.
#[derive(Clone, Copy, Debug)]
struct Sample {
    id: u64,
    at: Moment,
    value: u64,
}

/// A resource that is held to a limit.
struct Resource {
    name: &'static str,
    figure: &'static str,
    unit: Unit,
    limit: u64,
    of: fn(&Seen) -> Option<u64>,
}

/// A rise above the lowest value.
#[derive(Clone, Copy, Debug)]
struct Rise {
    low: Sample,
    /// The first sample beyond the limit.
    passed: Sample,
    highest: u64,
}

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let limits = check.history().limits();
    let resident = limits.resident_growth_bytes.map(|limit| Resource {
        name: "resident_bytes",
        figure: "resident_growth_bytes",
        unit: Unit::Bytes,
        limit,
        of: |seen| match seen {
            Seen::Process { resident_bytes, .. } => Some(*resident_bytes),
            _ => None,
        },
    });
    let descriptors = limits.descriptor_growth.map(|limit| Resource {
        name: "descriptors",
        figure: "descriptor_growth",
        unit: Unit::Times,
        limit,
        of: |seen| match seen {
            Seen::Process { descriptors, .. } => Some(*descriptors),
            _ => None,
        },
    });
    if resident.is_none() && descriptors.is_none() {
        let promise = "limits of growth".to_owned();
        verdict.not_applicable(Doubt::NotPromised { promise });
        return verdict;
    }
    let mut seen = 0;
    for resource in [resident, descriptors].into_iter().flatten() {
        let mut most = 0;
        for (node, samples) in processes(check, resource.of) {
            seen += samples.len() as u64;
            let (growth, rise) = growth(&samples, resource.limit);
            most = most.max(growth);
            if let Some(rise) = rise {
                found(check, &resource, &node, rise, &mut verdict);
            }
        }
        verdict.figure(resource.figure, most, Some(resource.limit), resource.unit);
    }
    verdict.saw("figures of processes", seen);
    if seen == 0 {
        verdict.not_applicable(Doubt::NotInRun {
            what: "figures of processes".to_owned(),
        });
    }
    verdict
}

/// The samples of every process, in order: a node that was started again has several.
fn processes(check: &Check<'_>, of: fn(&Seen) -> Option<u64>) -> Vec<(NodeName, Vec<Sample>)> {
    let mut samples: BTreeMap<(NodeName, usize), Vec<Sample>> = BTreeMap::new();
    let starts: BTreeMap<NodeName, Vec<Moment>> = check
        .history()
        .nodes()
        .into_iter()
        .map(|node| {
            let starts = check
                .history()
                .happenings()
                .filter_map(|(_, at, happening)| {
                    let started =
                        happening.node == node && happening.what == NodeHappening::Started;
                    started.then_some(at)
                });
            let starts = starts.collect();
            (node, starts)
        })
        .collect();
    for observed in check.history().observations() {
        let Some(value) = of(&observed.observation.seen) else {
            continue;
        };
        let node = observed.observation.node.as_str();
        let process = starts.get(node).map_or(0, |starts| {
            starts.partition_point(|start| *start <= observed.at)
        });
        samples
            .entry((node.to_owned(), process))
            .or_default()
            .push(Sample {
                id: observed.id,
                at: observed.at,
                value,
            });
    }
    samples
        .into_iter()
        .map(|((node, _), samples)| (node, samples))
        .collect()
}

/// The largest steady rise of one process, and the first that is beyond the limit.
fn growth(samples: &[Sample], limit: u64) -> (u64, Option<Rise>) {
    let Some(first) = samples.first() else {
        return (0, None);
    };
    let (mut low, mut last, mut largest_step, mut most) = (*first, *first, 0, 0);
    let mut beyond: Option<Rise> = None;
    for sample in &samples[1..] {
        let (before, after) = (last.value, sample.value);
        last = *sample;
        // What a burst took and gives back is excused no longer.
        largest_step = after.saturating_sub(before).max(largest_step);
        largest_step -= before.saturating_sub(after).min(largest_step);
        if after < low.value {
            (low, largest_step) = (*sample, 0);
            continue;
        }
        let rise = steady(after.saturating_sub(low.value), largest_step);
        most = most.max(rise);
        if rise > limit && beyond.is_none() {
            beyond = Some(Rise {
                low,
                passed: *sample,
                highest: after,
            });
        }
        if let Some(beyond) = &mut beyond {
            beyond.highest = beyond.highest.max(after);
        }
    }
    (most, beyond)
}

/// What counts of a rise: all of it, or what is left without the one step that makes up more than half.
fn steady(rise: u64, largest_step: u64) -> u64 {
    if largest_step.saturating_mul(2) > rise {
        rise.saturating_sub(largest_step)
    } else {
        rise
    }
}

fn found(check: &Check<'_>, resource: &Resource, node: &str, rise: Rise, verdict: &mut Verdict) {
    let finding = Finding::ResourceGrowth {
        node: node.to_owned(),
        resource: resource.name.to_owned(),
        from: rise.low.value,
        to: rise.passed.value,
        highest: rise.highest,
        limit: resource.limit,
    };
    let evidence = Evidence {
        events: vec![rise.low.id, rise.passed.id],
        nodes: vec![node.to_owned()],
        window: Some((rise.low.at, rise.passed.at)),
        ..Evidence::default()
    };
    // A starved machine does not make memory grow, but a starved node cannot free what it holds.
    check.unless_starved(finding, evidence, rise.low.at, rise.passed.at, verdict);
}
