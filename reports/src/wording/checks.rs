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
        "Are records removed from the beginning of a log only where that is allowed?",
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
        "Does every node show the brokers, voters, partitions and ids that there are?",
    ),
    (
        "finalized-features",
        "Do all nodes state the same features, and after an upgrade those that it should leave?",
    ),
    (
        "one-leader-per-epoch",
        "Does at most one node lead in an epoch?",
    ),
    (
        "epochs-go-forward",
        "Does no node report a lower epoch than before?",
    ),
    (
        "coverage",
        "Did the run reach its end, and did the faults that it had take effect?",
    ),
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
        "replicas-in-sync",
        "Is every replica in sync again after the faults, and is nothing acknowledged with too few of them?",
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
    // Groups.
    (
        "one-owner",
        "Is a partition assigned to only one member of a group in each generation?",
    ),
    (
        "fenced-commit",
        "Are commits of a former generation rejected once a later generation is known?",
    ),
    (
        "offset-register",
        "Do commits and fetches of a group's offset have one order that explains every fetch?",
    ),
    (
        "commit-lost",
        "Does every acknowledged commit of an offset last until a later commit replaces it?",
    ),
    (
        "commit-phantom",
        "Was every committed offset that was fetched also committed?",
    ),
    (
        "commit-backwards",
        "Does a fetch never return an older commit than an earlier fetch did?",
    ),
    (
        "generation-reused",
        "Does each number of a generation stand for only one generation?",
    ),
    (
        "generation-backwards",
        "Do the generations of a group only rise?",
    ),
    (
        "sync-faithful",
        "Does each member get the assignment that its leader sent for it?",
    ),
    (
        "zombie-member",
        "Are requests of a member rejected after its removal, until it joins again?",
    ),
    (
        "rebalance-told",
        "Does every heartbeat tell of a rebalance if there is one, and only then?",
    ),
    (
        "unassigned-partition",
        "Does the leader of each generation assign every partition?",
    ),
    (
        "static-takeover",
        "Does a static member that comes back keep its generation, and is its old id rejected?",
    ),
    (
        "commit-beyond",
        "Is a committed offset never higher than what members read or committed?",
    ),
    (
        "resume-skip",
        "Does a member get every record that follows its position?",
    ),
    (
        "at-least-once",
        "Was every record below the last committed offset delivered to some member?",
    ),
    (
        "rebalance-ends",
        "Does every rebalance end within the limit?",
    ),
    (
        "wrong-eviction",
        "Does a member stay in its group while its session lasts?",
    ),
    (
        "dead-member-stays",
        "Does a member that died leave its group within the limit?",
    ),
    (
        "unexplained-rebalance",
        "Does a group rebalance only for a cause?",
    ),
    (
        "coordinator-liveness",
        "Do coordinators serve groups and transactions?",
    ),
    (
        "coordinator-agreement",
        "Does only one node coordinate a group or a transactional id?",
    ),
    // Transactions.
    (
        "processed-once",
        "Does every input below the committed offset have exactly one visible output?",
    ),
    (
        "value-intact",
        "Does every output name an input that exists, with the value that it has?",
    ),
    (
        "nothing-beyond",
        "Is every input with a visible output below the committed offset?",
    ),
    (
        "output-order",
        "Do the outputs of an input partition follow its order?",
    ),
    (
        "input-progress",
        "Is every input partition processed to its end?",
    ),
    (
        "torn-transaction",
        "Is every transaction visible as a whole or not at all?",
    ),
    (
        "aborted-read",
        "Do consumers with read_committed never get records of aborted transactions?",
    ),
    (
        "early-read",
        "Do consumers with read_committed get a record only after its commit was requested?",
    ),
    (
        "one-outcome",
        "Is a transaction committed everywhere or aborted everywhere?",
    ),
    (
        "lost-transaction",
        "Are the records of every acknowledged commit still visible?",
    ),
    (
        "zombie-accepted",
        "Are requests of a producer rejected after another took over its transactional id?",
    ),
    (
        "zombie-published",
        "Does nothing become visible that a producer sent after another took over its transactional id?",
    ),
    (
        "lso-too-high",
        "Does the last stable offset stay at or below the first record of every open transaction?",
    ),
    (
        "lso-stuck",
        "Does the last stable offset reach the end of each log once all transactions are over?",
    ),
    (
        "open-too-long",
        "Is every transaction that exceeds its time-out aborted within the limit?",
    ),
    (
        "commit-not-visible",
        "Does an end offset for read_committed include every commit acknowledged before the request?",
    ),
    (
        "offsets-early",
        "Are the offsets of a transaction returned only after its commit was requested?",
    ),
    (
        "offsets-of-aborted",
        "Are the offsets of aborted transactions never returned?",
    ),
    (
        "offsets-torn",
        "Do the offsets of a transaction count if and only if its records are visible?",
    ),
    (
        "unstable-for-ever",
        "Are stable offsets refused only while a transaction may be open?",
    ),
    (
        "transaction-duplicate",
        "Is every record of a transaction written only once?",
    ),
    (
        "transaction-order",
        "Do the records of a transaction get offsets in the order in which they were sent?",
    ),
    (
        "marker-agreement",
        "Do all nodes have the same records, markers and aborted transactions at the end?",
    ),
    (
        "false-fence",
        "Is a producer fenced only by a successor or a time-out?",
    ),
];
