//! Metadata and DescribeQuorum.

use super::super::super::table::Row;
use super::{equivalent, killed};

/// Clients go where nobody serves them.
const fn gap(name: &'static str) -> Row {
    killed(
        name,
        &["availability", "cluster-shape"],
        &["gap", "shape-differs", "identity-differs"],
    )
}

/// A node leaves out replicas.
const fn in_sync(name: &'static str) -> Row {
    killed(name, &["replicas-in-sync"], &["replicas-out-of-sync"])
}

/// Nodes contradict each other, or themselves.
const fn leaders(name: &'static str) -> Row {
    killed(
        name,
        &[
            "one-leader-per-epoch",
            "epochs-go-forward",
            "disagreement",
            "stale-leader",
            "availability",
            "cluster-shape",
            "request-liveness",
            "read-liveness",
        ],
        &[
            "two-leaders",
            "epoch-went-back",
            "disagreement",
            "stale-leader",
            "flapping",
            "gap",
            "leaderless",
            "shape-differs",
            "requests-stalled",
            "reads-stalled",
        ],
    )
}

const fn topics(name: &'static str) -> Row {
    killed(
        name,
        &["metadata-agreement", "availability", "cluster-shape"],
        &["topic-differs", "gap", "shape-differs"],
    )
    .with("admin")
}

pub(super) const ROWS: &[Row] = &[
    leaders("metadata-leader-another"),
    leaders("metadata-leader-another-seldom").on("metadata-leader-another-seldom@n2"),
    leaders("metadata-leader-another-for-5s").on("metadata-leader-another-for-5s@n2"),
    leaders("metadata-leader-of-one-partition").on("metadata-leader-of-one-partition@n3"),
    leaders("metadata-leader-itself"),
    leaders("metadata-leader-none"),
    leaders("metadata-leader-unknown"),
    leaders("metadata-leader-stale").when_the_leader_is_cut(),
    leaders("metadata-epoch-ahead").on("metadata-epoch-ahead@n1"),
    leaders("metadata-epoch-ahead-seldom"),
    leaders("metadata-epoch-behind").on("metadata-epoch-behind@n1"),
    leaders("metadata-epoch-frozen").when_the_leader_is_lost(),
    leaders("metadata-epoch-missing"),
    gap("metadata-broker-missing"),
    gap("metadata-broker-added"),
    gap("metadata-brokers-exchanged"),
    gap("metadata-host-wrong"),
    gap("metadata-port-wrong"),
    equivalent(
        "metadata-controller-another",
        "every node passes on what only the leader can do, and Kafka's own brokers name one at random (KIP-590)",
    ),
    gap("metadata-cluster-id"),
    topics("metadata-partition-missing"),
    topics("metadata-partition-added"),
    topics("metadata-topic-unknown"),
    topics("metadata-topic-missing"),
    topics("metadata-topic-another"),
    gap("metadata-topic-id-changed"),
    leaders("metadata-not-available"),
    equivalent(
        "metadata-error-instead-of-nothing",
        "the leader of such a partition is still -1, which clients treat like the error",
    )
    .when_the_leader_is_cut(),
    in_sync("metadata-replicas-missing"),
    in_sync("metadata-in-sync-missing"),
    leaders("quorum-leader-another").on("quorum-leader-another@n1"),
    leaders("quorum-leader-itself"),
    leaders("quorum-leader-none"),
    leaders("quorum-leader-none-for-5s"),
    killed(
        "quorum-epoch-ahead",
        &["one-leader-per-epoch", "terms-burned", "disagreement"],
        &["two-leaders", "terms-burned", "disagreement"],
    )
    .on("quorum-epoch-ahead@n2"),
    killed(
        "quorum-epoch-far-ahead",
        &["terms-burned"],
        &["terms-burned"],
    ),
    killed(
        "quorum-epoch-behind",
        &["epochs-go-forward"],
        &["epoch-went-back"],
    ),
    leaders("quorum-epoch-frozen").when_the_leader_is_lost(),
    leaders("quorum-voter-missing"),
    equivalent(
        "quorum-voter-end",
        "how far a voter is changes all the time; clients do not act by it, and what is on a node is read from the node",
    ),
    equivalent(
        "quorum-high-watermark-zero",
        "it is the one of the metadata log, which clients cannot read; what is committed of their records is read",
    ),
    leaders("quorum-refused"),
    leaders("quorum-partition-missing"),
];
