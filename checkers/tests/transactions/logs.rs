//! Kafka histories against a search through everything that may have happened: which operations of unknown outcome did,
//! and whether logs, consumers and an order of the transactions exist that explain the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use checkers::edn;
use checkers::history::Outcome;
use checkers::transactions::{TransactionOptions, TransactionsVerdict, judge_sends_and_polls};
use checkers::verdict::Validity;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::agreement::rounds;
use super::possible::is_possible;

/// A record that was sent, with the offset that came back; or polled, always with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) key: usize,
    pub(crate) value: u32,
    pub(crate) offset: Option<i64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) process: usize,
    pub(crate) sends: Vec<Record>,
    pub(crate) polls: Vec<Record>,
    /// What it consumes from now on, if it is an assignment.
    pub(crate) assigns: Option<Vec<usize>>,
    pub(crate) outcome: Outcome,
    pub(crate) called: u64,
    pub(crate) completed: u64,
}

impl Operation {
    pub(crate) fn returned(&self) -> u64 {
        match self.outcome {
            Outcome::Ok => self.completed,
            _ => u64::MAX,
        }
    }
}

/// A legal history of a few clients and two partitions, then disturbed.
fn small(random: &mut ChaCha8Rng) -> Vec<Operation> {
    let mut logs: [Vec<(i64, u32)>; 2] = [Vec::new(), Vec::new()];
    let mut ends = [0_i64; 2];
    let mut value = 0;
    let mut positions: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    let mut free_at: BTreeMap<usize, u64> = BTreeMap::new();
    let mut processes = [0, 1, 2];
    let mut all: Vec<Operation> = Vec::new();
    let count = random.random_range(2..=5);
    for at in 0..count {
        let client = random.random_range(0..processes.len());
        let process = processes[client];
        let outcome = match random.random_range(0..10) {
            0 => Outcome::Info,
            1 => Outcome::Fail,
            _ => Outcome::Ok,
        };
        let happened = outcome == Outcome::Ok || (outcome == Outcome::Info && random.random());
        let called = (100 * at as u64).saturating_sub(random.random_range(0..150));
        let called = called.max(free_at.get(&process).copied().unwrap_or(0)) * 4 + 1;
        let completed = called + 4 * random.random_range(1..200_u64) + 1;
        let mut operation = Operation {
            process,
            sends: Vec::new(),
            polls: Vec::new(),
            assigns: None,
            outcome,
            called,
            completed,
        };
        let kind = random.random_range(0..10);
        if kind == 0 {
            let keys: Vec<usize> = (0..2).filter(|_| random.random()).collect();
            if outcome != Outcome::Fail {
                positions.retain(|(own, key), _| *own != process || keys.contains(key));
            }
            operation.assigns = Some(keys);
        }
        let polls = matches!(kind, 4..=9);
        for (key, log) in logs.iter().enumerate() {
            if polls && random.random_bool(0.7) {
                let from = positions.get(&(process, key)).copied().unwrap_or(0);
                let records = log.iter().filter(|(offset, _)| *offset >= from).take(2);
                let records = records.map(|(offset, value)| Record {
                    key,
                    value: *value,
                    offset: Some(*offset),
                });
                operation.polls.extend(records.collect::<Vec<Record>>());
            }
        }
        if matches!(kind, 1..=5) {
            for _ in 0..random.random_range(1..=2) {
                let key = random.random_range(0..2);
                let offset = ends[key];
                let is_told = random.random_bool(0.85);
                operation.sends.push(Record {
                    key,
                    value,
                    offset: (is_told && happened).then_some(offset),
                });
                if happened {
                    logs[key].push((offset, value));
                    ends[key] += random.random_range(1..=2);
                }
                value += 1;
            }
        }
        if outcome == Outcome::Ok {
            for polled in &operation.polls {
                let next = polled.offset.unwrap_or(0) + 1;
                positions.insert((process, polled.key), next);
            }
        }
        if outcome == Outcome::Info {
            processes[client] += 3;
        }
        free_at.insert(process, operation.completed / 4 + 1);
        all.push(operation);
    }
    if random.random_bool(0.8) {
        let called = all.iter().map(|o| o.completed).max().unwrap_or(0) + 1;
        let record = |key: usize| {
            move |(offset, value): &(i64, u32)| Record {
                key,
                value: *value,
                offset: Some(*offset),
            }
        };
        let [zero, one] = &logs;
        all.push(Operation {
            process: 99,
            sends: Vec::new(),
            polls: zero
                .iter()
                .map(record(0))
                .chain(one.iter().map(record(1)))
                .collect(),
            assigns: None,
            outcome: Outcome::Ok,
            called,
            completed: called + 1,
        });
    }
    for _ in 0..random.random_range(0..3) {
        disturb(random, &mut all);
    }
    all.sort_by_key(|operation| operation.called);
    all
}

fn disturb(random: &mut ChaCha8Rng, all: &mut [Operation]) {
    let values = all.iter().map(|o| o.sends.len() as u32).sum::<u32>();
    let at = random.random_range(0..all.len());
    let operation = &mut all[at];
    let is_of_polls = random.random_bool(0.7);
    let records = match is_of_polls {
        true => &mut operation.polls,
        false => &mut operation.sends,
    };
    if records.is_empty() {
        return;
    }
    let place = random.random_range(0..records.len());
    match random.random_range(0..5) {
        0 if is_of_polls => drop(records.remove(place)),
        1 if is_of_polls => records[place].value = random.random_range(0..=values),
        2 if is_of_polls => {
            let copy = records[place];
            records.insert(place, copy);
        }
        3 => records.reverse(),
        _ => {
            let moved = [-1, 1, 2].choose(random).copied().unwrap_or(1);
            if let Some(offset) = &mut records[place].offset {
                *offset = (*offset + moved).max(0);
            }
        }
    }
}

fn text(history: &[Operation]) -> String {
    let mut lines: Vec<(u64, String)> = Vec::new();
    for (at, operation) in history.iter().enumerate() {
        let function = match operation.assigns {
            Some(_) => "assign",
            None => "txn",
        };
        let micro = |with_answers: bool| {
            if let Some(keys) = &operation.assigns {
                let keys: Vec<String> = keys.iter().map(usize::to_string).collect();
                return format!("[{}]", keys.join(" "));
            }
            let mut out = String::from("[");
            for Record { key, value, offset } in &operation.sends {
                let sent = match offset.filter(|_| with_answers) {
                    Some(offset) => format!("[:send {key} [{offset} {value}]]"),
                    None => format!("[:send {key} {value}]"),
                };
                out += &sent;
            }
            let keys: BTreeSet<usize> = operation.polls.iter().map(|record| record.key).collect();
            if !keys.is_empty() && with_answers {
                out += "[:poll {";
                for key in keys {
                    let _ = write!(out, "{key} [");
                    for record in operation.polls.iter().filter(|record| record.key == key) {
                        let _ = write!(out, "[{} {}]", record.offset.unwrap_or(0), record.value);
                    }
                    out += "]";
                }
                out += "}]";
            }
            out + "]"
        };
        let word = match operation.outcome {
            Outcome::Ok => "ok",
            Outcome::Fail => "fail",
            Outcome::Info => "info",
        };
        let process = operation.process;
        for (moment, kind, value) in [
            (operation.called, "invoke", micro(false)),
            (operation.completed, word, micro(true)),
        ] {
            let line =
                format!("{{:process {process}, :type :{kind}, :f :{function}, :value {value}}}\n");
            lines.push((moment * 100 + at as u64, line));
        }
    }
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

fn judged(text: &str) -> TransactionsVerdict {
    let operations = edn::entries(text).and_then(edn::operations);
    let operations = operations.unwrap_or_else(|error| panic!("{error}\n{text}"));
    judge_sends_and_polls(&operations, &TransactionOptions::default()).expect("sends and polls")
}

#[test]
fn verdicts_on_logs_agree_with_all_that_may_have_happened() {
    let mut random = ChaCha8Rng::seed_from_u64(45);
    let mut seen: BTreeMap<bool, [u64; 3]> = BTreeMap::new();
    for _ in 0..rounds() {
        let history = small(&mut random);
        let text = text(&history);
        let verdict = judged(&text);
        let is_possible = is_possible(&history);
        let said = match verdict.validity {
            Validity::Valid => 0,
            Validity::Invalid => 1,
            _ => 2,
        };
        assert!(
            said != usize::from(is_possible),
            "possible: {is_possible}\n{text}\n{}\n{:#?}",
            verdict.boundary(),
            verdict.lines()
        );
        assert!(said != 2 || !verdict.doubts.is_empty(), "{text}");
        seen.entry(is_possible).or_default()[said] += 1;
    }
    for (is_possible, [valid, invalid, undecided]) in &seen {
        println!(
            "kafka, possible: {is_possible}: {valid} valid, {invalid} invalid, {undecided} undecided"
        );
    }
    assert!(
        seen[&true][0] > rounds() / 20 && seen[&false][1] > rounds() / 20,
        "{seen:?}"
    );
}
