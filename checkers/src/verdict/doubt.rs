//! Doubts: typed reasons for which a check says *undecided* or *not applicable*.
//!
//! A check that could not see anything is undecided, never valid.

use serde::{Deserialize, Serialize};

use super::lacking::Lacking;
use crate::history::Moment;

/// Why a check could not say more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(tag = "why", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[non_exhaustive]
pub enum Doubt {
    /// Undecided: something looks wrong, but the machine was starved of processor or disk at that time.
    Starved {
        /// Name of the finding that would have been reported.
        finding: String,
        /// Who ran late: `harness`, or a node.
        who: String,
        /// The thread of the node that waited, if it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thread: Option<String>,
        /// Until when it waited: the time of the lateness, and not of the finding.
        at: Moment,
        /// By how much at most, in ms.
        by_ms: u64,
        /// What counts as late: half the election time-out.
        limit_ms: u64,
    },
    /// Undecided: too few acknowledged records in a partition to have seen anything.
    FewAcknowledged {
        /// Topic name.
        topic: String,
        /// Partition index.
        partition: i32,
        /// How many there were.
        acknowledged: u64,
        /// How many are needed.
        needed: u64,
    },
    /// Undecided: the run has faults, but too few that affected the leader took effect.
    FewLeaderFaults {
        /// How many took effect.
        took_effect: u64,
        /// How many are needed.
        needed: u64,
    },
    /// Undecided: a fault began, and no effect of it was seen.
    FaultHadNoEffect {
        /// The window's id.
        fault: String,
        /// The fault's name in the catalogue.
        name: String,
    },
    /// Undecided: a client's process ended by itself, so what it should have seen was not seen.
    ClientEnded {
        /// Its name.
        client: String,
        /// How it ended: `signal 11`.
        status: String,
        /// When that was noticed.
        at: Moment,
    },
    /// Undecided: the history has no `done` line.
    CutShort,
    /// Undecided: the user interrupted the run.
    Interrupted,
    /// Undecided: the disk was full from this time on, so the nodes could not write.
    DiskFull {
        /// The last time at which there was enough space.
        since: Moment,
    },
    /// Undecided: the history contains nothing that the check could judge.
    NothingSeen {
        /// What is missing, in the plural, e.g. `final reads`.
        what: String,
    },
    /// Undecided: the nodes did not agree on leaders before the history ended, and there was time left to do so.
    NotAgreed {
        /// For how long they had been given.
        waited_ms: u64,
        /// What was missing at the end, by node.
        lacking: Vec<Lacking>,
    },
    /// Undecided: once, no other leader took over under a fault. A second time, or a longer fault, would prove it.
    FailOverOnce {
        /// The fault's window.
        fault: String,
        /// For how long it lasted.
        length_ms: u64,
        /// How long one must last to prove it alone.
        needed_ms: u64,
    },
    /// Undecided: a node could not be read to its end, so absence of a record on it proves nothing.
    ReadIncomplete {
        /// The node.
        node: String,
        /// Topic name.
        topic: String,
        /// Partition index.
        partition: i32,
    },
    /// Undecided: the check itself failed.
    CheckFailed {
        /// What it failed with.
        message: String,
    },
    /// Undecided: the history itself is not well-formed.
    BadHistory {
        /// How many problems there are.
        problems: u64,
    },
    /// Undecided: the history, or a file that it is judged by, is not as it was recorded.
    Damaged {
        /// Which file, and what is wrong with it.
        problem: String,
    },
    /// Not applicable: the target does not promise this under the configuration that ran.
    NotPromised {
        /// The promise, by its name in the header.
        promise: String,
    },
    /// Not applicable: the run has none of what the check is about.
    NotInRun {
        /// What, in the plural, e.g. `faults`.
        what: String,
    },
}

impl Doubt {
    /// The doubt's stable name, as in JSON's field `why`.
    pub fn name(&self) -> &'static str {
        self.into()
    }
}
