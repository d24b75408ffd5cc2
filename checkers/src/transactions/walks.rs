//! Ways to walk a graph of dependencies, and the shortest path along each.

use std::collections::VecDeque;
use std::ops::Range;

use super::components::Walk;
use super::graph::{Graph, Kinds};
use super::numbers::NONE;

/// The edges of some kinds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Along<'a> {
    pub(super) graph: &'a Graph,
    pub(super) kinds: Kinds,
}

impl Walk for Along<'_> {
    fn node_count(&self) -> usize {
        self.graph.node_count()
    }

    fn range(&self, node: u32) -> Range<u32> {
        self.graph.range(node)
    }

    fn target(&self, _: u32, edge: u32) -> Option<u32> {
        let edge = self.graph.edge(edge);
        edge.kind.meets(self.kinds).then_some(edge.to)
    }
}

/// The edges of some kinds, with never two read-write edges in succession. Nodes are pairs of a node
/// and whether a read-write edge led to it: [`Nonadjacent::after_rw`], [`Nonadjacent::after_other`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Nonadjacent<'a> {
    pub(super) graph: &'a Graph,
    pub(super) kinds: Kinds,
}

impl Nonadjacent<'_> {
    /// The node, reached by a read-write edge.
    pub(super) fn after_rw(node: u32) -> u32 {
        2 * node + 1
    }

    /// The node, reached by another edge.
    pub(super) fn after_other(node: u32) -> u32 {
        2 * node
    }
}

impl Walk for Nonadjacent<'_> {
    fn node_count(&self) -> usize {
        2 * self.graph.node_count()
    }

    fn range(&self, node: u32) -> Range<u32> {
        self.graph.range(node / 2)
    }

    fn target(&self, node: u32, edge: u32) -> Option<u32> {
        let edge = self.graph.edge(edge);
        let is_after_rw = node % 2 == 1;
        if !edge.kind.meets(self.kinds) {
            None
        } else if edge.kind == Kinds::FREE {
            Some(2 * edge.to + node % 2)
        } else if edge.kind.is_anti() {
            (!is_after_rw).then_some(Nonadjacent::after_rw(edge.to))
        } else {
            Some(Nonadjacent::after_other(edge.to))
        }
    }
}

/// Finds shortest paths, again and again in graphs of the same size.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    /// In which search a node was reached last, how far it is, and by which edge from where.
    reached: Vec<u32>,
    distance: Vec<u32>,
    by: Vec<(u32, u32)>,
    search: u32,
    /// How many edges were looked at, in all searches.
    pub(super) steps: u64,
}

impl Paths {
    /// For graphs of up to this many nodes.
    pub(super) fn new(nodes: usize) -> Paths {
        Paths {
            reached: vec![0; nodes],
            distance: vec![0; nodes],
            by: vec![(NONE, NONE); nodes],
            search: 0,
            steps: 0,
        }
    }

    /// The edges of a path with fewest transactions from one node to another, of fewer than `below`.
    /// What leads out of an auxiliary node costs nothing: it belongs to the edge that led in.
    pub(super) fn shortest(
        &mut self,
        walk: &impl Walk,
        is_auxiliary: impl Fn(u32) -> bool,
        (from, to): (u32, u32),
        below: u32,
    ) -> Option<(u32, Vec<u32>)> {
        self.search += 1;
        let mut open: VecDeque<(u32, u32)> = VecDeque::new();
        self.reach(from, 0, (NONE, NONE));
        open.push_back((from, 0));
        while let Some((node, distance)) = open.pop_front() {
            if node == to {
                return Some((distance, self.edges_to(from, to)));
            }
            if distance > self.distance[node as usize] {
                continue;
            }
            let cost = u32::from(!is_auxiliary(node));
            if distance + cost >= below {
                continue;
            }
            for edge in walk.range(node) {
                self.steps += 1;
                let Some(target) = walk.target(node, edge) else {
                    continue;
                };
                let is_nearer = self.reached[target as usize] != self.search
                    || distance + cost < self.distance[target as usize];
                if is_nearer {
                    self.reach(target, distance + cost, (node, edge));
                    match cost {
                        0 => open.push_front((target, distance)),
                        _ => open.push_back((target, distance + cost)),
                    }
                }
            }
        }
        None
    }

    fn reach(&mut self, node: u32, distance: u32, by: (u32, u32)) {
        self.reached[node as usize] = self.search;
        self.distance[node as usize] = distance;
        self.by[node as usize] = by;
    }

    fn edges_to(&self, from: u32, to: u32) -> Vec<u32> {
        let mut edges = Vec::new();
        let mut node = to;
        while node != from {
            let (before, edge) = self.by[node as usize];
            edges.push(edge);
            node = before;
        }
        edges.reverse();
        edges
    }
}
