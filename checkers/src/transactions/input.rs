//! Transactions as dense numbers: what every check and graph works on.
//!
//! Keys, versions and transactions are numbers from 0 in the order in which they were first named. A
//! *version* is a value of a key: what one write makes, and what reads see. A read of a list sees all
//! versions up to the one it reads; a read of a register sees one; either sees none of a key that was
//! never written.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::log_operation::LogOperation;
use super::names::{Interner, Name};
use super::numbers::{NONE, number};
use crate::history::Outcome;

/// What a caller knows of a transaction besides its actions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its name in evidence, e.g. the index of its call.
    pub id: i64,
    /// Who called.
    pub process: i64,
    /// Which client. Transactions of one session follow each other; after one that is `info` the
    /// client has a new session.
    pub session: usize,
    /// When it was called. Any clock serves whose values are distinct, e.g. places in a history.
    pub called: u64,
    /// When it returned, on the same clock; none if it is `info`.
    pub returned: Option<u64>,
    /// How it came out.
    pub outcome: Outcome,
}

/// One step of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Makes a version.
    Write { key: u32, version: u32 },
    /// Sees `seen[from..to]`, the last of which is the version that was read.
    Read { key: u32, from: u32, to: u32 },
    /// A read whose answer is not known.
    Unseen,
}

/// A transaction with its steps.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub(super) head: Head,
    actions: Range<u32>,
}

impl Transaction {
    pub(super) fn is(&self, outcome: Outcome) -> bool {
        self.head.outcome == outcome
    }

    /// Whether it may have happened.
    pub(super) fn is_possible(&self) -> bool {
        !self.is(Outcome::Fail)
    }
}

/// A history of transactions over lists or registers.
///
/// ```
/// use checkers::history::Outcome;
/// use checkers::transactions::{Head, ConsistencyModel, Name, TransactionOptions, Transactions, judge_lists};
///
/// let mut transactions = Transactions::new();
/// for (id, read) in [(0, vec![]), (1, vec![Name::Integer(7)])] {
///     transactions.begin(Head {
///         id,
///         process: id,
///         session: id as usize,
///         called: 2 * id as u64,
///         returned: Some(2 * id as u64 + 1),
///         outcome: Outcome::Ok,
///     });
///     transactions.read(&Name::Integer(1), Some(&read));
///     transactions.write(&Name::Integer(1), &Name::Integer(7 + id));
/// }
/// let verdict = judge_lists(&transactions, &TransactionOptions::default());
/// assert!(verdict.anomalies.is_empty());
/// assert_eq!(verdict.holds, [ConsistencyModel::StrictSerializable]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Transactions {
    pub(super) transactions: Vec<Transaction>,
    pub(super) actions: Vec<Action>,
    pub(super) seen: Vec<u32>,
    pub(super) keys: Vec<Name>,
    /// The key and the value of each version.
    pub(super) versions: Vec<(u32, Name)>,
    /// The offsets that versions were seen at, by key: see [`Transactions::place`].
    pub(super) offsets: Vec<(u32, i64, u32)>,
    /// Of Kafka histories: what each client did with logs, in the order of the calls.
    pub(super) log: Vec<LogOperation>,
    interner: Interner,
}

impl Transactions {
    /// A history without transactions.
    pub fn new() -> Transactions {
        Transactions::default()
    }

    /// How many transactions there are.
    pub fn len(&self) -> usize {
        self.transactions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.transactions.is_empty()
    }

    /// Begins the next transaction. They are given in the order of their calls.
    ///
    /// # Panics
    /// Beyond four billion transactions or steps, because numbers here have 32 bits.
    pub fn begin(&mut self, head: Head) {
        let end = number(self.actions.len());
        number(self.transactions.len());
        self.transactions.push(Transaction {
            head,
            actions: end..end,
        });
    }

    /// Adds a write of a register, or an append to a list, to the last transaction.
    pub fn write(&mut self, key: &Name, value: &Name) {
        let key = self.key(key);
        let version = self.version(key, value);
        self.step(Action::Write { key, version });
    }

    /// Adds a read to the last transaction: what it saw, the last value last; none if its answer is
    /// not known. A register's read saw one value, or none of a register never written.
    pub fn read(&mut self, key: &Name, saw: Option<&[Name]>) {
        self.read_all(key, saw.map(|saw| saw.iter().cloned()));
    }

    /// [`Transactions::read`] of values that are made on the way.
    pub(super) fn read_all(&mut self, key: &Name, saw: Option<impl Iterator<Item = Name>>) {
        let key = self.key(key);
        let Some(saw) = saw else {
            return self.step(Action::Unseen);
        };
        let from = number(self.seen.len());
        for value in saw {
            let version = self.version(key, &value);
            self.seen.push(version);
        }
        let to = number(self.seen.len());
        self.step(Action::Read { key, from, to });
    }

    /// Tells that a value lies at an offset of its key's log.
    pub fn place(&mut self, key: &Name, value: &Name, offset: i64) {
        let key = self.key(key);
        let version = self.version(key, value);
        self.offsets.push((key, offset, version));
    }

    fn step(&mut self, action: Action) {
        self.actions.push(action);
        let end = number(self.actions.len());
        if let Some(transaction) = self.transactions.last_mut() {
            transaction.actions.end = end;
        }
    }

    pub(super) fn key(&mut self, name: &Name) -> u32 {
        let (key, is_new) = self.interner.number(NONE, name, self.keys.len());
        if is_new {
            self.keys.push(name.clone());
        }
        key
    }

    pub(super) fn version(&mut self, key: u32, value: &Name) -> u32 {
        let (version, is_new) = self.interner.number(key, value, self.versions.len());
        if is_new {
            self.versions.push((key, value.clone()));
        }
        version
    }

    /// The transactions with their numbers.
    pub(super) fn each(&self) -> impl Iterator<Item = (u32, &Transaction)> {
        (0..).zip(&self.transactions)
    }

    /// The steps of a transaction, with their numbers.
    pub(super) fn steps(&self, transaction: &Transaction) -> impl Iterator<Item = (u32, Action)> {
        let range = transaction.actions.clone();
        let steps = &self.actions[range.start as usize..range.end as usize];
        range.zip(steps.iter().copied())
    }

    /// What a read saw.
    pub(super) fn saw(&self, from: u32, to: u32) -> &[u32] {
        &self.seen[from as usize..to as usize]
    }

    pub(super) fn id(&self, transaction: u32) -> i64 {
        self.transactions[transaction as usize].head.id
    }

    pub(super) fn key_name(&self, key: u32) -> Name {
        self.keys[key as usize].clone()
    }

    /// The value of a version; none of [`NONE`], the initial version.
    pub(super) fn value(&self, version: u32) -> Option<Name> {
        let (_, value) = self.versions.get(version as usize)?;
        Some(value.clone())
    }

    pub(super) fn key_of(&self, version: u32) -> u32 {
        self.versions[version as usize].0
    }
}
