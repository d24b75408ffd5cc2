//! `replicas-agree` and `unseen`: what the final reads through every node show. Prefixes agree, everybody catches up, and
//! every acknowledged record was served by somebody.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::view::{Place, View, evidence};
use crate::history::{NodeName, Offset};
use crate::verdict::{Anomaly, Doubt, Finding, Held, Verdict};

/// How far each node was read without a break, with the last read.
fn reached(view: &View) -> BTreeMap<&NodeName, (Offset, u64)> {
    let mut reached: BTreeMap<&NodeName, (Offset, u64)> = BTreeMap::new();
    for covered in &view.covered {
        let entry = reached
            .entry(&covered.node)
            .or_insert((covered.start.max(0), covered.operation));
        if covered.position <= entry.0 && covered.next > entry.0 {
            *entry = (covered.next, covered.operation);
        }
    }
    reached
}

pub(super) fn agree(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("replicas-agree");
    for (place, view) in check.views {
        let reached = reached(view);
        verdict.saw("nodes read", reached.len() as u64);
        for node in check.history.nodes() {
            if !reached.contains_key(&node) {
                let (topic, partition) = place.clone();
                verdict.doubt(Doubt::ReadIncomplete {
                    node,
                    topic,
                    partition,
                });
            }
        }
        differ(place, view, &reached, &mut verdict);
        let farthest = reached.values().map(|(next, _)| *next).max().unwrap_or(0);
        for (node, (read_to, operation)) in &reached {
            let missing = view
                .acknowledged()
                .filter(|(_, o)| o >= read_to && *o < farthest)
                .count();
            if missing > 0 {
                verdict.found(Anomaly {
                    kind: Finding::ReplicaBehind {
                        node: (*node).clone(),
                        read_to: *read_to,
                        farthest,
                        missing: missing as u64,
                    },
                    certain: false,
                    evidence: evidence(place, &[*operation], &[*read_to]),
                });
            }
        }
    }
    verdict
}

fn differ(
    place: &Place,
    view: &View,
    reached: &BTreeMap<&NodeName, (Offset, u64)>,
    verdict: &mut Verdict,
) {
    let mut at: BTreeMap<Offset, BTreeMap<&NodeName, (&str, u64)>> = BTreeMap::new();
    for sight in &view.sights {
        if let Some(node) = &sight.node {
            at.entry(sight.offset)
                .or_default()
                .insert(node, (&sight.value, sight.operation));
        }
    }
    let starts: BTreeMap<&NodeName, Offset> = view
        .covered
        .iter()
        .map(|covered| (&covered.node, covered.start))
        .collect();
    for (offset, held) in at {
        // A node that was read over this offset and does not hold it differs from one that does.
        let all: Vec<Held> = reached
            .iter()
            .filter(|(node, (next, _))| {
                offset < *next && offset >= starts.get(*node).copied().unwrap_or(0)
            })
            .map(|(node, (_, operation))| {
                let holds = held.get(*node);
                Held {
                    node: (*node).clone(),
                    value: holds.map(|(value, _)| (*value).to_owned()),
                    operation: holds.map_or(*operation, |(_, operation)| *operation),
                }
            })
            .collect();
        let values: BTreeSet<&Option<String>> = all.iter().map(|held| &held.value).collect();
        if values.len() > 1 {
            let operations: Vec<u64> = all.iter().map(|held| held.operation).collect();
            verdict.found(Anomaly {
                evidence: evidence(place, &operations, &[offset]),
                kind: Finding::ReplicasDiffer { offset, held: all },
                certain: true,
            });
        }
    }
}

pub(super) fn unseen(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("unseen");
    let promised = check.history.promises().acknowledged_is_kept;
    for (place, view) in check.views {
        if view.covered.is_empty() {
            verdict.doubt(Doubt::NothingSeen {
                what: "final reads".to_owned(),
            });
            continue;
        }
        let seen: BTreeSet<&str> = view
            .sights
            .iter()
            .map(|sight| sight.value.as_str())
            .collect();
        for (send, offset) in view.acknowledged() {
            if seen.contains(send.value.as_str()) {
                continue;
            }
            let anomaly = Anomaly {
                kind: Finding::NeverServed {
                    value: send.value.clone(),
                    offset: Some(offset),
                },
                certain: true,
                evidence: evidence(place, &[send.operation], &[offset]),
            };
            if promised {
                verdict.found(anomaly);
            } else {
                verdict.tolerate(anomaly);
            }
        }
        verdict.saw("values read", seen.len() as u64);
    }
    verdict
}
