//! `resume-skip`: a member that stands at an offset is given the next record there is, without a jump over any. Markers,
//! records of aborted transactions and removed records are no records: only what is known to be visible in the end counts as
//! jumped over. Where a member stands is its client's word, so a client that seeks is not accused.

use super::at_least_once::visible;
use crate::checks::Check;
use crate::checks::view::{Place, evidence};
use crate::history::Offset;
use crate::verdict::{Anomaly, Finding, Placed, Verdict};
use std::collections::BTreeMap;

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut known: BTreeMap<Place<'_>, Vec<(Offset, &str)>> = BTreeMap::new();
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        for delivery in &group.deliveries {
            let Some(answer) = delivery.answer else {
                continue;
            };
            let assigned = delivery.call.assigned.iter();
            let mut stands: BTreeMap<Place<'_>, Offset> = assigned
                .map(|one| ((one.topic.as_str(), one.partition), one.position))
                .collect();
            for record in &answer.records {
                count += 1;
                let place = (record.topic(), record.partition());
                let next = record.offset();
                let Some(position) = stands.insert(place, next.saturating_add(1)) else {
                    continue;
                };
                if next <= position {
                    continue;
                }
                let all = known
                    .entry(place)
                    .or_insert_with(|| visible(check, place).unwrap_or_default());
                let at = all.partition_point(|one| one.0 < position);
                let Some((offset, value)) = all.get(at).filter(|one| one.0 < next) else {
                    continue;
                };
                verdict.found(Anomaly {
                    kind: Finding::ResumeSkip {
                        group: (*name).to_owned(),
                        member: delivery.call.member.to_string(),
                        position,
                        next,
                        skipped: Placed {
                            topic: place.0.to_owned(),
                            partition: place.1,
                            offset: Some(*offset),
                            value: (*value).to_owned(),
                        },
                    },
                    certain: true,
                    evidence: evidence(place, &[delivery.operation.id], &[*offset, next]),
                });
            }
        }
    }
    check.saw(count, "delivered records", &mut verdict);
    verdict
}
