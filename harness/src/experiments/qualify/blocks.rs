//! The blocks from which figures are taken: short runs of both builds in adjacent pairs. The order of each pair is
//! drawn, so that changes of the machine over minutes affect both builds equally.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::Result;
use checkers::verdict::Validity;
use rand::Rng;
use reports::model::ScenarioReport;

use super::block::figures as block_figures;
use super::build::Build;
use super::figures::{BlockFigures, Pair};
use super::matrix::repeated;
use super::remaining::{Remaining, Turn};
use crate::bounded;
use crate::config::scenario::Scenario;
use crate::config::seed::random;
use crate::config::suite::FigureBlocks;
use crate::exit::Stop;
use crate::output::say;
use crate::session::Session;
use crate::store::{RunDirectory, layout, write_whole};

/// The stream of a seed's draws that decides the order within each pair.
const ORDER: u64 = 56;

/// Runs all pairs. An interrupt ends this after the current block. Complete pairs are returned.
///
/// # Errors
/// If the harness itself cannot continue.
pub(super) async fn run(
    figures: &FigureBlocks,
    seed: u64,
    candidate: &mut Build,
    other: &mut Build,
    (session, remaining): (&Session, &mut Remaining),
) -> Result<Vec<Pair>> {
    let mut order = random(seed, ORDER);
    let mut pairs = Vec::new();
    for number in 1..=figures.pairs {
        let place = format!("[pair {number}/{}]", figures.pairs);
        // Both blocks of a pair have one seed, and therefore the same fault at the same time.
        let seed = seed.wrapping_add(u64::from(number));
        let mut seen = [BlockFigures::default(); 2];
        let candidate_first: bool = order.random();
        for is_candidate in [candidate_first, !candidate_first] {
            let build = if is_candidate {
                &mut *candidate
            } else {
                &mut *other
            };
            let turn = remaining.turn(place.clone());
            seen[usize::from(is_candidate)] =
                one(build, &figures.block, number, seed, &turn, session).await?;
            remaining.end(figures.block.duration(&build.timing()));
            if session.interrupt.is_set() {
                return Ok(pairs);
            }
        }
        let [baseline, candidate] = seen;
        say(&format!("   {place} {}", told(&baseline, &candidate)));
        pairs.push(Pair {
            baseline,
            candidate,
        });
    }
    Ok(pairs)
}

/// Runs one block. It is judged like any scenario, because a lost record in a block is a lost record. An undecided
/// block is only a warning, because there are many blocks and no single one is essential.
async fn one(
    build: &mut Build,
    block: &Scenario,
    number: u32,
    seed: u64,
    turn: &Turn,
    session: &Session,
) -> Result<BlockFigures> {
    let name = repeated(&block.name, number);
    let recorded = build.play(block, &name, seed, turn, session).await?;
    let judged = recorded.judge()?;
    let found = block_figures(&judged.history, &judged.judgement);
    let before = build.run.report.scenarios.len();
    build.run.add(&recorded, &judged)?;
    let report = &mut build.run.report;
    let undecided = |one: &mut ScenarioReport| one.validity() == Validity::Undecided;
    if report.scenarios.len() > before && report.scenarios.pop_if(undecided).is_some() {
        report
            .warnings
            .push(format!("{name} was undecided; its figures are still used"));
    }
    Ok(found)
}

/// The figures of a pair, for the terminal.
fn told(baseline: &BlockFigures, candidate: &BlockFigures) -> String {
    let both = |name: &str, of: fn(&BlockFigures) -> Option<f64>, unit: &str, per: f64| {
        let shown = |block| of(block).map_or("-".into(), |value| format!("{:.1}", value / per));
        format!("{name} {} / {} {unit}", shown(baseline), shown(candidate))
    };
    [
        both("gap", |block| block.longest_gap_ms, "s", 1e3),
        both("p50", |block| block.append_p50_us, "ms", 1e3),
        both("p99", |block| block.append_p99_us, "ms", 1e3),
        both(
            "throughput",
            |block| block.throughput_per_s,
            "records/s",
            1.0,
        ),
    ]
    .join("  ")
}

/// Stores the pairs in a run directory.
///
/// # Errors
/// If they cannot be written.
pub(in crate::experiments) fn save(directory: &RunDirectory, pairs: &[Pair]) -> Result<()> {
    write_whole(
        &directory.path.join(layout::PAIRS),
        &serde_json::to_string_pretty(pairs)?,
    )
}

/// The pairs stored in a run directory. Empty if it has none.
///
/// # Errors
/// If the file is there and cannot be read.
pub(in crate::experiments) fn load(run: &Path) -> Result<Vec<Pair>> {
    let wrong =
        |what: String| Stop::usage(format!("{}: {what}", run.join(layout::PAIRS).display()));
    match bounded::text_below(run, layout::PAIRS, bounded::VALUES) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(wrong(error.to_string())),
        Ok(text) => serde_json::from_str(&text).map_err(|error| wrong(error.to_string())),
    }
}
