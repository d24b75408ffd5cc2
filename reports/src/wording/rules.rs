//! What each kind of finding contradicts: a title, one sentence of definition, and whose word it is.

use checkers::verdict::Finding;

/// The rule that a finding contradicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The kind in plain words.
    pub(crate) title: &'static str,
    /// What is promised, in one sentence.
    pub(crate) promise: &'static str,
    /// Where that promise comes from.
    pub(crate) authority: &'static str,
}

const LOG: &str = "linearizability of an append-only log (Herlihy and Wing 1990)";
const KAFKA: &str = "Kafka's log: an offset names one record, and order within a partition holds";
const ACKS: &str = "the acknowledgement of a Produce request with acks=all";
const JEPSEN: &str = "Jepsen's Kafka workload";
const RAFT: &str = "Raft, election safety (Ongaro and Ousterhout 2014, figure 3)";
const EPOCH: &str = "Raft terms and Kafka leader epochs only grow";
const LIMIT: &str = "a limit of the target's configuration, stated in the report";
const SERVED: &str = "a limit of the target's configuration; a starved machine is excluded";

/// The rule that this finding contradicts.
pub(crate) fn rule(finding: &Finding) -> Rule {
    let (title, promise, authority) = match finding {
        Finding::OrderReversed { .. } => (
            "Order reversed",
            "A record that is sent after another was acknowledged stands behind it.",
            LOG,
        ),
        Finding::ReadBeforeSend { .. } => (
            "Read before sent",
            "A record is read only after its send began.",
            LOG,
        ),
        Finding::ReadAhead { .. } => (
            "Log grew in its middle",
            "Records are appended at the end of the log only.",
            LOG,
        ),
        Finding::EndOffsetAhead { .. } => (
            "End offset ahead",
            "The end of a log counts only records whose send has begun.",
            LOG,
        ),
        Finding::EndOffsetBeyond { .. } => (
            "End offset beyond",
            "The end of a log counts only records that can exist.",
            LOG,
        ),
        Finding::EndOffsetBehind { .. } => (
            "Stale end offset",
            "An end offset that is asked after an acknowledgement includes the record.",
            "a promise of this target, stated in its file; linearizability of a log",
        ),
        Finding::NotLinearizable { .. } => (
            "Not linearizable",
            "A partition's last record is a register: every read returns what was written last, in one \
             order that respects real time.",
            "linearizability (Herlihy and Wing 1990); Jepsen",
        ),
        Finding::NonmonotonicSend { .. } => (
            "Producer order reversed",
            "A producer's later record stands behind its earlier.",
            KAFKA,
        ),
        Finding::PollSkip { .. } => (
            "Consumer skipped records",
            "A consumer is given every record of its partition.",
            JEPSEN,
        ),
        Finding::NonmonotonicPoll { .. } => (
            "Consumer went back",
            "A consumer is given a partition's records in order.",
            JEPSEN,
        ),
        other => return content(other),
    };
    Rule {
        title,
        promise,
        authority,
    }
}

fn content(finding: &Finding) -> Rule {
    let (title, promise, authority) = match finding {
        Finding::LostWrite { .. } => ("Lost write", "An acknowledged record is never lost.", ACKS),
        Finding::Duplicate { .. } => (
            "Duplicate",
            "An idempotent producer's record is written once.",
            "KIP-98; Jepsen",
        ),
        Finding::InconsistentOffset { .. } => (
            "Inconsistent offset",
            "An offset names one record, for every reader.",
            KAFKA,
        ),
        Finding::PhantomValue { .. } => ("Phantom value", "Only what was sent can be read.", KAFKA),
        Finding::FailedWriteSeen { .. } => (
            "Refused write visible",
            "A record that was definitely refused is never read (G1a, aborted read).",
            JEPSEN,
        ),
        Finding::AcknowledgedWithoutOffset { .. } => (
            "Acknowledged without offset",
            "An acknowledgement says at which offset the record stands.",
            "Kafka protocol, Produce response: base_offset",
        ),
        Finding::OutcomesMissing { .. } => (
            "Outcomes missing",
            "Every record of an append gets an outcome.",
            "the history's own format",
        ),
        Finding::ReplicasDiffer { .. } => (
            "Replicas differ",
            "All nodes hold the same record at the same offset.",
            "Raft, log matching and state machine safety (figure 3)",
        ),
        Finding::ReplicaMisses { .. } => (
            "Replica misses a record",
            "A replica holds every acknowledged record it passed.",
            ACKS,
        ),
        Finding::ReplicaBehind { .. } => (
            "Replica left behind",
            "After the last heal every replica catches up.",
            LIMIT,
        ),
        Finding::NeverServed { .. } => (
            "Acknowledged, never read",
            "An acknowledged record can be read.",
            JEPSEN,
        ),
        Finding::ServedBySome { .. } => (
            "Served by some nodes only",
            "In the end every node serves every acknowledged record.",
            "Raft, log matching (figure 3)",
        ),
        Finding::TopicDiffers { .. } => (
            "Topic not as acknowledged",
            "An acknowledged change of a topic is seen on every node, in time.",
            "KIP-4; a limit of the target's configuration, stated in the report",
        ),
        Finding::TopicChangeImpossible { .. } => (
            "Impossible change acknowledged",
            "Only a change that the topic's state permits is acknowledged.",
            "Kafka protocol: TOPIC_ALREADY_EXISTS, UNKNOWN_TOPIC_OR_PARTITION, INVALID_PARTITIONS",
        ),
        other => return leadership(other),
    };
    Rule {
        title,
        promise,
        authority,
    }
}

fn leadership(finding: &Finding) -> Rule {
    let (title, promise, authority) = match finding {
        Finding::TwoLeaders { .. } => (
            "Two leaders in one epoch",
            "At most one node leads in an epoch.",
            RAFT,
        ),
        Finding::EpochWentBack { .. } => (
            "Epoch went back",
            "A node never answers a lower epoch than before.",
            EPOCH,
        ),
        Finding::UnexplainedElection { .. } => (
            "Unexplained election",
            "Leadership is stable while nothing is faulty.",
            LIMIT,
        ),
        Finding::TermsBurned { .. } => (
            "Terms burned",
            "One fault costs a few elections at most.",
            LIMIT,
        ),
        Finding::Leaderless { .. } => {
            ("No leader", "A majority that can talk has a leader.", LIMIT)
        }
        Finding::Disagreement { .. } => (
            "Nodes disagree",
            "Nodes that can talk agree on the leader.",
            LIMIT,
        ),
        Finding::StaleLeader { .. } => (
            "Stale leader",
            "A deposed leader stops claiming to lead.",
            LIMIT,
        ),
        Finding::Flapping { .. } => (
            "Flapping",
            "Leadership does not go to and fro without a fault.",
            LIMIT,
        ),
        Finding::SlowFormation { .. } | Finding::NeverFormed { .. } => (
            "Formation",
            "After start the nodes agree on a leader in time.",
            LIMIT,
        ),
        Finding::FormationTerm { .. } => (
            "Election storm at start",
            "Formation needs one or two elections.",
            LIMIT,
        ),
        Finding::SlowRecovery { .. } | Finding::NeverRecovered { .. } => (
            "Recovery",
            "After the last heal the cluster recovers in time.",
            LIMIT,
        ),
        other => return liveness(other),
    };
    Rule {
        title,
        promise,
        authority,
    }
}

fn liveness(finding: &Finding) -> Rule {
    let (title, promise, authority) = match finding {
        Finding::NodeSilent { .. } => (
            "Node silent",
            "A node without a fault answers in time.",
            SERVED,
        ),
        Finding::UnprovokedExit { .. } => (
            "Process ended",
            "A node's process ends only when told to.",
            SERVED,
        ),
        Finding::ResourceGrowth { .. } => (
            "Resource grows",
            "What a node holds stays bounded, whatever its peers do.",
            LIMIT,
        ),
        Finding::Gap { .. } => (
            "Availability gap",
            "Writes go on, or go on again in time.",
            SERVED,
        ),
        Finding::NotServed { .. } => (
            "Not served",
            "After the last heal everything works again.",
            SERVED,
        ),
        _ => (
            "Anomaly",
            "The history holds together.",
            "the history itself",
        ),
    };
    Rule {
        title,
        promise,
        authority,
    }
}
