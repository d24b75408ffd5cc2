//! `offsets-served`: an offset that exists is not out of range, and what is served there are records.
//!
//! A consumer's own position exists: it was given the record before it. A node that calls it out of range has lost the
//! log, or looks at another one; a client with `auto.offset.reset=latest` would skip records without a word. An error of
//! a poll does not name its partition, so it counts where *every* partition of the consumer stood within what exists:
//! from what may have been removed up to behind the last record that was known before the poll.
//!
//! A leader that has been replaced and does not know it ends where it was cut off. Unless the target promises that such a
//! leader answers nothing (`end_offset_includes_acknowledged`), what it calls out of range is tolerated: a new consumer had
//! no other word for who leads than its own, and had read beyond that end from the new leader before.
//!
//! A batch with a wrong checksum is a finding wherever the consumer stood: clients refuse it, so nothing altered is ever
//! read, and each poll that failed so looked like a poll that brought nothing. One in three did, and the run was valid.

use super::Check;
use super::claims::{FRESH, MS};
use super::disks::rotten;
use super::tally::is_out_of_range;
use super::view::View;
use crate::history::{Call, ClientOperation, Moment, NodeName, Offset};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Evidence, Finding, Stood, Verdict};

/// What clients call bytes that are no records: librdkafka, the protocol, and the raw client of the harness.
const UNREADABLE: &[&str] = &["_BAD_MSG", "CORRUPT_MESSAGE", "record batch: "];

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let tally = check.tally();
    let mut at = 0;
    let promises = check.history().promises();
    let removes = promises.retention_ms.is_some()
        || promises.retention_bytes.is_some()
        || check
            .operations()
            .iter()
            .any(|operation| matches!(operation.call, Call::DeleteRecords(_)));
    for operation in check.operations() {
        if !matches!(operation.call, Call::Poll(_) | Call::Read(_)) {
            continue;
        }
        if let Some(error) = named(operation, is_unreadable) {
            let (node, stood) = asked(operation);
            let kind = Finding::UnreadableRecords {
                error: error.to_owned(),
                node: node.clone(),
                stood: stood.clone(),
            };
            let anomaly = anomaly(kind, operation, node, &stood);
            match is_rotten(check, operation) {
                true => verdict.tolerate(anomaly),
                false => verdict.found(anomaly),
            }
            continue;
        }
        let Some(error) = named(operation, is_out_of_range).filter(|_| !is_rolling(operation))
        else {
            continue;
        };
        let reached = tally.out_of_range.get(&operation.id);
        let reached = reached.map_or(&[][..], Vec::as_slice);
        let mut exists = |stood: &Stood, reached: bool| {
            let Some(found) = check.view_at((&stood.topic, stood.partition), at) else {
                // Nothing is removed from what transactions write to, unless it is asked for.
                let kept = check.ledger().writes_to(&stood.topic) && !removes;
                return kept && (stood.position == 0 || (stood.position > 0 && reached));
            };
            at = found;
            let view = &check.views()[found];
            exists(check, view, operation, (stood.position, reached))
        };
        let (node, stood) = asked(operation);
        if stood.is_empty()
            || stood.len() != reached.len()
            || !stood.iter().zip(reached).all(|(s, r)| exists(s, *r))
        {
            continue;
        }
        let kind = Finding::OffsetOutOfRange {
            error: error.to_owned(),
            node: node.clone(),
            stood: stood.clone(),
        };
        let anomaly = anomaly(kind, operation, node, &stood);
        if is_of_former_leader(check, operation, &stood) {
            verdict.tolerate(anomaly);
            continue;
        }
        let configuration = check.configuration();
        check.held(configuration, Subject::LostAfterRead, anomaly, &mut verdict);
    }
    check.saw(tally.reads, "polls and reads", &mut verdict);
    verdict
}

/// Whether it was under way while some disk returned flipped bits. A client that refuses such a batch does what checksums
/// are for. A record that was altered and is *not* refused is judged as ever.
fn is_rotten(check: &Check<'_>, operation: &ClientOperation<'_>) -> bool {
    let returned = operation.completed().unwrap_or(Moment::MAX);
    rotten(check, operation.called, returned).next().is_some()
}

/// Whether some node that claims to lead one of these partitions is known to have been replaced.
fn is_of_former_leader(
    check: &Check<'_>,
    operation: &ClientOperation<'_>,
    stood: &[Stood],
) -> bool {
    if check.history().promises().end_offset_includes_acknowledged {
        return false;
    }
    let claims = check.claims();
    let to = operation.completed().unwrap_or(Moment::MAX);
    let from = operation.called.saturating_sub(FRESH);
    let until = to.saturating_add(FRESH);
    let is_stood = |seat: usize| {
        let (topic, partition, _) = claims.seats[seat];
        let mut stood = stood.iter();
        stood.any(|at| at.topic == topic && at.partition == partition)
    };
    let known = |seat: usize| {
        let rows = claims.rows.iter().take_while(|row| row.called <= to);
        rows.filter(|row| row.seat == seat)
            .filter_map(|row| row.epoch)
            .max()
    };
    let first = claims.rows.partition_point(|row| row.returned < from);
    let near = claims.rows[first..].iter();
    let mut near = near.take_while(|row| row.called <= until);
    near.any(|row| row.is_claim() && is_stood(row.seat) && row.epoch < known(row.seat))
}

/// Whether it reads through any node under load. One that only follows may be behind what it served before it was started
/// again, and no client would ask it. The final reads show whether it catches up.
fn is_rolling(operation: &ClientOperation<'_>) -> bool {
    matches!(operation.call, Call::Read(read) if read.phase.as_deref() == Some("rolling"))
}

fn stood((topic, partition, position): (&str, i32, Offset)) -> Stood {
    Stood {
        topic: topic.to_owned(),
        partition,
        position,
    }
}

/// Which node was asked, if it was chosen, and from where on.
fn asked(operation: &ClientOperation<'_>) -> (Option<NodeName>, Vec<Stood>) {
    match operation.call {
        Call::Poll(poll) => {
            let all = poll.assigned.iter();
            let all = all.map(|a| (a.topic.as_str(), a.partition, a.position));
            (None, all.map(stood).collect())
        }
        Call::Read(read) => {
            let one = stood((read.topic.as_str(), read.partition, read.position));
            (Some(read.node.to_string()), vec![one])
        }
        _ => (None, Vec::new()),
    }
}

fn anomaly(
    kind: Finding,
    operation: &ClientOperation<'_>,
    node: Option<NodeName>,
    stood: &[Stood],
) -> Anomaly {
    let only = (stood.len() == 1).then(|| &stood[0]);
    Anomaly {
        evidence: Evidence {
            operations: vec![operation.id],
            nodes: node.into_iter().collect(),
            topic: only.map(|only| only.topic.clone()),
            partition: only.map(|only| only.partition),
            offsets: only.map(|only| only.position).into_iter().collect(),
            window: Some((
                operation.called,
                operation.completed().unwrap_or(operation.called),
            )),
            ..Evidence::default()
        },
        kind,
        certain: true,
    }
}

fn is_unreadable(error: &str) -> bool {
    UNREADABLE.iter().any(|word| error.contains(word))
}

/// The error of an operation, if it is one of these.
fn named<'a>(operation: &ClientOperation<'a>, is: impl Fn(&str) -> bool) -> Option<&'a str> {
    let error = operation.completion?.error.as_deref()?;
    is(error).then_some(error)
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
