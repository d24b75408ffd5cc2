//! `zombie-member`: after a member's removal was seen, no heartbeat and no commit of it is accepted, unless it joined again
//! with the same id, which is legal.
//!
//! Its removal is seen by an acknowledged LeaveGroup, by FENCED_INSTANCE_ID, or by the leader's list of a later generation
//! than the one it had joined, in which it is missing. Where a target may forget a generation whose assignment was not
//! sent yet, that counts from an answered SyncGroup of it on. A join of it that may have been taken after that, also one of unknown
//! outcome, ends the judgement. A heartbeat changes nothing: where a former coordinator may answer from memory, it is reported
//! and tolerated.

use std::collections::BTreeMap;

use super::roster::Group;
use crate::checks::Check;
use crate::history::{Call, ClientOperation, Moment, Outcome, Report};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Evidence, Finding, Verdict};

/// When a member's removal was first seen, how, and by which operation.
type Removed = (Moment, &'static str, u64);

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        let strict = check.history().promises().generation_unique;
        let removed = removals(group, strict);
        let joins = joins(group);
        for operation in &group.calls {
            let member = match operation.call {
                Call::Heartbeat(beat) => beat.member.as_str(),
                Call::CommitOffsets(commit) => commit.member.as_str(),
                _ => continue,
            };
            let Some(called) = accepted(operation).filter(|_| !member.is_empty()) else {
                continue;
            };
            count += 1;
            let Some((at, how, by)) = removed.get(member).filter(|one| one.0 < called) else {
                continue;
            };
            let back = joins.get(member).is_some_and(|joins| {
                let mut after = joins.iter().filter(|(_, ended)| *ended > *at);
                after.any(|(called, _)| *called < operation.returned().unwrap_or(Moment::MAX))
            });
            if back {
                continue;
            }
            let anomaly = Anomaly {
                kind: Finding::ZombieMember {
                    group: (*name).to_owned(),
                    member: member.to_owned(),
                    request: operation.call.name().to_owned(),
                    removed: (*how).to_owned(),
                    removed_at: *at,
                },
                certain: true,
                evidence: Evidence {
                    operations: vec![*by, operation.id],
                    ..Evidence::default()
                },
            };
            match operation.call {
                // It changes nothing, and a former coordinator may answer it from memory.
                Call::Heartbeat(_) => {
                    let configuration = check.configuration();
                    let subject = Subject::OffsetsNotLinearizable;
                    check.held(configuration, subject, anomaly, &mut verdict);
                }
                _ => verdict.found(anomaly),
            }
        }
    }
    check.saw(count, "accepted requests of members", &mut verdict);
    verdict
}

/// When the newest accepted request was called that this line tells of. Heartbeats that were answered ok need not have lines of
/// their own, and then the next one states when the last of them was called.
fn accepted(operation: &ClientOperation<'_>) -> Option<Moment> {
    let counted = match operation.report() {
        Some(Report::Heartbeat(seen)) => seen.last_ok,
        _ => None,
    };
    match operation.outcome {
        Outcome::Ok => Some(operation.called),
        _ => counted,
    }
}

/// The first removal of each member that was seen.
fn removals<'a>(group: &Group<'a>, strict: bool) -> BTreeMap<&'a str, Removed> {
    let mut removed: BTreeMap<&str, Removed> = BTreeMap::new();
    let mut add = |member: &'a str, one: Removed| {
        let known = removed.entry(member).or_insert(one);
        *known = (*known).min(one);
    };
    for operation in &group.calls {
        let Some(ended) = operation.returned() else {
            continue;
        };
        if let (Call::Leave(leave), Outcome::Ok) = (operation.call, operation.outcome) {
            let errors = match operation.report() {
                Some(Report::Leave(left)) => left.errors.as_slice(),
                _ => &[],
            };
            for (at, member) in leave.members.iter().enumerate() {
                if errors.get(at).is_none_or(|error| error.is_empty()) {
                    add(member, (ended, "left", operation.id));
                }
            }
        }
        let error = operation.completion.and_then(|one| one.error.as_deref());
        if error == Some("FENCED_INSTANCE_ID")
            && let Some(member) = member(operation)
        {
            add(member, (ended, "fenced", operation.id));
        }
    }
    not_listed(group, strict, &mut add);
    removed
}

/// Members that are missing in a leader's list of a later generation than theirs.
fn not_listed<'a>(group: &Group<'a>, strict: bool, add: &mut impl FnMut(&'a str, Removed)) {
    let mut synced: BTreeMap<i32, Moment> = BTreeMap::new();
    for sync in &group.syncs {
        if let Some((_, returned)) = sync.answer {
            let first = synced.entry(sync.call.generation).or_insert(returned);
            *first = (*first).min(returned);
        }
    }
    // The highest generation of each member so far, in the order of the answers.
    let mut joins: Vec<_> = group.joins.iter().collect();
    joins.sort_by_key(|join| join.returned);
    let mut known: BTreeMap<&str, i32> = BTreeMap::new();
    for join in joins {
        let generation = join.answer.generation;
        let seen = match strict {
            true => Some(join.returned),
            false => synced.get(&generation).map(|at| join.returned.max(*at)),
        };
        if let Some(seen) = seen.filter(|_| !join.answer.members.is_empty()) {
            let gone: Vec<&str> = known
                .iter()
                .filter(|(_, own)| **own < generation)
                .map(|(member, _)| *member)
                .filter(|member| join.answer.members.iter().all(|one| one.member != *member))
                .collect();
            for member in gone {
                known.remove(member);
                add(member, (seen, "not listed", join.operation.id));
            }
        }
        let own = known
            .entry(join.answer.member.as_str())
            .or_insert(generation);
        *own = (*own).max(generation);
    }
}

/// The calls of each member to join by its id, with when they ended. The first one of a member has no id yet, and is
/// known by its answer.
fn joins<'a>(group: &Group<'a>) -> BTreeMap<&'a str, Vec<(Moment, Moment)>> {
    let mut joins: BTreeMap<&str, Vec<(Moment, Moment)>> = BTreeMap::new();
    for operation in &group.calls {
        if !matches!(operation.call, Call::Join(_)) || operation.outcome == Outcome::Fail {
            continue;
        }
        if let Some(member) = member(operation) {
            let ended = operation.returned().unwrap_or(Moment::MAX);
            joins
                .entry(member)
                .or_default()
                .push((operation.called, ended));
        }
    }
    joins
}

/// The node that was asked.
pub(super) fn asked<'a>(operation: &ClientOperation<'a>) -> Option<&'a str> {
    let node = match operation.call {
        Call::Join(join) => &join.node,
        Call::Sync(sync) => &sync.node,
        Call::Heartbeat(beat) => &beat.node,
        Call::CommitOffsets(commit) => &commit.node,
        _ => return None,
    };
    node.as_deref()
}

/// Whose request it is.
pub(super) fn member<'a>(operation: &ClientOperation<'a>) -> Option<&'a str> {
    let member = match (operation.call, operation.report()) {
        (Call::Join(join), _) if !join.member.is_empty() => join.member.as_str(),
        (Call::Join(_), Some(Report::Join(joined))) => joined.member.as_str(),
        (Call::Sync(sync), _) => sync.member.as_str(),
        (Call::Heartbeat(beat), _) => beat.member.as_str(),
        (Call::CommitOffsets(commit), _) => commit.member.as_str(),
        _ => return None,
    };
    (!member.is_empty()).then_some(member)
}
