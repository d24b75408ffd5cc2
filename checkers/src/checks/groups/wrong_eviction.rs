//! `wrong-eviction`: a member is not called unknown while its session lasts. The session began again at the earliest when the
//! member *sent* its last request that was answered ok; a node that calls it unknown before the session can have ended removed
//! it too early, or forgot it.
//!
//! Legal are removals that the member or an administrator asked for, those of static members that were replaced, and those of
//! a join phase in which the member did not take part. Such a phase takes at least the rebalance time-out if the member was in
//! good standing when it began, so the shorter of both time-outs counts. Where a target may forget a generation whose
//! assignment was not sent yet, a member counts only once it had one. Where a former coordinator may answer from memory, what
//! one node answered says nothing of what another knows, nor of what it knows itself after a fault. Members of a client library
//! are not judged: it does not tell when it sent its heartbeats.

use std::collections::{BTreeMap, BTreeSet};

use super::roster::Group;
use super::zombie_member::{asked, member};
use crate::checks::Check;
use crate::history::{Call, Moment, Outcome, Report};
use crate::verdict::{Doubt, Evidence, Finding, Verdict};

const MS: Moment = 1_000_000;

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if check.is_of_libraries(&mut verdict) {
        return verdict;
    }
    let timeouts = check.history().header().timeouts;
    let Some(session_ms) = timeouts.session_ms else {
        let what = "the session time-out".to_owned();
        verdict.doubt(Doubt::NothingSeen { what });
        return verdict;
    };
    let shortest = session_ms.min(timeouts.rebalance_ms.unwrap_or(session_ms));
    let strict = check.history().promises().generation_unique;
    let one_mind = check.history().promises().offsets_linearizable;
    let (mut count, mut only_excused) = (0, false);
    for (name, group) in &check.roster().groups {
        let leaves = group
            .calls
            .iter()
            .filter_map(|operation| match operation.call {
                Call::Leave(leave) => Some(leave.members.iter()),
                _ => None,
            });
        let mut excused: BTreeSet<&str> = leaves.flatten().map(|one| one.as_str()).collect();
        excused.extend(replaced(group));
        only_excused |= !excused.is_empty();
        // By member, and by the node that answered where that matters: when its last request that was answered ok was sent, and
        // whether it has had an assignment.
        let mut alive: BTreeMap<(&str, &str), (Moment, bool)> = BTreeMap::new();
        // In the order of the answers.
        let mut ended: Vec<_> = group
            .calls
            .iter()
            .filter(|one| one.completed().is_some())
            .collect();
        ended.sort_by_key(|one| one.completed());
        for operation in ended {
            let Some(member) = member(operation).filter(|one| !excused.contains(one)) else {
                continue;
            };
            count += 1;
            let mind = match one_mind {
                true => "",
                false => asked(operation).unwrap_or_default(),
            };
            let member_there = (member, mind);
            if let (Call::Heartbeat(_), Some(Report::Heartbeat(seen))) =
                (operation.call, operation.report())
                && let Some(last_ok) = seen.last_ok
            {
                let known = alive.entry(member_there).or_default();
                known.0 = known.0.max(last_ok);
            }
            let counts = matches!(
                operation.call,
                Call::Heartbeat(_) | Call::Join(_) | Call::Sync(_)
            );
            if operation.outcome == Outcome::Ok && counts && !is_of_library(operation.call) {
                let known = alive.entry(member_there).or_default();
                known.0 = known.0.max(operation.called);
                known.1 |= matches!(operation.call, Call::Sync(_));
            }
            let error = operation.completion.and_then(|one| one.error.as_deref());
            let answered = operation.completed().unwrap_or(0);
            if error != Some("UNKNOWN_MEMBER_ID") {
                continue;
            }
            let Some((last, _)) = alive
                .remove(&member_there)
                .filter(|one| one.0 > 0 && (strict || one.1))
            else {
                continue;
            };
            let after_ms = answered.saturating_sub(last) / MS;
            let mut windows = check.windows().iter();
            let touched = !one_mind && windows.any(|window| window.overlaps(last, answered, 0));
            if after_ms >= shortest || touched {
                continue;
            }
            let finding = Finding::WrongEviction {
                group: (*name).to_owned(),
                member: member.to_owned(),
                after_ms,
                session_ms: shortest,
            };
            let evidence = Evidence {
                operations: vec![operation.id],
                window: Some((last, answered)),
                ..Evidence::default()
            };
            check.unless_starved(finding, evidence, last, answered, &mut verdict);
        }
    }
    if count == 0 && only_excused {
        let what = "dynamic members that stay".to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
        return verdict;
    }
    check.saw(count, "answers to members", &mut verdict);
    verdict
}

/// The member ids of static members that were replaced, or may have been: another join named the same static id.
fn replaced<'a>(group: &Group<'a>) -> Vec<&'a str> {
    // The ids that each was given, and whether some join of it has no answer.
    let mut statics: BTreeMap<&str, (BTreeSet<&str>, bool)> = BTreeMap::new();
    for operation in &group.calls {
        let Call::Join(join) = operation.call else {
            continue;
        };
        let Some(instance) = join.instance.as_deref() else {
            continue;
        };
        let known = statics.entry(instance).or_default();
        known.1 |= operation.outcome == Outcome::Info;
        if let Some(member) = member(operation).filter(|_| operation.outcome != Outcome::Fail) {
            known.0.insert(member);
        }
    }
    let several = statics
        .into_values()
        .filter(|(ids, open)| ids.len() > 1 || *open);
    several.flat_map(|(ids, _)| ids).collect()
}

/// Whether a client library sent it at a time that nobody knows.
fn is_of_library(call: &Call) -> bool {
    match call {
        Call::Join(join) => join.library,
        Call::Sync(sync) => sync.library,
        _ => false,
    }
}
