//! The transactions that an order must have, as what the search needs of them.

use super::super::blind::read;
use super::super::input::{Action, Transactions};
use super::super::numbers::NONE;
use super::super::writers::Writers;
use crate::history::Outcome;

/// One transaction.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) called: u64,
    pub(super) returned: Option<u64>,
    /// Who must come before it in its session.
    pub(super) before: Option<u32>,
    /// The keys that it reads before it writes them, with the versions. Ordered.
    pub(super) reads: Vec<(u32, u32)>,
    /// The keys that it writes, with the last versions.
    pub(super) writes: Vec<(u32, u32)>,
    /// When the first transaction returned that reads one of its versions; its own return if none does.
    pub(super) first_read: u64,
    /// Whether somebody reads one of its versions.
    pub(super) is_read: bool,
}

/// All of them, in the order of their calls.
#[derive(Clone, Debug)]
pub(super) struct Tasks {
    pub(super) tasks: Vec<Task>,
    pub(super) keys: usize,
    /// By version, and after those by key for the initial versions: how many tasks read it.
    pub(super) readers: Vec<u32>,
    pub(super) versions: usize,
}

impl Tasks {
    pub(super) fn new(transactions: &Transactions, writers: &Writers) -> Tasks {
        let is_read = read(transactions);
        let versions = transactions.versions.len();
        let mut tasks: Vec<Task> = Vec::new();
        let mut number_of = vec![NONE; transactions.len()];
        let mut last_of = std::collections::BTreeMap::new();
        let mut touched: Vec<u32> = vec![NONE; transactions.keys.len()];
        for (number, transaction) in transactions.each() {
            let steps = || transactions.steps(transaction).map(|(_, action)| action);
            let is_needed = steps().any(|action| match action {
                Action::Write { version, .. } => {
                    is_read[version as usize] && writers.of(version) == Some(number)
                }
                _ => false,
            });
            let is_ok = transaction.is(Outcome::Ok);
            let may_be_left_out = !is_needed || !transaction.is_possible();
            if !is_ok && may_be_left_out {
                continue;
            }
            let mut reads: Vec<(u32, u32)> = Vec::new();
            let mut writes: Vec<(u32, u32)> = Vec::new();
            for action in steps() {
                match action {
                    Action::Read { key, from, to } if touched[key as usize] != number => {
                        let version = transactions.saw(from, to).last().copied();
                        reads.push((key, version.unwrap_or(NONE)));
                    }
                    Action::Write { key, version } => {
                        touched[key as usize] = number;
                        writes.push((key, version));
                    }
                    _ => {}
                }
            }
            reads.sort_unstable();
            reads.dedup();
            // The last write of each key counts.
            writes.sort_by_key(|(key, _)| *key);
            writes.reverse();
            writes.dedup_by_key(|(key, _)| *key);
            let own = tasks.len() as u32;
            number_of[number as usize] = own;
            let before = last_of.insert(transaction.head.session, own);
            tasks.push(Task {
                called: transaction.head.called,
                returned: transaction.head.returned.filter(|_| is_ok),
                before,
                reads,
                writes,
                first_read: u64::MAX,
                is_read: false,
            });
        }
        let mut readers = vec![0; versions + transactions.keys.len()];
        let mut first = vec![u64::MAX; versions];
        for task in &tasks {
            for (key, version) in &task.reads {
                readers[place(*key, *version, versions)] += 1;
                if let Some(first) = first.get_mut(*version as usize) {
                    *first = task.returned.unwrap_or(u64::MAX).min(*first);
                }
            }
        }
        for task in &mut tasks {
            let is_read = |(_, version): &(u32, u32)| readers[*version as usize] > 0;
            task.is_read = task.writes.iter().any(is_read);
            let reads = task
                .writes
                .iter()
                .map(|(_, version)| first[*version as usize]);
            task.first_read = reads.min().unwrap_or(u64::MAX);
            if task.first_read == u64::MAX {
                task.first_read = task.returned.unwrap_or(u64::MAX);
            }
        }
        Tasks {
            tasks,
            keys: transactions.keys.len(),
            readers,
            versions,
        }
    }
}

/// Where a version's readers are counted; [`NONE`] is the initial version of its key.
pub(super) fn place(key: u32, version: u32, versions: usize) -> usize {
    match version {
        NONE => versions + key as usize,
        version => version as usize,
    }
}
