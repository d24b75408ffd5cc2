//! Produce.

use super::super::super::table::Row;
use super::{equivalent, killed};

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

/// Nothing is acknowledged.
const fn gap(name: &'static str) -> Row {
    killed(
        name,
        &["availability", "served-after-heal"],
        &["gap", "not-served"],
    )
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
    gap("produce-refused-one-partition"),
    equivalent(
        "produce-timed-out",
        "REQUEST_TIMED_OUT says that the record may have been written, and it was: clients must treat it as unknown",
    ),
    gap("produce-timed-out-always"),
    gap("produce-unknown-error"),
    killed(
        "produce-success-instead-of-error",
        &["lost-write", "inconsistent-offset", "duplicate"],
        &["lost-write", "inconsistent-offset", "duplicate"],
    )
    .when_the_leader_is_cut(),
    gap("produce-another-partition"),
    gap("produce-another-topic"),
    gap("produce-partition-missing"),
    killed("produce-log-start-ahead", &["lost-write"], &["lost-write"]),
    equivalent(
        "produce-append-time",
        "the offset and the outcome of the write are true; the time is that of the answer, and no record has it",
    ),
    equivalent(
        "produce-throttled",
        "a broker may ask any client to slow down; what it costs is measured as latency",
    ),
];
