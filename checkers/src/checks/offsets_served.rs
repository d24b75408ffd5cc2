//! `offsets-served`: an offset that exists is not out of range.
//!
//! A consumer's own position exists: it was given the record before it. A node that calls it out of range has lost the
//! log, or looks at another one; a client with `auto.offset.reset=latest` would skip records without a word. An error of
//! a poll does not name its partition, so it counts where *every* partition of the consumer stood within what exists:
//! from what may have been removed up to behind the last record that was known before the poll.

use super::Check;
use super::claims::MS;
use super::tally::is_out_of_range;
use super::view::View;
use crate::history::{Call, ClientOperation, Moment, Offset};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Evidence, Finding, Stood, Verdict};

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let tally = check.tally();
    let mut at = 0;
    for operation in check.operations() {
        if !matches!(operation.call, Call::Poll(_) | Call::Read(_)) {
            continue;
        }
        let Some(error) = out_of_range(operation) else {
            continue;
        };
        let reached = tally.out_of_range.get(&operation.id);
        let reached = reached.map_or(&[][..], Vec::as_slice);
        let mut exists = |stood: &Stood, reached: bool| {
            let Some(found) = check.view_at((&stood.topic, stood.partition), at) else {
                return false;
            };
            at = found;
            let view = &check.views()[found];
            exists(check, view, operation, (stood.position, reached))
        };
        let (node, stood): (_, Vec<Stood>) = match operation.call {
            Call::Poll(poll) => {
                let all = poll.assigned.iter();
                let all = all.map(|a| (a.topic.as_str(), a.partition, a.position));
                (None, all.map(stood).collect())
            }
            Call::Read(read) => {
                let one = stood((read.topic.as_str(), read.partition, read.position));
                (Some(read.node.to_string()), vec![one])
            }
            _ => continue,
        };
        if stood.is_empty()
            || stood.len() != reached.len()
            || !stood.iter().zip(reached).all(|(s, r)| exists(s, *r))
        {
            continue;
        }
        let only = (stood.len() == 1).then(|| stood[0].clone());
        let anomaly = Anomaly {
            evidence: Evidence {
                operations: vec![operation.id],
                nodes: node.iter().cloned().collect(),
                topic: only.as_ref().map(|only| only.topic.clone()),
                partition: only.as_ref().map(|only| only.partition),
                offsets: only.iter().map(|only| only.position).collect(),
                window: Some((
                    operation.called,
                    operation.completed().unwrap_or(operation.called),
                )),
                ..Evidence::default()
            },
            kind: Finding::OffsetOutOfRange {
                error: error.to_owned(),
                node,
                stood,
            },
            certain: true,
        };
        let configuration = check.configuration();
        check.held(configuration, Subject::LostAfterRead, anomaly, &mut verdict);
    }
    check.saw(tally.reads, "polls and reads", &mut verdict);
    verdict
}

fn stood((topic, partition, position): (&str, i32, Offset)) -> Stood {
    Stood {
        topic: topic.to_owned(),
        partition,
        position,
    }
}

fn out_of_range<'a>(operation: &ClientOperation<'a>) -> Option<&'a str> {
    let error = operation.completion?.error.as_deref()?;
    is_out_of_range(error).then_some(error)
}

/// Whether a fetch at this position had to succeed.
fn exists(
    check: &Check<'_>,
    view: &View<'_>,
    operation: &ClientOperation<'_>,
    (position, reached): (Offset, bool),
) -> bool {
    let ended = operation.completed().unwrap_or(Moment::MAX);
    let promises = check.history().promises();
    // Nothing is older than the run itself.
    let is_old = |retention_ms: u64| retention_ms.saturating_mul(MS) <= ended;
    if promises.retention_ms.is_some_and(is_old) || promises.retention_bytes.is_some() {
        return false;
    }
    position >= view.removed_below(ended) && (position == 0 || (position > 0 && reached))
}
