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
pub(crate) const LIMIT: &str = "a limit of the target, see “Which rules applied” on the page";
/// A limit that does not apply while the machine is starved.
pub(super) const SERVED: &str =
    "a limit of the target's configuration; a starved machine is excluded";
/// What membership of a group means.
pub(super) const GROUPS: &str = "Kafka's consumer groups";
/// What the time-outs of a group mean.
pub(super) const TIMEOUTS: &str = "the group's time-outs and a limit of the target's configuration";
/// What an acknowledged commit of offsets means.
pub(super) const COMMITS: &str = "the acknowledgement of an OffsetCommit request";
/// What transactions promise.
pub(super) const TRANSACTIONS: &str = "KIP-98: transactions";
/// What a take-over of a transactional id means.
pub(super) const FENCING: &str =
    "KIP-98: a take-over of a transactional id fences its former producer";
/// What exactly-once processing promises.
pub(super) const EXACTLY_ONCE: &str = "KIP-98, KIP-447: consume, transform, produce";
/// What only some targets promise.
pub(super) const PROMISED: &str = "a promise of the target's configuration";
