//! Histories of groups and transactions that a model server makes at random: legal ones are never invalid, and each lie of
//! the server is found by the checks that must find it.
#![expect(clippy::print_stdout, reason = "how many there were is for a reader")]

mod members {
    mod asks;
    mod group;
    mod logs;
    pub(crate) mod model;
    mod statics;
    mod work;
}
mod notation;

use std::collections::BTreeMap;

use checkers::verdict::Validity;
use members::model::{BUGS, Bug, Model};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The history of one seed, and the checks that must find something in it.
fn drawn(seed: u64, bug: Bug) -> (String, Vec<&'static str>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let model = Model::run(&mut random, bug);
    (model.lines.join("\n"), model.expected.into_iter().collect())
}

fn legal(seeds: std::ops::Range<u64>) {
    let mut valid: BTreeMap<String, u64> = BTreeMap::new();
    println!("legal histories: seeds {seeds:?}");
    for seed in seeds {
        let (text, expected) = drawn(seed, Bug::None);
        assert!(expected.is_empty(), "seed {seed}: the server lied unasked");
        let judgement = checkers::judge(&notation::history(&text).history);
        for verdict in &judgement.verdicts {
            let found = serde_json::to_string_pretty(&verdict.anomalies).expect("plain data");
            let wrong =
                matches!(verdict.validity, Validity::Invalid) || !verdict.tolerated.is_empty();
            assert!(!wrong, "seed {seed}: {} {found}\n{text}", verdict.check);
            if verdict.validity == Validity::Valid {
                *valid.entry(verdict.check.clone()).or_default() += 1;
            }
        }
    }
    println!("none was invalid; valid: {valid:?}");
    // A check that never saw enough to say valid was not tested.
    for check in [
        "processed-once",
        "value-intact",
        "nothing-beyond",
        "output-order",
        "input-progress",
        "torn-transaction",
        "aborted-read",
        "early-read",
        "one-outcome",
        "one-owner",
        "fenced-commit",
        "lost-transaction",
        "zombie-accepted",
        "zombie-published",
        "lso-too-high",
        "lso-stuck",
        "commit-not-visible",
        "offsets-early",
        "offsets-of-aborted",
        "marker-agreement",
        "offset-register",
        "commit-lost",
        "commit-phantom",
        "commit-backwards",
        "generation-reused",
        "generation-backwards",
        "sync-faithful",
        "zombie-member",
        "commit-beyond",
        "resume-skip",
        "at-least-once",
        "static-takeover",
        "offsets-torn",
        "unstable-for-ever",
        "transaction-duplicate",
        "transaction-order",
    ] {
        assert!(
            valid.contains_key(check),
            "{check} was never valid: {valid:?}"
        );
    }
}

fn lies(seeds: std::ops::Range<u64>) {
    for bug in BUGS {
        let mut told = 0;
        for seed in seeds.clone() {
            let (text, expected) = drawn(seed, bug);
            told += u64::from(!expected.is_empty());
            if expected.is_empty() {
                continue;
            }
            let judgement = checkers::judge(&notation::history(&text).history);
            for check in expected {
                let verdict = judgement
                    .verdict(check)
                    .unwrap_or_else(|| panic!("no {check}"));
                let found = verdict.validity == Validity::Invalid;
                assert!(
                    found,
                    "{bug:?}, seed {seed}: {check} is {:?}\n{text}",
                    verdict.validity
                );
            }
        }
        println!("{bug:?}: told and found in {told} histories of {seeds:?}");
        assert!(told > 0, "{bug:?} was never told");
    }
}

#[test]
fn legal_histories_are_never_invalid() {
    legal(0..500);
}

#[test]
fn lies_are_found() {
    lies(0..30);
}

#[test]
#[ignore = "minutes: 20,000 histories"]
fn many_legal_histories_are_never_invalid() {
    legal(0..20_000);
}

#[test]
#[ignore = "minutes: 20,000 histories"]
fn many_lies_are_found() {
    lies(0..870);
}
