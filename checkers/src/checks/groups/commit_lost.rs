//! `commit-lost`: the offset that a group's partition has in the end is that of its last acknowledged commit, or of one that
//! can have come after it.
//!
//! Known by tokens, so that a rewind is no loss. What is there in the end is too old if its own commit had been acknowledged
//! before an acknowledged commit of another was called: then nothing can have put it back. A commit of unknown outcome may
//! land at any time, and explains what it left behind. So does, within its generation, one that a client library may have sent
//! twice: the first copy may arrive after the second.

use super::roster::{Commit, Fetch, by_place};
use crate::checks::Check;
use crate::checks::view::{Place, evidence};
use crate::history::Moment;
use crate::verdict::{Anomaly, Doubt, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        let commits = by_place(&group.commits, |commit| commit.place);
        let last: Vec<Fetch<'_>> = group
            .fetches
            .iter()
            .filter(|fetch| fetch.is_final())
            .copied()
            .collect();
        for (place, fetches) in by_place(&last, |fetch| fetch.place) {
            let Some(commits) = commits.get(&place) else {
                continue;
            };
            for fetch in fetches {
                count += 1;
                if let Some((lost, known)) = lost(commits, &fetch) {
                    tell(name, place, (lost, known, &fetch), &mut verdict);
                }
            }
        }
        if last.is_empty() && !group.commits.is_empty() {
            let what = "final committed offsets".to_owned();
            verdict.doubt(Doubt::NothingSeen { what });
        }
    }
    check.saw(count, "final committed offsets", &mut verdict);
    verdict
}

/// An acknowledged commit that was called after what is there had been acknowledged, and that commit.
fn lost<'a>(
    commits: &'a [Commit<'a>],
    fetch: &Fetch<'_>,
) -> Option<(&'a Commit<'a>, Option<&'a Commit<'a>>)> {
    let there = match fetch.token {
        Some(token) => Some(commits.iter().find(|commit| commit.token == Some(token))?),
        None if fetch.offset < 0 => None,
        // Without a token nobody knows which commit this is.
        None => return None,
    };
    // One of unknown outcome may have landed after all others.
    let since: Option<Moment> = match there {
        Some(there) => Some(there.acknowledged?),
        None => None,
    };
    let after = commits.iter().filter(|commit| {
        let acknowledged = commit
            .acknowledged
            .is_some_and(|at| at < fetch.operation.called);
        let settled = there.is_none_or(|there| there.is_settled_before(commit));
        acknowledged && settled && since.is_none_or(|since| commit.called() > since)
    });
    let lost = after.max_by_key(|commit| commit.acknowledged)?;
    (fetch.token != lost.token).then_some((lost, there))
}

fn tell(
    group: &str,
    place: Place<'_>,
    (lost, there, fetch): (&Commit<'_>, Option<&Commit<'_>>, &Fetch<'_>),
    verdict: &mut Verdict,
) {
    let mut operations = vec![lost.operation.id, fetch.operation.id];
    operations.extend(there.map(|there| there.operation.id));
    verdict.found(Anomaly {
        kind: Finding::CommitLost {
            group: group.to_owned(),
            offset: lost.offset,
            token: lost.token.unwrap_or_default().to_owned(),
            instead: (fetch.offset >= 0).then_some(fetch.offset),
            instead_token: fetch.token.map(str::to_owned),
        },
        certain: true,
        evidence: evidence(place, &operations, &[lost.offset]),
    });
}
