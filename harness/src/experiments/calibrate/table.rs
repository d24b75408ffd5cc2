//! The harness's table of plants: what provokes each plant, which workload it needs, which checks and findings detect
//! it, and how a calibration runs it. The broker's own table says what a plant does. A test below ensures that both
//! tables name the same plants.

use std::time::Duration;

use anyhow::Result;

use crate::load::{Chosen, workloads};
use crate::reference::{self, Offered};

/// When a finding can be caused by the plant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Always: the plant needs no provocation.
    Always,
    /// During formation: the finding starts before the load does.
    Forming,
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
    /// When a finding can be caused by it.
    pub when: When,
}

/// The values that most rows have in common.
const USUAL: Row = Row {
    name: "",
    trigger: &[],
    workload: "append",
    caught_by: &[],
    not_seen_because: None,
    findings: &[],
    plant: "",
    faults: "none",
    seconds: 0,
    when: When::Always,
};

/// Faults that separate the leader from the other nodes or from the clients, for longer than an election.
const NEW_LEADER: &[&str] = &[
    "isolate:leader",
    "deaf:leader",
    "mute:leader",
    "halves:leader",
    "pause:leader",
    "kill:leader",
];
/// Faults that cut off a leader that clients still reach, before it has sent its last messages.
const CUT_LEADER: &[&str] = &["isolate:leader", "mute:leader"];
/// Faults that separate the leader and a follower, or stop one of them.
const BROKEN_LINK: &[&str] = &[
    "cut-link:leader-to-follower",
    "cut-link:follower-to-leader",
    "cut-link-one-way:leader-to-follower",
    "cut-link-one-way:follower-to-leader",
    "isolate",
    "deaf",
    "mute",
    "halves",
    "pause",
    "kill",
];
/// Faults that isolate a node until it requests votes, and then reconnect it.
const COMES_BACK: &[&str] = &[
    "isolate",
    "deaf",
    "mute",
    "halves",
    "cut-link:leader-to-follower",
    "cut-link:follower-to-leader",
    "cut-link-one-way:leader-to-follower",
    "cut-link-one-way:follower-to-leader",
    "pause",
];
/// Faults that make a node read its stored data.
const RESTART: &[&str] = &["kill:leader", "kill:follower", "rolling-restart"];

/// Every plant, in the order of the broker's table.
pub const ROWS: &[Row] = &[
    Row {
        name: "serial-sender",
        trigger: BROKEN_LINK,
        caught_by: &["unexplained-election", "terms-burned", "availability"],
        findings: &["unexplained-election", "terms-burned", "gap"],
        plant: "serial-sender",
        faults: "cut-link:leader-to-follower,isolate:follower,kill:follower",
        seconds: 25,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "task-per-message",
        trigger: COMES_BACK,
        caught_by: &["unexplained-election", "terms-burned", "stale-leader"],
        findings: &["unexplained-election", "terms-burned", "stale-leader"],
        plant: "task-per-message",
        faults: "isolate:follower,deaf:follower",
        seconds: 25,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "blocking-forward",
        caught_by: &["node-responds"],
        findings: &["node-silent"],
        plant: "blocking-forward",
        faults: "none",
        seconds: 10,
        when: When::Always,
        ..USUAL
    },
    Row {
        name: "startup-storm",
        caught_by: &["formation"],
        findings: &["formation-term", "slow-formation", "never-formed"],
        plant: "startup-storm",
        faults: "none",
        seconds: 5,
        when: When::Forming,
        ..USUAL
    },
    Row {
        name: "no-check-quorum",
        trigger: &["isolate:leader", "deaf:leader", "mute:leader"],
        caught_by: &["stale-leader"],
        findings: &["stale-leader"],
        plant: "no-check-quorum",
        faults: "isolate:leader",
        seconds: 25,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "no-pre-vote",
        trigger: COMES_BACK,
        caught_by: &["unexplained-election", "terms-burned"],
        findings: &["unexplained-election", "terms-burned"],
        plant: "no-pre-vote",
        faults: "isolate:follower,deaf:follower",
        seconds: 25,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "hard-state-not-persisted",
        trigger: RESTART,
        caught_by: &["epochs-go-forward", "one-leader-per-epoch"],
        findings: &["epoch-went-back", "two-leaders"],
        plant: "hard-state-not-persisted",
        faults: "kill:leader,rolling-restart",
        seconds: 30,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "ack-before-replicate",
        trigger: NEW_LEADER,
        caught_by: &["lost-write"],
        findings: &["lost-write"],
        plant: "ack-before-replicate",
        faults: "isolate:leader,mute:leader",
        seconds: 25,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "ack-before-fsync",
        not_seen_because: Some(
            "it takes a fault that drops unsynced data; the simulation of the broker has one",
        ),
        ..USUAL
    },
    Row {
        name: "error-as-success",
        trigger: &["isolate:leader", "deaf:leader", "mute:leader"],
        caught_by: &["outcome-contradiction", "lost-write"],
        findings: &["acknowledged-without-offset", "lost-write"],
        plant: "error-as-success",
        faults: "isolate:leader,deaf:leader",
        seconds: 25,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "not-persisted-lie",
        trigger: &["deaf:leader", "isolate:leader", "mute:leader"],
        caught_by: &["failed-write-seen", "duplicate"],
        findings: &["failed-write-seen", "duplicate"],
        plant: "not-persisted-lie",
        faults: "deaf:leader",
        seconds: 25,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "offset-reuse",
        trigger: NEW_LEADER,
        caught_by: &["inconsistent-offset", "lost-write"],
        findings: &["inconsistent-offset", "lost-write"],
        plant: "offset-reuse",
        faults: "kill:leader,pause:leader",
        seconds: 25,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "truncated-recovery",
        trigger: &["kill:follower", "rolling-restart"],
        caught_by: &["unprovoked-exit", "lost-write"],
        findings: &["unprovoked-exit", "lost-write"],
        plant: "truncated-recovery",
        faults: "kill:follower,rolling-restart",
        seconds: 30,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "high-watermark-regression",
        trigger: NEW_LEADER,
        caught_by: &["log-recency"],
        findings: &["end-offset-behind"],
        plant: "high-watermark-regression",
        faults: "pause:leader,kill:leader",
        seconds: 25,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "stale-leader-reads",
        trigger: &["isolate:leader", "deaf:leader", "mute:leader"],
        caught_by: &["log-recency", "stale-leader"],
        findings: &["end-offset-behind", "stale-leader"],
        plant: "stale-leader-reads",
        faults: "isolate:leader",
        seconds: 25,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "follower-serves",
        caught_by: &["log-recency"],
        findings: &["end-offset-behind"],
        plant: "follower-serves",
        faults: "none",
        seconds: 15,
        when: When::Always,
        ..USUAL
    },
    Row {
        name: "fetch-beyond-commit",
        trigger: CUT_LEADER,
        caught_by: &["inconsistent-offset", "phantom-value"],
        findings: &["inconsistent-offset", "phantom-value"],
        plant: "fetch-beyond-commit",
        faults: "isolate:leader,mute:leader",
        seconds: 30,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "duplicate-on-retry",
        trigger: NEW_LEADER,
        workload: "idempotent",
        caught_by: &["duplicate"],
        findings: &["duplicate"],
        plant: "duplicate-on-retry",
        faults: "kill:leader,pause:leader",
        seconds: 30,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "corrupt-record",
        caught_by: &["phantom-value", "lost-write"],
        findings: &["phantom-value", "lost-write"],
        plant: "corrupt-record",
        faults: "none",
        seconds: 15,
        when: When::Always,
        ..USUAL
    },
    Row {
        name: "skipped-offset",
        trigger: NEW_LEADER,
        caught_by: &["poll-skip", "lost-write"],
        findings: &["poll-skip", "lost-write"],
        plant: "skipped-offset",
        faults: "kill:leader,pause:leader",
        seconds: 25,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "topic-forgotten",
        workload: "admin",
        caught_by: &["metadata-agreement"],
        findings: &["topic-differs"],
        plant: "topic-forgotten",
        faults: "none",
        seconds: 15,
        when: When::Always,
        ..USUAL
    },
    Row {
        name: "topic-wrong-shape",
        workload: "admin",
        caught_by: &["metadata-agreement"],
        findings: &["topic-differs"],
        plant: "topic-wrong-shape",
        faults: "none",
        seconds: 10,
        when: When::Always,
        ..USUAL
    },
    Row {
        name: "delete-not-applied",
        trigger: RESTART,
        workload: "admin",
        caught_by: &["metadata-agreement"],
        findings: &["topic-differs"],
        plant: "delete-not-applied",
        faults: "kill:follower,kill:leader",
        seconds: 25,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "freeze-after-idle",
        caught_by: &["node-responds"],
        findings: &["node-silent"],
        // On one node only, so that the finding can be attributed to that node. It freezes sooner than by default.
        plant: "freeze-after-idle=10@n2",
        faults: "none",
        seconds: 20,
        when: When::Always,
        ..USUAL
    },
    Row {
        name: "slow-leak",
        trigger: BROKEN_LINK,
        caught_by: &["resource-growth"],
        findings: &["resource-growth"],
        // A third of it is recognised as growth, because only a link that was noticed as silent fills the queue. It
        // leaks faster than by default, so that two windows are enough.
        plant: "slow-leak=96",
        faults: "isolate:follower,cut-link:leader-to-follower",
        seconds: 30,
        when: When::Provoked,
        ..USUAL
    },
    Row {
        name: "slow-commit",
        not_seen_because: Some(
            "nothing is wrong with what it does; a comparison of performance sees it",
        ),
        ..USUAL
    },
    Row {
        name: "unsynced-vote",
        not_seen_because: Some(
            "it takes a fault that drops unsynced data; the simulation of the broker has one",
        ),
        ..USUAL
    },
    Row {
        name: "old-term-by-count",
        not_seen_because: Some(
            "it takes three leaders lost within milliseconds; the simulation of the broker gets there",
        ),
        ..USUAL
    },
    Row {
        name: "unready-leader",
        not_seen_because: Some(
            "it is over within milliseconds of an election; the simulation of the broker gets there",
        ),
        ..USUAL
    },
];

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
