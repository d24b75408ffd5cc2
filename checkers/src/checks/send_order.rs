//! `send-order`: a producer's later record has a lower offset than its earlier one (Jepsen's nonmonotonic-send,
//! internal and external). Order never crosses an unknown outcome: the request that timed out may land after the next
//! one, and its worker id is retired.

use std::collections::BTreeMap;

use super::Check;
use super::view::{Send, View, evidence};
use crate::history::{Offset, Outcome};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Finding, Verdict};

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut judged = 0;
    for view in check.views() {
        check.unambiguous(view, &mut verdict);
        judged += partition(check, view, &mut verdict);
    }
    check.saw(judged, "acknowledged records", &mut verdict);
    verdict
}

fn partition(check: &Check<'_>, view: &View<'_>, verdict: &mut Verdict) -> u64 {
    let mut last: BTreeMap<u64, (&Send<'_>, Offset)> = BTreeMap::new();
    let mut judged = view.settled.acknowledged;
    for send in &view.sends {
        let worker = send.operation.worker;
        let offset = send.offset().filter(|_| send.outcome != Outcome::Fail);
        let before = last.get(&worker).copied();
        let internal = before.is_some_and(|(sent, _)| sent.operation.id == send.operation.id);
        if let (Some(offset), Some((earlier, at))) = (offset, before)
            && offset <= at
            && (internal || send.outcome == Outcome::Ok)
        {
            let operations = [earlier.operation.id, send.operation.id];
            let anomaly = Anomaly {
                kind: Finding::NonmonotonicSend {
                    worker,
                    earlier: earlier.sent(at),
                    later: send.sent(offset),
                    internal,
                },
                certain: true,
                evidence: evidence(view.place, &operations, &[offset, at]),
            };
            let configuration = check.weaker_of(earlier, send);
            check.held(configuration, Subject::OrderReversed, anomaly, verdict);
        }
        judged += u64::from(send.outcome == Outcome::Ok);
        match offset {
            Some(offset) => drop(last.insert(worker, (send, offset))),
            None if send.outcome == Outcome::Info => drop(last.remove(&worker)),
            None => {}
        }
    }
    judged
}
