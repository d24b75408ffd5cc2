//! The blocks from which figures are taken: short runs of both builds in adjacent pairs, the order of each pair drawn, so
//! that whatever the machine does over minutes meets both alike.

use std::path::Path;

use anyhow::{Context, Result};
use checkers::verdict::Validity;
use rand::Rng;

use super::build::Build;
use crate::cli::stage::Stage;
use crate::config::suite::FigureBlocks;
use crate::judge;
use crate::output::say;
use crate::qualify::block;
use crate::qualify::figures::{BlockFigures, Pair};
use crate::run::compressed;
use crate::store::{RunDirectory, write_whole};
use crate::summary::of_judged;
use crate::worker::random;

/// The file that keeps the pairs, beside the blocks' histories.
const FILE: &str = "pairs.json";
/// The part of a seed's draws that decides the order within each pair.
const ORDER: u64 = 56;

/// Runs all pairs. An interrupt ends it after the block under way; whole pairs are returned.
///
/// # Errors
/// If the harness itself cannot go on.
pub(super) async fn run(
    figures: &FigureBlocks,
    seed: u64,
    candidate: &mut Build,
    other: &mut Build,
    stage: &Stage,
) -> Result<Vec<Pair>> {
    let mut order = random(seed, ORDER);
    let mut pairs = Vec::new();
    for number in 1..=figures.pairs {
        let place = format!("[pair {number}/{}]", figures.pairs);
        // Both blocks of a pair have one seed, and so one fault at one time.
        let seed = seed.wrapping_add(u64::from(number));
        let candidate_first = order.random();
        let mut seen = [BlockFigures::default(); 2];
        let mut invalid = false;
        for turn in [candidate_first, !candidate_first] {
            let build = if turn { &mut *candidate } else { &mut *other };
            let (found, wrong) = one(build, figures, number, seed, &place, stage).await?;
            seen[usize::from(turn)] = found;
            invalid |= wrong;
            if stage.interrupt.is_set() {
                return Ok(pairs);
            }
        }
        if !invalid {
            candidate.report.scenarios.pop_if(|one| one.name == name(number));
            other.report.scenarios.pop_if(|one| one.name == name(number));
        }
        let [baseline, candidate] = seen;
        say(&format!("   {place} {}", told(&baseline, &candidate)));
        pairs.push(Pair { baseline, candidate });
    }
    Ok(pairs)
}

fn name(number: u32) -> String {
    format!("block.{number}")
}

/// Runs one block; its figures, and whether something in it was invalid. Its entry is added to the build's report, because
/// a lost record is a lost record also in a block.
async fn one(
    build: &mut Build,
    figures: &FigureBlocks,
    number: u32,
    seed: u64,
    place: &str,
    stage: &Stage,
) -> Result<(BlockFigures, bool)> {
    let path = build.directory.path.join("blocks").join(number.to_string());
    std::fs::create_dir_all(&path).with_context(|| format!("create {}", path.display()))?;
    let scenario = &figures.block;
    let (_, finished) = build.run(scenario, &name(number), seed, path, place, stage).await?;
    let judged = judge::file(&finished.history)?;
    let found = block::figures(&judged.history, &judged.judgement);
    let mut entry = of_judged(&judged);
    entry.description.clone_from(&scenario.description);
    entry.seed = format!("{seed:#x}");
    let invalid = entry.validity() == Validity::Invalid;
    build.report.scenarios.push(entry);
    finished.cluster.remove_data();
    if let Err(error) = judge::compress(&finished.history, &compressed(&finished.history)) {
        build.report.warnings.push(format!("a block's history stays uncompressed: {error:#}"));
    }
    Ok((found, invalid))
}

/// What a pair showed, for the terminal.
fn told(baseline: &BlockFigures, candidate: &BlockFigures) -> String {
    let both = |name: &str, of: fn(&BlockFigures) -> Option<f64>, unit: &str, per: f64| {
        let shown = |block| of(block).map_or("-".into(), |value| format!("{:.1}", value / per));
        format!("{name} {} / {} {unit}", shown(baseline), shown(candidate))
    };
    [
        both("gap", |block| block.longest_gap_ms, "s", 1e3),
        both("p50", |block| block.append_p50_us, "ms", 1e3),
        both("p99", |block| block.append_p99_us, "ms", 1e3),
        both("throughput", |block| block.throughput_per_s, "records/s", 1.0),
    ]
    .join("  ")
}

/// Keeps the pairs in a run directory.
///
/// # Errors
/// If they cannot be written.
pub(in crate::cli) fn save(directory: &RunDirectory, pairs: &[Pair]) -> Result<()> {
    write_whole(&directory.path.join(FILE), &serde_json::to_string_pretty(pairs)?)
}

/// The pairs that a run directory keeps; none if it has none.
pub(in crate::cli) fn load(run: &Path) -> Vec<Pair> {
    let text = std::fs::read_to_string(run.join(FILE)).ok();
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}
