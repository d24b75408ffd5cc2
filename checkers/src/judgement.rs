//! A judgement: every check's verdict on one history, with the tables that a report draws from.

use serde::{Deserialize, Serialize};

use crate::history::{Moment, NodeName, Unknown};
use crate::promises::Configuration;
use crate::verdict::{Doubt, GapScope, Validity, Verdict};

/// What all checks say of one history.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Judgement {
    /// One verdict for each check, in the order of the table in [`crate::checks`].
    pub verdicts: Vec<Verdict>,
    /// Every change of leader or epoch, in order of time.
    pub elections: Vec<Election>,
    /// The gaps in acknowledgements that are compared with a limit, in order of time.
    pub gaps: Vec<Gap>,
    /// Fault windows, in order of time.
    pub windows: Vec<WindowRow>,
    /// What each node believed, over time.
    pub lanes: Vec<NodeLane>,
    /// What ran, from which follows what counts as a violation; none in a judgement that is stored without it.
    pub configuration: Option<Configuration>,
    /// What the history contains that this version does not understand, and that no check has judged.
    #[serde(skip_serializing_if = "Unknown::is_empty")]
    pub unknown: Unknown,
}

impl Judgement {
    /// The word for all verdicts together.
    pub fn validity(&self) -> Validity {
        Validity::of_all(self.verdicts.iter().map(|verdict| verdict.validity))
    }

    /// Adds a reason for doubt to every verdict: what is valid becomes undecided, and what is invalid stays invalid.
    pub fn doubt(&mut self, doubt: &Doubt) {
        for verdict in &mut self.verdicts {
            if matches!(verdict.validity, Validity::Valid | Validity::Undecided) {
                verdict.doubt(doubt.clone());
            }
        }
    }

    /// The verdict of a check, by its name.
    pub fn verdict(&self, check: &str) -> Option<&Verdict> {
        self.verdicts.iter().find(|verdict| verdict.check == check)
    }
}

/// What a leader leads: the quorum (Raft's term) or one partition (Kafka's leader epoch). Separate, because a
/// partition's epoch need not be the quorum's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "lowercase")]
pub enum Seat {
    /// The quorum, as reported by DescribeQuorum.
    Quorum,
    /// A partition, as reported by Metadata.
    Partition {
        /// Topic name.
        topic: String,
        /// Partition index.
        partition: i32,
    },
}

/// A change of leader or epoch, as it became visible from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Election {
    /// Of what. Partitions that change together have one row, with the first of them here.
    pub seat: Seat,
    /// How many partitions changed to the same leader and epoch within one row.
    pub seats: u64,
    /// When the new leader, or the new epoch, was first seen.
    pub at: Moment,
    /// The old leader; none if there was none yet.
    pub old_leader: Option<NodeName>,
    /// Its epoch.
    pub old_epoch: Option<i32>,
    /// The new leader.
    pub new_leader: Option<NodeName>,
    /// Its epoch.
    pub new_epoch: Option<i32>,
    /// From the last sight of the old leader to the first of the new one, in ms.
    pub leaderless_ms: u64,
    /// What explains it.
    pub explained: Explanation,
}

/// What explains an election.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Explanation {
    /// The cluster was forming, or the topic was new.
    Formation,
    /// A fault that affects the leader.
    Fault {
        /// Its window's id.
        id: String,
    },
    /// A node's process started or ended.
    Restart {
        /// The node.
        node: NodeName,
    },
    /// Nothing known, but the machine was starved at that time.
    Starved {
        /// Who ran late.
        who: String,
        /// The thread of the node that waited, if it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thread: Option<String>,
        /// Until when it waited.
        #[serde(default)]
        at: Moment,
        /// By how much at most, in ms.
        by_ms: u64,
    },
    /// Nothing.
    Unexplained,
}

/// A stretch without acknowledgements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// From when.
    pub from: Moment,
    /// Until when.
    pub to: Moment,
    /// How long, in ms.
    pub length_ms: u64,
    /// By which rule it is judged.
    pub scope: GapScope,
    /// How long it may be, in ms.
    pub limit_ms: u64,
    /// The fault window that it belongs to, if any.
    pub fault: Option<String>,
    /// How many appends of workers ended `fail` or `info` within it.
    pub failing: u64,
    /// The word for this gap: undecided where the machine was starved.
    pub validity: Validity,
}

/// A fault window, for tables and bands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowRow {
    /// The window's id.
    pub id: String,
    /// The fault's name in the catalogue.
    pub name: String,
    /// The nodes it was aimed at.
    pub targets: Vec<NodeName>,
    /// The role by which they were chosen.
    pub role: String,
    /// When its begin was called.
    pub called: Moment,
    /// When it had taken effect; none if it never did.
    pub begun: Option<Moment>,
    /// When it was healed; none if the history ends before.
    pub healed: Option<Moment>,
    /// Whether it affected the leader.
    pub affects_leader: bool,
    /// What it did; none where it took no effect or no produce probe ran.
    #[serde(default)]
    pub effect: Option<Effect>,
}

/// What a fault window did, from its begin until shortly after its heal. Figures to compare, held to no limit here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The longest stretch without an acknowledgement of the produce probe, in ms. It is at least the time from the
    /// fault's begin to the first acknowledgement of a record sent after it.
    pub longest_gap_ms: u64,
    /// Changes from one leader to another.
    pub leader_changes: u64,
    /// Leader epochs used (Raft: terms that elected a leader).
    pub epochs: u64,
}

/// What one node believed, over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeLane {
    /// The node.
    pub node: NodeName,
    /// Stretches in which it named itself leader.
    pub leading: Vec<LeadSpan>,
    /// Stretches in which it did not answer.
    pub silent: Vec<Span>,
    /// Stretches in which its process did not run, or was paused by a fault.
    pub down: Vec<Span>,
}

/// A stretch in which a node named itself leader of a seat in one epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadSpan {
    /// First answer that said so.
    pub from: Moment,
    /// When the last such answer was asked for, so that the node surely still claimed it.
    pub to: Moment,
    /// The epoch.
    pub epoch: Option<i32>,
    /// How many partitions it led at most.
    pub seats: u64,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// From when.
    pub from: Moment,
    /// Until when.
    pub to: Moment,
}
