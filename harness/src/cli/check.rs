//! `jepsen check RUN|FILE...`: judges stored histories again. The verdict line comes first. Several files give one line
//! each and the worst exit code.

use std::path::{Path, PathBuf};

use anyhow::Result;
use checkers::foreign::ModelName;
use checkers::verdict::Validity;
use clap::Args;
use reports::RunReport;
use reports::model::Subject;

use super::model;
use crate::exit::{self, Stop};
use crate::output::{colour, name, say, tell, tell_json, tell_painted};
use crate::session::judge;
use crate::session::publish::of_judged;
use crate::store::history_file::histories;

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
        if let Some(model) = arguments.model.filter(|model| *model != ModelName::Kafka) {
            for history in histories(path)? {
                worst = worst.merge(model::judge(&history, model, arguments.json)?);
            }
            continue;
        }
        for history in histories(path)? {
            worst = worst.merge(one(arguments, &history)?);
        }
    }
    Ok(exit::of(worst, false))
}

fn one(arguments: &CheckArguments, path: &Path) -> Result<Validity> {
    let mut judged = judge::file_by(path, &arguments.promise)?;
    for warning in &judged.warnings {
        say(&format!("warning: {warning}"));
    }
    if !arguments.only.is_empty() {
        judged
            .judgement
            .verdicts
            .retain(|verdict| arguments.only.contains(&verdict.check));
    }
    let validity = judged.judgement.validity();
    if arguments.json {
        tell_json(&judged.judgement)?;
        return Ok(validity);
    }
    tell(&format!("{}  {}", validity.word(), name(path)));
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
