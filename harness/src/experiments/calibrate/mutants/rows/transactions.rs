//! AddPartitionsToTxn, AddOffsetsToTxn, TxnOffsetCommit, EndTxn, and what nodes say of open transactions.

use super::super::super::table::Row;
use super::{equivalent, killed};

/// Raw producers of short transactions.
const RAW: &[(&str, &str)] = &[("client", "raw"), ("abort", "30"), ("pause", "0")];
/// The same, and they add partitions by requests of their own.
const RAW_V1: &[(&str, &str)] = &[
    ("client", "raw"),
    ("abort", "30"),
    ("pause", "0"),
    ("protocol", "v1"),
];
/// The same, and each transaction has another epoch.
const RAW_V2: &[(&str, &str)] = &[
    ("client", "raw"),
    ("abort", "30"),
    ("pause", "0"),
    ("protocol", "v2"),
];
/// Workers that add their group by a request of its own.
const V1: &[(&str, &str)] = &[("static", "false"), ("protocol", "v1")];
/// Workers that are not static members.
const DYNAMIC: &[(&str, &str)] = &[("static", "false")];

/// No transaction ends, or none begins.
const fn unended(name: &'static str) -> Row {
    killed(
        name,
        &["coordinator-liveness", "input-progress"],
        &["coordinator-stalled", "input-left"],
    )
    .with("transactions")
    .loaded(RAW_V1)
    .within(30)
}

/// What is told of a transaction contradicts what became of it.
const fn another_end(name: &'static str) -> Row {
    killed(
        name,
        &[
            "aborted-read",
            "lost-transaction",
            "torn-transaction",
            "zombie-accepted",
            "false-fence",
            "commit-not-visible",
        ],
        &[
            "aborted-read",
            "lost-transaction",
            "torn-transaction",
            "zombie-accepted",
            "falsely-fenced",
            "commit-not-visible",
        ],
    )
    .with("transactions")
    .loaded(RAW)
    .within(20)
}

pub(super) const ROWS: &[Row] = &[
    unended("txn-partitions-refused"),
    killed(
        "txn-partitions-fenced",
        &["false-fence"],
        &["falsely-fenced"],
    )
    .with("transactions")
    .loaded(RAW_V1)
    .within(20),
    killed(
        "txn-partitions-success-instead-of-error",
        &["zombie-accepted"],
        &["zombie-accepted"],
    )
    .with("fence")
    .loaded(&[("protocol", "v1")])
    .within(20),
    unended("txn-offsets-refused").with("exactly-once").loaded(V1),
    killed(
        "txn-commit-success-instead-of-error",
        &["processed-once", "zombie-accepted", "fenced-commit", "offsets-torn", "commit-lost"],
        &[
            "input-twice",
            "zombie-accepted",
            "fenced-commit",
            "offsets-torn",
            "commit-lost",
        ],
    )
    .with("exactly-once")
    .loaded(DYNAMIC)
    .within(60),
    unended("txn-commit-refused").with("exactly-once").loaded(DYNAMIC),
    unended("txn-commit-partition-missing")
        .with("exactly-once")
        .loaded(DYNAMIC),
    killed(
        "end-success-instead-of-error",
        &["zombie-accepted", "lost-transaction"],
        &["zombie-accepted", "lost-transaction"],
    )
    .with("fence")
    .within(20),
    another_end("end-fenced-instead-of-success"),
    another_end("end-invalid-instead-of-success"),
    unended("end-refused"),
    killed(
        "end-epoch-ahead",
        &["coordinator-liveness", "false-fence"],
        &["coordinator-stalled", "falsely-fenced"],
    )
    .with("transactions")
    .loaded(RAW_V2)
    .within(30),
    killed(
        "end-epoch-behind",
        &["coordinator-liveness", "false-fence"],
        &["coordinator-stalled", "falsely-fenced"],
    )
    .with("transactions")
    .loaded(RAW_V2)
    .within(30),
    equivalent(
        "transactions-state-complete",
        "only operators read the state, and what is open too long is seen in the partitions",
    )
    .with("transactions"),
    equivalent(
        "transactions-empty",
        "only operators read the list, and at most times no transaction need be open",
    )
    .with("transactions"),
    killed(
        "transaction-start-long-ago",
        &["open-too-long"],
        &["open-too-long"],
    )
    .with("transactions")
    .loaded(&[("client", "raw"), ("pause", "200"), ("sends", "8")])
    .within(20),
    equivalent(
        "producers-start-missing",
        "only operators read where open transactions begin",
    )
    .with("transactions"),
    unended("txn-partitions-never"),
    unended("txn-offsets-never").with("exactly-once").loaded(V1),
    unended("txn-commit-never").with("exactly-once").loaded(DYNAMIC),
    unended("end-never"),
    equivalent(
        "end-late",
        "a producer that waited too long does not know whether its transaction was committed, and begins anew",
    )
    .with("transactions")
    .loaded(RAW),
    unended("end-closed"),
    unended("end-truncated"),
];
