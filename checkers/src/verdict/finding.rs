//! Findings: what an anomaly is, with its particulars. Topic, partition, operations and time are in the evidence.
//!
//! Names are stable: results.json, baselines and the command line use them.

use serde::{Deserialize, Serialize};

use super::lacking::{Lacking, Stood};
use super::member::{Fenced, Marked, Placed, TransactionNamed};
use super::rule::Rule;
use super::witness::{Belief, GapScope, Held, LossProof, RegisterUse, Sent, Sighting};
use crate::history::{DiskFault, Moment, NodeName, Offset, WorkerId};

/// What an anomaly is.
#[derive(
    Clone, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames,
)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[non_exhaustive]
pub enum Finding {
    // ------------------------------------------------------------------ log-order, log-recency
    /// One record was acknowledged before another was sent, and yet got the higher offset.
    OrderReversed {
        /// Acknowledged first, at the higher offset.
        first: Sent,
        /// Sent afterwards, at the lower offset.
        second: Sent,
    },
    /// A record was read before its send began.
    ReadBeforeSend {
        /// The record.
        sent: Sent,
        /// The poll or read that returned it.
        read: u64,
        /// When that read returned.
        read_returned: Moment,
    },
    /// A record was read before the send of a record at a lower offset began.
    ReadAhead {
        /// The record at the lower offset.
        sent: Sent,
        /// The poll or read.
        read: u64,
        /// The offset that it had read.
        read_offset: Offset,
        /// When that read returned.
        read_returned: Moment,
    },
    /// An end offset counts a record whose send had not begun when the answer came.
    EndOffsetAhead {
        /// The record below that end offset.
        sent: Sent,
        /// The end-offset operation.
        asked: u64,
        /// Its answer.
        end_offset: Offset,
        /// When it came.
        returned: Moment,
    },
    /// An end offset is lower than the same node's earlier one of the same epoch. A high watermark only grows.
    EndOffsetWentBack {
        /// The end-offset operation.
        asked: u64,
        /// Its answer.
        end_offset: Offset,
        /// The node.
        node: NodeName,
        /// The leader epoch of both answers.
        epoch: i32,
        /// The earlier answer.
        before: Offset,
        /// The operation that it came from.
        before_by: u64,
    },
    /// An end offset is at or above what can exist: it counts more records than were sent to the partition by then.
    EndOffsetBeyond {
        /// The end-offset operation.
        asked: u64,
        /// Its answer.
        end_offset: Offset,
        /// The highest end offset that can have existed.
        possible: Offset,
    },
    /// An end offset asked after a record was known to exist does not include it.
    EndOffsetBehind {
        /// The end-offset operation.
        asked: u64,
        /// Its answer.
        end_offset: Offset,
        /// The node that answered, if known.
        node: Option<NodeName>,
        /// When it was asked.
        called: Moment,
        /// The offset that was known.
        known_offset: Offset,
        /// The append, read or end offset that showed it.
        known_by: u64,
        /// When that returned.
        known_at: Moment,
    },
    /// A partition's last record, written and read as a register, has no order that explains every answer.
    NotLinearizable {
        /// The operation that cannot be placed, wherever the others are.
        unplaced: RegisterUse,
        /// The others that prove it: these few have no order by themselves.
        proof: Vec<RegisterUse>,
        /// The rule that they break.
        rule: Rule,
        /// Whether the search found no order either; false where it ran out of its budget.
        searched: bool,
    },
    // ------------------------------------------------------------------ content of a partition
    /// An acknowledged record is gone.
    LostWrite {
        /// Its value.
        value: String,
        /// The offset at which it was acknowledged, if one was stated.
        offset: Option<Offset>,
        /// The append's invoke.
        operation: u64,
        /// Whether it was acknowledged, or only proven by a reader to have been written.
        acknowledged: bool,
        /// How it is known.
        proof: LossProof,
    },
    /// One value is at several offsets.
    Duplicate {
        /// The value.
        value: String,
        /// Its offsets with who says so.
        copies: Vec<Sighting>,
    },
    /// One offset has several values.
    InconsistentOffset {
        /// The offset.
        offset: Offset,
        /// Its values with who says so.
        copies: Vec<Sighting>,
    },
    /// A value was read that nobody sent.
    PhantomValue {
        /// Where and by whom it was read.
        read: Sighting,
    },
    /// A record was read with other contents than it was sent with.
    AlteredRecord {
        /// The value that names it in the history.
        value: String,
        /// Its offset.
        offset: Offset,
        /// What differs: `key`, `value`, `headers`, `timestamp`.
        fields: Vec<String>,
    },
    /// ListOffsets named another record than the first one at or after a time, or one that has not the greatest
    /// timestamp.
    OffsetForTimeWrong {
        /// The question's invoke.
        asked: u64,
        /// The time in ms; -3 for the greatest timestamp.
        time: i64,
        /// The offset in the answer; none if it names no record.
        offset: Option<Offset>,
        /// The timestamp in the answer.
        timestamp: Option<i64>,
        /// The record that shows it.
        record: Option<Sent>,
        /// That record's timestamp.
        record_timestamp: Option<i64>,
    },
    /// A value was read whose append had failed (Jepsen's `G1a`, aborted read).
    FailedWriteSeen {
        /// Where and by whom it was read.
        read: Sighting,
        /// The append's invoke.
        append: u64,
        /// The error that it failed with.
        error: Option<String>,
    },
    /// A consumer jumped over records.
    PollSkip {
        /// The consumer.
        worker: WorkerId,
        /// The offset it stood at or had read last.
        after: Offset,
        /// The offset that it read next.
        next: Offset,
        /// How many known records lie between.
        skipped_count: u64,
        /// The first of them.
        skipped: Vec<Sighting>,
        /// Whether both offsets are of one poll.
        internal: bool,
    },
    /// A consumer went back.
    NonmonotonicPoll {
        /// The consumer.
        worker: WorkerId,
        /// The offset it had read last.
        after: Offset,
        /// The offset that it read next.
        next: Offset,
        /// Whether both offsets are of one poll.
        internal: bool,
    },
    /// A producer's later record got the lower offset.
    NonmonotonicSend {
        /// The producer.
        worker: WorkerId,
        /// The earlier record.
        earlier: Sent,
        /// The later record.
        later: Sent,
        /// Whether both are of one append.
        internal: bool,
    },
    /// A record was acknowledged, and its offset is missing or -1.
    AcknowledgedWithoutOffset {
        /// The value.
        value: String,
        /// What was stated.
        offset: Option<Offset>,
    },
    /// An append was refused with a reason that its record cannot have given.
    RefusalUntrue {
        /// The record.
        value: String,
        /// The error code.
        error: String,
    },
    /// A completion has not one entry for each value of its append.
    OutcomesMissing {
        /// How many values were sent.
        sent: u64,
        /// How many outcomes came back.
        reported: u64,
    },
    /// Nodes hold different records at one offset.
    ReplicasDiffer {
        /// The offset.
        offset: Offset,
        /// What each node holds.
        held: Vec<Held>,
    },
    /// A node that has caught up does not hold an acknowledged record.
    ReplicaMisses {
        /// The node.
        node: NodeName,
        /// The value.
        value: String,
        /// The offset at which it was acknowledged.
        offset: Offset,
        /// How far the node was read.
        read_to: Offset,
    },
    /// A node ends before acknowledged records that others hold, after all the time it had to catch up.
    ReplicaBehind {
        /// The node.
        node: NodeName,
        /// How far the node was read.
        read_to: Offset,
        /// How far the farthest node was read.
        farthest: Offset,
        /// How many acknowledged records it lacks.
        missing: u64,
    },
    /// An acknowledged record was never returned by any poll or read.
    NeverServed {
        /// The value.
        value: String,
        /// The offset at which it was acknowledged, if one was stated.
        offset: Option<Offset>,
    },
    /// An acknowledged record was returned in the end by some nodes only.
    ServedBySome {
        /// The value.
        value: String,
        /// The offset.
        offset: Option<Offset>,
        /// Nodes that serve it.
        with: Vec<NodeName>,
        /// Nodes that do not.
        without: Vec<NodeName>,
    },
    // ------------------------------------------------------------------ read-contradiction
    /// A raw read returned records out of the log's order, one of them twice, or one before what was asked for.
    ReadOutOfOrder {
        /// The node.
        node: NodeName,
        /// The offset of the record before it, or the last one that was not asked for.
        after: Offset,
        /// The offset of the record.
        next: Offset,
    },
    /// A raw read returned a record that the high watermark of the same answer does not cover.
    ServedBeyondWatermark {
        /// The node.
        node: NodeName,
        /// The record's offset.
        offset: Offset,
        /// The high watermark.
        high_watermark: Offset,
    },
    // ------------------------------------------------------------------ probe-delivery
    /// A node served a record of the produce probe that was sent after another was acknowledged, and not that one before.
    ProbePassedOver {
        /// The node.
        node: NodeName,
        /// The number of the record that it passed over.
        sequence: u64,
        /// When that was acknowledged.
        acknowledged_at: Moment,
        /// The number of the later record that it served.
        later: u64,
    },
    /// A node served a record of the produce probe before it was sent.
    ProbeServedEarly {
        /// The node.
        node: NodeName,
        /// The record's number.
        sequence: u64,
        /// When it was sent, at the earliest.
        sent_at: Moment,
        /// When it was served.
        served_at: Moment,
    },
    // ------------------------------------------------------------------ timestamps
    /// A leader gave a record a time at which it cannot have appended it, by a clock that is wrong as it was set.
    AppendTimeWrong {
        /// How long before its acknowledgement, by that time, in ms; negative if after it.
        ago_ms: i64,
        /// The least and the most that it can be, with the clocks as they were set.
        least_ms: i64,
        /// See `least_ms`.
        most_ms: i64,
        /// How many such records there were in a row.
        records: u64,
    },
    // ------------------------------------------------------------------ topics, cluster-shape
    /// A node shows brokers, voters or partitions that are not those of the run.
    ShapeDiffers {
        /// The node.
        node: NodeName,
        /// Of what: `brokers`, `leaders`, `voters`, `partitions of t`.
        what: String,
        /// What it showed.
        seen: Vec<i32>,
        /// What there is.
        exist: Vec<i32>,
        /// For how long it left something out; none if it showed something that does not exist.
        length_ms: Option<u64>,
        /// For how long it may.
        limit_ms: Option<u64>,
    },
    /// A node states another id of something than was stated before.
    IdentityDiffers {
        /// The node.
        node: NodeName,
        /// Of what: `cluster`, `topic t`.
        what: String,
        /// The id that it states.
        id: String,
        /// The id that was stated first.
        before: String,
        /// By which node.
        before_by: NodeName,
    },
    // ------------------------------------------------------------------ finalized-features
    /// Nodes state different levels of a feature.
    FeatureDiffers {
        /// The feature.
        feature: String,
        /// What each node states; 0 if it does not name the feature.
        levels: Vec<(NodeName, i16)>,
        /// For how long they have differed.
        length_ms: u64,
        /// For how long they may.
        limit_ms: u64,
    },
    /// All nodes state another level than before, and no upgrade was made final.
    FeatureChanged {
        /// The feature.
        feature: String,
        /// Its level before.
        before: i16,
        /// Its level afterwards.
        after: i16,
    },
    /// After an upgrade was made final, a feature is not what the target states.
    FeatureNotAsStated {
        /// The feature.
        feature: String,
        /// Its level before the upgrade was made final.
        before: i16,
        /// Its level afterwards.
        after: i16,
        /// The level that the target states.
        stated: i16,
        /// Whether the target states that the level is kept.
        kept: bool,
    },
    // ------------------------------------------------------------------ replicas-in-sync
    /// Too few replicas of a partition are in sync by a node's answers, or one that is none.
    ReplicasOutOfSync {
        /// The node that says so.
        node: NodeName,
        /// How many replicas there must be.
        replicas: u64,
        /// Those that it calls in sync.
        in_sync: Vec<i32>,
        /// The one of them that is not a replica, if there is one.
        stranger: Option<i32>,
        /// For how long it has said so; none with a stranger.
        length_ms: Option<u64>,
        /// For how long it may.
        limit_ms: Option<u64>,
    },
    /// An append with acks=all was acknowledged while the nodes said that fewer replicas are in sync than
    /// `min.insync.replicas`.
    AcknowledgedBelowMinimum {
        /// The record.
        value: String,
        /// How many were in sync.
        in_sync: u64,
        /// How many must be.
        minimum: u64,
    },
    /// A node describes a topic otherwise than every order of the acknowledged changes allows.
    TopicDiffers {
        /// The node.
        node: NodeName,
        /// How many partitions it reported; none if it knew no such topic.
        seen: Option<i32>,
        /// The numbers of partitions that were possible, none for absence.
        possible: Vec<Option<i32>>,
        /// The last acknowledged change: `create-topic`, `delete-topic` or `grow-topic`.
        change: String,
        /// That change's invoke.
        changed_by: u64,
        /// When it was acknowledged.
        acknowledged_at: Moment,
        /// Whether it was refused instead, as every change of the topic was.
        #[serde(default)]
        refused: bool,
        /// The describe-topic operation.
        asked: u64,
        /// How long a change may be unseen.
        limit_ms: u64,
    },
    /// A change of a topic was acknowledged that no possible state of the topic permits.
    TopicChangeImpossible {
        /// `create-topic`, `delete-topic` or `grow-topic`.
        change: String,
        /// The number of partitions asked for.
        partitions: Option<i32>,
        /// The numbers of partitions that were possible before, none for absence.
        possible: Vec<Option<i32>>,
    },
    // ------------------------------------------------------------------ leadership
    /// Two nodes each claimed to lead the same partition in the same epoch (Raft's election safety).
    TwoLeaders {
        /// The epoch.
        epoch: i32,
        /// One claim of each node.
        claims: Vec<Belief>,
    },
    /// A node answered a lower epoch than it had answered before.
    EpochWentBack {
        /// The earlier answer.
        before: Belief,
        /// The later answer.
        after: Belief,
    },
    /// The leader or its epoch changed though nothing was faulty.
    UnexplainedElection {
        /// Who led before.
        old_leader: Option<NodeName>,
        /// In which epoch.
        old_epoch: Option<i32>,
        /// Who leads now.
        new_leader: Option<NodeName>,
        /// In which epoch.
        new_epoch: Option<i32>,
    },
    /// More terms passed than one fault explains.
    TermsBurned {
        /// The fault in whose window they passed; none if outside every window.
        fault: Option<String>,
        /// Term before.
        from: i32,
        /// Term after.
        to: i32,
        /// How many may pass.
        limit: u64,
    },
    /// No reachable node named a leader for too long.
    Leaderless {
        /// For how long.
        length_ms: u64,
        /// For how long it may be.
        limit_ms: u64,
    },
    /// Nodes named different leaders for too long.
    Disagreement {
        /// What each believed when it began.
        beliefs: Vec<Belief>,
        /// For how long.
        length_ms: u64,
        /// For how long it may be.
        limit_ms: u64,
    },
    /// An old leader went on claiming its old epoch for too long.
    StaleLeader {
        /// Its last stale claim.
        claim: Belief,
        /// The first claim of a higher epoch by another node.
        successor: Belief,
        /// Since when it should have known.
        since: Moment,
        /// For how long after that it went on.
        length_ms: u64,
        /// For how long it may.
        limit_ms: u64,
    },
    /// Leadership went from one node to another and back though nothing was faulty.
    Flapping {
        /// The node that led first and last.
        node: NodeName,
        /// The node that led between.
        between: NodeName,
        /// For how long that one led.
        length_ms: u64,
    },
    /// The nodes took too long to agree on a first leader.
    SlowFormation {
        /// How long.
        took_ms: u64,
        /// How long they may.
        limit_ms: u64,
    },
    /// The nodes never agreed on a first leader.
    NeverFormed {
        /// How long they tried.
        waited_ms: u64,
        /// How long they may.
        limit_ms: u64,
    },
    /// Formation burned too many terms.
    FormationTerm {
        /// The term with which formation ended.
        term: i32,
        /// The highest allowed.
        limit: u64,
    },
    /// After the last heal, the nodes took too long to agree on leaders.
    SlowRecovery {
        /// How long.
        took_ms: u64,
        /// How long they may.
        limit_ms: u64,
    },
    /// After the last heal, the nodes never agreed on leaders.
    NeverRecovered {
        /// How long they were given.
        waited_ms: u64,
        /// How long they may.
        limit_ms: u64,
        /// What was missing at the end, by node.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lacking: Vec<Lacking>,
    },
    /// A node did not answer DescribeQuorum while it answered Metadata. Violates nothing.
    QuorumUnanswered {
        /// The node.
        node: NodeName,
        /// For how long before the end.
        length_ms: u64,
        /// What the last question failed with.
        error: Option<String>,
    },
    // ------------------------------------------------------------------ liveness
    /// A node that had no fault did not answer for too long: frozen, or its port is closed.
    NodeSilent {
        /// The node.
        node: NodeName,
        /// For how long.
        length_ms: u64,
        /// For how long it may.
        limit_ms: u64,
        /// What the last probe failed with.
        error: Option<String>,
        /// Whether it answered again before the run ended.
        came_back: bool,
    },
    /// A resource of a node's process grew steadily beyond its limit.
    ResourceGrowth {
        /// The node.
        node: NodeName,
        /// `resident_bytes` or `descriptors`.
        resource: String,
        /// Its lowest value since the process started.
        from: u64,
        /// Its value when the limit was passed.
        to: u64,
        /// Its highest value afterwards.
        highest: u64,
        /// How far it may grow.
        limit: u64,
    },
    /// A node's process exited although the harness did not request it.
    UnprovokedExit {
        /// The node.
        node: NodeName,
        /// How it ended.
        status: String,
    },
    /// Calls of nodes to their disks failed, and no node ended.
    WentOnAfterFailure {
        /// The nodes.
        nodes: Vec<NodeName>,
        /// What failed.
        fault: DiskFault,
        /// How many calls failed.
        failed: u64,
    },
    /// A record was acknowledged before a majority of nodes can have synced it.
    AcknowledgedUnsynced {
        /// How long after it was sent.
        took_ms: u64,
        /// How late every sync of these nodes was.
        delay_ms: u64,
        /// The nodes.
        nodes: Vec<NodeName>,
        /// How many records.
        records: u64,
    },
    /// Nothing was acknowledged for too long.
    Gap {
        /// By which rule.
        scope: GapScope,
        /// From when.
        from: Moment,
        /// Until when.
        to: Moment,
        /// How long.
        length_ms: u64,
        /// How long it may be.
        limit_ms: u64,
        /// Whether it ended before the load did.
        ended: bool,
    },
    /// After the last heal, nothing was acknowledged in a partition, or nothing read.
    NotServed {
        /// What was not served: `appends` or `reads`.
        what: String,
        /// How long it was tried.
        waited_ms: u64,
    },
    /// Appends to one partition were tried for too long, and none was acknowledged.
    AppendsStalled {
        /// By which rule.
        scope: GapScope,
        /// How many were tried in a row.
        tries: u64,
        /// From the first of them to the last, in ms.
        length_ms: u64,
        /// How long that may be.
        limit_ms: u64,
        /// Whether one was acknowledged afterwards.
        ended: bool,
    },
    /// Too many appends to one partition were not acknowledged though nothing was faulty.
    AppendsRefused {
        /// How many were tried outside of faults.
        tries: u64,
        /// How many of them were not acknowledged.
        refused: u64,
    },
    /// Consumers polled a partition that has acknowledged records, and got none of them for too long.
    ReadsStalled {
        /// The consumer, if it was one of several; none if no consumer got anything.
        consumer: Option<WorkerId>,
        /// By which rule.
        scope: GapScope,
        /// The position of the last of these polls.
        position: Offset,
        /// How many polls got nothing in a row.
        polls: u64,
        /// How many of them failed.
        errors: u64,
        /// The last error.
        error: Option<String>,
        /// From the first of them to the last, in ms.
        length_ms: u64,
        /// How long that may be.
        limit_ms: u64,
        /// Whether records came afterwards.
        ended: bool,
    },
    /// A request failed for too long, or was answered without what it asked for.
    RequestsStalled {
        /// `ListOffsets`, `Metadata`, or the change of a topic.
        request: String,
        /// The node, if it was one.
        node: Option<NodeName>,
        /// By which rule.
        scope: GapScope,
        /// How many failed in a row.
        tries: u64,
        /// The last error.
        error: Option<String>,
        /// From the first of them to the last, in ms.
        length_ms: u64,
        /// How long that may be.
        limit_ms: u64,
        /// Whether one succeeded afterwards.
        ended: bool,
    },
    /// Under a fault on a leader no other node took over until the fault was healed.
    MissingFailOver {
        /// The fault's window.
        fault: String,
        /// The leader that was paused, killed or cut off.
        leader: NodeName,
        /// How many partitions it led that nobody took over.
        partitions: u64,
        /// For how long the fault lasted, in ms.
        length_ms: u64,
        /// Within which time the target notices, in ms.
        detection_ms: u64,
    },
    // ------------------------------------------------------------------ what is there
    /// A consumer or a read was told that an offset is out of range that exists.
    OffsetOutOfRange {
        /// The error.
        error: String,
        /// The node, if it was chosen.
        node: Option<NodeName>,
        /// Where it stood. All of these offsets exist.
        stood: Vec<Stood>,
    },
    /// A consumer or a read was given bytes that are no records: a checksum is wrong, or a batch cannot be read.
    UnreadableRecords {
        /// The error.
        error: String,
        /// The node, if it was chosen.
        node: Option<NodeName>,
        /// Where it stood.
        stood: Vec<Stood>,
    },
    /// A partition begins above what explains it: records were removed that nobody asked to remove.
    LogStartUnexplained {
        /// The node.
        node: NodeName,
        /// The first offset that it keeps.
        start: Offset,
        /// Up to which offset a removal is explained.
        explained: Offset,
        /// How many acknowledged records lie between.
        acknowledged: u64,
    },
    /// A node keeps records from a lower offset on than it had kept before.
    LogStartWentBack {
        /// The node.
        node: NodeName,
        /// The first offset that it kept before.
        before: Offset,
        /// The first offset that it keeps now.
        after: Offset,
    },
    /// What an acknowledged DeleteRecords had removed is there again, or still.
    DeletedServed {
        /// The node that serves it, or says that its log begins below.
        node: NodeName,
        /// The first offset that it serves or keeps.
        from: Offset,
        /// The first offset that is kept, as the acknowledgement said.
        low_watermark: Offset,
        /// The DeleteRecords.
        deleted_by: u64,
    },
    /// A DeleteRecords was acknowledged, and less was removed than it asked for.
    DeletedTooLittle {
        /// The first offset to keep, as it was asked for.
        below: Offset,
        /// The first offset that is kept, as it was answered.
        low_watermark: Offset,
    },
    /// A record was removed by retention that is younger than what must be kept.
    RemovedTooEarly {
        /// The node.
        node: NodeName,
        /// The first offset that it keeps.
        start: Offset,
        /// How many acknowledged records below it are too young.
        young: u64,
        /// The age of the youngest at most, in ms.
        age_ms: u64,
        /// For how long records are kept.
        retention_ms: u64,
    },
    // ------------------------------------------------------------------ exactly once
    /// An input counts as consumed, and no visible output names it.
    InputLost {
        /// The input.
        input: Placed,
        /// The committed offset of its partition.
        committed: Offset,
    },
    /// Several visible outputs name one input.
    InputTwice {
        /// The input.
        input: Placed,
        /// The outputs.
        outputs: Vec<Placed>,
    },
    /// An output names an input whose value is another, or that does not exist.
    OutputAltered {
        /// The output.
        output: Placed,
        /// The input's partition and offset, as the output names them.
        named: (i32, Offset),
        /// The value that is there; none if there is no record.
        input: Option<String>,
    },
    /// A visible output names an input that does not count as consumed.
    OutputBeyond {
        /// The output.
        output: Placed,
        /// The input's partition and offset.
        named: (i32, Offset),
        /// The committed offset of the input's partition.
        committed: Offset,
    },
    /// Of two outputs in one partition the later one names the earlier input of the same partition.
    OutputReordered {
        /// The earlier output.
        earlier: Placed,
        /// The later output.
        later: Placed,
        /// The input's partition.
        partition: i32,
    },
    /// An input partition was not consumed to its end.
    InputLeft {
        /// The group.
        group: String,
        /// Its committed offset.
        committed: Offset,
        /// The offset after the last visible record.
        end: Offset,
    },
    // ------------------------------------------------------------------ transactions
    /// A transaction is visible in part.
    TornTransaction {
        /// The transaction.
        transaction: TransactionNamed,
        /// Whether its commit was acknowledged.
        acknowledged: bool,
        /// Records of it that are visible.
        visible: Vec<Placed>,
        /// Acknowledged records of it that are not.
        missing: Vec<Placed>,
    },
    /// A record of a transaction that did not commit was read.
    AbortedRead {
        /// The transaction.
        transaction: TransactionNamed,
        /// The record.
        record: Placed,
        /// The poll or read that returned it.
        read: u64,
    },
    /// A record was read before its transaction asked for its commit.
    EarlyRead {
        /// The transaction.
        transaction: TransactionNamed,
        /// The record.
        record: Placed,
        /// The poll or read that returned it.
        read: u64,
        /// When that returned.
        returned: Moment,
        /// When the commit was first sent.
        end_sent: Moment,
    },
    /// A transaction is committed in one place and aborted in another.
    TwoOutcomes {
        /// The transaction.
        transaction: TransactionNamed,
        /// A record that a commit marker covers.
        committed: Placed,
        /// A record that an abort marker covers.
        aborted: Placed,
    },
    /// A transaction whose commit was acknowledged is not visible at all.
    LostTransaction {
        /// The transaction.
        transaction: TransactionNamed,
        /// Its acknowledged records.
        missing: Vec<Placed>,
        /// Whether an abort marker covers one of them.
        aborted: bool,
    },
    /// A request of a producer was accepted that was sent after another had taken over its transactional id.
    ZombieAccepted {
        /// The transaction that it belongs to.
        transaction: TransactionNamed,
        /// `produce`, or another request.
        request: String,
        /// When it was sent.
        called: Moment,
        /// What fenced it.
        fence: Fenced,
    },
    /// A record is visible that was sent, or committed, after another producer had taken over its transactional id.
    ZombiePublished {
        /// The transaction.
        transaction: TransactionNamed,
        /// The record.
        record: Placed,
        /// When the commit, or the record, was sent.
        called: Moment,
        /// What fenced it.
        fence: Fenced,
    },
    /// A last stable offset counts a record whose transaction was open all that time.
    StableOffsetTooHigh {
        /// The transaction.
        transaction: TransactionNamed,
        /// The record.
        record: Placed,
        /// The question's or the read's invoke.
        asked: u64,
        /// The last stable offset in the answer.
        last_stable_offset: Offset,
    },
    /// A last stable offset stays below the end, after all transactions have ended or timed out.
    StableOffsetStuck {
        /// The node.
        node: NodeName,
        /// The last stable offset.
        last_stable_offset: Offset,
        /// The end of the log.
        high_watermark: Offset,
        /// How long after the last transaction's end.
        waited_ms: u64,
        /// How long that may be.
        limit_ms: u64,
    },
    /// A transaction was open for longer than its time-out allows.
    OpenTooLong {
        /// The node that lists it.
        node: NodeName,
        /// The transactional id, or the producer id if that is not known.
        transactional_id: String,
        /// For how long, in ms.
        open_ms: u64,
        /// How long it may be.
        limit_ms: u64,
    },
    /// An end offset for read_committed, asked after a commit was acknowledged, leaves its records out.
    CommitNotVisible {
        /// The transaction.
        transaction: TransactionNamed,
        /// Its record.
        record: Placed,
        /// The question's invoke.
        asked: u64,
        /// The end offset in the answer.
        end_offset: Offset,
    },
    /// Offsets of a transaction were fetched before it asked for its commit, or although it was aborted.
    OffsetsUncommitted {
        /// The transaction.
        transaction: TransactionNamed,
        /// The group.
        group: String,
        /// The offset.
        offset: Offset,
        /// The fetch's invoke.
        asked: u64,
        /// Whether the transaction was aborted; otherwise it came too early.
        aborted: bool,
    },
    /// The offsets of a transaction and its records, or its offsets among each other, ended differently.
    OffsetsTorn {
        /// The transaction.
        transaction: TransactionNamed,
        /// The group.
        group: String,
        /// The offset that it sent.
        offset: Offset,
        /// Whether that offset was fetched; otherwise an older one is there in the end.
        published: bool,
        /// The older one; none if nothing is committed.
        instead: Option<Offset>,
        /// The record that ended differently, if it is a record: visible, or missing.
        record: Option<Placed>,
        /// Another of its offsets, which was fetched.
        other: Option<String>,
    },
    /// A fetch of stable offsets is refused although no transaction can be open.
    OffsetsUnstable {
        /// The group.
        group: String,
        /// For how long no transaction has given a sign.
        waited_ms: u64,
        /// For how long one may be open.
        limit_ms: u64,
    },
    /// A record of a transaction is visible at two offsets.
    TransactionDuplicate {
        /// The transaction.
        transaction: TransactionNamed,
        /// The record.
        first: Placed,
        /// The same, at another offset.
        second: Placed,
    },
    /// Two acknowledged records of a transaction lie in another order than they were sent in.
    TransactionReordered {
        /// The transaction.
        transaction: TransactionNamed,
        /// The record that was sent first.
        first: Placed,
        /// The one that was sent later.
        second: Placed,
    },
    /// Nodes differ about markers, aborted transactions or producers of a partition.
    MarkersDiffer {
        /// Of what: `records`, `aborted`, `last_stable_offset`.
        what: String,
        /// The first offset at which they differ.
        offset: Offset,
        /// What the first node holds there.
        first: Marked,
        /// What the second node holds there.
        second: Marked,
    },
    /// A producer was fenced although nobody took over its transactional id and no time-out was near.
    FalselyFenced {
        /// The transaction.
        transaction: TransactionNamed,
        /// The error.
        error: String,
        /// How old the transaction was, in ms.
        age_ms: u64,
        /// Its time-out.
        timeout_ms: u64,
    },
    // ------------------------------------------------------------------ groups
    /// A partition has two owners in one generation.
    TwoOwners {
        /// The group.
        group: String,
        /// The generation.
        generation: i32,
        /// The members.
        members: Vec<String>,
    },
    /// A commit was accepted that a member of a former generation sent after it was fenced.
    FencedCommit {
        /// The group.
        group: String,
        /// The member.
        member: String,
        /// Its generation.
        generation: i32,
        /// The generation that fenced it.
        fenced_by: i32,
        /// When that was seen.
        fenced_at: Moment,
    },
    /// Commits and fetches of one partition's offset have no order that explains every answer.
    OffsetsNotLinearizable {
        /// The group.
        group: String,
        /// The operation that cannot be placed, wherever the others are.
        unplaced: RegisterUse,
        /// Others that prove it.
        proof: Vec<RegisterUse>,
        /// The rule that they break.
        rule: Rule,
    },
    /// An acknowledged commit of an offset is gone.
    CommitLost {
        /// The group.
        group: String,
        /// The offset that was committed.
        offset: Offset,
        /// Its token.
        token: String,
        /// What is there instead; none if nothing is.
        instead: Option<Offset>,
        /// Its token.
        instead_token: Option<String>,
    },
    /// An offset was fetched that nobody committed there.
    CommitPhantom {
        /// The group.
        group: String,
        /// The offset.
        offset: Offset,
        /// Its token.
        token: String,
        /// Whether its commit was refused; otherwise nobody sent it there.
        refused: bool,
    },
    /// A fetch returned an older commit than an earlier fetch had returned.
    CommitWentBack {
        /// The group.
        group: String,
        /// The token that was fetched first.
        before: String,
        /// The older token that was fetched later.
        after: String,
        /// The earlier fetch's invoke.
        before_by: u64,
    },
    /// A committed offset is higher than any that was committed or follows a record that was delivered.
    CommitBeyond {
        /// The group.
        group: String,
        /// The offset that was fetched.
        offset: Offset,
        /// The highest that it may be.
        possible: Offset,
    },
    /// Two generations of one group have one number.
    GenerationReused {
        /// The group.
        group: String,
        /// The number.
        generation: i32,
        /// What differs: `leader`, `protocol` or `members`.
        what: String,
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
    /// A member was given a lower generation than one that was known before it joined.
    GenerationWentBack {
        /// The group.
        group: String,
        /// The generation that was known.
        before: i32,
        /// The generation that it was given.
        after: i32,
    },
    /// A member was given another assignment than its leader sent for it.
    AssignmentAltered {
        /// The group.
        group: String,
        /// The generation.
        generation: i32,
        /// The member.
        member: String,
        /// What the leader sent.
        sent: Vec<String>,
        /// What the member was given.
        given: Vec<String>,
    },
    /// A member was accepted after it had been removed.
    ZombieMember {
        /// The group.
        group: String,
        /// The member.
        member: String,
        /// What was accepted: `heartbeat` or `commit-offsets`.
        request: String,
        /// How its removal was seen: `left`, `fenced` or `not listed`.
        removed: String,
        /// When.
        removed_at: Moment,
    },
    /// A member jumped over records.
    ResumeSkip {
        /// The group.
        group: String,
        /// The member.
        member: String,
        /// The offset that it stood at.
        position: Offset,
        /// The offset that it was given.
        next: Offset,
        /// The first record between them.
        skipped: Placed,
    },
    /// A record counts as consumed by a group, and no member of it ever got it.
    NeverDelivered {
        /// The group.
        group: String,
        /// The record.
        record: Placed,
        /// The committed offset.
        committed: Offset,
    },
    /// A rebalance did not end in time.
    RebalanceEndless {
        /// The group.
        group: String,
        /// Its state.
        state: String,
        /// For how long.
        length_ms: u64,
        /// For how long it may be.
        limit_ms: u64,
    },
    /// A member was removed that was heard of within its session.
    WrongEviction {
        /// The group.
        group: String,
        /// The member.
        member: String,
        /// How long after its last answered heartbeat was sent.
        after_ms: u64,
        /// How long its session is.
        session_ms: u64,
    },
    /// A member that fell silent is still in its group.
    DeadMemberStays {
        /// The group.
        group: String,
        /// The member.
        member: String,
        /// For how long it had been silent.
        silent_ms: u64,
        /// For how long it may stay.
        limit_ms: u64,
    },
    /// A group got another generation though nothing happened to its members.
    UnexplainedRebalance {
        /// The group.
        group: String,
        /// The generation before.
        before: i32,
        /// The generation after.
        after: i32,
    },
    /// A heartbeat was answered ok while another member waited for the next generation.
    MemberNotTold {
        /// The group.
        group: String,
        /// The generation of the member.
        generation: i32,
        /// The member id.
        member: String,
        /// For how long the other one had waited.
        waited_ms: u64,
        /// After how long the coordinator must know of it.
        limit_ms: u64,
    },
    /// A member was told of a rebalance, joined, and was given the generation that it had.
    ToldForNothing {
        /// The group.
        group: String,
        /// The generation.
        generation: i32,
        /// The member id.
        member: String,
    },
    /// A group was described as rebalancing while heartbeats of its generation were answered ok.
    GroupStateUntrue {
        /// The group.
        group: String,
        /// The generation.
        generation: i32,
        /// The state as it was described.
        state: String,
    },
    /// An answer lists the members of a generation and names a leader that is none of them.
    LeaderNotMember {
        /// The group.
        group: String,
        /// The generation.
        generation: i32,
        /// The leader that was named.
        leader: String,
    },
    /// A member id of a static member was accepted after another one had replaced it.
    ReplacedMemberAccepted {
        /// The group.
        group: String,
        /// The old member id.
        member: String,
        /// The new one.
        replaced_by: String,
        /// When that was known.
        replaced_at: Moment,
        /// The request that was accepted.
        request: String,
    },
    /// A static member came back to a stable group, and that made a new generation.
    TakeoverRebalanced {
        /// The group.
        group: String,
        /// The static id.
        instance: String,
        /// The generation before.
        before: i32,
        /// The generation after.
        after: i32,
    },
    /// A leader left a partition without an owner.
    PartitionUnassigned {
        /// The group.
        group: String,
        /// The generation.
        generation: i32,
        /// The member id of its leader.
        leader: String,
    },
    /// Nobody got what it asked a coordinator for.
    CoordinatorStalled {
        /// Kafka's name of the request.
        request: String,
        /// The group, if it is about one.
        group: Option<String>,
        /// How many tries in a row.
        tries: u64,
        /// The error of one of them.
        error: Option<String>,
        /// For how long.
        length_ms: u64,
        /// For how long it may be.
        limit_ms: u64,
        /// Whether one was served afterwards.
        ended: bool,
    },
    /// Two nodes act as coordinator of one key.
    TwoCoordinators {
        /// The group or the transactional id.
        key: String,
        /// Each node that was asked or that accepted, and the one that it named.
        named: Vec<(NodeName, NodeName)>,
        /// For how long.
        length_ms: u64,
        /// For how long it may be.
        limit_ms: u64,
    },
    // ------------------------------------------------------------------ checks outside of this crate
    /// What a check of your own found.
    Custom {
        /// Its stable name.
        name: String,
        /// What was seen, as a sentence.
        text: String,
    },
}

impl Finding {
    /// The stable names of all findings that this version knows.
    pub const NAMES: &[&str] = <Finding as strum::VariantNames>::VARIANTS;

    /// The finding's stable name, as in JSON's field `kind`.
    pub fn name(&self) -> &'static str {
        self.into()
    }

    /// The id of the fault that it is charged to, if the finding names one.
    pub fn fault(&self) -> Option<&str> {
        match self {
            Finding::TermsBurned { fault, .. } => fault.as_deref(),
            Finding::MissingFailOver { fault, .. } => Some(fault),
            _ => None,
        }
    }
}
