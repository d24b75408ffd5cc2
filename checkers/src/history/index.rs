//! A history with its indexes: calls paired with their completions, fault windows, observations, lateness, phases.

use std::collections::BTreeMap;

use super::event::{Event, Late, NodeEvent, NodeHappening, Phase, What};
use super::fault::{FaultEvent, FaultPhase, Link};
use super::header::{Header, Limits, Promises};
use super::ids::{Moment, NodeName, WorkerId};
use super::observation::Observation;
use super::operation::{Call, Completion, Outcome, Report};

/// A call with its completion.
#[derive(Clone, Debug)]
pub struct Operation<'a> {
    /// The `i` of its invoke: its name in evidence.
    pub id: u64,
    /// Who called.
    pub worker: WorkerId,
    /// What was called.
    pub call: &'a Call,
    /// When it was called.
    pub called: Moment,
    /// When it returned; none for `info` and for a call that never returned: its interval never ends.
    pub returned: Option<Moment>,
    /// How it came out; a call that never returned is `info`.
    pub outcome: Outcome,
    /// What came back.
    pub completion: Option<&'a Completion>,
}

impl<'a> Operation<'a> {
    /// What came back, if anything did.
    pub fn report(&self) -> Option<&'a Report> {
        self.completion.map(|completion| &completion.report)
    }
}

/// A fault from begin to heal.
#[derive(Clone, Debug)]
pub struct Window {
    /// Its id: `k7`.
    pub id: String,
    /// The fault's name in the catalogue.
    pub kind: String,
    /// The nodes it was aimed at.
    pub targets: Vec<NodeName>,
    /// The links that it cuts.
    pub links: Vec<Link>,
    /// The role by which they were chosen.
    pub role: String,
    /// Whether they still had it.
    pub role_held: bool,
    /// Whether it affected the leader.
    pub affects_leader: bool,
    /// When its begin was called; it counts from here.
    pub called: Moment,
    /// When it was seen to have taken effect; none if it never did.
    pub begun: Option<Moment>,
    /// When it was healed; none if the history ends before.
    pub healed: Option<Moment>,
    /// Whether it was skipped: not counted.
    pub skipped: bool,
}

impl Window {
    /// Whether it took effect.
    pub fn took_effect(&self) -> bool {
        self.begun.is_some()
    }

    /// Its last moment, `margin` included; the end of time if it was never healed.
    pub fn end(&self, margin: Moment) -> Moment {
        self.healed
            .map_or(Moment::MAX, |healed| healed.saturating_add(margin))
    }

    /// Whether this node's process was stopped or killed by it.
    pub fn stops(&self, node: &str) -> bool {
        self.links.is_empty() && self.targets.iter().any(|target| target == node)
    }

    /// Whether it cuts the harness from this node in some direction.
    pub fn hides(&self, node: &str) -> bool {
        self.links.iter().any(|(from, to)| {
            (from == "clients" && to == node) || (to == "clients" && from == node)
        })
    }

    /// Whether it leaves no two nodes that run and hear each other both ways.
    pub fn breaks_majority(&self, nodes: &[NodeName]) -> bool {
        if self.links.is_empty() {
            let running = nodes
                .iter()
                .filter(|node| !self.targets.contains(node))
                .count();
            return running <= nodes.len() / 2;
        }
        false
    }
}

/// An observation with its line.
#[derive(Clone, Debug)]
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
}

impl History {
    /// A history of these events.
    pub fn new(header: Header, events: Vec<Event>) -> History {
        History { header, events }
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What the target promises.
    pub fn promises(&self) -> &Promises {
        &self.header.promises
    }

    /// What the target is held to.
    pub fn limits(&self) -> &Limits {
        &self.header.limits
    }

    /// The lines, in order.
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
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let mut operations: Vec<Operation<'_>> = Vec::new();
        let mut open: BTreeMap<WorkerId, usize> = BTreeMap::new();
        for event in &self.events {
            let (completion, outcome) = match &event.what {
                What::Invoke(invocation) => {
                    open.insert(invocation.worker, operations.len());
                    operations.push(Operation {
                        id: event.i,
                        worker: invocation.worker,
                        call: &invocation.call,
                        called: event.t,
                        returned: None,
                        outcome: Outcome::Info,
                        completion: None,
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
            operation.returned = (outcome != Outcome::Info).then_some(event.t);
        }
        operations
    }

    /// Observations, in order.
    pub fn observations(&self) -> impl Iterator<Item = Observed<'_>> {
        self.events.iter().filter_map(|event| match &event.what {
            What::Observation(observation) => Some(Observed {
                id: event.i,
                at: event.t,
                observation,
            }),
            _ => None,
        })
    }

    /// Fault windows, in the order of their begins.
    pub fn windows(&self) -> Vec<Window> {
        let mut windows: Vec<Window> = Vec::new();
        for event in &self.events {
            let What::Fault(fault) = &event.what else {
                continue;
            };
            match fault.phase {
                FaultPhase::Begun => windows.push(window(fault, Some(event.t), false)),
                FaultPhase::Failed => windows.push(window(fault, None, false)),
                FaultPhase::Skipped => windows.push(window(fault, None, true)),
                FaultPhase::Healed => {
                    if let Some(window) = windows.iter_mut().rev().find(|w| w.id == fault.id) {
                        window.healed = Some(event.t);
                    }
                }
                FaultPhase::Unknown => {}
            }
        }
        windows
    }

    /// When a phase began, the first time.
    pub fn phase(&self, wanted: Phase) -> Option<Moment> {
        self.events.iter().find_map(|event| match &event.what {
            What::Phase(phase) if phase.phase == wanted => Some(event.t),
            _ => None,
        })
    }

    /// Starts and ends of processes, with their lines.
    pub fn happenings(&self) -> impl Iterator<Item = (u64, Moment, &NodeEvent)> {
        self.events.iter().filter_map(|event| match &event.what {
            What::Node(happening) => Some((event.i, event.t, happening)),
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

    /// Lateness beyond half the election time-out that overlaps a stretch of time: who, when, by how much.
    pub fn starved(&self, from: Moment, to: Moment) -> Option<(String, Moment, u64)> {
        let limit_ms = self.header.limits.election_timeout_ms / 2;
        let late = |event: &Event| match &event.what {
            What::Late(Late { who, by_ms, .. }) if *by_ms > limit_ms => {
                let began = event.t.saturating_sub(by_ms * 1_000_000);
                (began <= to && event.t >= from).then(|| (who.clone(), event.t, *by_ms))
            }
            _ => None,
        };
        self.events
            .iter()
            .filter_map(late)
            .max_by_key(|(_, _, by_ms)| *by_ms)
    }
}

fn window(fault: &FaultEvent, begun: Option<Moment>, skipped: bool) -> Window {
    Window {
        id: fault.id.clone(),
        kind: fault.kind.clone(),
        targets: fault.targets.clone(),
        links: fault.links.clone(),
        role: fault.role.clone(),
        role_held: fault.role_held,
        affects_leader: fault.affects_leader,
        called: fault.called,
        begun,
        healed: None,
        skipped,
    }
}
