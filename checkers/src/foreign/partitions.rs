//! Histories of our own recorder, judged partition by partition.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::error::ForeignError;
use super::model_name::ModelName;
use super::recorded::{self, Places};
use super::verdict::{ForeignVerdict, Shown};
use super::words;
use crate::history::{History, What, WorkerId, jsonl};
use crate::linearizability::deciders::log::{Rules, decide};
use crate::linearizability::models::{LogAction, Register, Value};
use crate::linearizability::{
    Decision, Failure, LinearizabilityReport, Operation, SearchOptions, check,
};
use crate::verdict::Validity;

/// Judges every partition as a log, or as a register.
pub(super) fn judge(
    name: &str,
    text: &str,
    model: ModelName,
    options: &SearchOptions,
) -> Result<ForeignVerdict, ForeignError> {
    if model != ModelName::Log && model != ModelName::Register {
        return Err(ForeignError::OtherModel(model));
    }
    let parsed = jsonl::parse(text).map_err(ForeignError::Recorded)?;
    let history = History::new(parsed.header, parsed.events);
    let mut verdict = words::empty(name, model);
    verdict.warnings = parsed.warnings;
    if model == ModelName::Log {
        let rules = Rules {
            dense: false,
            recent: history.promises().end_offset_includes_acknowledged,
        };
        let judge = |own: &[&Operation<LogAction<Value>>]| Ok(report(own, rules));
        each(&mut verdict, &recorded::logs(&history), &history, judge)?;
    } else {
        let register = Register::new(Value::Nil);
        let judge = |own: &[&Operation<_>]| {
            let own: Vec<Operation<_>> = own.iter().map(|o| (*o).clone()).collect();
            check(&register, &own, options).map_err(ForeignError::Malformed)
        };
        each(
            &mut verdict,
            &recorded::registers(&history),
            &history,
            judge,
        )?;
    }
    let mut verdict = words::finish(verdict);
    if parsed.cut && verdict.validity == Validity::Valid {
        verdict.validity = Validity::Undecided;
        "the history ends before the end of the run".clone_into(&mut verdict.reason);
    }
    Ok(verdict)
}

fn each<A: Display>(
    verdict: &mut ForeignVerdict,
    places: &Places<A>,
    history: &History,
    judge: impl Fn(&[&Operation<A>]) -> Result<LinearizabilityReport, ForeignError>,
) -> Result<(), ForeignError> {
    let returns = returns(history);
    // Line 1 is the header.
    let line = |i: u64| usize::try_from(i).unwrap_or(usize::MAX).saturating_add(2);
    for ((topic, partition), operations) in places {
        let own: Vec<&Operation<A>> = operations.iter().map(|(_, operation)| operation).collect();
        let report = judge(&own)?;
        let shown = |position: usize| {
            let (i, operation) = &operations[position];
            Shown {
                process: operation.process.try_into().unwrap_or(i64::MAX),
                called_line: line(*i),
                returned_line: operation
                    .returned
                    .and_then(|_| returns.get(i).copied())
                    .map(line),
                text: operation.action.to_string(),
            }
        };
        let object = format!("{topic}/{partition}");
        words::add(verdict, report, Some(object), &shown);
    }
    Ok(())
}

/// By the `i` of each call: the `i` of its completion.
fn returns(history: &History) -> BTreeMap<u64, u64> {
    let mut open: BTreeMap<WorkerId, u64> = BTreeMap::new();
    let mut returns = BTreeMap::new();
    for event in history.events() {
        match &event.what {
            What::Invoke(invocation) => drop(open.insert(invocation.worker, event.i)),
            What::Ok(done) | What::Fail(done) | What::Info(done) => {
                let called = open.remove(&done.worker);
                returns.extend(called.map(|called| (called, event.i)));
            }
            _ => {}
        }
    }
    returns
}

/// What the decider of logs says of one partition. Kafka's offsets have gaps, which the dense model of the search does
/// not know, so there is no search behind it.
fn report(operations: &[&Operation<LogAction<Value>>], rules: Rules) -> LinearizabilityReport {
    let mut report = LinearizabilityReport {
        validity: Validity::Valid,
        operations: operations.len(),
        objects: 1,
        decided: 1,
        steps: 0,
        bytes: 0,
        failure: None,
        undecided: Vec::new(),
    };
    match decide(operations, rules) {
        Some(Decision::Linearizable) => {}
        Some(Decision::Contradiction { rule, witness }) => {
            report.validity = Validity::Invalid;
            report.failure = Some(Failure::of_rule(rule, witness));
        }
        None => {
            report.validity = Validity::Undecided;
            report.decided = 0;
        }
    }
    report
}
