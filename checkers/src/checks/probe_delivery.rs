//! `probe-delivery`: the produce probe's own records, as every node serves them. A node serves its log in order, from
//! the beginning. So when it serves a record that was sent after another one had been acknowledged, it must have served
//! that one before: otherwise the acknowledged record is lost, or has the higher offset. And no record is served before
//! it was sent.
//!
//! The probe sends with retries and without idempotence: a record that is served twice proves nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use crate::history::{Moment, Seen};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Doubt, Evidence, Finding, Verdict};

/// What became of a record of the probe.
#[derive(Clone, Copy)]
struct Sent {
    called: Moment,
    acknowledged: Option<Moment>,
    line: u64,
}

/// What one node has served so far.
#[derive(Default)]
struct Served {
    sequences: BTreeSet<u64>,
    /// How many of the acknowledged records are behind it, in the order of their acknowledgements.
    passed: usize,
    latest: Moment,
}

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let sent = sent(check);
    let mut acknowledged: Vec<(Moment, u64)> = sent
        .iter()
        .filter_map(|(sequence, sent)| Some((sent.acknowledged?, *sequence)))
        .collect();
    acknowledged.sort_unstable();
    let last = sent
        .last_key_value()
        .map(|(sequence, sent)| (*sequence, sent.called));
    let mut nodes: BTreeMap<&str, Served> = BTreeMap::new();
    let mut count = 0;
    for observed in check.history().observations() {
        let (node, Seen::Delivery { sequences }) = (
            observed.observation.node.as_str(),
            &observed.observation.seen,
        ) else {
            continue;
        };
        let served = nodes.entry(node).or_default();
        for sequence in sequences {
            count += 1;
            let known = sent.get(sequence).copied();
            // Numbers are sent in their order: one above all that are known was not sent before the last of them.
            let sent_at = known.map(|known| known.called).or_else(|| {
                let (highest, called) = last?;
                (*sequence > highest).then_some(called)
            });
            if let Some(sent_at) = sent_at.filter(|sent_at| observed.at < *sent_at) {
                early(
                    node,
                    *sequence,
                    sent_at,
                    (observed.id, observed.at),
                    &mut verdict,
                );
            }
            served.sequences.insert(*sequence);
            served.latest = served.latest.max(known.map_or(0, |known| known.called));
            let passed = acknowledged[served.passed..].iter();
            let behind = passed.take_while(|(at, _)| *at < served.latest).count();
            let behind = served.passed..served.passed + behind;
            served.passed = behind.end;
            for (at, lost) in &acknowledged[behind] {
                if !served.sequences.contains(lost) {
                    let of = (*lost, *at, sent[lost].line);
                    passed_over(check, node, of, (*sequence, observed.id), &mut verdict);
                }
            }
        }
    }
    verdict.saw("probe records served", count);
    if count == 0 {
        let what = "served records of the produce probe".to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
    }
    verdict
}

fn sent(check: &Check<'_>) -> BTreeMap<u64, Sent> {
    let lines = check.history().observations().filter_map(|observed| {
        let Seen::Produce { sequence } = observed.observation.seen else {
            return None;
        };
        let sent = Sent {
            called: observed.observation.called,
            acknowledged: observed.observation.answered.then_some(observed.at),
            line: observed.id,
        };
        Some((sequence, sent))
    });
    lines.collect()
}

fn early(
    node: &str,
    sequence: u64,
    sent_at: Moment,
    (event, served_at): (u64, Moment),
    verdict: &mut Verdict,
) {
    verdict.found(Anomaly {
        kind: Finding::ProbeServedEarly {
            node: node.to_owned(),
            sequence,
            sent_at,
            served_at,
        },
        certain: true,
        evidence: Evidence {
            events: vec![event],
            nodes: vec![node.to_owned()],
            window: Some((served_at, sent_at)),
            ..Evidence::default()
        },
    });
}

fn passed_over(
    check: &Check<'_>,
    node: &str,
    (sequence, acknowledged_at, line): (u64, Moment, u64),
    (later, event): (u64, u64),
    verdict: &mut Verdict,
) {
    let anomaly = Anomaly {
        kind: Finding::ProbePassedOver {
            node: node.to_owned(),
            sequence,
            acknowledged_at,
            later,
        },
        certain: true,
        evidence: Evidence {
            events: vec![line, event],
            nodes: vec![node.to_owned()],
            window: Some((acknowledged_at, acknowledged_at)),
            ..Evidence::default()
        },
    };
    check.held(check.configuration(), Subject::LostRecord, anomaly, verdict);
}
