//! The end of a suite's run, and of each of its scenarios: the files and the terminal output.

use anyhow::Result;
use checkers::verdict::Validity;
use reports::RunReport;
use reports::model::ScenarioReport;

use super::baseline;
use crate::output::{comparison as wording, say, tell_more};
use crate::session::{index, publish};
use crate::store::digests::Digests;
use crate::store::{self, RunDirectory};

/// Writes the files of a suite's run and the index over runs, prints the comparison and the verdict, and marks the run
/// as baseline if requested. `histories` are the digests that were known when histories were compressed.
///
/// # Errors
/// If the results cannot be written.
pub(in crate::experiments) fn finish(
    (directory, histories): (&RunDirectory, &Digests),
    report: &mut RunReport,
    accept: bool,
) -> Result<i32> {
    if let Some(comparison) = &report.comparison {
        tell_more(&wording::text(comparison));
    }
    let code = publish::finish(directory, report, histories)?;
    if accept {
        match baseline::accept(&directory.path, &store::now()) {
            Ok(_) => {
                say("  accepted as the baseline of its suite");
                // The list of runs shows baselines.
                index::write(directory.path.parent().unwrap_or(&directory.path));
            }
            Err(error) => say(&format!("  {error}")),
        }
    }
    Ok(code)
}

/// The terminal line of one scenario.
pub(super) fn line(place: &str, build: &str, entry: &ScenarioReport) -> String {
    let symbol = match entry.validity() {
        Validity::Valid => "✓",
        Validity::Invalid => "✗",
        Validity::Undecided => "?",
        Validity::NotApplicable => "–",
    };
    let of = |validity: Validity| {
        let verdicts = entry
            .judgement
            .verdicts
            .iter()
            .filter(move |v| v.validity == validity);
        verdicts
            .map(|verdict| verdict.check.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let gap = entry.judgement.gaps.iter().map(|gap| gap.length_ms).max();
    let found = match entry.validity() {
        Validity::Invalid => of(Validity::Invalid),
        Validity::Undecided => format!("undecided: {}", of(Validity::Undecided)),
        _ => format!(
            "longest gap {:.1} s  elections {}",
            gap.unwrap_or(0) as f64 / 1e3,
            entry.judgement.elections.len()
        ),
    };
    let ops = entry.ops;
    format!(
        " {symbol} {place} {}{build}  {} s  ok {} fail {} info {}  {found}",
        entry.name,
        entry.duration_ms / 1_000,
        ops.ok,
        ops.fail,
        ops.info
    )
}
