//! From a report over positions to a verdict over lines.

use super::model_name::ModelName;
use super::verdict::{ForeignVerdict, Open, Proof, Shown};
use crate::invariants::InvariantReport;
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
        notes: Vec::new(),
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
            reason: Some("a value was appended twice: offsets cannot be distinguished".to_owned()),
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
            reason: None,
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
        about: None,
    }
}

/// Adds what a judge that needs no search found of one object. Its first breach is the evidence.
pub(super) fn add_invariants(
    verdict: &mut ForeignVerdict,
    report: InvariantReport,
    object: Option<String>,
    shown: &impl Fn(usize) -> Shown,
) {
    verdict.validity = verdict.validity.merge(report.validity);
    verdict.operations += report.operations;
    verdict.objects += 1;
    let of = object.as_ref().map(|object| format!(" of {object}"));
    let of = of.unwrap_or_default();
    for breach in &report.breaches {
        let about = match breach.count {
            1 => breach.about.clone(),
            more => format!("{}, and {} more", breach.about, more - 1),
        };
        let all: Vec<Shown> = breach
            .witness
            .iter()
            .map(|position| shown(*position))
            .collect();
        let Some(last) = all.last().cloned() else {
            continue;
        };
        if verdict.evidence.is_some() {
            if verdict.notes.len() < NOTES_MAX {
                let sentence = breach.rule.sentence();
                let note = format!("also{of}: {sentence}: {about}: {}", last.line());
                verdict.notes.push(note);
            }
            continue;
        }
        verdict.evidence = Some(Proof {
            object: object.clone(),
            operation: last,
            states: Vec::new(),
            state_count: 0,
            prefix: Vec::new(),
            prefix_length: 0,
            sub_history: all,
            sub_history_from: Vec::new(),
            sub_history_minimal: true,
            rule: Some(breach.rule),
            about: Some(about),
        });
    }
    // Counts of a single object; of many keys they would bury what was found.
    if object.is_none() && !report.counts.is_empty() {
        let counts = report
            .counts
            .iter()
            .map(|count| format!("{} {}", count.count, count.what));
        verdict
            .notes
            .push(counts.collect::<Vec<String>>().join(", "));
    }
    if let Some(doubt) = report.doubt {
        verdict.undecided.push(Open {
            object,
            reason: Some(doubt.to_owned()),
            limit: None,
            passed: 0,
            returns: report.operations,
            operation: None,
        });
    }
}

/// Nothing but this reason is known of a history.
pub(super) fn undecided(verdict: &mut ForeignVerdict, reason: String) {
    verdict.reason.clone_from(&reason);
    verdict.undecided = vec![Open {
        object: None,
        reason: Some(reason),
        limit: None,
        passed: 0,
        returns: verdict.operations,
        operation: None,
    }];
}

/// The most notes on further findings.
const NOTES_MAX: usize = 20;

/// Says why, in one sentence. Where nothing was judged, the answer is *undecided*: an empty file proves nothing.
pub(super) fn finish(mut verdict: ForeignVerdict) -> ForeignVerdict {
    if verdict.operations == 0 {
        verdict.validity = verdict.validity.merge(Validity::Undecided);
    }
    verdict.reason = match (&verdict.evidence, verdict.undecided.first()) {
        (Some(proof), _) => match proof.rule {
            Some(rule) => match &proof.about {
                Some(about) => format!("{}: {about}", rule.sentence()),
                None => rule.sentence().to_owned(),
            },
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
            let what = if verdict.model.is_of_order() {
                "have a linearization"
            } else {
                "break no rule"
            };
            format!("{} operations{on} {what}", verdict.operations)
        }
    };
    verdict
}

fn unfinished(open: &Open) -> String {
    if let Some(reason) = &open.reason {
        return reason.clone();
    }
    let what = match open.limit {
        None => return "the history has a shape that cannot be judged".to_owned(),
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
