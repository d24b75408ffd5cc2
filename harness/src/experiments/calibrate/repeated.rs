//! The runs of one plant or mutant: one with each seed. What is cached is not run again.

use anyhow::Result;
use reports::model::PlantRun;

use super::conditions::Conditions;
use super::job::{CONCURRENCY, Runner};
use super::result_cache::ResultCache;
use super::table::Row;
use crate::config::plants::Planted;
use crate::output::say;

/// Runs it with each seed, under a name of its own in the cache, and prints the line of each run. An interrupt ends it
/// early.
///
/// # Errors
/// If the harness itself cannot continue.
pub(super) async fn repeated(
    runner: &Runner<'_>,
    cache: &ResultCache,
    (row, planted): (&'static Row, &Planted),
    conditions: &Conditions,
    seeds: impl Iterator<Item = u64>,
    name: impl Fn(u64) -> String,
    line: impl Fn(&PlantRun) -> String,
) -> Result<Vec<PlantRun>> {
    let how = format!("{row:?} {conditions} {CONCURRENCY}");
    let mut runs = Vec::new();
    for seed in seeds {
        let name = name(seed);
        let run = match cache.find(&name, &how) {
            Some(run) => run,
            None if runner.session.interrupt.is_set() => break,
            None => {
                let Some(run) = runner.plant((row, planted), conditions, seed).await? else {
                    break;
                };
                cache.keep(&name, &how, &run)?;
                run
            }
        };
        say(&line(&run));
        runs.push(run);
    }
    Ok(runs)
}
