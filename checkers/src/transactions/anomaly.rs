//! What can be wrong with transactions, and which models it rules out.
//!
//! | anomaly | what it is | authority |
//! |---|---|---|
//! | `internal` | a read contradicts what its own transaction read or wrote before | Cerone 2015, INT |
//! | `future-read` | a read sees what its own transaction writes later | Elle |
//! | `G1a` | a read sees what a failed transaction wrote | Adya |
//! | `G1b` | a read sees a version that its writer superseded itself | Adya |
//! | `garbage-read` | a read sees a value that no client wrote | - |
//! | `duplicate-elements` | a read sees one append twice | Elle |
//! | `incompatible-order` | two reads of a list have no common order of appends | Elle |
//! | `cyclic-versions` | a read sees what one transaction appended in another order | Elle |
//! | `lost-update` | two transactions read one version and both superseded it | Berenson, P4 |
//! | `lost-append` | an acknowledged append is in no read, not even in a later one | - |
//! | `lost-write` | of logs: a record that surely was written is in no poll, though a later one is | Jepsen kafka |
//! | `unseen` | of logs: an acknowledged record is in no poll | Jepsen kafka |
//! | `duplicate` | of logs: one record lies at two offsets | Jepsen kafka |
//! | `inconsistent-offset` | of logs: two records lie at one offset | Jepsen kafka |
//! | `poll-skip` | of logs: a consumer jumps over a record from one operation to the next | Jepsen kafka |
//! | `int-poll-skip` | of logs: a consumer jumps over a record within an operation | Jepsen kafka |
//! | `nonmonotonic-poll` | of logs: a consumer goes back from one operation to the next | Jepsen kafka |
//! | `int-nonmonotonic-poll` | of logs: a consumer goes back within an operation | Jepsen kafka |
//! | `send-order` | of logs: a producer's record of a later operation has the lower offset | Jepsen kafka |
//! | `int-send-order` | of logs: a producer's later record of an operation has the lower offset | Jepsen kafka |
//! | `precommitted-read` | of logs: a transaction polls what it sent itself | Jepsen kafka |
//! | `log-order` | of logs: a record called after another one was there lies below it | Herlihy, Wing 1990 |
//! | `no-order` | of registers: no order of the transactions explains what they read | Papadimitriou 1979 |
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

use super::models::ConsistencyModel;

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
#[non_exhaustive]
pub enum PhenomenonKind {
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
    /// A record that surely was written is in no poll, though a later one of its partition is.
    LostWrite,
    /// An acknowledged record is in no poll.
    Unseen,
    /// One record lies at several offsets.
    Duplicate,
    /// Several records lie at one offset.
    InconsistentOffset,
    /// A consumer jumps over a record from one operation to the next.
    PollSkip,
    /// A consumer goes back from one operation to the next.
    NonmonotonicPoll,
    /// A consumer jumps over a record within one operation.
    IntPollSkip,
    /// A consumer goes back within one operation.
    IntNonmonotonicPoll,
    /// A producer's record has a lower offset than one of its earlier operation.
    SendOrder,
    /// A producer's record has a lower offset than an earlier one of the same operation.
    IntSendOrder,
    /// A transaction polls what it sent itself and has not committed yet.
    PrecommittedRead,
    /// A record lies below another one that was there before it was sent.
    LogOrder,
    /// No order of the transactions explains what they read.
    NoOrder(Order),
    /// A cycle of dependencies.
    Cycle(Order, Cycle),
}

/// The kinds that are no cycles, with their names.
const PLAIN: [(PhenomenonKind, &str); 25] = [
    (PhenomenonKind::GarbageRead, "garbage-read"),
    (PhenomenonKind::DuplicateElements, "duplicate-elements"),
    (PhenomenonKind::IncompatibleOrder, "incompatible-order"),
    (PhenomenonKind::CyclicVersions, "cyclic-versions"),
    (PhenomenonKind::G1a, "G1a"),
    (PhenomenonKind::G1b, "G1b"),
    (PhenomenonKind::FutureRead, "future-read"),
    (PhenomenonKind::Internal, "internal"),
    (PhenomenonKind::LostUpdate, "lost-update"),
    (PhenomenonKind::LostAppend, "lost-append"),
    (PhenomenonKind::LostWrite, "lost-write"),
    (PhenomenonKind::Unseen, "unseen"),
    (PhenomenonKind::Duplicate, "duplicate"),
    (PhenomenonKind::InconsistentOffset, "inconsistent-offset"),
    (PhenomenonKind::PollSkip, "poll-skip"),
    (PhenomenonKind::NonmonotonicPoll, "nonmonotonic-poll"),
    (PhenomenonKind::IntPollSkip, "int-poll-skip"),
    (PhenomenonKind::IntNonmonotonicPoll, "int-nonmonotonic-poll"),
    (PhenomenonKind::SendOrder, "send-order"),
    (PhenomenonKind::IntSendOrder, "int-send-order"),
    (PhenomenonKind::PrecommittedRead, "precommitted-read"),
    (PhenomenonKind::LogOrder, "log-order"),
    (PhenomenonKind::NoOrder(Order::Data), "no-order"),
    (PhenomenonKind::NoOrder(Order::Process), "no-order-process"),
    (
        PhenomenonKind::NoOrder(Order::Realtime),
        "no-order-realtime",
    ),
];

const CYCLES: [Cycle; 5] = [
    Cycle::G0,
    Cycle::G1c,
    Cycle::GSingle,
    Cycle::GNonadjacent,
    Cycle::G2,
];

const ORDERS: [Order; 3] = [Order::Data, Order::Process, Order::Realtime];

impl PhenomenonKind {
    /// All kinds.
    pub fn all() -> Vec<PhenomenonKind> {
        let mut all = PLAIN.map(|(kind, _)| kind).to_vec();
        for order in ORDERS {
            all.extend(CYCLES.map(|cycle| PhenomenonKind::Cycle(order, cycle)));
        }
        all
    }

    /// The weakest models that this rules out; with each, everything stronger goes.
    pub fn rules_out(self) -> &'static [ConsistencyModel] {
        match self {
            // No history in Adya's sense has these, not even one of PL-1.
            PhenomenonKind::GarbageRead
            | PhenomenonKind::DuplicateElements
            | PhenomenonKind::CyclicVersions => &[ConsistencyModel::ReadUncommitted],
            // A log that loses, doubles or disorders records is none, however its transactions are isolated.
            PhenomenonKind::LostWrite
            | PhenomenonKind::Unseen
            | PhenomenonKind::Duplicate
            | PhenomenonKind::InconsistentOffset
            | PhenomenonKind::PollSkip
            | PhenomenonKind::NonmonotonicPoll
            | PhenomenonKind::IntPollSkip
            | PhenomenonKind::IntNonmonotonicPoll
            | PhenomenonKind::SendOrder
            | PhenomenonKind::IntSendOrder => &[ConsistencyModel::ReadUncommitted],
            PhenomenonKind::PrecommittedRead => &[ConsistencyModel::ReadCommitted],
            PhenomenonKind::LogOrder => &[ConsistencyModel::StrongReadUncommitted],
            PhenomenonKind::IncompatibleOrder | PhenomenonKind::G1a | PhenomenonKind::G1b => {
                &[ConsistencyModel::ReadCommitted]
            }
            // A read of one's own future is a write-read cycle of one transaction.
            PhenomenonKind::FutureRead => &[ConsistencyModel::ReadCommitted],
            PhenomenonKind::Internal => &[ConsistencyModel::ReadAtomic],
            PhenomenonKind::LostUpdate => &[
                ConsistencyModel::CursorStability,
                ConsistencyModel::UpdateAtomic,
            ],
            PhenomenonKind::LostAppend => &[ConsistencyModel::StrongSnapshotIsolation],
            PhenomenonKind::NoOrder(Order::Data) => &[ConsistencyModel::Serializable],
            PhenomenonKind::NoOrder(Order::Process) => {
                &[ConsistencyModel::StrongSessionSerializable]
            }
            PhenomenonKind::NoOrder(Order::Realtime) => &[ConsistencyModel::StrictSerializable],
            PhenomenonKind::Cycle(order, cycle) => cycle_rules_out(order, cycle),
        }
    }
}

fn cycle_rules_out(order: Order, cycle: Cycle) -> &'static [ConsistencyModel] {
    match (cycle, order) {
        (Cycle::G0, Order::Data) => &[ConsistencyModel::ReadUncommitted],
        (Cycle::G0, Order::Process) => &[ConsistencyModel::StrongSessionReadUncommitted],
        (Cycle::G0, Order::Realtime) => &[ConsistencyModel::StrongReadUncommitted],
        (Cycle::G1c, Order::Data) => &[ConsistencyModel::ReadCommitted],
        (Cycle::G1c, Order::Process) => &[ConsistencyModel::StrongSessionReadCommitted],
        (Cycle::G1c, Order::Realtime) => &[ConsistencyModel::StrongReadCommitted],
        // All reads here are of items, so that repeatable read (no G2-item) goes as well.
        // Cerone and Gotsman, *Analysing Snapshot Isolation*, JACM 2018: with parallel snapshot
        // isolation, every cycle has two read-write edges.
        (Cycle::GSingle, Order::Data) => &[
            ConsistencyModel::ParallelSnapshotIsolation,
            ConsistencyModel::ConsistentView,
            ConsistencyModel::RepeatableRead,
        ],
        (Cycle::GNonadjacent, Order::Data) => &[
            ConsistencyModel::SnapshotIsolation,
            ConsistencyModel::RepeatableRead,
        ],
        (Cycle::G2, Order::Data) => &[ConsistencyModel::RepeatableRead],
        (Cycle::GSingle | Cycle::GNonadjacent, Order::Process) => {
            &[ConsistencyModel::StrongSessionSnapshotIsolation]
        }
        (Cycle::GSingle | Cycle::GNonadjacent, Order::Realtime) => {
            &[ConsistencyModel::StrongSnapshotIsolation]
        }
        (Cycle::G2, Order::Process) => &[ConsistencyModel::StrongSessionSerializable],
        (Cycle::G2, Order::Realtime) => &[ConsistencyModel::StrictSerializable],
    }
}

impl fmt::Display for PhenomenonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PhenomenonKind::Cycle(order, cycle) = self else {
            let name = PLAIN.iter().find(|(kind, _)| kind == self);
            return f.write_str(name.map_or("", |(_, name)| name));
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

impl From<PhenomenonKind> for String {
    fn from(kind: PhenomenonKind) -> String {
        kind.to_string()
    }
}

impl TryFrom<String> for PhenomenonKind {
    type Error = String;

    fn try_from(name: String) -> Result<PhenomenonKind, String> {
        let kind = PhenomenonKind::all()
            .into_iter()
            .find(|k| k.to_string() == name);
        kind.ok_or_else(|| format!("no anomaly `{name}`"))
    }
}
