//! How each plant is run: the workload, the faults and the shortest time in which its trigger can act, and which findings
//! at which time are its own. The plants themselves, their triggers and the checks that must find them are the broker's
//! table.

use std::time::Duration;

use anyhow::Result;

use crate::config::plants::About;
use crate::load::{Chosen, workloads};

/// When a finding can be the plant's doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Always: the plant needs no provocation.
    Always,
    /// While the cluster formed: the finding begins before the load does.
    Forming,
    /// Only once a fault of a kind that provokes it has begun.
    Provoked,
}

/// How one plant is run.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// As `--plant` takes it: with a parameter or a node where the default would take longer or prove less.
    pub plant: &'static str,
    /// The faults, as `--faults` takes them.
    pub faults: &'static str,
    /// The longest load phase, in seconds.
    pub seconds: u64,
    /// When a finding can be its doing.
    pub when: When,
    /// The kinds of finding that it causes.
    pub findings: &'static [&'static str],
}

const fn row(
    name: &'static str,
    faults: &'static str,
    seconds: u64,
    when: When,
    findings: &'static [&'static str],
) -> Row {
    Row {
        name,
        plant: name,
        faults,
        seconds,
        when,
        findings,
    }
}

/// One row for every plant that can be found from outside. Faults are aimed where the plant can act: at the leader where
/// another must take over, at a follower where the leader shall not notice.
pub const ROWS: &[Row] = &[
    row(
        "serial-sender",
        "cut-link:leader-to-follower,isolate:follower,kill:follower",
        25,
        When::Provoked,
        &["unexplained-election", "terms-burned", "gap"],
    ),
    row(
        "task-per-message",
        "isolate:follower,deaf:follower",
        25,
        When::Provoked,
        &["unexplained-election", "terms-burned", "stale-leader"],
    ),
    row(
        "blocking-forward",
        "none",
        10,
        When::Always,
        &["node-silent"],
    ),
    row(
        "startup-storm",
        "none",
        5,
        When::Forming,
        &["formation-term", "slow-formation", "never-formed"],
    ),
    row(
        "no-check-quorum",
        "isolate:leader",
        25,
        When::Provoked,
        &["stale-leader"],
    ),
    row(
        "no-pre-vote",
        "isolate:follower,deaf:follower",
        25,
        When::Provoked,
        &["unexplained-election", "terms-burned"],
    ),
    row(
        "hard-state-not-persisted",
        "kill:leader,rolling-restart",
        30,
        When::Provoked,
        &["epoch-went-back", "two-leaders"],
    ),
    row(
        "ack-before-replicate",
        "isolate:leader,mute:leader",
        25,
        When::Provoked,
        &["lost-write"],
    ),
    row(
        "error-as-success",
        "isolate:leader,deaf:leader",
        25,
        When::Provoked,
        &["acknowledged-without-offset", "lost-write"],
    ),
    row(
        "not-persisted-lie",
        "deaf:leader",
        25,
        When::Provoked,
        &["failed-write-seen", "duplicate"],
    ),
    row(
        "offset-reuse",
        "kill:leader,pause:leader",
        25,
        When::Provoked,
        &["inconsistent-offset", "lost-write"],
    ),
    row(
        "truncated-recovery",
        "kill:follower,rolling-restart",
        30,
        When::Provoked,
        &["unprovoked-exit", "lost-write"],
    ),
    row(
        "high-watermark-regression",
        "pause:leader,kill:leader",
        25,
        When::Provoked,
        &["end-offset-behind"],
    ),
    row(
        "stale-leader-reads",
        "isolate:leader",
        25,
        When::Provoked,
        &["end-offset-behind", "stale-leader"],
    ),
    row(
        "follower-serves",
        "none",
        15,
        When::Always,
        &["end-offset-behind"],
    ),
    row(
        "fetch-beyond-commit",
        "isolate:leader,mute:leader",
        30,
        When::Provoked,
        &["inconsistent-offset", "phantom-value"],
    ),
    row(
        "duplicate-on-retry",
        "kill:leader,pause:leader",
        30,
        When::Provoked,
        &["duplicate"],
    ),
    row(
        "corrupt-record",
        "none",
        15,
        When::Always,
        &["phantom-value", "lost-write"],
    ),
    row(
        "skipped-offset",
        "kill:leader,pause:leader",
        25,
        When::Provoked,
        &["poll-skip", "lost-write"],
    ),
    row(
        "topic-forgotten",
        "none",
        15,
        When::Always,
        &["topic-differs"],
    ),
    row(
        "topic-wrong-shape",
        "none",
        10,
        When::Always,
        &["topic-differs"],
    ),
    row(
        "delete-not-applied",
        "kill:follower,kill:leader",
        25,
        When::Provoked,
        &["topic-differs"],
    ),
    Row {
        name: "freeze-after-idle",
        // On a node of its own, so that the finding can be told to be about that node; sooner than by default.
        plant: "freeze-after-idle=10@n2",
        faults: "none",
        seconds: 20,
        when: When::Always,
        findings: &["node-silent"],
    },
    Row {
        name: "slow-leak",
        // A third of it is seen as growth, because only silence that was noticed fills the queue: faster than by default,
        // so that two windows are enough.
        plant: "slow-leak=96",
        faults: "isolate:follower,cut-link:leader-to-follower",
        seconds: 30,
        when: When::Provoked,
        findings: &["resource-growth"],
    },
];

impl Row {
    /// The row of a plant.
    pub fn of(name: &str) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.name == name)
    }

    /// The longest load phase.
    pub fn time_limit(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// By what a finding counts as one of the plant, in words.
    pub fn reason(&self, about: &About) -> String {
        let when = match self.when {
            When::Always => "at any time".to_owned(),
            When::Forming => "that begins before the load does".to_owned(),
            When::Provoked => format!(
                "that ends after the first of these faults began: {}",
                about.trigger.join(", ")
            ),
        };
        let place = match self.plant.split_once('@') {
            Some((_, node)) => format!(", about {node}"),
            None => String::new(),
        };
        format!(
            "A finding counts as this bug's if it is one of {} by one of {}, {when}{place}.",
            self.findings.join(", "),
            about.caught_by.join(", ")
        )
    }
}

/// The workload that a plant needs.
///
/// # Errors
/// If the table names one that does not exist: a bug, which a test rules out.
pub fn workload(about: &About) -> Result<Chosen> {
    workloads::named(about.workload).map_err(anyhow::Error::msg)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use nemesis::catalogue::Selection;
    use nemesis::plan::Timing;

    use super::*;
    use crate::cli;
    use crate::config::plan;
    use crate::config::plants::Planted;

    /// Every plant is either run or honestly listed as not to be seen from outside.
    #[test]
    fn every_plant_has_a_row_or_a_reason() {
        for about in cli::broker::plants() {
            let row = Row::of(about.name);
            assert_eq!(
                row.is_none(),
                about.not_seen_because.is_some(),
                "{}",
                about.name
            );
        }
        let names: BTreeSet<&str> = ROWS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), ROWS.len());
    }

    /// A plant that a fault provokes is run under such faults and no others, and one that needs none under none: so a
    /// detection is the trigger's doing.
    #[test]
    fn faults_are_the_plants_triggers() {
        for about in cli::broker::plants() {
            let Some(row) = Row::of(about.name) else {
                continue;
            };
            let selection: Selection = row.faults.parse().expect("known faults");
            assert_eq!(
                selection.is_none(),
                about.trigger.is_empty(),
                "{}",
                row.name
            );
            assert_eq!(
                row.when == When::Provoked,
                !about.trigger.is_empty(),
                "{}",
                row.name
            );
            for word in row.faults.split(',').filter(|word| *word != "none") {
                let kind = word.split(':').next().unwrap_or(word);
                let known = about.trigger.contains(&word) || about.trigger.contains(&kind);
                assert!(known, "{}: {word}", row.name);
            }
        }
    }

    /// The time is long enough for two windows, whatever the seed.
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
    fn plants_and_workloads_are_known() {
        let known: Vec<&str> = checkers::checks::TABLE
            .iter()
            .map(|check| check.name)
            .collect();
        for about in cli::broker::plants() {
            for check in about.caught_by {
                assert!(known.contains(check), "{}: no check {check}", about.name);
            }
            workload(&about).expect("a workload");
        }
        for row in ROWS {
            row.plant.parse::<Planted>().expect("a plant");
        }
    }
}
