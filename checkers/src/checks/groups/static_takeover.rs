//! `static-takeover`: when a static member comes back without its member id, it gets another one and its old id is fenced
//! (KIP-345). After that answer no request of the old id is accepted. And a group that was stable stays in its generation.
//!
//! A request that was sent before the answer may have been served before the takeover. Where a target may forget what was not
//! written yet, a takeover counts from an answered SyncGroup of the new id on, and a former coordinator may answer heartbeats
//! and SyncGroups from memory. A new generation is legal if the group was not stable, if the subscription changed, if the
//! session of the old id may have ended, and if anything else in the group or the cluster explains it.

use std::collections::{BTreeMap, BTreeSet};

use super::roster::{Group, Highest, JoinOk};
use super::unexplained_rebalance::silences;
use super::zombie_member::member;
use crate::checks::Check;
use crate::history::{Call, ClientOperation, Moment, Outcome, Report};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Doubt, Evidence, Finding, Verdict};

const MS: Moment = 1_000_000;

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        let replaced = replaced(group, check.history().promises().generation_unique);
        accepted(check, (name, group), &replaced, &mut verdict);
        count += rebalanced(check, (name, group), &mut verdict);
    }
    let what = "static members that were replaced";
    verdict.saw(what, count);
    if count == 0 {
        let what = what.to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
    }
    verdict
}

/// How a member id lost its static member: when that was known, to which id, and by which operation.
struct Replaced<'a> {
    at: Moment,
    by: &'a str,
    operation: u64,
}

/// The first join of one member id.
struct Life<'a> {
    called: Moment,
    returned: Moment,
    member: &'a str,
    /// From when on nobody can have forgotten it.
    known: Option<Moment>,
    operation: u64,
}

/// Member ids of static members that were replaced.
fn replaced<'a>(group: &Group<'a>, strict: bool) -> BTreeMap<&'a str, Replaced<'a>> {
    let mut synced: BTreeMap<&str, Moment> = BTreeMap::new();
    for sync in &group.syncs {
        if let Some((_, returned)) = sync.answer {
            let first = synced.entry(&sync.call.member).or_insert(returned);
            *first = (*first).min(returned);
        }
    }
    let mut instances: BTreeMap<&str, BTreeMap<&str, Life<'a>>> = BTreeMap::new();
    for join in &group.joins {
        let Some(instance) = join.call.instance.as_deref() else {
            continue;
        };
        let member = join.answer.member.as_str();
        let known = match strict {
            true => Some(join.returned),
            false => synced.get(member).map(|at| join.returned.max(*at)),
        };
        let lives = instances.entry(instance).or_default();
        let life = lives.entry(member).or_insert(Life {
            called: join.operation.called,
            returned: join.returned,
            member,
            known,
            operation: join.operation.id,
        });
        life.returned = life.returned.min(join.returned);
    }
    let mut replaced = BTreeMap::new();
    for lives in instances.into_values() {
        let mut lives: Vec<Life<'_>> = lives.into_values().collect();
        lives.sort_by_key(|life| life.called);
        // From each life on the one that was known first.
        let mut firsts: Vec<usize> = (0..lives.len()).collect();
        let when = |at: usize| lives[at].known.unwrap_or(Moment::MAX);
        for at in (1..lives.len()).rev() {
            if when(firsts[at]) < when(firsts[at - 1]) {
                firsts[at - 1] = firsts[at];
            }
        }
        for life in &lives {
            let later = lives.partition_point(|other| other.called <= life.returned);
            let Some(by) = firsts.get(later).map(|at| &lives[*at]) else {
                continue;
            };
            if let Some(at) = by.known {
                let fence = Replaced {
                    at,
                    by: by.member,
                    operation: by.operation,
                };
                replaced.insert(life.member, fence);
            }
        }
    }
    replaced
}

/// Requests of old ids that were accepted.
fn accepted(
    check: &Check<'_>,
    (name, group): (&str, &Group<'_>),
    replaced: &BTreeMap<&str, Replaced<'_>>,
    verdict: &mut Verdict,
) {
    for operation in &group.calls {
        if operation.outcome != Outcome::Ok || matches!(operation.call, Call::Leave(_)) {
            continue;
        }
        let Some(member) = member(operation) else {
            continue;
        };
        let Some(fence) = replaced
            .get(member)
            .filter(|fence| fence.at < operation.called)
        else {
            continue;
        };
        let anomaly = Anomaly {
            kind: Finding::ReplacedMemberAccepted {
                group: name.to_owned(),
                member: member.to_owned(),
                replaced_by: fence.by.to_owned(),
                replaced_at: fence.at,
                request: operation.call.name().to_owned(),
            },
            certain: true,
            evidence: Evidence {
                operations: vec![fence.operation, operation.id],
                ..Evidence::default()
            },
        };
        match operation.call {
            // They change nothing, and a former coordinator may answer them from memory.
            Call::Heartbeat(_) | Call::Sync(_) => {
                let subject = Subject::OffsetsNotLinearizable;
                check.held(check.configuration(), subject, anomaly, verdict);
            }
            _ => verdict.found(anomaly),
        }
    }
}

/// Takeovers that made a stable group begin a new generation. Returns how many takeovers there were; without a session
/// time-out nobody knows whether one came in time.
fn rebalanced(check: &Check<'_>, (name, group): (&str, &Group<'_>), verdict: &mut Verdict) -> u64 {
    let timeouts = check.history().header().timeouts;
    let session_ms = timeouts.session_ms.unwrap_or(0);
    let margin_ms = session_ms + timeouts.rebalance_ms.unwrap_or(session_ms);
    let margin = margin_ms.saturating_mul(MS);
    let silences = silences(&group.calls, session_ms.saturating_mul(MS), margin);
    let joins = group.joins.iter();
    let generations = joins.map(|join| {
        let generation = i64::from(join.answer.generation);
        (join.returned, generation, join.operation.id)
    });
    let highest = Highest::of(generations.collect());
    let mut last: BTreeMap<&str, &JoinOk<'_>> = BTreeMap::new();
    let mut by_return: Vec<&JoinOk<'_>> = group.joins.iter().collect();
    by_return.sort_by_key(|join| join.returned);
    let mut count = 0;
    for join in by_return {
        let Some(instance) = join.call.instance.as_deref() else {
            continue;
        };
        let Some(before) = last.insert(instance, join) else {
            continue;
        };
        let (called, returned) = (join.operation.called, join.returned);
        let (old, new) = (before.answer.generation, join.answer.generation);
        let takes_over = join.call.member.is_empty()
            && before.returned < called
            && before.answer.member != join.answer.member;
        count += u64::from(takes_over);
        let may_judge =
            takes_over && timeouts.session_ms.is_some() && before.call.topics == join.call.topics;
        let is_latest = highest
            .before(called)
            .is_some_and(|one| one.0 == i64::from(old));
        if !may_judge || !is_latest || new <= old {
            continue;
        }
        let Some(since) = stable_since(group, old).filter(|since| *since < called) else {
            continue;
        };
        let fallen_silent = silences
            .iter()
            .any(|(from, until, _)| *from <= returned && *until >= since);
        if fallen_silent
            || others(group, (join, old), since)
            || of_cluster(check, since, returned, margin)
        {
            continue;
        }
        let finding = Finding::TakeoverRebalanced {
            group: name.to_owned(),
            instance: instance.to_owned(),
            before: old,
            after: new,
        };
        let evidence = Evidence {
            operations: vec![before.operation.id, join.operation.id],
            window: Some((since, returned)),
            ..Evidence::default()
        };
        check.unless_starved(finding, evidence, since, returned, verdict);
    }
    count
}

/// Since when every member of a generation has its assignment; none if that was not seen.
fn stable_since(group: &Group<'_>, generation: i32) -> Option<Moment> {
    let joins = group.joins.iter();
    let of = joins.filter(|join| join.answer.generation == generation);
    let listed: BTreeSet<&str> = of
        .flat_map(|join| &join.answer.members)
        .map(|member| member.member.as_str())
        .collect();
    let mut waiting = listed.clone();
    let mut since = None;
    for sync in &group.syncs {
        let own = sync.call.generation == generation;
        if let Some((_, returned)) = sync.answer.filter(|_| own)
            && waiting.remove(sync.call.member.as_str())
        {
            since = since.max(Some(returned));
        }
    }
    since.filter(|_| waiting.is_empty() && !listed.is_empty())
}

/// Whether another request than a takeover explains a new generation.
fn others(group: &Group<'_>, (takeover, old): (&JoinOk<'_>, i32), since: Moment) -> bool {
    let (called, until) = (takeover.operation.called, takeover.returned);
    group.calls.iter().any(|operation| {
        let explains = match operation.call {
            _ if operation.id == takeover.operation.id => false,
            // One that was answered with the old generation made no new one.
            Call::Join(_) if made(operation).is_some_and(|one| one <= old) => false,
            Call::Leave(_) => true,
            // Those that follow it are its consequence.
            Call::Join(join) => {
                let again = join.reason.as_deref().is_none_or(|why| why == "rebalance");
                join.member.is_empty() || !again || operation.called <= called
            }
            Call::Sync(_) => operation.outcome == Outcome::Info,
            _ => false,
        };
        let ended = match operation.outcome {
            Outcome::Info => Moment::MAX,
            _ => operation.completed().unwrap_or(Moment::MAX),
        };
        explains && operation.called <= until && ended > since
    })
}

/// The generation that a JoinGroup was answered with.
fn made(operation: &ClientOperation<'_>) -> Option<i32> {
    match operation.report() {
        Some(Report::Join(joined)) if operation.outcome == Outcome::Ok => Some(joined.generation),
        _ => None,
    }
}

/// Whether a fault, an election or a change of topics explains one.
fn of_cluster(check: &Check<'_>, from: Moment, to: Moment, margin: Moment) -> bool {
    let mut windows = check.windows().iter();
    let mut elections = check.elections().iter();
    let mut topics = check.history().topics();
    let mut changes = check.operations().iter();
    windows.any(|window| window.overlaps(from, to, margin))
        || elections.any(|one| from <= one.at && one.at <= to)
        || topics.any(|(at, _)| from <= at && at <= to)
        || changes.any(|operation| {
            let ended = operation.returned().unwrap_or(Moment::MAX);
            operation.call.changes_topic().is_some() && operation.called <= to && ended >= from
        })
}
