//! A history with its indexes: calls paired with their completions, fault windows, observations, lateness, phases.

use std::collections::BTreeMap;

use super::event::{
    ClientEvent, Event, NodeEvent, NodeHappening, Phase, Shortage, TopicEvent, What,
};
use super::header::{Header, Limits, Promises};
use super::ids::{Moment, NodeName, WorkerId};
use super::jsonl::Parsed;
use super::lateness::{Lateness, Listener};
use super::observation::Observation;
use super::operation::{Call, Completion, Report};
use super::record::Outcome;
use super::settled::Settled;
use super::unknown::Unknown;

/// A call with its completion.
#[derive(Clone, Debug)]
pub struct ClientOperation<'a> {
    /// The `i` of its invoke: its name in evidence.
    pub id: u64,
    /// Who called.
    pub worker: WorkerId,
    /// What was called.
    pub call: &'a Call,
    /// When it was called.
    pub called: Moment,
    /// How it came out; a call that never returned is `info`.
    pub outcome: Outcome,
    /// What came back.
    pub completion: Option<&'a Completion>,
    /// When that was recorded.
    ended: Moment,
}

impl<'a> ClientOperation<'a> {
    /// When it returned; none for `info` and for a call that never returned: its interval never ends.
    pub fn returned(&self) -> Option<Moment> {
        self.completed().filter(|_| self.outcome != Outcome::Info)
    }

    /// When its completion was recorded, whatever it said: what it carries was known by then.
    pub fn completed(&self) -> Option<Moment> {
        self.completion.map(|_| self.ended)
    }

    /// What came back, if anything did.
    pub fn report(&self) -> Option<&'a Report> {
        self.completion.map(|completion| &completion.report)
    }
}

/// An observation with its line.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The line's `i`.
    pub id: u64,
    /// When the answer came, or the wait for it ended.
    pub at: Moment,
    /// What was seen.
    pub observation: &'a Observation,
}

/// A history and its indexes.
#[derive(Clone, Debug)]
pub struct History {
    header: Header,
    events: Vec<Event>,
    /// Places in `events` of the lines that are neither operation nor unknown: few, and asked for often.
    observations: Vec<usize>,
    others: Vec<usize>,
    lateness: Vec<Lateness>,
    unknown: Unknown,
    /// What was forgotten of it, if anything was.
    settled: Option<Box<Settled>>,
}

impl From<Parsed> for History {
    /// The history that was read, with the count of what was not understood.
    fn from(parsed: Parsed) -> History {
        History {
            unknown: parsed.unknown,
            ..History::new(parsed.header, parsed.events)
        }
    }
}

impl History {
    /// A history of these events.
    pub fn new(header: Header, events: Vec<Event>) -> History {
        let mut observations = Vec::new();
        let mut others = Vec::new();
        let mut listener = Listener::new(&header);
        for (at, event) in events.iter().enumerate() {
            listener.take(event);
            match &event.what {
                What::Observation(_) => observations.push(at),
                What::Fault(_)
                | What::Topic(_)
                | What::Node(_)
                | What::Client(_)
                | What::Late(_)
                | What::Shortage(_)
                | What::Phase(_) => {
                    others.push(at);
                }
                What::Invoke(_) | What::Ok(_) | What::Fail(_) | What::Info(_) | What::Unknown => {}
            }
        }
        History {
            header,
            events,
            observations,
            others,
            lateness: listener.finish(),
            unknown: Unknown::default(),
            settled: None,
        }
    }

    /// What its reader did not understand; nothing if it was not read from text.
    pub fn unknown(&self) -> &Unknown {
        &self.unknown
    }

    /// The same, with what its reader did not understand.
    pub fn with_unknown(self, unknown: Unknown) -> History {
        History { unknown, ..self }
    }

    /// A history of which something was forgotten, and these events are left.
    #[cfg(feature = "kafka")]
    pub(crate) fn reduced(
        header: Header,
        events: Vec<Event>,
        (settled, lateness): (Settled, Vec<Lateness>),
    ) -> History {
        History {
            settled: Some(Box::new(settled)),
            lateness,
            ..History::new(header, events)
        }
    }

    /// Its events.
    #[cfg(feature = "kafka")]
    pub(crate) fn into_events(self) -> Vec<Event> {
        self.events
    }

    /// What was forgotten of it; none of a history that is here as a whole.
    pub fn settled(&self) -> Option<&Settled> {
        self.settled.as_deref()
    }

    /// The line with this `i`, if it was not forgotten.
    pub fn line(&self, id: u64) -> Option<&Event> {
        let at = self.events.partition_point(|event| event.i < id);
        self.events.get(at).filter(|event| event.i == id)
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What the target promises.
    pub fn promises(&self) -> &Promises {
        &self.header.promises
    }

    /// The target's limits.
    pub fn limits(&self) -> &Limits {
        &self.header.limits
    }

    /// The lines, in order; of a history of which something was forgotten, those that are left.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The time of the last line.
    pub fn end(&self) -> Moment {
        self.events.last().map_or(0, |event| event.t)
    }

    /// The nodes' names.
    pub fn nodes(&self) -> Vec<NodeName> {
        self.header
            .nodes
            .iter()
            .map(|node| node.name.clone())
            .collect()
    }

    /// The name of the node with this Kafka id.
    pub fn node_of(&self, id: i32) -> Option<NodeName> {
        let at = usize::try_from(id).ok()?.checked_sub(1)?;
        self.header.nodes.get(at).map(|node| node.name.clone())
    }

    /// Calls with their completions, in the order of the calls.
    pub fn operations(&self) -> Vec<ClientOperation<'_>> {
        let mut operations: Vec<ClientOperation<'_>> = Vec::with_capacity(self.events.len() / 2);
        let mut open: BTreeMap<WorkerId, usize> = BTreeMap::new();
        for event in &self.events {
            let (completion, outcome) = match &event.what {
                What::Invoke(invocation) => {
                    open.insert(invocation.worker, operations.len());
                    operations.push(ClientOperation {
                        id: event.i,
                        worker: invocation.worker,
                        call: &invocation.call,
                        called: event.t,
                        outcome: Outcome::Info,
                        completion: None,
                        ended: Moment::MAX,
                    });
                    continue;
                }
                What::Ok(completion) => (completion, Outcome::Ok),
                What::Fail(completion) => (completion, Outcome::Fail),
                What::Info(completion) => (completion, Outcome::Info),
                _ => continue,
            };
            let Some(at) = open.remove(&completion.worker) else {
                continue;
            };
            let operation = &mut operations[at];
            operation.outcome = outcome;
            operation.completion = Some(completion);
            operation.ended = event.t;
        }
        operations
    }

    /// Observations, in order.
    pub fn observations(&self) -> impl Iterator<Item = Observed<'_>> {
        let observed = |at: &usize| {
            let event = &self.events[*at];
            let What::Observation(observation) = &event.what else {
                return None;
            };
            let (id, at) = (event.i, event.t);
            Some(Observed {
                id,
                at,
                observation,
            })
        };
        self.observations.iter().filter_map(observed)
    }

    pub(super) fn others(&self) -> impl Iterator<Item = &Event> {
        self.others.iter().map(|at| &self.events[*at])
    }

    /// When a phase began, the first time.
    pub fn phase(&self, wanted: Phase) -> Option<Moment> {
        self.others().find_map(|event| match &event.what {
            What::Phase(phase) if phase.phase == wanted => Some(event.t),
            _ => None,
        })
    }

    /// Starts and ends of processes, with their lines.
    pub fn happenings(&self) -> impl Iterator<Item = (u64, Moment, &NodeEvent)> {
        self.others().filter_map(|event| match &event.what {
            What::Node(happening) => Some((event.i, event.t, &**happening)),
            _ => None,
        })
    }

    /// Starts and ends of clients' processes, with their times.
    pub fn clients(&self) -> impl Iterator<Item = (Moment, &ClientEvent)> {
        self.others().filter_map(|event| match &event.what {
            What::Client(happening) => Some((event.t, &**happening)),
            _ => None,
        })
    }

    /// Changes of topics, with their times.
    pub fn topics(&self) -> impl Iterator<Item = (Moment, &TopicEvent)> {
        self.others().filter_map(|event| match &event.what {
            What::Topic(topic) => Some((event.t, &**topic)),
            _ => None,
        })
    }

    /// When a node's processes were started.
    pub fn starts(&self, node: &str) -> Vec<Moment> {
        self.happenings()
            .filter(|(_, _, h)| h.node == node && h.what == NodeHappening::Started)
            .map(|(_, t, _)| t)
            .collect()
    }

    /// Lateness that is believed, in the order of the lines.
    pub fn lateness(&self) -> &[Lateness] {
        &self.lateness
    }

    /// Lateness that excuses what went wrong in a stretch of time: who, when, by how much. Either somebody was once
    /// late by more than half the election time-out; or it adds up to more than that and to more than a third of the
    /// stretch. The second catches a machine that gives a node a little all the time (seen: a node that needs 7 s to
    /// start took 35 s, and was never kept waiting for longer than 0.2 s at once; and one that took 47 s waited for 47
    /// % of the time, because it also waits for others who wait). What was waited in many short waits counts for the
    /// sum alone.
    pub fn starved(&self, from: Moment, to: Moment) -> Option<Lateness> {
        const MS: Moment = 1_000_000;
        let limit_ms = self.header.limits.election_timeout_ms / 2;
        let mut worst: Option<&Lateness> = None;
        let mut sums: BTreeMap<&str, Lateness> = BTreeMap::new();
        let mut waited: BTreeMap<&str, Moment> = BTreeMap::new();
        for late in &self.lateness {
            if late.from > to || late.to < from {
                continue;
            }
            let is_worst = worst.is_none_or(|worst| late.by_ms >= worst.by_ms);
            if late.at_once && late.by_ms > limit_ms && is_worst {
                worst = Some(late);
            }
            let length = u128::from(late.to.saturating_sub(late.from)).max(1);
            let within = late.to.min(to).saturating_sub(late.from.max(from));
            let by = u128::from(late.by_ms) * u128::from(MS);
            let within = (u128::from(within) * by / length) as Moment;
            let sum = waited.entry(&late.who).or_default();
            *sum = sum.saturating_add(within);
            let all = sums.entry(&late.who).or_insert_with(|| late.clone());
            (all.thread, all.to, all.at_once) = (None, late.to, false);
            all.by_ms = *sum / MS;
        }
        let third = to.saturating_sub(from) / 3;
        let starving =
            |(_, waited): &(&str, Moment)| *waited > third.max(limit_ms.saturating_mul(MS));
        let by_sum = || {
            let most = waited
                .into_iter()
                .filter(starving)
                .max_by_key(|(_, waited)| *waited);
            most.and_then(|(who, _)| sums.remove(who))
        };
        worst.cloned().or_else(by_sum)
    }

    /// When the load began: elections and terms up to then belong to the formation. A run that was interrupted before
    /// that has only a formation. Without phases, all of the history is load.
    pub fn formed(&self) -> Moment {
        let is_forming = self.phase(Phase::Formation).is_some();
        let without = if is_forming { Moment::MAX } else { 0 };
        self.phase(Phase::Load).unwrap_or(without)
    }

    /// The first shortage of disk space.
    pub fn shortage(&self) -> Option<Shortage> {
        self.others().find_map(|event| match event.what {
            What::Shortage(shortage) => Some(shortage),
            _ => None,
        })
    }

    /// Whether this is the record of a run, with phases or probes, and not of operations alone.
    pub fn is_of_a_run(&self) -> bool {
        let told = |event: &Event| matches!(event.what, What::Phase(_) | What::Node(_));
        self.settled.is_some() || !self.observations.is_empty() || self.others().any(told)
    }
}
