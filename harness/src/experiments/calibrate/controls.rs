//! Control runs, without a plant and without a mutant. They must stay clean.

use anyhow::Result;
use reports::model::ControlRun;

use super::conditions::Conditions;
use super::job::Runner;
use super::result_cache::ResultCache;
use crate::output::say;

/// Runs over the setups in turn, so that the conditions of each plant or mutant are also tested without it.
///
/// # Errors
/// If the harness itself cannot continue.
pub(super) async fn all(
    runner: &Runner<'_>,
    cache: &ResultCache,
    setups: &[Conditions],
    seeds: impl Iterator<Item = u64>,
) -> Result<Vec<ControlRun>> {
    let mut runs = Vec::new();
    for (seed, conditions) in seeds.zip(setups.iter().cycle()) {
        let (name, how) = (format!("control-{seed:x}"), conditions.to_string());
        let run = match cache.find(&name, &how) {
            Some(run) => run,
            None if runner.session.interrupt.is_set() => break,
            None => {
                let Some(run) = runner.control(conditions, seed).await? else {
                    break;
                };
                cache.keep(&name, &how, &run)?;
                run
            }
        };
        let word = if run.clean() {
            "✓ clean"
        } else {
            "✗ NOT clean"
        };
        say(&format!("  control {word}  {conditions}  seed {seed:#x}"));
        runs.push(run);
    }
    Ok(runs)
}
