//! The figures of a run or a scenario in `results.json`: the values of the page, with their units in their names.

use serde::Serialize;

use crate::measures::Measures;

/// The figures; null where one was not measured.
#[derive(Serialize)]
pub(super) struct MeasuresEntry {
    operations_ok: u64,
    operations_fail: u64,
    operations_info: u64,
    longest_gap_ms: Option<u64>,
    recovery_ms: Option<u64>,
    changes_of_leader: u64,
    faults_in_effect: u64,
    append_p99_us: Option<u64>,
    probe_records: u64,
    acknowledged_in_time: u64,
}

impl MeasuresEntry {
    /// The entry.
    pub(super) fn of(measures: &Measures<'_>) -> MeasuresEntry {
        MeasuresEntry {
            operations_ok: measures.ops.ok,
            operations_fail: measures.ops.fail,
            operations_info: measures.ops.info,
            longest_gap_ms: measures.longest_gap.map(|gap| gap.length_ms),
            recovery_ms: measures.recovery.map(|(figure, _)| figure.value),
            changes_of_leader: measures.changes_of_leader,
            faults_in_effect: measures.faults_in_effect,
            append_p99_us: measures.append_p99_us,
            probe_records: measures.probe_records,
            acknowledged_in_time: measures.acknowledged_in_time,
        }
    }
}
