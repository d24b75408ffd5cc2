//! What single reads show: garbage, aborted, intermediate and future reads.

use super::anomaly::PhenomenonKind;
use super::findings::Findings;
use super::input::{Action, Transactions};
use super::shape::Shape;
use super::witness::Witness;
use super::writers::{Standing, Writers};
use crate::history::Outcome;

/// Checks every version that a read of a transaction that happened saw.
///
/// G1b is of the version that was read, the last one: a list contains all intermediate ones. One's own intermediate
/// versions are not anomalies. A log shows records one by one, so that an intermediate one is not an anomaly there
/// either.
///
/// A log's consumers are given only what is safe, whatever becomes of the operation: so each poll counts there, and one
/// that returns what its own transaction sends is an anomaly by itself, ahead of the send or after it.
pub(super) fn check(
    transactions: &Transactions,
    shape: Shape,
    writers: &Writers,
    findings: &mut Findings,
) {
    for (reader, transaction) in transactions.each() {
        if !transaction.is(Outcome::Ok) && shape != Shape::Logs {
            continue;
        }
        for (step, action) in transactions.steps(transaction) {
            let Action::Read { from, to, .. } = action else {
                continue;
            };
            let saw = transactions.saw(from, to);
            for version in saw {
                let kind = match writers.standing(*version) {
                    _ if shape == Shape::Logs && writers.is_by(*version, reader) => {
                        PhenomenonKind::PrecommittedRead
                    }
                    Standing::Nobody => PhenomenonKind::GarbageRead,
                    Standing::Failed => PhenomenonKind::G1a,
                    _ if writers.writes_later(*version, reader, step) => PhenomenonKind::FutureRead,
                    _ => continue,
                };
                let writer = writers.of(*version).or(writers.failed(*version));
                findings.add(kind, || of_read(transactions, reader, writer, *version));
            }
            if let Some(version) = saw.last()
                && let Some(writer) = writers.of(*version)
                && writer != reader
                && shape != Shape::Logs
                && !writers.is_final(*version)
            {
                findings.add(PhenomenonKind::G1b, || {
                    of_read(transactions, reader, Some(writer), *version)
                });
            }
        }
    }
}

/// A read that saw a version it must not have seen.
pub(super) fn of_read(
    transactions: &Transactions,
    reader: u32,
    writer: Option<u32>,
    version: u32,
) -> Witness {
    let (key, value) = &transactions.versions[version as usize];
    Witness::Read {
        reader: transactions.id(reader),
        writer: writer.map(|writer| transactions.id(writer)),
        key: transactions.key_name(*key),
        value: value.clone(),
    }
}
