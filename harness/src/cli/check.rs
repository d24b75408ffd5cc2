//! `jepsen check RUN|FILE...`: judges stored histories again. The verdict line comes first; several files give a line each
//! and the worst code.

use std::path::{Path, PathBuf};

use anyhow::Result;
use checkers::foreign::ModelName;
use checkers::verdict::Validity;
use reports::RunReport;
use reports::model::Subject;

use super::{CheckArguments, model};
use crate::exit::{self, Stop};
use crate::judge;
use crate::output::{colour, say, tell};
use crate::summary::of_judged;

/// Judges every history named and returns the worst exit code.
///
/// # Errors
/// If a path is no run and no history, or `--only` names no check.
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

/// The history files that a path names: itself, or those of a run directory.
pub(super) fn histories(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let below = |folder: &Path| {
        let names = ["history.jsonl.zst", "history.jsonl"];
        names
            .iter()
            .map(|name| folder.join(name))
            .find(|file| file.exists())
    };
    let mut found: Vec<PathBuf> = below(path).into_iter().collect();
    if let Ok(entries) = std::fs::read_dir(path.join("scenarios")) {
        let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        folders.sort();
        found.extend(folders.iter().filter_map(|folder| below(folder)));
    }
    if found.is_empty() {
        return Err(Stop::usage(format!(
            "{}: neither a history file nor a run directory with scenarios/*/history.jsonl",
            path.display()
        )));
    }
    Ok(found)
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
        tell(&serde_json::to_string(&judged.judgement)?);
        return Ok(validity);
    }
    tell(&format!("{}  {}", validity.word(), path.display()));
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
        tell(&reports::summary_text(&report, colour()));
    }
    Ok(validity)
}
