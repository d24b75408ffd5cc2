//! `availability`, `served-after-heal` and `node-responds`: gaps in acknowledgements by the produce probe, and nodes that
//! do not answer though nothing is wrong with them.
//!
//! A gap lasts from a fault's begin to the first acknowledgement of a record *sent after it*: an acknowledgement of an
//! older record says nothing about the new leader.

use super::Check;
use super::claims::{MS, margin};
use crate::history::{Moment, NodeHappening, NodeName, Phase, Seen, Window};
use crate::judgement::Gap;
use crate::verdict::{Doubt, Evidence, Finding, GapScope, Unit, Validity, Verdict};

/// An acknowledged record of the produce probe.
#[derive(Clone, Copy, Debug)]
pub(super) struct Acknowledged {
    pub(super) sent: Moment,
    pub(super) at: Moment,
}

/// All of them, in the order of their acknowledgements.
pub(super) fn acknowledged(check: &Check<'_>) -> Vec<Acknowledged> {
    let mut all: Vec<Acknowledged> = check
        .history
        .observations()
        .filter(|o| o.observation.answered && matches!(o.observation.seen, Seen::Produce { .. }))
        .map(|o| Acknowledged {
            sent: o.observation.called,
            at: o.at,
        })
        .collect();
    all.sort_by_key(|acknowledged| acknowledged.at);
    all
}

/// When a record that was sent at that time or later was first acknowledged.
pub(super) fn first_after(all: &[Acknowledged], sent: Moment) -> Option<Moment> {
    all.iter().filter(|a| a.sent >= sent).map(|a| a.at).min()
}

/// The gaps that are held to a limit.
pub(super) fn gaps(check: &Check<'_>) -> Vec<Gap> {
    let all = acknowledged(check);
    let limits = check.history.limits();
    let nodes = check.history.nodes();
    let load_end = check
        .history
        .phase(Phase::Recovery)
        .unwrap_or(check.history.end());
    let Some(load) = check.history.phase(Phase::Load) else {
        return Vec::new();
    };
    let mut gaps = Vec::new();
    let mut add = |scope, from: Moment, to: Moment, limit_ms, fault: Option<&Window>| {
        let length_ms = to.saturating_sub(from) / MS;
        let starved = length_ms > limit_ms && check.history.starved(from, to).is_some();
        let validity = match length_ms > limit_ms {
            true if starved => Validity::Undecided,
            true => Validity::Invalid,
            false => Validity::Valid,
        };
        let fault = fault.map(|window| window.id.clone());
        let failing = 0;
        gaps.push(Gap {
            from,
            to,
            length_ms,
            scope,
            limit_ms,
            fault,
            failing,
            validity,
        });
    };
    let end = all.last().map_or(load_end, |last| last.at).max(load_end);
    let first_after = |sent: Moment| first_after(&all, sent).unwrap_or(end);
    for window in check.windows.iter().filter(|window| window.took_effect()) {
        // Backed-off connections come back up to a cut's length late, unless the target bounds them.
        let back_off_ms = match window.healed {
            Some(healed) if !check.history.promises().bounds_its_connections => {
                healed.saturating_sub(window.called) / MS
            }
            _ => 0,
        };
        if window.breaks_majority(&nodes) || (hides_leader(window) && !window.affects_leader) {
            let Some(healed) = window.healed else {
                continue;
            };
            let limit_ms = limits.fail_over_ms + back_off_ms;
            add(
                GapScope::AfterHeal,
                healed,
                first_after(healed),
                limit_ms,
                Some(window),
            );
        } else if window.affects_leader {
            let to = first_after(window.called);
            add(
                GapScope::FailOver,
                window.called,
                to,
                limits.fail_over_ms,
                Some(window),
            );
        }
    }
    // Between neighbouring acknowledgements: only what reaches beyond half a limit is worth a row.
    let mut before = load;
    for next in all
        .iter()
        .map(|a| a.at)
        .chain([load_end])
        .filter(|at| *at >= load)
    {
        let (from, to) = (before, next.min(load_end));
        before = before.max(next);
        if to.saturating_sub(from) / MS
            <= limits.gap_unaffected_ms.min(limits.gap_outside_faults_ms) / 4
        {
            continue;
        }
        let settle = margin(check.history);
        let touching = |w: &&Window| !w.skipped && w.called <= to && from <= w.end(settle);
        let mut windows: Vec<&Window> = check.windows.iter().filter(touching).collect();
        windows.sort_by_key(|window| !explains_gaps(window, &nodes));
        match windows.first() {
            Some(window) if explains_gaps(window, &nodes) => {}
            Some(window) => {
                add(
                    GapScope::Unaffected,
                    from,
                    to,
                    limits.gap_unaffected_ms,
                    Some(window),
                );
            }
            None => add(
                GapScope::OutsideFaults,
                from,
                to,
                limits.gap_outside_faults_ms,
                None,
            ),
        }
    }
    gaps.sort_by_key(|gap| (gap.from, gap.to));
    gaps
}

/// Whether gaps in it are judged as fail-over or after its heal.
fn explains_gaps(window: &Window, nodes: &[NodeName]) -> bool {
    window.affects_leader
        || !window.role_held
        || window.breaks_majority(nodes)
        || hides_leader(window)
}

fn hides_leader(window: &Window) -> bool {
    window.role != "follower" && window.targets.iter().any(|node| window.hides(node))
}

pub(super) fn availability(check: &Check<'_>, gaps: &[Gap]) -> Verdict {
    let mut verdict = check.verdict("availability");
    let sent = acknowledged(check).len() as u64;
    verdict.saw("acknowledged probe records", sent);
    if sent == 0 && check.history.phase(Phase::Load).is_some() {
        verdict.doubt(Doubt::NothingSeen {
            what: "acknowledged probe records".to_owned(),
        });
    }
    let limits = check.history.limits();
    let scopes = [
        (GapScope::FailOver, "fail_over_ms_max", limits.fail_over_ms),
        (
            GapScope::Unaffected,
            "gap_unaffected_ms_max",
            limits.gap_unaffected_ms,
        ),
        (
            GapScope::OutsideFaults,
            "gap_outside_faults_ms_max",
            limits.gap_outside_faults_ms,
        ),
    ];
    for (scope, name, limit) in scopes {
        let longest = gaps
            .iter()
            .filter(|gap| gap.scope == scope)
            .map(|gap| gap.length_ms)
            .max();
        verdict.figure(name, longest.unwrap_or(0), Some(limit), Unit::Milliseconds);
    }
    let last = acknowledged(check).last().map_or(0, |last| last.at);
    for gap in gaps.iter().filter(|gap| gap.length_ms > gap.limit_ms) {
        let finding = Finding::Gap {
            scope: gap.scope,
            from: gap.from,
            to: gap.to,
            length_ms: gap.length_ms,
            limit_ms: gap.limit_ms,
            ended: gap.to <= last,
        };
        let evidence = Evidence {
            window: Some((gap.from, gap.to)),
            ..Evidence::default()
        };
        check.unless_starved(finding, evidence, gap.from, gap.to, &mut verdict);
    }
    verdict
}

pub(super) fn served(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("served-after-heal");
    let Some(recovery) = check.history.phase(Phase::Recovery) else {
        verdict.doubt(Doubt::NothingSeen {
            what: "recovery phases".to_owned(),
        });
        return verdict;
    };
    let healed = check
        .windows
        .iter()
        .filter_map(|w| w.healed)
        .max()
        .unwrap_or(recovery);
    let end = check.history.end();
    let after = acknowledged(check)
        .iter()
        .filter(|a| a.sent >= healed)
        .count() as u64;
    let reads: usize = check.views.values().map(|view| view.covered.len()).sum();
    verdict.saw("probe records acknowledged after the last heal", after);
    verdict.saw("final reads", reads as u64);
    let waited_ms = end.saturating_sub(healed) / MS;
    let complete = check.history.phase(Phase::Done).is_some();
    for (count, what) in [(after, "appends"), (reads as u64, "reads")] {
        if count == 0 && complete {
            let finding = Finding::NotServed {
                what: what.to_owned(),
                waited_ms,
            };
            let evidence = Evidence {
                window: Some((healed, end)),
                ..Evidence::default()
            };
            check.unless_starved(finding, evidence, healed, end, &mut verdict);
        } else if count == 0 {
            verdict.doubt(Doubt::NothingSeen {
                what: what.to_owned(),
            });
        }
    }
    verdict
}

/// A node that is neither stopped, killed, hidden from the clients nor starved answers within the limit.
pub(super) fn responds(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("node-responds");
    let limits = check.history.limits();
    let mut longest = 0;
    let mut seen = 0;
    for node in check.history.nodes() {
        let mut since: Option<(Moment, u64)> = None;
        let mut told = false;
        for observed in check.history.observations() {
            let about = observed.observation;
            if about.node != node || !matches!(about.seen, Seen::Metadata { .. }) {
                continue;
            }
            seen += 1;
            if about.answered || excused(check, &node, about.called, observed.at) {
                since = None;
                told = false;
                continue;
            }
            let (from, id) = *since.get_or_insert((about.called, observed.id));
            let length_ms = observed.at.saturating_sub(from) / MS;
            longest = longest.max(length_ms);
            if length_ms > limits.response_ms && !told {
                told = true;
                let later = check.history.observations().any(|o| {
                    o.at > observed.at
                        && o.observation.node == node
                        && o.observation.answered
                        && matches!(o.observation.seen, Seen::Metadata { .. })
                });
                let finding = Finding::NodeSilent {
                    node: node.clone(),
                    length_ms,
                    limit_ms: limits.response_ms,
                    error: about.error.clone(),
                    came_back: later,
                };
                let evidence = Evidence {
                    events: vec![id, observed.id],
                    nodes: vec![node.clone()],
                    window: Some((from, observed.at)),
                    ..Evidence::default()
                };
                check.unless_starved(finding, evidence, from, observed.at, &mut verdict);
            }
        }
    }
    verdict.saw("probes", seen);
    verdict.figure(
        "silence_ms_max",
        longest,
        Some(limits.response_ms),
        Unit::Milliseconds,
    );
    check.saw_any(seen, "probes of nodes", &mut verdict);
    verdict
}

fn excused(check: &Check<'_>, node: &NodeName, from: Moment, to: Moment) -> bool {
    let limits = check.history.limits();
    // After a heal the probe itself has to time out and dial again.
    let settle = limits.response_ms * MS;
    let faulty = check.windows.iter().any(|window| {
        (window.stops(node) || window.hides(node))
            && window.called <= to
            && from <= window.end(settle)
    });
    if faulty {
        return true;
    }
    // Between an end of the process and its next start, and while that start forms.
    let mut down_since: Option<Moment> = Some(0);
    for (_, at, happening) in check
        .history
        .happenings()
        .filter(|(_, _, h)| h.node == *node)
    {
        match happening.what {
            NodeHappening::Exited => down_since = Some(at),
            NodeHappening::Started => {
                let down = down_since.take().unwrap_or(at);
                if down <= to && from <= at + limits.formation_ms * MS {
                    return true;
                }
            }
            NodeHappening::Unknown => {}
        }
    }
    down_since.is_some_and(|since| since <= to)
}
