//! A history of which what is settled was forgotten is judged to the same bytes as the whole one: drawn legal runs, runs
//! with one change, with windows down to a few lines.
//!
//! `RUNS=1000 cargo test --release -p jepsen-checkers --test bounded` draws that many.
#![allow(
    clippy::disallowed_methods,
    reason = "a test takes its size from the environment"
)]

#[allow(dead_code, reason = "another test uses all of it")]
mod generate;
mod notation;

#[path = "bounded/dress.rs"]
mod dress;

use std::collections::BTreeMap;

use checkers::bounded::{Left, Reducer, Whole, Window};
use checkers::checks::{Row, TABLE, judge, judge_with};
use checkers::history::{History, What};
use checkers::judgement::Judgement;
use checkers::verdict::{Class, Validity};
use dress::dressed;
use generate::mutations::ALL;
use generate::{READER, Run};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Small windows: what is forgotten at once, soon, and late.
const WINDOWS: [Window; 4] = [
    window(1, 0),
    window(40, 10),
    window(300, 100),
    window(1_000, 300),
];

const fn window(lines: usize, recent: usize) -> Window {
    Window {
        lines,
        recent,
        patience: 400,
    }
}

fn runs() -> u64 {
    std::env::var("RUNS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3)
}

/// A drawn run without reads of the last record, which are kept as a whole.
fn draw(seed: u64) -> Run {
    let mut run = Run::draw(&mut ChaCha8Rng::seed_from_u64(seed));
    run.polls.retain(|poll| poll.worker != READER);
    run
}

/// The run's history. A read that does not come to the end of its node says so: only the last of each does.
fn history(run: &Run) -> History {
    /// Of a raw read: which node and partition, and the next offset.
    fn read(line: &str) -> Option<((&str, &str), u64)> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let next = words.last()?.strip_prefix("next=")?.parse().ok()?;
        let (place, _) = words.get(4)?.split_once('@')?;
        Some(((words[3], place), next))
    }
    let lines = run.text();
    let mut ends: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (of, next) in lines.lines().filter_map(read) {
        let end = ends.entry(of).or_default();
        *end = next.max(*end);
    }
    let with_end = |line: &str| match read(line) {
        Some((of, _)) => format!("{line} hw={}\n", ends[&of]),
        None => format!("{line}\n"),
    };
    let text: String = lines.lines().map(with_end).collect();
    notation::history(&text).history
}

/// What is left of a history; none if it has to be judged as a whole.
fn reduced(history: &History, window: Window) -> Result<Left, Whole> {
    let mut reducer = Reducer::new(history.header().clone(), window);
    for event in history.events() {
        reducer.take(event.clone());
    }
    reducer.finish()
}

fn text(judgement: &Judgement) -> String {
    serde_json::to_string_pretty(judgement).expect("plain data")
}

/// Compares both ways; whether it was judged from what is left.
fn compared(history: &History, window: Window, what: &str) -> bool {
    let Ok(left) = reduced(history, window) else {
        return false;
    };
    let (whole, left) = (text(&judge(history)), text(&left.judge(TABLE).1));
    if whole != left {
        let differs = whole
            .lines()
            .zip(left.lines())
            .enumerate()
            .find(|(_, (a, b))| a != b);
        let at = differs.map_or(0, |(at, _)| at).saturating_sub(12);
        let part = |text: &str| {
            text.lines()
                .skip(at)
                .take(24)
                .collect::<Vec<_>>()
                .join("\n")
        };
        panic!(
            "{what}, {window:?}\n--- whole\n{}\n--- left\n{}",
            part(&whole),
            part(&left)
        );
    }
    true
}

fn operations(history: &History) -> usize {
    let invoked = |what: &What| matches!(what, What::Invoke(_));
    history
        .events()
        .iter()
        .filter(|event| invoked(&event.what))
        .count()
}

#[test]
fn a_legal_run_is_judged_to_the_same_bytes() {
    let (mut all, mut left, mut whole) = (0, 0, 0);
    for seed in 0..runs() {
        let history = history(&draw(seed));
        for window in WINDOWS {
            match compared(&history, window, &format!("seed {seed}")) {
                true => {
                    all += operations(&history);
                    left += reduced(&history, window).map_or(0, |left| operations(&left.history));
                }
                false => whole += 1,
            }
        }
    }
    assert!(whole * 4 <= runs(), "{whole} of {} as a whole", runs() * 4);
    assert!(left * 2 < all, "{left} of {all} operations are left");
}

#[test]
fn a_run_with_one_change_is_judged_to_the_same_bytes() {
    let mut bounded = 0;
    for seed in 0..runs() {
        for (number, mutation) in ALL.iter().enumerate() {
            let mut run = draw(seed);
            // Some changes are of reads of the last record.
            if mutation.check == "linearizable-register" {
                continue;
            }
            (mutation.apply)(&mut run);
            let history = history(&run);
            for window in WINDOWS {
                let what = format!("seed {seed}, change {number} for {}", mutation.check);
                bounded += u64::from(compared(&history, window, &what));
            }
        }
    }
    let all = runs() * (ALL.len() as u64 - 1) * WINDOWS.len() as u64;
    assert!(bounded * 2 > all, "{bounded} of {all}");
}

/// With everything that a harness records, also with one change, and also where end offsets may lag.
#[test]
fn a_run_with_all_probes_is_judged_to_the_same_bytes() {
    let (mut bounded, mut all) = (0, 0);
    for seed in 0..runs() * 4 {
        let mut run = draw(seed);
        let mutation = ALL.get(seed as usize % (ALL.len() * 2));
        if let Some(mutation) = mutation.filter(|m| m.check != "linearizable-register") {
            (mutation.apply)(&mut run);
        }
        let history = dressed(&history(&run), seed);
        for window in WINDOWS {
            all += 1;
            let what = format!("seed {seed}, dressed");
            bounded += u64::from(compared(&history, window, &what));
        }
    }
    assert!(bounded * 2 > all, "{bounded} of {all}");
}

/// A check that is not known to judge what is left must not see it: here, all appends were acknowledged.
/// An append that came in part, without an answer, does not keep all that follows.
#[test]
fn what_follows_an_append_that_came_in_part_is_forgotten() {
    let mut text = String::from("1 phase load\n");
    text += "2..3 w1 append t/0 a b c -> ? ? ?\n4..5 w3 poll t/0@0 -> a@0\n";
    for n in 1..=2_000 {
        let at = n * 10;
        let (sent, read) = (
            format!("{at}..{}", at + 1),
            format!("{}..{}", at + 2, at + 3),
        );
        text += &format!("{sent} w2 append t/0 v{n} -> {n}\n{read} w3 poll t/0@{n} -> v{n}@{n}\n");
    }
    text += "30000 phase recovery\n30001 phase final\n";
    let records: Vec<String> = (1..=2_000).map(|n| format!("v{n}@{n}")).collect();
    for node in 1..=3 {
        let records = records.join(" ");
        text += &format!(
            "3000{node}..30010 w{} read n{node} t/0@0 phase=final -> a@0 {records}\n",
            node + 3
        );
    }
    text += "30020 phase done\n";
    let history = notation::history(&text).history;
    let window = window(300, 100);
    assert!(compared(&history, window, "an append in part"));
    let left = reduced(&history, window).expect("judged from what is left");
    let (left, _) = left.judge(TABLE);
    let (kept, all) = (operations(&left), operations(&history));
    assert!(kept * 4 < all, "{kept} of {all}");
}

#[test]
fn a_check_that_needs_the_whole_history_is_undecided() {
    const MINE: Row = Row::new("mine", Class::Safety, "nothing", "us", |check| {
        check.verdict()
    });
    let history = history(&draw(0));
    let left = reduced(&history, window(40, 10)).expect("nothing contradicts");
    let whole = judge_with(&history, &[MINE]);
    assert_eq!(whole.validity(), Validity::Valid);
    // Without what was counted of it, what is left is no history.
    let alone = judge_with(&left.history, TABLE);
    assert_eq!(alone.validity(), Validity::Undecided);
    let (_, judgement) = left.judge(&[MINE]);
    assert_eq!(judgement.validity(), Validity::Undecided);
    assert_eq!(Window::of(&[MINE]).lines, usize::MAX);
}

/// Recorded runs: `HISTORIES=DIR cargo test ... -- --ignored stored` reads every plain history below a directory.
#[test]
#[ignore = "needs recorded runs"]
fn a_stored_run_is_judged_to_the_same_bytes() {
    let folder = std::env::var("HISTORIES").expect("HISTORIES=DIR");
    let (mut all, mut bounded) = (0, 0);
    for entry in std::fs::read_dir(folder).expect("a directory").flatten() {
        if entry.path().extension().is_none_or(|end| end != "jsonl") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).expect("a plain history");
        let parsed = checkers::history::jsonl::parse(&text).expect("a history");
        let history = History::new(parsed.header, parsed.events);
        for window in [window(1_000, 300), window(20_000, 4_000)] {
            let what = entry.path().display().to_string();
            all += 1;
            bounded += u64::from(compared(&history, window, &what));
        }
    }
    assert!(bounded * 2 > all, "{bounded} of {all} from what is left");
}
