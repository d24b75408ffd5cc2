//! The cluster: events in virtual time, and what each makes the nodes, the network and the clients do.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::RangeInclusive;
use std::time::Duration;

use broker::Hooks;
use broker::core::{Action, Class, CoreConfig, Input};
use broker::log::LogOptions;
use broker::plants::Plants;
use broker::request::{Request, Response};
use broker::rules::Rules;
use raft::eraftpb::Message;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::clients::Client;
use super::events::{Event, Timed};
use super::faults::{Fault, Weather};
use super::members::Member;
use super::network::{Fate, Network};
use super::node::Node;
use super::oracle::Oracle;
use super::transactors::Transactor;

const TICK: Duration = Duration::from_millis(10);
/// How long things go wrong.
const TROUBLE: Duration = Duration::from_secs(10);
pub(super) const CLIENTS: usize = 6;
pub(super) const TRANSACTORS: usize = 3;
/// Members of a consumer group, in every fourth seed: what they do takes time from the others.
const MEMBERS: usize = 4;
const SEEDS_PER_GROUP: u64 = 4;

/// The nodes and everything around them.
pub(crate) struct Cluster {
    pub(crate) random: ChaCha8Rng,
    pub(crate) now: Duration,
    pub(crate) nodes: Vec<Node>,
    pub(crate) oracle: Oracle,
    pub(crate) election_max: Duration,
    pub(super) network: Network,
    pub(super) weather: Weather,
    pub(super) healed: bool,
    pub(super) clients: Vec<Client>,
    pub(super) transactors: Vec<Transactor>,
    pub(super) members: Vec<Member>,
    pub(super) last_request: u64,
    pub(super) last_value: u64,
    pub(super) disk_delay: BTreeMap<u64, Duration>,
    events: BinaryHeap<Reverse<Timed>>,
    last_event: u64,
    pub(super) leaders: BTreeMap<u64, u64>,
    /// Answers to requests that no client made.
    pub(crate) answers: BTreeMap<u64, Response>,
}

impl Cluster {
    pub(crate) fn new(seed: u64, nodes: u64, plants: &Plants) -> Cluster {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (heartbeat, minimum, maximum) =
            [(30, 100, 200), (50, 300, 600)][random.random_range(0..2)];
        let uncommitted = if random.random_ratio(1, 4) {
            600
        } else {
            64 << 20
        };
        let max_size_per_msg = [0, 1 << 20][random.random_range(0..2)];
        let retention_bytes = random.random_range(2_000..20_000);
        let segment_bytes = random.random_range(500..4_000);
        let options = LogOptions::of(&plants.planted().0, segment_bytes);
        let config = |id: u64, (rules, hooks): (Rules, Hooks)| CoreConfig {
            tick: TICK,
            heartbeat: Duration::from_millis(heartbeat),
            election_min: Duration::from_millis(minimum),
            election_max: Duration::from_millis(maximum),
            seed: seed ^ id << 48,
            max_size_per_msg,
            retention_bytes,
            uncommitted_bytes_max: uncommitted.max(max_size_per_msg as usize),
            rules,
            hooks,
            ..CoreConfig::new(id, (1..=nodes).collect())
        };
        let has_group = seed % SEEDS_PER_GROUP == SEEDS_PER_GROUP - 1;
        let members = if has_group { MEMBERS } else { 0 };
        let mut cluster = Cluster {
            now: Duration::ZERO,
            nodes: (1..=nodes)
                .map(|id| Node::new(config(id, plants.planted()), options.clone()))
                .collect(),
            oracle: Oracle::default(),
            election_max: Duration::from_millis(maximum),
            network: Network::new(nodes, &mut random),
            weather: Weather::new(nodes, &mut random),
            healed: false,
            clients: (0..CLIENTS)
                .map(|number| Client::new(number % 2 == 0))
                .collect(),
            transactors: (0..TRANSACTORS).map(Transactor::new).collect(),
            members: (0..members).map(Member::new).collect(),
            last_request: 0,
            last_value: 0,
            disk_delay: BTreeMap::new(),
            events: BinaryHeap::new(),
            last_event: 0,
            leaders: BTreeMap::new(),
            answers: BTreeMap::new(),
            random,
        };
        for id in 1..=nodes {
            let late = cluster.random.random_range(0..50);
            cluster.after(Duration::from_millis(late), Event::Start(id));
        }
        for client in 0..CLIENTS + TRANSACTORS + members {
            cluster.after(Duration::from_millis(100), Event::Client(client));
        }
        cluster.after(Duration::from_millis(500), Event::NextFault);
        cluster
    }

    /// The ids of all nodes.
    pub(crate) fn ids(&self) -> RangeInclusive<u64> {
        1..=self.nodes.len() as u64
    }

    /// Runs through the time of trouble.
    pub(crate) fn run(&mut self) {
        self.run_until(TROUBLE);
    }

    /// Ends all trouble: every node is up, every link works, no client asks anything more.
    pub(crate) fn heal(&mut self) {
        self.healed = true;
        self.clients.clear();
        self.transactors.clear();
        self.members.clear();
        self.disk_delay.clear();
        for from in self.ids() {
            for to in self.ids().filter(|to| *to != from) {
                self.release(from, to);
            }
        }
        self.network.heal();
        for id in self.ids() {
            if let Some(alive) = &mut self.nodes[id as usize - 1].alive {
                alive.paused_until = self.now;
                let life = self.nodes[id as usize - 1].life;
                self.after(Duration::ZERO, Event::Resume(id, life));
            } else {
                self.after(Duration::ZERO, Event::Start(id));
            }
        }
        self.connect_all();
    }

    /// Lets time pass.
    pub(crate) fn run_until(&mut self, end: Duration) {
        while let Some(Reverse(next)) = self.events.peek() {
            if next.at > end {
                break;
            }
            let Some(Reverse(Timed { at, event, .. })) = self.events.pop() else {
                break;
            };
            self.now = at;
            self.happen(event);
        }
        self.now = end;
    }

    /// Asks a node something, for the checks at the end; the answer, if there is one, will be in `answers`.
    pub(crate) fn ask(&mut self, node: u64, request: Request) -> u64 {
        self.last_request += 1;
        let id = self.last_request;
        self.feed(node, vec![Input::Request { id, request }]);
        id
    }

    pub(super) fn after(&mut self, delay: Duration, event: Event) {
        self.last_event += 1;
        let timed = Timed {
            at: self.now + delay,
            number: self.last_event,
            event,
        };
        self.events.push(Reverse(timed));
    }

    pub(super) fn node(&mut self, id: u64) -> &mut Node {
        &mut self.nodes[id as usize - 1]
    }

    pub(super) fn is_in(&self, id: u64, life: u32) -> bool {
        let node = &self.nodes[id as usize - 1];
        node.alive.is_some() && node.life == life
    }

    pub(super) fn happen(&mut self, event: Event) {
        match event {
            Event::Tick(id, life) if self.is_in(id, life) => {
                self.feed(id, vec![Input::Tick]);
                self.after(TICK, Event::Tick(id, life));
            }
            Event::Input(id, life, input) if self.is_in(id, life) => self.feed(id, vec![input]),
            Event::Link(from, to, up) => self.link_changed(from, to, up),
            Event::Written(id, life) if self.is_in(id, life) => {
                let report = self.node(id).finish_write();
                self.feed(id, vec![Input::Synced(report)]);
                self.start_write(id);
            }
            Event::Start(id) => self.start(id),
            Event::Resume(id, life) if self.is_in(id, life) => self.resume(id),
            Event::Client(client) => self.client(client),
            Event::NextFault if !self.healed => {
                let fault = self.weather.fault(&mut self.random);
                self.happen(Event::Fault(fault, true));
            }
            Event::Fault(fault, again) if !self.healed => {
                self.fault(fault);
                if again {
                    let calm = self
                        .random
                        .random_range(0..self.weather.calm_max.as_micros() as u64);
                    self.after(Duration::from_micros(calm), Event::NextFault);
                }
            }
            Event::Mend(fault) => self.mend(fault),
            // Meant for an earlier life, or for the time of trouble.
            Event::Tick(..)
            | Event::Input(..)
            | Event::Written(..)
            | Event::Resume(..)
            | Event::NextFault
            | Event::Fault(..) => {}
        }
    }

    /// Gives inputs to a node, then does what it says.
    pub(super) fn feed(&mut self, id: u64, inputs: Vec<Input>) {
        let now = self.now;
        let Some(alive) = &mut self.node(id).alive else {
            return;
        };
        if now < alive.paused_until {
            alive.inbox.extend(
                inputs
                    .into_iter()
                    .filter(|input| !matches!(input, Input::Tick)),
            );
            return;
        }
        let actions = alive.core.handle_many(now, inputs);
        self.oracle.step(&self.nodes, id as usize - 1);
        self.notice_leader(id);
        for action in actions {
            match action {
                Action::Write(group) => self.write(id, group),
                Action::Send { class, message, .. } => self.send(class, *message),
                Action::Respond {
                    id: request,
                    response,
                } => self.respond(id, request, response),
                Action::Alarm { from, reason } => {
                    panic!("node {id} refuses of node {from}: {reason}")
                }
                Action::Fatal(reason) => panic!("node {id} ends: {reason}"),
            }
        }
    }

    fn notice_leader(&mut self, id: u64) {
        let Some(alive) = &self.nodes[id as usize - 1].alive else {
            return;
        };
        let (leads, term, ..) = alive.core.inspect().position();
        if leads
            && !self.healed
            && self.leaders.insert(term, id).is_none()
            && let Some((after, fault)) = self.weather.after_election(id, &mut self.random)
        {
            self.after(after, Event::Fault(fault, false));
        }
    }

    fn write(&mut self, id: u64, group: broker::log::WriteGroup) {
        self.oracle.written(&group);
        if let Some(alive) = &mut self.node(id).alive {
            alive.waiting.push(group);
        }
        self.start_write(id);
    }

    pub(super) fn start_write(&mut self, id: u64) {
        let usual = self.random.random_range(50..4_000);
        let delay =
            Duration::from_micros(usual) + self.disk_delay.get(&id).copied().unwrap_or_default();
        let one_in = if self.healed {
            0
        } else {
            self.weather.crash_in_write
        };
        let dies = one_in > 0 && self.random.random_ratio(1, one_in);
        let node = self.node(id);
        let life = node.life;
        let Some(alive) = &mut node.alive else { return };
        if !alive.in_flight.is_empty() || alive.waiting.is_empty() {
            return;
        }
        alive.in_flight = std::mem::take(&mut alive.waiting);
        self.after(delay, Event::Written(id, life));
        if dies {
            let survival = self.weather.survival(&mut self.random);
            let down = Duration::from_millis(self.random.random_range(1..300));
            let after = Duration::from_nanos(
                self.random
                    .random_range(0..=delay.as_nanos() as u64 + 2_000_000),
            );
            self.after(after, Event::Fault(Fault::Crash(id, survival, down), false));
        }
    }

    pub(super) fn send(&mut self, class: Class, message: Message) {
        let (from, to) = (message.from, message.to);
        match self
            .network
            .send(self.now, class, &message, &mut self.random)
        {
            Fate::Arrives(times) => {
                let life = self.nodes[to as usize - 1].life;
                for at in times {
                    let input = Input::Peer {
                        from,
                        message: Box::new(message.clone()),
                    };
                    self.after(at - self.now, Event::Input(to, life, input));
                }
            }
            Fate::Lost { told: true } => {
                let life = self.nodes[from as usize - 1].life;
                self.after(
                    Duration::ZERO,
                    Event::Input(from, life, Input::Dropped { peer: to }),
                );
            }
            Fate::Lost { told: false } | Fate::Held => {}
        }
    }
}
