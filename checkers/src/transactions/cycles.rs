//! Which cycles a graph of dependencies has, and a short one of each kind.
//!
//! One pass over all edges comes first: without a component of several transactions there is no
//! cycle of any kind, which is the usual answer. Otherwise only the components are looked at, for
//! data edges alone, then with the order of each client, then with real time. Existence is decided
//! without enumerating cycles: G0 and G1c by components of the graph's part; G-single by
//! reachability, 64 read-write edges in one pass; G-nonadjacent by components of the graph of pairs
//! (see [`Nonadjacent`]). Within one component only the worst kind with read-write edges is reported,
//! because it implies the others.

use std::collections::BTreeMap;

use super::anomaly::{Cycle, Order};
use super::components::Components;
use super::graph::{Edge, Graph, Kinds};
use super::reach::Reach;
use super::walks::{Along, Nonadjacent, Paths};

/// The most cycles of one kind for which evidence is sought.
pub(super) const CYCLES_MAX: usize = 16;

/// How many edges of one component are tried for a shorter cycle.
const TRIES_MAX: usize = 16;

/// The most steps, of about a nanosecond each, that are spent on one history.
const STEPS_MAX: u64 = 2_000_000_000;

/// A cycle, as edges of the graph that was searched.
#[derive(Clone, Debug)]
pub(super) struct FoundCycle {
    pub(super) cycle: Cycle,
    pub(super) order: Order,
    pub(super) edges: Vec<Edge>,
}

/// All that was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Cycles {
    pub(super) found: Vec<FoundCycle>,
    /// How many components have a cycle of a kind, also beyond [`CYCLES_MAX`].
    pub(super) counts: BTreeMap<(Order, Cycle), u64>,
    /// Whether the steps ran out, so that some kind of cycle may be missing. The kinds that were
    /// found stand, and every component has at least one.
    pub(super) exhausted: bool,
}

/// Searches a graph whose first nodes, this many, are transactions.
pub(super) fn search(graph: &Graph, transactions: u32) -> Cycles {
    let all = Along {
        graph,
        kinds: kinds_of(Order::Realtime, Cycle::G2),
    };
    let components = Components::new(&all);
    let keep = components.cyclic();
    if keep.is_empty() {
        return Cycles::default();
    }
    let part = graph.part(&keep, |edge| components.same(edge.from, edge.to));
    let mut search = Search {
        graph: &part,
        old: &keep,
        transactions,
        paths: Paths::new(2 * part.node_count()),
        cycles: Cycles::default(),
    };
    let mut levels: Vec<Level> = Vec::new();
    for order in [Order::Data, Order::Process, Order::Realtime] {
        let level = search.level(order, &levels);
        levels.push(level);
    }
    let mut cycles = search.cycles;
    for edge in cycles.found.iter_mut().flat_map(|found| &mut found.edges) {
        edge.from = keep[edge.from as usize];
        edge.to = keep[edge.to as usize];
    }
    cycles
}

/// The edges that a cycle of a kind may consist of.
fn kinds_of(order: Order, cycle: Cycle) -> Kinds {
    let data = match cycle {
        Cycle::G0 => Kinds::WW,
        Cycle::G1c | Cycle::GSingle => Kinds::WW | Kinds::WR,
        Cycle::GNonadjacent | Cycle::G2 => Kinds::WW | Kinds::WR | Kinds::RW,
    };
    // Derived read-write edges only go where read-write edges go.
    let anti = match data.meets(Kinds::RW) {
        true => Kinds::ALL,
        false => Kinds::PROCESS | Kinds::REALTIME,
    };
    Kinds::FREE
        | match order {
            Order::Data => data,
            Order::Process => data | Kinds::BY_PROCESS & anti,
            Order::Realtime => data | (Kinds::BY_PROCESS | Kinds::BY_REALTIME) & anti,
        }
}

/// The components of one level, for the next ones: what was on a cycle already needs no process or
/// real-time edge to be on one.
struct Level {
    g0: Components,
    g1c: Components,
    all: Components,
    /// For each component of `all`, the worst kind with read-write edges that was found in it.
    settled: Vec<Option<Cycle>>,
}

impl Level {
    /// Whether a cycle of this kind or a worse one was found around an edge.
    fn covers(&self, edge: &Edge, cycle: Cycle) -> bool {
        self.all.same(edge.from, edge.to)
            && self.settled[self.all.of(edge.from) as usize].is_some_and(|worst| worst <= cycle)
    }
}

struct Search<'a> {
    graph: &'a Graph,
    /// The nodes' numbers in the whole graph: whether they are transactions.
    old: &'a [u32],
    transactions: u32,
    paths: Paths,
    cycles: Cycles,
}

impl Search<'_> {
    fn level(&mut self, order: Order, earlier: &[Level]) -> Level {
        let graph = self.graph;
        let along = |cycle| Along {
            graph,
            kinds: kinds_of(order, cycle),
        };
        let [g0, g1c, all] = [Cycle::G0, Cycle::G1c, Cycle::G2].map(|c| Components::new(&along(c)));
        let mut level = Level {
            settled: vec![None; all.count()],
            g0,
            g1c,
            all,
        };
        let last = earlier.last();
        let is_new = |last: Option<&Components>, edge: &Edge| {
            last.is_none_or(|last| !last.same(edge.from, edge.to))
        };
        let g0 = self.edges(|edge| {
            edge.kind == Kinds::WW
                && level.g0.same(edge.from, edge.to)
                && is_new(last.map(|last| &last.g0), edge)
        });
        self.close(order, Cycle::G0, g0, &level.g0);
        let g1c = self.edges(|edge| {
            edge.kind == Kinds::WR
                && level.g1c.same(edge.from, edge.to)
                && is_new(last.map(|last| &last.g1c), edge)
        });
        self.close(order, Cycle::G1c, g1c, &level.g1c);

        let candidates = |level: &Level, cycle: Cycle, edge: &Edge| {
            edge.kind.is_anti()
                && edge.kind.meets(kinds_of(order, Cycle::G2))
                && level.all.same(edge.from, edge.to)
                && !level.covers(edge, cycle)
                // All of them: what data alone closes is not settled again with process order.
                && !earlier.iter().any(|earlier| earlier.covers(edge, cycle))
        };
        let single = self.edges(|edge| candidates(&level, Cycle::GSingle, edge));
        let single = self.singles(order, single, &level);
        self.settle(&mut level, Cycle::GSingle, &single);
        self.close(order, Cycle::GSingle, single, &level.all);

        let pairs = Components::new(&Nonadjacent {
            graph,
            kinds: kinds_of(order, Cycle::GNonadjacent),
        });
        let nonadjacent = self.edges(|edge| {
            let from = Nonadjacent::after_other(edge.from);
            let to = Nonadjacent::after_rw(edge.to);
            candidates(&level, Cycle::GNonadjacent, edge) && pairs.same(from, to)
        });
        self.settle(&mut level, Cycle::GNonadjacent, &nonadjacent);
        self.close(order, Cycle::GNonadjacent, nonadjacent, &level.all);

        let others = self.edges(|edge| candidates(&level, Cycle::G2, edge));
        self.settle(&mut level, Cycle::G2, &others);
        self.close(order, Cycle::G2, others, &level.all);
        level
    }

    /// The numbers of the edges for which something holds.
    fn edges(&self, holds: impl Fn(&Edge) -> bool) -> Vec<u32> {
        let numbered = (0..).zip(self.graph.edges());
        numbered
            .filter(|(_, edge)| holds(edge))
            .map(|(number, _)| number)
            .collect()
    }

    fn settle(&self, level: &mut Level, cycle: Cycle, edges: &[u32]) {
        for edge in edges {
            let component = level.all.of(self.graph.edge(*edge).from);
            level.settled[component as usize] = Some(cycle);
        }
    }

    /// Those of these read-write edges from whose end their begin can be reached without another
    /// one: at least one of each component that has any.
    fn singles(&mut self, order: Order, mut candidates: Vec<u32>, level: &Level) -> Vec<u32> {
        let component = |edge: &u32| level.all.of(self.graph.edge(*edge).from);
        candidates.sort_by_key(component);
        let along = Along {
            graph: self.graph,
            kinds: kinds_of(order, Cycle::GSingle),
        };
        let mut reach = Reach::new(&level.g1c);
        let mut singles: Vec<u32> = Vec::new();
        let mut settled = vec![false; level.all.count()];
        let mut rest = candidates.into_iter().peekable();
        while rest.peek().is_some() {
            let is_open = |edge: &u32| !settled[component(edge) as usize];
            let batch: Vec<u32> = rest.by_ref().filter(is_open).take(Reach::WIDTH).collect();
            if self.paths.steps > STEPS_MAX {
                self.cycles.exhausted = true;
                break;
            }
            let ends: Vec<u32> = batch.iter().map(|e| self.graph.edge(*e).to).collect();
            self.paths.steps += reach.from(&along, &ends);
            for (place, edge) in batch.iter().enumerate() {
                if reach.reaches(place, self.graph.edge(*edge).from) {
                    settled[component(edge) as usize] = true;
                    singles.push(*edge);
                }
            }
        }
        singles
    }

    /// For each component with some of these edges, a short cycle through one of them.
    fn close(&mut self, order: Order, cycle: Cycle, edges: Vec<u32>, components: &Components) {
        let mut grouped: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for edge in edges {
            let component = components.of(self.graph.edge(edge).from);
            grouped.entry(component).or_default().push(edge);
        }
        if grouped.is_empty() {
            return;
        }
        let count = self.cycles.counts.entry((order, cycle)).or_default();
        *count += grouped.len() as u64;
        // The highest component comes first in the order of the edges, so its begin is the earliest.
        for mut edges in grouped.into_values().rev().take(CYCLES_MAX) {
            // What a read shows by itself is plainer evidence than an order of writes that was inferred from one.
            edges.sort_by_key(|edge| self.graph.edge(*edge).kind.is_after());
            let mut best: Option<Vec<u32>> = None;
            let mut below = u32::MAX;
            for edge in edges.into_iter().take(TRIES_MAX) {
                if best.is_some() && self.paths.steps > STEPS_MAX {
                    break;
                }
                if let Some((length, path)) = self.path(order, cycle, edge, below) {
                    below = length;
                    best = Some([&[edge][..], &path].concat());
                }
            }
            let edges = best.unwrap_or_default();
            let edges: Vec<Edge> = edges.iter().map(|e| *self.graph.edge(*e)).collect();
            if !edges.is_empty() {
                self.cycles.found.push(FoundCycle {
                    cycle,
                    order,
                    edges,
                });
            }
        }
    }

    /// The shortest way from an edge's end back to its begin, of fewer than `below` transactions.
    fn path(
        &mut self,
        order: Order,
        cycle: Cycle,
        edge: u32,
        below: u32,
    ) -> Option<(u32, Vec<u32>)> {
        let graph = self.graph;
        let kinds = kinds_of(order, cycle);
        let Edge { from, to, .. } = *graph.edge(edge);
        let is_auxiliary = |node: u32| self.old[node as usize] >= self.transactions;
        if cycle == Cycle::GNonadjacent {
            let ends = (Nonadjacent::after_rw(to), Nonadjacent::after_other(from));
            let walk = Nonadjacent { graph, kinds };
            return self
                .paths
                .shortest(&walk, |node| is_auxiliary(node / 2), ends, below);
        }
        let walk = Along { graph, kinds };
        self.paths.shortest(&walk, is_auxiliary, (to, from), below)
    }
}
