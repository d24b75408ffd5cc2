//! The harness's table of plants: what provokes each plant, which workload it needs, which checks and findings detect
//! it, and how a calibration runs it. The broker's own table says what a plant does. A test below ensures that both
//! tables name the same plants.

mod rows;

use std::time::Duration;

use anyhow::Result;

use crate::load::{Chosen, workloads};
use crate::reference::{self, Offered};

pub use rows::ROWS;

/// Operations per second of most runs. The rate is below the default, so that judging during the run does not starve the run.
pub const RATE: u32 = 500;

/// The target that a calibration runs.
pub const REFERENCE: &str = "reference";

/// When a finding can be caused by the plant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Always: the plant needs no provocation.
    Always,
    /// During formation: the finding starts before the load does.
    Forming,
    /// Under load: the finding ends after the load has begun. A mutant begins after the formation.
    Loaded,
    /// Only after a fault of a kind that provokes it has started.
    Provoked,
}

/// The harness's knowledge of one plant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// The faults that provoke it, any of them, each as `kind` or `kind:role`. Empty if none is needed. A finding
    /// counts as the plant's only after one of them, so the list must be complete: with a missing fault a detection
    /// would look accidental. Without these faults the node behaves correctly.
    pub trigger: &'static [&'static str],
    /// The workload that it needs. `append` means any.
    pub workload: &'static str,
    /// Values of the load that it needs, where the workload draws it.
    pub load: &'static [(&'static str, &'static str)],
    /// The built-in target that it needs: the reference broker, or a variant of it.
    pub target: &'static str,
    /// What the target states only with the plant, as `--promise` takes it.
    pub promises: &'static [&'static str],
    /// The checks that must detect it. One of them is enough.
    pub caught_by: &'static [&'static str],
    /// Why no check can detect it from outside. A calibration does not run such a plant.
    pub not_seen_because: Option<&'static str>,
    /// The kinds of finding that it causes.
    pub findings: &'static [&'static str],
    /// The value for `--plant`: with a parameter or a node if the default would take longer or prove less.
    pub plant: &'static str,
    /// The faults under which a calibration runs it, in the syntax of `--faults`. They target the node where it can
    /// act: the leader if another node must take over, a follower if the leader must not notice.
    pub faults: &'static str,
    /// The longest load phase, in seconds.
    pub seconds: u64,
    /// How long each fault lasts, in seconds. Drawn as for every run if absent.
    pub fault_seconds: Option<u64>,
    /// Operations per second.
    pub rate: u32,
    /// When a finding can be caused by it.
    pub when: When,
}

/// A plant: the harness's knowledge of it, and the broker's.
pub type Subject = (&'static Row, &'static Offered);

/// Every plant, in the order of the table.
pub fn subjects() -> impl Iterator<Item = Subject> {
    let offered = |row: &Row| reference::plants().iter().find(|one| one.name == row.name);
    ROWS.iter()
        .filter_map(move |row| offered(row).map(|one| (row, one)))
}

impl Row {
    /// The row of a plant.
    pub fn of(name: &str) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.name == name)
    }

    /// The longest load phase.
    pub fn time_limit(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// Whether a check can detect it. Only then does a calibration run it.
    pub fn is_detectable(&self) -> bool {
        self.not_seen_because.is_none()
    }

    /// The workload that it needs.
    ///
    /// # Errors
    /// If there is no such workload: a bug, which a test prevents.
    pub fn workload(&self) -> Result<Chosen> {
        workloads::named(self.workload).map_err(anyhow::Error::msg)
    }

    /// The condition under which a finding counts as one of the plant, in words.
    pub fn reason(&self) -> String {
        let when = match self.when {
            When::Always => "at any time".to_owned(),
            When::Loaded => "that ends under load".to_owned(),
            When::Forming => "that begins before the load does".to_owned(),
            When::Provoked => format!(
                "that ends after the first of these faults began: {}",
                self.trigger.join(", ")
            ),
        };
        let place = match self.plant.split_once('@') {
            Some((_, node)) => format!(", about {node}"),
            None => String::new(),
        };
        format!(
            "A finding counts as this bug's if it is one of {} by one of {}, {when}{place}.",
            self.findings.join(", "),
            self.caught_by.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use nemesis::catalogue::Selection;
    use nemesis::plan::Timing;

    use super::*;
    use crate::config::plan;
    use crate::config::plants::Planted;

    fn detectable() -> impl Iterator<Item = &'static Row> {
        ROWS.iter().filter(|row| row.is_detectable())
    }

    /// The broker's table and this one name the same plants, in the same order.
    #[test]
    fn every_plant_is_in_both_tables() {
        let known: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        let offered = reference::plants().iter().map(|entry| entry.name);
        assert_eq!(known, offered.collect::<Vec<_>>());
        for row in detectable() {
            reference::planted(row.plant).expect("a plant with its parameter");
        }
    }

    /// A row says either how its plant is detected, or why it cannot be detected.
    #[test]
    fn rows_are_whole() {
        for row in ROWS {
            let how = [
                !row.caught_by.is_empty(),
                !row.findings.is_empty(),
                !row.plant.is_empty(),
                row.seconds > 0,
            ];
            assert_eq!(how, [row.is_detectable(); 4], "{}", row.name);
        }
        let names: BTreeSet<&str> = ROWS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), ROWS.len());
    }

    /// A plant that a fault provokes runs only under such faults, and a plant that needs no fault runs without faults,
    /// so that a detection is caused by the trigger.
    #[test]
    fn faults_are_the_plants_triggers() {
        for row in detectable() {
            let selection: Selection = row.faults.parse().expect("known faults");
            let is_provoked = !row.trigger.is_empty();
            assert_eq!(selection.is_none(), !is_provoked, "{}", row.name);
            assert_eq!(row.when == When::Provoked, is_provoked, "{}", row.name);
            for word in row.faults.split(',').filter(|word| *word != "none") {
                let kind = word.split(':').next().unwrap_or(word);
                let known = row.trigger.contains(&word) || row.trigger.contains(&kind);
                assert!(known, "{}: {word}", row.name);
            }
        }
    }

    /// The time is enough for two windows, with any seed.
    #[test]
    fn the_trigger_can_act_twice() {
        for row in ROWS.iter().filter(|row| row.when == When::Provoked) {
            for seed in 0..50 {
                let timing = Timing::default();
                let plan = plan::draw(row.faults, row.time_limit(), seed, &timing);
                let windows = plan.expect("a plan").windows.len();
                assert!(windows >= 2, "{}: {windows} with seed {seed}", row.name);
            }
        }
    }

    #[test]
    fn checks_and_workloads_are_known() {
        let checks: Vec<&str> = checkers::checks::TABLE
            .iter()
            .map(|check| check.name)
            .collect();
        for row in ROWS {
            for check in row.caught_by {
                assert!(checks.contains(check), "{}: no check {check}", row.name);
            }
            row.workload().expect(row.name);
        }
        for row in detectable() {
            let planted: Planted = row.plant.parse().expect("a plant");
            assert_eq!(planted.name(), row.name);
        }
    }
}
