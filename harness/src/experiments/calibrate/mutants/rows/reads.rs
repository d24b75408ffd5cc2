//! Fetch, and OffsetForLeaderEpoch, which consumers ask after an election.

use super::super::super::table::Row;
use super::{equivalent, killed, unserved};

/// A record is not where it was acknowledged.
const CONTENT: (&[&str], &[&str]) = (
    &[
        "inconsistent-offset",
        "phantom-value",
        "duplicate",
        "lost-write",
        "altered-record",
    ],
    &[
        "inconsistent-offset",
        "phantom-value",
        "duplicate",
        "lost-write",
        "altered-record",
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

/// The final reads, which take the log's bounds from the answer.
const fn bounds(name: &'static str) -> Row {
    killed(
        name,
        &[
            "lost-write",
            "log-recency",
            "log-start",
            "offsets-served",
            "read-contradiction",
        ],
        &[
            "lost-write",
            "end-offset-behind",
            "end-offset-beyond",
            "log-start-unexplained",
            "log-start-went-back",
            "offset-out-of-range",
            "served-beyond-watermark",
        ],
    )
}

pub(super) const ROWS: &[Row] = &[
    bounds("fetch-high-watermark-ahead"),
    bounds("fetch-high-watermark-behind"),
    bounds("fetch-high-watermark-frozen"),
    bounds("fetch-stable-offset-behind"),
    bounds("fetch-log-start-ahead"),
    bounds("fetch-log-start-negative"),
    unserved("fetch-log-start-lost"),
    unserved("fetch-out-of-range"),
    unserved("fetch-out-of-range-always"),
    unserved("fetch-not-leader"),
    unserved("fetch-unknown-topic"),
    unserved("fetch-storage-error"),
    unserved("fetch-error-as-nothing-new").when_the_leader_is_cut(),
    unserved("fetch-nothing"),
    unserved("fetch-nothing-for-5s"),
    unserved("fetch-nothing-of-one-partition"),
    unserved("fetch-end-of-log"),
    unserved("fetch-records-null"),
    unserved("fetch-partition-missing"),
    content("fetch-partitions-exchanged"),
    unserved("fetch-replica-unknown"),
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
    unserved("fetch-checksum-wrong"),
    unserved("epoch-end-ahead").when_the_leader_is_lost(),
    unserved("epoch-end-behind").when_the_leader_is_lost(),
    unserved("epoch-end-zero").when_the_leader_is_lost(),
    unserved("epoch-end-undefined").when_the_leader_is_lost(),
    unserved("epoch-end-epoch-behind").when_the_leader_is_lost(),
    unserved("epoch-end-epoch-ahead").when_the_leader_is_lost(),
    unserved("epoch-end-refused").when_the_leader_is_lost(),
    unserved("epoch-end-partition-missing").when_the_leader_is_lost(),
];
