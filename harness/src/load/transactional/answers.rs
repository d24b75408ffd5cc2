//! What the refusals of coordinators and leaders mean to a producer, and which of them say that a request did nothing.

/// What a producer does after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// Ask the same node again.
    Again,
    /// Ask who is responsible, and ask that node.
    Elsewhere,
    /// Another producer has taken over the transactional id, or the coordinator has timed the transaction out.
    Fenced,
    /// Give the transaction up.
    GiveUp,
}

/// After a refusal of the coordinator.
pub(super) fn of_coordinator(error: &str) -> Reaction {
    match error {
        "CONCURRENT_TRANSACTIONS"
        | "COORDINATOR_LOAD_IN_PROGRESS"
        | "REQUEST_TIMED_OUT"
        | "UNKNOWN_TOPIC_OR_PARTITION" => Reaction::Again,
        "NOT_COORDINATOR" | "COORDINATOR_NOT_AVAILABLE" => Reaction::Elsewhere,
        error if is_fenced(error) => Reaction::Fenced,
        _ => Reaction::GiveUp,
    }
}

/// After a refusal of a Produce request. Its batch has a sequence number, so that sending it again stores it once.
pub(super) fn of_leader(error: &str) -> Reaction {
    match error {
        "CONCURRENT_TRANSACTIONS"
        | "NOT_ENOUGH_REPLICAS"
        | "NOT_ENOUGH_REPLICAS_AFTER_APPEND"
        | "REQUEST_TIMED_OUT" => Reaction::Again,
        "NOT_LEADER_OR_FOLLOWER"
        | "LEADER_NOT_AVAILABLE"
        | "FENCED_LEADER_EPOCH"
        | "UNKNOWN_LEADER_EPOCH"
        | "KAFKA_STORAGE_ERROR"
        | "UNKNOWN_TOPIC_OR_PARTITION" => Reaction::Elsewhere,
        error if is_fenced(error) => Reaction::Fenced,
        _ => Reaction::GiveUp,
    }
}

fn is_fenced(error: &str) -> bool {
    matches!(error, "INVALID_PRODUCER_EPOCH" | "PRODUCER_FENCED")
}

/// Whether a refused EndTxn certainly did not end the transaction. NOT_COORDINATOR does not say so: a coordinator that loses
/// its office while it writes the outcome answers with it (Kafka), and its successor may find the outcome.
pub(super) fn did_not_end(error: &str) -> bool {
    is_fenced(error)
        || matches!(
            error,
            "CONCURRENT_TRANSACTIONS"
                | "COORDINATOR_LOAD_IN_PROGRESS"
                | "INVALID_TXN_STATE"
                | "INVALID_PRODUCER_ID_MAPPING"
                | "UNKNOWN_PRODUCER_ID"
                | "INVALID_REQUEST"
                | "UNSUPPORTED_VERSION"
        )
}

/// Whether a refused Produce certainly stored nothing.
pub(super) fn did_not_store(error: &str, not_leader_means_not_written: bool) -> bool {
    is_fenced(error)
        || matches!(
            error,
            "INVALID_TXN_STATE"
                | "CONCURRENT_TRANSACTIONS"
                | "OUT_OF_ORDER_SEQUENCE_NUMBER"
                | "UNKNOWN_PRODUCER_ID"
                | "INVALID_PRODUCER_ID_MAPPING"
                | "TRANSACTION_ABORTABLE"
                | "NOT_ENOUGH_REPLICAS"
                | "UNKNOWN_TOPIC_OR_PARTITION"
                | "INVALID_REQUEST"
                | "UNSUPPORTED_VERSION"
        )
        || (not_leader_means_not_written && error == "NOT_LEADER_OR_FOLLOWER")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On every broker: Kafka's coordinator may have written the outcome before it lost its office.
    #[test]
    fn an_end_that_met_no_coordinator_is_unknown() {
        for unknown in [
            "NOT_COORDINATOR",
            "COORDINATOR_NOT_AVAILABLE",
            "REQUEST_TIMED_OUT",
        ] {
            assert!(!did_not_end(unknown), "{unknown}");
        }
        assert!(did_not_end("INVALID_PRODUCER_EPOCH") && did_not_end("INVALID_TXN_STATE"));
        assert_eq!(of_coordinator("NOT_COORDINATOR"), Reaction::Elsewhere);
    }

    #[test]
    fn not_leader_needs_the_promise() {
        assert!(did_not_store("NOT_LEADER_OR_FOLLOWER", true));
        assert!(!did_not_store("NOT_LEADER_OR_FOLLOWER", false));
        assert!(!did_not_store("NOT_ENOUGH_REPLICAS_AFTER_APPEND", true));
        assert_eq!(of_leader("INVALID_PRODUCER_EPOCH"), Reaction::Fenced);
        assert_eq!(of_leader("INVALID_TXN_STATE"), Reaction::GiveUp);
    }
}
