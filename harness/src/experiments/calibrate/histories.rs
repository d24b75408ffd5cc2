//! `jepsen calibrate --histories RUN...`: the mutation score of recorded runs. Every mutant of the catalogue
//! ([`checkers::mutants`]) is applied to every run in several places, and judged in memory. Nothing is started.

mod table;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use checkers::history::History;
use checkers::judgement::Judgement;
use checkers::mutants::{Expected, Extent, Fate, Mutant, Run, Scope, all};
use checkers::verdict::Validity;
use reports::model::{AppliedLie, HistoryMutant, HistoryScore, MutatedRun};

use crate::exit::{self, Stop};
use crate::output::{say, shown, tell};
use crate::session::evidence;
use crate::session::reproduce::typed;
use crate::session::{judge, publish};
use crate::store::write_whole;

/// The score's files, in the directory of results.
pub const PAGE: &str = "histories.html";
/// The same as values.
pub const VALUES: &str = "histories.json";

/// Applies all mutants to all histories that these paths name, in this many places each, and prints the score.
///
/// # Errors
/// If a path names no history, or one that is damaged.
pub fn run(paths: &[PathBuf], places: u64, out: &std::path::Path) -> Result<i32> {
    let mutants = all();
    let mut score = HistoryScore {
        tool: publish::tool(),
        reproduce: typed(),
        places,
        mutants: mutants.iter().map(row).collect(),
        ..HistoryScore::default()
    };
    for path in paths {
        let (found, _) = evidence::histories(path)?;
        for one in found {
            let file = shown(&one.history.path);
            if let Some(problem) = &one.damage {
                return Err(Stop::usage(format!(
                    "--histories {file}: history damaged: {problem}"
                )));
            }
            let judged = judge::whole(&one.history)?;
            let number = score.runs.len();
            score
                .runs
                .push(described(&file, &judged.history, &judged.judgement));
            let verdicts = judged.judgement.verdicts.iter();
            let red = verdicts.filter(|verdict| verdict.validity == Validity::Invalid);
            let red: Vec<&str> = red.map(|verdict| verdict.check.as_str()).collect();
            if !red.is_empty() {
                say(&format!(
                    "warning: {file} has findings without any lie; they say nothing here: {}",
                    red.join(", ")
                ));
            }
            let started = std::time::Instant::now();
            let applied = applied(&mutants, (&judged.history, &judged.judgement), places);
            let count: usize = applied.iter().map(Vec::len).sum();
            say(&format!(
                "  {file}  {count} applications in {:.0?}",
                started.elapsed()
            ));
            for (row, applied) in score.mutants.iter_mut().zip(applied) {
                row.applied.extend(
                    applied
                        .into_iter()
                        .map(|one| AppliedLie { run: number, ..one }),
                );
            }
        }
    }
    let fates = score
        .mutants
        .iter()
        .flat_map(|row| &row.applied)
        .map(|applied| applied.fate);
    score.as_expected = fates.clone().count() > 0 && fates.clone().all(Fate::is_expected);
    std::fs::create_dir_all(out).map_err(|error| {
        Stop::usage(format!(
            "--out {}: {error}; name a writable directory",
            out.display()
        ))
    })?;
    let page = out.join(PAGE);
    write_whole(&page, &reports::history_score_html(&score))?;
    write_whole(&out.join(VALUES), &serde_json::to_string_pretty(&score)?)?;
    tell(&table::text(&score));
    tell(&format!(
        "{}\n  report     {}\n  reproduce  {}",
        if score.as_expected {
            "✓ as expected"
        } else {
            "✗ NOT as expected"
        },
        shown(&page),
        score.reproduce
    ));
    Ok(if score.as_expected {
        exit::VALID
    } else {
        exit::INVALID
    })
}

/// What became of each mutant in one run, in the order of the mutants. Every processor takes the next one.
fn applied(
    mutants: &[Mutant],
    (history, before): (&History, &Judgement),
    places: u64,
) -> Vec<Vec<AppliedLie>> {
    let run = Run::of(history);
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Vec<AppliedLie>>> = Mutex::new(vec![Vec::new(); mutants.len()]);
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(mutant) = mutants.get(at) else {
                return;
            };
            let fates = (0..places)
                .filter_map(|seed| fate(mutant, &run, before, seed))
                .collect();
            if let Ok(mut results) = results.lock() {
                results[at] = fates;
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    results.into_inner().unwrap_or_default()
}

fn fate(mutant: &Mutant, run: &Run<'_>, before: &Judgement, seed: u64) -> Option<AppliedLie> {
    let mutated = mutant.apply(run, seed)?;
    let after = checkers::judge(&mutated.history);
    let (fate, by) = Fate::of(mutant.expected(), before, &after);
    Some(AppliedLie {
        run: 0,
        seed,
        changed: mutated.changed,
        first: mutated.first,
        fate,
        by,
    })
}

fn row(mutant: &Mutant) -> HistoryMutant {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let (expected, reason) = match mutant.expected() {
        Expected::Red(checks) => (owned(checks), ""),
        Expected::Open(checks, reason) => (owned(checks), reason),
        Expected::Equivalent(reason) | Expected::Limit(reason) => (Vec::new(), reason),
        Expected::None => (Vec::new(), ""),
    };
    let extent = match mutant.extent {
        Extent::Once => "once",
        Extent::Burst => "for a while",
        Extent::On => "from then on",
    };
    let scope = match mutant.scope {
        Scope::Anywhere => "",
        Scope::Node => ", one node",
        Scope::Partition => ", one partition",
        Scope::Client => ", one client",
    };
    HistoryMutant {
        line: mutant.lie.line.name().to_owned(),
        field: mutant.lie.field.to_owned(),
        change: mutant.lie.change.to_owned(),
        extent: format!("{extent}{scope}"),
        expected,
        reason: reason.to_owned(),
        applied: Vec::new(),
    }
}

fn described(file: &str, history: &History, judgement: &Judgement) -> MutatedRun {
    let open = judgement
        .verdicts
        .iter()
        .filter(|verdict| verdict.validity == Validity::Undecided);
    MutatedRun {
        history: file.to_owned(),
        scenario: history.header().scenario.clone(),
        target: history.header().target.clone(),
        lines: history.events().len() as u64,
        verdict: judgement.validity().word().to_owned(),
        undecided: open.map(|verdict| verdict.check.clone()).collect(),
    }
}
