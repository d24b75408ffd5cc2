//! `probe-delivery`: the produce probe's own records, as every node serves them. A node serves its log in order, from
//! the beginning. So when it serves a record that was sent after another one had been acknowledged, it must have served
//! that one before: otherwise the acknowledged record is lost, or has the higher offset. And no record is served before
//! it was sent.
//!
//! The probe sends with retries and without idempotence: a record that is served twice proves nothing.

use super::Check;
use super::tally::Found;
use crate::history::Moment;
use crate::promises::Subject;
use crate::verdict::{Anomaly, Doubt, Evidence, Finding, Verdict};

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let deliveries = &check.tally().deliveries;
    for found in &deliveries.found {
        match found {
            Found::Early {
                node,
                sequence,
                sent_at,
                event,
                served_at,
            } => early(
                node,
                *sequence,
                *sent_at,
                (*event, *served_at),
                &mut verdict,
            ),
            Found::PassedOver {
                node,
                sequence,
                acknowledged_at,
                line,
                later,
                event,
            } => {
                let of = (*sequence, *acknowledged_at, *line);
                passed_over(check, node, of, (*later, *event), &mut verdict);
            }
        }
    }
    verdict.saw("probe records served", deliveries.count);
    if deliveries.count == 0 {
        let what = "served records of the produce probe".to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
    }
    verdict
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
