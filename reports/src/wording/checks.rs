//! The question that each check answers, for the check table: one row a check. A check without a row is shown by its
//! name and its findings.

/// The question that a check answers; empty if this version knows the check by name only.
pub(crate) fn question(check: &str) -> &'static str {
    let row = QUESTIONS.iter().find(|(name, _)| *name == check);
    row.map(|(_, question)| *question).unwrap_or_default()
}

const QUESTIONS: &[(&str, &str)] = &[
    (
        "log-order",
        "Do offsets follow real time, and is no record read before it was sent?",
    ),
    (
        "log-recency",
        "Does an end offset include every record acknowledged before the request?",
    ),
    (
        "linearizable-register",
        "Does every read of a partition's last record return the last write, in one order that all clients agree on?",
    ),
    (
        "offset-for-time",
        "Does ListOffsets name the first record at or after a time?",
    ),
    ("lost-write", "Is every acknowledged record still readable?"),
    (
        "log-start",
        "Are records removed from a log's begin only where that is allowed?",
    ),
    (
        "offsets-served",
        "Is an offset that exists never called out of range?",
    ),
    ("duplicate", "Is every record written only once?"),
    (
        "inconsistent-offset",
        "Does an offset name the same record for every reader?",
    ),
    ("phantom-value", "Was every value that was read also sent?"),
    (
        "altered-record",
        "Is every record read with the key, value, headers and timestamp that it was sent with?",
    ),
    ("failed-write-seen", "Are rejected records never read?"),
    (
        "outcome-contradiction",
        "Does every acknowledgement state the offset of its record?",
    ),
    ("poll-skip", "Does a consumer receive every record?"),
    ("nonmonotonic-poll", "Does a consumer never go back?"),
    (
        "send-order",
        "Do a producer's records get offsets in the order in which they were sent?",
    ),
    (
        "replicas-agree",
        "Do all nodes have the same records at the end?",
    ),
    (
        "unseen",
        "Was every acknowledged record returned by a poll or a read?",
    ),
    (
        "metadata-agreement",
        "Does every node show every acknowledged change of topics?",
    ),
    (
        "read-contradiction",
        "Do records, order and high watermark of each raw read agree?",
    ),
    (
        "probe-delivery",
        "Does every node serve all acknowledged records of the produce probe, in their order?",
    ),
    (
        "timestamps",
        "Do records carry the time at which the leader can have appended them?",
    ),
    (
        "cluster-shape",
        "Does every node show the brokers, voters and partitions that there are?",
    ),
    (
        "one-leader-per-epoch",
        "Does at most one node lead in an epoch?",
    ),
    (
        "epochs-go-forward",
        "Does no node report a lower epoch than before?",
    ),
    ("coverage", "Did the run produce enough evidence to judge?"),
    (
        "formation",
        "Do the nodes agree on a first leader within the limit?",
    ),
    (
        "unexplained-election",
        "Does the leader change only because of a fault?",
    ),
    (
        "terms-burned",
        "Does one fault cost a few elections at most?",
    ),
    (
        "stale-leader",
        "Does a deposed leader stop claiming to lead within the limit?",
    ),
    ("disagreement", "Do connected nodes agree on the leader?"),
    (
        "recovery",
        "Do all nodes agree again within the limit after the last heal?",
    ),
    (
        "node-responds",
        "Does every node without a fault answer within the limit?",
    ),
    (
        "unprovoked-exit",
        "Does a process end only if the harness stops it?",
    ),
    (
        "synced-before-acknowledged",
        "Is a record acknowledged only after a majority can have synced it?",
    ),
    (
        "stops-on-failed-disk",
        "Does a node end when a sync or a write of it fails?",
    ),
    (
        "resource-growth",
        "Do memory and descriptors of the nodes stay bounded?",
    ),
    (
        "availability",
        "Do writes continue, or resume within the limit?",
    ),
    (
        "served-after-heal",
        "Do appends and reads succeed in every partition after the last heal?",
    ),
    (
        "append-liveness",
        "Does every loaded partition acknowledge its appends within the limit?",
    ),
    (
        "read-liveness",
        "Do consumers get the acknowledged records of every partition within the limit?",
    ),
    (
        "request-liveness",
        "Do requests for end offsets, metadata and changes of topics succeed?",
    ),
    (
        "fail-over",
        "Does another node take over when a leader is lost for long enough?",
    ),
];
