//! `log-recency`: an end offset asked after a record was known to exist includes it. Judges end offsets only (a lagging
//! Fetch is legal), and only where the target promises it: Apache Kafka's high watermark may lag an acknowledgement.

use super::Check;
use super::view::{Place, View, evidence};
use crate::history::{Moment, Offset};
use crate::verdict::{Anomaly, Doubt, Finding, Verdict};

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("log-recency");
    if !check.history.promises().end_offset_includes_acknowledged {
        let promise = "end_offset_includes_acknowledged".to_owned();
        verdict.not_applicable(Doubt::NotPromised { promise });
        return verdict;
    }
    let asked: usize = check.views.values().map(|view| view.ends.len()).sum();
    verdict.saw("end offsets", asked as u64);
    if asked == 0 {
        verdict.doubt(Doubt::NothingSeen {
            what: "end offsets".to_owned(),
        });
    }
    for (place, view) in check.views {
        partition(place, view, &mut verdict);
        check.enough(place, view, &mut verdict);
    }
    verdict
}

fn partition(place: &Place, view: &View, verdict: &mut Verdict) {
    // (when it was known, highest offset known by it, by which operation)
    let mut known: Vec<(Moment, Offset, u64)> = Vec::new();
    for (send, offset) in view.acknowledged() {
        known.extend(send.returned.map(|at| (at, offset, send.operation)));
    }
    known.extend(
        view.sights
            .iter()
            .map(|s| (s.returned, s.offset, s.operation)),
    );
    known.extend(
        view.ends
            .iter()
            .map(|e| (e.returned, e.offset - 1, e.operation)),
    );
    known.sort_unstable();
    let mut asked: Vec<_> = view.ends.iter().collect();
    asked.sort_by_key(|end| end.called);
    let mut highest: Option<(Moment, Offset, u64)> = None;
    let mut at = 0;
    for end in asked {
        while let Some(fact) = known.get(at).filter(|fact| fact.0 < end.called) {
            if highest.is_none_or(|(_, offset, _)| fact.1 > offset) {
                highest = Some(*fact);
            }
            at += 1;
        }
        let Some((known_at, known_offset, known_by)) = highest else {
            continue;
        };
        if end.offset <= known_offset {
            verdict.found(Anomaly {
                kind: Finding::EndOffsetBehind {
                    asked: end.operation,
                    end_offset: end.offset,
                    node: end.node.clone(),
                    called: end.called,
                    known_offset,
                    known_by,
                    known_at,
                },
                certain: true,
                evidence: evidence(place, &[end.operation, known_by], &[known_offset]),
            });
        }
    }
}
