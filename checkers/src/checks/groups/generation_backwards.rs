//! `generation-backwards`: who joins after a generation was answered gets that one or a higher one. A join that was under way
//! meanwhile may still be answered with a lower one. Apache Kafka may go back when its coordinator changes in the join phase;
//! there it is reported and tolerated.

use super::roster::Highest;
use crate::checks::Check;
use crate::promises::Subject;
use crate::verdict::{Anomaly, Evidence, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        let joins = group.joins.iter();
        let known = joins.map(|join| {
            let generation = i64::from(join.answer.generation);
            (join.returned, generation, join.operation.id)
        });
        let known = Highest::of(known.collect());
        for join in &group.joins {
            count += 1;
            let after = join.answer.generation;
            let Some((before, by)) = known
                .before(join.operation.called)
                .filter(|(highest, _)| *highest > i64::from(after))
            else {
                continue;
            };
            let anomaly = Anomaly {
                kind: Finding::GenerationWentBack {
                    group: (*name).to_owned(),
                    before: i32::try_from(before).unwrap_or(i32::MAX),
                    after,
                },
                certain: true,
                evidence: Evidence {
                    operations: vec![by, join.operation.id],
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
