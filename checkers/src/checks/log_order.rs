//! `log-order`: the log's order respects real time.
//!
//! Each record at offset i was appended at some moment t_i within its append's interval; offsets force t_0 < t_1 < ...
//! A read of i returns after t_i, and an end offset m after t_{m-1}. With lo_i the call of its append and hi_i the first
//! return that shows it, such moments exist if and only if lo_i < hi_j for all i <= j: the largest lo at or below an
//! offset lies before the smallest hi at or above it (reference: "log with offsets", proof by construction). O(n log n);
//! offsets may be sparse.

use std::collections::BTreeMap;

use super::Check;
use super::view::{Place, Send, View, evidence};
use crate::history::{Moment, Offset};
use crate::verdict::{Anomaly, Finding, Sent, Verdict};

/// What bounded an offset from above.
#[derive(Clone, Debug)]
enum Shown {
    Acknowledged,
    Read(u64),
    End(u64, Offset),
}

struct Bound<'a> {
    send: &'a Send,
    hi: Moment,
    by: Shown,
}

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("log-order");
    for (place, view) in check.views {
        partition(place, view, &mut verdict);
        check.enough(place, view, &mut verdict);
    }
    verdict
}

fn partition(place: &Place, view: &View, verdict: &mut Verdict) {
    let mut bounds: BTreeMap<Offset, Bound<'_>> = BTreeMap::new();
    for (send, offset) in view.acknowledged() {
        let hi = send.returned.unwrap_or(Moment::MAX);
        bounds.insert(
            offset,
            Bound {
                send,
                hi,
                by: Shown::Acknowledged,
            },
        );
    }
    for sight in &view.sights {
        let Some(send) = view.sends.get(&sight.value) else {
            continue;
        };
        let fresh = Bound {
            send,
            hi: Moment::MAX,
            by: Shown::Acknowledged,
        };
        let bound = bounds.entry(sight.offset).or_insert(fresh);
        if sight.returned < bound.hi {
            bound.hi = sight.returned;
            bound.by = Shown::Read(sight.operation);
        }
    }
    for end in &view.ends {
        let below = bounds.range_mut(..end.offset).next_back();
        if let Some((_, bound)) = below
            && end.returned < bound.hi
        {
            bound.hi = end.returned;
            bound.by = Shown::End(end.operation, end.offset);
        }
    }
    verdict.saw("offsets", bounds.len() as u64);
    // From the highest offset down: the smallest hi at or above; compared with each lo on the way.
    let mut smallest: Option<(Offset, &Bound<'_>)> = None;
    for (offset, bound) in bounds.iter().rev() {
        if smallest.is_none_or(|(_, least)| bound.hi < least.hi) {
            smallest = Some((*offset, bound));
        }
        let Some((above, least)) = smallest else {
            continue;
        };
        if bound.send.called >= least.hi {
            verdict.found(Anomaly {
                kind: finding(*offset, bound, above, least),
                certain: true,
                evidence: evidence(
                    place,
                    &[bound.send.operation, least.send.operation],
                    &[*offset, above],
                ),
            });
        }
    }
}

fn finding(offset: Offset, bound: &Bound<'_>, above: Offset, least: &Bound<'_>) -> Finding {
    let sent = sent(bound.send, offset);
    match (&least.by, offset == above) {
        (Shown::Acknowledged, _) => Finding::OrderReversed {
            first: self::sent(least.send, above),
            second: sent,
        },
        (Shown::Read(read), true) => Finding::ReadBeforeSend {
            sent,
            read: *read,
            read_returned: least.hi,
        },
        (Shown::Read(read), false) => Finding::ReadAhead {
            sent,
            read: *read,
            read_offset: above,
            read_returned: least.hi,
        },
        (Shown::End(asked, end_offset), _) => Finding::EndOffsetAhead {
            sent,
            asked: *asked,
            end_offset: *end_offset,
            returned: least.hi,
        },
    }
}

pub(super) fn sent(send: &Send, offset: Offset) -> Sent {
    Sent {
        value: send.value.clone(),
        offset,
        operation: send.operation,
        called: send.called,
        returned: send.returned,
    }
}
