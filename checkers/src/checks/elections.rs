//! `unexplained-election` and `terms-burned`: every change of leader or epoch with what explains it, and how many terms
//! of the quorum each fault cost. Held to limits: undecided where the machine was starved.

use std::collections::BTreeMap;

use super::Check;
use super::claims::{Claims, MS, Row, explanation};
use crate::history::{History, Moment, Window};
use crate::judgement::{Election, Explanation, Seat};
use crate::verdict::{Anomaly, Doubt, Evidence, Finding, Unit, Verdict};

/// Partitions that change to the same leader and epoch within this time are reported as one change.
const TOGETHER: Moment = 1_000 * MS;

/// The load begins as soon as the nodes agree by Metadata; the question about the quorum of that same round of probes
/// may come a moment after it. A cluster that formed 2 ms before the load was reported as wasting the term of its first
/// leader.
const SAME_ROUND: Moment = 200 * MS;

/// One epoch of one partition: who claimed it first, and when it was claimed last.
struct Reign<'r, 'a> {
    first: &'r Row<'a>,
    last: Moment,
    /// When the epoch before was claimed last before this one began. A leader that was paused claims its old epoch again later:
    /// from that claim on, no time without a leader would be left.
    since: Option<Moment>,
}

/// Every epoch in which some node claimed to lead a partition, in the order of time, with what explains its beginning.
pub(super) fn elections(
    history: &History,
    claims: &Claims<'_>,
    windows: &[Window],
) -> Vec<Election> {
    let mut reigns: Vec<BTreeMap<i32, Reign<'_, '_>>> = Vec::new();
    reigns.resize_with(claims.seats.len(), BTreeMap::new);
    for row in claims.rows.iter().filter(|row| row.is_claim()) {
        let Some(epoch) = row.epoch else { continue };
        let of_seat = &mut reigns[row.seat];
        let before = of_seat.range(..epoch).next_back();
        let since = before.map(|(_, before)| before.last);
        let fresh = Reign {
            first: row,
            last: row.returned,
            since,
        };
        of_seat.entry(epoch).or_insert(fresh).last = row.returned;
    }
    let mut changes: Vec<(&Reign<'_, '_>, Option<&Reign<'_, '_>>)> = Vec::new();
    for lane in &reigns {
        let mut before = None;
        for reign in lane.values() {
            changes.push((reign, before.replace(reign)));
        }
    }
    changes.sort_by_key(|(reign, _)| (reign.first.returned, reign.first.seat));
    let formed = history.formed();
    let mut elections: Vec<Election> = Vec::new();
    for (reign, old) in changes {
        let fresh = election(history, claims, windows, formed, reign, old);
        let same = elections.iter_mut().rev().find(|known| {
            fresh.at.saturating_sub(known.at) <= TOGETHER
                && (known.old_epoch, &known.old_leader) == (fresh.old_epoch, &fresh.old_leader)
                && (known.new_epoch, &known.new_leader) == (fresh.new_epoch, &fresh.new_leader)
        });
        match same {
            Some(known) => known.seats += 1,
            None => elections.push(fresh),
        }
    }
    elections
}

fn election(
    history: &History,
    claims: &Claims<'_>,
    windows: &[Window],
    formed: Moment,
    reign: &Reign<'_, '_>,
    old: Option<&Reign<'_, '_>>,
) -> Election {
    let row = reign.first;
    let explained = match old {
        Some(old) if row.returned > formed => {
            let between = (old.last.min(row.called), row.returned);
            let led_on = leads_on(claims, old.first, row, between);
            explanation(history, windows, between, led_on)
        }
        _ => Explanation::Formation,
    };
    let (topic, partition, _) = claims.seats[row.seat];
    Election {
        seat: Seat::Partition {
            topic: topic.to_owned(),
            partition,
        },
        seats: 1,
        at: row.returned,
        old_leader: old.and_then(|old| old.first.leader).map(str::to_owned),
        old_epoch: old.and_then(|old| old.first.epoch),
        new_leader: row.leader.map(str::to_owned),
        new_epoch: row.epoch,
        leaderless_ms: reign
            .since
            .map_or(0, |since| row.returned.saturating_sub(since) / MS),
        explained,
    }
}

/// Whether the leader stayed and only its epoch rose, by one, while the quorum elected nobody: no election of another, or
/// of none, lies between. A controller that fences a leader and lets it lead again raises the epoch twice.
fn leads_on(
    claims: &Claims<'_>,
    old: &Row<'_>,
    new: &Row<'_>,
    (from, to): (Moment, Moment),
) -> bool {
    let next = old.epoch.and_then(|epoch| epoch.checked_add(1));
    old.leader == new.leader && next == new.epoch && claims.quorum_stood(from, to)
}

/// The leader or its epoch changed though nothing was faulty.
pub(super) fn unexplained(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let elections = check.elections();
    let later: Vec<&Election> = elections
        .iter()
        .filter(|e| e.explained != Explanation::Formation)
        .collect();
    verdict.figure("elections", later.len() as u64, None, Unit::Elections);
    let leaderless_ms = later.iter().map(|election| election.leaderless_ms).max();
    verdict.figure(
        "leaderless_ms_max",
        leaderless_ms.unwrap_or(0),
        None,
        Unit::Milliseconds,
    );
    let mut before: BTreeMap<&Seat, &Election> = BTreeMap::new();
    for election in elections {
        let finding = Finding::UnexplainedElection {
            old_leader: election.old_leader.clone(),
            old_epoch: election.old_epoch,
            new_leader: election.new_leader.clone(),
            new_epoch: election.new_epoch,
        };
        match &election.explained {
            Explanation::Unexplained => verdict.found(anomaly(check, election, finding)),
            starved => check.starved(&finding, starved, &mut verdict),
        }
        let flap = before
            .insert(&election.seat, election)
            .and_then(|b| flapping(b, election));
        verdict_flap(check, election, flap, &mut verdict);
    }
    check.saw_in_run(elections.len() as u64, "claims of leadership", &mut verdict);
    verdict
}

/// From one node to another and back, both times without a cause.
fn flapping(before: &Election, election: &Election) -> Option<Finding> {
    let causeless = |election: &Election| election.explained == Explanation::Unexplained;
    let back = before.old_leader.is_some()
        && before.old_leader == election.new_leader
        && before.new_leader != election.new_leader;
    (back && causeless(before) && causeless(election)).then_some(())?;
    Some(Finding::Flapping {
        node: election.new_leader.clone()?,
        between: before.new_leader.clone()?,
        length_ms: election.at.saturating_sub(before.at) / MS,
    })
}

fn verdict_flap(
    check: &Check<'_>,
    election: &Election,
    flap: Option<Finding>,
    verdict: &mut Verdict,
) {
    if let Some(finding) = flap {
        verdict.found(anomaly(check, election, finding));
    }
}

fn anomaly(check: &Check<'_>, election: &Election, kind: Finding) -> Anomaly {
    let Seat::Partition { topic, partition } = &election.seat else {
        return Anomaly {
            kind,
            certain: false,
            evidence: Evidence::default(),
        };
    };
    let from = election
        .at
        .saturating_sub(election.leaderless_ms.saturating_mul(MS));
    let claims = check.claims();
    let of = |row: &&Row<'_>| {
        let (seat_topic, seat_partition, _) = claims.seats[row.seat];
        row.is_claim() && (seat_topic, seat_partition) == (topic.as_str(), *partition)
    };
    // The last claim of the old leader, and the first of the new one.
    let at = claims
        .rows
        .partition_point(|row| row.returned < election.at);
    let old = claims.rows[..at]
        .iter()
        .rev()
        .filter(of)
        .find(|r| r.epoch == election.old_epoch);
    let new = claims.rows[at..]
        .iter()
        .filter(of)
        .find(|r| r.epoch == election.new_epoch);
    Anomaly {
        kind,
        certain: false,
        evidence: Evidence {
            events: old.into_iter().chain(new).map(|row| row.id).collect(),
            nodes: election
                .old_leader
                .iter()
                .chain(&election.new_leader)
                .cloned()
                .collect(),
            topic: Some(topic.clone()),
            partition: Some(*partition),
            window: Some((from, election.at)),
            ..Evidence::default()
        },
    }
}

/// Terms that passed for one cause.
struct Burned {
    from: i32,
    to: i32,
    terms: u64,
    events: Vec<u64>,
    window: (Moment, Moment),
}

/// How many terms more may pass because no election can end. It takes two syncs, one of the candidate and then one of a
/// voter, and where these take longer than an election time-out on a majority, the next election begins meanwhile.
fn more_terms(check: &Check<'_>, fault: &str) -> u64 {
    let election_ms = check.history().limits().election_timeout_ms.max(1);
    let slow = |window: &&Window| {
        let delay_ms = window.disk.map_or(0, |disk| disk.delay_ms);
        window.id == fault
            && delay_ms.saturating_mul(2) >= election_ms
            && window.breaks_majority(check.nodes())
    };
    let window = check.windows().iter().find(slow);
    let length_ms = window.map_or(0, |w| w.length().unwrap_or_default() / MS);
    // The shortest time-out is half of the longest.
    length_ms.saturating_mul(2) / election_ms
}

/// More terms passed than faults explain: by the quorum's own epoch, which is not a node's belief.
pub(super) fn terms(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let limit = check.history().limits().terms_per_fault_max;
    let formed = check.history().formed();
    // The highest answer so far, seen for the last time.
    let mut highest: Option<&Row<'_>> = None;
    let mut burned: BTreeMap<Option<String>, Burned> = BTreeMap::new();
    let mut growth: u64 = 0;
    for row in &check.claims().quorum {
        let before = highest;
        if before.is_none_or(|known| row.epoch >= known.epoch) {
            highest = Some(row);
        }
        let Some(known) = before.filter(|known| row.epoch > known.epoch) else {
            continue;
        };
        let same_round = known.called <= formed && row.called <= formed.saturating_add(SAME_ROUND);
        if row.returned <= formed || same_round {
            continue;
        }
        let (from, to) = (known.epoch.unwrap_or(0), row.epoch.unwrap_or(0));
        let passed = u64::from(to.abs_diff(from));
        growth = growth.saturating_add(passed);
        let last_before = known.returned.min(row.called);
        let between = (last_before, row.returned);
        let cause = explanation(check.history(), check.windows(), between, false);
        let cause = match cause {
            Explanation::Fault { id } => Some(id),
            ref late @ Explanation::Starved { .. } => {
                let finding = Finding::TermsBurned {
                    fault: None,
                    from,
                    to,
                    limit: 0,
                };
                check.starved(&finding, late, &mut verdict);
                continue;
            }
            Explanation::Restart { .. } if passed <= limit => continue,
            _ => None,
        };
        let entry = burned.entry(cause).or_insert(Burned {
            from,
            to,
            terms: 0,
            events: vec![known.id],
            window: (known.called, row.returned),
        });
        (entry.to, entry.window.1) = (to, row.returned);
        entry.terms = entry.terms.saturating_add(passed);
        entry.events.truncate(1);
        entry.events.push(row.id);
    }
    for (fault, burned) in burned {
        let of_fault = |id: &String| limit.saturating_add(more_terms(check, id));
        let limit = fault.as_ref().map_or(0, of_fault);
        if burned.terms > limit {
            let (from, to) = (burned.from, burned.to);
            verdict.found(Anomaly {
                kind: Finding::TermsBurned {
                    fault,
                    from,
                    to,
                    limit,
                },
                certain: false,
                evidence: Evidence {
                    events: burned.events,
                    window: Some(burned.window),
                    ..Evidence::default()
                },
            });
        }
    }
    verdict.figure("term_growth", growth, None, Unit::Terms);
    if check.claims().quorum.is_empty() {
        verdict.not_applicable(Doubt::NotInRun {
            what: "answers about the quorum".to_owned(),
        });
    }
    verdict
}
