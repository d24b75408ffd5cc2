//! From a report over positions to a verdict over lines.

use super::model_name::ModelName;
use super::verdict::{ForeignVerdict, Open, Proof, Shown};
use crate::linearizability::{Failure, Limit, LinearizabilityReport, Undecided};
use crate::verdict::Validity;

/// A verdict over nothing yet.
pub(super) fn empty(name: &str, model: ModelName) -> ForeignVerdict {
    ForeignVerdict {
        name: name.to_owned(),
        model,
        validity: Validity::Valid,
        reason: String::new(),
        operations: 0,
        objects: 0,
        steps: 0,
        evidence: None,
        undecided: Vec::new(),
        warnings: Vec::new(),
    }
}

/// Adds what was found of some objects. The first failure is the evidence.
pub(super) fn add(
    verdict: &mut ForeignVerdict,
    report: LinearizabilityReport,
    object: Option<String>,
    shown: &impl Fn(usize) -> Shown,
) {
    verdict.validity = verdict.validity.merge(report.validity);
    verdict.operations += report.operations;
    verdict.objects += report.objects;
    verdict.steps += report.steps;
    if let (None, Some(failure)) = (&verdict.evidence, report.failure) {
        verdict.evidence = Some(proof(failure, object.clone(), shown));
    }
    if report.validity == Validity::Undecided && report.undecided.is_empty() {
        verdict.undecided.push(Open {
            object: object.clone(),
            limit: None,
            passed: 0,
            returns: report.operations,
            operation: None,
        });
    }
    for undecided in report.undecided {
        let Undecided {
            key,
            limit,
            passed,
            returns,
            operation,
        } = undecided;
        verdict.undecided.push(Open {
            object: object.clone().or(key),
            limit: Some(limit),
            passed,
            returns,
            operation: operation.map(shown),
        });
    }
}

fn proof(failure: Failure, object: Option<String>, shown: &impl Fn(usize) -> Shown) -> Proof {
    let all = |positions: &[usize]| positions.iter().map(|p| shown(*p)).collect();
    Proof {
        object: object.or_else(|| failure.key.map(|key| format!("key {key:?}"))),
        operation: shown(failure.operation),
        states: failure.states,
        state_count: failure.state_count,
        prefix: all(&failure.prefix),
        prefix_length: failure.prefix_length,
        sub_history: all(&failure.sub_history.operations),
        sub_history_from: failure.sub_history.from,
        sub_history_minimal: failure.sub_history.minimal,
        rule: failure.rule,
    }
}

/// Says why, in one sentence. Where nothing was judged, the answer is *undecided*: an empty file proves nothing.
pub(super) fn finish(mut verdict: ForeignVerdict) -> ForeignVerdict {
    if verdict.operations == 0 {
        verdict.validity = verdict.validity.merge(Validity::Undecided);
    }
    verdict.reason = match (&verdict.evidence, verdict.undecided.first()) {
        (Some(proof), _) => match proof.rule {
            Some(rule) => rule.sentence().to_owned(),
            None => format!("no order explains: {}", proof.operation.line()),
        },
        (None, Some(open)) => unfinished(open),
        (None, None) if verdict.operations == 0 => {
            "the history contains no operations to judge".to_owned()
        }
        (None, None) => {
            let on = match verdict.objects {
                1 => String::new(),
                objects => format!(" on {objects} objects"),
            };
            format!("{} operations{on} have a linearization", verdict.operations)
        }
    };
    verdict
}

fn unfinished(open: &Open) -> String {
    let what = match open.limit {
        None => return "a value was appended twice: offsets cannot be distinguished".to_owned(),
        Some(Limit::Bytes) if open.operation.is_none() => {
            return "too many operations are open at once for the budget of memory".to_owned();
        }
        Some(Limit::Bytes) => "memory",
        Some(Limit::Steps) => "steps",
    };
    let Open {
        passed, returns, ..
    } = open;
    format!("the budget of {what} ran out after {passed} of {returns} returns")
}
