//! `jepsen check RUN|FILE...`: judges stored histories again. The verdict line comes first. Several files give one line
//! each and the worst exit code.

use std::path::PathBuf;

use anyhow::Result;
use checkers::foreign::ModelName;
use checkers::verdict::{Doubt, Validity};
use clap::Args;
use reports::RunReport;
use reports::model::Subject;

use super::model;
use crate::exit::{self, Stop};
use crate::output::{colour, name, say, tell, tell_json, tell_painted};
use crate::session::evidence::{self, Found};
use crate::session::judge::{self, Judged};
use crate::session::publish::of_judged;

/// Flags of `check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Run directories or history files (.jsonl or .jsonl.zst).
    #[arg(required = true, value_name = "RUN|FILE")]
    pub paths: Vec<PathBuf>,
    /// Judge by a model instead of the checks of a recorded run; files may then also be Jepsen's EDN or etcd's logs.
    #[arg(long, value_name = "NAME", value_parser = model::named, conflicts_with = "only")]
    pub model: Option<checkers::foreign::ModelName>,
    /// Only these checks, comma-separated.
    #[arg(long, value_name = "CHECK,...", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Judge by other promises than the recorded ones: `strict`, NAME, no-NAME, NAME=NUMBER, comma-separated.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub promise: Vec<String>,
    /// Print the verdicts as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Judges every named history and returns the worst exit code.
///
/// # Errors
/// If a path is neither a run nor a history, or `--only` names an unknown check.
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
        return Err(Stop::usage(format!(
            "--only {unknown}: no such check; there are: {}",
            known.join(", ")
        )));
    }
    let mut worst = Validity::NotApplicable;
    for path in &arguments.paths {
        let (found, is_damaged) = evidence::histories(path)?;
        if is_damaged {
            worst = worst.merge(Validity::Undecided);
        }
        if let Some(model) = arguments.model.filter(|model| *model != ModelName::Kafka) {
            for one in found {
                worst = worst.merge(match &one.damage {
                    None => model::judge(&one.history, model, arguments.json)?,
                    Some(_) => print(arguments, &one, judged(arguments, &one)?)?,
                });
            }
            continue;
        }
        for one in found {
            let judged = judged(arguments, &one)?;
            worst = worst.merge(print(arguments, &one, judged)?);
        }
    }
    Ok(exit::of(worst, false))
}

/// A history whose own file differs from the digest is not judged: nothing that it contains is known to be true.
fn judged(arguments: &CheckArguments, found: &Found) -> Result<Judged> {
    match &found.damage {
        None => judge::file_by(&found.history, &arguments.promise),
        Some(problem) => Ok(Judged::damaged(&found.history, problem)),
    }
}

fn print(arguments: &CheckArguments, found: &Found, mut judged: Judged) -> Result<Validity> {
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
    let validity = judged.judgement.validity();
    if arguments.json {
        tell_json(&judged.judgement)?;
        return Ok(validity);
    }
    tell(&format!(
        "{}  {}",
        validity.word(),
        name(&found.history.path)
    ));
    if matches!(validity, Validity::Invalid | Validity::Undecided) {
        let report = RunReport {
            scenarios: vec![of_judged(&judged)],
            subject: Subject {
                name: judged.history.header().target.clone(),
                plants: judged.history.header().plants.clone(),
                ..Subject::default()
            },
            ..RunReport::default()
        };
        tell_painted(&reports::summary_text(&report, colour()));
    }
    Ok(validity)
}
