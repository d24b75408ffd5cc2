//! `at-least-once`: every record below the committed offset in the end was delivered to some member of the group. Counted from
//! the lowest position at which a member ever stood: a group may begin in the middle of a log. A client must write down what it
//! was given before it commits it, or its death would look like a loss. What is given twice after a rebalance is legal.

use std::collections::BTreeMap;

use crate::checks::Check;
use crate::checks::view::{Place, evidence};
use crate::history::Offset;
use crate::verdict::{Anomaly, Doubt, Finding, Placed, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        let mut delivered: BTreeMap<Place<'_>, (Offset, Vec<Offset>)> = BTreeMap::new();
        for delivery in &group.deliveries {
            for assigned in &delivery.call.assigned {
                let place = (assigned.topic.as_str(), assigned.partition);
                let (from, _) = delivered.entry(place).or_insert((Offset::MAX, Vec::new()));
                *from = (*from).min(assigned.position);
            }
            for record in delivery.answer.iter().flat_map(|answer| &answer.records) {
                let place = (record.topic(), record.partition());
                let (from, all) = delivered.entry(place).or_insert((Offset::MAX, Vec::new()));
                *from = (*from).min(record.offset());
                all.push(record.offset());
            }
        }
        if group.last_fetches.is_empty() && !group.deliveries.is_empty() {
            lacks("final committed offsets", &mut verdict);
        }
        for (place, (committed, fetch)) in &group.last_fetches {
            let Some((from, mut all)) = delivered.remove(place) else {
                continue;
            };
            let Some(records) = visible(check, *place) else {
                lacks("final reads of the input", &mut verdict);
                continue;
            };
            all.sort_unstable();
            let first = records.partition_point(|one| one.0 < from);
            let below = records[first..].iter().take_while(|one| one.0 < *committed);
            for (offset, value) in below {
                count += 1;
                if all.binary_search(offset).is_ok() {
                    continue;
                }
                verdict.found(Anomaly {
                    kind: Finding::NeverDelivered {
                        group: (*name).to_owned(),
                        record: Placed {
                            topic: place.0.to_owned(),
                            partition: place.1,
                            offset: Some(*offset),
                            value: (*value).to_owned(),
                        },
                        committed: *committed,
                    },
                    certain: true,
                    evidence: evidence(*place, &[*fetch], &[*offset]),
                });
            }
        }
    }
    check.saw(count, "records below the committed offset", &mut verdict);
    verdict
}

fn lacks(what: &str, verdict: &mut Verdict) {
    let what = what.to_owned();
    verdict.doubt(Doubt::NothingSeen { what });
}

/// The records of a partition that are visible in the end; none if it was not read to its end.
pub(super) fn visible<'a>(check: &Check<'a>, place: Place<'_>) -> Option<Vec<(Offset, &'a str)>> {
    if let Some(reading) = check
        .ledger()
        .reading(place)
        .filter(|one| !one.whole.is_empty())
    {
        return Some(reading.visible.iter().map(|one| (one.0, one.1)).collect());
    }
    let view = &check.views()[check.view_at(place, 0)?];
    if !view.covered.iter().any(|read| read.to_the_end) {
        return None;
    }
    let held = view.facts.iter().filter(|fact| fact.nodes != 0);
    Some(held.map(|fact| (fact.offset, view.value(fact))).collect())
}
