//! What a node's own disk can be made to do while the node runs on: rot, be full in a way that `statfs` shows, and fail a sync
//! once. Healed when it is dropped; what a failed sync should have written is missing after the next power loss all the same.

use std::sync::Arc;
use std::time::Duration;

use checkers::history::{self, DiskTrouble};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::{Instant, sleep};

use super::roles::WHOLE_NODES;
use super::setting::{share, with_setting};
use crate::disk::{Disk, Durability, Met, SyncTrouble};
use crate::evidence::Counters;
use crate::fault::{Fault, FaultError};
use crate::kind::{Class, FaultKind, Kind, Needs};
use crate::node::{Node, Nodes};
use crate::site::Site;
use crate::target::Role;
use crate::wire::MILLION;

/// How long it may take until every node has met it. A node reads its disk only if somebody asks for old records.
const EFFECT_LIMIT: Duration = Duration::from_secs(4);

/// How long a node may take to end after a call has failed.
const END_LIMIT: Duration = Duration::from_secs(2);

/// How often counts and processes are looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// What is wrong with the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// This share of its pages has a flipped bit, in millionths.
    Rot(u32),
    /// No block is free, and writes fail.
    Full,
    /// The next sync of each file fails, and its pages are taken for written.
    FailedSync,
}

impl Trouble {
    /// How often a disk has met it.
    fn count(self, met: Met) -> u64 {
        match self {
            Trouble::Rot(_) => met.rotten,
            Trouble::Full => met.refused,
            Trouble::FailedSync => met.failed,
        }
    }

    /// What is counted, in words.
    fn words(self) -> &'static str {
        match self {
            Trouble::Rot(_) => "reads with flipped bits",
            Trouble::Full => "writes refused",
            Trouble::FailedSync => "syncs failed",
        }
    }

    /// The name of the counter.
    fn counter(self) -> &'static str {
        match self {
            Trouble::Rot(_) => "rotten_reads",
            Trouble::Full => "writes_failed",
            Trouble::FailedSync => "syncs_failed",
        }
    }
}

/// A kind that acts on a node's own disk.
#[derive(Clone, Copy)]
pub(super) struct MountedDiskKind {
    name: &'static str,
    description: &'static str,
    trouble: Trouble,
}

/// The row of the catalogue: bits that rot.
pub(super) static BIT_ROT: MountedDiskKind = MountedDiskKind {
    name: "bit-rot",
    description: "what a node reads from its disk has flipped bits; the disk is right again at the end",
    trouble: Trouble::Rot(MILLION / 20),
};

/// A disk that is full for all to see: a setting of `disk-full`.
pub(super) fn full(name: &str, setting: &str) -> Kind {
    with_setting(name, setting, |name| MountedDiskKind {
        name,
        description: "writes of a node to its files fail with ENOSPC, and its disk shows no free space",
        trouble: Trouble::Full,
    })
}

/// A sync that fails once: a setting of `failing-sync`.
pub(super) fn failed_once(name: &str, setting: &str) -> Kind {
    with_setting(name, setting, |name| MountedDiskKind {
        name,
        description: "the next sync of each file fails with EIO, and later ones succeed without what it should have written",
        trouble: Trouble::FailedSync,
    })
}

impl FaultKind for MountedDiskKind {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.description
    }

    fn class(&self) -> Class {
        Class::Disk
    }

    fn needs(&self) -> Needs {
        Needs::Disk(Durability::Journal)
    }

    fn roles(&self) -> &'static [Role] {
        WHOLE_NODES
    }

    fn setting(&self) -> Option<&'static str> {
        match self.trouble {
            Trouble::Rot(_) => Some("the share of pages with a flipped bit; 5% if absent"),
            Trouble::Full | Trouble::FailedSync => None,
        }
    }

    fn set(&self, setting: &str) -> Result<Kind, String> {
        let Trouble::Rot(_) = self.trouble else {
            return Err("it takes no other setting".to_owned());
        };
        let trouble = Trouble::Rot(share(setting)?);
        Ok(with_setting(self.name, setting, |name| MountedDiskKind {
            name,
            trouble,
            ..*self
        }))
    }

    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        Ok(Box::new(MountedDisk {
            site: site.clone(),
            disks: site.environment.disks().of(aimed)?,
            trouble: self.trouble,
        }))
    }

    fn disk(&self) -> Option<DiskTrouble> {
        let fault = match self.trouble {
            Trouble::Rot(_) => history::DiskFault::BitRot,
            Trouble::Full => history::DiskFault::FailingWrite,
            Trouble::FailedSync => history::DiskFault::FailingSync,
        };
        Some(DiskTrouble { fault, delay_ms: 0 })
    }

    fn affects(&self, nodes: Nodes, aimed: &[Node], leader: Node) -> bool {
        let sound = nodes.count().saturating_sub(aimed.len());
        aimed.contains(&leader) || sound < nodes.majority()
    }
}

/// Disks that rot, are full, or failed a sync.
pub struct MountedDisk {
    site: Site,
    disks: Vec<(Node, Arc<Disk>)>,
    trouble: Trouble,
}

impl MountedDisk {
    fn set(&self) {
        for (node, disk) in &self.disks {
            match self.trouble {
                Trouble::Full => disk.set_full(true),
                Trouble::FailedSync => disk.set_sync_trouble(Some(SyncTrouble::FailOnce)),
                Trouble::Rot(share) => {
                    let seed = self.site.seed ^ u64::from(node.number());
                    disk.set_rot(Some((seed, f64::from(share) / f64::from(MILLION))));
                }
            }
        }
    }

    fn end(&self) {
        for (_, disk) in &self.disks {
            match self.trouble {
                Trouble::Full => disk.set_full(false),
                Trouble::FailedSync => disk.set_sync_trouble(None),
                Trouble::Rot(_) => disk.set_rot(None),
            }
        }
    }

    fn runs(&self, node: Node) -> bool {
        self.site.control.group(node).is_some()
    }

    fn has_met(&self, disk: &Disk) -> bool {
        self.trouble.count(disk.met()) > 0
    }

    fn met(&self) -> String {
        let met = self.disks.iter().map(|(node, disk)| {
            let met = disk.met();
            let ended = if self.runs(*node) {
                ""
            } else {
                "; it has ended"
            };
            format!(
                "{node}: {}: {}{ended}",
                self.trouble.words(),
                self.trouble.count(met)
            )
        });
        met.collect::<Vec<_>>().join("; ")
    }

    async fn until_met(&self) -> Result<String, FaultError> {
        let limit = Instant::now() + EFFECT_LIMIT;
        while !self.disks.iter().all(|(_, disk)| self.has_met(disk)) {
            let lost = self.disks.iter().any(|(node, _)| !self.runs(*node));
            if Instant::now() >= limit {
                let evidence = self.met();
                let met = self.disks.iter().any(|(_, disk)| self.has_met(disk));
                return match met && lost {
                    true => Ok(evidence),
                    false => Err(FaultError::NoEffect { evidence }),
                };
            }
            sleep(LOOK_INTERVAL).await;
        }
        Ok(self.met())
    }

    /// Waits for the ends that follow, and starts again what ended.
    async fn restore(&self) -> Result<String, FaultError> {
        let limit = Instant::now() + END_LIMIT;
        let all = self.disks.iter().map(|(node, _)| *node);
        while Instant::now() < limit && all.clone().all(|node| self.runs(node)) {
            sleep(LOOK_INTERVAL).await;
        }
        let mut text = self.met();
        for node in all.filter(|node| !self.runs(*node)) {
            let started = self.site.control.start(node).await;
            let started = started.map_err(|source| FaultError::Control { node, source })?;
            text += &format!("; {node} started again: {started}");
        }
        Ok(text)
    }
}

impl Fault for MountedDisk {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>> {
        self.set();
        async { Ok(()) }.boxed()
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        self.until_met().boxed()
    }

    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        self.end();
        self.restore().boxed()
    }

    fn counters(&self) -> Counters {
        let mut counters = Counters::default();
        for (_, disk) in &self.disks {
            counters.add(self.trouble.counter(), self.trouble.count(disk.met()));
        }
        counters
    }
}

impl Drop for MountedDisk {
    fn drop(&mut self) {
        self.end();
    }
}
