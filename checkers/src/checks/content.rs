//! `duplicate`, `inconsistent-offset`, `phantom-value`, `failed-write-seen`, `outcome-contradiction`: contradictions
//! between what was sent and what lies at which offset. Jepsen's names (kafka workload), but that a value nobody sent is
//! an anomaly here, not a crash of the analysis.

use std::collections::BTreeMap;

use super::Check;
use super::view::{Place, Sight, View, evidence};
use crate::history::{Acks, Call, Offset, Outcome, Report};
use crate::verdict::{Anomaly, Finding, Sighting, Verdict};

/// How many sightings an anomaly carries.
const COPIES_MAX: usize = 8;

/// Every (offset, value) that is stated, with who states it first.
fn stated(view: &View) -> BTreeMap<(Offset, &str), Sighting> {
    let mut stated: BTreeMap<(Offset, &str), Sighting> = BTreeMap::new();
    for (send, offset) in view.acknowledged() {
        let (value, operation) = (send.value.clone(), send.operation);
        let sighting = Sighting {
            value,
            offset,
            operation,
            node: None,
        };
        stated.entry((offset, &send.value)).or_insert(sighting);
    }
    for sight in &view.sights {
        stated
            .entry((sight.offset, &sight.value))
            .or_insert_with(|| sighting(sight));
    }
    stated
}

fn sighting(sight: &Sight) -> Sighting {
    Sighting {
        value: sight.value.clone(),
        offset: sight.offset,
        operation: sight.operation,
        node: sight.node.clone(),
    }
}

fn several(
    place: &Place,
    mut copies: Vec<Sighting>,
    kind: impl Fn(Vec<Sighting>) -> Finding,
) -> Anomaly {
    copies.truncate(COPIES_MAX);
    let operations: Vec<u64> = copies.iter().map(|copy| copy.operation).collect();
    let offsets: Vec<Offset> = copies.iter().map(|copy| copy.offset).collect();
    let evidence = evidence(place, &operations, &offsets);
    Anomaly {
        kind: kind(copies),
        certain: true,
        evidence,
    }
}

/// One value at several offsets. With one request for each append and with idempotent producers alike, no legal retry
/// can cause it.
pub(super) fn duplicate(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("duplicate");
    for (place, view) in check.views {
        let mut by_value: BTreeMap<&str, Vec<Sighting>> = BTreeMap::new();
        for ((_, value), sighting) in stated(view) {
            by_value.entry(value).or_default().push(sighting);
        }
        verdict.saw("values", by_value.len() as u64);
        for (value, copies) in by_value {
            if copies.len() > 1 {
                verdict.found(several(place, copies, |copies| Finding::Duplicate {
                    value: value.to_owned(),
                    copies,
                }));
            }
        }
    }
    verdict
}

/// One offset with several values.
pub(super) fn inconsistent_offset(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("inconsistent-offset");
    for (place, view) in check.views {
        let mut by_offset: BTreeMap<Offset, Vec<Sighting>> = BTreeMap::new();
        for ((offset, _), sighting) in stated(view) {
            by_offset.entry(offset).or_default().push(sighting);
        }
        verdict.saw("offsets", by_offset.len() as u64);
        for (offset, copies) in by_offset {
            if copies.len() > 1 {
                verdict.found(several(place, copies, |copies| {
                    Finding::InconsistentOffset { offset, copies }
                }));
            }
        }
    }
    verdict
}

/// A value that nobody sent.
pub(super) fn phantom_value(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("phantom-value");
    for (place, view) in check.views {
        verdict.saw("records read", view.sights.len() as u64);
        let mut told: BTreeMap<(Offset, &str), &Sight> = BTreeMap::new();
        for sight in view
            .sights
            .iter()
            .filter(|s| !view.sends.contains_key(&s.value))
        {
            told.entry((sight.offset, &sight.value)).or_insert(sight);
        }
        for sight in told.into_values() {
            verdict.found(Anomaly {
                kind: Finding::PhantomValue {
                    read: sighting(sight),
                },
                certain: true,
                evidence: evidence(place, &[sight.operation], &[sight.offset]),
            });
        }
    }
    verdict
}

/// A value whose append surely failed was read (Jepsen's G1a).
pub(super) fn failed_write_seen(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("failed-write-seen");
    for (place, view) in check.views {
        let failed = view
            .sends
            .values()
            .filter(|send| send.outcome == Outcome::Fail)
            .count();
        verdict.saw("failed appends", failed as u64);
        let mut told: BTreeMap<&str, &Sight> = BTreeMap::new();
        for sight in &view.sights {
            told.entry(&sight.value).or_insert(sight);
        }
        for (value, sight) in told {
            let Some(send) = view.sends.get(value).filter(|s| s.outcome == Outcome::Fail) else {
                continue;
            };
            verdict.found(Anomaly {
                kind: Finding::FailedWriteSeen {
                    read: sighting(sight),
                    append: send.operation,
                    error: send.error.clone(),
                },
                certain: true,
                evidence: evidence(place, &[send.operation, sight.operation], &[sight.offset]),
            });
        }
    }
    verdict
}

/// A record was acknowledged without an offset, or outcomes are missing. Without acknowledgements (acks 0) no offset can
/// be known, and an idempotent producer does not learn that of a duplicate.
pub(super) fn outcome_contradiction(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("outcome-contradiction");
    for (place, view) in check.views {
        for send in view
            .sends
            .values()
            .filter(|send| send.outcome == Outcome::Ok)
        {
            let stated = send.offset.is_some_and(|offset| offset >= 0);
            if !stated && send.acks != Acks::None && !send.idempotent {
                verdict.found(Anomaly {
                    kind: Finding::AcknowledgedWithoutOffset {
                        value: send.value.clone(),
                        offset: send.offset,
                    },
                    certain: true,
                    evidence: evidence(place, &[send.operation], &[]),
                });
            }
        }
    }
    let mut appends = 0;
    for operation in check.operations {
        let (Call::Append(append), Some(Report::Append(appended))) =
            (operation.call, operation.report())
        else {
            continue;
        };
        appends += 1;
        let (sent, reported) = (append.values.len() as u64, appended.records.len() as u64);
        if sent != reported && operation.outcome == Outcome::Ok {
            let place = (append.topic.clone(), append.partition);
            verdict.found(Anomaly {
                kind: Finding::OutcomesMissing { sent, reported },
                certain: true,
                evidence: evidence(&place, &[operation.id], &[]),
            });
        }
    }
    verdict.saw("appends", appends);
    verdict
}
