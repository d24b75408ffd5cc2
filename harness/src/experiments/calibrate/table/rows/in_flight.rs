//! Rows of defects that only many writes in flight show.

use super::super::Row;
use super::USUAL;

/// Many small requests in flight, from producers that send each record once.
const SMALL_AND_MANY: &[(&str, &str)] = &[
    ("batch.num.messages", "1"),
    ("burst", "200"),
    ("enable.idempotence", "false"),
    ("linger.ms", "0"),
    ("max.in.flight.requests.per.connection", "100"),
    ("message.send.max.retries", "0"),
    ("partitions", "4"),
    ("session", "0"),
    ("sizes", "small"),
    ("window", "1000"),
];

/// A defect of many writes in flight, which needs no fault.
pub(super) const fn in_flight(
    name: &'static str,
    caught_by: &'static [&'static str],
    findings: &'static [&'static str],
) -> Row {
    Row {
        name,
        workload: "pipeline",
        load: SMALL_AND_MANY,
        caught_by,
        findings,
        plant: name,
        seconds: 15,
        ..USUAL
    }
}
