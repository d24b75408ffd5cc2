//! `duplicate`, `inconsistent-offset`, `phantom-value`, `failed-write-seen`, `outcome-contradiction`: contradictions
//! between what was sent and what lies at which offset. Jepsen's names (kafka workload), but that a value nobody sent
//! is an anomaly here, not a crash of the analysis.

use super::Check;
use super::pipeline::GaveUp;
use super::transactions::reads;
use super::view::{Place, Send, View, claim, evidence};
use crate::history::{Acks, Call, Offset, Outcome, Report};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Finding, Sighting, Verdict};

/// How many sightings an anomaly carries.
const COPIES_MAX: usize = 8;
/// How many of them are its evidence: two prove it, a third makes the pattern plain.
const PROOF_MAX: usize = 3;

fn several(
    place: Place<'_>,
    mut copies: Vec<Sighting>,
    kind: impl Fn(Vec<Sighting>) -> Finding,
) -> Anomaly {
    copies.truncate(COPIES_MAX);
    let proof = &copies[..copies.len().min(PROOF_MAX)];
    let operations: Vec<u64> = proof.iter().map(|copy| copy.operation).collect();
    let offsets: Vec<Offset> = proof.iter().map(|copy| copy.offset).collect();
    let evidence = evidence(place, &operations, &offsets);
    Anomaly {
        kind: kind(copies),
        certain: true,
        evidence,
    }
}

/// One value at several offsets. Reading one offset again is not a duplicate.
pub(super) fn duplicate(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let gave_up = GaveUp::of(check);
    for view in check.views() {
        check.unambiguous(view, &mut verdict);
        for number in view.numbers() {
            if !view.has_copies(number) {
                continue;
            }
            let send = view.send_numbered(number);
            let configuration = send.map_or(check.configuration(), |send| check.of_append(send));
            let anomaly = several(view.place, view.copies(number), |copies| {
                let value = copies[0].value.clone();
                Finding::Duplicate { value, copies }
            });
            if send.is_some_and(|send| gave_up.may_repeat(send)) {
                verdict.tolerate(anomaly);
                continue;
            }
            check.held(configuration, Subject::Duplicate, anomaly, &mut verdict);
        }
    }
    let values = check.views().iter().map(View::value_count).sum();
    check.saw(values, "values", &mut verdict);
    verdict
}

/// One offset with several values. Between readers nothing excuses it; an offset that was acknowledged may be given
/// away where acknowledged records may be lost.
pub(super) fn inconsistent_offset(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut offsets = 0;
    for view in check.views() {
        check.unambiguous(view, &mut verdict);
        offsets += view.settled.records;
        // Acknowledged offsets at which their own record was never read.
        let mut claims: Vec<(Offset, &Send<'_>)> = view
            .stated()
            .filter(|(send, offset)| !view.was_read_at(send, *offset))
            .map(|(send, offset)| (offset, send))
            .collect();
        claims.sort_by_key(|(offset, send)| (*offset, send.operation.id));
        offsets += claims.len() as u64;
        for facts in view.facts.chunk_by(|a, b| a.offset == b.offset) {
            offsets += 1;
            if facts.len() > 1 {
                let copies: Vec<Sighting> = facts.iter().map(|fact| view.sighting(fact)).collect();
                conflict(
                    check,
                    view,
                    copies,
                    Subject::OffsetReadTwice,
                    None,
                    &mut verdict,
                );
            }
        }
        for same in claims.chunk_by(|a, b| a.0 == b.0) {
            let offset = same[0].0;
            let read = view.facts_between(offset, offset.saturating_add(1));
            let mut copies: Vec<Sighting> = same
                .iter()
                .map(|(offset, send)| claim(send, *offset))
                .collect();
            copies.extend(read.iter().take(1).map(|fact| view.sighting(fact)));
            if copies.len() > 1 {
                let send = Some(same[0].1);
                conflict(
                    check,
                    view,
                    copies,
                    Subject::OffsetReused,
                    send,
                    &mut verdict,
                );
            }
        }
    }
    offsets += reads::differing(check, &mut verdict);
    check.saw(offsets, "offsets", &mut verdict);
    verdict
}

fn conflict(
    check: &Check<'_>,
    view: &View<'_>,
    copies: Vec<Sighting>,
    subject: Subject,
    send: Option<&Send<'_>>,
    verdict: &mut Verdict,
) {
    let anomaly = several(view.place, copies, |copies| {
        let offset = copies[0].offset;
        Finding::InconsistentOffset { offset, copies }
    });
    let configuration = send.map_or(check.configuration(), |send| check.of_append(send));
    check.held(configuration, subject, anomaly, verdict);
}

/// A value that nobody sent.
pub(super) fn phantom_value(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    for view in check.views() {
        for fact in view
            .facts
            .iter()
            .filter(|fact| view.send_of(fact).is_none())
        {
            verdict.found(Anomaly {
                kind: Finding::PhantomValue {
                    read: view.sighting(fact),
                },
                certain: true,
                evidence: evidence(view.place, &[fact.seen_by.id], &[fact.offset]),
            });
        }
    }
    let sights: u64 = check.views().iter().map(|view| view.sights).sum();
    let more = reads::phantoms(check, &mut verdict);
    check.saw(sights + more, "records read", &mut verdict);
    verdict
}

/// A value was read whose append had failed (Jepsen's G1a), whether or not the poll that returned it succeeded.
pub(super) fn failed_write_seen(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut failed = 0;
    for view in check.views() {
        check.unambiguous(view, &mut verdict);
        for send in view
            .sends
            .iter()
            .filter(|send| send.outcome == Outcome::Fail)
        {
            failed += 1;
            let Some(fact) = view.facts_of(send).min_by_key(|fact| fact.seen_at) else {
                continue;
            };
            verdict.found(Anomaly {
                kind: Finding::FailedWriteSeen {
                    read: view.sighting(fact),
                    append: send.operation.id,
                    error: send.error().map(str::to_owned),
                },
                certain: true,
                evidence: evidence(
                    view.place,
                    &[send.operation.id, fact.seen_by.id],
                    &[fact.offset],
                ),
            });
        }
    }
    verdict.saw("records of failed appends", failed);
    let sights = check.views().iter().map(|view| view.sights).sum();
    check.saw(sights, "records read", &mut verdict);
    verdict
}

/// Refusals that blame the record or the request, and not the state of the cluster. Every record that the harness sends is
/// well-formed and within the limits of the topic.
const UNTRUE: [&str; 6] = [
    "MSG_SIZE_TOO_LARGE",
    "RECORD_LIST_TOO_LARGE",
    "INVALID_MSG",
    "INVALID_MSG_SIZE",
    "INVALID_RECORD",
    "INVALID_REQUIRED_ACKS",
];

/// A record was acknowledged without an offset, or refused for a reason that is not one, or outcomes are missing. Without
/// acknowledgements (acks 0) no offset can be known, and an idempotent producer does not learn that of a duplicate.
pub(super) fn outcome_contradiction(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    for view in check.views() {
        for send in view.sends.iter().filter(|send| send.outcome == Outcome::Ok) {
            if send.offset().is_none() && send.acks != Acks::None && !send.idempotent {
                verdict.found(Anomaly {
                    kind: Finding::AcknowledgedWithoutOffset {
                        value: send.value.to_owned(),
                        offset: send.stated(),
                    },
                    certain: true,
                    evidence: evidence(view.place, &[send.operation.id], &[]),
                });
            }
        }
    }
    for view in check.views() {
        let refused = view
            .sends
            .iter()
            .filter(|send| send.outcome == Outcome::Fail);
        for send in refused {
            if let Some(error) = send.error().filter(|error| UNTRUE.contains(error)) {
                verdict.found(Anomaly {
                    kind: Finding::RefusalUntrue {
                        value: send.value.to_owned(),
                        error: error.to_owned(),
                    },
                    certain: true,
                    evidence: evidence(view.place, &[send.operation.id], &[]),
                });
            }
        }
    }
    let settled = check.history().settled();
    let mut appends = settled.map_or(0, |settled| settled.appends.answered);
    for operation in check.operations() {
        let (Call::Append(append), Some(Report::Append(appended))) =
            (operation.call, operation.report())
        else {
            continue;
        };
        appends += 1;
        let (sent, reported) = (append.values.len() as u64, appended.records.len() as u64);
        if sent != reported && operation.outcome == Outcome::Ok {
            let place = (append.topic.as_str(), append.partition);
            verdict.found(Anomaly {
                kind: Finding::OutcomesMissing { sent, reported },
                certain: true,
                evidence: evidence(place, &[operation.id], &[]),
            });
        }
    }
    check.saw(appends, "appends", &mut verdict);
    verdict
}
