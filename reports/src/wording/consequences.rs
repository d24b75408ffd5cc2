//! What a failed check means for the users of the broker: one row a check, in the words of their incidents. A check
//! without a row has no such line on its card, and a test names it.

/// What users meet if this check fails; empty if this version knows the check by name only.
pub(crate) fn consequence(check: &str) -> &'static str {
    let row = CONSEQUENCES.iter().find(|(name, _)| *name == check);
    row.map(|(_, consequence)| *consequence).unwrap_or_default()
}

const CONSEQUENCES: &[(&str, &str)] = &[
    (
        "log-order",
        "Consumers process events in an order in which they did not happen, or read what nobody has sent yet.",
    ),
    (
        "log-recency",
        "A service that reads up to the end offset misses records that were already acknowledged, e.g. a balance without the last payment.",
    ),
    (
        "linearizable-register",
        "A client reads an old value after a newer one was confirmed, and decides by it.",
    ),
    (
        "offset-for-time",
        "A consumer that starts at a time begins too early or too late: it repeats records or leaves some out.",
    ),
    (
        "lost-write",
        "Acknowledged data is gone: a payment or an order was confirmed to its sender, and no later reader gets it.",
    ),
    (
        "log-start",
        "Records vanish before their retention ends, and consumers that still need them fail or skip them.",
    ),
    (
        "offsets-served",
        "A consumer is told that its position does not exist. By its reset policy it stops, starts again from the beginning, or jumps to the end.",
    ),
    (
        "duplicate",
        "A record is processed twice: a payment is executed a second time although its producer sent it once.",
    ),
    (
        "inconsistent-offset",
        "Two consumers see different records at one position, so copies and derived tables of one topic differ for ever.",
    ),
    ("phantom-value", "Consumers process data that nobody sent."),
    (
        "altered-record",
        "Consumers process damaged data: a key, value, header or timestamp is not the one that was sent.",
    ),
    (
        "failed-write-seen",
        "A record takes effect although its sender was told that it failed. If the sender repeats it, it takes effect twice.",
    ),
    (
        "outcome-contradiction",
        "The broker acknowledges what it did not do. Producers that store the offsets point to wrong records.",
    ),
    (
        "poll-skip",
        "A running consumer never gets some records, without any error. Events stay unprocessed, and nobody notices.",
    ),
    (
        "nonmonotonic-poll",
        "A consumer goes back and processes records again, in the wrong order.",
    ),
    (
        "send-order",
        "Events of one producer are processed in the wrong order, e.g. a cancellation before its order.",
    ),
    (
        "replicas-agree",
        "The nodes have different data. What consumers read depends on which node leads, and changes at the next fail-over.",
    ),
    ("unseen", "Acknowledged records reach no consumer."),
    (
        "metadata-agreement",
        "Clients that ask different nodes see different topics: a topic that was created is unknown, or one that was deleted is still used.",
    ),
    (
        "read-contradiction",
        "An answer contradicts itself. Consumers stop with an error or skip records.",
    ),
    (
        "probe-delivery",
        "Some node does not serve all acknowledged records, or serves them in another order: consumers lose data after a fail-over to it.",
    ),
    (
        "timestamps",
        "Retention and searches by time work with wrong times: records are removed too early or are not found.",
    ),
    (
        "cluster-shape",
        "Clients do not know a broker or a partition and cannot produce to it, or an operator believes that the cluster is whole while it is not.",
    ),
    (
        "finalized-features",
        "Nodes use formats or protocols that others do not know, or that the operator did not ask for. Some of these changes cannot be undone.",
    ),
    (
        "one-leader-per-epoch",
        "Two nodes accept writes for one partition. One of the two histories will be thrown away, with acknowledged records in it.",
    ),
    (
        "epochs-go-forward",
        "Clients accept an older leader again. Writes go to a node whose log will be cut, and consumers read what is taken back.",
    ),
    (
        "coverage",
        "None directly: the run did not meet the faults that would show a defect.",
    ),
    (
        "formation",
        "After a deployment or a power cut the cluster is unavailable for longer than agreed.",
    ),
    (
        "unexplained-election",
        "Writes stall in normal operation, without any fault, whenever the leader changes.",
    ),
    (
        "terms-burned",
        "One short fault causes a storm of elections. Writes stall several times instead of once.",
    ),
    (
        "stale-leader",
        "Clients go on sending to a deposed leader, and their requests time out. If it acknowledges them all the same, these records are lost: that is a finding of its own.",
    ),
    (
        "disagreement",
        "Clients are sent from node to node and find no leader: they retry until they give up.",
    ),
    (
        "recovery",
        "After a fault is over, the cluster stays degraded for longer than agreed, or needs an operator.",
    ),
    (
        "node-responds",
        "Clients that are connected to this node hang until their time-out although the process runs. Monitoring by process or port shows nothing.",
    ),
    (
        "replicas-in-sync",
        "All looks well, and the next failure of a node stops writes or loses records, because a copy is missing.",
    ),
    (
        "unprovoked-exit",
        "A node crashes by itself in production. A second crash at the same time stops the cluster.",
    ),
    (
        "synced-before-acknowledged",
        "A power failure can remove acknowledged records.",
    ),
    (
        "stops-on-failed-disk",
        "A node with a broken disk goes on acknowledging data that it cannot keep.",
    ),
    (
        "resource-growth",
        "Nodes run out of memory or descriptors after some days and must be restarted.",
    ),
    (
        "availability",
        "Producers wait for longer than agreed: queues fill, requests time out, services upstream fail.",
    ),
    (
        "served-after-heal",
        "Some partition stays unusable after the fault is over, until an operator intervenes.",
    ),
    (
        "append-liveness",
        "Producers of some partition make no progress while others do. Their queues fill until they drop data.",
    ),
    (
        "read-liveness",
        "Consumers of some partition stop early: they get no further records, although there are some and nothing reports an error.",
    ),
    (
        "request-liveness",
        "Offset lookups and changes of topics hang or fail: consumers cannot start, and deployments are stuck.",
    ),
    (
        "fail-over",
        "When a leader is lost, its partitions stay down until it returns.",
    ),
    // Groups.
    (
        "one-owner",
        "Two consumers of a group process the same records at the same time, e.g. send every mail twice, and overwrite each other's offsets.",
    ),
    (
        "fenced-commit",
        "A consumer that lost its partitions moves the offset under their new owner. Records are processed again or skipped.",
    ),
    (
        "offset-register",
        "A consumer that takes over a partition starts at an old offset and processes records again.",
    ),
    (
        "commit-lost",
        "After a restart or a rebalance a group goes back to an older offset. Records whose processing was confirmed are processed again.",
    ),
    (
        "commit-phantom",
        "A group resumes at an offset that none of its consumers committed. It skips records or repeats them.",
    ),
    (
        "commit-backwards",
        "A consumer that resumes at the fetched offset processes records again, although a newer commit was already known.",
    ),
    (
        "generation-reused",
        "Two sets of members believe that they form the same generation. The coordinator accepts commits of both, and records are processed twice.",
    ),
    (
        "generation-backwards",
        "Members of a later generation look outdated and those of an earlier one current. The wrong consumers are rejected, and offsets of the others count.",
    ),
    (
        "sync-faithful",
        "A consumer processes partitions that it was not assigned, or leaves out its own: some partitions have two readers and others none.",
    ),
    (
        "zombie-member",
        "A consumer that was removed goes on as a member of the group. It processes records that its successor processes too.",
    ),
    (
        "rebalance-told",
        "Members join for nothing, or hold up the whole group until they are removed from it: consumption stops meanwhile.",
    ),
    (
        "unassigned-partition",
        "A partition has no consumer. Its lag grows until the group rebalances for another reason.",
    ),
    (
        "static-takeover",
        "A restart of one consumer stops the whole group, or its old process goes on beside the new one and processes the same records.",
    ),
    (
        "commit-beyond",
        "A group resumes after records that nobody has read. They are never processed, and no error is reported.",
    ),
    (
        "resume-skip",
        "A consumer never gets some records that follow its position. Events stay unprocessed, without any error.",
    ),
    (
        "at-least-once",
        "Records count as processed although no consumer of the group got them: an order is never shipped, and nobody notices.",
    ),
    (
        "rebalance-ends",
        "No consumer of the group processes anything while the rebalance lasts. Lag grows until an operator restarts the consumers.",
    ),
    (
        "wrong-eviction",
        "Healthy consumers are removed. Each removal stops the whole group for a rebalance, and records are processed again.",
    ),
    (
        "dead-member-stays",
        "The partitions of a consumer that crashed are not processed by anybody, and their lag grows.",
    ),
    (
        "unexplained-rebalance",
        "Consumers stop for a rebalance in normal operation, without any cause. Lag rises each time, and records are processed again.",
    ),
    (
        "coordinator-liveness",
        "Consumers of a group, or producers of transactions, cannot work at all, although the partitions are available.",
    ),
    (
        "coordinator-agreement",
        "Members of one group follow two coordinators. Each assigns the same partitions, and commits at one are unknown to the other.",
    ),
    // Transactions.
    (
        "processed-once",
        "An application that relies on exactly-once processes a record twice or not at all, e.g. a transfer is booked twice or lost.",
    ),
    (
        "value-intact",
        "The application processes other data than its input topic has, or an output results from a record that does not exist.",
    ),
    (
        "nothing-beyond",
        "An output is visible and its input does not count as consumed. The next run processes the input again, and a transfer is booked twice.",
    ),
    (
        "output-order",
        "Results of one key appear in the wrong order, e.g. an old balance replaces a newer one.",
    ),
    (
        "input-progress",
        "The application stops before the end of its input. Its lag stays, although nothing reports an error.",
    ),
    (
        "torn-transaction",
        "Consumers see a part of an atomic change, e.g. the debit of a transfer without its credit.",
    ),
    (
        "aborted-read",
        "Consumers process records that their producer withdrew. If the producer repeats the transaction, they process them twice.",
    ),
    (
        "early-read",
        "Consumers act on records that may still be withdrawn. If the transaction is aborted, they have acted on data that never existed.",
    ),
    (
        "one-outcome",
        "A part of an atomic change is permanent and the rest is withdrawn: topics that were written together contradict each other for ever.",
    ),
    (
        "lost-transaction",
        "A committed transaction is gone: all of its records were confirmed to the producer, and no consumer will ever get them.",
    ),
    (
        "zombie-accepted",
        "A producer that was replaced, e.g. after a long pause, still changes data. It can abort or extend the work of its successor.",
    ),
    (
        "zombie-published",
        "Two instances of one application publish results of the same input. Consumers process them twice.",
    ),
    (
        "lso-too-high",
        "Consumers with read_committed can pass an open transaction. They skip its records or see them before the decision.",
    ),
    (
        "lso-stuck",
        "Consumers with read_committed stop in this partition until an operator ends the transaction that blocks it, although producers still write.",
    ),
    (
        "open-too-long",
        "A transaction of a producer that crashed blocks all consumers with read_committed in its partitions for longer than agreed.",
    ),
    (
        "commit-not-visible",
        "A service that commits and then reads up to the end offset does not see its own commit.",
    ),
    (
        "offsets-early",
        "A consumer resumes after input whose transaction may still be aborted. If it is aborted, this input is never processed.",
    ),
    (
        "offsets-of-aborted",
        "Input whose transaction was aborted counts as consumed. It is never processed again, so its results are lost.",
    ),
    (
        "offsets-torn",
        "Results and progress contradict each other. After a restart, an input is processed twice or never.",
    ),
    (
        "unstable-for-ever",
        "Consumers that restart cannot find out where to resume. The partition is not processed until an operator intervenes.",
    ),
    (
        "transaction-duplicate",
        "Consumers get a record of a transaction twice, although its producer is idempotent.",
    ),
    (
        "transaction-order",
        "Consumers get the records of a transaction in the wrong order, e.g. an old value after a newer one.",
    ),
    (
        "marker-agreement",
        "Which transactions consumers see depends on the node that leads. After a fail-over, committed records vanish or aborted ones appear.",
    ),
    (
        "false-fence",
        "A healthy producer ends with a fatal error and must be restarted by its application. Its transaction is lost.",
    ),
];
