//! Every kind of fault: the rows of the built-in ones, and room for your own. A plan draws kinds with
//! roles; which nodes a role means is decided when the fault begins.
//!
//! A new built-in fault is a file below `catalogue/` and a row here. Those that a run draws without
//! being asked have a weight in `plan/mix.rs`, too.

mod client_kill;
mod clock_fault;
mod clocks;
mod cut_fault;
mod cuts;
mod disk_fault;
mod disks;
mod diverted_fault;
mod kill;
mod message_cuts;
mod motion;
mod mounted_disk;
mod pause;
mod power_loss;
mod reaped;
mod restart;
mod roles;
mod rolling_restart;
mod selection;
mod setting;
mod upgrade;
mod wipe;
mod worse_links;

use std::str::FromStr;

use serde::Deserialize;

pub use crate::kind::{Class, FaultKind, Kind, Needs};
pub use client_kill::ClientKill;
pub use clock_fault::ClockFault;
pub use cut_fault::CutFault;
pub use disk_fault::DiskFault;
pub use diverted_fault::DivertedFault;
pub use kill::{Ending, Kill};
pub use mounted_disk::MountedDisk;
pub use pause::Pause;
pub use power_loss::PowerLoss;
pub use rolling_restart::RollingRestart;
pub use selection::{Selection, UnknownWord};
pub use wipe::Wipe;

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
    /// SIGTERM and start again.
    RESTART = restart::KIND;
    /// SIGKILL and start again, one node after the other.
    ROLLING_RESTART = rolling_restart::KIND;
    /// Messages vanish, acknowledgements pass.
    MESSAGE_CUT = message_cuts::MESSAGE_CUT;
    /// The same, and what was lost is lost for good.
    MESSAGE_CUT_RESET = message_cuts::MESSAGE_CUT_RESET;
    /// A node hears no message from the others.
    MESSAGE_DEAF = message_cuts::MESSAGE_DEAF;
    /// No message that a node sends reaches the others.
    MESSAGE_MUTE = message_cuts::MESSAGE_MUTE;
    /// A node hears no request of clients.
    MESSAGE_CUT_REQUESTS = message_cuts::MESSAGE_CUT_REQUESTS;
    /// No answer of a node reaches clients.
    MESSAGE_CUT_ANSWERS = message_cuts::MESSAGE_CUT_ANSWERS;
    /// Delay between nodes.
    SLOW_LINK = worse_links::SLOW_LINK;
    /// Loss between nodes.
    LOSSY_LINK = worse_links::LOSSY_LINK;
    /// Duplicates between nodes.
    DUPLICATING_LINK = worse_links::DUPLICATING_LINK;
    /// Another order between nodes.
    REORDERING_LINK = worse_links::REORDERING_LINK;
    /// Little bandwidth between nodes.
    NARROW_LINK = worse_links::NARROW_LINK;
    /// Silence between nodes, again and again.
    FLAPPING_LINK = worse_links::FLAPPING_LINK;
    /// Delay to and from clients.
    SLOW_CLIENTS = worse_links::SLOW_CLIENTS;
    /// Loss to and from clients.
    LOSSY_CLIENTS = worse_links::LOSSY_CLIENTS;
    /// Little bandwidth to and from clients.
    NARROW_CLIENTS = worse_links::NARROW_CLIENTS;
    /// Silence to and from clients, again and again.
    FLAPPING_CLIENTS = worse_links::FLAPPING_CLIENTS;
    /// Syncs come later.
    SLOW_SYNC = disks::SLOW_SYNC;
    /// Syncs fail.
    FAILING_SYNC = disks::FAILING_SYNC;
    /// Syncs are answered and not executed.
    LYING_SYNC = disks::LYING_SYNC;
    /// Writes fail for lack of space.
    DISK_FULL = disks::DISK_FULL;
    /// Writes fail.
    FAILING_WRITE = disks::FAILING_WRITE;
    /// A wall clock jumps.
    CLOCK_JUMP = clocks::JUMP;
    /// A wall clock gains or loses time.
    CLOCK_DRIFT = clocks::DRIFT;
    /// A wall clock jumps and jumps back, again and again.
    CLOCK_STROBE = clocks::STROBE;
    /// SIGKILL, what was not synced is gone, and start again.
    POWER_LOSS = power_loss::KIND;
    /// Bits flip.
    BIT_ROT = mounted_disk::BIT_ROT;
    /// SIGKILL, no data, and start again.
    WIPE = wipe::KIND;
    /// SIGTERM and start with the new release, one node after the other.
    UPGRADE = upgrade::UPGRADE;
    /// SIGTERM and start with the old release, one node after the other.
    ROLL_BACK = upgrade::ROLL_BACK;
    /// The new release is made final.
    FINALIZE = upgrade::FINALIZE;
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

    /// The kind with this name, which may have a setting behind it: `lossy-link=5%`.
    ///
    /// # Errors
    /// If no kind has the name, or this one does not take the setting.
    pub fn read(&self, name: &str) -> Result<Kind, UnknownWord> {
        let named = |wanted: &str| self.kinds().find(|kind| kind.name() == wanted);
        let unknown = |why: String| UnknownWord {
            word: name.to_owned(),
            why,
        };
        match name.split_once('=') {
            None => named(name).ok_or_else(|| unknown(String::new())),
            Some((base, setting)) => {
                let kind = named(base).ok_or_else(|| unknown(String::new()))?;
                kind.set(setting).map_err(unknown)
            }
        }
    }
}

impl FromStr for Kind {
    type Err = UnknownWord;

    /// Reads the name of a built-in kind, with its setting.
    fn from_str(word: &str) -> Result<Kind, UnknownWord> {
        Catalogue::built_in().read(word)
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
    use crate::target::{Draw, Leading, Role};

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

    /// What also a node without others has.
    const OF_CLIENTS: [Kind; 7] = [
        Kind::CUT_CLIENTS,
        Kind::MESSAGE_CUT_REQUESTS,
        Kind::MESSAGE_CUT_ANSWERS,
        Kind::SLOW_CLIENTS,
        Kind::LOSSY_CLIENTS,
        Kind::NARROW_CLIENTS,
        Kind::FLAPPING_CLIENTS,
    ];

    #[test]
    fn a_setting_that_a_kind_does_not_take_is_told() {
        let why = |word: &str| word.parse::<Kind>().expect_err(word).to_string();
        assert!(why("lossy-link=much").contains("such as `5%`"));
        assert!(why("pause=5").contains("takes no setting"));
        assert!(why("comet=5").contains("jepsen list"));
    }

    #[test]
    fn a_cluster_of_one_has_nothing_to_cut_from() {
        let one = Nodes::new(1).expect("possible");
        let leader = Node::from_index(0);
        for kind in Kind::ALL {
            for role in kind.roles() {
                let aimed = kind.aim(*role, one, Draw::new(5), leader);
                let possible = match role {
                    Role::Leader
                    | Role::Controller
                    | Role::Coordinator
                    | Role::Member
                    | Role::Any
                    | Role::Majority
                    | Role::All => kind.class() != Class::Network || OF_CLIENTS.contains(&kind),
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
