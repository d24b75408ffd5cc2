//! `poll-skip`, `nonmonotonic-poll`, `send-order`: order within one worker (Jepsen's poll-skip, nonmonotonic-poll,
//! nonmonotonic-send, internal and external). A consumer's state is what its poll says: each poll states the positions at
//! which it stood. Order never crosses worker ids, because a timed-out request may land later.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::Check;
use super::log_order::sent;
use super::view::{Place, Send, View, evidence};
use crate::history::{Call, Offset, Outcome, Report};
use crate::verdict::{Anomaly, Finding, Sighting, Verdict};

/// How many of the skipped records an anomaly names.
const SKIPPED_MAX: usize = 5;

/// A step of a consumer in one partition.
struct Step {
    operation: u64,
    worker: u64,
    /// The offset read last, or the one before its position.
    after: Offset,
    next: Offset,
    internal: bool,
}

fn steps(check: &Check<'_>, mut each: impl FnMut(&Place, Step)) -> u64 {
    let mut polls = 0;
    for operation in check.operations {
        let (Call::Poll(poll), Some(Report::Poll(polled))) = (operation.call, operation.report())
        else {
            continue;
        };
        polls += 1;
        let mut last: BTreeMap<Place, Offset> = poll
            .assigned
            .iter()
            .map(|a| ((a.topic.clone(), a.partition), a.position - 1))
            .collect();
        let mut begun: BTreeMap<Place, bool> = BTreeMap::new();
        for record in &polled.records {
            let place = (record.topic().to_owned(), record.partition());
            let internal = begun.insert(place.clone(), true).is_some();
            if let Some(after) = last.insert(place.clone(), record.offset()) {
                let (operation, worker) = (operation.id, operation.worker);
                each(
                    &place,
                    Step {
                        operation,
                        worker,
                        after,
                        next: record.offset(),
                        internal,
                    },
                );
            }
        }
    }
    polls
}

/// A consumer jumped over records that exist.
pub(super) fn poll_skip(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("poll-skip");
    let mut found = Vec::new();
    let polls = steps(check, |place, step| {
        let Some(view) = check
            .views
            .get(place)
            .filter(|_| step.next > step.after + 1)
        else {
            return;
        };
        let between = (Bound::Excluded(step.after), Bound::Excluded(step.next));
        let count = view.known.range(between).count();
        if count > 0 {
            found.push(skip(place, view, &step, count as u64));
        }
    });
    verdict.saw("polls", polls);
    found.into_iter().for_each(|anomaly| verdict.found(anomaly));
    verdict
}

fn skip(place: &Place, view: &View, step: &Step, skipped_count: u64) -> Anomaly {
    let between = (Bound::Excluded(step.after), Bound::Excluded(step.next));
    let named: Vec<Offset> = view
        .known
        .range(between)
        .take(SKIPPED_MAX)
        .copied()
        .collect();
    let mut skipped: Vec<Sighting> = Vec::new();
    for offset in &named {
        let sent = view.acknowledged().find(|(_, at)| at == offset);
        let seen = view.sights.iter().find(|sight| sight.offset == *offset);
        if let Some((send, _)) = sent {
            let (value, operation) = (send.value.clone(), send.operation);
            skipped.push(Sighting {
                value,
                offset: *offset,
                operation,
                node: None,
            });
        } else if let Some(sight) = seen {
            let (value, operation) = (sight.value.clone(), sight.operation);
            skipped.push(Sighting {
                value,
                offset: *offset,
                operation,
                node: sight.node.clone(),
            });
        }
    }
    let mut operations: Vec<u64> = skipped.iter().map(|s| s.operation).collect();
    operations.push(step.operation);
    let evidence = evidence(place, &operations, &named);
    let kind = Finding::PollSkip {
        worker: step.worker,
        after: step.after,
        next: step.next,
        skipped_count,
        skipped,
        internal: step.internal,
    };
    Anomaly {
        kind,
        certain: true,
        evidence,
    }
}

/// A consumer went back, or stood still.
pub(super) fn nonmonotonic_poll(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("nonmonotonic-poll");
    let mut found = Vec::new();
    let polls = steps(check, |place, step| {
        if step.next <= step.after {
            let Step {
                worker,
                after,
                next,
                internal,
                operation,
            } = step;
            found.push(Anomaly {
                kind: Finding::NonmonotonicPoll {
                    worker,
                    after,
                    next,
                    internal,
                },
                certain: true,
                evidence: evidence(place, &[operation], &[next, after]),
            });
        }
    });
    verdict.saw("polls", polls);
    found.into_iter().for_each(|anomaly| verdict.found(anomaly));
    verdict
}

/// A worker's later record got the lower offset.
pub(super) fn send_order(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("send-order");
    for (place, view) in check.views {
        let mut last: BTreeMap<u64, (&Send, Offset)> = BTreeMap::new();
        let mut judged = 0;
        for send in view.order.iter().filter_map(|value| view.sends.get(value)) {
            let Some(offset) = send
                .offset
                .filter(|o| *o >= 0 && send.outcome == Outcome::Ok)
            else {
                continue;
            };
            judged += 1;
            let before = last.insert(send.worker, (send, offset));
            let Some((earlier, at)) = before.filter(|(_, at)| offset <= *at) else {
                continue;
            };
            verdict.found(Anomaly {
                kind: Finding::NonmonotonicSend {
                    worker: send.worker,
                    earlier: sent(earlier, at),
                    later: sent(send, offset),
                    internal: earlier.operation == send.operation,
                },
                certain: true,
                evidence: evidence(place, &[earlier.operation, send.operation], &[offset, at]),
            });
        }
        verdict.saw("acknowledged records", judged);
    }
    verdict
}
