//! The kinds that make disks worse: slow, failing, lying and full. A row for each. Only a node's own files are meant.
//!
//! A leader whose disk is worse may lose its office, and a majority of disks is needed to acknowledge anything, so such a
//! window explains an election. One follower's disk may not cost one. A lie has no effect before a power loss.

use std::time::Duration;

use checkers::history::{self, DiskTrouble};

use crate::calls::Treatment;
use crate::catalogue::DiskFault;
use crate::fault::{Fault, FaultError};
use crate::kind::{Class, FaultKind, Kind, Needs};
use crate::node::{Node, Nodes};
use crate::site::Site;
use crate::target::Role;

use super::mounted_disk;
use super::roles::WHOLE_NODES;
use super::setting::{duration, with_setting};

/// A kind that makes disks worse.
#[derive(Clone, Copy)]
pub(super) struct DiskKind {
    name: &'static str,
    description: &'static str,
    treatment: Treatment,
}

pub(super) static SLOW_SYNC: DiskKind = DiskKind {
    name: "slow-sync",
    description: "what a node syncs to its disk becomes durable later",
    treatment: Treatment::SlowSync(Duration::from_millis(200)),
};

pub(super) static FAILING_SYNC: DiskKind = DiskKind {
    name: "failing-sync",
    description: "syncs of a node fail with EIO; it is started again at the end if it ended",
    treatment: Treatment::FailingSync,
};

pub(super) static LYING_SYNC: DiskKind = DiskKind {
    name: "lying-sync",
    description: "syncs of a node are answered and not executed",
    treatment: Treatment::LyingSync,
};

pub(super) static FAILING_WRITE: DiskKind = DiskKind {
    name: "failing-write",
    description: "writes of a node to its files fail with EIO; it is started again at the end if it ended",
    treatment: Treatment::FailingWrite,
};

pub(super) static DISK_FULL: DiskKind = DiskKind {
    name: "disk-full",
    description: "writes of a node to its files fail with ENOSPC; it is started again at the end if it ended",
    treatment: Treatment::Full,
};

impl FaultKind for DiskKind {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.description
    }

    fn class(&self) -> Class {
        Class::Disk
    }

    fn roles(&self) -> &'static [Role] {
        WHOLE_NODES
    }

    fn needs(&self) -> Needs {
        Needs::Supervision(self.treatment.calls())
    }

    fn setting(&self) -> Option<&'static str> {
        match self.treatment {
            Treatment::SlowSync(_) => Some("how much later a sync begins; 200ms if absent"),
            Treatment::Full => Some("`statfs`: the disk shows it, too; only writes fail if absent"),
            Treatment::FailingSync => Some(
                "`once`: the next sync of each file fails, and what it should have written is missing after a power loss; all fail if absent",
            ),
            _ => None,
        }
    }

    fn set(&self, setting: &str) -> Result<Kind, String> {
        let treatment = match (self.treatment, setting) {
            (Treatment::SlowSync(_), _) => Treatment::SlowSync(duration(setting)?),
            (Treatment::Full, "statfs") => return Ok(mounted_disk::full(self.name, setting)),
            (Treatment::Full, _) => return Err("the only setting is `statfs`".to_owned()),
            (Treatment::FailingSync, "once") => {
                return Ok(mounted_disk::failed_once(self.name, setting));
            }
            (Treatment::FailingSync, _) => return Err("the only setting is `once`".to_owned()),
            _ => return Err("it takes no setting".to_owned()),
        };
        Ok(with_setting(self.name, setting, |name| DiskKind {
            name,
            treatment,
            ..*self
        }))
    }

    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        Ok(Box::new(DiskFault::new(site, aimed, self.treatment)?))
    }

    fn disk(&self) -> Option<DiskTrouble> {
        let (fault, delay) = match self.treatment {
            Treatment::SlowSync(delay) => (history::DiskFault::SlowSync, delay),
            Treatment::FailingSync => (history::DiskFault::FailingSync, Duration::ZERO),
            Treatment::LyingSync => (history::DiskFault::LyingSync, Duration::ZERO),
            Treatment::FailingWrite | Treatment::Full => {
                (history::DiskFault::FailingWrite, Duration::ZERO)
            }
        };
        let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        Some(DiskTrouble { fault, delay_ms })
    }

    fn affects(&self, nodes: Nodes, aimed: &[Node], leader: Node) -> bool {
        let sound = nodes.count().saturating_sub(aimed.len());
        self.treatment != Treatment::LyingSync
            && (aimed.contains(&leader) || sound < nodes.majority())
    }

    fn always_affects_leader(&self, role: Role) -> bool {
        self.treatment != Treatment::LyingSync
            && !matches!(role, Role::Follower | Role::Any | Role::Minority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> [Node; 3] {
        [0, 1, 2].map(|at| Node::from_index(at).expect("a node"))
    }

    #[test]
    fn a_leader_is_affected_by_its_own_disk_and_by_those_of_a_majority() {
        let [n1, n2, n3] = three();
        for kind in [Kind::SLOW_SYNC, Kind::FAILING_SYNC, Kind::DISK_FULL] {
            assert!(kind.affects(Nodes::THREE, &[n1], n1));
            assert!(!kind.affects(Nodes::THREE, &[n2], n1));
            assert!(kind.affects(Nodes::THREE, &[n2, n3], n1));
            assert!(kind.always_affects_leader(Role::Leader));
            assert!(!kind.always_affects_leader(Role::Follower));
        }
        // A lie is not seen before a power loss.
        assert!(!Kind::LYING_SYNC.affects(Nodes::THREE, &[n1, n2, n3], n1));
        assert!(!Kind::LYING_SYNC.always_affects_leader(Role::All));
    }

    #[test]
    fn a_setting_is_a_part_of_the_name() {
        let slow: Kind = "slow-sync=2s".parse().expect("a kind");
        assert_eq!(slow.name(), "slow-sync=2s");
        assert_eq!(slow.disk().map(|disk| disk.delay_ms), Some(2_000));
        assert_eq!(Kind::SLOW_SYNC.disk().map(|disk| disk.delay_ms), Some(200));
        let why = |word: &str| word.parse::<Kind>().expect_err(word).to_string();
        assert!(why("slow-sync=fast").contains("such as `200ms`"));
        assert!(why("disk-full=5%").contains("`statfs`"));
        assert!(why("failing-sync=5%").contains("`once`"));
        assert!(why("lying-sync=5%").contains("takes no setting"));
    }

    #[test]
    fn each_kind_needs_the_calls_that_it_treats() {
        for (kind, syncs) in [
            (Kind::SLOW_SYNC, true),
            (Kind::LYING_SYNC, true),
            (Kind::FAILING_WRITE, false),
            (Kind::DISK_FULL, false),
        ] {
            let Needs::Supervision(calls) = kind.needs() else {
                panic!("{kind} needs {:?}", kind.needs());
            };
            assert_eq!((calls.syncs, calls.writes), (syncs, !syncs));
        }
    }
}
