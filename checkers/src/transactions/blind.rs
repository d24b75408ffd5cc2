//! The order of blind writes of registers, as far as clients and real time give it.
//!
//! Data alone does not order two writes that nobody read between. The models that promise each client's order, or real
//! time, do: a write that returned before another one was called comes first. So who read the first one precedes the
//! second: *write 1, write 2, read 1* is no strict-serializable history. And a read that was called after a write had
//! returned, and saw another one, saw a later one. Such edges count only for cycles of these models.
//!
//! Of the writes that real time puts after another one, the earliest that returned leads to all others by real time. So
//! only those that were called before it returned are drawn, and at most [`WAVE_MAX`] of them: what is missed is left to
//! [`super::serial`].

use std::collections::BTreeMap;

use super::graph::{Edges, Kinds};
use super::input::{Action, Transactions};
use super::numbers::NONE;
use super::writers::Writers;
use crate::history::Outcome;

/// How many writes are drawn for one read: more than clients usually are.
const WAVE_MAX: usize = 16;

/// A write of a key that happened: when it was called and returned, by whom, and its version.
#[derive(Clone, Copy, Debug)]
struct Write {
    called: u64,
    returned: u64,
    by: u32,
    version: u32,
}

/// Adds the edges.
pub(super) fn add_edges(transactions: &Transactions, writers: &Writers, edges: &mut Edges) {
    let writes = Writes::new(transactions, writers);
    // By session and key: the last write so far; and by version, the next write of its session.
    let mut last: BTreeMap<(usize, u32), Write> = BTreeMap::new();
    let mut next: Vec<Option<Write>> = vec![None; transactions.versions.len()];
    for (number, transaction) in transactions.each() {
        for write in writes.of(transactions, writers, number) {
            let key = (transaction.head.session, transactions.key_of(write.version));
            if let Some(before) = last.insert(key, write) {
                next[before.version as usize] = Some(write);
            }
        }
    }
    last.clear();
    for (reader, transaction) in transactions.each() {
        if !transaction.is(Outcome::Ok) {
            continue;
        }
        for (step, action) in transactions.steps(transaction) {
            let Action::Read { key, from, to } = action else {
                continue;
            };
            let Some(version) = transactions.saw(from, to).last().copied() else {
                continue;
            };
            let Some(writer) = writers.of(version).filter(|writer| *writer != reader) else {
                continue;
            };
            if writers.is_of_future(transactions.saw(from, to), reader, step) {
                continue;
            }
            if let Some(later) = next[version as usize] {
                edges.add(reader, later.by, Kinds::RW_PROCESS, version, later.version);
            }
            if let Some(earlier) = last.get(&(transaction.head.session, key))
                && earlier.by != writer
            {
                edges.add(
                    earlier.by,
                    writer,
                    Kinds::AFTER_PROCESS,
                    earlier.version,
                    version,
                );
            }
            let returned = transactions.transactions[writer as usize].head.returned;
            for later in writes.after(key, returned) {
                if later.by != writer {
                    edges.add(reader, later.by, Kinds::RW_REALTIME, version, later.version);
                }
            }
            for earlier in writes.before(key, transaction.head.called) {
                if earlier.by != writer && earlier.by != reader {
                    edges.add(
                        earlier.by,
                        writer,
                        Kinds::AFTER_REALTIME,
                        earlier.version,
                        version,
                    );
                }
            }
        }
        for write in writes.of(transactions, writers, reader) {
            let key = (transaction.head.session, transactions.key_of(write.version));
            last.insert(key, write);
        }
    }
}

/// The writes of each key.
struct Writes {
    /// By key, ordered by their calls.
    by_call: Vec<Vec<Write>>,
    /// By key, ordered by their returns.
    by_return: Vec<Vec<Write>>,
    /// For each of `by_call`: the earliest return from it on.
    earliest: Vec<Vec<u64>>,
    /// For each of `by_return`: the latest call up to it.
    latest: Vec<Vec<u64>>,
}

impl Writes {
    fn new(transactions: &Transactions, writers: &Writers) -> Writes {
        let mut by_call: Vec<Vec<Write>> = vec![Vec::new(); transactions.keys.len()];
        for (version, by) in writers.written() {
            let head = &transactions.transactions[by as usize].head;
            // One that may still happen comes after nothing that it wrote over, and before nothing.
            let Some(returned) = head.returned.filter(|_| head.outcome == Outcome::Ok) else {
                continue;
            };
            if writers.is_final(version) {
                by_call[transactions.key_of(version) as usize].push(Write {
                    called: head.called,
                    returned,
                    by,
                    version,
                });
            }
        }
        let mut by_return = by_call.clone();
        let (mut earliest, mut latest) = (Vec::new(), Vec::new());
        for writes in &mut by_call {
            writes.sort_unstable_by_key(|write| (write.called, write.by));
            let mut least = u64::MAX;
            let ends = writes.iter().rev().map(|write| {
                least = least.min(write.returned);
                least
            });
            let mut ends: Vec<u64> = ends.collect();
            ends.reverse();
            earliest.push(ends);
        }
        for writes in &mut by_return {
            writes.sort_unstable_by_key(|write| (write.returned, write.by));
            let mut most = 0;
            let begins = writes.iter().map(|write| {
                most = most.max(write.called);
                most
            });
            latest.push(begins.collect());
        }
        Writes {
            by_call,
            by_return,
            earliest,
            latest,
        }
    }

    /// The final writes of one transaction that happened, in the order of its steps.
    fn of<'a>(
        &'a self,
        transactions: &'a Transactions,
        writers: &'a Writers,
        number: u32,
    ) -> impl Iterator<Item = Write> + 'a {
        let transaction = &transactions.transactions[number as usize];
        let (called, returned) = (transaction.head.called, transaction.head.returned);
        transactions
            .steps(transaction)
            .filter_map(move |(_, action)| {
                let Action::Write { version, .. } = action else {
                    return None;
                };
                let is_own = writers.is_final(version) && writers.of(version) == Some(number);
                (transaction.is(Outcome::Ok) && is_own).then_some(Write {
                    called,
                    returned: returned.unwrap_or(u64::MAX),
                    by: number,
                    version,
                })
            })
    }

    /// The first writes of a key that were called after a moment.
    fn after(&self, key: u32, moment: Option<u64>) -> &[Write] {
        let (writes, earliest) = (&self.by_call[key as usize], &self.earliest[key as usize]);
        let Some(moment) = moment else { return &[] };
        let begin = writes.partition_point(|write| write.called <= moment);
        let Some(least) = earliest.get(begin) else {
            return &[];
        };
        let wave = writes[begin..].partition_point(|write| write.called <= *least);
        &writes[begin..begin + wave.min(WAVE_MAX)]
    }

    /// The last writes of a key that had returned before a moment.
    fn before(&self, key: u32, moment: u64) -> &[Write] {
        let (writes, latest) = (&self.by_return[key as usize], &self.latest[key as usize]);
        let end = writes.partition_point(|write| write.returned < moment);
        let Some(most) = end.checked_sub(1).map(|last| latest[last]) else {
            return &[];
        };
        let begin = writes[..end].partition_point(|write| write.returned < most);
        &writes[begin.max(end.saturating_sub(WAVE_MAX))..end]
    }
}

/// Whether the order of the writes of some key does not follow from data.
///
/// A write whose transaction read the key before follows what it read. A blind write follows the initial version, like
/// one that read it: if it is the only one of both kinds, it is the first and all others follow it, however many.
pub(super) fn is_open(
    transactions: &Transactions,
    writers: &Writers,
    updates: &[super::updates::Update],
) -> bool {
    let mut follows = vec![Follows::Nothing; transactions.versions.len()];
    for update in updates {
        follows[update.wrote as usize] = match update.read {
            NONE => Follows::Initial,
            read if writers.of(read).is_some() => Follows::Write,
            _ => Follows::Nothing,
        };
    }
    let read = read(transactions);
    // By key: how many writes follow no other one, and whether one of them is blind.
    let mut keys = vec![(0_usize, false); transactions.keys.len()];
    for (version, by) in writers.written() {
        let happened = transactions.transactions[by as usize].is(Outcome::Ok);
        if writers.is_final(version) && (happened || read[version as usize]) {
            let (first, is_blind) = &mut keys[transactions.key_of(version) as usize];
            *first += usize::from(follows[version as usize] != Follows::Write);
            *is_blind |= follows[version as usize] == Follows::Nothing;
        }
    }
    keys.iter().any(|(first, is_blind)| *first > 1 && *is_blind)
}

/// What a write follows, as far as its transaction shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follows {
    Nothing,
    Initial,
    Write,
}

/// By version: whether a transaction that happened read it.
pub(super) fn read(transactions: &Transactions) -> Vec<bool> {
    let mut read = vec![false; transactions.versions.len()];
    for (_, transaction) in transactions.each() {
        if !transaction.is(Outcome::Ok) {
            continue;
        }
        for (_, action) in transactions.steps(transaction) {
            if let Action::Read { from, to, .. } = action {
                for version in transactions.saw(from, to) {
                    read[*version as usize] = true;
                }
            }
        }
    }
    read
}
