//! The comparison's entry in `results.json`.

use serde::Serialize;

use crate::model::{Comparison, FigureChange, FigureOutcome, FindingStatus};

#[derive(Serialize)]
pub(super) struct ComparisonEntry<'a> {
    run: &'a str,
    version: &'a str,
    accepted: &'a str,
    new: Vec<Name<'a>>,
    ongoing: Vec<Name<'a>>,
    rare: Vec<Name<'a>>,
    resolved: Vec<Name<'a>>,
    differences: &'a [String],
    figures_not_compared: &'a str,
    figures: Vec<Figure<'a>>,
}

#[derive(Serialize)]
struct Name<'a> {
    scenario: &'a str,
    check: &'a str,
    kind: &'a str,
}

#[derive(Serialize)]
struct Figure<'a> {
    scenario: &'a str,
    name: &'a str,
    unit: &'a str,
    baseline: f64,
    value: f64,
    change_percent: Option<f64>,
    limit_percent: f64,
    pairs: u64,
    p: Option<f64>,
    outcome: FigureOutcome,
}

impl<'a> ComparisonEntry<'a> {
    pub(super) fn of(comparison: &'a Comparison) -> ComparisonEntry<'a> {
        let named = |status: FindingStatus| -> Vec<Name<'a>> {
            let these = comparison.findings.iter().filter(|f| f.status == status);
            these
                .map(|f| Name {
                    scenario: &f.scenario,
                    check: &f.check,
                    kind: &f.kind,
                })
                .collect()
        };
        ComparisonEntry {
            run: &comparison.baseline.run,
            version: &comparison.baseline.version,
            accepted: &comparison.baseline.accepted,
            new: named(FindingStatus::New),
            ongoing: named(FindingStatus::Ongoing),
            rare: named(FindingStatus::Rare),
            resolved: named(FindingStatus::Resolved),
            differences: &comparison.differences,
            figures_not_compared: &comparison.figures_not_compared,
            figures: comparison.figures.iter().map(figure).collect(),
        }
    }
}

fn figure(figure: &FigureChange) -> Figure<'_> {
    Figure {
        scenario: &figure.scenario,
        name: &figure.name,
        unit: &figure.unit,
        baseline: figure.baseline,
        value: figure.value,
        change_percent: figure.change_percent(),
        limit_percent: figure.limit_percent,
        pairs: figure.pairs,
        p: figure.p,
        outcome: figure.outcome,
    }
}
