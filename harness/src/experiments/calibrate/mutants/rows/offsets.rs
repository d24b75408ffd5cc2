//! ListOffsets.

use super::super::super::table::Row;
use super::{equivalent, killed, unserved};

/// An end behind what was acknowledged.
const fn behind(name: &'static str) -> Row {
    killed(name, &["log-recency"], &["end-offset-behind"])
}

/// An end beyond what was written.
const fn ahead(name: &'static str) -> Row {
    killed(
        name,
        &["log-order", "log-recency"],
        &["end-offset-beyond", "end-offset-ahead"],
    )
}

pub(super) const ROWS: &[Row] = &[
    ahead("list-end-ahead"),
    ahead("list-end-far-ahead"),
    behind("list-end-behind"),
    behind("list-end-far-behind"),
    behind("list-end-behind-after-election").when_the_leader_is_lost(),
    behind("list-end-frozen"),
    behind("list-end-zero"),
    behind("list-end-missing"),
    killed(
        "list-end-of-another",
        &["log-order", "log-recency"],
        &["end-offset-beyond", "end-offset-ahead", "end-offset-behind"],
    ),
    killed(
        "list-start-ahead",
        &["log-start"],
        &["log-start-unexplained"],
    ),
    killed(
        "list-epoch-ahead",
        &["epochs-go-forward", "one-leader-per-epoch"],
        &["epoch-went-back", "two-leaders"],
    ),
    killed(
        "list-epoch-behind",
        &["epochs-go-forward", "one-leader-per-epoch"],
        &["epoch-went-back", "two-leaders"],
    ),
    equivalent(
        "list-epoch-missing",
        "-1 stands for an epoch that is not known, which versions before 4 say always",
    ),
    behind("list-end-instead-of-error"),
    unserved("list-refused"),
    unserved("list-refused-one-partition"),
    unserved("list-partition-missing"),
    equivalent(
        "list-timestamp",
        "the end of a log is no record and has no time; clients that ask for the end do not read it",
    ),
];
