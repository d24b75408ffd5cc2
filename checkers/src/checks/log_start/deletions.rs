//! What an acknowledged DeleteRecords promises: records below the offset that it asked for are no longer readable, and
//! the low watermark in the answer is the lowest log start of all live replicas (KIP-107). So a node that serves them
//! later, or begins its log below, broke a promise.
//!
//! Judged are raw reads and questions for the first offset, because a consumer may return what it had fetched before.
//! A replica hears of a log start with what it copies, so the limit for changes of topics is granted; and a node that a
//! fault keeps away may lag for longer, so that under load only what is far from faults is judged. In the end all is.

use super::super::Check;
use super::super::claims::{MS, margin};
use super::super::view::{Deletion, View, evidence};
use super::forgot;
use crate::history::{Call, ClientOperation, Moment, Offset, Outcome, Report};
use crate::verdict::{Anomaly, Evidence, Finding, Verdict};

/// The word that marks questions after the last heal.
const FINAL: &str = "final";

pub(super) fn judge(check: &Check<'_>, view: &View<'_>, verdict: &mut Verdict) {
    let Some(first) = view.deletions.first() else {
        return;
    };
    for deletion in &view.deletions {
        if deletion.asked >= 0 && deletion.low_watermark < deletion.asked {
            too_little(check, view, deletion, verdict);
        }
    }
    let limit = check.history().limits().metadata_ms.saturating_mul(MS);
    let (mut told, mut judged) = (Vec::new(), 0);
    let reads = view.covered.iter().map(|read| (read.node, read.operation));
    let starts = view
        .starts
        .iter()
        .map(|start| (start.node, start.operation));
    for (node, operation) in reads.chain(starts) {
        let settled = operation.called.saturating_sub(limit);
        if settled < first.returned || told.contains(&node) {
            continue;
        }
        let Some(from) = served_from(operation) else {
            continue;
        };
        // The highest one is the strictest; of equal ones the earliest.
        let known = view.deletions.iter().filter(|d| d.returned <= settled);
        let Some(strictest) = known.rev().max_by_key(|d| d.low_watermark) else {
            continue;
        };
        if !is_judged(check, strictest, operation, limit) {
            continue;
        }
        judged += 1;
        if from < strictest.low_watermark && !forgot(check, node, strictest.operation, operation) {
            told.push(node);
            served(check, view, (node, operation), strictest, from, verdict);
        }
    }
    verdict.saw("answers after records were deleted", judged);
}

/// The lowest offset that an answer shows to be there.
fn served_from(operation: &ClientOperation<'_>) -> Option<Offset> {
    match operation.report()? {
        _ if operation.outcome != Outcome::Ok => None,
        Report::StartOffset(seen) => seen.offset,
        Report::Read(seen) => seen.records.first().map(|record| record.offset()),
        _ => None,
    }
}

/// Whether nothing excuses a node that has not heard of the deletion.
fn is_judged(
    check: &Check<'_>,
    deletion: &Deletion<'_>,
    operation: &ClientOperation<'_>,
    limit: Moment,
) -> bool {
    let phase = match operation.call {
        Call::Read(read) => read.phase.as_deref(),
        Call::StartOffset(asked) => asked.phase.as_deref(),
        _ => None,
    };
    let from = deletion.operation.called;
    let from = from.max(operation.called.saturating_sub(limit));
    let to = operation.completed().unwrap_or(Moment::MAX);
    let margin = margin(check.history());
    let windows = check.windows().iter();
    let mut near = windows.filter(|w| !w.skipped && w.called <= to && from <= w.end(margin));
    phase == Some(FINAL) || near.next().is_none()
}

fn too_little(check: &Check<'_>, view: &View<'_>, deletion: &Deletion<'_>, verdict: &mut Verdict) {
    let node = deletion.node.map(|node| check.nodes()[node].clone());
    verdict.found(Anomaly {
        kind: Finding::DeletedTooLittle {
            below: deletion.asked,
            low_watermark: deletion.low_watermark,
        },
        certain: true,
        evidence: Evidence {
            nodes: node.into_iter().collect(),
            ..evidence(
                view.place,
                &[deletion.operation.id],
                &[deletion.low_watermark, deletion.asked],
            )
        },
    });
}

fn served(
    check: &Check<'_>,
    view: &View<'_>,
    (node, operation): (usize, &ClientOperation<'_>),
    deletion: &Deletion<'_>,
    from: Offset,
    verdict: &mut Verdict,
) {
    let node = &check.nodes()[node];
    verdict.found(Anomaly {
        kind: Finding::DeletedServed {
            node: node.clone(),
            from,
            low_watermark: deletion.low_watermark,
            deleted_by: deletion.operation.id,
        },
        certain: true,
        evidence: Evidence {
            nodes: vec![node.clone()],
            ..evidence(
                view.place,
                &[deletion.operation.id, operation.id],
                &[from, deletion.low_watermark],
            )
        },
    });
}
