//! Every kind of fault: the rows of the built-in ones, and room for your own. A plan draws kinds with
//! roles; which nodes a role means is decided when the fault begins.
//!
//! A new built-in fault is a file below `catalogue/` and a row here. Those that a run draws without
//! being asked have a weight in `plan/mix.rs`, too.

mod cut_fault;
mod cuts;
mod kill;
mod pause;
mod rolling_restart;
mod selection;

use std::str::FromStr;

use serde::Deserialize;

use crate::target::Role;

pub use crate::kind::{Class, FaultKind, Kind, Needs};
pub use cut_fault::CutFault;
pub use kill::Kill;
pub use pause::Pause;
pub use rolling_restart::RollingRestart;
pub use selection::{Selection, UnknownWord};

/// The roles of what acts on all processes of some nodes.
const WHOLE_NODES: &[Role] = &[
    Role::Leader,
    Role::Follower,
    Role::Any,
    Role::Minority,
    Role::Majority,
    Role::All,
];

macro_rules! rows {
    ($($(#[$about:meta])* $name:ident = $definition:path;)*) => {
        impl Kind {
            $($(#[$about])* pub const $name: Kind = Kind::of(&$definition);)*

            /// All built-in kinds, in the order of the catalogue.
            pub const ALL: [Kind; [$(stringify!($name)),*].len()] = [$(Kind::$name),*];
        }
    };
}

rows! {
    /// A node is cut from all others.
    ISOLATE = cuts::ISOLATE;
    /// Two nodes are cut from each other.
    CUT_LINK = cuts::CUT_LINK;
    /// One direction between two nodes.
    CUT_LINK_ONE_WAY = cuts::CUT_LINK_ONE_WAY;
    /// A node hears nothing from the others.
    DEAF = cuts::DEAF;
    /// Nothing that a node sends reaches the others.
    MUTE = cuts::MUTE;
    /// Some nodes on one side, the others and all clients on the other.
    HALVES = cuts::HALVES;
    /// A node is cut from all clients.
    CUT_CLIENTS = cuts::CUT_CLIENTS;
    /// SIGSTOP.
    PAUSE = pause::KIND;
    /// SIGKILL and start again.
    KILL = kill::KIND;
    /// SIGKILL and start again, one node after the other.
    ROLLING_RESTART = rolling_restart::KIND;
}

/// The kinds that a selection or a stored plan can name: the built-in ones and your own.
#[derive(Clone, Debug)]
pub struct Catalogue {
    kinds: Vec<Kind>,
}

impl Catalogue {
    /// The built-in kinds.
    pub fn built_in() -> Catalogue {
        Catalogue {
            kinds: Kind::ALL.to_vec(),
        }
    }

    /// Adds a kind. It replaces an earlier one of the same name.
    pub fn with(mut self, definition: &'static dyn FaultKind) -> Catalogue {
        let kind = Kind::of(definition);
        self.kinds.retain(|known| *known != kind);
        self.kinds.push(kind);
        self
    }

    /// All kinds, the built-in ones first.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.kinds.iter().copied()
    }

    /// The kind with this name.
    pub fn find(&self, name: &str) -> Option<Kind> {
        self.kinds().find(|kind| kind.name() == name)
    }
}

impl FromStr for Kind {
    type Err = UnknownWord;

    /// Reads the name of a built-in kind.
    fn from_str(word: &str) -> Result<Kind, UnknownWord> {
        let found = Kind::ALL.into_iter().find(|kind| kind.name() == word);
        found.ok_or_else(|| UnknownWord {
            word: word.to_owned(),
        })
    }
}

impl<'de> Deserialize<'de> for Kind {
    /// Reads the name of a built-in kind.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::node::{Node, Nodes};
    use crate::target::{Draw, Leading};

    #[test]
    fn the_leader_is_affected_by_rule() {
        let [n1, n2, n3] = [0, 1, 2].map(|at| Node::from_index(at).expect("a node"));
        assert!(Kind::PAUSE.affects(Nodes::THREE, &[n1], n1));
        assert!(Kind::MUTE.affects(Nodes::THREE, &[n1], n1));
        assert!(!Kind::MUTE.affects(Nodes::THREE, &[n2], n1));
        assert!(!Kind::CUT_LINK.affects(Nodes::THREE, &[n1, n2], n1));
        assert!(!Kind::CUT_CLIENTS.affects(Nodes::THREE, &[n1], n1));
        assert!(Kind::ROLLING_RESTART.affects(Nodes::THREE, &[n1, n2, n3], n3));
    }

    #[test]
    fn a_partition_and_the_quorum_may_have_different_leaders() {
        let [n1, n2, n3] = [0, 1, 2].map(|at| Node::from_index(at).expect("a node"));
        let leading = Leading {
            partitions: vec![n1],
            quorum: Some(n2),
        };
        assert!(Kind::PAUSE.affects_any(Nodes::THREE, &[n2], &leading));
        assert!(Kind::CUT_LINK_ONE_WAY.affects_any(Nodes::THREE, &[n2, n1], &leading));
        assert!(!Kind::CUT_LINK.affects_any(Nodes::THREE, &[n1, n3], &leading));
        assert!(!Kind::CUT_LINK.affects_any(Nodes::THREE, &[n2, n3], &leading));
        assert!(!Kind::ISOLATE.affects_any(Nodes::THREE, &[n3], &leading));
        let one = Leading {
            partitions: vec![n1],
            quorum: Some(n1),
        };
        assert!(!Kind::CUT_LINK.affects_any(Nodes::THREE, &[n1, n2], &one));
    }

    fn splits(count: usize, role: Role, leader: Option<Node>) -> BTreeSet<Vec<Node>> {
        let nodes = Nodes::new(count).expect("possible");
        let aim = |value| Kind::HALVES.aim(role, nodes, Draw::new(value), leader);
        let sorted = |mut side: Vec<Node>| {
            side.sort();
            side
        };
        (0..10_000).filter_map(aim).map(sorted).collect()
    }

    #[test]
    fn halves_are_every_split() {
        let leader = Node::from_index(0);
        for (count, sides) in [
            (1, 0),
            (2, 2),
            (3, 3),
            (4, 4 + 6),
            (5, 5 + 10),
            (7, 7 + 21 + 35),
        ] {
            assert_eq!(splits(count, Role::Any, None).len(), sides, "{count}");
        }
        // Alone, or with one of the four followers.
        let of_leader = splits(5, Role::Leader, leader);
        assert_eq!(of_leader.len(), 1 + 4);
        assert!(
            of_leader
                .iter()
                .all(|side| side.contains(&leader.expect("n1")))
        );
        let of_follower = splits(5, Role::Follower, leader);
        assert_eq!(of_follower.len(), 4 + 6);
        assert!(
            !of_follower
                .iter()
                .any(|side| side.contains(&leader.expect("n1")))
        );
    }

    #[test]
    fn a_cluster_of_one_has_nothing_to_cut_from() {
        let one = Nodes::new(1).expect("possible");
        let leader = Node::from_index(0);
        for kind in Kind::ALL {
            for role in kind.roles() {
                let aimed = kind.aim(*role, one, Draw::new(5), leader);
                let possible = match role {
                    Role::Leader | Role::Any | Role::Majority | Role::All => {
                        kind.class() == Class::Process || kind == Kind::CUT_CLIENTS
                    }
                    _ => false,
                };
                assert_eq!(aimed.is_some(), possible, "{kind} at {role}");
            }
        }
    }

    #[test]
    fn json_uses_the_same_names() {
        for kind in Kind::ALL {
            let json = serde_json::to_string(&kind).expect("plain data");
            assert_eq!(json, format!("{:?}", kind.name()));
        }
    }
}
