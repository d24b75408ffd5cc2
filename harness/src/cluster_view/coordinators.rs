//! Which node coordinates a group or a transactional id of the run, as the nodes name it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use checkers::history::Coordinated;

/// Nodes are asked once a second; older answers say nothing about the present.
const FRESH: Duration = Duration::from_millis(2_500);

/// The latest answers of all nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Coordinators(BTreeMap<(Coordinated, usize), Named>);

#[derive(Clone, Debug)]
struct Named {
    when: Instant,
    key: String,
    node: usize,
}

/// A coordinator, and by whose word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoordinatorNamed {
    /// Node number, counted from 1.
    pub node: usize,
    /// The group or transactional id.
    pub key: String,
    /// The numbers of the nodes that name it.
    pub by: BTreeSet<usize>,
}

impl Coordinators {
    /// Node `asked` was asked, and named this node or none.
    pub(super) fn saw(
        &mut self,
        asked: usize,
        (of, key): (Coordinated, &str),
        node: Option<usize>,
    ) {
        match node {
            None => {
                self.0.remove(&(of, asked));
            }
            Some(node) => {
                let named = Named {
                    when: Instant::now(),
                    key: key.to_owned(),
                    node,
                };
                self.0.insert((of, asked), named);
            }
        }
    }

    /// That of a group, or else of a transactional id: the node that most nodes name now. Of two with as many, the one that
    /// names itself.
    pub(super) fn named(&self) -> Option<CoordinatorNamed> {
        let of = |of| self.most_named(of);
        of(Coordinated::Group).or_else(|| of(Coordinated::Transaction))
    }

    fn most_named(&self, of: Coordinated) -> Option<CoordinatorNamed> {
        let now = Instant::now();
        let mut by_node: BTreeMap<usize, CoordinatorNamed> = BTreeMap::new();
        for ((kind, asked), named) in &self.0 {
            if *kind != of || now.duration_since(named.when) >= FRESH {
                continue;
            }
            let known = by_node
                .entry(named.node)
                .or_insert_with(|| CoordinatorNamed {
                    node: named.node,
                    key: named.key.clone(),
                    by: BTreeSet::new(),
                });
            known.by.insert(*asked);
        }
        let all = by_node.into_values();
        all.max_by_key(|one| (one.by.len(), one.by.contains(&one.node)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: (Coordinated, &str) = (Coordinated::Group, "g");
    const ID: (Coordinated, &str) = (Coordinated::Transaction, "x");

    #[test]
    fn the_node_that_most_name_coordinates() {
        let mut known = Coordinators::default();
        assert_eq!(known.named(), None);
        known.saw(1, ID, Some(3));
        assert_eq!(known.named().map(|one| one.node), Some(3));
        // A group comes first. A former coordinator that was cut off still names itself.
        known.saw(1, GROUP, Some(1));
        known.saw(2, GROUP, Some(2));
        known.saw(3, GROUP, Some(2));
        let named = known.named().expect("named");
        assert_eq!((named.node, named.key.as_str()), (2, "g"));
        assert_eq!(named.by, BTreeSet::from([2, 3]));
        known.saw(2, GROUP, None);
        known.saw(3, GROUP, Some(2));
        assert_eq!(known.named().map(|one| one.node), Some(1));
    }
}
