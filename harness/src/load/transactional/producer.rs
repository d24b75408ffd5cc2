//! One producer: its ways to coordinators and leaders, and the sessions of its transactional ids.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use checkers::history::{Call, Ending, InitProducer, Moment, ProducerSeen, Report, Text};

use super::answers::{Reaction, of_coordinator};
use crate::kafka::questions::groups::Key;
use crate::kafka::questions::transactions::{self, Producer, Protocol, Sender};
use crate::kafka::questions::{self, NoAnswer, outcome_of};
use crate::kafka::wire::Wire;
use crate::load::Load;
use crate::load::coordinator::Coordinator;
use crate::record::{Caller, Outcome};

/// The time that it waits for one answer.
const TIMEOUT: Duration = Duration::from_millis(1_500);
/// The delay before a refused request is sent again.
pub(super) const AGAIN_AFTER: Duration = Duration::from_millis(20);

/// The end of a transaction, as it was asked for.
#[derive(Clone, Copy, Debug)]
pub(in crate::load) struct LateEnd {
    pub(super) producer: Producer,
    pub(super) ending: Ending,
}

/// A transactional id in the hands of one producer.
#[derive(Debug)]
pub(in crate::load) struct Session {
    /// The transactional id.
    pub(in crate::load) id: String,
    /// Its producer.
    pub(in crate::load) producer: Producer,
    /// How its last transaction was ended, if that was acknowledged.
    pub(in crate::load) last_end: Option<LateEnd>,
    /// The number of the next record, for each partition.
    pub(super) sequences: BTreeMap<(String, i32), i32>,
}

impl Session {
    pub(super) fn sender(&self) -> Sender<'_> {
        (&self.id, self.producer)
    }

    /// The next transaction is sent by this producer. Another epoch begins to count anew.
    pub(super) fn goes_on_as(&mut self, producer: Producer) {
        if producer != self.producer {
            self.producer = producer;
            self.sequences.clear();
        }
    }
}

/// A producer over connections of its own. It has one operation open at a time.
pub(in crate::load) struct TransactionalProducer<'a> {
    pub(super) load: &'a Load,
    pub(super) protocol: Protocol,
    timeout_ms: u64,
    pub(super) caller: Caller<'a>,
    /// Asks for coordinators, also while an operation is open.
    finder: Caller<'a>,
    wires: Vec<Wire>,
    /// The coordinator of the transactional id that was used last, and of the group likewise.
    coordinators: BTreeMap<bool, (String, Coordinator<'a>)>,
    leaders: BTreeMap<(String, i32), usize>,
    /// Whom it asks next.
    next: usize,
}

/// One attempt at a request, for the record.
pub(super) struct Attempt {
    pub(super) node: Text,
    pub(super) called: Moment,
    pub(super) returned: Option<Moment>,
    pub(super) error: Option<Text>,
}

/// How a request to a coordinator came out in the end.
pub(super) enum Asked<T> {
    Done(T),
    /// The last refusal.
    Refused(String),
    /// Without an answer it may still arrive.
    Silent(String),
}

impl<'a> TransactionalProducer<'a> {
    /// The `nth` of a run. The protocol is V1 where the cluster does not serve another.
    pub(in crate::load) fn new(load: &'a Load, nth: u64, timeout_ms: u64) -> Self {
        let wires = load.addresses.iter().map(|at| Wire::new(*at, TIMEOUT));
        let mut wires: Vec<Wire> = wires.collect();
        let wanted = load.shape.word("protocol") == "v2";
        let served = |wire: &mut Wire| transactions::offers_v2(wire).unwrap_or(false);
        let protocol = match wanted && wires.iter_mut().any(served) {
            true => Protocol::V2,
            false => Protocol::V1,
        };
        let nodes = wires.len().max(1) as u64;
        TransactionalProducer {
            load,
            protocol,
            timeout_ms,
            caller: Caller::new((&load.recorder, &load.ids)),
            finder: Caller::new((&load.recorder, &load.ids)),
            wires,
            coordinators: BTreeMap::new(),
            leaders: BTreeMap::new(),
            next: usize::try_from(nth % nodes).unwrap_or_default(),
        }
    }

    /// Initialises a transactional id, which fences its former users, until it succeeds. None if it does not within the
    /// patience.
    pub(in crate::load) fn init(&mut self, id: &str, patience: Duration) -> Option<Session> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(producer) = self.init_once(id) {
                return Some(Session {
                    id: id.to_owned(),
                    producer,
                    last_end: None,
                    sequences: BTreeMap::new(),
                });
            }
            if Instant::now() >= deadline {
                return None;
            }
            std::thread::sleep(AGAIN_AFTER);
        }
    }

    fn init_once(&mut self, id: &str) -> Option<Producer> {
        let timeout_ms = self.timeout_ms;
        let find = (id, Key::Transaction);
        let (node, wire) =
            Self::way(&mut self.coordinators, self.load, self.next, find).wire(&mut self.finder)?;
        self.caller.calls(Call::InitProducer(Box::new(InitProducer {
            transactional_id: id.into(),
            timeout_ms: Some(timeout_ms),
            node: Some(node),
        })));
        let wanted_ms = i32::try_from(timeout_ms).unwrap_or(i32::MAX);
        let answer = transactions::init(wire, id, wanted_ms);
        let seen = answer.as_ref().ok().map(|producer| ProducerSeen {
            producer_id: producer.id,
            epoch: producer.epoch.into(),
        });
        let report = Report::InitProducer(Box::new(seen.unwrap_or_default()));
        match answer {
            Ok(producer) => {
                self.caller.ended(Outcome::Ok, report);
                Some(producer)
            }
            Err(error) => {
                self.caller
                    .ended(outcome_of(&error, PERHAPS_RAISED), report);
                if of_coordinator(&error.to_string()) != Reaction::Again {
                    self.forget(find);
                }
                None
            }
        }
    }

    /// The way to a coordinator: that of the transactional id or group that was used last is kept.
    fn way<'c>(
        ways: &'c mut BTreeMap<bool, (String, Coordinator<'a>)>,
        load: &'a Load,
        first: usize,
        (key, of): (&str, Key),
    ) -> &'c mut Coordinator<'a> {
        let fresh = || {
            let found = Coordinator::new(&load.addresses, (key, of), first, TIMEOUT);
            (key.to_owned(), found)
        };
        let way = ways.entry(of == Key::Transaction).or_insert_with(fresh);
        if way.0 != key {
            *way = fresh();
        }
        &mut way.1
    }

    /// The coordinator's name and the connection to it; none if nobody names one now.
    fn coordinator(&mut self, find: (&str, Key)) -> Option<(Text, &mut Wire)> {
        let way = Self::way(&mut self.coordinators, self.load, self.next, find);
        way.wire(&mut self.finder)
    }

    /// The coordinator's name and a further connection to it, beside the one that is used.
    pub(super) fn another_way(&mut self, find: (&str, Key)) -> Option<(Text, Wire)> {
        let way = Self::way(&mut self.coordinators, self.load, self.next, find);
        let (node, _) = way.wire(&mut self.finder)?;
        Some((node, way.another(TIMEOUT)?))
    }

    fn forget(&mut self, (_, of): (&str, Key)) {
        if let Some((_, coordinator)) = self.coordinators.get_mut(&(of == Key::Transaction)) {
            coordinator.forget();
        }
    }

    /// Sends a request to a coordinator, and again while the refusals allow it and until the deadline. Every attempt is
    /// noted.
    pub(super) fn ask<T>(
        &mut self,
        key: (&str, Key),
        deadline: Instant,
        mut request: impl FnMut(&mut Wire) -> Result<T, NoAnswer>,
        mut note: impl FnMut(Attempt),
    ) -> Asked<T> {
        let mut last = "no coordinator was named".to_owned();
        loop {
            let load = self.load;
            let recorder = &load.recorder;
            if let Some((node, wire)) = self.coordinator(key) {
                let called = recorder.now();
                let answer = request(wire);
                let is_answered = !matches!(answer, Err(NoAnswer::Wire(_)));
                note(Attempt {
                    node,
                    called,
                    returned: is_answered.then(|| recorder.now()),
                    error: answer.as_ref().err().map(|error| error.to_string().into()),
                });
                match answer {
                    Ok(done) => return Asked::Done(done),
                    Err(NoAnswer::Wire(error)) => {
                        self.forget(key);
                        return Asked::Silent(error.to_string());
                    }
                    Err(NoAnswer::Refused(error)) => {
                        match of_coordinator(&error) {
                            Reaction::Again => {}
                            Reaction::Elsewhere => self.forget(key),
                            Reaction::Fenced | Reaction::GiveUp => return Asked::Refused(error),
                        }
                        last = error;
                    }
                }
            }
            if Instant::now() >= deadline {
                return Asked::Refused(last);
            }
            std::thread::sleep(AGAIN_AFTER);
        }
    }

    /// The leader of a partition and the connection to it, by the word of one node after the other.
    pub(super) fn leader(&mut self, place: &(String, i32)) -> Option<(usize, &mut Wire)> {
        if !self.leaders.contains_key(place) {
            let asked = self.next % self.wires.len().max(1);
            self.next = asked + 1;
            let topics = [place.0.clone()];
            let known = questions::metadata(self.wires.get_mut(asked)?, &topics).ok()?;
            for claim in known.partitions {
                let leader = claim.leader().and_then(|id| usize::try_from(id - 1).ok());
                if let Some(leader) = leader {
                    let place = (claim.topic().to_owned(), claim.partition());
                    self.leaders.insert(place, leader);
                }
            }
        }
        let leader = *self.leaders.get(place)?;
        Some((leader, self.wires.get_mut(leader)?))
    }

    /// It may have another leader by now.
    pub(super) fn forget_leader(&mut self, place: &(String, i32)) {
        self.leaders.remove(place);
    }
}

/// What a refused InitProducerId says that may have raised the epoch all the same.
const PERHAPS_RAISED: &[&str] = &[
    "REQUEST_TIMED_OUT",
    "NOT_COORDINATOR",
    "COORDINATOR_NOT_AVAILABLE",
];
