//! The five pages that a run can end with, small enough to be read as golden files.

use checkers::verdict::{Doubt, Validity};
use reports::RunReport;
use reports::model::{Operation, ScenarioReport, Series};

use super::{ms, report};

/// Name and report of each case.
pub(crate) fn all() -> [(&'static str, RunReport); 5] {
    [
        ("valid", valid()),
        ("invalid", small(report())),
        ("undecided", undecided()),
        ("interrupted", interrupted()),
        ("not-run", not_run()),
    ]
}

/// Nothing wrong.
pub(crate) fn valid() -> RunReport {
    let mut report = small(report());
    for scenario in &mut report.scenarios {
        keep(scenario, &[Validity::Valid, Validity::NotApplicable]);
        (scenario.excerpts, scenario.logs) = (vec![], vec![]);
    }
    report.comparison = None;
    report.exit_code = 0;
    report
}

/// Nothing wrong, but something could not be judged.
pub(crate) fn undecided() -> RunReport {
    let mut report = small(report());
    for scenario in &mut report.scenarios {
        keep(
            scenario,
            &[
                Validity::Valid,
                Validity::NotApplicable,
                Validity::Undecided,
            ],
        );
        (scenario.excerpts, scenario.logs) = (vec![], vec![]);
    }
    report.comparison = None;
    report.exit_code = 2;
    report
}

/// The user stopped it in the middle of a fault.
pub(crate) fn interrupted() -> RunReport {
    let mut report = valid();
    report.run.interrupted = true;
    report.run.duration_ms = 27_000;
    report.exit_code = 130;
    for scenario in &mut report.scenarios {
        scenario.duration_ms = 27_000;
        scenario.faults.retain(|f| f.begin_ns < ms(27_000));
        for fault in &mut scenario.faults {
            fault.end_ns = fault.end_ns.filter(|end| *end < ms(27_000));
        }
        scenario.phases.truncate(2);
        scenario.judgement.gaps.retain(|g| g.to < ms(27_000));
        scenario.judgement.elections.retain(|e| e.at < ms(27_000));
        for lane in &mut scenario.judgement.lanes {
            lane.leading.retain(|s| s.from < ms(27_000));
            lane.down.retain(|s| s.from < ms(27_000));
            lane.silent.clear();
        }
        for verdict in &mut scenario.judgement.verdicts {
            if verdict.validity == Validity::Valid {
                verdict.doubt(Doubt::Interrupted);
            }
        }
    }
    report
}

/// Nothing ran at all.
pub(crate) fn not_run() -> RunReport {
    let mut report = small(report());
    report.scenarios.clear();
    report.comparison = None;
    report.run.duration_ms = 0;
    report.exit_code = 253;
    report.warnings = vec!["no private network: unshare was refused (EPERM)".into()];
    report
}

fn keep(scenario: &mut ScenarioReport, validities: &[Validity]) {
    scenario
        .judgement
        .verdicts
        .retain(|v| validities.contains(&v.validity));
    scenario
        .judgement
        .gaps
        .retain(|g| validities.contains(&g.validity));
}

/// The same with coarse charts.
pub(crate) fn small(mut report: RunReport) -> RunReport {
    for scenario in &mut report.scenarios {
        thin(&mut scenario.series);
        let mut index = 0;
        scenario.lag.retain(|_| every(&mut index));
        for excerpt in &mut scenario.excerpts {
            let proves = |o: &Operation| o.op < 20_000;
            excerpt
                .operations
                .retain(|o| proves(o) || every(&mut index));
        }
    }
    report
}

fn every(index: &mut usize) -> bool {
    *index += 1;
    (*index).is_multiple_of(25)
}

fn thin(series: &mut Series) {
    let mut index = 0;
    series.rate.retain(|_| every(&mut index));
    series.availability.retain(|_| every(&mut index));
    for latency in &mut series.latency {
        latency.quantiles.retain(|_| every(&mut index));
        latency.density.retain(|_| every(&mut index));
        latency.marks.retain(|_| every(&mut index));
    }
}
