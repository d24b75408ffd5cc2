//! `fail-over`: where a leader was paused, killed or cut off for longer than the target needs to notice, another node
//! takes over. A partition whose leader never moves looks like a slow fail-over: its gap ends with the heal, and where
//! the fault is shorter than the limit nothing was too long.
//!
//! Counted is a partition whose leader, as all nodes named it, was lost in a window, with a majority left; that was tried
//! to be appended to and acknowledged nothing before the heal; and of which no other node named a new leader or epoch.
//! An election can be unlucky: a window that is less than twice as long as the detection proves it only together with
//! a second one.

use std::collections::BTreeMap;

use super::Check;
use super::away::Away;
use super::claims::{MS, Row};
use crate::history::{Moment, NodeName, Phase, Window};
use crate::verdict::{Doubt, Evidence, Finding, Verdict};

/// A target notices within so many of its longest election time-outs that a leader is lost, and elects.
const DETECTION_TIMES: u64 = 2;
/// If the quorum's own leader is lost too, it is replaced first.
const DETECTION_TIMES_QUORUM: u64 = 3;
/// How long before a fault an answer about the leader counts.
const BEFORE: Moment = 2_000 * MS;

/// Nobody took over.
struct Missing<'w> {
    window: &'w Window,
    leader: NodeName,
    partitions: Vec<(String, i32)>,
    events: Vec<u64>,
    detection_ms: u64,
    length_ms: u64,
}

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if check.is_no_run(&mut verdict) {
        return verdict;
    }
    let away = Away::of(check.prepared());
    let mut judged = 0;
    let mut missing: Vec<Missing<'_>> = Vec::new();
    for (number, window) in check.windows().iter().enumerate() {
        let at_once: Vec<&Window> = check
            .windows()
            .iter()
            .filter(|w| w.took_effect() && w.called < window.end(0) && window.called < w.end(0))
            .collect();
        let loaded = check
            .history()
            .phase(Phase::Recovery)
            .unwrap_or(Moment::MAX);
        let hides = |w: &&Window| check.nodes().iter().any(|node| w.hides(node));
        if !window.took_effect()
            || window.healed.is_none_or(|healed| healed > loaded)
            || at_once.iter().any(hides)
            || Window::break_majority(&at_once, check.nodes())
            || away.majority_again(window, &at_once).is_some()
        {
            continue;
        }
        judged += of_window(check, (number, window), &mut missing);
    }
    verdict.saw("partitions whose leader was lost for long enough", judged);
    let proves = |m: &Missing<'_>| m.length_ms >= m.detection_ms.saturating_mul(2);
    if missing.len() > 1 || missing.iter().any(proves) {
        missing
            .into_iter()
            .for_each(|m| tell(check, m, &mut verdict));
    } else if let Some(once) = missing.first() {
        verdict.doubt(Doubt::FailOverOnce {
            fault: once.window.id.clone(),
            length_ms: once.length_ms,
            needed_ms: once.detection_ms.saturating_mul(2),
        });
    } else if judged == 0 {
        verdict.not_applicable(Doubt::NotInRun {
            what: "faults that take a leader away for longer than its detection".to_owned(),
        });
    }
    verdict
}

/// Looks at every partition whose leader a window took away. Returns how many there were.
fn of_window<'w>(
    check: &Check<'_>,
    (number, window): (usize, &'w Window),
    missing: &mut Vec<Missing<'w>>,
) -> u64 {
    let (from, healed) = (window.called, window.end(0));
    let rows = &check.claims().rows;
    let first = rows.partition_point(|row| row.returned < from.saturating_sub(BEFORE));
    let begin = rows.partition_point(|row| row.returned <= from);
    let end = rows.partition_point(|row| row.returned <= healed);
    let quorum = &check.claims().quorum;
    let of_quorum = quorum[..quorum.partition_point(|row| row.returned <= from)].last();
    let quorum_lost = of_quorum
        .and_then(|row| row.leader)
        .is_none_or(|leader| lost(window, leader, check.nodes()));
    let times = match quorum_lost {
        true => DETECTION_TIMES_QUORUM,
        false => DETECTION_TIMES,
    };
    let detection_ms = check
        .history()
        .limits()
        .election_timeout_ms
        .saturating_mul(times);
    let length_ms = healed.saturating_sub(from) / MS;
    if length_ms <= detection_ms {
        return 0;
    }
    // The leader of each seat before the fault: the last to be named, in the highest epoch.
    let mut leaders: BTreeMap<usize, &Row<'_>> = BTreeMap::new();
    for row in rows[first..begin].iter().filter(|row| row.leader.is_some()) {
        let known = leaders.entry(row.seat).or_insert(row);
        if row.epoch >= known.epoch {
            *known = row;
        }
    }
    leaders.retain(|_, row| row.leader.is_some_and(|l| lost(window, l, check.nodes())));
    let late = from.saturating_add(detection_ms.saturating_mul(MS));
    let mut moved: BTreeMap<usize, bool> = BTreeMap::new();
    let mut events: BTreeMap<usize, u64> = BTreeMap::new();
    for row in &rows[begin..end] {
        let Some(before) = leaders.get(&row.seat) else {
            continue;
        };
        let other = row
            .leader
            .is_some_and(|leader| Some(leader) != before.leader);
        *moved.entry(row.seat).or_default() |= other || row.epoch > before.epoch;
        if Some(row.node) != before.leader && row.called >= late {
            events.insert(row.seat, row.id);
        }
    }
    let mut found: BTreeMap<&str, Missing<'w>> = BTreeMap::new();
    // Without an answer of another node after that time, nothing is known.
    for (seat, id) in &events {
        let (Some(before), false) = (leaders.get(seat), moved.get(seat) == Some(&true)) else {
            continue;
        };
        let (topic, partition, _) = check.claims().seats[*seat];
        if !refused_all(check, (topic, partition), number, (from, healed)) {
            continue;
        }
        let leader = before.leader.unwrap_or_default();
        let entry = found.entry(leader).or_insert_with(|| Missing {
            window,
            leader: leader.to_owned(),
            partitions: Vec::new(),
            events: vec![before.id],
            detection_ms,
            length_ms,
        });
        entry.partitions.push((topic.to_owned(), partition));
        entry.events.push(*id);
    }
    missing.extend(found.into_values());
    events.len() as u64
}

/// Whether a window stops a node, or leaves it without a majority that it reaches both ways.
fn lost(window: &Window, node: &str, nodes: &[NodeName]) -> bool {
    let cut = |from: &str, to: &str| window.links.iter().any(|(a, b)| a == from && b == to);
    let hears = |other: &&NodeName| {
        *other == node || (!window.stops(other) && !cut(node, other) && !cut(other, node))
    };
    window.stops(node) || nodes.iter().filter(hears).count() <= nodes.len() / 2
}

/// Whether a partition was tried under a fault and acknowledged nothing before the heal: by its own appends, or by the
/// produce probe's, if it is not loaded.
fn refused_all(
    check: &Check<'_>,
    place: (&str, i32),
    window: usize,
    (from, healed): (Moment, Moment),
) -> bool {
    let views = check.views();
    let loaded = views
        .binary_search_by_key(&place, |view| view.place)
        .is_ok();
    if !loaded {
        let probe = check.probe();
        let sent = probe.sent.partition_point(|sent| *sent < from);
        let tried = probe.sent.get(sent).is_some_and(|sent| *sent < healed);
        return tried && probe.first_after(from).is_none_or(|at| at > healed);
    }
    let tally = check.tally();
    let at = tally.names.find(place);
    at.is_some_and(|at| tally.appends.refused_all(window, at))
}

fn tell(check: &Check<'_>, missing: Missing<'_>, verdict: &mut Verdict) {
    let (from, to) = (missing.window.called, missing.window.end(0));
    let finding = Finding::MissingFailOver {
        fault: missing.window.id.clone(),
        leader: missing.leader.clone(),
        partitions: missing.partitions.len() as u64,
        length_ms: missing.length_ms,
        detection_ms: missing.detection_ms,
    };
    let only = missing.partitions.first();
    let mut events = missing.events;
    events.sort_unstable();
    events.dedup();
    let evidence = Evidence {
        events,
        nodes: vec![missing.leader],
        topic: only.map(|(topic, _)| topic.clone()),
        partition: only.map(|(_, partition)| *partition),
        window: Some((from, to)),
        ..Evidence::default()
    };
    check.unless_starved(finding, evidence, from, to, verdict);
}
