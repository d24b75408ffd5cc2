//! Consistency models: which is stronger than which.
//!
//! The lattice is that of Elle and of jepsen.io/consistency, without models that no anomaly here can
//! distinguish. *Serializable* means conflict-serializable (Adya's PL-3), *snapshot isolation* the
//! generalized one. Authorities: Berenson et al., *A Critique of ANSI SQL Isolation Levels*, SIGMOD
//! 1995; Adya, *Weak Consistency*, MIT 1999 (the PL levels); Daudjee and Salem, VLDB 2006 (session
//! guarantees of snapshot isolation); Bailis et al., *Highly Available Transactions*, VLDB 2014;
//! Cerone, Bernardi and Gotsman, CONCUR 2015 (atomic visibility); Alvaro and Kingsbury, *Elle*, VLDB
//! 2020. A model with *strong session* also respects the order of each client, a *strong* one real
//! time.
//!
//! Below parallel snapshot isolation not all of a model is tested. Cycles show how many read-write
//! edges they have, not whether visibility or the order of writes closed them: read skew between two
//! keys is charged to parallel snapshot isolation and consistent view, though read atomic forbids it
//! as well, and the long fork to snapshot isolation, though prefix does. So these weaker models
//! ([`ConsistencyModel::is_tested`]) are never reported as satisfied by themselves, but only where a stronger one does;
//! otherwise they are undecided.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! models {
    ($($(#[doc = $doc:literal])+ $model:ident = $name:literal implies [$($weaker:ident)*],)+) => {
        /// A consistency model.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum ConsistencyModel {
            $($(#[doc = $doc])+ $model,)+
        }

        impl ConsistencyModel {
            /// All models, weaker ones first.
            pub const ALL: &[ConsistencyModel] = &[$(ConsistencyModel::$model,)+];

            /// The model's name, e.g. `snapshot-isolation`.
            pub fn name(self) -> &'static str {
                match self {
                    $(ConsistencyModel::$model => $name,)+
                }
            }

            /// The models that follow from this one directly.
            pub fn implies(self) -> &'static [ConsistencyModel] {
                match self {
                    $(ConsistencyModel::$model => &[$(ConsistencyModel::$weaker,)*],)+
                }
            }
        }
    };
}

models! {
    /// PL-1: writes of transactions do not interleave.
    ReadUncommitted = "read-uncommitted" implies [],
    /// PL-1, and each client's order holds.
    StrongSessionReadUncommitted = "strong-session-read-uncommitted" implies [ReadUncommitted],
    /// PL-1, and real time holds.
    StrongReadUncommitted = "strong-read-uncommitted" implies [StrongSessionReadUncommitted],
    /// PL-2: only final, committed versions are read.
    ReadCommitted = "read-committed" implies [ReadUncommitted],
    /// PL-2, and each client's order holds.
    StrongSessionReadCommitted = "strong-session-read-committed"
        implies [ReadCommitted StrongSessionReadUncommitted],
    /// PL-2, and real time holds.
    StrongReadCommitted = "strong-read-committed"
        implies [StrongSessionReadCommitted StrongReadUncommitted],
    /// PL-CS: what a cursor points to is not lost.
    CursorStability = "cursor-stability" implies [ReadCommitted],
    /// PL-2L: a transaction's view only grows.
    MonotonicView = "monotonic-view" implies [ReadCommitted],
    /// PL-MSR: each read is of a snapshot, and snapshots only grow.
    MonotonicSnapshotRead = "monotonic-snapshot-read" implies [ReadCommitted],
    /// Once something of a transaction is seen, all of it is.
    MonotonicAtomicView = "monotonic-atomic-view" implies [ReadCommitted],
    /// All or nothing of a transaction is seen, and reads within one agree.
    ReadAtomic = "read-atomic" implies [MonotonicAtomicView],
    /// Read atomic, and no update is lost (ROLA).
    UpdateAtomic = "update-atomic" implies [ReadAtomic],
    /// Read atomic, and visibility is transitive.
    Causal = "causal" implies [ReadAtomic],
    /// Causal, and what is visible is a prefix of one order.
    Prefix = "prefix" implies [Causal],
    /// Snapshots that may differ between sites, without lost updates.
    ParallelSnapshotIsolation = "parallel-snapshot-isolation" implies [Causal UpdateAtomic],
    /// PL-2+: transactions see consistent states.
    ConsistentView = "consistent-view" implies [CursorStability MonotonicView],
    /// PL-FCV: consistent, and may lie beyond the transaction's begin.
    ForwardConsistentView = "forward-consistent-view" implies [ConsistentView],
    /// PL-SI: reads of one snapshot, first committer wins.
    SnapshotIsolation = "snapshot-isolation" implies [
        ForwardConsistentView MonotonicAtomicView MonotonicSnapshotRead ParallelSnapshotIsolation
        Prefix
    ],
    /// Snapshot isolation, and each client's order holds.
    StrongSessionSnapshotIsolation = "strong-session-snapshot-isolation"
        implies [SnapshotIsolation StrongSessionReadCommitted],
    /// Snapshot isolation, and real time holds.
    StrongSnapshotIsolation = "strong-snapshot-isolation"
        implies [StrongSessionSnapshotIsolation StrongReadCommitted],
    /// PL-3U: serializable as far as transactions that write can observe.
    UpdateSerializable = "update-serializable" implies [ForwardConsistentView],
    /// PL-2.99: serializable as far as items, not predicates, can show.
    RepeatableRead = "repeatable-read" implies [CursorStability MonotonicAtomicView],
    /// PL-3: as if one after the other.
    Serializable = "serializable"
        implies [RepeatableRead SnapshotIsolation UpdateSerializable],
    /// Serializable, and each client's order holds.
    StrongSessionSerializable = "strong-session-serializable"
        implies [Serializable StrongSessionSnapshotIsolation],
    /// PL-SS: as if one after the other in real time.
    StrictSerializable = "strict-serializable"
        implies [StrongSessionSerializable StrongSnapshotIsolation],
}

impl ConsistencyModel {
    /// Whether the anomalies that are searched for cover all that this model rules out. Where not, it holds
    /// if a stronger one does, and is undecided if only stronger ones are violated.
    pub fn is_tested(self) -> bool {
        !matches!(
            self,
            ConsistencyModel::MonotonicView
                | ConsistencyModel::MonotonicSnapshotRead
                | ConsistencyModel::MonotonicAtomicView
                | ConsistencyModel::ReadAtomic
                | ConsistencyModel::UpdateAtomic
                | ConsistencyModel::Causal
                | ConsistencyModel::Prefix
        )
    }

    /// This model and everything that follows from it.
    pub fn implied(self) -> BTreeSet<ConsistencyModel> {
        let mut implied = BTreeSet::new();
        let mut open = vec![self];
        while let Some(model) = open.pop() {
            if implied.insert(model) {
                open.extend(model.implies());
            }
        }
        implied
    }
}

impl fmt::Display for ConsistencyModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no consistency model `{0}`; there are: {names}", names = names())]
pub struct UnknownConsistencyModel(pub String);

fn names() -> String {
    let names: Vec<&str> = ConsistencyModel::ALL
        .iter()
        .map(|model| model.name())
        .collect();
    names.join(", ")
}

impl FromStr for ConsistencyModel {
    type Err = UnknownConsistencyModel;

    fn from_str(name: &str) -> Result<ConsistencyModel, UnknownConsistencyModel> {
        let found = ConsistencyModel::ALL
            .iter()
            .find(|model| model.name() == name);
        found
            .copied()
            .ok_or_else(|| UnknownConsistencyModel(name.to_owned()))
    }
}

/// What anomalies leave of the models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Boundary {
    /// The strongest models that are tested and not ruled out.
    pub(super) holds: Vec<ConsistencyModel>,
    /// The weakest that are.
    pub(super) violated: Vec<ConsistencyModel>,
    /// The weakest that are tested and neither ruled out nor proven.
    pub(super) open: Vec<ConsistencyModel>,
}

impl Boundary {
    /// What is left of a model and those it implies when some models, and everything stronger, are
    /// ruled out. With `proven`, only these hold.
    pub(super) fn of(
        strongest: ConsistencyModel,
        direct: &BTreeSet<ConsistencyModel>,
        proven: Option<&BTreeSet<ConsistencyModel>>,
    ) -> Boundary {
        let (mut alive, mut dead) = (Vec::new(), Vec::new());
        for model in &strongest.implied() {
            let implied = model.implied();
            match implied.is_disjoint(direct) {
                true => alive.push((*model, implied)),
                false => dead.push((*model, implied)),
            }
        }
        alive.retain(|(model, _)| model.is_tested());
        let is_proven =
            |model: &ConsistencyModel| proven.is_none_or(|proven| proven.contains(model));
        let (held, unproven): (Vec<_>, Vec<_>) =
            alive.into_iter().partition(|(model, _)| is_proven(model));
        let strongest = |(model, _): &&(ConsistencyModel, BTreeSet<ConsistencyModel>)| {
            let covers = |(other, implied): &(ConsistencyModel, BTreeSet<ConsistencyModel>)| {
                other != model && implied.contains(model)
            };
            !held.iter().any(covers)
        };
        type Row = (ConsistencyModel, BTreeSet<ConsistencyModel>);
        let weakest = |all: &[Row]| -> Vec<ConsistencyModel> {
            let is_weakest = |(model, implied): &&Row| {
                let below = |(other, _): &Row| other != model && implied.contains(other);
                !all.iter().any(below)
            };
            all.iter().filter(is_weakest).map(|row| row.0).collect()
        };
        let model = |(model, _): &(ConsistencyModel, BTreeSet<ConsistencyModel>)| *model;
        Boundary {
            holds: held.iter().filter(strongest).map(model).collect(),
            violated: weakest(&dead),
            open: weakest(&unproven),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transactions::{Cycle, Order, PhenomenonKind};

    #[test]
    fn a_model_is_listed_after_all_that_it_implies() {
        for (at, model) in ConsistencyModel::ALL.iter().enumerate() {
            for weaker in model.implies() {
                assert!(
                    ConsistencyModel::ALL[..at].contains(weaker),
                    "{model} -> {weaker}"
                );
            }
            assert_eq!(model.name().parse(), Ok(*model));
            let json = serde_json::to_string(model).expect("a word");
            assert_eq!(json, format!("\"{model}\""));
        }
        assert_eq!(
            ConsistencyModel::StrictSerializable.implied().len(),
            ConsistencyModel::ALL.len()
        );
        assert!("sequential".parse::<ConsistencyModel>().is_err());
    }

    /// Write skew: snapshot isolation allows it, repeatable read does not (Berenson, A5B).
    #[test]
    fn the_boundary_runs_between_the_models() {
        let write_skew = Boundary::of(
            ConsistencyModel::StrictSerializable,
            &BTreeSet::from([ConsistencyModel::RepeatableRead]),
            None,
        );
        assert_eq!(
            write_skew.holds,
            [
                ConsistencyModel::StrongSnapshotIsolation,
                ConsistencyModel::UpdateSerializable
            ]
        );
        assert_eq!(write_skew.violated, [ConsistencyModel::RepeatableRead]);
        // Read skew proves nothing against read atomic here, and nothing for it.
        let read_skew = Boundary::of(
            ConsistencyModel::StrictSerializable,
            &PhenomenonKind::Cycle(Order::Data, Cycle::GSingle)
                .rules_out()
                .iter()
                .copied()
                .collect(),
            None,
        );
        assert!(read_skew.holds.iter().all(|model| model.is_tested()));
        assert!(read_skew.holds.contains(&ConsistencyModel::CursorStability));
        let nothing = Boundary::of(ConsistencyModel::StrictSerializable, &BTreeSet::new(), None);
        assert_eq!(nothing.holds, [ConsistencyModel::StrictSerializable]);
        assert_eq!(nothing.violated, []);
        let everything = Boundary::of(
            ConsistencyModel::StrictSerializable,
            &BTreeSet::from([ConsistencyModel::ReadUncommitted]),
            None,
        );
        assert_eq!(everything.holds, []);
        assert_eq!(everything.violated, [ConsistencyModel::ReadUncommitted]);
    }
}
