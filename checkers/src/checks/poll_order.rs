//! `poll-skip` and `nonmonotonic-poll`: order within one consumer (Jepsen's names, internal and external). A consumer's
//! state is what its poll says: each poll states the positions at which it stood, so that a seek, a new assignment or a
//! rollback after a failed poll is not a jump. What a failed poll returned was seen, and is judged like the rest.

use super::Check;
use super::transactions::reads;
use super::view::{Fact, Step, View, evidence};
use crate::history::Offset;
use crate::promises::Subject;
use crate::verdict::{Anomaly, Finding, Sighting, Verdict};

/// How many of the skipped records an anomaly names.
const SKIPPED_MAX: usize = 5;

/// A consumer jumped over records that exist. Only what somebody was given there exists beyond doubt: an offset without
/// a record is a hole (a transaction's marker, compaction), and one that only an acknowledgement claims is a loss.
pub(super) fn poll_skip(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    for view in check.views() {
        for step in view.steps.iter().filter(|step| step.next > step.after) {
            let between = view.facts_between(step.after.saturating_add(1), step.next);
            // Records of aborted transactions are there for readers of everything, and not for this one.
            let exists = |fact: &&Fact<'_>| fact.committed || !step.committed;
            let mut skipped: Vec<&Fact<'_>> = between.iter().filter(exists).collect();
            skipped.dedup_by_key(|fact| fact.offset);
            if !skipped.is_empty() {
                check.held(
                    check.configuration(),
                    subject(step),
                    skip(view, step, &skipped),
                    &mut verdict,
                );
            }
        }
    }
    let more = reads::skips(check, &mut verdict);
    finish(check, more, verdict)
}

fn subject(step: &Step<'_>) -> Subject {
    match step.internal {
        true => Subject::PollOutOfOrder,
        false => Subject::ConsumerMoved,
    }
}

fn finish(check: &Check<'_>, more: u64, mut verdict: Verdict) -> Verdict {
    let polled: u64 = check.views().iter().map(|view| view.polled).sum();
    check.saw(polled + more, "records polled", &mut verdict);
    verdict
}

fn skip(view: &View<'_>, step: &Step<'_>, skipped: &[&Fact<'_>]) -> Anomaly {
    let named = &skipped[..skipped.len().min(SKIPPED_MAX)];
    let sightings: Vec<Sighting> = named.iter().map(|fact| view.sighting(fact)).collect();
    let offsets: Vec<Offset> = named.iter().map(|fact| fact.offset).collect();
    let first = sightings.first().map(|sighting| sighting.operation);
    let operations: Vec<u64> = first.into_iter().chain([step.operation.id]).collect();
    Anomaly {
        kind: Finding::PollSkip {
            worker: step.operation.worker,
            after: step.after,
            next: step.next,
            skipped_count: skipped.len() as u64,
            skipped: sightings,
            internal: step.internal,
        },
        certain: true,
        evidence: evidence(view.place, &operations, &offsets),
    }
}

/// A consumer went back, or was given one record twice.
pub(super) fn nonmonotonic_poll(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    for view in check.views() {
        for step in view.steps.iter().filter(|step| step.next <= step.after) {
            let anomaly = Anomaly {
                kind: Finding::NonmonotonicPoll {
                    worker: step.operation.worker,
                    after: step.after,
                    next: step.next,
                    internal: step.internal,
                },
                certain: true,
                evidence: evidence(view.place, &[step.operation.id], &[step.next, step.after]),
            };
            check.held(check.configuration(), subject(step), anomaly, &mut verdict);
        }
    }
    let more = reads::backwards(check, &mut verdict);
    finish(check, more, verdict)
}
