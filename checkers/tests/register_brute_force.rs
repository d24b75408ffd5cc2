//! `linearizable-register` against the plain search: small histories of one partition in which answers are drawn, some
//! of them legal and some not.
//!
//! `REGISTER_CASES=100000 cargo test --release -p checkers --test register_brute_force` judges that many.
#![allow(
    clippy::disallowed_methods,
    reason = "a test takes its size from the environment"
)]

mod notation;

use std::fmt::Write as _;

use checkers::linearizability::models::{Register, RegisterAction};
use checkers::linearizability::{Operation, plain};
use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Whoever reads is given nothing, or the record at an offset.
type Timed = Operation<RegisterAction<Option<usize>>>;

/// A history in the notation, and the same as operations on a register.
fn draw(random: &mut ChaCha8Rng) -> (String, Vec<Timed>) {
    let count = random.random_range(3..=8_usize);
    let mut moments: Vec<u64> = (1..=2 * count as u64).map(|n| n * 2).collect();
    for at in (1..moments.len()).rev() {
        moments.swap(at, random.random_range(0..=at));
    }
    // Short and long intervals: of two moments near each other, or of any two.
    moments.chunks_mut(4).for_each(<[u64]>::sort_unstable);
    let mut text = "promise end_offset_includes_acknowledged=true\n".to_owned();
    let mut register: Vec<Timed> = Vec::new();
    let writes = random.random_range(1..=count.min(4) - 1);
    for (worker, pair) in moments.chunks(2).enumerate() {
        let (called, returned) = (pair[0].min(pair[1]), pair[0].max(pair[1]));
        let time = format!("{called}..{returned} w{worker}");
        let mut timed = |action, returned| {
            register.push(Operation {
                process: worker as u64,
                called,
                returned,
                action,
            });
        };
        if worker < writes {
            let fate = random.random_range(0..6);
            let came = match fate {
                0 => "?".to_owned(),
                1 => "x".to_owned(),
                _ => worker.to_string(),
            };
            let _ = writeln!(text, "{time} append t/0 v{worker} -> {came}");
            if fate != 1 {
                let returned = (fate > 1).then_some(returned);
                timed(RegisterAction::Write(Some(worker)), returned);
            }
            continue;
        }
        let read = random.random_range(0..=writes).checked_sub(1);
        timed(RegisterAction::Read(Some(read)), Some(returned));
        let end = read.map_or(0, |offset| offset + 1);
        let _ = writeln!(text, "{time} end t/0 n1 -> {end}");
        if let Some(offset) = read {
            let (from, to) = (returned + 50, returned + 60);
            let _ = writeln!(
                text,
                "{from}..{to} w{worker} poll t/0@{offset} -> v{offset}@{offset}"
            );
        }
    }
    (text, register)
}

#[test]
fn the_check_and_the_plain_search_agree() {
    let cases = std::env::var("REGISTER_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3_000_u64);
    let (mut judged, mut bad) = (0, 0);
    for seed in 0..cases {
        let (text, register) = draw(&mut ChaCha8Rng::seed_from_u64(seed));
        let judgement = checkers::judge(&notation::history(&text).history);
        let verdict = judgement.verdict("linearizable-register").expect("a check");
        if verdict.doubts.iter().any(|d| d.name() == "not-in-run") {
            continue;
        }
        let all: Vec<&Timed> = register.iter().collect();
        let legal = plain::linearizable(&Register::new(None), &all, u64::MAX);
        let found = verdict.anomaly_count == 0;
        assert_eq!(Some(found), legal, "seed {seed}\n{text}\n{verdict:#?}");
        let contradicted = |name| verdict.doubts.iter().any(|d| d.name() == name);
        assert!(!contradicted("check-failed"), "seed {seed}\n{text}");
        judged += 1;
        bad += u64::from(!found);
    }
    // A comparison that never meets a bad history, or never a good one, compares nothing.
    assert!(judged > cases / 2, "{judged} of {cases} judged");
    assert!(
        bad > judged / 10 && bad < judged * 9 / 10,
        "{bad} of {judged} are bad"
    );
}
