//! Strongly connected components by Tarjan's algorithm, without recursion: a history of a million
//! transactions is a path of a million calls.
//!
//! Tarjan, *Depth-first search and linear graph algorithms*, SIAM J. Comput. 1(2), 1972.

use std::ops::Range;

use super::numbers::NONE;

/// A graph that can be walked: some edges of another one, or pairs of its nodes and a state.
pub(super) trait Walk {
    /// How many nodes it has.
    fn node_count(&self) -> usize;
    /// The numbers of a node's edges.
    fn range(&self, node: u32) -> Range<u32>;
    /// Where an edge of a node leads; none if it does not count.
    fn target(&self, node: u32, edge: u32) -> Option<u32>;
}

/// Which nodes reach each other.
#[derive(Clone, Debug)]
pub(super) struct Components {
    /// The component of each node. An edge leads to the same component or to a lower one.
    of: Vec<u32>,
    sizes: Vec<u32>,
}

impl Components {
    /// The components of a graph.
    pub(super) fn new(graph: &impl Walk) -> Components {
        let nodes = graph.node_count();
        let mut search = Search {
            index: vec![NONE; nodes],
            low: vec![0; nodes],
            stack: Vec::new(),
            found: Components {
                of: vec![NONE; nodes],
                sizes: Vec::new(),
            },
            next: 0,
        };
        let mut path: Vec<(u32, Range<u32>)> = Vec::new();
        for root in 0..nodes as u32 {
            if search.index[root as usize] != NONE {
                continue;
            }
            search.enter(root);
            path.push((root, graph.range(root)));
            while let Some((node, edges)) = path.last_mut() {
                let node = *node;
                let Some(edge) = edges.next() else {
                    path.pop();
                    search.leave(node);
                    if let Some((parent, _)) = path.last() {
                        search.lower(*parent, search.low[node as usize]);
                    }
                    continue;
                };
                let Some(target) = graph.target(node, edge) else {
                    continue;
                };
                if search.index[target as usize] == NONE {
                    search.enter(target);
                    path.push((target, graph.range(target)));
                } else if search.found.of[target as usize] == NONE {
                    search.lower(node, search.index[target as usize]);
                }
            }
        }
        search.found
    }

    pub(super) fn of(&self, node: u32) -> u32 {
        self.of[node as usize]
    }

    pub(super) fn count(&self) -> usize {
        self.sizes.len()
    }

    /// Whether the two reach each other. A node that only reaches itself by a loop does not exist:
    /// graphs here have no loops.
    pub(super) fn same(&self, a: u32, b: u32) -> bool {
        self.of(a) == self.of(b)
    }

    /// The nodes that are on a cycle, ascending.
    pub(super) fn cyclic(&self) -> Vec<u32> {
        let on_cycle = |node: &u32| self.sizes[self.of(*node) as usize] > 1;
        (0..self.of.len() as u32).filter(on_cycle).collect()
    }

    /// The nodes ordered by component, the highest first: every edge leads on or stays.
    pub(super) fn topological(&self) -> Vec<u32> {
        let mut nodes: Vec<u32> = (0..self.of.len() as u32).collect();
        nodes.sort_by_key(|node| std::cmp::Reverse(self.of(*node)));
        nodes
    }
}

struct Search {
    /// When a node was entered.
    index: Vec<u32>,
    /// The earliest entered node that is known to be reachable and still open.
    low: Vec<u32>,
    /// Entered nodes without a component yet.
    stack: Vec<u32>,
    found: Components,
    next: u32,
}

impl Search {
    fn enter(&mut self, node: u32) {
        self.index[node as usize] = self.next;
        self.low[node as usize] = self.next;
        self.next += 1;
        self.stack.push(node);
    }

    fn lower(&mut self, node: u32, low: u32) {
        let own = &mut self.low[node as usize];
        *own = low.min(*own);
    }

    /// Closes the component of a node if it was entered first of it.
    fn leave(&mut self, node: u32) {
        if self.low[node as usize] != self.index[node as usize] {
            return;
        }
        let component = self.found.sizes.len() as u32;
        let mut size = 0;
        while let Some(member) = self.stack.pop() {
            self.found.of[member as usize] = component;
            size += 1;
            if member == node {
                break;
            }
        }
        self.found.sizes.push(size);
    }
}
