//! `sync-faithful`: a member is given what the leader of its generation sent for it, and nothing if it sent nothing for it.
//!
//! A leader may send its assignment twice; the coordinator keeps the first that arrives, so an answer is judged only if it
//! equals none of those that were not refused. One of unknown outcome may be the one that was taken. Where no leader's
//! assignment was recorded, nothing is judged. A static member that was replaced is given what was sent for its predecessor. And
//! the leader that a member is told of is one of the members.

use std::collections::{BTreeMap, BTreeSet};

use super::persons::Persons;
use super::roster::{Group, SyncCall, place};
use crate::checks::Check;
use crate::checks::view::Place;
use crate::history::{Outcome, Partition};
use crate::verdict::{Anomaly, Evidence, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if check.is_of_libraries(&mut verdict) {
        return verdict;
    }
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        leaders(name, group, &mut verdict);
        let persons = Persons::of(group);
        let mut sent: BTreeMap<i32, Vec<&SyncCall<'_>>> = BTreeMap::new();
        for sync in &group.syncs {
            if !sync.call.assignments.is_empty() && sync.operation.outcome != Outcome::Fail {
                sent.entry(sync.call.generation).or_default().push(sync);
            }
        }
        for sync in &group.syncs {
            let (Some((answer, _)), Some(leaders)) = (sync.answer, sent.get(&sync.call.generation))
            else {
                continue;
            };
            count += 1;
            let given = set(&answer.partitions);
            if leaders
                .iter()
                .any(|leader| for_member(leader, sync, &persons) == given)
            {
                continue;
            }
            let operations = leaders.iter().map(|leader| leader.operation.id);
            let operations = operations.chain([sync.operation.id]).collect();
            verdict.found(Anomaly {
                kind: Finding::AssignmentAltered {
                    group: (*name).to_owned(),
                    generation: sync.call.generation,
                    member: sync.call.member.to_string(),
                    sent: told(&for_member(leaders[0], sync, &persons)),
                    given: told(&given),
                },
                certain: true,
                evidence: Evidence {
                    operations,
                    ..Evidence::default()
                },
            });
        }
    }
    check.saw(count, "assignments", &mut verdict);
    verdict
}

/// Who is told the members of a generation is told a leader that is one of them. If it is nobody, no member assigns
/// anything.
fn leaders(name: &str, group: &Group<'_>, verdict: &mut Verdict) {
    for join in &group.joins {
        let members = &join.answer.members;
        let leader = join.answer.leader.as_str();
        if members.is_empty() || members.iter().any(|one| one.member.as_str() == leader) {
            continue;
        }
        verdict.found(Anomaly {
            kind: Finding::LeaderNotMember {
                group: name.to_owned(),
                generation: join.answer.generation,
                leader: leader.to_owned(),
            },
            certain: true,
            evidence: Evidence {
                operations: vec![join.operation.id],
                ..Evidence::default()
            },
        });
    }
}

fn set(partitions: &[Partition]) -> BTreeSet<Place<'_>> {
    partitions.iter().map(place).collect()
}

fn for_member<'a>(
    leader: &SyncCall<'a>,
    sync: &SyncCall<'a>,
    persons: &Persons<'a>,
) -> BTreeSet<Place<'a>> {
    let mut assignments = leader.call.assignments.iter();
    let own = assignments.find(|one| !persons.differ(&one.member, &sync.call.member));
    own.map_or_else(BTreeSet::new, |own| set(&own.partitions))
}

fn told(places: &BTreeSet<Place<'_>>) -> Vec<String> {
    let places = places.iter();
    places
        .map(|(topic, partition)| format!("{topic}/{partition}"))
        .collect()
}
