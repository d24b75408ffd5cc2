//! Numbers at the ends of their types, anywhere in a history: no check fails on them, and none takes long. An overflow
//! would panic here, because tests check arithmetic, and would silently give another verdict in a release.
//!
//! `RUNS=1000 cargo test -p jepsen-checkers --test extremes` draws more.
#![allow(
    clippy::disallowed_methods,
    reason = "a test takes its size from the environment"
)]

#[allow(dead_code, reason = "the changes of drawn runs are for another test")]
mod generate;
mod notation;

use checkers::foreign::{self, ModelName};
use checkers::history::{Event, Header, History, Limits, jsonl};
use checkers::linearizability::SearchOptions;
use checkers::verdict::Doubt;
use generate::Run;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

/// The ends of the integers that a history has, and their neighbours.
fn extremes() -> Vec<Value> {
    let unsigned = [
        0,
        1,
        1 << 31,
        u64::from(u32::MAX),
        1 << 53,
        1 << 63,
        u64::MAX,
    ];
    let signed = [
        -1,
        i64::MIN,
        i64::MAX,
        i64::from(i32::MIN),
        i64::from(i32::MAX),
    ];
    let signed = signed.into_iter().map(Value::from);
    unsigned
        .into_iter()
        .map(Value::from)
        .chain(signed)
        .collect()
}

/// Calls `change` for every number in a value. Indexes and times keep their order, so `i` stays, and `t` is not `at`.
fn numbers<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Value>) {
    match value {
        Value::Number(_) => found.push(value),
        Value::Array(all) => all.iter_mut().for_each(|one| numbers(one, found)),
        Value::Object(all) => {
            let others = all
                .iter_mut()
                .filter(|(key, _)| !matches!(key.as_str(), "i" | "t"));
            others.for_each(|(_, one)| numbers(one, found));
        }
        _ => {}
    }
}

/// The checks that failed, each with its message.
fn failures(header: Header, events: Vec<Event>, what: &str) -> Vec<String> {
    let mut text = serde_json::to_string(&header).expect("JSON") + "\n";
    for event in &events {
        text += &(jsonl::line(event) + "\n");
    }
    for model in [ModelName::Log, ModelName::Register] {
        // An error is an answer, too.
        let _ = foreign::judge(
            what,
            text.as_bytes(),
            Some(model),
            &SearchOptions::default(),
        );
    }
    let mut failures = Vec::new();
    for verdict in checkers::judge(&History::new(header, events)).verdicts {
        for doubt in &verdict.doubts {
            if matches!(doubt, Doubt::CheckFailed { .. }) {
                failures.push(format!("{}: {doubt:?} with {what}", verdict.check));
            }
        }
    }
    failures
}

fn rounds() -> u64 {
    std::env::var("RUNS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(60)
}

#[test]
fn no_number_breaks_a_check() {
    let random = &mut ChaCha8Rng::seed_from_u64(15);
    let run = Run::draw(random);
    let history = notation::history(&run.text()).history;
    let extremes = extremes();
    let mut wrong = Vec::new();
    for round in 0..rounds() {
        let mut events = history.events().to_vec();
        let mut what = String::new();
        for _ in 0..1 + round % 4 {
            let at = random.random_range(0..events.len());
            let mut value = serde_json::to_value(&events[at]).expect("JSON");
            let mut found = Vec::new();
            numbers(&mut value, &mut found);
            if found.is_empty() {
                continue;
            }
            let place = random.random_range(0..found.len());
            *found[place] = extremes.choose(random).expect("some").clone();
            // A number that its field cannot have is an error of the reader.
            if let Ok(event) = serde_json::from_value::<Event>(value.clone()) {
                what += &format!("{value} ");
                events[at] = event;
            }
        }
        wrong.extend(failures(history.header().clone(), events, &what));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_time_and_no_limit_breaks_a_check() {
    let random = &mut ChaCha8Rng::seed_from_u64(16);
    let run = Run::draw(random);
    let history = notation::history(&run.text()).history;
    let mut wrong = Vec::new();
    // Times are in order, so from some event on they are the last time that there is.
    for last in [u64::MAX, i64::MAX as u64, 1 << 53] {
        for from in [0, 1, history.events().len() / 2, history.events().len() - 1] {
            let mut events = history.events().to_vec();
            events[from..].iter_mut().for_each(|event| event.t = last);
            let what = format!("t {last} from {from}");
            wrong.extend(failures(history.header().clone(), events, &what));
        }
    }
    let limits = serde_json::to_value(Limits::default()).expect("JSON");
    for name in limits.as_object().expect("fields").keys() {
        for extreme in [0, 1, 1 << 53, u64::MAX] {
            let mut changed = limits.clone();
            changed[name] = extreme.into();
            let mut header = history.header().clone();
            header.limits = serde_json::from_value(changed).expect("limits");
            let what = format!("{name} {extreme}");
            wrong.extend(failures(header, history.events().to_vec(), &what));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
