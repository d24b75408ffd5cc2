//! Drawn runs: a legal one is valid by every check; one change makes the right check call it invalid, and no check that
//! has nothing to do with it.
//!
//! `RUNS=1000 cargo test --release -p checkers --test properties` draws that many.
#![allow(
    clippy::disallowed_methods,
    reason = "a test takes its size from the environment"
)]

mod generate;
mod notation;

use std::collections::BTreeSet;

use checkers::checks::{Scope, TABLE};
use checkers::judgement::Judgement;
use checkers::verdict::Validity;
use generate::Run;
use generate::mutations::ALL;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Checks of what drawn runs do not contain: changes of topics, figures of processes, brokers, records of the produce
/// probe that are served, contents and times of records, worse disks. They have transcripts, and `offset-for-time` a brute force.
const NOT_DRAWN: [&str; 8] = [
    "metadata-agreement",
    "resource-growth",
    "probe-delivery",
    "altered-record",
    "offset-for-time",
    "synced-before-acknowledged",
    "stops-on-failed-disk",
    "timestamps",
];

fn runs() -> u64 {
    std::env::var("RUNS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3)
}

fn judged(run: &Run) -> Judgement {
    checkers::judge(&notation::history(&run.text()).history)
}

#[test]
fn a_legal_run_is_valid_by_every_check() {
    for seed in 0..runs() {
        let run = Run::draw(&mut ChaCha8Rng::seed_from_u64(seed));
        for verdict in judged(&run).verdicts {
            let expected = match NOT_DRAWN.contains(&verdict.check.as_str()) {
                true => Validity::NotApplicable,
                false => Validity::Valid,
            };
            assert_eq!(verdict.validity, expected, "seed {seed}: {verdict:#?}");
        }
    }
}

#[test]
fn one_change_makes_the_right_check_fail() {
    for seed in 0..runs() {
        let run = Run::draw(&mut ChaCha8Rng::seed_from_u64(seed));
        for mutation in ALL {
            let mut changed = run.clone();
            (mutation.apply)(&mut changed);
            let judgement = judged(&changed);
            let invalid: Vec<&str> = judgement
                .verdicts
                .iter()
                .filter(|verdict| verdict.validity == Validity::Invalid)
                .map(|verdict| verdict.check.as_str())
                .collect();
            let check = mutation.check;
            assert!(
                invalid.contains(&check),
                "seed {seed}: {check} finds nothing, {invalid:?} do: {:?}",
                judgement.verdict(check)
            );
            let may = |name: &&str| *name == check || mutation.also.contains(name);
            assert!(
                invalid.iter().all(may),
                "seed {seed}: changed for {check}, found by {invalid:?}"
            );
        }
    }
}

/// Whoever adds a check adds a change that it must find. Coverage never accuses.
#[test]
fn every_check_has_its_change() {
    let changed: BTreeSet<&str> = ALL.iter().map(|mutation| mutation.check).collect();
    // Groups and transactions have a model server of their own (`members`).
    let rows = TABLE.iter();
    let plain = rows.filter(|row| matches!(row.scope, Scope::Every | Scope::Appends));
    let all: BTreeSet<&str> = plain.map(|row| row.name).collect();
    let without: Vec<&&str> = all.difference(&changed).collect();
    let excepted = [&["coverage"][..], &NOT_DRAWN].concat();
    assert!(
        without.iter().all(|name| excepted.contains(name)),
        "{without:?}"
    );
}

/// The same history gives the same bytes, a second time and on two threads at once; one with findings, too.
#[test]
fn judged_again_the_same_bytes() {
    let run = Run::draw(&mut ChaCha8Rng::seed_from_u64(1));
    for mutation in ALL.iter().map(Some).chain([None]) {
        let mut run = run.clone();
        if let Some(mutation) = mutation {
            (mutation.apply)(&mut run);
        }
        let text = || serde_json::to_string(&judged(&run)).expect("plain data");
        let first = text();
        let others = std::thread::scope(|scope| {
            let threads = [scope.spawn(text), scope.spawn(text)];
            threads.map(|thread| thread.join().expect("no panic"))
        });
        assert!(others.iter().all(|other| *other == first));
        assert_eq!(text(), first);
    }
}
