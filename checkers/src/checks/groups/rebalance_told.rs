//! `rebalance-told`: members are told of a rebalance by their heartbeats, and of none that is none. Three rules.
//!
//! *Not told*: while one waits for the answer to its JoinGroup, the group prepares a generation, and a heartbeat of the
//! generation before is answered REBALANCE_IN_PROGRESS. A member that is told that all is well does not join, holds up the
//! others for their rebalance time-out, and is then removed: a broker whose heartbeats always succeed was valid before.
//! *Told for nothing*: a member with an assignment is told of a rebalance, joins, and is given the generation that it had.
//! A rebalance that began ends with another generation. *Described*: between two descriptions of a group that prepares
//! a rebalance no generation formed, and a heartbeat succeeded all the same.
//!
//! Near faults and changes of leader nothing is judged: a coordinator begins anew with what is written, and a former one
//! may answer from memory.

use std::collections::BTreeMap;

use super::coordinator_agreement::is_touched;
use super::roster::Group;
use super::zombie_member::member;
use crate::checks::Check;
use crate::history::{Call, ClientOperation, Moment, Outcome, Report, Seen};
use crate::verdict::{Evidence, Finding, Verdict};

const MS: Moment = 1_000_000;

/// A heartbeat that was answered ok.
struct Beat<'a> {
    operation: &'a ClientOperation<'a>,
    member: &'a str,
    generation: i32,
    node: Option<&'a str>,
    returned: Moment,
}

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if check.is_of_libraries(&mut verdict) {
        return verdict;
    }
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        let mut beats: Vec<Beat<'_>> = group.calls.iter().filter_map(|one| beat(one)).collect();
        beats.sort_by_key(|beat| beat.operation.called);
        count += beats.len() as u64;
        not_told(check, name, group, &beats, &mut verdict);
        count += for_nothing(check, name, group, &mut verdict);
        described(check, name, group, &beats, &mut verdict);
    }
    check.saw(count, "heartbeats", &mut verdict);
    verdict
}

fn beat<'a>(operation: &&'a ClientOperation<'a>) -> Option<Beat<'a>> {
    let Call::Heartbeat(call) = operation.call else {
        return None;
    };
    let returned = operation.returned()?;
    (operation.outcome == Outcome::Ok).then_some(Beat {
        operation,
        member: call.member.as_str(),
        generation: call.generation,
        node: call.node.as_deref(),
        returned,
    })
}

/// Of heartbeats in the order of their calls, those that were called from one moment on and answered before another.
fn within<'b, 'a>(
    beats: &'b [Beat<'a>],
    from: Moment,
    to: Moment,
) -> impl Iterator<Item = &'b Beat<'a>> {
    let first = beats.partition_point(|beat| beat.operation.called < from);
    let called = beats[first..]
        .iter()
        .take_while(move |b| b.operation.called < to);
    called.filter(move |beat| beat.returned < to)
}

fn not_told(
    check: &Check<'_>,
    name: &str,
    group: &Group<'_>,
    beats: &[Beat<'_>],
    verdict: &mut Verdict,
) {
    let limit_ms = check.history().limits().response_ms;
    let mut reported = i32::MIN;
    for join in &group.joins {
        let called = join.operation.called;
        let from = called.saturating_add(limit_ms.saturating_mul(MS));
        let generation = join.answer.generation;
        let mut untold = within(beats, from, join.returned).filter(|beat| {
            beat.generation < generation && beat.member != join.answer.member.as_str()
        });
        // One for each generation: every waiting member and every heartbeat tell of the same.
        let Some(beat) = untold.next().filter(|_| generation > reported) else {
            continue;
        };
        if is_touched(check, called, join.returned) {
            continue;
        }
        reported = generation;
        let finding = Finding::MemberNotTold {
            group: name.to_owned(),
            generation: beat.generation,
            member: beat.member.to_owned(),
            waited_ms: (beat.operation.called - called) / MS,
            limit_ms,
        };
        let evidence = Evidence {
            operations: vec![join.operation.id, beat.operation.id],
            ..Evidence::default()
        };
        check.unless_starved(finding, evidence, called, beat.returned, verdict);
    }
}

/// How many members were told of a rebalance and joined; those are judged that had an assignment.
fn for_nothing(check: &Check<'_>, name: &str, group: &Group<'_>, verdict: &mut Verdict) -> u64 {
    let mut synced: BTreeMap<(&str, i32), Moment> = BTreeMap::new();
    for sync in &group.syncs {
        if let Some((_, returned)) = sync.answer {
            let key = (sync.call.member.as_str(), sync.call.generation);
            let first = synced.entry(key).or_insert(returned);
            *first = (*first).min(returned);
        }
    }
    let mut told: BTreeMap<&str, (&ClientOperation<'_>, i32)> = BTreeMap::new();
    let mut calls = group.calls.clone();
    calls.sort_by_key(|operation| operation.called);
    let mut count = 0;
    for operation in calls {
        let Some(member) = member(operation) else {
            continue;
        };
        let error = operation.completion.and_then(|one| one.error.as_deref());
        match (operation.call, operation.report()) {
            (Call::Heartbeat(call), _) if error == Some("REBALANCE_IN_PROGRESS") => {
                let has = synced.get(&(member, call.generation));
                if has.is_some_and(|at| *at <= operation.called) {
                    told.insert(member, (operation, call.generation));
                }
            }
            (Call::Join(_), Some(Report::Join(joined))) if operation.outcome == Outcome::Ok => {
                let Some((beat, before)) = told.remove(member) else {
                    continue;
                };
                count += 1;
                let ended = operation.returned().unwrap_or(Moment::MAX);
                if joined.generation != before || is_touched(check, beat.called, ended) {
                    continue;
                }
                let finding = Finding::ToldForNothing {
                    group: name.to_owned(),
                    generation: before,
                    member: member.to_owned(),
                };
                let evidence = Evidence {
                    operations: vec![beat.id, operation.id],
                    ..Evidence::default()
                };
                check.unless_starved(finding, evidence, beat.called, ended, verdict);
            }
            _ => {}
        }
    }
    count
}

fn described(
    check: &Check<'_>,
    name: &str,
    group: &Group<'_>,
    beats: &[Beat<'_>],
    verdict: &mut Verdict,
) {
    // When a generation may have formed: an answer, or none.
    let mut formed: Vec<Moment> = Vec::new();
    for operation in &group.calls {
        if matches!(operation.call, Call::Join(_)) && operation.outcome != Outcome::Fail {
            formed.push(operation.completed().unwrap_or(Moment::MAX));
        }
    }
    formed.sort_unstable();
    // Of each node: when it was asked for the description before, when it answered, and its line.
    let mut before: BTreeMap<&str, (Moment, Moment, u64)> = BTreeMap::new();
    let mut reported = false;
    for observed in check.history().observations() {
        let about = observed.observation;
        let Seen::Group {
            group: of, state, ..
        } = &about.seen
        else {
            continue;
        };
        if of.as_str() != name {
            continue;
        }
        let node = about.node.as_str();
        if !about.answered || state.as_str() != "PreparingRebalance" {
            before.remove(node);
            continue;
        }
        let now = (about.called, observed.at, observed.id);
        let Some((asked, answered, line)) = before.insert(node, now) else {
            continue;
        };
        let next = formed.partition_point(|at| *at < asked);
        if formed.get(next).is_some_and(|at| *at <= observed.at) || reported {
            continue;
        }
        let mut served = within(beats, answered, about.called).filter(|b| b.node == Some(node));
        let Some(beat) = served.next() else { continue };
        if is_touched(check, asked, observed.at) {
            continue;
        }
        reported = true;
        let finding = Finding::GroupStateUntrue {
            group: name.to_owned(),
            generation: beat.generation,
            state: state.to_string(),
        };
        let evidence = Evidence {
            operations: vec![beat.operation.id],
            events: vec![line, observed.id],
            nodes: vec![node.to_owned()],
            ..Evidence::default()
        };
        check.unless_starved(finding, evidence, asked, observed.at, verdict);
    }
}
