//! A generator of ids. Authority: `jepsen.checker/unique-ids`.
//!
//! No id may be answered twice. *Not noticed*: ids that are out of order, or given out and never answered.

use std::collections::BTreeMap;

use super::report::InvariantReport;
use crate::linearizability::Operation;
use crate::linearizability::models::Datum;
use crate::verdict::Rule;

/// Judges ids: every action is one that was answered.
pub fn unique_ids<V: Datum>(operations: &[&Operation<V>]) -> InvariantReport {
    let mut report = InvariantReport::of(operations);
    let mut seen: BTreeMap<&V, usize> = BTreeMap::new();
    for (position, operation) in operations.iter().enumerate() {
        if operation.returned.is_none() {
            continue;
        }
        if let Some(before) = seen.insert(&operation.action, position) {
            let id = || format!("{:?}", operation.action);
            report.breach(Rule::SameId, &[before, position], id);
        }
    }
    report.count("ids", seen.len());
    if seen.is_empty() {
        report.doubt("no id was generated");
    }
    report
}
