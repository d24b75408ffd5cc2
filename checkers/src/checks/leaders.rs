//! `stale-leader` and `disagreement`: an old leader that goes on claiming, and healthy nodes that do not agree. Held to
//! limits: undecided where the machine was starved.

use std::collections::BTreeMap;

use super::Check;
use super::claims::{FRESH, MS, Row, settle};
use super::epochs::evidence;
use crate::history::{Moment, Phase};
use crate::verdict::{Evidence, Finding, Unit, Verdict};

/// A claim of an old leader, against the limit.
struct Stale<'r, 'a> {
    length: Moment,
    claim: &'r Row<'a>,
    successor: &'r Row<'a>,
    since: Moment,
    limit_ms: u64,
}

/// An old leader went on claiming its old epoch. The limit runs from the later of the new leader's claim and its own
/// resume; for targets that say so, from the heal.
pub(super) fn stale(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let limits = check.history().limits();
    let mut successors: BTreeMap<usize, Vec<&Row<'_>>> = BTreeMap::new();
    let mut worst: BTreeMap<(usize, &str, Option<i32>), Stale<'_, '_>> = BTreeMap::new();
    let mut count = check.claims().settled.claims;
    let (rows, controllers) = (&check.claims().rows, &check.claims().controllers);
    let claims = rows.iter().chain(controllers);
    for row in claims.filter(|row| row.is_claim() && row.epoch.is_some()) {
        count += 1;
        let known = successors.entry(row.seat).or_default();
        if known.last().is_none_or(|last| row.epoch > last.epoch) {
            known.push(row);
        }
        // The first claim of a higher epoch by somebody else, seen before this one was asked.
        let successor = known
            .iter()
            .find(|s| s.epoch > row.epoch && s.node != row.node && s.returned <= row.called);
        let Some(successor) = successor else { continue };
        let (resumed, back_off_ms) = resumed(check, row);
        let since = successor.returned.max(resumed);
        let stale = Stale {
            length: row.called.saturating_sub(since),
            claim: row,
            successor,
            since,
            limit_ms: limits.old_leader_claims_ms.saturating_add(back_off_ms),
        };
        let entry = worst.entry((row.seat, row.node, row.epoch));
        let known = entry.or_insert_with(|| Stale { ..stale });
        if stale.length >= known.length {
            *known = stale;
        }
    }
    let longest = worst.values().map(|stale| stale.length / MS).max();
    let limit = Some(limits.old_leader_claims_ms);
    verdict.figure(
        "stale_claim_ms_max",
        longest.unwrap_or(0),
        limit,
        Unit::Milliseconds,
    );
    for stale in worst.into_values() {
        if stale.length / MS > stale.limit_ms {
            let finding = Finding::StaleLeader {
                claim: stale.claim.belief(),
                successor: stale.successor.belief(),
                since: stale.since,
                length_ms: stale.length / MS,
                limit_ms: stale.limit_ms,
            };
            let to = stale.claim.returned;
            let evidence = evidence(check.claims(), stale.successor, stale.claim);
            check.unless_starved(finding, evidence, stale.since, to, &mut verdict);
        }
    }
    check.saw_in_run(count, "claims of leadership", &mut verdict);
    verdict
}

/// When a claiming node was last held back by a fault that excuses it, and by how much its limit grows for TCP's
/// back-off.
fn resumed(check: &Check<'_>, row: &Row<'_>) -> (Moment, u64) {
    let until_heal = check.history().promises().old_leader_claims_until_heal;
    let excuses = check
        .windows()
        .iter()
        .filter(|w| !w.skipped && w.called <= row.called && w.touches(row.node))
        .filter(|w| w.stops(row.node) || until_heal);
    let last = excuses.max_by_key(|w| w.healed.unwrap_or(Moment::MAX));
    let Some(window) = last else { return (0, 0) };
    let resumed = window.healed.unwrap_or(row.called);
    (resumed, settle(check.history(), window, 0) / MS)
}

/// What is wrong with the nodes' beliefs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Differ,
    Leaderless,
}

/// A stretch in which something was wrong.
struct Stretch<'r, 'a> {
    trouble: Trouble,
    from: Moment,
    beliefs: Vec<&'r Row<'a>>,
    told: bool,
}

/// Nodes without any fault named different leaders for too long, or none of them named any.
pub(super) fn disagreement(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let limits = check.history().limits();
    let limit_ms = limits.disagreement_ms;
    let loaded = check.history().phase(Phase::Load).unwrap_or(Moment::MAX);
    let mut beliefs: BTreeMap<(usize, &str), &Row<'_>> = BTreeMap::new();
    let mut stretches: BTreeMap<usize, Stretch<'_, '_>> = BTreeMap::new();
    let (mut longest, mut count) = (0, check.claims().settled.rows);
    for row in check
        .claims()
        .rows
        .iter()
        .filter(|row| row.called >= loaded)
    {
        count += 1;
        beliefs.insert((row.seat, row.node), row);
        let known: Vec<&Row<'_>> = beliefs
            .range((row.seat, "")..(row.seat + 1, ""))
            .map(|(_, other)| *other)
            .filter(|other| row.returned.saturating_sub(other.returned) < FRESH)
            .collect();
        let faulty = check.windows().iter().any(|w| {
            let settle = settle(check.history(), w, limit_ms.saturating_mul(MS));
            !w.skipped && w.overlaps(row.called, row.returned, settle)
        });
        let trouble = trouble(&known).filter(|_| !faulty && known.len() == check.nodes().len());
        let Some(trouble) = trouble else {
            stretches.remove(&row.seat);
            continue;
        };
        let fresh = || Stretch {
            trouble,
            from: row.called,
            beliefs: known.clone(),
            told: false,
        };
        let stretch = stretches.entry(row.seat).or_insert_with(fresh);
        if stretch.trouble != trouble {
            *stretch = fresh();
        }
        let length_ms = row.returned.saturating_sub(stretch.from) / MS;
        longest = longest.max(length_ms);
        if length_ms > limit_ms && !stretch.told {
            stretch.told = true;
            tell(check, stretch, row, length_ms, &mut verdict);
        }
    }
    verdict.figure(
        "disagreement_ms_max",
        longest,
        Some(limit_ms),
        Unit::Milliseconds,
    );
    check.saw_in_run(count, "answers about leaders", &mut verdict);
    verdict
}

fn trouble(known: &[&Row<'_>]) -> Option<Trouble> {
    let first = known.first()?;
    if known
        .iter()
        .any(|row| (row.leader, row.epoch) != (first.leader, first.epoch))
    {
        return Some(Trouble::Differ);
    }
    first.leader.is_none().then_some(Trouble::Leaderless)
}

fn tell(
    check: &Check<'_>,
    stretch: &Stretch<'_, '_>,
    row: &Row<'_>,
    length_ms: u64,
    verdict: &mut Verdict,
) {
    let limit_ms = check.history().limits().disagreement_ms;
    let finding = match stretch.trouble {
        Trouble::Differ => Finding::Disagreement {
            beliefs: stretch.beliefs.iter().map(|row| row.belief()).collect(),
            length_ms,
            limit_ms,
        },
        Trouble::Leaderless => Finding::Leaderless {
            length_ms,
            limit_ms,
        },
    };
    let (topic, partition, _) = check.claims().seats[row.seat];
    let mut events: Vec<u64> = stretch.beliefs.iter().map(|row| row.id).collect();
    events.push(row.id);
    events.sort_unstable();
    events.dedup();
    let evidence = Evidence {
        events,
        nodes: check.nodes().to_vec(),
        topic: Some(topic.to_owned()),
        partition: Some(partition),
        window: Some((stretch.from, row.returned)),
        ..Evidence::default()
    };
    check.unless_starved(finding, evidence, stretch.from, row.returned, verdict);
}
