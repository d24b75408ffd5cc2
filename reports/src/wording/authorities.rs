//! Where promises come from, as far as several families of findings share them.

/// Order and recency of a log.
pub(super) const LOG: &str = "linearizability of an append-only log (Herlihy and Wing 1990)";
/// What Kafka documents about offsets and order.
pub(super) const KAFKA: &str =
    "Kafka's log: an offset names one record, and a partition keeps its order";
/// What a deletion of records means.
pub(super) const DELETED: &str = "KIP-107: DeleteRecords and its low watermark";
/// What an acknowledgement means.
pub(super) const ACKS: &str = "the acknowledgement of a Produce request with acks=all";
/// What Jepsen's Kafka workload checks.
pub(super) const JEPSEN: &str = "Jepsen's Kafka workload";
/// A limit that the target's file states.
pub(super) const LIMIT: &str = "a limit of the target's configuration, stated in the report";
/// A limit that does not apply while the machine is starved.
pub(super) const SERVED: &str =
    "a limit of the target's configuration; a starved machine is excluded";
