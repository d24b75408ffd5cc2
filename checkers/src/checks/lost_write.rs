//! `lost-write`: an acknowledged record is gone.
//!
//! Two proofs. *Polled past*: consumers read beyond its offset and none ever returned it (Jepsen's lost-write). *Final
//! read without*: after the last heal, a node was read over its offset and did not hold it. Where the target does not
//! promise that acknowledged records are kept, what is found is told as tolerated.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::view::{Place, View, evidence};
use crate::history::Offset;
use crate::verdict::{Anomaly, Doubt, Finding, LossProof, Verdict};

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("lost-write");
    let promised = check.history.promises().acknowledged_is_kept;
    for (place, view) in check.views {
        for anomaly in partition(place, view) {
            if promised {
                verdict.found(anomaly);
            } else {
                verdict.tolerate(anomaly);
            }
        }
        check.enough(place, view, &mut verdict);
        if view.covered.is_empty() {
            verdict.doubt(Doubt::NothingSeen {
                what: "final reads".to_owned(),
            });
        }
    }
    let acknowledged: usize = check
        .views
        .values()
        .map(|view| view.acknowledged().count())
        .sum();
    verdict.saw("acknowledged records", acknowledged as u64);
    verdict
}

fn partition(place: &Place, view: &View) -> Vec<Anomaly> {
    let seen: BTreeSet<(Offset, &str)> = view
        .sights
        .iter()
        .map(|s| (s.offset, s.value.as_str()))
        .collect();
    let polled: BTreeSet<Offset> = view
        .sights
        .iter()
        .filter(|s| s.poll)
        .map(|s| s.offset)
        .collect();
    let farthest = view
        .sights
        .iter()
        .filter(|s| s.poll)
        .max_by_key(|s| s.offset);
    // What each node held in the final reads.
    let mut held: BTreeMap<(&str, Offset), &str> = BTreeMap::new();
    for sight in &view.sights {
        if let Some(node) = &sight.node {
            held.insert((node, sight.offset), &sight.value);
        }
    }
    let mut found = Vec::new();
    for (send, offset) in view.acknowledged() {
        let proof = view
            .covered
            .iter()
            .filter(|c| c.position <= offset && offset < c.next && offset >= c.start)
            .find_map(|c| {
                let instead = held.get(&(c.node.as_str(), offset)).copied();
                (instead != Some(send.value.as_str())).then(|| LossProof::FinalReadWithout {
                    node: c.node.clone(),
                    operation: c.operation,
                    instead: instead.map(str::to_owned),
                })
            })
            .or_else(|| {
                let farthest = farthest.filter(|f| f.offset > offset)?;
                let missing = !seen.contains(&(offset, send.value.as_str()));
                // Polls begin at 0 and go on: a hole below the farthest one is a record that no poll returned.
                let proof = LossProof::PolledPast {
                    offset: farthest.offset,
                    operation: farthest.operation,
                };
                (missing && polled.range(..offset).next().is_some()).then_some(proof)
            });
        let Some(proof) = proof else { continue };
        let by = match &proof {
            LossProof::PolledPast { operation, .. }
            | LossProof::FinalReadWithout { operation, .. } => *operation,
        };
        found.push(Anomaly {
            kind: Finding::LostWrite {
                value: send.value.clone(),
                offset: Some(offset),
                operation: send.operation,
                acknowledged: true,
                proof,
            },
            certain: true,
            evidence: evidence(place, &[send.operation, by], &[offset]),
        });
    }
    found
}
