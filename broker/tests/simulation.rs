//! Simulation of the core, the log and its recovery: many seeds, each a run of its own, and proof that the
//! simulation finds mistakes. See `simulated/mod.rs` for how it works.
//!
//! `SIMULATION_SEEDS=10000` runs that many seeds instead of the usual few hundred, `SIMULATION_SEED=17` only that one.

#![expect(clippy::print_stdout, reason = "a failing seed is for a reader")]

mod simulated;

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

use broker::plants::{Plant, Plants};
use simulated::Tally;

const SEEDS: u64 = 300;

thread_local! {
    /// Panics of this thread are expected and not printed.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

#[test]
fn every_seed_holds() {
    if let Some(seed) = number("SIMULATION_SEED") {
        println!("{:?}", simulated::run(seed, Plants::default()));
        return;
    }
    let begun = std::time::Instant::now();
    let seeds = number("SIMULATION_SEEDS").unwrap_or(SEEDS);
    let (failed, tally) = run_seeds(0..seeds, Plants::default(), &[]);
    println!(
        "{seeds} seeds in {:.1} s: {tally:?}",
        begun.elapsed().as_secs_f64()
    );
    if let Some((seed, reason)) = failed.first() {
        failed
            .iter()
            .for_each(|(seed, reason)| println!("seed {seed}: {reason}"));
        panic!(
            "{} of {seeds} seeds failed; seed {seed}: {reason}\n\
             again: SIMULATION_SEED={seed} cargo test -p broker --test simulation every_seed_holds -- --nocapture",
            failed.len()
        );
    }
    for what in [
        "installs",
        "checkpoints",
        "removals",
        "elections",
        "acknowledged",
        "linearizable reads",
        "fetches",
    ] {
        assert!(
            tally.get(what).is_some_and(|count| *count > seeds),
            "too few {what}: {tally:?}"
        );
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..5 {
        assert_eq!(
            simulated::run(seed, Plants::default()),
            simulated::run(seed, Plants::default()),
            "seed {seed}"
        );
    }
}

#[test]
fn an_unsynced_vote_is_found() {
    // Seeds before this one are known not to find it; what is spared is a minute.
    assert_found(Plant::UnsyncedVote, 150, &["two leaders"]);
}

#[test]
fn old_terms_committed_by_count_are_found() {
    let reasons = ["another term", "lacks entry", "was read before"];
    // As above.
    assert_found(Plant::OldTermByCount, 10_600, &reasons);
}

#[test]
fn every_other_plant_of_the_core_is_found() {
    let stale_end = &["as the latest offset", "latest offset is behind"][..];
    let another_state = &["another state"][..];
    for (plant, reasons) in [
        (
            Plant::AckBeforeFsync,
            &["committed and durable on 1 nodes"][..],
        ),
        (Plant::UnreadyLeader, &["as the latest offset", "elsewhere"]),
        (Plant::HardStateNotPersisted, &["then 0", "durable term"]),
        (
            Plant::AckBeforeReplicate,
            &["acknowledged and is not committed"],
        ),
        (Plant::NotPersistedLie, &["refused and is committed"]),
        (
            Plant::OffsetReuse,
            &["acknowledged and is not", "elsewhere"],
        ),
        (Plant::TruncatedRecovery, &["durable entry"]),
        (Plant::HighWatermarkRegression, stale_end),
        (Plant::StaleLeaderReads, stale_end),
        (Plant::FollowerServes, stale_end),
        (Plant::FetchBeyondCommit, &["was fetched uncommitted"]),
        (Plant::DuplicateOnRetry, &["is committed twice"]),
        (Plant::SkippedOffset, &["fetched past"]),
        (Plant::TopicForgotten, another_state),
        (Plant::DeleteNotApplied, another_state),
    ] {
        assert_found(plant, 0, reasons);
    }
}

/// Some seed from `first` on breaks an invariant when the plant is on, and the invariant that it is meant to break: a
/// plant that is found only by something else is not the mistake that it is said to be. What a plant breaks besides is
/// passed over: entries that were wrongly committed can also leave a cluster that appends nothing more.
fn assert_found(plant: Plant, first: u64, reasons: &[&str]) {
    let (begun, name) = (std::time::Instant::now(), plant.name());
    let (failed, _) = run_seeds(first..first + 10_000, Plants::of(&[plant]), reasons);
    let Some((seed, reason)) = failed.iter().find(|(_, reason)| names(reasons, reason)) else {
        panic!("no seed from {first} on finds {name} by {reasons:?}, but {failed:?}")
    };
    println!(
        "{name}: seed {seed} after {:.1} s: {reason}",
        begun.elapsed().as_secs_f64()
    );
}

fn names(reasons: &[&str], reason: &str) -> bool {
    reasons.iter().any(|one| reason.contains(one))
}

/// Runs seeds on all processors. Which failed and why, in order; it stops at the first that fails for one of these reasons.
fn run_seeds(
    seeds: std::ops::Range<u64>,
    plants: Plants,
    until: &[&str],
) -> (Vec<(u64, String)>, Tally) {
    quiet_panics();
    let next = AtomicU64::new(seeds.start);
    let found = AtomicU64::new(0);
    let work = || {
        QUIET.set(true);
        let (mut failed, mut tally) = (Vec::new(), Tally::new());
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end || found.load(Ordering::Relaxed) > 0 {
                return (failed, tally);
            }
            match catch_unwind(AssertUnwindSafe(|| simulated::run(seed, plants))) {
                Ok(counted) => counted
                    .into_iter()
                    .for_each(|(what, count)| *tally.entry(what).or_default() += count),
                Err(reason) => {
                    let reason = text(&*reason);
                    if names(until, &reason) {
                        found.fetch_add(1, Ordering::Relaxed);
                    }
                    failed.push((seed, reason));
                }
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let results: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("workers catch panics"))
            .collect()
    });
    let (mut all, mut sum) = (Vec::new(), Tally::new());
    for (failed, tally) in results {
        all.extend(failed);
        tally
            .into_iter()
            .for_each(|(what, count)| *sum.entry(what).or_default() += count);
    }
    all.sort();
    (all, sum)
}

fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                usual(info);
            }
        }));
    });
}

fn text(reason: &(dyn Any + Send)) -> String {
    let plain = reason.downcast_ref::<&str>().map(|text| (*text).to_owned());
    plain
        .or_else(|| reason.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic".to_owned())
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is not a number: {text}"))
    })
}
