//! `generation-reused`: all JoinGroup answers of one generation name one leader and one protocol, and the leader's answers list
//! the same members, among them everybody who got that generation. A static member that is replaced keeps the generation and gets
//! another member id; it is the same member. Apache Kafka may reuse a generation when its coordinator changes in the join phase;
//! there it is reported and tolerated.

use std::collections::{BTreeMap, BTreeSet};

use super::persons::Persons;
use super::roster::JoinOk;
use crate::checks::Check;
use crate::promises::Subject;
use crate::verdict::{Anomaly, Evidence, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        let persons = Persons::of(group);
        let mut first: BTreeMap<i32, Vec<&JoinOk<'_>>> = BTreeMap::new();
        for join in &group.joins {
            count += 1;
            let known = first.entry(join.answer.generation).or_default();
            // The first answer, and the first of a leader: all others are compared with these.
            let found = known
                .iter()
                .find_map(|one| Some((*one, difference(one, join, &persons)?)));
            if known.is_empty() || (!join.answer.members.is_empty() && known.len() < 2) {
                known.push(join);
            }
            let Some((one, (what, a, b))) = found else {
                continue;
            };
            let anomaly = Anomaly {
                kind: Finding::GenerationReused {
                    group: (*name).to_owned(),
                    generation: join.answer.generation,
                    what: what.to_owned(),
                    first: a,
                    second: b,
                },
                certain: true,
                evidence: Evidence {
                    operations: vec![one.operation.id, join.operation.id],
                    ..Evidence::default()
                },
            };
            let configuration = check.configuration();
            check.held(
                configuration,
                Subject::GenerationReused,
                anomaly,
                &mut verdict,
            );
        }
    }
    check.saw(count, "answers to JoinGroup", &mut verdict);
    verdict
}

fn difference<'a>(
    one: &JoinOk<'a>,
    other: &JoinOk<'a>,
    persons: &Persons<'a>,
) -> Option<(&'static str, String, String)> {
    let (a, b) = (one.answer, other.answer);
    let protocols = a.protocol.as_ref().zip(b.protocol.as_ref());
    if let Some((a, b)) = protocols.filter(|(a, b)| a != b) {
        return Some(("protocol", a.to_string(), b.to_string()));
    }
    if persons.differ(&a.leader, &b.leader) {
        return Some(("leader", a.leader.to_string(), b.leader.to_string()));
    }
    if a.members.is_empty() || b.members.is_empty() {
        return not_listed(one, other, persons).or_else(|| not_listed(other, one, persons));
    }
    let ids = |join: &JoinOk<'a>| -> BTreeSet<&'a str> {
        let members = join.answer.members.iter();
        members.map(|one| persons.person(&one.member)).collect()
    };
    let (a, b) = (ids(one), ids(other));
    let listed = |ids: BTreeSet<&str>| ids.into_iter().collect::<Vec<_>>().join(" ");
    (a != b).then(|| ("members", listed(a), listed(b)))
}

/// A member that got the generation and is not in its leader's list. The list comes with the leader's answer, and nobody joins a
/// generation later but static members, which are in it under another id.
fn not_listed<'a>(
    leader: &JoinOk<'a>,
    member: &JoinOk<'a>,
    persons: &Persons<'a>,
) -> Option<(&'static str, String, String)> {
    let own = member.answer.member.as_str();
    let list = &leader.answer.members;
    let is_in = |own| list.iter().any(|one| !persons.differ(&one.member, own));
    let names: Vec<&str> = list.iter().map(|one| one.member.as_str()).collect();
    (!list.is_empty() && !is_in(own)).then(|| ("members", names.join(" "), own.to_owned()))
}
