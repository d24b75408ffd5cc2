//! `unexplained-rebalance`: a group keeps its generation while nothing happens to its members. What explains a new one: a
//! member that joins for the first time, leaves, was silent for its session, was called unknown or changed its subscription, a
//! call without an answer, a topic that was changed, a fault (of a client, too) or a change of leader from a session
//! before it on, and a machine that was starved.

use std::collections::BTreeMap;

use super::zombie_member::member;
use crate::checks::Check;
use crate::history::{Call, ClientOperation, Moment, Outcome, Report};
use crate::verdict::{Doubt, Evidence, Finding, Verdict};

use super::roster::JoinOk;

const MS: Moment = 1_000_000;

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let timeouts = check.history().header().timeouts;
    let Some(session_ms) = timeouts.session_ms else {
        let what = "the session time-out".to_owned();
        verdict.doubt(Doubt::NothingSeen { what });
        return verdict;
    };
    let margin_ms = session_ms + timeouts.rebalance_ms.unwrap_or(session_ms);
    let margin = margin_ms.saturating_mul(MS);
    let mut count = 0;
    let of_topics: Vec<&ClientOperation<'_>> = check
        .operations()
        .iter()
        .filter(|operation| operation.call.changes_topic().is_some())
        .collect();
    for (name, group) in &check.roster().groups {
        let mut joins: Vec<&JoinOk<'_>> = group.joins.iter().collect();
        joins.sort_by_key(|join| (join.answer.generation, join.returned));
        let mut causes = causes(&group.calls);
        causes.extend(silences(
            &group.calls,
            session_ms.saturating_mul(MS),
            margin,
        ));
        let firsts = joins.chunk_by(|a, b| a.answer.generation == b.answer.generation);
        let firsts: Vec<&JoinOk<'_>> = firsts.map(|same| same[0]).collect();
        for pair in firsts.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            count += 1;
            let from = before.returned.saturating_sub(margin);
            let to = after.returned;
            let near = |from: Moment, until: Moment| from <= to && until >= before.returned;
            // What made the generation before explains none after it.
            let later = |of: Option<i32>| of.is_none_or(|of| of > before.answer.generation);
            let of_members = causes
                .iter()
                .any(|(from, until, of)| near(*from, *until) && later(*of));
            let of_topic = of_topics.iter().any(|operation| {
                near(
                    operation.called,
                    operation.returned().unwrap_or(Moment::MAX),
                )
            });
            let of_topic = of_topic
                || check
                    .history()
                    .topics()
                    .any(|(at, _)| from <= at && at <= to);
            let faulty = check
                .every_window()
                .any(|window| window.overlaps(from, to, margin));
            let elected = check
                .elections()
                .iter()
                .any(|one| from <= one.at && one.at <= to);
            if of_members || of_topic || faulty || elected || to < before.returned {
                continue;
            }
            let finding = Finding::UnexplainedRebalance {
                group: (*name).to_owned(),
                before: before.answer.generation,
                after: after.answer.generation,
            };
            let evidence = Evidence {
                operations: vec![before.operation.id, after.operation.id],
                window: Some((before.returned, to)),
                ..Evidence::default()
            };
            check.unless_starved(finding, evidence, from, to, &mut verdict);
        }
    }
    if count == 0 && check.roster().is_of_libraries() {
        // A library does not tell of every generation.
        let what = "generations that members told of".to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
        return verdict;
    }
    check.saw(count, "new generations", &mut verdict);
    verdict
}

/// From when until when something may have been noticed, and the generation that it made if that is known.
pub(super) type Cause = (Moment, Moment, Option<i32>);

/// From when until when members could be removed because they had said nothing for a session. One that says nothing any more is
/// removed within the margin.
pub(super) fn silences(
    calls: &[&ClientOperation<'_>],
    session: Moment,
    margin: Moment,
) -> Vec<Cause> {
    let mut last: BTreeMap<&str, Moment> = BTreeMap::new();
    let mut silences = Vec::new();
    for operation in calls {
        let Some(member) = member(operation) else {
            continue;
        };
        let counted = match operation.report() {
            Some(Report::Heartbeat(seen)) => seen.last_ok.unwrap_or(0),
            _ => 0,
        };
        let called = operation.called;
        let before = last.insert(member, called).unwrap_or(called).max(counted);
        if called.saturating_sub(before) >= session {
            silences.push((before.saturating_add(session), called, None));
        }
    }
    let ended = last.into_values();
    silences.extend(ended.map(|at| {
        let removed = at.saturating_add(session);
        (removed, at.saturating_add(margin), None)
    }));
    silences
}

/// What members did that makes a new generation.
fn causes(calls: &[&ClientOperation<'_>]) -> Vec<Cause> {
    let mut causes = Vec::new();
    for operation in calls {
        let error = operation.completion.and_then(|one| one.error.as_deref());
        let unknown = matches!(error, Some("UNKNOWN_MEMBER_ID" | "FENCED_INSTANCE_ID"));
        let explains = match operation.call {
            Call::Join(join) => {
                let again = join.reason.as_deref().is_none_or(|why| why == "rebalance");
                join.member.is_empty() || !again
            }
            Call::Leave(_) => true,
            _ => false,
        };
        let until = operation.completed().unwrap_or(Moment::MAX);
        let commits = matches!(operation.call, Call::CommitOffsets(_));
        if operation.outcome == Outcome::Info && !commits {
            causes.push((operation.called, Moment::MAX, None));
        } else if explains || unknown || operation.outcome == Outcome::Info {
            let made = match operation.report() {
                Some(Report::Join(joined)) if operation.outcome == Outcome::Ok => {
                    Some(joined.generation)
                }
                _ => None,
            };
            causes.push((operation.called, until, made));
        }
    }
    causes
}
