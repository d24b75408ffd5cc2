//! `commit-phantom`: a token that is fetched was committed for this group and partition, with this offset, by a commit that was
//! not refused and that was called before the answer came. A transaction whose client ended within it may have committed
//! tokens that nobody recorded, so groups with such transactions are judged only by the tokens that are known.

use std::collections::BTreeMap;

use super::roster::Commit;
use crate::checks::Check;
use crate::checks::view::evidence;
use crate::history::{Offset, Outcome};
use crate::verdict::{Anomaly, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        type Key<'a> = (crate::checks::view::Place<'a>, &'a str);
        let mut tokens: BTreeMap<Key<'_>, Vec<&Commit<'_>>> = BTreeMap::new();
        for commit in &group.commits {
            if let Some(token) = commit.token {
                tokens
                    .entry((commit.place, token))
                    .or_default()
                    .push(commit);
            }
        }
        for fetch in &group.fetches {
            let Some(token) = fetch.token.filter(|_| fetch.offset >= 0) else {
                continue;
            };
            count += 1;
            let known = tokens
                .get(&(fetch.place, token))
                .map_or(&[][..], Vec::as_slice);
            // What a transaction committed that was aborted is another check's.
            let explains = |commit: &&&Commit<'_>| {
                commit.offset == fetch.offset
                    && (commit.outcome != Outcome::Fail || commit.transactional)
                    && commit.called() < fetch.returned
            };
            if known.iter().any(|commit| explains(&commit))
                || (known.is_empty() && group.unreported)
            {
                continue;
            }
            let mut operations: Vec<u64> = known.iter().map(|one| one.operation.id).collect();
            operations.push(fetch.operation.id);
            let offsets: Vec<Offset> = vec![fetch.offset];
            verdict.found(Anomaly {
                kind: Finding::CommitPhantom {
                    group: (*name).to_owned(),
                    offset: fetch.offset,
                    token: token.to_owned(),
                    refused: known.iter().any(|commit| commit.outcome == Outcome::Fail),
                },
                certain: true,
                evidence: evidence(fetch.place, &operations, &offsets),
            });
        }
    }
    check.saw(count, "fetched tokens", &mut verdict);
    verdict
}
