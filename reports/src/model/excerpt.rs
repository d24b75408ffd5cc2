//! Excerpts of a history around failures: the operations that ran at that time, for the timeline.
//!
//! An excerpt has at most [`OPERATIONS_PER_EXCERPT_MAX`] operations. If there were more, it shrinks around the failure
//! and keeps those nearest to it; [`Excerpt::operations_total`] is the number before that.

use std::collections::BTreeMap;

use checkers::history::{Event, Invocation, What};
use checkers::judgement::Judgement;
use checkers::verdict::{Anomaly, Validity, Verdict};
use serde::{Deserialize, Serialize};

use super::operation::{Operation, called, completed};
use crate::limits::{EXCERPTS_MAX, MINI_TIMELINE_HALF_NS, OPERATIONS_PER_EXCERPT_MAX};

/// The operations around a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Excerpt {
    /// Its begin.
    pub begin_ns: u64,
    /// Its end.
    pub end_ns: u64,
    /// The operations that ran in it, in the order of their calls.
    pub operations: Vec<Operation>,
    /// How many ran from 3 s before the failure to 3 s after it.
    pub operations_total: u64,
}

/// A failure and the time range around it that the page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureStretch {
    /// The failure itself.
    pub failure: (u64, u64),
    /// From 3 s before it to 3 s after it.
    pub stretch: (u64, u64),
}

impl FailureStretch {
    /// The first failure of each kind that each invalid check found, worst first, at most [`EXCERPTS_MAX`] that are not
    /// within each other's time range. `operations` are those that the judgement points to: [`Operation::collect`].
    pub fn failures(judgement: &Judgement, operations: &[Operation]) -> Vec<FailureStretch> {
        let invalid = judgement.verdicts.iter();
        let mut invalid: Vec<&Verdict> = invalid
            .filter(|v| v.validity == Validity::Invalid)
            .collect();
        invalid.sort_by_key(|v| v.class);
        let mut found: Vec<FailureStretch> = Vec::new();
        for verdict in invalid {
            let mut kinds: Vec<&str> = Vec::new();
            for anomaly in &verdict.anomalies {
                if kinds.contains(&anomaly.kind.name()) {
                    continue;
                }
                kinds.push(anomaly.kind.name());
                let Some(failure) = span(operations, anomaly) else {
                    continue;
                };
                if found.len() < EXCERPTS_MAX && !found.iter().any(|a| a.holds(failure)) {
                    found.push(FailureStretch::new(failure));
                }
            }
        }
        found
    }

    fn new((from, to): (u64, u64)) -> FailureStretch {
        FailureStretch {
            failure: (from, to),
            stretch: (
                from.saturating_sub(MINI_TIMELINE_HALF_NS),
                to.saturating_add(MINI_TIMELINE_HALF_NS),
            ),
        }
    }

    /// Ends the time range at this moment, or with the failure if that is later.
    pub fn end_by(&mut self, at_ns: u64) {
        self.stretch.1 = self.stretch.1.min(at_ns.max(self.failure.1));
    }

    fn holds(&self, (from, to): (u64, u64)) -> bool {
        self.stretch.0 <= from && to <= self.stretch.1
    }
}

impl Excerpt {
    /// The excerpts of these time ranges, in one pass over a history.
    pub fn collect<'a>(
        events: impl IntoIterator<Item = &'a Event>,
        around: &[FailureStretch],
    ) -> Vec<Excerpt> {
        let mut kept: Vec<Vec<Operation>> = vec![Vec::new(); around.len()];
        let mut keep = |operation: Operation| {
            let to = operation.returned_ns.unwrap_or(u64::MAX);
            for (around, kept) in around.iter().zip(&mut kept) {
                if operation.called_ns <= around.stretch.1 && to >= around.stretch.0 {
                    kept.push(operation.clone());
                }
            }
        };
        let last = around.iter().map(|a| a.stretch.1).max().unwrap_or(0);
        let mut open: BTreeMap<u64, (&Event, &Invocation)> = BTreeMap::new();
        for event in events {
            if let What::Invoke(call) = &event.what {
                if let Some((event, call)) = open.remove(&call.worker) {
                    keep(called(event, call));
                }
                if event.t <= last {
                    open.insert(call.worker, (event, call));
                }
            } else if let Some(worker) = completes(event)
                && let Some((invoke, call)) = open.remove(&worker)
                && around.iter().any(|a| event.t >= a.stretch.0)
            {
                keep(completed(called(invoke, call), event));
            }
        }
        for (event, call) in open.into_values() {
            keep(called(event, call));
        }
        around
            .iter()
            .zip(kept)
            .map(|(a, kept)| Excerpt::nearest(a, kept))
            .collect()
    }

    /// As many operations as fit, nearest to the failure first.
    fn nearest(around: &FailureStretch, mut operations: Vec<Operation>) -> Excerpt {
        let (from, to) = around.failure;
        let (mut begin_ns, mut end_ns) = around.stretch;
        let operations_total = operations.len() as u64;
        operations.sort_by_key(|o| {
            let returned = o.returned_ns.unwrap_or(u64::MAX);
            let distance = from
                .saturating_sub(returned)
                .saturating_add(o.called_ns.saturating_sub(to));
            (distance, o.called_ns.abs_diff(from), o.op)
        });
        if operations.len() > OPERATIONS_PER_EXCERPT_MAX {
            operations.truncate(OPERATIONS_PER_EXCERPT_MAX);
            let first = operations.iter().map(|o| o.called_ns).min();
            let last = operations.iter().filter_map(|o| o.returned_ns).max();
            begin_ns = begin_ns.max(first.unwrap_or(begin_ns)).min(from);
            end_ns = end_ns.min(last.unwrap_or(end_ns)).max(from);
        }
        operations.sort_by_key(|o| (o.called_ns, o.op));
        Excerpt {
            begin_ns,
            end_ns,
            operations,
            operations_total,
        }
    }
}

/// The worker whose operation this line completes.
fn completes(event: &Event) -> Option<u64> {
    match &event.what {
        What::Ok(c) | What::Fail(c) | What::Info(c) => Some(c.worker),
        _ => None,
    }
}

/// When an anomaly happened: its own window, or the span of its operations.
pub(crate) fn span(operations: &[Operation], anomaly: &Anomaly) -> Option<(u64, u64)> {
    anomaly.evidence.window.or_else(|| {
        let ids = &anomaly.evidence.operations;
        let known: Vec<&Operation> = operations.iter().filter(|o| ids.contains(&o.op)).collect();
        let end = |o: &Operation| o.returned_ns.unwrap_or(o.called_ns);
        let first = known.iter().min_by_key(|o| o.called_ns)?;
        let from = first.called_ns;
        let to = known.iter().map(|o| end(o)).max()?;
        // Far apart: the final read that proves a loss is a minute later. Show the first.
        let far = to.saturating_sub(from) > 4 * MINI_TIMELINE_HALF_NS;
        Some((from, if far { end(first) } else { to }))
    })
}
