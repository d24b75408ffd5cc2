//! The graph of dependencies: which transaction must precede which, and why.
//!
//! Nodes are transactions first, then *auxiliary* nodes, which represent sets of transactions so that
//! a product of n readers and m writers costs n + m edges and not n times m (see [`Group`] and
//! [`super::time`]). Edges lie in compressed sparse rows.

use std::ops::{BitAnd, BitOr, Range};

use super::numbers::{NONE, number};

/// What kinds of edge there are, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kinds(u16);

impl Kinds {
    /// Write-write: the second made a later version of what the first wrote.
    pub(super) const WW: Kinds = Kinds(1);
    /// Write-read: the second read what the first wrote.
    pub(super) const WR: Kinds = Kinds(2);
    /// Read-write, or anti-dependency: the first read a version that the second superseded.
    pub(super) const RW: Kinds = Kinds(4);
    /// One client called the second after the first.
    pub(super) const PROCESS: Kinds = Kinds(8);
    /// The first returned before the second was called.
    pub(super) const REALTIME: Kinds = Kinds(16);
    /// Out of an auxiliary node: goes on with whatever kind led into it.
    pub(super) const FREE: Kinds = Kinds(32);
    /// Read-write, where the order of the two versions is that of one client.
    pub(super) const RW_PROCESS: Kinds = Kinds(64);
    /// Read-write, where the order of the two versions is that of real time.
    pub(super) const RW_REALTIME: Kinds = Kinds(128);
    /// The second's version was read by a client that had made the first's before. It is the later one, unless a read
    /// missed it: so the edge counts as a read-write edge.
    pub(super) const AFTER_PROCESS: Kinds = Kinds(256);
    /// The same, by somebody who was called after the first had returned.
    pub(super) const AFTER_REALTIME: Kinds = Kinds(512);

    /// All kinds.
    pub(super) const ALL: Kinds = Kinds(u16::MAX);
    /// The edges that follow only where each client's order holds.
    pub(super) const BY_PROCESS: Kinds = Kinds(8 | 64 | 256);
    /// The edges that follow only where real time holds, too.
    pub(super) const BY_REALTIME: Kinds = Kinds(16 | 128 | 512);

    /// Whether it counts as a read-write edge.
    pub(super) fn is_anti(self) -> bool {
        self.meets(Kinds(4 | 64 | 128 | 256 | 512))
    }

    /// Whether it is between two versions, the first of which somebody read or wrote over.
    pub(super) fn is_after(self) -> bool {
        self.meets(Kinds(256 | 512))
    }

    /// Whether any of these kinds is among the others.
    pub(super) fn meets(self, others: Kinds) -> bool {
        self.0 & others.0 != 0
    }
}

impl BitOr for Kinds {
    type Output = Kinds;

    fn bitor(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }
}

impl BitAnd for Kinds {
    type Output = Kinds;

    fn bitand(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }
}

/// One edge, with the versions that prove it; [`NONE`] where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) kind: Kinds,
    /// The version that the edge begins with.
    pub(super) before: u32,
    /// The version that it ends with.
    pub(super) after: u32,
}

/// Edges in the making.
#[derive(Clone, Debug)]
pub(super) struct Edges {
    nodes: u32,
    edges: Vec<Edge>,
}

impl Edges {
    /// No edges, between this many transactions.
    pub(super) fn new(transactions: usize) -> Edges {
        Edges {
            nodes: number(transactions),
            edges: Vec::with_capacity(8 * transactions),
        }
    }

    /// A new auxiliary node.
    pub(super) fn node(&mut self) -> u32 {
        self.nodes = number(self.nodes as usize + 1);
        self.nodes - 1
    }

    /// Adds an edge, unless it leads from a transaction to itself.
    pub(super) fn add(&mut self, from: u32, to: u32, kind: Kinds, before: u32, after: u32) {
        if from != to {
            self.edges.push(Edge {
                from,
                to,
                kind,
                before,
                after,
            });
        }
    }

    /// Whether no transaction depends on another.
    pub(super) fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    /// The graph of these edges.
    pub(super) fn graph(&self) -> Graph {
        Graph::new(self.nodes, &self.edges)
    }
}

/// Edges by the node from which they lead.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    /// Where each node's edges begin, and one more. Invariant: ascending, last is the edge count.
    starts: Vec<u32>,
    edges: Vec<Edge>,
}

impl Graph {
    fn new(nodes: u32, edges: &[Edge]) -> Graph {
        let mut starts = vec![0u32; nodes as usize + 1];
        number(edges.len());
        for edge in edges {
            starts[edge.from as usize + 1] += 1;
        }
        for node in 0..nodes as usize {
            starts[node + 1] += starts[node];
        }
        let mut places = starts.clone();
        let mut sorted = edges.to_vec();
        for edge in edges {
            let place = &mut places[edge.from as usize];
            sorted[*place as usize] = *edge;
            *place += 1;
        }
        Graph {
            starts,
            edges: sorted,
        }
    }

    pub(super) fn node_count(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn edges(&self) -> &[Edge] {
        &self.edges
    }

    pub(super) fn edge(&self, edge: u32) -> &Edge {
        &self.edges[edge as usize]
    }

    /// The numbers of a node's edges.
    pub(super) fn range(&self, node: u32) -> Range<u32> {
        self.starts[node as usize]..self.starts[node as usize + 1]
    }

    /// The part of the graph between these nodes, which are numbered anew in their order; `stays`
    /// reports which edges stay, and may only keep those between nodes that are kept.
    pub(super) fn part(&self, keep: &[u32], stays: impl Fn(&Edge) -> bool) -> Graph {
        let mut renumbered = vec![NONE; self.node_count()];
        for (new, old) in (0..).zip(keep) {
            renumbered[*old as usize] = new;
        }
        let mut edges = Vec::new();
        for old in keep {
            for edge in self.range(*old) {
                let edge = self.edge(edge);
                if stays(edge) {
                    edges.push(Edge {
                        from: renumbered[edge.from as usize],
                        to: renumbered[edge.to as usize],
                        ..*edge
                    });
                }
            }
        }
        Graph::new(number(keep.len()), &edges)
    }
}

/// Transactions that many others lead to, each to all of them but itself.
///
/// With members `w0..wn`, auxiliary nodes `p1..pn` lead to all members up to their own, `s0..` to all
/// from their own on: a transaction that is not a member leads to the last `p`, and member `j` to `p` of `j - 1`
/// and `s` of `j + 1`. One auxiliary node for all would close a false cycle from a member to itself.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The members with the version each wrote. Invariant: ascending and distinct in the first.
    members: Vec<(u32, u32)>,
    up_to: Vec<u32>,
    from_on: Vec<u32>,
}

impl Group {
    /// Fewer members than this are linked to directly.
    const CHAINED_MIN: usize = 4;

    /// A group of writers with their versions; of several versions of one writer the first counts.
    pub(super) fn new(mut members: Vec<(u32, u32)>, edges: &mut Edges) -> Group {
        members.sort_unstable();
        members.dedup_by_key(|(writer, _)| *writer);
        let (mut up_to, mut from_on) = (Vec::new(), Vec::new());
        if members.len() >= Group::CHAINED_MIN {
            up_to = chain(members.iter(), edges);
            from_on = chain(members.iter().rev(), edges);
            from_on.reverse();
        }
        Group {
            members,
            up_to,
            from_on,
        }
    }

    /// Leads a transaction to all members but itself.
    pub(super) fn link(&self, edges: &mut Edges, from: u32, kind: Kinds, before: u32) {
        if self.up_to.is_empty() {
            for (writer, version) in &self.members {
                edges.add(from, *writer, kind, before, *version);
            }
            return;
        }
        let place = self
            .members
            .binary_search_by_key(&from, |(writer, _)| *writer);
        let (below, above) = match place {
            Ok(at) => (at.checked_sub(1), Some(at + 1)),
            Err(_) => (Some(self.members.len() - 1), None),
        };
        let nodes = [
            below.and_then(|at| self.up_to.get(at)),
            above.and_then(|at| self.from_on.get(at)),
        ];
        for node in nodes.into_iter().flatten() {
            edges.add(from, *node, kind, before, NONE);
        }
    }
}

/// Auxiliary nodes that lead to their member and to the node ahead of them.
fn chain<'a>(members: impl Iterator<Item = &'a (u32, u32)>, edges: &mut Edges) -> Vec<u32> {
    let mut nodes: Vec<u32> = Vec::new();
    for (writer, version) in members {
        let node = edges.node();
        edges.add(node, *writer, Kinds::FREE, NONE, *version);
        if let Some(last) = nodes.last() {
            edges.add(node, *last, Kinds::FREE, NONE, NONE);
        }
        nodes.push(node);
    }
    nodes
}
