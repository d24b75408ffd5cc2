//! The ledger: every transaction with what became of it, and what the final readings of the logs show.
//!
//! Records are found by their values, which are unique in a run. A value that was sent twice is counted, and the checks
//! that depend on values are then undecided.

use std::collections::{BTreeMap, BTreeSet};

use super::lives::Life;
use super::log::{self, Log};
use crate::checks::view::{Place, Values, topics};
use crate::history::{
    Call, ClientOperation, Ending, Moment, Offset, Outcome, Report, Transaction, TransactionEnd,
    TransactionSend,
};
use crate::verdict::{Placed, TransactionNamed};

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Its commit was acknowledged.
    Committed,
    /// It certainly did not commit.
    Aborted,
    /// Nobody knows.
    Unknown,
}

/// A transaction.
#[derive(Debug)]
pub(crate) struct Tx<'a> {
    pub(crate) operation: &'a ClientOperation<'a>,
    pub(crate) call: &'a Transaction,
    /// What it did; none of a client that ended within it.
    pub(crate) end: Option<&'a TransactionEnd>,
    pub(crate) fate: Fate,
    /// Whether its producer id and epoch are those of no other transaction, as with clients of KIP-890: a late request of
    /// another transaction is then fenced.
    pub(crate) own_epoch: bool,
}

impl<'a> Tx<'a> {
    pub(crate) fn sends(&self) -> &'a [TransactionSend] {
        self.end.map_or(&[], |end| &end.sends)
    }

    /// Its acknowledged records.
    pub(crate) fn acknowledged(&self) -> impl Iterator<Item = &'a TransactionSend> + use<'a> {
        let sends = self.sends().iter();
        sends.filter(|send| send.outcome == Outcome::Ok)
    }

    /// When its commit was first sent.
    pub(crate) fn end_sent(&self) -> Option<Moment> {
        self.end.and_then(|end| end.end_sent)
    }

    pub(crate) fn named(&self) -> TransactionNamed {
        TransactionNamed {
            transactional_id: self.call.transactional_id.to_string(),
            producer_id: self.call.producer_id,
            epoch: self.call.epoch,
            operation: self.operation.id,
        }
    }
}

/// The partition of a record that a transaction sent.
pub(crate) fn place_of(send: &TransactionSend) -> Place<'_> {
    (send.topic.as_str(), send.partition)
}

/// A record as findings show it.
pub(crate) fn placed(place: Place<'_>, offset: Option<Offset>, value: &str) -> Placed {
    Placed {
        topic: place.0.to_owned(),
        partition: place.1,
        offset,
        value: value.to_owned(),
    }
}

/// The same of a record as it was sent.
pub(crate) fn sent(send: &TransactionSend) -> Placed {
    placed(place_of(send), send.offset, &send.value)
}

/// An InitProducerId that was answered ok.
#[derive(Debug)]
pub(crate) struct Init<'a> {
    pub(crate) operation: &'a ClientOperation<'a>,
    pub(crate) transactional_id: &'a str,
    pub(crate) producer_id: i64,
    pub(crate) epoch: i32,
    pub(crate) returned: Moment,
}

/// What a consumer of `read_committed` sees of a partition in the end, by any node.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) place: Place<'a>,
    /// The stretch that was read as a whole: what is not visible in it does not exist. Empty if no node was read to its
    /// end.
    pub(crate) whole: std::ops::Range<Offset>,
    /// Offset, value and reading of each visible record, by offset.
    pub(crate) visible: Vec<(Offset, &'a str, u64)>,
    /// The numbers of these values, ascending.
    numbers: Vec<u32>,
}

impl Reading<'_> {
    /// Whether a value with this number is visible.
    pub(crate) fn shows(&self, number: u32) -> bool {
        self.numbers.binary_search(&number).is_ok()
    }
}

/// No transaction sent it.
const NONE: u32 = u32::MAX;
/// Several transactions sent it, and nobody knows which of them is seen.
const AMBIGUOUS: u32 = u32::MAX - 1;

/// Every transaction, and what the logs say.
#[derive(Debug, Default)]
pub(crate) struct Ledger<'a> {
    /// In the order of their begins.
    pub(crate) transactions: Vec<Tx<'a>>,
    /// In the order of their calls.
    pub(crate) inits: Vec<Init<'a>>,
    /// In the order of partition and node.
    pub(crate) logs: Vec<Log<'a>>,
    /// In the order of partitions.
    pub(crate) readings: Vec<Reading<'a>>,
    /// Values that were sent more than once.
    pub(crate) resent: u64,
    /// The topics that transactions write to.
    topics: BTreeSet<&'a str>,
    /// Those of them of which nobody knows all that was sent: a client ended within a transaction, or somebody appended without
    /// one.
    unknown: BTreeSet<&'a str>,
    values: Values<'a>,
    /// By the value's number: the transaction, and the record's place in it.
    sends: Vec<(u32, u32)>,
    /// By token: the transaction, and the offset's place in it.
    tokens: BTreeMap<&'a str, (usize, usize)>,
    /// By transactional id and producer id.
    lives: BTreeMap<&'a str, BTreeMap<i64, Life>>,
}

impl<'a> Ledger<'a> {
    /// That of a history; an empty one if it has neither groups nor transactions.
    pub(crate) fn of(operations: &'a [ClientOperation<'a>], any: bool) -> Ledger<'a> {
        let mut ledger = Ledger::default();
        if !any {
            return ledger;
        }
        ledger.topics = topics(operations);
        for operation in operations {
            match (operation.call, operation.report()) {
                (Call::Append(append), _) => drop(ledger.unknown.insert(append.topic.as_str())),
                (Call::Transaction(call), report) => ledger.begun(operation, call, report),
                (Call::InitProducer(call), Some(Report::InitProducer(seen))) => {
                    if let (Outcome::Ok, Some(returned)) = (operation.outcome, operation.returned())
                    {
                        ledger.inits.push(Init {
                            operation,
                            transactional_id: &call.transactional_id,
                            producer_id: seen.producer_id,
                            epoch: seen.epoch,
                            returned,
                        });
                    }
                }
                _ => {}
            }
        }
        ledger.find_own_epochs();
        ledger.find_lives();
        ledger.logs = log::logs(operations);
        ledger.read();
        ledger
    }

    fn begun(
        &mut self,
        operation: &'a ClientOperation<'a>,
        call: &'a Transaction,
        report: Option<&'a Report>,
    ) {
        let end: Option<&TransactionEnd> = match report {
            Some(Report::Transaction(end)) => Some(end),
            _ => None,
        };
        if end.is_none() {
            self.unknown
                .extend(call.topics.iter().map(|topic| topic.as_str()));
        }
        let wanted = end.and_then(|end| end.wanted);
        let fate = match (operation.outcome, wanted) {
            (Outcome::Ok, Some(Ending::Abort)) | (Outcome::Fail, _) => Fate::Aborted,
            (Outcome::Ok, _) => Fate::Committed,
            (Outcome::Info, _) => Fate::Unknown,
        };
        let number = self.transactions.len();
        for (at, send) in end.iter().flat_map(|end| &end.sends).enumerate() {
            let value = self.number(&send.value) as usize;
            match self.sends[value].0 {
                NONE => self.sends[value] = (number as u32, at as u32),
                _ => {
                    self.sends[value].0 = AMBIGUOUS;
                    self.resent += 1;
                }
            }
        }
        for (at, offset) in end.iter().flat_map(|end| &end.offsets).enumerate() {
            if let Some(token) = &offset.token {
                // The offsets of several partitions may share one token.
                self.tokens.entry(token).or_insert((number, at));
            }
        }
        self.transactions.push(Tx {
            operation,
            call,
            end,
            fate,
            own_epoch: false,
        });
    }

    fn find_own_epochs(&mut self) {
        let mut uses: BTreeMap<(i64, i32), u64> = BTreeMap::new();
        let key = |tx: &Tx<'_>| (tx.call.producer_id, tx.call.epoch);
        for tx in &self.transactions {
            *uses.entry(key(tx)).or_default() += 1;
        }
        for tx in &mut self.transactions {
            tx.own_epoch = tx.call.epoch >= 0 && uses.get(&key(tx)) == Some(&1);
        }
    }

    /// The number of a value.
    fn number(&mut self, value: &'a str) -> u32 {
        let number = self.values.number(value);
        if number as usize == self.sends.len() {
            self.sends.push((NONE, 0));
        }
        number
    }

    fn read(&mut self) {
        let logs = std::mem::take(&mut self.logs);
        for of_place in logs.chunk_by(|a, b| a.place == b.place) {
            let mut visible: Vec<(Offset, &str, u64)> = Vec::new();
            let mut whole: Option<std::ops::Range<Offset>> = None;
            for log in of_place {
                let read = log.reads.first().copied().unwrap_or_default();
                for record in log.visible() {
                    if let Some(value) = record.1.as_deref() {
                        visible.push((record.offset(), value, read));
                    }
                }
                if log.is_complete() {
                    let known = whole.unwrap_or(log.from..log.to);
                    whole = Some(known.start.max(log.from)..known.end.min(log.to));
                }
            }
            visible.sort_unstable();
            visible.dedup_by(|b, a| (a.0, a.1) == (b.0, b.1));
            let mut numbers: Vec<u32> = visible.iter().map(|(_, v, _)| self.number(v)).collect();
            numbers.sort_unstable();
            self.readings.push(Reading {
                place: of_place[0].place,
                whole: whole.unwrap_or(0..0),
                visible,
                numbers,
            });
        }
        self.logs = logs;
    }

    /// What is visible of a partition, if it was read in the end.
    pub(crate) fn reading(&self, place: Place<'_>) -> Option<&Reading<'a>> {
        let at = self.readings.binary_search_by_key(&place, |one| one.place);
        at.ok().map(|at| &self.readings[at])
    }

    /// The transaction that sent a value to a partition.
    pub(crate) fn sender(
        &self,
        place: Place<'_>,
        value: &str,
    ) -> Option<(&Tx<'a>, &'a TransactionSend)> {
        let number = self.values.find(value)?;
        let (tx, at) = self.sends[number as usize];
        let tx = self.transactions.get(tx as usize)?;
        let send = &tx.sends()[at as usize];
        (place_of(send) == place).then_some((tx, send))
    }

    /// Whether transactions write to a topic.
    pub(crate) fn writes_to(&self, topic: &str) -> bool {
        self.topics.contains(topic)
    }

    /// Whether a value was sent to a partition, or may have been.
    pub(crate) fn was_sent(&self, place: Place<'_>, value: &str) -> bool {
        let of = |number: u32| self.sends[number as usize].0;
        self.unknown.contains(place.0)
            || self.values.find(value).map(of) == Some(AMBIGUOUS)
            || self.sender(place, value).is_some()
    }

    /// Whether a record is visible in the end; none if its partition was not read there as a whole.
    pub(crate) fn is_visible(&self, send: &TransactionSend) -> Option<bool> {
        let reading = self.reading(place_of(send))?;
        let number = self.values.find(&send.value)?;
        if self.sends[number as usize].0 == AMBIGUOUS {
            return None;
        }
        if reading.shows(number) {
            return Some(true);
        }
        let known = send
            .offset
            .is_some_and(|offset| reading.whole.contains(&offset));
        known.then_some(false)
    }

    /// The transaction that sent the offset with this token.
    pub(crate) fn of_token(&self, token: &str) -> Option<(&Tx<'a>, usize)> {
        let (tx, at) = self.tokens.get(token)?;
        Some((&self.transactions[*tx], *at))
    }

    /// What took over a transaction's transactional id: the first answer of a higher epoch, or of another producer id to a
    /// call after the transaction's begin.
    pub(crate) fn fence(&self, tx: &Tx<'_>) -> Option<&Init<'a>> {
        let own = tx.call.producer_id;
        if own < 0 || tx.call.epoch < 0 {
            return None;
        }
        let lives = self.lives.get(tx.call.transactional_id.as_str())?;
        let fences = lives
            .iter()
            .filter_map(|(producer, life)| match *producer == own {
                true => life.by_epoch.first_after(tx.call.epoch as u64),
                false => life.by_call.first_after(tx.operation.called),
            });
        fences
            .map(|at| &self.inits[at])
            .min_by_key(|init| init.returned)
    }

    fn find_lives(&mut self) {
        for (at, init) in self.inits.iter().enumerate() {
            if init.producer_id < 0 || init.epoch < 0 {
                continue;
            }
            let lives = self.lives.entry(init.transactional_id).or_default();
            let life = lives.entry(init.producer_id).or_default();
            life.by_epoch.0.push((init.epoch as u64, init.returned, at));
            life.by_call
                .0
                .push((init.operation.called, init.returned, at));
        }
        for life in self.lives.values_mut().flat_map(|lives| lives.values_mut()) {
            life.by_epoch.arrange();
            life.by_call.arrange();
        }
    }
}
