//! The figures of a run. Each has one name, one definition and one value: tiles, tables, captions, JSON, Markdown and the
//! terminal take it from here, and the glossary of the page states its definition. Read on before you show a number
//! anywhere.

use checkers::judgement::{Explanation, Gap};
use checkers::verdict::{Figure, Validity};

use crate::format::{group, latency_us, length_ms, sum_of};
use crate::model::{OpsCount, RunReport, ScenarioReport};

use crate::definitions::APPEND_WAIT;
pub(crate) use crate::definitions::Name;

/// The figures of one scenario, or of a run: then each is the worst of its scenarios, or their sum.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measures<'a> {
    /// Operations by outcome.
    pub(crate) ops: OpsCount,
    /// The longest gap that was compared with a limit.
    pub(crate) longest_gap: Option<&'a Gap>,
    /// The figure of the check `append-liveness`, and the verdict of that check.
    pub(crate) append_wait: Option<(&'a Figure, Validity)>,
    /// The figure of the check `recovery`, and the verdict of that check.
    pub(crate) recovery: Option<(&'a Figure, Validity)>,
    /// Changes of leader or epoch after formation.
    pub(crate) changes_of_leader: u64,
    /// Fault windows that took effect.
    pub(crate) faults_in_effect: u64,
    /// Fault windows that were started.
    pub(crate) faults_started: u64,
    /// The 99th percentile of the latency of appends.
    pub(crate) append_p99_us: Option<u64>,
    /// Records of the produce probe.
    pub(crate) probe_records: u64,
    /// Those of them that were acknowledged within a second of being sent.
    pub(crate) acknowledged_in_time: u64,
}

impl<'a> Measures<'a> {
    /// Those of a scenario.
    pub(crate) fn of_scenario(scenario: &'a ScenarioReport) -> Measures<'a> {
        let judgement = &scenario.judgement;
        let after_formation = judgement
            .elections
            .iter()
            .filter(|election| election.explained != Explanation::Formation);
        let figure = |check: &str, name: &str| {
            let verdict = judgement.verdict(check)?;
            let figure = verdict.figures.iter().find(|f| f.name == name)?;
            Some((figure, verdict.validity))
        };
        let latency = scenario.series.latency.iter();
        let probe = &scenario.series.availability;
        Measures {
            ops: scenario.ops,
            longest_gap: judgement.gaps.iter().max_by_key(|g| (g.length_ms, g.from)),
            append_wait: figure("append-liveness", APPEND_WAIT),
            recovery: figure("recovery", "recovery_ms"),
            changes_of_leader: after_formation.count() as u64,
            faults_in_effect: scenario.faults_in_effect().count() as u64,
            faults_started: scenario.faults.len() as u64,
            append_p99_us: latency
                .filter(|l| l.call == "append")
                .map(|l| l.p99_us)
                .max(),
            probe_records: sum_of(probe.iter().map(|b| b.attempted)),
            acknowledged_in_time: sum_of(probe.iter().map(|b| b.acknowledged.min(b.attempted))),
        }
    }

    /// Those of a run.
    pub(crate) fn of_run(report: &'a RunReport) -> Measures<'a> {
        let all = report.scenarios.iter().map(Measures::of_scenario);
        all.fold(Measures::default(), Measures::joined)
    }

    fn joined(self, other: Measures<'a>) -> Measures<'a> {
        let add = u64::saturating_add;
        let gaps = [self.longest_gap, other.longest_gap];
        let worst = |all: [Option<(&'a Figure, Validity)>; 2]| {
            all.into_iter().flatten().max_by_key(|(f, _)| f.value)
        };
        Measures {
            ops: OpsCount {
                ok: add(self.ops.ok, other.ops.ok),
                fail: add(self.ops.fail, other.ops.fail),
                info: add(self.ops.info, other.ops.info),
            },
            longest_gap: gaps.into_iter().flatten().max_by_key(|g| g.length_ms),
            append_wait: worst([self.append_wait, other.append_wait]),
            recovery: worst([self.recovery, other.recovery]),
            changes_of_leader: add(self.changes_of_leader, other.changes_of_leader),
            faults_in_effect: add(self.faults_in_effect, other.faults_in_effect),
            faults_started: add(self.faults_started, other.faults_started),
            append_p99_us: self.append_p99_us.max(other.append_p99_us),
            probe_records: add(self.probe_records, other.probe_records),
            acknowledged_in_time: add(self.acknowledged_in_time, other.acknowledged_in_time),
        }
    }

    /// Whether the load's clients waited for longer than the produce probe. Who reads the gap alone would not know.
    pub(crate) fn waits_beyond_gap(&self) -> bool {
        let gap = self.longest_gap.map_or(0, |gap| gap.length_ms);
        self.append_wait.is_some_and(|(wait, _)| wait.value > gap)
    }

    /// The value as every text shows it; none if it was not measured.
    pub(crate) fn shown(&self, name: Name) -> Option<String> {
        match name {
            Name::OperationsOk => Some(group(self.ops.ok)),
            Name::OperationsFail => Some(group(self.ops.fail)),
            Name::OperationsInfo => Some(group(self.ops.info)),
            Name::LongestGap => self.longest_gap.map(|gap| length_ms(gap.length_ms)),
            Name::AppendWait => self.append_wait.map(|(figure, _)| length_ms(figure.value)),
            Name::Recovery => self.recovery.map(|(figure, _)| length_ms(figure.value)),
            Name::ChangesOfLeader => Some(group(self.changes_of_leader)),
            Name::FaultsInEffect => Some(group(self.faults_in_effect)),
            Name::AppendP99 => self.append_p99_us.map(latency_us),
            Name::AcknowledgedInTime => (self.probe_records > 0).then(|| {
                let share =
                    u128::from(self.acknowledged_in_time) * 10_000 / u128::from(self.probe_records);
                format!("{}.{:02} %", share / 100, share % 100)
            }),
        }
    }
}
