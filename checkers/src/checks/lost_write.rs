//! `lost-write`: an acknowledged record is gone.
//!
//! Two proofs. *Final read without*: after the last heal every node was read over the record's offset, or to an end
//! below it, and none holds it. *Polled past*: a consumer read over its offset, and nobody ever returned it (Jepsen's
//! lost-write). A record of unknown outcome that somebody read counts as written, and so does one with a stated offset
//! whose request was proven by another record of it. Without an offset that proves nothing: a client that is interrupted
//! sends an append in two requests. Where some nodes hold it and others do not, that is `replicas-agree`, not a loss. A
//! record that the producer's settings do not protect (acks, promises) is reported as tolerated.

use super::Check;
use super::view::{Fact, NodeReads, Send, View, evidence};
use crate::history::{ClientOperation, Moment, Offset, Outcome};
use crate::promises::{Consumers, Subject};
use crate::verdict::{Anomaly, Doubt, Finding, LossProof, Verdict};

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    for view in check.views() {
        check.unambiguous(view, &mut verdict);
        partition(check, view, &mut verdict);
        check.enough(view, &mut verdict);
        if view.covered.is_empty() && !view.sends.is_empty() {
            verdict.doubt(Doubt::NothingSeen {
                what: "final reads".to_owned(),
            });
        }
    }
    let acknowledged = check.views().iter().map(View::acknowledged_count).sum();
    check.saw(acknowledged, "acknowledged records", &mut verdict);
    verdict
}

fn partition(check: &Check<'_>, view: &View<'_>, verdict: &mut Verdict) {
    let reads = view.reads();
    let jumps = Jumps::of(check, view);
    for send in &view.sends {
        let first = view
            .facts_of(send)
            .filter(|fact| fact.surely)
            .min_by_key(|f| f.seen_at);
        let stated = send.proven && send.offset().is_some();
        let written = send.outcome == Outcome::Ok || first.is_some() || stated;
        let held = view.facts_of(send).any(|fact| fact.nodes != 0);
        if !written || held || send.outcome == Outcome::Fail {
            continue;
        }
        let at = first.map(|fact| fact.offset).or(send.offset());
        let known_at = send.acknowledged_at().or(first.map(|fact| fact.seen_at));
        let proof =
            without(check, view, &reads, at, known_at.unwrap_or(Moment::MAX)).or_else(|| {
                let unread = view.facts_of(send).next().is_none();
                at.filter(|_| unread)
                    .and_then(|offset| jumps.past(view, offset))
            });
        let Some((proof, by)) = proof else { continue };
        tell(check, view, send, first, (proof, by), verdict);
    }
}

fn tell(
    check: &Check<'_>,
    view: &View<'_>,
    send: &Send<'_>,
    first: Option<&Fact<'_>>,
    (proof, by): (LossProof, u64),
    verdict: &mut Verdict,
) {
    let offset = first.map(|fact| fact.offset).or(send.offset());
    let mut operations = vec![send.operation.id, by];
    operations.extend(first.map(|fact| fact.seen_by.id));
    let offsets: Vec<Offset> = offset.into_iter().collect();
    let anomaly = Anomaly {
        kind: Finding::LostWrite {
            value: send.value.to_owned(),
            offset,
            operation: send.operation.id,
            acknowledged: send.outcome == Outcome::Ok,
            proof,
        },
        certain: true,
        evidence: evidence(view.place, &operations, &offsets),
    };
    let subject = match first {
        Some(_) => Subject::LostAfterRead,
        None => Subject::LostRecord,
    };
    check.held(check.of_append(send), subject, anomaly, verdict);
}

/// A read of a node that lacks a record at this offset (or anywhere, if none was stated) which no node holds.
fn without(
    check: &Check<'_>,
    view: &View<'_>,
    reads: &[NodeReads<'_>],
    offset: Option<Offset>,
    known_at: Moment,
) -> Option<(LossProof, u64)> {
    let proof = |reads: &NodeReads<'_>, operation: &ClientOperation<'_>| {
        let here = offset.map_or(&[][..], |offset| {
            view.facts_between(offset, offset.saturating_add(1))
        });
        let instead = here
            .iter()
            .find(|fact| fact.nodes & (1 << reads.node.min(63)) != 0);
        let proof = LossProof::FinalReadWithout {
            node: check.nodes()[reads.node].clone(),
            operation: operation.id,
            instead: instead.map(|fact| view.value(fact).to_owned()),
        };
        (proof, operation.id)
    };
    if let Some(offset) = offset {
        let covered = reads.iter().find_map(|r| Some((r, r.covering(offset)?)));
        if let Some((reads, operation)) = covered {
            return Some(proof(reads, operation));
        }
    }
    // Every node was asked after it was known, and read to its end, and that lies below.
    let below = offset.unwrap_or(Offset::MAX);
    let keeps_all = |r: &&NodeReads<'_>| r.start <= offset.unwrap_or(0);
    let ended = reads
        .iter()
        .filter(keeps_all)
        .filter_map(|r| Some((r, r.ends_before(below, known_at)?)))
        .collect::<Vec<_>>();
    let (reads, operation) = *ended
        .first()
        .filter(|_| ended.len() == check.nodes().len())?;
    Some(proof(reads, operation))
}

/// Steps of consumers over more than one offset.
struct Jumps {
    /// After which offset, and the farthest next of all up to here, with its poll.
    jumps: Vec<(Offset, Offset, u64)>,
}

impl Jumps {
    fn of(check: &Check<'_>, view: &View<'_>) -> Jumps {
        // A rebalance moves a subscribed consumer between its polls: that it jumped proves no loss.
        let assigned = check.configuration().consumers == Consumers::Assigned;
        let steps = view.steps.iter().filter(|step| {
            step.next > step.after
                && (assigned || step.internal)
                && step.operation.outcome == Outcome::Ok
        });
        let mut jumps: Vec<_> = steps
            .map(|step| (step.after, step.next, step.operation.id))
            .collect();
        jumps.sort_unstable();
        for at in 1..jumps.len() {
            let (_, farthest, by) = jumps[at - 1];
            if farthest > jumps[at].1 {
                (jumps[at].1, jumps[at].2) = (farthest, by);
            }
        }
        Jumps { jumps }
    }

    /// A poll that went over an offset, or was given another record there.
    fn past(&self, view: &View<'_>, offset: Offset) -> Option<(LossProof, u64)> {
        let before = self.jumps.partition_point(|(after, ..)| *after < offset);
        let jump = self.jumps[..before]
            .last()
            .filter(|(_, next, _)| *next > offset);
        let other = || {
            let here = view.facts_between(offset, offset.saturating_add(1));
            let fact = here.iter().find(|fact| fact.surely)?;
            Some((offset, fact.seen_by.id))
        };
        let (offset, operation) = jump.map(|(_, next, by)| (*next, *by)).or_else(other)?;
        Some((LossProof::PolledPast { offset, operation }, operation))
    }
}
