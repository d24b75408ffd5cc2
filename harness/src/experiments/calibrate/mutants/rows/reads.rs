//! Fetch, and OffsetForLeaderEpoch, which consumers ask after an election.

use super::super::super::table::Row;
use super::{equivalent, killed};

/// A record is not where it was acknowledged.
const CONTENT: (&[&str], &[&str]) = (
    &[
        "inconsistent-offset",
        "phantom-value",
        "duplicate",
        "lost-write",
    ],
    &[
        "inconsistent-offset",
        "phantom-value",
        "duplicate",
        "lost-write",
    ],
);

const fn content(name: &'static str) -> Row {
    killed(name, CONTENT.0, CONTENT.1)
}

/// A consumer passes over records.
const fn skipped(name: &'static str) -> Row {
    killed(
        name,
        &["poll-skip", "lost-write"],
        &["poll-skip", "lost-write"],
    )
}

/// A consumer goes back.
const fn backwards(name: &'static str) -> Row {
    killed(
        name,
        &[
            "nonmonotonic-poll",
            "poll-skip",
            "duplicate",
            "inconsistent-offset",
        ],
        &[
            "nonmonotonic-poll",
            "poll-skip",
            "duplicate",
            "inconsistent-offset",
        ],
    )
}

/// A consumer gets nothing.
const fn starved(name: &'static str) -> Row {
    killed(
        name,
        &["availability", "served-after-heal", "unseen"],
        &["gap", "not-served", "never-served"],
    )
}

/// The final reads, which take the log's bounds from the answer.
const fn bounds(name: &'static str) -> Row {
    killed(
        name,
        &["lost-write", "log-recency"],
        &["lost-write", "end-offset-behind", "end-offset-beyond"],
    )
}

pub(super) const ROWS: &[Row] = &[
    bounds("fetch-high-watermark-ahead"),
    bounds("fetch-high-watermark-behind"),
    bounds("fetch-high-watermark-frozen"),
    bounds("fetch-stable-offset-behind"),
    bounds("fetch-log-start-ahead"),
    bounds("fetch-log-start-negative"),
    starved("fetch-log-start-lost"),
    starved("fetch-out-of-range"),
    starved("fetch-out-of-range-always"),
    starved("fetch-not-leader"),
    starved("fetch-unknown-topic"),
    starved("fetch-storage-error"),
    starved("fetch-error-as-nothing-new").when_the_leader_is_cut(),
    starved("fetch-nothing"),
    starved("fetch-nothing-for-5s"),
    starved("fetch-nothing-of-one-partition"),
    starved("fetch-end-of-log"),
    starved("fetch-records-null"),
    starved("fetch-partition-missing"),
    content("fetch-partitions-exchanged"),
    starved("fetch-replica-unknown"),
    equivalent(
        "fetch-session",
        "a client that goes on with the session is answered FETCH_SESSION_ID_NOT_FOUND, as after a session that was \
         forgotten, and asks for everything again",
    ),
    equivalent(
        "fetch-throttled",
        "a broker may ask any client to slow down; what it costs is measured as latency",
    ),
    skipped("fetch-first-batch-dropped"),
    equivalent(
        "fetch-last-batch-dropped",
        "an answer may end after any batch; the client asks for the rest",
    ),
    skipped("fetch-middle-batch-dropped"),
    skipped("fetch-first-record-dropped"),
    skipped("fetch-last-record-dropped"),
    backwards("fetch-batch-twice"),
    content("fetch-batch-again"),
    backwards("fetch-batches-reversed"),
    content("fetch-records-exchanged"),
    content("fetch-records-of-another"),
    content("fetch-offsets-ahead"),
    content("fetch-offsets-behind"),
    content("fetch-offsets-ahead-after-election").when_the_leader_is_lost(),
    content("fetch-value-changed"),
    content("fetch-value-null"),
    content("fetch-value-empty"),
    content("fetch-timestamp-changed"),
    content("fetch-key-added"),
    starved("fetch-checksum-wrong"),
    starved("epoch-end-ahead").when_the_leader_is_lost(),
    starved("epoch-end-behind").when_the_leader_is_lost(),
    starved("epoch-end-zero").when_the_leader_is_lost(),
    starved("epoch-end-undefined").when_the_leader_is_lost(),
    starved("epoch-end-epoch-behind").when_the_leader_is_lost(),
    starved("epoch-end-epoch-ahead").when_the_leader_is_lost(),
    starved("epoch-end-refused").when_the_leader_is_lost(),
    starved("epoch-end-partition-missing").when_the_leader_is_lost(),
];
