//! `unseen`: every acknowledged record was served by some node. Jepsen's `unseen` cannot distinguish slow from lost;
//! this one separates *never served*, *served by some nodes only*, and *late*, which is reported as a figure and
//! violates nothing.

use std::collections::BTreeSet;

use super::Check;
use super::claims::MS;
use super::view::{Earliest, NodeReads, Send, View, bit, evidence};
use crate::history::{Call, ClientOperation, Moment, Offset, Outcome, Phase, WorkerId};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Doubt, Finding, Unit, Verdict};

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut late = Late::default();
    let loaded = check
        .history()
        .phase(Phase::Recovery)
        .unwrap_or(Moment::MAX);
    for view in check.views().iter().filter(|view| !view.sends.is_empty()) {
        check.unambiguous(view, &mut verdict);
        if view.covered.is_empty() {
            verdict.doubt(Doubt::NothingSeen {
                what: "final reads".to_owned(),
            });
            continue;
        }
        late.longest = late.longest.max(view.settled.longest_late);
        late.after_load += view.settled.late_after_load;
        let reads = view.reads();
        for send in view.sends.iter().filter(|send| send.outcome == Outcome::Ok) {
            match view.facts_of(send).map(|fact| fact.seen_at).min() {
                None => never(check, view, send, &reads, &mut verdict),
                Some(seen_at) => {
                    late.add(send.acknowledged_at(), seen_at, loaded);
                    by_some(check, view, send, &reads, &mut verdict);
                }
            }
        }
    }
    let values = check.views().iter().map(View::fact_count).sum();
    check.saw(values, "values read", &mut verdict);
    verdict.saw("of them first served after the load", late.after_load);
    verdict.figure(
        "served_late_ms_max",
        late.longest / MS,
        None,
        Unit::Milliseconds,
    );
    let lag_ms = realtime_lag(check) / MS;
    verdict.figure("realtime_lag_ms_max", lag_ms, None, Unit::Milliseconds);
    verdict
}

/// How late records were served for the first time.
#[derive(Default)]
struct Late {
    longest: Moment,
    after_load: u64,
}

impl Late {
    fn add(&mut self, acknowledged_at: Option<Moment>, seen_at: Moment, loaded: Moment) {
        let Some(at) = acknowledged_at else { return };
        self.longest = self.longest.max(seen_at.saturating_sub(at));
        self.after_load += u64::from(at < loaded && seen_at >= loaded);
    }
}

/// Reads that had a chance to serve a record: one that went over it; or, of every node, one that came to an end below
/// it, because a single node may lag.
fn chance<'a>(
    check: &Check<'_>,
    reads: &[NodeReads<'a>],
    offset: Option<Offset>,
    acknowledged_at: Moment,
) -> Option<&'a ClientOperation<'a>> {
    let over = |r: &NodeReads<'a>| r.covering(offset?);
    let below = offset.unwrap_or(Offset::MAX);
    let ended = || {
        let mut ended = reads.iter().map(|r| r.ends_before(below, acknowledged_at));
        let first = reads.first()?.ends_before(below, acknowledged_at);
        first.filter(|_| reads.len() == check.nodes().len() && ended.all(|by| by.is_some()))
    };
    reads.iter().find_map(over).or_else(ended)
}

fn never(
    check: &Check<'_>,
    view: &View<'_>,
    send: &Send<'_>,
    reads: &[NodeReads<'_>],
    verdict: &mut Verdict,
) {
    // It may have been deleted before anybody read it.
    let removed = view.removed_below(Moment::MAX);
    if send.offset().is_some_and(|offset| offset < removed) {
        return;
    }
    let acknowledged_at = send.acknowledged_at().unwrap_or(Moment::MAX);
    let by = chance(check, reads, send.offset(), acknowledged_at);
    let done = check.history().phase(Phase::Done).is_some();
    if by.is_none() && !done {
        for reads in reads {
            verdict.doubt(Doubt::ReadIncomplete {
                node: check.nodes()[reads.node].clone(),
                topic: view.place.0.to_owned(),
                partition: view.place.1,
            });
        }
        return;
    }
    let mut operations = vec![send.operation.id];
    operations.extend(by.map(|operation| operation.id));
    let offsets: Vec<Offset> = send.offset().into_iter().collect();
    let anomaly = Anomaly {
        kind: Finding::NeverServed {
            value: send.value.to_owned(),
            offset: send.offset(),
        },
        certain: by.is_some(),
        evidence: evidence(view.place, &operations, &offsets),
    };
    let recovery = check
        .history()
        .phase(Phase::Recovery)
        .unwrap_or(acknowledged_at);
    if by.is_none()
        && check
            .history()
            .starved(recovery, check.history().end())
            .is_some()
    {
        let Anomaly { kind, evidence, .. } = anomaly;
        check.unless_starved(kind, evidence, recovery, check.history().end(), verdict);
    } else {
        check.held(check.of_append(send), Subject::LostRecord, anomaly, verdict);
    }
}

fn by_some(
    check: &Check<'_>,
    view: &View<'_>,
    send: &Send<'_>,
    reads: &[NodeReads<'_>],
    verdict: &mut Verdict,
) {
    let held = view
        .facts_of(send)
        .fold(0_u64, |all, fact| all | fact.nodes);
    if held == 0 || reads.iter().all(|r| held & bit(r.node) != 0) {
        return;
    }
    let Some(fact) = view.facts_of(send).find(|fact| fact.nodes != 0) else {
        return;
    };
    let acknowledged_at = send.acknowledged_at().unwrap_or(Moment::MAX);
    let lacks = |r: &&NodeReads<'_>| {
        let shown = r
            .covering(fact.offset)
            .or(r.ends_before(fact.offset, acknowledged_at));
        held & bit(r.node) == 0 && shown.is_some()
    };
    let without: Vec<&NodeReads<'_>> = reads.iter().filter(lacks).collect();
    let Some(first) = without.first() else { return };
    let name = |r: &NodeReads<'_>| check.nodes()[r.node].clone();
    let over = without.iter().find_map(|r| r.covering(fact.offset));
    let by = over.unwrap_or(first.last);
    let kind = Finding::ServedBySome {
        value: send.value.to_owned(),
        offset: Some(fact.offset),
        with: reads
            .iter()
            .filter(|r| held & bit(r.node) != 0)
            .map(name)
            .collect(),
        without: without.iter().map(|r| name(r)).collect(),
    };
    let operations = [send.operation.id, fact.seen_by.id, by.id];
    let evidence = evidence(view.place, &operations, &[fact.offset]);
    if over.is_some() {
        let certain = true;
        verdict.found(Anomaly {
            kind,
            certain,
            evidence,
        });
    } else {
        // It only ends too soon: it may have had no time to catch up.
        let to = by.completed().unwrap_or(by.called);
        check.unless_starved(kind, evidence, by.called, to, verdict);
    }
}

/// The longest for which a consumer that had caught up before had not been given something that was known when it
/// polled: Jepsen's realtime-lag, without what a fresh consumer reads again on purpose.
fn realtime_lag(check: &Check<'_>) -> Moment {
    if let Some(settled) = check.history().settled() {
        return settled.lag;
    }
    let earliest: Vec<Earliest> = check.views().iter().map(View::earliest_known).collect();
    let mut caught_up: BTreeSet<(WorkerId, usize)> = BTreeSet::new();
    let mut longest = 0;
    let mut at = 0;
    for operation in check.operations() {
        let Call::Poll(poll) = operation.call else {
            continue;
        };
        for assigned in &poll.assigned {
            let place = (assigned.topic.as_str(), assigned.partition);
            if check.views().get(at).is_none_or(|view| view.place != place) {
                let found = check
                    .views()
                    .binary_search_by_key(&place, |view| view.place);
                let Ok(found) = found else { continue };
                at = found;
            }
            let known_at = earliest[at].at_or_above(assigned.position);
            let consumer = (operation.worker, at);
            match known_at.filter(|known_at| *known_at < operation.called) {
                None => drop(caught_up.insert(consumer)),
                Some(known_at) if caught_up.contains(&consumer) => {
                    longest = longest.max(operation.called.saturating_sub(known_at));
                }
                Some(_) => {}
            }
        }
    }
    longest
}
