//! `commit-beyond`: a committed offset that is fetched is not higher than what some client committed, or than what follows a
//! record that was delivered to a member. A client that commits more than it read is to blame itself: its own commit explains
//! the offset, as does one whose outcome is unknown. Offsets of transactions whose client ended within them are not known, so
//! groups with such transactions are not judged.

use super::roster::{Highest, by_place};
use crate::checks::Check;
use crate::checks::view::{Place, evidence};
use crate::history::{Moment, Outcome};
use crate::verdict::{Anomaly, Finding, Verdict};
use std::collections::BTreeMap;

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        if group.unreported {
            continue;
        }
        let mut known: BTreeMap<Place<'_>, Vec<(Moment, i64, u64)>> = BTreeMap::new();
        for delivery in &group.deliveries {
            let returned = delivery.operation.completed().unwrap_or(Moment::MAX);
            for record in delivery.answer.iter().flat_map(|answer| &answer.records) {
                let place = (record.topic(), record.partition());
                let next = record.offset().saturating_add(1);
                let all = known.entry(place).or_default();
                // Deliveries ascend: the last of a poll is enough.
                match all.last_mut() {
                    Some(last) if last.2 == delivery.operation.id => last.1 = last.1.max(next),
                    _ => all.push((returned, next, delivery.operation.id)),
                }
            }
        }
        for commit in &group.commits {
            if commit.outcome != Outcome::Fail || commit.transactional {
                let entry = (commit.called(), commit.offset, commit.operation.id);
                known.entry(commit.place).or_default().push(entry);
            }
        }
        let known: BTreeMap<_, _> = known
            .into_iter()
            .map(|(place, all)| (place, Highest::of(all)))
            .collect();
        for (place, fetches) in by_place(&group.fetches, |fetch| fetch.place) {
            for fetch in fetches.iter().filter(|fetch| fetch.offset > 0) {
                count += 1;
                let by_then = known.get(&place).and_then(|all| all.before(fetch.returned));
                let (possible, by) = by_then.unwrap_or((0, fetch.operation.id));
                if fetch.offset <= possible {
                    continue;
                }
                verdict.found(Anomaly {
                    kind: Finding::CommitBeyond {
                        group: (*name).to_owned(),
                        offset: fetch.offset,
                        possible,
                    },
                    certain: true,
                    evidence: evidence(place, &[by, fetch.operation.id], &[fetch.offset]),
                });
            }
        }
    }
    check.saw(count, "fetched offsets", &mut verdict);
    verdict
}
