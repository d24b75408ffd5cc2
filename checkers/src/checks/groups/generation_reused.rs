//! `generation-reused`: all JoinGroup answers of one generation name one leader and one protocol, and the leader's answers list
//! the same members. A static member that is replaced keeps the generation and gets another member id, so groups with instance
//! ids are compared by protocol alone. Apache Kafka may reuse a generation when its coordinator changes in the join phase;
//! there it is reported and tolerated.

use std::collections::{BTreeMap, BTreeSet};

use super::roster::JoinOk;
use crate::checks::Check;
use crate::promises::Subject;
use crate::verdict::{Anomaly, Evidence, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        let mut first: BTreeMap<i32, Vec<&JoinOk<'_>>> = BTreeMap::new();
        for join in &group.joins {
            count += 1;
            let known = first.entry(join.answer.generation).or_default();
            // The first answer, and the first of a leader: all others are compared with these.
            let found = known
                .iter()
                .find_map(|one| Some((*one, difference(one, join)?)));
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

fn difference(one: &JoinOk<'_>, other: &JoinOk<'_>) -> Option<(&'static str, String, String)> {
    let (a, b) = (one.answer, other.answer);
    let protocols = a.protocol.as_ref().zip(b.protocol.as_ref());
    if let Some((a, b)) = protocols.filter(|(a, b)| a != b) {
        return Some(("protocol", a.to_string(), b.to_string()));
    }
    let is_static = |join: &JoinOk<'_>| {
        let listed = join
            .answer
            .members
            .iter()
            .any(|member| member.instance.is_some());
        listed || join.call.instance.is_some()
    };
    if is_static(one) || is_static(other) {
        return None;
    }
    if a.leader != b.leader {
        return Some(("leader", a.leader.to_string(), b.leader.to_string()));
    }
    if a.members.is_empty() || b.members.is_empty() {
        return None;
    }
    let ids = |join: &JoinOk<'_>| -> BTreeSet<String> {
        let members = join.answer.members.iter();
        members.map(|member| member.member.to_string()).collect()
    };
    let (a, b) = (ids(one), ids(other));
    let listed = |ids: BTreeSet<String>| ids.into_iter().collect::<Vec<_>>().join(" ");
    (a != b).then(|| ("members", listed(a), listed(b)))
}
