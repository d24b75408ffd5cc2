//! Who reaches whom, for 64 sources in one pass: a word for each component, carried along the edges
//! in topological order.

use super::components::{Components, Walk};

/// Reachability in one graph, asked again and again.
#[derive(Clone, Debug)]
pub(super) struct Reach<'a> {
    components: &'a Components,
    /// All nodes, so that every edge leads on or stays in its component.
    order: Vec<u32>,
    /// For each component, which sources reach it.
    words: Vec<u64>,
}

impl<'a> Reach<'a> {
    /// How many sources one pass serves.
    pub(super) const WIDTH: usize = 64;

    /// For a walk with these components.
    pub(super) fn new(components: &'a Components) -> Reach<'a> {
        Reach {
            components,
            order: components.topological(),
            words: vec![0; components.count()],
        }
    }

    /// Finds what these sources, at most [`Reach::WIDTH`], reach; returns how many steps it took.
    pub(super) fn from(&mut self, walk: &impl Walk, sources: &[u32]) -> u64 {
        self.words.fill(0);
        for (place, source) in sources.iter().enumerate() {
            self.words[self.components.of(*source) as usize] |= 1 << place;
        }
        let mut steps = self.order.len() as u64;
        for node in &self.order {
            let word = self.words[self.components.of(*node) as usize];
            if word == 0 {
                continue;
            }
            for edge in walk.range(*node) {
                steps += 1;
                if let Some(target) = walk.target(*node, edge) {
                    self.words[self.components.of(target) as usize] |= word;
                }
            }
        }
        steps
    }

    /// Whether the source at this place reached a node.
    pub(super) fn reaches(&self, place: usize, node: u32) -> bool {
        self.words[self.components.of(node) as usize] >> place & 1 == 1
    }
}
