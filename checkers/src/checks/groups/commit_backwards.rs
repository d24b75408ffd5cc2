//! `commit-backwards`: a fetch that asks for stable offsets does not return an older commit than an earlier such fetch had
//! returned. *Older* is what had been acknowledged before the other was called: a smaller offset is a rewind, and legal. A
//! commit of unknown outcome may land between the fetches, and so may the first copy of one that a client library sent twice.
//! Where fetches are not promised to be linearizable, a former coordinator may answer so; it is reported and tolerated.

use std::collections::BTreeMap;

use super::roster::{Commit, Fetch, Highest, by_place};
use crate::checks::Check;
use crate::checks::view::evidence;
use crate::promises::Subject;
use crate::verdict::{Anomaly, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        let commits = by_place(&group.commits, |commit| commit.place);
        let stable: Vec<Fetch<'_>> = group
            .fetches
            .iter()
            .filter(|fetch| fetch.call.require_stable)
            .copied()
            .collect();
        for (place, fetches) in by_place(&stable, |fetch| fetch.place) {
            let commits = commits.get(&place).map_or(&[][..], Vec::as_slice);
            let by_token: BTreeMap<&str, &Commit<'_>> = commits
                .iter()
                .filter_map(|one| Some((one.token?, one)))
                .collect();
            let of = |fetch: &Fetch<'_>| by_token.get(fetch.token?).copied();
            // When the commit was called that a fetch returned.
            let known = fetches.iter().filter_map(|fetch| {
                let called = i64::try_from(of(fetch)?.called()).ok()?;
                Some((fetch.returned, called, fetch.operation.id))
            });
            let known = Highest::of(known.collect());
            for fetch in &fetches {
                count += 1;
                let Some(old) = of(fetch) else { continue };
                let Some(acknowledged) = old.acknowledged.and_then(|at| i64::try_from(at).ok())
                else {
                    continue;
                };
                let Some((_, by)) = known
                    .before(fetch.operation.called)
                    .filter(|(called, _)| *called > acknowledged)
                else {
                    continue;
                };
                let newer = fetches.iter().find(|one| one.operation.id == by);
                let before = newer.and_then(|fetch| fetch.token);
                let settled = newer
                    .and_then(of)
                    .is_none_or(|newer| old.is_settled_before(newer));
                if !settled {
                    continue;
                }
                let anomaly = Anomaly {
                    kind: Finding::CommitWentBack {
                        group: (*name).to_owned(),
                        before: before.unwrap_or_default().to_owned(),
                        after: fetch.token.unwrap_or_default().to_owned(),
                        before_by: by,
                    },
                    certain: true,
                    evidence: evidence(
                        place,
                        &[old.operation.id, by, fetch.operation.id],
                        &[fetch.offset],
                    ),
                };
                let configuration = check.configuration();
                check.held(
                    configuration,
                    Subject::OffsetsNotLinearizable,
                    anomaly,
                    &mut verdict,
                );
            }
        }
    }
    check.saw(count, "fetches of stable offsets", &mut verdict);
    verdict
}
