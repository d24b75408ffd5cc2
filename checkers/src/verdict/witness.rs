//! What findings are made of: records as they were sent and seen, what nodes believed and held, and how a loss is
//! known.

use serde::{Deserialize, Serialize};

use crate::history::{Moment, NodeName, Offset, Outcome, WorkerId};

/// A record as its producer sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Its value.
    pub value: String,
    /// The offset at which it was acknowledged or read.
    pub offset: Offset,
    /// The append's invoke.
    pub operation: u64,
    /// When the append was called.
    pub called: Moment,
    /// When it returned; none if its outcome stayed unknown.
    pub returned: Option<Moment>,
}

/// A value at an offset, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The value.
    pub value: String,
    /// The offset.
    pub offset: Offset,
    /// The operation that shows it: an append, a poll or a read.
    pub operation: u64,
    /// The node it was read through, if known.
    pub node: Option<NodeName>,
}

/// A write or a read of the register that a partition's last record is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterUse {
    /// Whether it writes; otherwise it reads.
    pub writes: bool,
    /// The value written or read; none where the partition was read as empty.
    pub value: Option<String>,
    /// Its invoke: of the append, or of the question for the end offset.
    pub operation: u64,
    /// Who used it.
    pub worker: WorkerId,
    /// When it was called.
    pub called: Moment,
    /// When it returned; none if its outcome stayed unknown.
    pub returned: Option<Moment>,
    /// How it came out. A write that failed is not a write of the register; it is shown where its value was read.
    pub outcome: Outcome,
    /// The node that answered, if known.
    pub node: Option<NodeName>,
}

/// How it is known that a record is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum LossProof {
    /// Records beyond it were polled, and no poll ever returned it (Jepsen's `lost-write`).
    PolledPast {
        /// The highest offset polled, or proven to be passed.
        offset: Offset,
        /// The poll that returned it.
        operation: u64,
    },
    /// A final read through a node covered its offset and did not return it.
    FinalReadWithout {
        /// The node.
        node: NodeName,
        /// The read that covered the offset.
        operation: u64,
        /// The value that was there instead, if any.
        instead: Option<String>,
    },
}

/// What one node believed about a leader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Belief {
    /// The node that was asked.
    pub node: NodeName,
    /// The leader that it named.
    pub leader: Option<NodeName>,
    /// The epoch that it named.
    pub epoch: Option<i32>,
    /// When it was asked.
    pub called: Moment,
    /// When it answered.
    pub returned: Moment,
}

/// What a replica holds at an offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The node.
    pub node: NodeName,
    /// The value; none if the node skips the offset.
    pub value: Option<String>,
    /// The read that shows it.
    pub operation: u64,
}

/// By which rule a gap is judged.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum GapScope {
    /// From the begin of a fault that affects the leader.
    FailOver,
    /// From the heal of a fault that left no majority.
    AfterHeal,
    /// Within a window whose fault does not affect the leader.
    Unaffected,
    /// Outside every window.
    OutsideFaults,
}

impl GapScope {
    /// The scope's stable name.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
