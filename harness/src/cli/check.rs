//! `jepsen check RUN|FILE...`: judges stored histories again. The verdict line comes first. Several files give one line
//! each and the worst exit code.

use std::path::PathBuf;

use anyhow::Result;
use checkers::foreign::ModelName;
use checkers::verdict::{Doubt, Validity, Verdict};
use clap::Args;
use reports::RunReport;
use reports::model::{Run, Subject, Waiver};
use serde::Serialize;
use serde_json::Value;

use super::model;
use crate::config::{near, waivers};
use crate::exit::{self, Stop};
use crate::output::{
    colour, is_quiet, labelled, name, only_json, say, tell, tell_json, tell_more, tell_painted,
    visible,
};
use crate::session::evidence::{self, Found};
use crate::session::judge::{self, Judged};
use crate::session::publish::of_judged;
use crate::store::layout;

/// What `check --help` teaches: which file, by which model, and how to ask.
const HELP: &str = "\
A file is one of:
  a recorded run, its history.jsonl, or either from standard input (-)
  history.edn of Jepsen, Knossos or Elle; a run in Jepsen's store (store/latest) means the history.edn in it
  JSON in the same shape, as elle-cli reads it; an etcd log of Knossos or Porcupine
Each may be compressed with zstd or gzip.

Without --model, a recorded run is judged by its checks, and another history by the model that its functions name.
register, cas-register, kv, mutex, fifo-queue, set, log, multi-register and causal-register search for a linearization.
counter, bank, set-full, total-queue, unique-ids, long-fork, sequential and causal-reverse judge by the rule of Jepsen's
workload of that name. Models of transactions are list-append (:append, :r), rw-register (:w, :r) and kafka (:send,
:poll). Transactions are judged by --expect, or else by the strongest model that they can show:
strict-serializable, and strong-read-committed for kafka.

  jepsen check runs/latest
  jepsen check runs/latest --model log
  jepsen check history.edn
  jepsen check history.edn --model list-append --expect serializable
  jepsen check history.edn --model register --keys keyed
  jepsen check history.edn --model bank --bank-total 100
  jepsen export runs/latest --edn | jepsen check - --model kafka
  gzip -dc history.edn.gz | jepsen check - --model cas-register";

/// Flags of `check`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct CheckArguments {
    /// Run directories or history files; - is standard input.
    #[arg(required = true, value_name = "RUN|FILE")]
    pub paths: Vec<PathBuf>,
    /// Judge by a model instead of the checks of a recorded run.
    #[arg(long, value_name = "NAME", value_parser = model::named, conflicts_with = "only")]
    pub model: Option<checkers::foreign::ModelName>,
    /// What the text of a foreign history does not say.
    #[command(flatten)]
    pub foreign: model::ModelArguments,
    /// Of recorded runs: only these checks, comma-separated.
    #[arg(long, value_name = "CHECK,...", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Of recorded runs: judge by other promises than the recorded ones: `strict`, NAME, no-NAME, NAME=NUMBER, NAME=WORD,
    /// comma-separated.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub promise: Vec<String>,
    /// Accept the findings that this file waives, see docs/qualification.md.
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// Print the verdicts as one JSON document, see docs/output.md.
    #[arg(long)]
    pub json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document {
    /// Of all histories together, without waived findings.
    validity: Validity,
    exit_code: i32,
    histories: Vec<One>,
}

/// One history of it.
#[derive(Serialize)]
struct One {
    /// As it was named or found.
    path: String,
    /// What the judgement says.
    validity: Validity,
    /// The same without waived findings.
    decision: Validity,
    /// The checks of a recorded run, or a model.
    judged_by: &'static str,
    /// The verdicts of the checks, or what the model found.
    judgement: Value,
}

/// Judges every named history and returns the worst exit code.
///
/// # Errors
/// If a path is neither a run nor a history, `--only` names an unknown check, or an option does not apply to a history.
pub fn run(arguments: &CheckArguments) -> Result<i32> {
    let known: Vec<&str> = checkers::checks::TABLE
        .iter()
        .map(|check| check.name)
        .collect();
    if let Some(unknown) = arguments
        .only
        .iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        let told = near::unknown("check", unknown, &known);
        return Err(Stop::usage(format!("--only: {told}")));
    }
    if arguments.json {
        only_json();
    }
    let mut worst = Validity::NotApplicable;
    let mut all: Vec<(Found, bool)> = Vec::new();
    for path in &arguments.paths {
        let (found, is_damaged) = evidence::histories(path)?;
        if is_damaged {
            worst = worst.merge(Validity::Undecided);
        }
        for one in found {
            let by_checks = is_by_checks(arguments.model, &one);
            // Before anything is judged: what is printed must not depend on the order of the paths.
            applies(arguments, &one, by_checks)?;
            all.push((one, by_checks));
        }
    }
    let mut histories = Vec::new();
    for (one, by_checks) in all {
        let judged = match by_checks {
            true => by_its_checks(arguments, &one, judged(arguments, &one)?)?,
            false => by_model(arguments, &one)?,
        };
        worst = worst.merge(judged.decision);
        histories.push(judged);
    }
    let exit_code = exit::of(worst, false);
    if arguments.json {
        tell_json(&Document {
            validity: worst,
            exit_code,
            histories,
        })?;
    }
    Ok(exit_code)
}

/// Whether a history is judged by the checks of recorded runs.
fn is_by_checks(model: Option<ModelName>, found: &Found) -> bool {
    found.damage.is_some()
        || (matches!(model, None | Some(ModelName::Kafka)) && found.history.is_recorded())
}

/// An error if an option would have no effect on a history.
fn applies(arguments: &CheckArguments, found: &Found, by_checks: bool) -> Result<()> {
    let refuse = |option: &str, why: &str| {
        let name = name(&found.history.path);
        Err(Stop::usage(format!(
            "{name}: {option} does not apply: {why}"
        )))
    };
    if by_checks && let Some(option) = arguments.foreign.given() {
        return refuse(
            option,
            "a recorded run is judged by the promises of its target; --promise judges by others",
        );
    }
    if let Some((option, why)) = arguments.foreign.without_effect(arguments.model) {
        return refuse(option, why);
    }
    let why = match arguments.model {
        Some(_) => {
            "a history is judged by a model, which has no promises and no checks to choose from"
        }
        None => "this is no recorded run, and only those have checks and promises",
    };
    if !by_checks && !arguments.promise.is_empty() {
        return refuse("--promise", &format!("{why}; transactions have --expect"));
    }
    if !by_checks && !arguments.only.is_empty() {
        return refuse("--only", why);
    }
    if !by_checks && arguments.waivers.is_some() {
        return refuse("--waivers", "only findings of checks are waived");
    }
    Ok(())
}

/// A history whose own file differs from the digest is not judged: nothing that it contains is known to be true.
fn judged(arguments: &CheckArguments, found: &Found) -> Result<Judged> {
    match &found.damage {
        None => judge::file_by(&found.history, &arguments.promise),
        Some(problem) => Ok(Judged::damaged(&found.history, problem)),
    }
}

fn by_model(arguments: &CheckArguments, found: &Found) -> Result<One> {
    let judged = model::judge(&found.history, arguments.model, &arguments.foreign)?;
    let (path, validity) = (name(&found.history.path), judged.validity());
    if !arguments.json {
        model::print(&path, &judged);
    }
    Ok(One {
        path,
        validity,
        decision: validity,
        judged_by: "model",
        judgement: value(arguments, &judged)?,
    })
}

fn by_its_checks(arguments: &CheckArguments, found: &Found, mut judged: Judged) -> Result<One> {
    for warning in &judged.warnings {
        say(&format!("warning: {warning}"));
    }
    if !arguments.only.is_empty() {
        // Damage concerns every check.
        let is_damage = |doubt: &Doubt| matches!(doubt, Doubt::Damaged { .. });
        judged.judgement.verdicts.retain(|verdict| {
            arguments.only.contains(&verdict.check) || verdict.doubts.iter().any(is_damage)
        });
        judged.require_a_check();
    }
    let (path, validity) = (name(&found.history.path), judged.judgement.validity());
    let waivers = waivers::load(arguments.waivers.as_deref())?;
    let report = report_of(&judged, waivers);
    if !arguments.json {
        tell(&format!("{}  {path}", validity.word()));
        if validity != Validity::NotApplicable {
            let text = match is_quiet() {
                true => reports::verdict_text(&report, colour()),
                false => reports::summary_text(&report, colour()),
            };
            tell_painted(&text);
            tell_more(&beyond(found, &judged));
        }
    }
    Ok(One {
        path,
        validity,
        decision: report.decision(),
        judged_by: "checks",
        judgement: value(arguments, &judged.judgement)?,
    })
}

/// What was judged, if all of it is valid; otherwise where to read on.
fn beyond(found: &Found, judged: &Judged) -> String {
    let verdicts = &judged.judgement.verdicts;
    if judged.judgement.validity() == Validity::Valid {
        let judged = |verdict: &Verdict| {
            let seen = verdict.seen.iter();
            let seen = seen.map(|seen| format!("{} {}", seen.count, visible(&seen.what)));
            let seen: Vec<String> = seen.collect();
            match (verdict.validity, seen.as_slice()) {
                (Validity::Valid, []) => Some(verdict.check.clone()),
                (Validity::Valid, seen) => Some(format!("{} ({})", verdict.check, seen.join(", "))),
                _ => None,
            }
        };
        let judged: Vec<String> = verdicts.iter().filter_map(judged).collect();
        return labelled("judged", &judged.join(", "));
    }
    let first = verdicts.iter().flat_map(|verdict| &verdict.anomalies);
    let operation = first
        .flat_map(|anomaly| &anomaly.evidence.operations)
        .next();
    let history = &found.history;
    let page = history.run.as_ref().map(|run| run.join(layout::PAGE));
    let mut text = String::new();
    if let Some(page) = page.filter(|page| page.is_file()) {
        text += &labelled("read on", &name(&page));
    }
    if let Some(operation) = operation {
        let file = name(&history.path);
        text += &labelled(
            "history",
            &format!("operation {operation} is \"i\":{operation} in"),
        );
        text += &labelled("", &file);
    }
    text
}

/// A judgement as JSON, if it is asked for.
fn value(arguments: &CheckArguments, judgement: &impl Serialize) -> Result<Value> {
    match arguments.json {
        true => Ok(serde_json::to_value(judgement)?),
        false => Ok(Value::Null),
    }
}

/// The report of a history that is judged alone.
fn report_of(judged: &Judged, waivers: Vec<Waiver>) -> RunReport {
    let scenario = of_judged(judged);
    let header = judged.history.header();
    RunReport {
        run: Run {
            duration_ms: scenario.duration_ms,
            ..Run::default()
        },
        scenarios: vec![scenario],
        subject: Subject {
            name: header.target.clone(),
            plants: header.plants.clone(),
            ..Subject::default()
        },
        waivers,
        ..RunReport::default()
    }
}
