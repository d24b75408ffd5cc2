//! `fenced-commit`: after a member of generation g was fenced, no commit of g is accepted that it sends then.
//!
//! What fences it depends on the target. One that writes each generation down when it forms is held to the first JoinGroup
//! that was answered with a higher one; Apache Kafka goes on accepting g while the next generation forms and is known to no
//! leader, so there it is the first SyncGroup of a higher one. Commits outside of a membership have no generation, and a static
//! member that is replaced keeps it. A commit that was sent before the fence was seen may have been applied before it.

use super::roster::{Commit, Group, Highest};
use crate::checks::Check;
use crate::checks::view::evidence;
use crate::history::{Moment, Report};
use crate::verdict::{Anomaly, Doubt, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let strict = check.history().promises().generation_unique;
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        let fences = fences(group, strict);
        let commits = group.commits.iter().filter(|commit| commit.generation >= 0);
        for commit in commits {
            let Some(called) = accepted(commit) else {
                continue;
            };
            count += 1;
            let Some((fenced_by, by)) = fences
                .before(called)
                .filter(|(highest, _)| *highest > i64::from(commit.generation))
            else {
                continue;
            };
            verdict.found(Anomaly {
                kind: Finding::FencedCommit {
                    group: (*name).to_owned(),
                    member: commit.member.to_owned(),
                    generation: commit.generation,
                    fenced_by: i32::try_from(fenced_by).unwrap_or(i32::MAX),
                    fenced_at: answered(check, by),
                },
                certain: true,
                evidence: evidence(commit.place, &[commit.operation.id, by], &[commit.offset]),
            });
        }
    }
    if count == 0 && check.roster().is_of_libraries() {
        // A cooperative member of a library commits while it joins again.
        let what = "commits whose generation is known".to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
        return verdict;
    }
    check.saw(count, "accepted commits of members", &mut verdict);
    verdict
}

/// When a commit that was accepted was sent.
fn accepted(commit: &Commit<'_>) -> Option<Moment> {
    if !commit.transactional {
        return commit.acknowledged.map(|_| commit.called());
    }
    // A transaction sends its offsets some time after its begin, which only its requests tell.
    let Some(Report::Transaction(end)) = commit.operation.report() else {
        return None;
    };
    let ok = |what: &str| what == "commit-offsets";
    let mut sent = end
        .requests
        .iter()
        .filter(|one| ok(&one.what) && one.error.is_none());
    sent.find(|one| one.returned.is_some())
        .map(|one| one.called)
}

fn fences(group: &Group<'_>, strict: bool) -> Highest {
    let joins = group.joins.iter().filter(|_| strict);
    let joins = joins.map(|join| {
        let generation = i64::from(join.answer.generation);
        (join.returned, generation, join.operation.id)
    });
    let syncs = group.syncs.iter().filter_map(|sync| {
        let (_, returned) = sync.answer?;
        Some((returned, i64::from(sync.call.generation), sync.operation.id))
    });
    Highest::of(joins.chain(syncs).collect())
}

fn answered(check: &Check<'_>, id: u64) -> Moment {
    let operations = check.operations();
    let at = operations.partition_point(|operation| operation.id < id);
    let operation = operations.get(at);
    operation
        .and_then(|operation| operation.completed())
        .unwrap_or(0)
}
