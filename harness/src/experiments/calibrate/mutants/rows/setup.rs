//! InitProducerId, FindCoordinator and ApiVersions.

use super::super::super::table::Row;
use super::{equivalent, killed, unserved};

const fn idempotent(name: &'static str) -> Row {
    killed(
        name,
        &[
            "lost-write",
            "duplicate",
            "inconsistent-offset",
            "availability",
            "append-liveness",
        ],
        &[
            "lost-write",
            "duplicate",
            "inconsistent-offset",
            "gap",
            "appends-stalled",
            "appends-refused",
        ],
    )
    .with("idempotent")
    .within(20)
}

/// Members do not find the coordinator of their group.
const fn misled(name: &'static str) -> Row {
    killed(
        name,
        &["coordinator-agreement", "coordinator-liveness"],
        &["two-coordinators", "coordinator-stalled"],
    )
    .with("group")
    .within(30)
}

/// Clients that begin find no API that they need.
const fn at_the_start(name: &'static str) -> Row {
    unserved(name).within(20)
}

pub(super) const ROWS: &[Row] = &[
    idempotent("producer-id-twice"),
    // All nodes together would exchange ids, and each would still be given once.
    idempotent("producer-id-of-the-next").on("producer-id-of-the-next@n1"),
    idempotent("producer-id-missing"),
    equivalent(
        "producer-epoch-ahead",
        "nobody else has the id, and a broker takes the first epoch that it sees with it; a later one is higher still",
    )
    .with("idempotent"),
    idempotent("producer-id-refused"),
    idempotent("producer-id-forbidden"),
    misled("coordinator-found"),
    misled("coordinator-wrong-host"),
    at_the_start("versions-without-produce"),
    at_the_start("versions-without-fetch"),
    at_the_start("versions-without-metadata"),
    at_the_start("versions-empty"),
    at_the_start("versions-fetch-ahead"),
    equivalent(
        "versions-fetch-behind",
        "a broker may offer less than it has; clients take the older version",
    ),
];
