//! The search, the plain search and the definition agree on random histories with crashes; so do the deciders.
//!
//! `JEPSEN_AGREEMENT` sets how many histories of each kind are tried; the default keeps the test short.

#![expect(
    clippy::print_stdout,
    reason = "what was compared or skipped is for a reader"
)]

#[path = "agreement/brute.rs"]
mod brute;
#[path = "agreement/generate.rs"]
mod generate;

use checkers::linearizability::models::{
    KeyValue, Log, MultiRegister, Mutex, Queue, Register, Set,
};
use checkers::linearizability::{Model, Operation, SearchOptions, check, plain};
use checkers::verdict::Validity;
use generate::{Random, distinct_writes, history};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// How many histories to try.
fn wanted() -> u64 {
    #[allow(clippy::disallowed_methods, reason = "the test's size, not a verdict")]
    let wanted = std::env::var("JEPSEN_AGREEMENT");
    wanted.ok().and_then(|w| w.parse().ok()).unwrap_or(4_000)
}

/// What the four say of one history; panics if they differ.
fn agreed<M: Model>(model: &M, operations: &[Operation<M::Action>], seed: u64) -> (bool, bool) {
    let truth = brute::linearizable(model, operations);
    let all: Vec<&Operation<M::Action>> = operations.iter().collect();
    let plain = plain::linearizable(model, &all, u64::MAX);
    assert_eq!(
        plain,
        Some(truth),
        "plain search, seed {seed}: {operations:#?}"
    );
    let word = |deciders: bool| {
        let options = SearchOptions::default().deciders(deciders).explain(false);
        check(model, operations, &options).expect("well formed")
    };
    let expected = if truth {
        Validity::Valid
    } else {
        Validity::Invalid
    };
    let searched = word(false);
    assert_eq!(
        searched.validity, expected,
        "search, seed {seed}: {operations:#?}"
    );
    let decided = word(true);
    assert_eq!(
        decided.validity, expected,
        "decider, seed {seed}: {operations:#?}"
    );
    (truth, decided.decided > 0)
}

/// Tries many histories, and demands that neither answer was rare.
fn try_many<M: Model>(
    model: &M,
    decided_min: u64,
    make: impl Fn(&mut ChaCha8Rng) -> Vec<Operation<M::Action>>,
) {
    let wanted = wanted();
    let (mut invalid, mut decided) = (0, 0);
    for seed in 0..wanted {
        let operations = make(&mut ChaCha8Rng::seed_from_u64(seed));
        let (valid, by_decider) = agreed(model, &operations, seed);
        invalid += u64::from(!valid);
        decided += u64::from(by_decider);
    }
    let name = std::any::type_name::<M>();
    let name = name.split(['<', ' ']).next().unwrap_or(name);
    let name = name.rsplit("::").next().unwrap_or(name);
    println!(
        "{name}: {wanted} histories, {invalid} invalid, 0 undecided, {decided} decided without search"
    );
    assert!(
        invalid * 20 > wanted && invalid * 20 < wanted * 19,
        "{invalid} of {wanted}"
    );
    assert!(
        decided * 100 >= wanted * decided_min,
        "{decided} of {wanted} decided"
    );
}

fn try_model<M: Random>(model: &M, decided_min: u64) {
    try_many(model, decided_min, |random| history(model, random, 7));
}

#[test]
fn register() {
    try_model(&Register::new(0), 0);
}

#[test]
fn register_with_distinct_writes() {
    try_many(&Register::new(0), 90, |random| distinct_writes(random, 9));
}

#[test]
fn key_value() {
    try_model(&KeyValue::new(), 0);
}

#[test]
fn mutex() {
    try_model(&Mutex, 0);
}

#[test]
fn queue() {
    try_model(&Queue::<u32>::new(), 40);
}

#[test]
fn set() {
    try_model(&Set::<u32>::new(), 0);
}

#[test]
fn multi_register() {
    try_model(&MultiRegister::<u32, u32>::new(0), 0);
}

#[test]
fn log() {
    try_model(&Log::<u32>::new(), 40);
}
