//! `log-order`: the log's order respects real time.
//!
//! Each record at offset i was appended at some moment t_i within its append's interval; offsets force t_0 < t_1 < ...
//! A read of i returns after t_i, and an end offset m after t_{m-1}. With lo_i the call of its append and hi_i the
//! first return that shows it, such moments exist if and only if lo_i < hi_j for all i <= j: the largest lo at or below
//! an offset lies before the smallest hi at or above it (reference: "log with offsets", proof by construction). O(n log
//! n); offsets may be sparse. Moments of the same nanosecond count as concurrent: a coarser clock must not accuse.

use super::Check;
use super::transactions::ends;
use super::view::{Send, View, evidence};
use crate::history::{ClientOperation, Moment, Offset};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Finding, Verdict};

/// What bounded an offset from above.
#[derive(Clone, Copy, Debug)]
enum Shown<'a> {
    Acknowledged,
    Read(&'a ClientOperation<'a>),
    End(&'a ClientOperation<'a>, Offset),
}

/// A record, and until when it was there at the latest.
#[derive(Clone, Copy, Debug)]
struct Bound<'v, 'a> {
    offset: Offset,
    send: &'v Send<'a>,
    hi: Moment,
    by: Shown<'a>,
    /// What shows that it is at that offset.
    placed_by: u64,
}

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut offsets = 0;
    for view in check.views() {
        check.unambiguous(view, &mut verdict);
        offsets += partition(check, view, &mut verdict);
        beyond(check, view, &mut verdict);
        check.enough(view, &mut verdict);
    }
    offsets += ends::beyond(check, &mut verdict);
    check.saw(offsets, "offsets", &mut verdict);
    verdict
}

/// What is known of each offset, by offset: the same record at the same offset is one bound, and the sooner counts. Two
/// records at one offset say nothing about order: that is `inconsistent-offset`.
fn bounds<'v, 'a>(view: &'v View<'a>) -> Vec<Bound<'v, 'a>> {
    let mut stated: Vec<(Offset, &'v Send<'a>)> =
        view.stated().map(|(send, offset)| (offset, send)).collect();
    stated.sort_by_key(|(offset, _)| *offset);
    let mut stated = stated.into_iter().peekable();
    let mut facts = view.facts.iter().peekable();
    let mut bounds: Vec<Bound<'v, 'a>> = Vec::with_capacity(view.facts.len());
    loop {
        let claimed = stated.peek().map(|(offset, _)| *offset);
        let offset = match (claimed, facts.peek().map(|fact| fact.offset)) {
            (Some(claimed), Some(seen)) => claimed.min(seen),
            (one, other) => match one.or(other) {
                Some(offset) => offset,
                None => return bounds,
            },
        };
        let mut bound: Option<Bound<'v, 'a>> = None;
        let mut several = false;
        let mut add = |fresh: Bound<'v, 'a>| match &mut bound {
            None => bound = Some(fresh),
            Some(known) => {
                several |= !std::ptr::eq(known.send, fresh.send);
                if fresh.hi < known.hi {
                    (known.hi, known.by) = (fresh.hi, fresh.by);
                }
            }
        };
        // First what is stated: an acknowledgement places a record by itself, without another witness.
        while let Some((_, send)) = stated.next_if(|(at, _)| *at == offset) {
            add(Bound {
                offset,
                send,
                hi: send.acknowledged_at().unwrap_or(Moment::MAX),
                by: Shown::Acknowledged,
                placed_by: send.operation.id,
            });
        }
        while let Some(fact) = facts.next_if(|fact| fact.offset == offset) {
            if let Some(send) = view.send_of(fact) {
                add(Bound {
                    offset,
                    send,
                    hi: fact.seen_at,
                    by: Shown::Read(fact.seen_by),
                    placed_by: fact.seen_by.id,
                });
            }
        }
        bounds.extend(bound.filter(|_| !several));
    }
}

fn partition(check: &Check<'_>, view: &View<'_>, verdict: &mut Verdict) -> u64 {
    let mut bounds = bounds(view);
    for end in view.ends.iter().filter(|end| !end.committed) {
        let below = bounds.partition_point(|bound| bound.offset < end.offset);
        let bound = below.checked_sub(1).and_then(|at| bounds.get_mut(at));
        if let Some(bound) = bound.filter(|bound| end.returned < bound.hi) {
            bound.hi = end.returned;
            bound.by = Shown::End(end.operation, end.offset);
        }
    }
    // From the highest offset down: the smallest hi at or above; compared with each lo on the way. One anomaly for each
    // such bound, with the latest call below it: a single wrong offset must not accuse every record under it.
    let mut smallest: Option<Bound<'_, '_>> = None;
    let mut worst: Option<(Bound<'_, '_>, Bound<'_, '_>)> = None;
    for bound in bounds.iter().rev() {
        if smallest.is_none_or(|least| bound.hi < least.hi) {
            worst
                .take()
                .into_iter()
                .for_each(|pair| tell(check, view, pair, verdict));
            smallest = Some(*bound);
        }
        let Some(least) = smallest else { continue };
        let lo = bound.send.operation.called;
        let later = worst.is_none_or(|(known, _)| lo > known.send.operation.called);
        if lo > least.hi && later {
            worst = Some((*bound, least));
        }
    }
    worst
        .take()
        .into_iter()
        .for_each(|pair| tell(check, view, pair, verdict));
    bounds.len() as u64 + view.settled.records
}

fn tell(
    check: &Check<'_>,
    view: &View<'_>,
    (bound, least): (Bound<'_, '_>, Bound<'_, '_>),
    verdict: &mut Verdict,
) {
    let sent = bound.send.sent(bound.offset);
    let (kind, shown_by) = match (least.by, bound.offset == least.offset) {
        (Shown::Acknowledged, _) => {
            let first = least.send.sent(least.offset);
            let second = sent;
            (
                Finding::OrderReversed { first, second },
                least.send.operation.id,
            )
        }
        (Shown::Read(by), true) => {
            let (read, read_returned) = (by.id, least.hi);
            (
                Finding::ReadBeforeSend {
                    sent,
                    read,
                    read_returned,
                },
                by.id,
            )
        }
        (Shown::Read(by), false) => {
            let (read, read_offset, read_returned) = (by.id, least.offset, least.hi);
            (
                Finding::ReadAhead {
                    sent,
                    read,
                    read_offset,
                    read_returned,
                },
                by.id,
            )
        }
        (Shown::End(by, end_offset), _) => {
            let (asked, returned) = (by.id, least.hi);
            (
                Finding::EndOffsetAhead {
                    sent,
                    asked,
                    end_offset,
                    returned,
                },
                by.id,
            )
        }
    };
    let operations = [bound.send.operation.id, bound.placed_by, shown_by];
    let anomaly = Anomaly {
        kind,
        certain: true,
        evidence: evidence(view.place, &operations, &[bound.offset, least.offset]),
    };
    let configuration = check.weaker_of(bound.send, least.send);
    check.held(configuration, Subject::OrderReversed, anomaly, verdict);
}

/// An end offset that was answered, and beyond which no node serves anything in the end, though each was read to its
/// end later: it counted records that never were, or that are gone.
fn beyond(check: &Check<'_>, view: &View<'_>, verdict: &mut Verdict) {
    let reads = view.reads();
    let Some(farthest) = reads.iter().max_by_key(|reads| reads.reached) else {
        return;
    };
    let everywhere = check.nodes().len() == reads.len() && reads.iter().all(|r| r.to_the_end);
    let asked_first = reads.iter().map(|reads| reads.last.called).min();
    let highest = view
        .ends
        .iter()
        .filter(|end| everywhere && Some(end.returned) < asked_first)
        .max_by_key(|end| (end.offset, std::cmp::Reverse(end.operation.id)));
    let Some(end) = highest.filter(|end| end.offset > farthest.reached) else {
        return;
    };
    let operations = [end.operation.id, farthest.last.id];
    let anomaly = Anomaly {
        kind: Finding::EndOffsetBeyond {
            asked: end.operation.id,
            end_offset: end.offset,
            possible: farthest.reached,
        },
        certain: true,
        evidence: evidence(view.place, &operations, &[farthest.reached, end.offset]),
    };
    check.held(
        check.configuration(),
        Subject::LostAfterRead,
        anomaly,
        verdict,
    );
}
