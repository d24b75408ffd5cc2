//! The harness's table and the broker's agree, and every row can be run.

use std::collections::BTreeSet;

use checkers::verdict::Finding;

use super::*;
use crate::experiments::calibrate::table::When;

fn rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().copied().flatten()
}

#[test]
fn every_mutant_is_in_both_tables() {
    let known: BTreeSet<&str> = rows().map(|row| row.name).collect();
    let offered: BTreeSet<&str> = reference::mutants().map(|one| one.name).collect();
    assert_eq!(known, offered);
    assert_eq!(rows().count(), known.len(), "a name twice");
    assert!(known.len() >= 100);
}

/// A row says either which check must find what, or why no client can suffer from the lie.
#[test]
fn rows_are_whole() {
    let checks: Vec<&str> = checkers::checks::TABLE
        .iter()
        .map(|check| check.name)
        .collect();
    for row in rows() {
        let kills = [!row.caught_by.is_empty(), !row.findings.is_empty()];
        assert_eq!(kills, [row.is_detectable(); 2], "{}", row.name);
        assert!(row.seconds > 0 && row.plant.starts_with(row.name));
        assert_eq!(row.when == When::Provoked, row.faults != "none");
        for check in row.caught_by {
            assert!(checks.contains(check), "{}: no check {check}", row.name);
        }
        for finding in row.findings {
            let is_known = Finding::NAMES.contains(finding);
            assert!(is_known, "{}: no finding {finding}", row.name);
        }
        reference::mutated(row.plant).expect(row.name);
        let conditions = Faults::Own.conditions(row).expect(row.name);
        assert_eq!(conditions.faults, row.faults);
    }
}

#[test]
fn shards_have_every_mutant_once() {
    let mut all = Vec::new();
    for number in 1..=5 {
        let part = chosen(&[], Some(Shard { number, of: 5 })).expect("all");
        all.extend(part.into_iter().map(|(row, _)| row.name));
    }
    let unique: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!((unique.len(), all.len()), (rows().count(), rows().count()));
    let error = chosen(&["comet".to_owned()], None).expect_err("no such mutant");
    assert!(error.to_string().contains("comet"));
}
