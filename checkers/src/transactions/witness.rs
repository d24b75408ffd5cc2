//! What proves an anomaly: values for a reader of verdicts, by the names that a history has for its parts.

use serde::{Deserialize, Serialize};

use super::anomaly::PhenomenonKind;
use super::names::Name;

/// One thing that is wrong, with what proves it. Transactions go by their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Phenomenon {
    /// Which anomaly.
    pub kind: PhenomenonKind,
    /// What proves it.
    pub evidence: Witness,
}

/// What proves an anomaly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Witness {
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
    /// Records at their offsets: one at several, or several at one.
    Places {
        /// The key.
        key: Name,
        /// The first of them.
        places: Vec<Place>,
    },
    /// A record that no poll returned.
    Unread {
        /// Who sent it.
        writer: i64,
        /// The key.
        key: Name,
        /// The record.
        value: Name,
        /// Where it lies, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offset: Option<i64>,
        /// A poll that returned a later record, and where that lies.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        past: Option<(i64, i64)>,
    },
    /// A client or a log that moved from one offset to another in the wrong way.
    Moved {
        /// The operation that stood at the first offset, and the one that came to the second.
        transactions: [i64; 2],
        /// The key.
        key: Name,
        /// Both offsets.
        offsets: [i64; 2],
        /// The first records between them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        skipped: Vec<Name>,
    },
    /// Transactions of which every order was tried.
    Unordered {
        /// How many.
        transactions: u64,
    },
    /// Transactions each of which must precede the next, and the last the first.
    Cycle {
        /// Each edge; it begins where the one ahead of it ends.
        steps: Vec<Step>,
    },
}

/// A record at an offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The offset.
    pub offset: i64,
    /// The record.
    pub value: Name,
    /// Who sent or polled it there.
    pub shown_by: i64,
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
