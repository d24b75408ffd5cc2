//! The first line of a history: which run it is of, and by what it is to be judged.
//!
//! Promises and limits travel with the history, so that it can be judged years later and by strangers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::features::StatedLevel;
use super::ids::NodeName;

/// The first line of `history.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Always `jepsen-history`.
    pub format: String,
    /// Format version; this crate reads 1.
    pub version: u32,
    /// The run's id.
    #[serde(default)]
    pub run: String,
    /// The scenario's name.
    #[serde(default)]
    pub scenario: String,
    /// The target's name.
    #[serde(default)]
    pub target: String,
    /// The nodes, in order of their ids 1, 2, 3.
    #[serde(default)]
    pub nodes: Vec<NodeEntry>,
    /// What the target promises under the configuration that ran.
    #[serde(default)]
    pub promises: Promises,
    /// The limits that the target is held to.
    #[serde(default)]
    pub limits: Limits,
    /// The time-outs of group members and transactions; empty if the run had none.
    #[serde(default, skip_serializing_if = "Timeouts::is_empty")]
    pub timeouts: Timeouts,
    /// How many replicas each partition of the run's topics was created with; none if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// What the target states of features after its upgrade was made final, by their names; empty if there was no upgrade.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub features: BTreeMap<String, StatedLevel>,
    /// Deliberate bugs that were switched on in the target, `NAME` or `NAME@NODE`: this history says nothing about
    /// the target without them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plants: Vec<String>,
    /// Whether the recorder closes the history with a [`Seal`](super::Seal). If it announced one and there is none,
    /// the end of the history is missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sealed: bool,
}

impl Header {
    /// The format's name.
    pub const FORMAT: &'static str = "jepsen-history";
    /// The version that this crate writes and reads.
    pub const VERSION: u32 = 1;
}

/// One node of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeEntry {
    /// Its name.
    pub name: NodeName,
    /// Its Kafka address, `host:port`.
    pub address: String,
}

/// The time-outs that members and producers asked for: the unit of the limits of groups and transactions. In ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timeouts {
    /// A member that is silent for longer is removed from its group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_ms: Option<u64>,
    /// A member that does not join again within this is removed from its group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rebalance_ms: Option<u64>,
    /// A transaction that is open for longer is aborted by its coordinator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_ms: Option<u64>,
    /// How often the coordinator looks for such transactions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan_ms: Option<u64>,
}

impl Timeouts {
    /// Whether none is stated.
    pub fn is_empty(&self) -> bool {
        *self == Timeouts::default()
    }
}

/// Whether a transaction is atomic: wholly visible or not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum AtomicTransactions {
    /// With every client.
    #[default]
    Yes,
    /// With clients that get another epoch for each transaction (KIP-890). A late request of an older client may end its
    /// next transaction (KAFKA-17754).
    #[serde(alias = "with_v2_clients")]
    WithV2Clients,
    /// With none.
    No,
}

/// What a configuration guarantees; decides which check applies and which finding is a violation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Promises {
    /// An acknowledged record (acks all) is never lost.
    pub acknowledged_is_kept: bool,
    /// NOT_LEADER_OR_FOLLOWER proves that the record was not written.
    pub not_leader_means_not_written: bool,
    /// An end offset asked after an acknowledgement includes it (`log-recency` is judged).
    pub end_offset_includes_acknowledged: bool,
    /// Producers were idempotent: no record is written twice.
    pub idempotent: bool,
    /// An old leader may go on claiming its old epoch until its fault is healed, and its limit runs from there.
    pub old_leader_claims_until_heal: bool,
    /// The target bounds its own connections, so that after a heal it comes back without TCP's back-off.
    pub bounds_its_connections: bool,
    /// A node outside the in-sync set may be elected (`unclean.leader.election.enable`).
    pub unclean_election: bool,
    /// `min.insync.replicas`, if it is known.
    pub min_in_sync_replicas: Option<u32>,
    /// Consumers subscribed, so that a rebalance moves them; otherwise they were assigned.
    pub consumers_subscribe: bool,
    /// Producers without idempotence send a record again by themselves, so that it may be written twice.
    pub producers_retry: bool,
    /// An acknowledged record is kept with whatever it was acknowledged, acks=1 and acks=0 included: more than Kafka
    /// promises, for judging a configuration by what its users may believe of it.
    pub any_acknowledgement_is_kept: bool,
    /// What DeleteRecords removed stays removed when a node starts again. Without it, a node may go back to an older log
    /// start for a while: Apache Kafka syncs log starts once a minute (`log.flush.start.offset.checkpoint.interval.ms`).
    pub log_start_is_durable: bool,
    /// A node whose sync failed ends, because nothing is known about what is on its disk. Such an end is not *unprovoked*,
    /// and a node that goes on is a finding. Without the promise it is the other way round.
    pub stops_on_failed_sync: bool,
    /// A node whose write failed, also for lack of space, ends.
    pub stops_on_failed_write: bool,
    /// A record that is acknowledged (acks all) is durable on a majority of nodes.
    pub acknowledged_is_synced: bool,
    /// Nodes read their wall clocks, so that moving these means something.
    pub reads_wall_clock: bool,
    /// Leaders stay, records are acknowledged and no process ends while wall clocks of nodes are wrong by at most this.
    /// None: nothing is stated, so a clock fault explains a change of leader, a gap and an exit.
    pub tolerates_clock_skew_ms: Option<u64>,
    /// A node may lose what is on its disk and come back with nothing, as a machine that replaces a broken one.
    pub supports_wiped_disk: bool,
    /// How many nodes may lose power at the same time, with what they had not synced, before an acknowledged record may be
    /// lost.
    pub survives_power_loss: SurvivedPowerLoss,
    /// Records that are younger than this are kept (`retention.ms`); older ones may be removed. None: none are removed
    /// for their age, so that a log start above 0 needs another explanation.
    pub retention_ms: Option<u64>,
    /// The newest records of a partition of about this many bytes are kept (`retention.bytes`); others may be removed.
    pub retention_bytes: Option<u64>,
    /// No two generations of a group have the same number, and numbers only rise, also while the coordinator changes.
    /// Apache Kafka writes a generation down when its leader has sent the assignment, so that one may be given again.
    pub generation_unique: bool,
    /// Commits and fetches of offsets are linearizable, whichever node is asked.
    pub offsets_linearizable: bool,
    /// A transaction whose commit is acknowledged is visible. Apache Kafka writes markers later.
    pub commit_visible_when_acknowledged: bool,
    /// With which clients transactions are atomic.
    pub transactions_atomic: AtomicTransactions,
}

/// Which power losses lose no acknowledged record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum SurvivedPowerLoss {
    /// None: one node that loses power may lose records.
    None,
    /// That of fewer than half of the nodes: the others have the records. Apache Kafka syncs no record by count.
    #[default]
    Minority,
    /// That of all nodes: a record is acknowledged when a majority has synced it.
    All,
}

impl Default for Promises {
    fn default() -> Self {
        Promises {
            acknowledged_is_kept: true,
            not_leader_means_not_written: false,
            end_offset_includes_acknowledged: false,
            idempotent: false,
            old_leader_claims_until_heal: false,
            bounds_its_connections: false,
            unclean_election: false,
            min_in_sync_replicas: None,
            consumers_subscribe: false,
            producers_retry: false,
            any_acknowledgement_is_kept: false,
            log_start_is_durable: false,
            stops_on_failed_sync: false,
            stops_on_failed_write: false,
            acknowledged_is_synced: false,
            reads_wall_clock: true,
            tolerates_clock_skew_ms: None,
            supports_wiped_disk: false,
            survives_power_loss: SurvivedPowerLoss::Minority,
            retention_ms: None,
            retention_bytes: None,
            generation_unique: false,
            offsets_linearizable: false,
            commit_visible_when_acknowledged: false,
            transactions_atomic: AtomicTransactions::Yes,
        }
    }
}

/// What a target is held to. Times are in milliseconds; a time that is absent in a file takes the value for the
/// reference broker, a bound on resources that is absent is not judged: how much memory is too much depends on what
/// is tested (a JVM grows to its heap's size and is healthy).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// From the last node's start until all nodes answer and agree on a leader.
    pub formation_ms: u64,
    /// The highest term that formation may end with.
    pub formation_term_max: u64,
    /// The target's longest election time-out (or session time-out): the scale of starvation and detection.
    pub election_timeout_ms: u64,
    /// From a leader-affecting fault's begin to the first acknowledged record sent after it.
    pub fail_over_ms: u64,
    /// Longest gap in acknowledgements outside every fault window.
    pub gap_outside_faults_ms: u64,
    /// Longest gap in acknowledgements inside a window whose fault does not affect the leader.
    pub gap_unaffected_ms: u64,
    /// How long an old leader may go on claiming its epoch (see design: from the later of the new leader's
    /// claim and its own resume, or from the heal).
    pub old_leader_claims_ms: u64,
    /// How long nodes may disagree about the leader when nothing is faulty.
    pub disagreement_ms: u64,
    /// A node that is not paused, cut, killed or starved answers within this.
    pub response_ms: u64,
    /// From the last heal until every partition has a leader that all nodes agree on.
    pub recovery_ms: u64,
    /// From a heal until every replica of every partition is in sync again.
    pub in_sync_ms: u64,
    /// Most terms that one leader-affecting fault may burn.
    pub terms_per_fault_max: u64,
    /// How long after its acknowledgement a change of topics may be unseen on a node without a fault.
    pub metadata_ms: u64,
    /// How far the resident memory of a node's process may grow above its lowest value since its start, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resident_growth_bytes: Option<u64>,
    /// How far the number of open descriptors of a node's process may grow in the same way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descriptor_growth: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            formation_ms: 5_000,
            formation_term_max: 2,
            election_timeout_ms: 600,
            fail_over_ms: 3_000,
            gap_outside_faults_ms: 1_000,
            gap_unaffected_ms: 1_000,
            old_leader_claims_ms: 2_000,
            disagreement_ms: 2_000,
            response_ms: 1_500,
            recovery_ms: 10_000,
            in_sync_ms: 5_000,
            terms_per_fault_max: 3,
            metadata_ms: 2_000,
            resident_growth_bytes: None,
            descriptor_growth: None,
        }
    }
}
