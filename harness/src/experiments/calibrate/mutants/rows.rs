//! The rows of the mutants: for each lie of the broker's tables, the workload and the faults under which it is told, and
//! the checks that must find it, or why no client can suffer from it.

mod admin;
mod cluster;
mod groups;
mod offsets;
mod reads;
mod sent;
mod setup;
mod transactions;
mod writes;

use super::super::table::{RATE, REFERENCE, Row, When};

/// Every mutant, by the API whose answers it changes.
pub const ROWS: &[&[Row]] = &[
    writes::ROWS,
    reads::ROWS,
    offsets::ROWS,
    cluster::ROWS,
    setup::ROWS,
    admin::ROWS,
    groups::ROWS,
    transactions::ROWS,
    sent::ROWS,
];

/// The values that most rows have in common.
const USUAL: Row = Row {
    name: "",
    trigger: &[],
    workload: "append",
    load: &[],
    target: REFERENCE,
    promises: &[],
    caught_by: &[],
    not_seen_because: None,
    findings: &[],
    plant: "",
    faults: "none",
    seconds: 12,
    fault_seconds: None,
    rate: RATE,
    when: When::Loaded,
};

/// A lie that one of these checks must find, as one of these findings.
const fn killed(
    name: &'static str,
    caught_by: &'static [&'static str],
    findings: &'static [&'static str],
) -> Row {
    Row {
        name,
        plant: name,
        caught_by,
        findings,
        ..USUAL
    }
}

/// Somebody is not served: appends, polls or questions fail, or bring nothing.
const fn unserved(name: &'static str) -> Row {
    killed(
        name,
        &[
            "availability",
            "append-liveness",
            "read-liveness",
            "request-liveness",
            "offsets-served",
            "served-after-heal",
            "unseen",
        ],
        &[
            "gap",
            "appends-stalled",
            "appends-refused",
            "reads-stalled",
            "requests-stalled",
            "offset-out-of-range",
            "unreadable-records",
            "not-served",
            "never-served",
        ],
    )
}

/// A lie that no client can suffer from.
const fn equivalent(name: &'static str, why: &'static str) -> Row {
    Row {
        name,
        plant: name,
        not_seen_because: Some(why),
        ..USUAL
    }
}

impl Row {
    /// With a node: `NAME@n2`.
    const fn on(self, plant: &'static str) -> Row {
        Row { plant, ..self }
    }

    /// With this workload.
    const fn with(self, workload: &'static str) -> Row {
        Row { workload, ..self }
    }

    /// With what the seed would draw of the load.
    const fn loaded(self, load: &'static [(&'static str, &'static str)]) -> Row {
        Row { load, ..self }
    }

    /// For this many seconds.
    const fn within(self, seconds: u64) -> Row {
        Row { seconds, ..self }
    }

    /// Under faults that take the leader away: only then is it told, or heard.
    const fn when_the_leader_is_lost(self) -> Row {
        Row {
            trigger: &["kill:leader", "pause:leader"],
            faults: "kill:leader,pause:leader",
            seconds: 25,
            when: When::Provoked,
            ..self
        }
    }

    /// Under faults that leave clients with a leader that is cut off.
    const fn when_the_leader_is_cut(self) -> Row {
        Row {
            trigger: &["isolate:leader", "deaf:leader"],
            faults: "isolate:leader,deaf:leader",
            seconds: 25,
            when: When::Provoked,
            ..self
        }
    }
}
