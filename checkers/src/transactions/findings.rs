//! Anomalies as they are found: all are counted, the first of each kind are kept.

use std::collections::{BTreeMap, BTreeSet};

use super::anomaly::PhenomenonKind;
use super::models::ConsistencyModel;
use super::witness::{Phenomenon, Witness};

/// How many anomalies of one kind are kept with their evidence.
pub const EXAMPLES_MAX: usize = 16;

/// What was found so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    pub(super) counts: BTreeMap<PhenomenonKind, u64>,
    kept: BTreeMap<PhenomenonKind, Vec<Witness>>,
}

impl Findings {
    /// Adds an anomaly; its evidence is made only if it is kept.
    pub(super) fn add(&mut self, kind: PhenomenonKind, evidence: impl FnOnce() -> Witness) {
        *self.counts.entry(kind).or_default() += 1;
        self.keep(kind, evidence);
    }

    /// Keeps the evidence of an anomaly that was counted elsewhere.
    pub(super) fn keep(&mut self, kind: PhenomenonKind, evidence: impl FnOnce() -> Witness) {
        let kept = self.kept.entry(kind).or_default();
        if kept.len() < EXAMPLES_MAX {
            kept.push(evidence());
        }
    }

    /// The models that are ruled out directly.
    pub(super) fn ruled_out(&self) -> BTreeSet<ConsistencyModel> {
        let kinds = self.counts.keys();
        kinds.flat_map(|kind| kind.rules_out()).copied().collect()
    }

    /// The anomalies that were kept, by kind; they are not kept any longer.
    pub(super) fn take_anomalies(&mut self) -> Vec<Phenomenon> {
        let of_kind = |(kind, kept): (PhenomenonKind, Vec<Witness>)| {
            kept.into_iter()
                .map(move |evidence| Phenomenon { kind, evidence })
        };
        let kept = std::mem::take(&mut self.kept);
        kept.into_iter().flat_map(of_kind).collect()
    }
}
