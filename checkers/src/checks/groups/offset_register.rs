//! `offset-register`: the committed offset of a group's partition is a register, whose values are tokens. Commits and fetches
//! have an order that explains every fetch and respects real time.
//!
//! A commit of unknown outcome takes effect at any time after its call, or never; a refused one never. Partitions whose offsets
//! transactions commit are left out: there a plain commit may win over a transaction that is committed later. So are those that
//! client libraries commit: one that is sent twice may take effect twice. Promised by few; where it is not, a contradiction is reported and tolerated.

use std::collections::BTreeSet;

use super::roster::{Commit, Fetch, by_place};
use crate::checks::Check;
use crate::checks::view::{Place, evidence};
use crate::history::Outcome;
use crate::linearizability::deciders::register::decide;
use crate::linearizability::models::RegisterAction;
use crate::linearizability::{Decision, Operation};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Doubt, Finding, RegisterUse, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let (mut count, mut twice) = (0, false);
    for (name, group) in &check.roster().groups {
        let others: BTreeSet<Place<'_>> = group
            .commits
            .iter()
            .filter(|commit| {
                commit.transactional || commit.token.is_none() || commit.may_land_again()
            })
            .map(|commit| commit.place)
            .collect();
        twice |= group.commits.iter().any(Commit::may_land_again);
        if group.unreported {
            continue;
        }
        let commits = by_place(&group.commits, |commit| commit.place);
        for (place, fetches) in by_place(&group.fetches, |fetch| fetch.place) {
            // An offset without its token says nothing of which commit it is.
            let bare = fetches
                .iter()
                .any(|one| one.offset >= 0 && one.token.is_none());
            if bare || others.contains(&place) {
                continue;
            }
            count += fetches.len() as u64;
            let commits = commits.get(&place).map_or(&[][..], Vec::as_slice);
            partition(check, name, (place, commits, &fetches), &mut verdict);
        }
    }
    if count == 0 && twice {
        let what = "commits that are sent once".to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
        return verdict;
    }
    check.saw(count, "fetched offsets with tokens", &mut verdict);
    verdict
}

fn partition(
    check: &Check<'_>,
    group: &str,
    (place, commits, fetches): (Place<'_>, &[Commit<'_>], &[Fetch<'_>]),
    verdict: &mut Verdict,
) {
    let mut operations: Vec<Operation<RegisterAction<Option<&str>>>> = Vec::new();
    let mut uses: Vec<RegisterUse> = Vec::new();
    for commit in commits
        .iter()
        .filter(|commit| commit.outcome != Outcome::Fail)
    {
        operations.push(Operation {
            process: commit.operation.worker,
            called: commit.called(),
            returned: commit.acknowledged,
            action: RegisterAction::Write(commit.token),
        });
        uses.push(RegisterUse {
            writes: true,
            value: commit.token.map(str::to_owned),
            operation: commit.operation.id,
            worker: commit.operation.worker,
            called: commit.called(),
            returned: commit.acknowledged,
            outcome: commit.outcome,
            node: None,
        });
    }
    for fetch in fetches {
        let token = fetch.token.filter(|_| fetch.offset >= 0);
        operations.push(Operation {
            process: fetch.operation.worker,
            called: fetch.operation.called,
            returned: Some(fetch.returned),
            action: RegisterAction::Read(Some(token)),
        });
        uses.push(RegisterUse {
            writes: false,
            value: token.map(str::to_owned),
            operation: fetch.operation.id,
            worker: fetch.operation.worker,
            called: fetch.operation.called,
            returned: Some(fetch.returned),
            outcome: Outcome::Ok,
            node: fetch.call.node.as_ref().map(|node| node.to_string()),
        });
    }
    let all: Vec<_> = operations.iter().collect();
    let (rule, witness) = match decide(&None, &all) {
        Some(Decision::Linearizable) => return,
        Some(Decision::Contradiction { rule, witness }) => (rule, witness),
        // A token that was committed twice.
        None => {
            verdict.doubt(Doubt::BadHistory { problems: 1 });
            return;
        }
    };
    let Some((last, others)) = witness.split_last() else {
        return;
    };
    let proof: Vec<RegisterUse> = others.iter().map(|at| uses[*at].clone()).collect();
    let ids: Vec<u64> = witness.iter().map(|at| uses[*at].operation).collect();
    let anomaly = Anomaly {
        kind: Finding::OffsetsNotLinearizable {
            group: group.to_owned(),
            unplaced: uses[*last].clone(),
            proof,
            rule,
        },
        certain: true,
        evidence: evidence(place, &ids, &[]),
    };
    check.held(
        check.configuration(),
        Subject::OffsetsNotLinearizable,
        anomaly,
        verdict,
    );
}
