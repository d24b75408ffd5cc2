//! Plants of transactions. Most need transactions that are open when something else happens, so their loads are fixed to long
//! ones: half a second, in several partitions, many of them aborted.

use super::{CUT_LEADER, NEW_LEADER, Row, USUAL, When};

/// Transactions that are open for long.
const LONG: &[(&str, &str)] = &[
    ("abort", "30"),
    ("client", "raw"),
    ("life", "200"),
    ("pause", "200"),
    ("sends", "8"),
    ("spread", "4"),
    ("topics", "2"),
    ("partitions", "4"),
];

/// The same by producers that keep their epoch: a late request of theirs is not fenced.
const LONG_V1: &[(&str, &str)] = &[
    ("abort", "30"),
    ("client", "raw"),
    ("life", "200"),
    ("pause", "200"),
    ("sends", "8"),
    ("spread", "4"),
    ("topics", "2"),
    ("partitions", "4"),
    ("protocol", "v1"),
];

/// A copy of an EndTxn ends the next transaction of its producer, half a second later.
pub(super) const LATE_END_TXN: Row = Row {
    name: "late-end-txn",
    workload: "transactions",
    load: LONG_V1,
    caught_by: &[
        "aborted-read",
        "torn-transaction",
        "early-read",
        "one-outcome",
        "lost-transaction",
    ],
    findings: &[
        "aborted-read",
        "torn-transaction",
        "early-read",
        "two-outcomes",
        "lost-transaction",
    ],
    plant: "late-end-txn",
    seconds: 20,
    ..USUAL
};

/// A transaction must be open while its coordinator changes.
pub(super) const TORN_COMMIT: Row = Row {
    name: "torn-commit",
    trigger: NEW_LEADER,
    workload: "transactions",
    load: LONG,
    caught_by: &["torn-transaction", "one-outcome", "lost-transaction"],
    findings: &["torn-transaction", "two-outcomes", "lost-transaction"],
    plant: "torn-commit",
    faults: "isolate:leader,kill:leader",
    seconds: 30,
    when: When::Provoked,
    ..USUAL
};

/// A commit is acknowledged by a leader that loses its office before the commit is replicated.
pub(super) const COMMIT_BEFORE_LOG: Row = Row {
    name: "commit-before-log",
    trigger: CUT_LEADER,
    workload: "transactions",
    load: &[
        ("abort", "0"),
        ("client", "raw"),
        ("life", "200"),
        ("pause", "50"),
        ("sends", "2"),
        ("spread", "2"),
    ],
    caught_by: &[
        "lost-transaction",
        "torn-transaction",
        "commit-not-visible",
        "one-outcome",
    ],
    findings: &[
        "lost-transaction",
        "torn-transaction",
        "commit-not-visible",
        "two-outcomes",
    ],
    plant: "commit-before-log",
    faults: "isolate:leader,mute:leader",
    seconds: 30,
    when: When::Provoked,
    ..USUAL
};

/// Readers get what is not decided yet.
pub(super) const LSO_PAST_OPEN: Row = Row {
    name: "lso-past-open",
    workload: "transactions",
    load: LONG,
    caught_by: &["early-read", "aborted-read", "lso-too-high"],
    findings: &["early-read", "aborted-read", "stable-offset-too-high"],
    plant: "lso-past-open",
    seconds: 15,
    ..USUAL
};

/// A node begins with a checkpoint only if older segments of its log are gone.
pub(super) const ABORTS_FORGOTTEN: Row = Row {
    name: "aborts-forgotten",
    workload: "transactions",
    not_seen_because: Some(
        "a run of a minute fits into one segment, so that no node begins with a checkpoint; the \
         simulation of the broker gets there",
    ),
    ..USUAL
};

/// The same.
pub(super) const HANGING_TRANSACTION: Row = Row {
    name: "hanging-transaction",
    workload: "transactions",
    not_seen_because: Some(
        "a run of a minute fits into one segment, so that no node begins with a checkpoint; the \
         simulation of the broker gets there",
    ),
    ..USUAL
};

/// The commit of a second life publishes what the first one had left open.
pub(super) const INIT_KEEPS_OPEN: Row = Row {
    name: "init-keeps-open",
    workload: "fence",
    caught_by: &["zombie-published", "aborted-read", "torn-transaction"],
    findings: &["zombie-published", "aborted-read", "torn-transaction"],
    plant: "init-keeps-open",
    seconds: 15,
    ..USUAL
};

/// A first life goes on beside the second.
pub(super) const ZOMBIE_EPOCH: Row = Row {
    name: "zombie-epoch",
    workload: "fence",
    caught_by: &["zombie-accepted", "zombie-published"],
    findings: &["zombie-accepted", "zombie-published"],
    plant: "zombie-epoch",
    seconds: 15,
    ..USUAL
};
