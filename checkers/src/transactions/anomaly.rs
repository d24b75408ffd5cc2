//! What can be wrong with transactions, and which models it rules out.
//!
//! | anomaly | what it is | authority |
//! |---|---|---|
//! | `internal` | a read contradicts what its own transaction read or wrote before | Cerone 2015, INT |
//! | `future-read` | a read sees what its own transaction writes later | Elle |
//! | `G1a` | a read sees what a failed transaction wrote | Adya |
//! | `G1b` | a read sees a version that its writer superseded itself | Adya |
//! | `garbage-read` | a read sees a value that nobody wrote | - |
//! | `duplicate-elements` | a read sees one append twice | Elle |
//! | `incompatible-order` | two reads of a list have no common order of appends | Elle |
//! | `cyclic-versions` | a read sees what one transaction appended in another order | Elle |
//! | `lost-update` | two transactions read one version and both superseded it | Berenson, P4 |
//! | `lost-append` | an acknowledged append is in no read, not even in a later one | - |
//! | `G0` | a cycle of write-write edges | Adya |
//! | `G1c` | a cycle of write-write and write-read edges | Adya |
//! | `G-single-item` | a cycle with exactly one read-write edge | Adya |
//! | `G-nonadjacent-item` | a cycle without adjacent read-write edges, and several of them | Cerone 2018 |
//! | `G2-item` | any other cycle with read-write edges | Adya |
//!
//! A cycle that needs the order of one client carries `-process` behind its name, one that needs real
//! time `-realtime`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::models::Model;
use super::names::Name;

/// The kinds of cycle, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cycle {
    /// Write-write edges only.
    G0,
    /// Write-write and at least one write-read edge.
    G1c,
    /// Exactly one read-write edge.
    GSingle,
    /// Several read-write edges, no two of them adjacent.
    GNonadjacent,
    /// Several read-write edges, some of them adjacent.
    G2,
}

/// What orders a cycle needs besides data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// None.
    Data,
    /// The order of each client.
    Process,
    /// Real time.
    Realtime,
}

/// Which anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum AnomalyKind {
    /// A read sees a value that nobody wrote.
    GarbageRead,
    /// A read sees one append twice.
    DuplicateElements,
    /// Two reads of a list have no common order of appends.
    IncompatibleOrder,
    /// A read sees two appends of one transaction in another order than it made them: the second is
    /// ahead of the first for the reader, and after it for the writer.
    CyclicVersions,
    /// A read sees what a failed transaction wrote.
    G1a,
    /// A read sees a version that its writer superseded itself.
    G1b,
    /// A read sees what its own transaction writes later.
    FutureRead,
    /// A read contradicts its own transaction.
    Internal,
    /// Two transactions read one version and both superseded it.
    LostUpdate,
    /// An acknowledged append is in no read, not even in one that was called after it returned.
    LostAppend,
    /// A cycle of dependencies.
    Cycle(Order, Cycle),
}

const CYCLES: [Cycle; 5] = [
    Cycle::G0,
    Cycle::G1c,
    Cycle::GSingle,
    Cycle::GNonadjacent,
    Cycle::G2,
];

const ORDERS: [Order; 3] = [Order::Data, Order::Process, Order::Realtime];

impl AnomalyKind {
    /// All kinds.
    pub fn all() -> Vec<AnomalyKind> {
        let mut all = vec![
            AnomalyKind::GarbageRead,
            AnomalyKind::DuplicateElements,
            AnomalyKind::IncompatibleOrder,
            AnomalyKind::CyclicVersions,
            AnomalyKind::G1a,
            AnomalyKind::G1b,
            AnomalyKind::FutureRead,
            AnomalyKind::Internal,
            AnomalyKind::LostUpdate,
            AnomalyKind::LostAppend,
        ];
        for order in ORDERS {
            all.extend(CYCLES.map(|cycle| AnomalyKind::Cycle(order, cycle)));
        }
        all
    }

    /// The weakest models that this rules out; with each, everything stronger goes.
    pub fn rules_out(self) -> &'static [Model] {
        match self {
            // No history in Adya's sense has these, not even one of PL-1.
            AnomalyKind::GarbageRead
            | AnomalyKind::DuplicateElements
            | AnomalyKind::CyclicVersions => &[Model::ReadUncommitted],
            AnomalyKind::IncompatibleOrder | AnomalyKind::G1a | AnomalyKind::G1b => {
                &[Model::ReadCommitted]
            }
            // A read of one's own future is a write-read cycle of one transaction.
            AnomalyKind::FutureRead => &[Model::ReadCommitted],
            AnomalyKind::Internal => &[Model::ReadAtomic],
            AnomalyKind::LostUpdate => &[Model::CursorStability, Model::UpdateAtomic],
            AnomalyKind::LostAppend => &[Model::StrongSnapshotIsolation],
            AnomalyKind::Cycle(order, cycle) => cycle_rules_out(order, cycle),
        }
    }
}

fn cycle_rules_out(order: Order, cycle: Cycle) -> &'static [Model] {
    match (cycle, order) {
        (Cycle::G0, Order::Data) => &[Model::ReadUncommitted],
        (Cycle::G0, Order::Process) => &[Model::StrongSessionReadUncommitted],
        (Cycle::G0, Order::Realtime) => &[Model::StrongReadUncommitted],
        (Cycle::G1c, Order::Data) => &[Model::ReadCommitted],
        (Cycle::G1c, Order::Process) => &[Model::StrongSessionReadCommitted],
        (Cycle::G1c, Order::Realtime) => &[Model::StrongReadCommitted],
        // All reads here are of items, so that repeatable read (no G2-item) goes as well.
        // Cerone and Gotsman, *Analysing Snapshot Isolation*, JACM 2018: with parallel snapshot
        // isolation, every cycle has two read-write edges.
        (Cycle::GSingle, Order::Data) => &[
            Model::ParallelSnapshotIsolation,
            Model::ConsistentView,
            Model::RepeatableRead,
        ],
        (Cycle::GNonadjacent, Order::Data) => &[Model::SnapshotIsolation, Model::RepeatableRead],
        (Cycle::G2, Order::Data) => &[Model::RepeatableRead],
        (Cycle::GSingle | Cycle::GNonadjacent, Order::Process) => {
            &[Model::StrongSessionSnapshotIsolation]
        }
        (Cycle::GSingle | Cycle::GNonadjacent, Order::Realtime) => {
            &[Model::StrongSnapshotIsolation]
        }
        (Cycle::G2, Order::Process) => &[Model::StrongSessionSerializable],
        (Cycle::G2, Order::Realtime) => &[Model::StrictSerializable],
    }
}

impl fmt::Display for AnomalyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (order, cycle) = match self {
            AnomalyKind::GarbageRead => return f.write_str("garbage-read"),
            AnomalyKind::DuplicateElements => return f.write_str("duplicate-elements"),
            AnomalyKind::IncompatibleOrder => return f.write_str("incompatible-order"),
            AnomalyKind::CyclicVersions => return f.write_str("cyclic-versions"),
            AnomalyKind::G1a => return f.write_str("G1a"),
            AnomalyKind::G1b => return f.write_str("G1b"),
            AnomalyKind::FutureRead => return f.write_str("future-read"),
            AnomalyKind::Internal => return f.write_str("internal"),
            AnomalyKind::LostUpdate => return f.write_str("lost-update"),
            AnomalyKind::LostAppend => return f.write_str("lost-append"),
            AnomalyKind::Cycle(order, cycle) => (order, cycle),
        };
        let cycle = match cycle {
            Cycle::G0 => "G0",
            Cycle::G1c => "G1c",
            Cycle::GSingle => "G-single-item",
            Cycle::GNonadjacent => "G-nonadjacent-item",
            Cycle::G2 => "G2-item",
        };
        let order = match order {
            Order::Data => "",
            Order::Process => "-process",
            Order::Realtime => "-realtime",
        };
        write!(f, "{cycle}{order}")
    }
}

impl From<AnomalyKind> for String {
    fn from(kind: AnomalyKind) -> String {
        kind.to_string()
    }
}

impl TryFrom<String> for AnomalyKind {
    type Error = String;

    fn try_from(name: String) -> Result<AnomalyKind, String> {
        let kind = AnomalyKind::all()
            .into_iter()
            .find(|k| k.to_string() == name);
        kind.ok_or_else(|| format!("there is no anomaly `{name}`"))
    }
}

/// One thing that is wrong, with what proves it. Transactions go by their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomaly {
    /// Which anomaly.
    pub kind: AnomalyKind,
    /// What proves it.
    pub evidence: Evidence,
}

/// What proves an anomaly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum Evidence {
    /// A read that saw one value it must not have seen.
    Read {
        /// Who read.
        reader: i64,
        /// Who wrote the value; none if nobody did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        writer: Option<i64>,
        /// The key.
        key: Name,
        /// The value.
        value: Name,
    },
    /// A read that contradicts its own transaction.
    Internal {
        /// The transaction.
        transaction: i64,
        /// The key.
        key: Name,
        /// The end of what it should have seen.
        expected: Vec<Name>,
        /// The end of what it saw.
        saw: Vec<Name>,
    },
    /// Two reads that part.
    Orders {
        /// The key.
        key: Name,
        /// How many elements they have in common at the beginning.
        common: usize,
        /// Two transactions, and the element that each saw next.
        parted: [(i64, Name); 2],
    },
    /// A read that saw two appends of one transaction in the wrong order.
    Reversed {
        /// Who appended them.
        writer: i64,
        /// Who read them.
        reader: i64,
        /// The key.
        key: Name,
        /// Both elements, as they were appended.
        appended: [Name; 2],
    },
    /// Transactions that read the same version and all superseded it.
    Updates {
        /// The key.
        key: Name,
        /// The version; none for the initial one.
        read: Option<Name>,
        /// The first of the transactions.
        transactions: Vec<i64>,
    },
    /// An append that is in no read.
    Lost {
        /// Who appended.
        writer: i64,
        /// Who read the longest list, called after the append had returned.
        reader: i64,
        /// The key.
        key: Name,
        /// The element.
        value: Name,
    },
    /// Transactions each of which must precede the next, and the last the first.
    Cycle {
        /// Each edge; it begins where the one ahead of it ends.
        steps: Vec<Step>,
    },
}

/// One edge of a cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Who must come first.
    pub from: i64,
    /// Who must come after.
    pub to: i64,
    /// Why.
    pub because: Because,
}

/// Why one transaction must precede another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "edge")]
pub enum Because {
    /// The second wrote a later version than the first.
    #[serde(rename = "ww")]
    WriteWrite {
        /// Of which key.
        key: Name,
        /// What the first wrote.
        earlier: Option<Name>,
        /// What the second wrote.
        later: Option<Name>,
    },
    /// The second read what the first wrote.
    #[serde(rename = "wr")]
    WriteRead {
        /// Of which key.
        key: Name,
        /// What it wrote.
        value: Option<Name>,
    },
    /// The first read a version that the second superseded.
    #[serde(rename = "rw")]
    ReadWrite {
        /// Of which key.
        key: Name,
        /// What the first read; none for the initial version.
        read: Option<Name>,
        /// What the second wrote.
        later: Option<Name>,
    },
    /// One client called the second after the first.
    #[serde(rename = "process")]
    Process {
        /// The client.
        process: i64,
    },
    /// The first returned before the second was called.
    #[serde(rename = "realtime")]
    Realtime {
        /// When the first returned.
        returned: u64,
        /// When the second was called.
        called: u64,
    },
}
