//! Produce.

use super::super::super::table::Row;
use super::{equivalent, killed, unserved};

/// A record is acknowledged where it is not.
const MISPLACED: (&[&str], &[&str]) = (
    &["inconsistent-offset", "duplicate", "lost-write"],
    &["inconsistent-offset", "duplicate", "lost-write"],
);

const fn misplaced(name: &'static str) -> Row {
    killed(name, MISPLACED.0, MISPLACED.1)
}

/// A record is refused and there.
const fn refused(name: &'static str) -> Row {
    killed(name, &["failed-write-seen"], &["failed-write-seen"])
}

pub(super) const ROWS: &[Row] = &[
    misplaced("produce-offset-ahead"),
    misplaced("produce-offset-ahead-seldom"),
    misplaced("produce-offset-behind"),
    misplaced("produce-offset-zero"),
    killed(
        "produce-offset-missing",
        &["outcome-contradiction"],
        &["acknowledged-without-offset"],
    ),
    misplaced("produce-offset-repeated"),
    misplaced("produce-offset-of-another"),
    refused("produce-refused-as-not-leader"),
    refused("produce-refused-as-too-large"),
    refused("produce-refused-as-unknown-topic"),
    refused("produce-refused-as-corrupt"),
    unserved("produce-refused-one-partition"),
    equivalent(
        "produce-timed-out",
        "REQUEST_TIMED_OUT says that the record may have been written, and it was: clients must treat it as unknown",
    ),
    unserved("produce-timed-out-always"),
    unserved("produce-unknown-error"),
    killed(
        "produce-success-instead-of-error",
        &["lost-write", "inconsistent-offset", "duplicate"],
        &["lost-write", "inconsistent-offset", "duplicate"],
    )
    .when_the_leader_is_cut(),
    unserved("produce-another-partition"),
    unserved("produce-another-topic"),
    unserved("produce-partition-missing"),
    equivalent(
        "produce-log-start-ahead",
        "no producer acts by the log start; where a log begins, consumers learn from Fetch and ListOffsets",
    ),
    equivalent(
        "produce-append-time",
        "the offset and the outcome of the write are true; the time is that of the answer, and no record has it",
    ),
    equivalent(
        "produce-throttled",
        "a broker may ask any client to slow down; what it costs is measured as latency",
    ),
];
