//! The order of one consumer: it goes forwards, and jumps over nothing that is known to exist.
//!
//! Compared are consecutive records within an operation, and the last record of a process's last *successful* poll with
//! the first one of its next operation: a client that failed is sought back. An `assign` or `subscribe` without a key
//! forgets where the consumer stood in it; a rebalance does, too. Where some client subscribes, consumers are moved
//! between operations and jumps between them are tolerated, as in Jepsen. An offset without a record is a hole.

use std::collections::BTreeMap;

use super::super::anomaly::PhenomenonKind;
use super::super::findings::Findings;
use super::super::input::Transactions;
use super::super::log_operation::{Clients, LogOperation};
use super::super::numbers::NONE;
use super::super::witness::Witness;
use super::places::Places;
use crate::history::Outcome;

/// How many of the skipped records evidence shows.
const SHOWN_MAX: usize = 8;

/// Where a process stands in a key: the last offset that it was given, and by which transaction.
type Stood = (i64, u32);

pub(super) fn check(
    transactions: &Transactions,
    places: &Places,
    findings: &mut Findings,
    tolerated: &mut Findings,
) {
    let subscribes = |operation: &LogOperation| {
        matches!(
            operation.clients,
            Clients::Consume {
                is_subscribed: true,
                ..
            }
        )
    };
    let is_subscribed = transactions.log.iter().any(subscribes);
    let mut stood: BTreeMap<i64, BTreeMap<u32, Stood>> = BTreeMap::new();
    for operation in &transactions.log {
        let stood = stood.entry(operation.process).or_default();
        if let Clients::Consume { keys, seeks, .. } = &operation.clients {
            if operation.outcome != Outcome::Fail {
                stood.retain(|key, _| !seeks && keys.binary_search(key).is_ok());
            }
            continue;
        }
        for key in &operation.rebalanced {
            stood.remove(key);
        }
        for (key, position) in &operation.positions {
            stood.insert(*key, (position.saturating_sub(1), NONE));
        }
        let polled = operation.polled();
        for records in polled.chunk_by(|a, b| a.key == b.key) {
            let key = records[0].key;
            let is_moved = operation.rebalanced.binary_search(&key).is_ok();
            let mut last: Option<Stood> = stood.get(&key).copied();
            let mut is_internal = false;
            for record in records {
                let Some(offset) = places.at(record) else {
                    (last, is_internal) = (None, true);
                    continue;
                };
                let step = Step {
                    key,
                    from: last,
                    to: (offset, operation.transaction),
                    is_internal,
                };
                let into = match is_subscribed && !is_internal {
                    true => &mut *tolerated,
                    false => &mut *findings,
                };
                if !is_moved {
                    step.check(transactions, places, into);
                }
                (last, is_internal) = (Some(step.to), true);
            }
            if operation.outcome == Outcome::Ok && !is_moved {
                match last {
                    Some(last) => drop(stood.insert(key, last)),
                    None => drop(stood.remove(&key)),
                }
            }
        }
    }
}

/// From one record of a consumer to the next.
struct Step {
    key: u32,
    from: Option<Stood>,
    to: Stood,
    is_internal: bool,
}

impl Step {
    fn check(&self, transactions: &Transactions, places: &Places, findings: &mut Findings) {
        let Some((from, before)) = self.from else {
            return;
        };
        let (to, transaction) = self.to;
        let skipped = places.count_between(self.key, from, to);
        let kind = match (to <= from, self.is_internal) {
            (true, true) => PhenomenonKind::IntNonmonotonicPoll,
            (true, false) => PhenomenonKind::NonmonotonicPoll,
            (false, _) if skipped == 0 => return,
            (false, true) => PhenomenonKind::IntPollSkip,
            (false, false) => PhenomenonKind::PollSkip,
        };
        findings.add(kind, || {
            let between = places.between(self.key, from, to).iter().take(SHOWN_MAX);
            Witness::Moved {
                transactions: [before, transaction].map(|one| match one {
                    NONE => transactions.id(transaction),
                    known => transactions.id(known),
                }),
                key: transactions.key_name(self.key),
                offsets: [from, to],
                skipped: between
                    .map(|row| transactions.versions[row.2 as usize].1.clone())
                    .collect(),
            }
        });
    }
}
