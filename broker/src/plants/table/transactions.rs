//! The plants of transactions, as rows of the table. All act when the leader proposes an entry or when a node encodes a
//! checkpoint or answers; applying an entry is the same on every node, whatever is planted in it.

use super::{Entry, number};
use crate::rules::{EndAnswered, Markers, StableOffset};

pub(super) const LATE_END_TXN: Entry = Entry {
    name: "late-end-txn",
    does: "an EndTxn is executed once more some time later, on whatever transaction its producer \
        has open then",
    happened: "KAFKA-17754: a delayed copy of an EndTxn ended the next transaction of the same \
        producer",
    parameter: number(
        "the milliseconds after which it is executed again",
        300,
        600_000,
    ),
    plant: |broken, after_ms| broken.rules.late_end_ms = Some(after_ms),
};

pub(super) const TORN_COMMIT: Entry = Entry {
    name: "torn-commit",
    does: "a leader that commits a transaction which was begun under another one aborts it in \
        the last partition",
    happened: "chronik: a marker that could not be written was passed over, and EndTxn \
        acknowledged",
    parameter: None,
    plant: |broken, _| broken.rules.markers = Markers::LastOfOlderTermsAborts,
};

pub(super) const COMMIT_BEFORE_LOG: Entry = Entry {
    name: "commit-before-log",
    does: "EndTxn is acknowledged when its entry is proposed",
    happened: "Redpanda (Jepsen, 2022): writes of acknowledged transactions were lost",
    parameter: None,
    plant: |broken, _| broken.rules.end_answered = EndAnswered::Proposed,
};

pub(super) const LSO_PAST_OPEN: Entry = Entry {
    name: "lso-past-open",
    does: "the last stable offset is the high watermark, whatever is open below it",
    happened: "Redpanda #3036 (Jepsen, 2022): consumers that read what is committed read aborted \
        records",
    parameter: None,
    plant: |broken, _| broken.rules.stable_offset = StableOffset::HighWatermark,
};

pub(super) const ABORTS_FORGOTTEN: Entry = Entry {
    name: "aborts-forgotten",
    does: "checkpoints do not contain which transactions were aborted",
    happened: "chronik: the index of aborted transactions was in memory only",
    parameter: None,
    plant: |broken, _| broken.rules.checkpoint_keeps_aborted = false,
};

pub(super) const HANGING_TRANSACTION: Entry = Entry {
    name: "hanging-transaction",
    does: "checkpoints do not contain open transactions, and so these never end in the \
        partitions",
    happened: "Redpanda #30003 (2026): a snapshot dropped an open transaction; KAFKA-14402: \
        hanging transactions",
    parameter: None,
    plant: |broken, _| broken.rules.checkpoint_keeps_open = false,
};

pub(super) const INIT_KEEPS_OPEN: Entry = Entry {
    name: "init-keeps-open",
    does: "InitProducerId raises the epoch and leaves the open transaction open",
    happened: "franz-go's kfake: the next commit published what the producer before had left",
    parameter: None,
    plant: |broken, _| broken.rules.init_ends_open = false,
};

pub(super) const ZOMBIE_EPOCH: Entry = Entry {
    name: "zombie-epoch",
    does: "Produce and EndTxn take any epoch of a transactional producer",
    happened: "Bufstream (Jepsen, 2024): transactions of a producer and of the one that \
        replaced it were mixed",
    parameter: None,
    plant: |broken, _| broken.rules.fences_epochs = false,
};
