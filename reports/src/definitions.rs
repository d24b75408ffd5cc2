//! What every figure and term of a report means: the rows of the glossary on the page. A new figure of a check gets a
//! row here, or it is shown by its raw name and has no definition.

/// The name of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray)]
pub(crate) enum Name {
    OperationsOk,
    OperationsFail,
    OperationsInfo,
    LongestGap,
    AppendWait,
    Recovery,
    ChangesOfLeader,
    FaultsInEffect,
    AppendP99,
    AcknowledgedInTime,
}

impl Name {
    /// The words on tile, table, text and terminal.
    pub(crate) fn words(self) -> &'static str {
        of(self).0
    }

    /// What it measures, in a sentence or two.
    pub(crate) fn definition(self) -> &'static str {
        of(self).1
    }
}

/// The words of a figure of the run, and its definition.
fn of(name: Name) -> (&'static str, &'static str) {
    match name {
        Name::OperationsOk => (
            "operations ok",
            "Calls of the workload's clients that returned and took effect. An append is one call, also if it carries several records.",
        ),
        Name::OperationsFail => (
            "operations fail",
            "Calls that surely did not take effect, such as a request that a node refused because it does not lead. \
             Under faults this is expected and contradicts no promise.",
        ),
        Name::OperationsInfo => (
            "operations info",
            "Calls that may or may not have taken effect, such as those that timed out. The checks allow for both.",
        ),
        Name::LongestGap => (
            "longest gap",
            "The longest time without an acknowledged record of the produce probe, of the gaps that have a limit. \
             Times in which no majority of the nodes could work have no limit and do not count.",
        ),
        Name::AppendWait => (
            "longest wait for an append",
            "The longest time in which a partition acknowledged no append of the load's clients, over at least three tries in a row. It is \
             held to the limits of gaps.",
        ),
        Name::Recovery => (
            "recovery",
            "From the last heal until all nodes agreed again on one leader of every partition.",
        ),
        Name::ChangesOfLeader => (
            "changes of leader",
            "Changes of the leader or its epoch after formation. Partitions that change together count once.",
        ),
        Name::FaultsInEffect => (
            "faults in effect",
            "Fault windows whose effect was observed from the network, the disk or the process.",
        ),
        Name::AppendP99 => (
            "append p99",
            "99 % of the appends that were acknowledged took at most this long, over the whole run with its faults.",
        ),
        Name::AcknowledgedInTime => (
            "acknowledged in time",
            "The share of the produce probe's records that were acknowledged within 1 s of being sent. The others were \
             acknowledged later or never.",
        ),
    }
}

/// Figures that checks measure: the name in `results.json`, the words, the definition. They are shown with the words.
pub(crate) const FIGURES: &[(&str, &str, &str)] = &[
    (
        "formation_ms",
        "formation",
        "From the start of the last node until all nodes agreed on a first leader.",
    ),
    (
        "formation_term",
        "term of the first leader",
        "The term in which the nodes first agreed. Each lost election raises it by one.",
    ),
    ("recovery_ms", "recovery", ""),
    ("elections", "changes of leader", ""),
    (
        "leaderless_ms_max",
        "longest time without a leader",
        "The longest time between the last claim of an old leader and the first claim of a new one. A leader that is cut off and still \
         claims to lead counts as one. Every node is asked ten times a \
         second, so it may be longer than the gap in acknowledgements.",
    ),
    (
        TERM_GROWTH,
        "growth of the term",
        "How far the term rose between formation and the end. Each fault may cost as many terms as the target states, and nothing else any.",
    ),
    (
        "fail_over_ms_max",
        "slowest fail-over",
        "The longest time without an acknowledgement that began while a fault that affects the leader was taking effect, until a record \
         that was sent after that was acknowledged.",
    ),
    (
        "gap_unaffected_ms_max",
        "longest gap beside faults",
        "The longest gap during faults that leave a leader and a majority untouched. Gaps below a quarter of the limit are not counted.",
    ),
    (
        "gap_outside_faults_ms_max",
        "longest gap without faults",
        "The longest gap while no fault was active. Gaps below a quarter of the limit are not counted.",
    ),
    (
        "served_again_ms",
        "served again",
        "From the last heal to the first acknowledgement of a record that was sent after it. A gap also ends with the acknowledgement of an older record.",
    ),
    (
        "served_late_ms_max",
        "latest first read",
        "The longest time from a record's acknowledgement until anybody read it first. The final reads count, so a record that no \
         consumer asked for has a long one.",
    ),
    (
        "realtime_lag_ms_max",
        "longest lag of consumers",
        "The longest time for which a consumer that had caught up before was not given a record that was already acknowledged when \
         it polled. The final reads do not count.",
    ),
    (APPEND_WAIT, "longest wait for an append", ""),
    (
        "read_wait_ms_max",
        "longest wait for a read",
        "The longest time in which consumers got no record of a partition that had some. It is held to the limits of gaps.",
    ),
    (
        "request_wait_ms_max",
        "longest wait for a request",
        "The longest time in which requests for end offsets, metadata or topics did not succeed. It is held to the limits of gaps.",
    ),
    (
        "stale_tail_ms_max",
        "age of a stale end offset",
        "How far an end offset lagged behind acknowledged records.",
    ),
    (
        "stale_claim_ms_max",
        "longest claim of an old leader",
        "How long a deposed leader went on claiming to lead.",
    ),
    (
        "disagreement_ms_max",
        "longest disagreement",
        "How long connected nodes named different leaders.",
    ),
    (
        "left_out_ms_max",
        "longest omission",
        "How long a node left a broker, voter or partition out of its answers.",
    ),
    (
        "out_of_sync_ms_max",
        "longest lack of a replica",
        "How long a node named too few replicas as in sync while no fault was active.",
    ),
    (
        "rebalance_ms_max",
        "longest rebalance",
        "The longest time for which a node described a group as rebalancing, counted from the last cause: a member that came or went, or a \
         fault that began or was healed.",
    ),
    (
        "dead_member_ms_max",
        "longest stay of a dead member",
        "How long a node still listed a member after its client was killed, counted anew from each later fault and election.",
    ),
    (
        "open_transaction_ms",
        "longest open transaction",
        "How long a node listed a transaction as open, of the one that came nearest to its limit: the limit grows with each fault meanwhile.",
    ),
    (
        "silence_ms_max",
        "longest silence",
        "How long a node without a fault did not answer.",
    ),
    (
        "resident_growth_bytes",
        "growth of memory",
        "How much the resident memory of a node grew under load.",
    ),
    (
        "descriptor_growth",
        "growth of descriptors",
        "How many more open files and sockets a node had than at the start.",
    ),
];

/// Figures that are held to the limits of gaps, which depend on the faults of their time.
pub(crate) const HELD_AS_GAPS: [&str; 3] = [APPEND_WAIT, READ_WAIT, "request_wait_ms_max"];

/// How long a partition acknowledged nothing.
pub(crate) const APPEND_WAIT: &str = "append_wait_ms_max";

/// How far the term rose: each fault has a limit of its own.
pub(crate) const TERM_GROWTH: &str = "term_growth";

/// The wait for a read. Readers of committed transactions wait for commits, too.
pub(crate) const READ_WAIT: &str = "read_wait_ms_max";

/// Words of the page that an engineer new to it may not know.
pub(crate) const TERMS: &[(&str, &str)] = &[
    (
        "undecided",
        "The run lacks the evidence to judge. Undecided is never valid.",
    ),
    (
        "finding",
        "One contradiction of a promise: one record, one partition or one node. Findings whose times overlap are one event.",
    ),
    ("fault window", "From the request for a fault to its heal."),
    (
        "heal",
        "The end of a fault: a link carries again, a paused process runs on, a killed node is started again.",
    ),
    (
        "worker",
        "One client of the workload, with one call at a time. Record 21-1174 is the one with number 1174 of worker 21.",
    ),
    (
        "isolate, cut-link",
        "Faults that cut all links of a node to other nodes, and one link between two nodes.",
    ),
    (
        "finding, event",
        "A card tells of all findings of one kind. Those that read the same are told once. Those whose times overlap are one event.",
    ),
    (
        "in-sync set, high watermark",
        "The replicas that have every acknowledged record, and the offset up to which they have all.",
    ),
    (
        "commit group",
        "Writes that the reference broker syncs to its disk together.",
    ),
    (
        "calibration, suite",
        "“jepsen calibrate” measures how many planted bugs the checks detect. “jepsen qualify” runs a suite of scenarios and says whether the \
         build qualifies.",
    ),
    (
        "raw read",
        "A read of one node without a client library, so that its answer is seen as it was sent.",
    ),
    (
        "term, epoch",
        "A term numbers the leaderships of the Raft quorum, an epoch those of one partition. In a broker with one Raft group they are the \
         same number. Two leaders in one epoch break the log.",
    ),
    (
        "n1, w3, e5, t0/2, f1, u1",
        "Node 1, worker 3, epoch 5, partition 2 of the topic t0. f1 is the card of the first failure, u1 that of the first undecided check.",
    ),
    (
        "produce probe",
        "A separate client that sends a record every 20 ms, whatever happens. Gaps are measured by it.",
    ),
    (
        "planted bug",
        "A known mistake, for short a plant, that the reference broker was started with, to show that the checks find it.",
    ),
    (
        "reference",
        "The broker that comes with this program. It replicates with Raft, and serves to measure the harness itself.",
    ),
    (
        "terms burned",
        "Terms in which no leader was elected. A node that campaigns without a chance raises the term, and deposes a leader that works.",
    ),
    (
        "halves",
        "A fault that divides the nodes into two groups that cannot reach each other. The clients are on one side.",
    ),
    (
        "deaf, mute",
        "Faults that cut one direction: a deaf node receives nothing from the others, a mute node reaches nobody.",
    ),
    (
        "not applicable",
        "The check needs a workload, a fault or a promise that this run did not have.",
    ),
];

/// Words for consumer groups, on pages of runs with groups.
pub(crate) const GROUP_TERMS: &[(&str, &str)] = &[
    (
        "generation",
        "The number of a group's membership. Each rebalance ends with a new generation, in which every partition has one owner.",
    ),
    (
        "committed offset",
        "The offset at which a group resumes in a partition. It counts every record below it as consumed.",
    ),
    (
        "token",
        "A text that a client commits with an offset as its metadata. It identifies the commit.",
    ),
];

/// Words for transactions, on pages of runs with transactions.
pub(crate) const TRANSACTION_TERMS: &[(&str, &str)] = &[
    (
        "read_committed",
        "The isolation level at which a consumer gets only records of committed transactions, and records without a transaction.",
    ),
    (
        "last stable offset",
        "The end of a log for consumers with read_committed: the first record of the oldest open transaction, or the high watermark.",
    ),
    (
        "marker",
        "A control record that states in a partition whether a producer's transaction was committed or aborted.",
    ),
    (
        "fenced",
        "Replaced: another producer took over the transactional id, or a later generation the group.",
    ),
];
