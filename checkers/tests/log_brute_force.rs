//! `log-order` and `log-recency` against a decision by exhaustive search: a small log is linearizable if and only if no
//! check of content, order and recency finds anything.
//!
//! `LOG_CASES=100000 cargo test --release -p checkers --test log_brute_force` judges that many histories.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test takes its size from the environment, and tells what it compared"
)]
#![expect(clippy::print_stdout, reason = "how much was compared is for a reader")]

mod brute;
mod notation;

use brute::{Case, Mode};
use checkers::judgement::Judgement;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The checks that together say whether a log is linearizable; recency only where it is promised.
const CHECKS: [&str; 6] = [
    "log-order",
    "log-recency",
    "duplicate",
    "inconsistent-offset",
    "phantom-value",
    "failed-write-seen",
];

fn accepted(judgement: &Judgement) -> bool {
    CHECKS.iter().all(|check| {
        judgement
            .verdict(check)
            .is_some_and(|v| v.anomaly_count == 0)
    })
}

#[test]
fn checks_and_exhaustive_search_agree() {
    let cases = std::env::var("LOG_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(2_000_u64);
    let mut bad = 0;
    for seed in 0..cases {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let case = Case::draw(&mut random);
        for mode in [Mode::Order, Mode::Recency] {
            let legal = brute::is_linearizable(&case, mode);
            let text = case.text(mode);
            let judgement = checkers::judge(&notation::history(&text).history);
            assert_eq!(
                accepted(&judgement),
                legal,
                "seed {seed}, {mode:?}\n{text}\n{judgement:#?}"
            );
            bad += u64::from(!legal);
        }
    }
    // A comparison that never meets a bad history, or never a good one, compares nothing.
    assert!(
        (cases / 5..cases * 2 * 4 / 5).contains(&bad),
        "{bad} of {} are bad",
        cases * 2
    );
    println!(
        "{} histories, {bad} of them not linearizable, no mismatch",
        cases * 2
    );
}
