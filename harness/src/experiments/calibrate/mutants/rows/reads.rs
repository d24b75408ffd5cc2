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

/// A client asks after an election whether its offset lies behind the end of the epoch that it read last.
const NOT_TRUNCATED: &str = "a client concludes that nothing was cut off below its offset, which is true: the node itself \
     loses nothing. A log that is cut off is found by what it serves";
const OFFSET_ONLY: &str = "clients compare the offset, which is true; librdkafka and the Java client do not look at the epoch unless it is -1";

pub(super) const ROWS: &[Row] = &[
    bounds("fetch-high-watermark-ahead"),
    bounds("fetch-high-watermark-behind"),
    bounds("fetch-high-watermark-frozen"),
    equivalent(
        "fetch-stable-offset-behind",
        "clients do not act by it: the broker itself ends an answer to read_committed there, and what it serves is judged",
    ),
    bounds("fetch-log-start-ahead"),
    equivalent(
        "fetch-log-start-negative",
        "-1 states no log start, as versions before 5 of Fetch have none; clients act only by one above their position",
    ),
    unserved("fetch-log-start-lost"),
    unserved("fetch-out-of-range"),
    unserved("fetch-out-of-range-always"),
    unserved("fetch-not-leader"),
    unserved("fetch-unknown-topic"),
    unserved("fetch-storage-error"),
    equivalent(
        "fetch-error-as-nothing-new",
        "a node that does not lead may serve what it has (KIP-392), which is nothing new; Metadata names the leader",
    )
    .when_the_leader_is_cut(),
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
    // Only this workload knows each record as a whole.
    content("fetch-timestamp-changed").with("pipeline"),
    content("fetch-key-added").with("pipeline"),
    unserved("fetch-checksum-wrong"),
    equivalent("epoch-end-ahead", NOT_TRUNCATED).when_the_leader_is_lost(),
    unserved("epoch-end-behind").when_the_leader_is_lost(),
    unserved("epoch-end-zero").when_the_leader_is_lost(),
    unserved("epoch-end-undefined").when_the_leader_is_lost(),
    equivalent("epoch-end-epoch-behind", OFFSET_ONLY).when_the_leader_is_lost(),
    equivalent("epoch-end-epoch-ahead", OFFSET_ONLY).when_the_leader_is_lost(),
    unserved("epoch-end-refused").when_the_leader_is_lost(),
    unserved("epoch-end-partition-missing").when_the_leader_is_lost(),
];
