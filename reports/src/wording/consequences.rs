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
        "Acknowledged data is gone: a payment or an order was confirmed to its sender, and no consumer will ever get it.",
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
        "Clients go on sending to a deposed leader. Their requests time out, or are lost if the leader accepts them.",
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
];
