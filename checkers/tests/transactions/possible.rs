//! Whether anything that may have happened explains a small Kafka history: every choice of the operations of unknown
//! outcome is tried.

use std::collections::{BTreeMap, BTreeSet};

use checkers::history::Outcome;

use super::logs::Operation;

/// Whether something that may have happened explains a history.
pub(crate) fn is_possible(history: &[Operation]) -> bool {
    let open: Vec<usize> = (0..history.len())
        .filter(|at| history[*at].outcome == Outcome::Info)
        .collect();
    (0..1_u32 << open.len()).any(|chosen| {
        let happened = |at: usize| match history[at].outcome {
            Outcome::Ok => true,
            Outcome::Fail => false,
            Outcome::Info => {
                let bit = open.iter().position(|own| *own == at).unwrap_or(0);
                chosen >> bit & 1 == 1
            }
        };
        let happened: Vec<bool> = (0..history.len()).map(happened).collect();
        explains(history, &happened)
    })
}

fn explains(history: &[Operation], happened: &[bool]) -> bool {
    // Value to its sender and offset, as far as known.
    let mut sent: BTreeMap<u32, (usize, usize, Option<i64>)> = BTreeMap::new();
    for (at, operation) in history.iter().enumerate().filter(|(at, _)| happened[*at]) {
        for record in &operation.sends {
            sent.insert(record.value, (at, record.key, record.offset));
        }
    }
    let mut is_polled: BTreeSet<u32> = BTreeSet::new();
    for (at, operation) in history.iter().enumerate() {
        for record in &operation.polls {
            is_polled.insert(record.value);
            match sent.get_mut(&record.value) {
                // Nobody sent it, or to another key, or the same transaction.
                None => return false,
                Some((by, key, _)) if *by == at || *key != record.key => return false,
                Some((_, _, offset)) => {
                    if offset.is_some_and(|known| Some(known) != record.offset) {
                        return false;
                    }
                    *offset = record.offset;
                }
            }
        }
    }
    let mut log: [BTreeMap<i64, u32>; 2] = Default::default();
    for (value, (_, key, offset)) in &sent {
        if let Some(offset) = offset
            && log[*key].insert(*offset, *value).is_some()
        {
            return false;
        }
    }
    let all_are_seen = all_are_seen(history, &sent, &is_polled);
    all_are_seen
        && consumers_move_on(history, &log)
        && producers_move_on(history, happened, &sent)
        && time_is_respected(history, &sent, &log)
        && can_be_ordered(history, happened, &sent)
}

type Sent = BTreeMap<u32, (usize, usize, Option<i64>)>;

fn all_are_seen(history: &[Operation], sent: &Sent, is_polled: &BTreeSet<u32>) -> bool {
    let highest = |key: usize| {
        let ok = history.iter().filter(|o| o.outcome == Outcome::Ok);
        let records = ok.flat_map(|o| &o.polls).filter(|record| record.key == key);
        records.filter_map(|record| record.offset).max()
    };
    sent.iter().all(|(value, (by, key, offset))| {
        let is_below =
            offset.is_some_and(|offset| highest(*key).is_some_and(|high| offset <= high));
        let must_be = is_below || history[*by].outcome == Outcome::Ok;
        !must_be || is_polled.is_empty() || is_polled.contains(value)
    })
}

fn consumers_move_on(history: &[Operation], log: &[BTreeMap<i64, u32>; 2]) -> bool {
    let mut stood: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    for operation in history {
        if let Some(keys) = &operation.assigns {
            if operation.outcome != Outcome::Fail {
                stood.retain(|(own, key), _| *own != operation.process || keys.contains(key));
            }
            continue;
        }
        for (key, log) in log.iter().enumerate() {
            let mut last = stood.get(&(operation.process, key)).copied();
            for record in operation.polls.iter().filter(|record| record.key == key) {
                let offset = record.offset.unwrap_or(0);
                if let Some(last) = last
                    && (offset <= last || log.range(last + 1..offset).next().is_some())
                {
                    return false;
                }
                last = Some(offset);
            }
            if let (Some(last), Outcome::Ok) = (last, operation.outcome) {
                stood.insert((operation.process, key), last);
            }
        }
    }
    true
}

fn producers_move_on(history: &[Operation], happened: &[bool], sent: &Sent) -> bool {
    let mut last: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    for (_, operation) in history.iter().enumerate().filter(|(at, _)| happened[*at]) {
        for record in &operation.sends {
            let Some(offset) = sent[&record.value].2 else {
                continue;
            };
            let before = last.insert((operation.process, record.key), offset);
            if before.is_some_and(|before| before >= offset) {
                return false;
            }
        }
    }
    true
}

fn time_is_respected(history: &[Operation], sent: &Sent, log: &[BTreeMap<i64, u32>; 2]) -> bool {
    let shown = |value: u32| {
        let polls = history
            .iter()
            .filter(|o| o.polls.iter().any(|record| record.value == value));
        let polled = polls.map(|o| o.completed).min().unwrap_or(u64::MAX);
        polled.min(history[sent[&value].0].returned())
    };
    log.iter().all(|log| {
        let mut latest = 0;
        log.values().all(|value| {
            latest = history[sent[value].0].called.max(latest);
            latest < shown(*value)
        })
    })
}

/// Whether the transactions that happened have an order in which each comes after those whose records it polled, and
/// after those that had returned.
fn can_be_ordered(history: &[Operation], happened: &[bool], sent: &Sent) -> bool {
    let mut left: Vec<usize> = (0..history.len())
        .filter(|at| happened[*at] && history[*at].assigns.is_none())
        .collect();
    while !left.is_empty() {
        let is_first = |at: &usize| {
            let own = &history[*at];
            let reads_of = |other: usize| {
                own.outcome == Outcome::Ok
                    && own
                        .polls
                        .iter()
                        .any(|record| sent[&record.value].0 == other)
            };
            left.iter().all(|other| {
                other == at || !(history[*other].returned() < own.called || reads_of(*other))
            })
        };
        let Some(place) = left.iter().position(is_first) else {
            return false;
        };
        left.remove(place);
    }
    true
}
