//! The judges of workloads say what their definitions say, on random histories with crashes; and what each is for.
//!
//! `JEPSEN_AGREEMENT` sets how many histories of each kind are tried; the default keeps the test short.

#![expect(clippy::print_stdout, reason = "what was compared is for a reader")]

#[path = "workloads/brute.rs"]
mod brute;
#[path = "workloads/generate.rs"]
mod generate;

use std::fmt::Debug;

use checkers::invariants::{
    BankRules, CounterAction, ElementAction, InvariantReport, ReverseAction, bank, causal_reverse,
    counter, long_fork, sequential, set_full, total_queue, unique_ids,
};
use checkers::linearizability::Operation;
use checkers::linearizability::models::QueueAction;
use checkers::verdict::{Rule, Validity};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// How many histories to try.
fn wanted() -> u64 {
    #[allow(clippy::disallowed_methods, reason = "the test's size, not a verdict")]
    let wanted = std::env::var("JEPSEN_AGREEMENT");
    wanted.ok().and_then(|w| w.parse().ok()).unwrap_or(2_000)
}

/// Compares a judge with its definition, and demands that neither answer was rare.
fn agrees<A: Debug>(
    name: &str,
    make: impl Fn(&mut ChaCha8Rng) -> Vec<Operation<A>>,
    judge: impl Fn(&[&Operation<A>]) -> InvariantReport,
    truth: impl Fn(&[Operation<A>]) -> bool,
) {
    let wanted = wanted();
    let (mut invalid, mut undecided) = (0, 0);
    for seed in 0..wanted {
        let history = make(&mut ChaCha8Rng::seed_from_u64(seed));
        let report = judge(&history.iter().collect::<Vec<_>>());
        let truth = truth(&history);
        match report.validity {
            Validity::Valid => assert!(truth, "{name}, seed {seed}: {history:#?}"),
            Validity::Invalid => {
                assert!(!truth, "{name}, seed {seed}: {report:#?} {history:#?}");
                assert!(!report.breaches.is_empty());
                invalid += 1;
            }
            _ => {
                assert!(report.doubt.is_some(), "{name}, seed {seed}");
                // What is surely wrong is never left undecided but where the history does not show enough.
                assert!(
                    truth || name == "total-queue",
                    "{name}, seed {seed}: {history:#?}"
                );
                undecided += 1;
            }
        }
    }
    println!("{name}: {wanted} histories, {invalid} invalid, {undecided} undecided, 0 wrong");
    assert!(
        invalid * 20 > wanted && invalid * 20 < wanted * 19,
        "{name}: {invalid} of {wanted}"
    );
    assert!(
        undecided * 3 < 2 * wanted,
        "{name}: {undecided} of {wanted} undecided"
    );
}

#[test]
fn counters() {
    agrees("counter", generate::counter, counter, brute::counter);
}

#[test]
fn banks() {
    for total in [None, Some(10)] {
        let rules = BankRules {
            total,
            negative_allowed: false,
        };
        let judge = |own: &[&Operation<_>]| bank(own, rules);
        agrees("bank", generate::bank, judge, |history| {
            brute::bank(history, rules)
        });
    }
    let rules = BankRules {
        total: None,
        negative_allowed: true,
    };
    let judge = |own: &[&Operation<_>]| bank(own, rules);
    agrees("bank", generate::bank, judge, |history| {
        brute::bank(history, rules)
    });
}

#[test]
fn growing_sets() {
    agrees("set-full", generate::set_full, set_full, brute::set_full);
}

#[test]
fn queues_in_any_order() {
    agrees(
        "total-queue",
        generate::total_queue,
        total_queue,
        brute::total_queue,
    );
}

#[test]
fn ids() {
    agrees(
        "unique-ids",
        generate::unique_ids,
        unique_ids,
        brute::unique_ids,
    );
}

#[test]
fn forks() {
    let judge = |own: &[&Operation<_>]| long_fork(own, &0);
    agrees("long-fork", generate::long_fork, judge, brute::long_fork);
}

#[test]
fn parts() {
    agrees(
        "sequential",
        generate::sequential,
        sequential,
        brute::sequential,
    );
}

#[test]
fn inserts() {
    agrees(
        "causal-reverse",
        generate::causal_reverse,
        causal_reverse,
        brute::causal_reverse,
    );
}

fn at<A>(moment: u64, action: A) -> Operation<A> {
    Operation::new(0, moment, moment + 1, action)
}

fn said<A>(
    judge: impl Fn(&[&Operation<A>]) -> InvariantReport,
    history: &[Operation<A>],
) -> InvariantReport {
    judge(&history.iter().collect::<Vec<_>>())
}

/// A crashed addition may have happened, a failed one is not among the operations.
#[test]
fn a_crashed_addition_counts_on_one_side_only() {
    use CounterAction::{Add, Read};
    let crashed = Operation::crashed(1, 5, Add(10));
    for (sum, valid) in [(0, false), (1, true), (11, true), (12, false)] {
        let report = said(
            counter,
            &[at(1, Add(1)), crashed.clone(), at(10, Read(sum))],
        );
        assert_eq!(report.validity == Validity::Valid, valid, "{sum}");
    }
}

/// Far numbers are added up without overflow.
#[test]
fn large_amounts_do_not_overflow() {
    use CounterAction::{Add, Read};
    let history = [
        at(1, Add(i64::MAX)),
        at(3, Add(i64::MAX)),
        at(5, Read(i64::MAX)),
    ];
    assert_eq!(said(counter, &history).breaches[0].rule, Rule::OutOfBounds);
}

#[test]
fn an_element_that_vanishes_is_lost_and_one_that_is_late_is_not() {
    use ElementAction::{Add, Read};
    let lost = [
        at(1, Add(1)),
        at(3, Add(2)),
        at(5, Read(vec![1, 2])),
        at(7, Read(vec![2])),
    ];
    let report = said(set_full, &lost);
    assert_eq!(report.breaches[0].rule, Rule::ElementLost);
    assert_eq!(report.breaches[0].about, "1");
    assert_eq!(report.breaches[0].witness, [0, 2, 3]);
    let late = [at(1, Add(1)), at(3, Read(vec![])), at(5, Read(vec![1]))];
    let report = said(set_full, &late);
    assert_eq!(report.validity, Validity::Valid);
    let stale = report
        .counts
        .iter()
        .find(|count| count.what == "stale for a time");
    assert_eq!(stale.map(|count| count.count), Some(1));
    assert_eq!(
        said(set_full, &[at(1, Add(1))]).validity,
        Validity::Undecided
    );
}

#[test]
fn what_a_crashed_dequeue_may_have_taken_is_not_surely_lost() {
    use QueueAction::{Dequeue, DequeueEmpty, DequeueUnknown, Enqueue};
    let mut history = vec![at(1, Enqueue(1)), at(3, Enqueue(2)), at(5, Dequeue(2))];
    assert_eq!(
        said(total_queue, &history).validity,
        Validity::Undecided,
        "not emptied"
    );
    history.push(at(9, DequeueEmpty));
    let report = said(total_queue, &history);
    assert_eq!(
        (report.breaches[0].rule, report.breaches[0].about.as_str()),
        (Rule::ValueLost, "1")
    );
    history.push(Operation::crashed(7, 7, DequeueUnknown));
    assert_eq!(
        said(total_queue, &history).validity,
        Validity::Undecided,
        "perhaps taken"
    );
    history.push(at(11, Dequeue(9)));
    assert_eq!(
        said(total_queue, &history).breaches[0].rule,
        Rule::NobodyWrote
    );
}

/// T1 is complete before T2 begins, and T2 is seen alone.
#[test]
fn the_second_insert_is_not_seen_without_the_first() {
    use ReverseAction::{Read, Write};
    let seen = |read: &[u32]| {
        let history = [at(1, Write(1)), at(3, Write(2)), at(5, Read(read.to_vec()))];
        said(causal_reverse, &history).validity
    };
    assert_eq!(seen(&[2]), Validity::Invalid);
    for read in [&[][..], &[1], &[1, 2]] {
        assert_eq!(seen(read), Validity::Valid, "{read:?}");
    }
}
