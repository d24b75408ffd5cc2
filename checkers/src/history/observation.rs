//! What a probe saw of one node. A refusal or a time-out is an observation too (`answered` false): it says that the
//! node did not answer, and nothing about leaders.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::groups::Coordinated;
use super::ids::{Moment, Offset, Text};
use super::replicas::{ReplicaClaim, TopicIdentity};

/// One question to one node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// When it was asked.
    pub called: Moment,
    /// Which node was asked.
    pub node: Text,
    /// Whether an answer that could be read came back in time.
    #[serde(default)]
    pub answered: bool,
    /// Why not, or what the node refused with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Text>,
    /// What was asked and seen.
    #[serde(flatten)]
    pub seen: Seen,
}

/// What was asked, and what was seen if it was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "probe", rename_all = "lowercase")]
pub enum Seen {
    /// The node's own Metadata answer: its *belief*; where a row names the node itself, its *claim*.
    Metadata {
        /// Ids of the brokers listed.
        #[serde(default)]
        brokers: Vec<i32>,
        /// One row per partition.
        #[serde(default)]
        partitions: Vec<PartitionClaim>,
    },
    /// What the same answer says of where partitions are; once a second, and when it has changed.
    Replicas {
        /// The cluster's id; empty if none was stated.
        #[serde(default)]
        cluster: Text,
        /// The ids of topics.
        #[serde(default)]
        topics: Vec<TopicIdentity>,
        /// One row per partition.
        #[serde(default)]
        partitions: Vec<ReplicaClaim>,
    },
    /// The node's DescribeQuorum answer. May have been forwarded by the node, so it shows the quorum, never the
    /// asked node's belief.
    Quorum {
        /// Leader id; -1 states none.
        #[serde(default = "none_stated")]
        leader: i32,
        /// The quorum's epoch (its Raft term); -1 states none.
        #[serde(default = "none_stated")]
        epoch: i32,
        /// Ids of the voters.
        #[serde(default)]
        voters: Vec<i32>,
    },
    /// What the node says of the quorum at its own controller's listener, which answers from its own state: once a second,
    /// and when it has changed.
    Controller {
        /// Leader id: its own if it leads, and -1 if it says that it does not.
        #[serde(default = "none_stated")]
        leader: i32,
        /// The epoch in which it leads; -1 states none.
        #[serde(default = "none_stated")]
        epoch: i32,
    },
    /// The finalized features that the node states (ApiVersions, KIP-584): every few seconds, and when they have changed.
    Features {
        /// Their levels by their names; a feature that is absent has level 0.
        #[serde(default)]
        finalized: BTreeMap<String, i16>,
    },
    /// The produce probe sent a record at `called`, and it was acknowledged at the line's time if `answered`.
    /// `node` is empty: a client chooses its leader itself.
    Produce {
        /// Number of the record in the probe's own order.
        #[serde(default)]
        sequence: u64,
        /// How long before the acknowledgement the leader appended it, by the leader's wall clock (Kafka's LogAppendTime)
        /// and the harness's, in ms; negative if that is after it. None if the topic has no such times.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        appended_ago_ms: Option<i64>,
    },
    /// Records of the produce probe, as they were first served by this node.
    Delivery {
        /// Their numbers in the probe's own order.
        #[serde(default)]
        sequences: Vec<u64>,
    },
    /// Records were compared as a whole, from timestamp to headers, with what was sent. `node` is empty, because most
    /// were read by a consumer.
    Content {
        /// How many.
        #[serde(default)]
        compared: u64,
        /// Those that differ.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        altered: Vec<Altered>,
    },
    /// Figures of the node's process.
    Process {
        /// Resident memory in bytes.
        #[serde(default)]
        resident_bytes: u64,
        /// Processor time used so far, in ms.
        #[serde(default)]
        cpu_ms: u64,
        /// Open file descriptors.
        #[serde(default)]
        descriptors: u64,
    },
    /// The node that the asked one names as coordinator (FindCoordinator).
    Coordinator {
        /// Which of the two `key` is.
        #[serde(default)]
        of: Coordinated,
        /// The group, or the transactional id.
        #[serde(default)]
        key: Text,
        /// The node that was named; none if none was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coordinator: Option<Text>,
    },
    /// A group as the asked node describes it (DescribeGroups).
    Group {
        /// The group.
        #[serde(default)]
        group: Text,
        /// `Empty`, `PreparingRebalance`, `CompletingRebalance`, `Stable` or `Dead`.
        #[serde(default)]
        state: Text,
        /// The ids of its members.
        #[serde(default)]
        members: Vec<Text>,
    },
    /// Transactions as the asked node lists or describes them (ListTransactions, DescribeTransactions).
    Transactions {
        /// One for each transactional id.
        #[serde(default)]
        transactions: Vec<ListedTransaction>,
    },
    /// Producers of a partition as the asked node describes them (DescribeProducers).
    Producers {
        /// Topic name.
        #[serde(default)]
        topic: Text,
        /// Partition index.
        #[serde(default)]
        partition: i32,
        /// One for each producer id.
        #[serde(default)]
        producers: Vec<ListedProducer>,
    },
    /// A probe that this version does not know.
    #[serde(other)]
    Unknown,
}

/// Which probe made an observation, without what it saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probe {
    /// [`Seen::Metadata`].
    Metadata,
    /// [`Seen::Replicas`].
    Replicas,
    /// [`Seen::Quorum`].
    Quorum,
    /// [`Seen::Controller`].
    Controller,
    /// [`Seen::Features`].
    Features,
    /// [`Seen::Produce`].
    Produce,
    /// [`Seen::Delivery`].
    Delivery,
    /// [`Seen::Content`].
    Content,
    /// [`Seen::Process`].
    Process,
    /// [`Seen::Coordinator`].
    Coordinator,
    /// [`Seen::Group`].
    Group,
    /// [`Seen::Transactions`].
    Transactions,
    /// [`Seen::Producers`].
    Producers,
    /// [`Seen::Unknown`].
    Unknown,
}

impl Seen {
    /// Which probe this is of.
    pub fn probe(&self) -> Probe {
        match self {
            Seen::Metadata { .. } => Probe::Metadata,
            Seen::Replicas { .. } => Probe::Replicas,
            Seen::Quorum { .. } => Probe::Quorum,
            Seen::Controller { .. } => Probe::Controller,
            Seen::Features { .. } => Probe::Features,
            Seen::Produce { .. } => Probe::Produce,
            Seen::Delivery { .. } => Probe::Delivery,
            Seen::Content { .. } => Probe::Content,
            Seen::Process { .. } => Probe::Process,
            Seen::Coordinator { .. } => Probe::Coordinator,
            Seen::Group { .. } => Probe::Group,
            Seen::Transactions { .. } => Probe::Transactions,
            Seen::Producers { .. } => Probe::Producers,
            Seen::Unknown => Probe::Unknown,
        }
    }
}

/// A record that was read otherwise than it was sent, although its identity was recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Altered {
    /// Topic name.
    pub topic: Text,
    /// Partition index.
    pub partition: i32,
    /// Its offset.
    pub offset: Offset,
    /// Its value in the history.
    pub value: Text,
    /// What differs: `key`, `value`, `headers`, `timestamp`.
    pub fields: Vec<Text>,
}

/// A row of a Metadata answer: topic, partition, leader id, leader epoch. -1 states nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionClaim(pub Text, pub i32, pub i32, pub i32);

impl PartitionClaim {
    /// Topic name.
    pub fn topic(&self) -> &str {
        &self.0
    }
    /// Partition index.
    pub fn partition(&self) -> i32 {
        self.1
    }
    /// The leader's id, if one was stated.
    pub fn leader(&self) -> Option<i32> {
        (self.2 >= 0).then_some(self.2)
    }
    /// The leader epoch, if one was stated.
    pub fn epoch(&self) -> Option<i32> {
        (self.3 >= 0).then_some(self.3)
    }
}

/// A transaction, as a coordinator lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedTransaction {
    /// The transactional id.
    pub transactional_id: Text,
    /// The producer id; -1 states none.
    #[serde(default = "no_producer")]
    pub producer_id: i64,
    /// `Empty`, `Ongoing`, `PrepareCommit`, `PrepareAbort`, `CompleteCommit`, `CompleteAbort`, ...
    pub state: Text,
    /// For how long it has been open by the node's own clock, in ms, if the answer states when it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_ms: Option<u64>,
}

/// A producer, as a partition's leader describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedProducer {
    /// The producer id.
    pub producer_id: i64,
    /// The epoch.
    #[serde(default = "none_stated")]
    pub epoch: i32,
    /// The first offset of its open transaction; none if none is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_from: Option<Offset>,
}

fn no_producer() -> i64 {
    -1
}

fn none_stated() -> i32 {
    -1
}
