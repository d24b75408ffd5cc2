//! `one-owner`: within one generation, a partition is assigned to one member, by the answers to SyncGroup.
//!
//! A leader that assigns a partition twice is to blame itself, and a generation that has two leaders is `generation-reused`'s:
//! neither is judged here. A static member that was replaced is the same owner.
//! Two members with one partition in *different* generations are legal at any time.

use std::collections::{BTreeMap, BTreeSet};

use super::persons::Persons;
use super::roster::{Group, place};
use crate::checks::Check;
use crate::checks::view::{Place, evidence};
use crate::verdict::{Anomaly, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        let persons = Persons::of(group);
        let ambiguous = ambiguous(group, &persons);
        let mut owners: BTreeMap<(i32, Place<'_>), (&str, u64)> = BTreeMap::new();
        for sync in &group.syncs {
            let (Some((answer, _)), false) =
                (sync.answer, ambiguous.contains(&sync.call.generation))
            else {
                continue;
            };
            count += 1;
            for partition in &answer.partitions {
                let key = (sync.call.generation, place(partition));
                let own = (sync.call.member.as_str(), sync.operation.id);
                let (owner, by) = *owners.entry(key).or_insert(own);
                if !persons.differ(owner, own.0) {
                    continue;
                }
                verdict.found(Anomaly {
                    kind: Finding::TwoOwners {
                        group: (*name).to_owned(),
                        generation: sync.call.generation,
                        members: vec![owner.to_owned(), own.0.to_owned()],
                    },
                    certain: true,
                    evidence: evidence(place(partition), &[by, own.1], &[]),
                });
            }
        }
    }
    check.saw(count, "assignments", &mut verdict);
    verdict
}

/// Generations with two leaders, and those whose leader assigned a partition twice.
fn ambiguous<'a>(group: &Group<'a>, persons: &Persons<'a>) -> BTreeSet<i32> {
    let mut ambiguous = BTreeSet::new();
    let mut leaders: BTreeMap<i32, &str> = BTreeMap::new();
    for join in &group.joins {
        let leader = join.answer.leader.as_str();
        let first = *leaders.entry(join.answer.generation).or_insert(leader);
        if persons.differ(first, leader) {
            ambiguous.insert(join.answer.generation);
        }
    }
    let mut assigned: BTreeMap<(i32, Place<'_>), &str> = BTreeMap::new();
    for sync in &group.syncs {
        for assignment in &sync.call.assignments {
            for partition in &assignment.partitions {
                let key = (sync.call.generation, place(partition));
                let member = assignment.member.as_str();
                if persons.differ(assigned.entry(key).or_insert(member), member) {
                    ambiguous.insert(sync.call.generation);
                }
            }
        }
    }
    ambiguous
}
