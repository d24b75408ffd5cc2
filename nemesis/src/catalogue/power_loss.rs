//! Power loss: the disks of some nodes stop, the nodes are killed, and what they had not synced is gone when they return. Which
//! parts are lost is drawn. Whether that matters depends on which node returns last, so that is a part of the fault.
//!
//! A broker that acknowledges before it has synced loses nothing as long as one that has the record is back before a leader is
//! chosen. With `slow+leader-last` nobody else has it, and the others choose without the one that does.

use std::sync::Arc;
use std::time::Duration;

use checkers::history::{self, DiskTrouble};
use futures::FutureExt;
use futures::future::{BoxFuture, join};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::time::sleep;

use super::kill::{Kill, start_together};
use super::roles::WHOLE_NODES;
use super::setting::with_setting;
use crate::disk::{Disk, Durability, Loss, SyncTrouble};
use crate::evidence::Counters;
use crate::fault::{Cause, Fault, FaultError};
use crate::kind::{Class, FaultKind, Kind, Needs};
use crate::node::{Node, Nodes};
use crate::site::Site;
use crate::target::{Draw, Role};

/// How long syncs are late or untrue before the power goes.
const BEFORE: Duration = Duration::from_secs(1);

/// How much later they begin.
const LATE: Duration = Duration::from_millis(300);

/// By then every process of the nodes has been sent its SIGKILL. Until then its disk answers nothing: a process that got an error
/// could still act on it.
const SIGNALLED: Duration = Duration::from_millis(20);

/// Which part of a window all nodes are down, if one of them returns last. The rest, longer than the others need to choose a
/// leader without it, it alone is down.
const ALL_DOWN: u32 = 4;

/// What the words behind the name mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Words {
    /// Nothing is torn: all that was not synced is gone.
    whole: bool,
    /// Only a directory's own sync makes its changes durable.
    posix: bool,
    /// The node that led returns last.
    leader_last: bool,
    /// Syncs of the others were late before.
    slow: bool,
    /// Syncs of all were untrue before.
    lying: bool,
}

/// The words, for messages.
const WORDS: &str = "words joined by `+`: `whole` (nothing torn), `posix` (names need a sync of their directory), \
    `leader-last`, `slow` (syncs are late before, except for the last node's), `lying` (syncs are untrue before)";

impl Words {
    fn read(setting: &str) -> Result<Words, String> {
        let mut words = Words::default();
        for word in setting.split('+') {
            let field = match word {
                "whole" => &mut words.whole,
                "posix" => &mut words.posix,
                "leader-last" => &mut words.leader_last,
                "slow" => &mut words.slow,
                "lying" => &mut words.lying,
                _ => return Err(format!("`{word}` is none of the {WORDS}")),
            };
            *field = true;
        }
        match words.slow && words.lying {
            true => Err("`slow` and `lying` exclude each other".to_owned()),
            false => Ok(words),
        }
    }
}

/// SIGKILL, loss of what was not synced, and start again.
#[derive(Clone, Copy)]
pub(super) struct PowerLossKind {
    name: &'static str,
    words: Words,
}

/// The row of the catalogue.
pub(super) static KIND: PowerLossKind = PowerLossKind {
    name: "power-loss",
    words: Words {
        whole: false,
        posix: false,
        leader_last: false,
        slow: false,
        lying: false,
    },
};

impl FaultKind for PowerLossKind {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        "SIGKILL to a node, what it had not synced is gone, and it starts again"
    }

    fn class(&self) -> Class {
        Class::Disk
    }

    fn needs(&self) -> Needs {
        Needs::Disk(match self.words.posix {
            true => Durability::Posix,
            false => Durability::Journal,
        })
    }

    fn roles(&self) -> &'static [Role] {
        WHOLE_NODES
    }

    fn setting(&self) -> Option<&'static str> {
        Some(WORDS)
    }

    fn set(&self, setting: &str) -> Result<Kind, String> {
        let words = Words::read(setting)?;
        Ok(with_setting(KIND.name, setting, |name| PowerLossKind {
            name,
            words,
        }))
    }

    fn aim(
        &self,
        role: Role,
        nodes: Nodes,
        mut draw: Draw,
        leader: Option<Node>,
    ) -> Option<Vec<Node>> {
        let mut aimed = role.resolve(nodes, &mut draw, leader)?;
        if self.words.leader_last {
            // Stable: the others stay in their order.
            aimed.sort_by_key(|node| Some(*node) == leader);
        }
        Some(aimed)
    }

    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        let disks = site.environment.disks().of(aimed)?;
        let mut draw = ChaCha8Rng::seed_from_u64(site.seed);
        let last = match (aimed, self.words.leader_last) {
            ([_] | [], _) => None,
            (aimed, true) => aimed.last().copied(),
            // All together as often as one of them last.
            (aimed, false) => draw
                .random::<bool>()
                .then(|| aimed[draw.random_range(0..aimed.len())]),
        };
        Ok(Box::new(PowerLoss {
            site: site.clone(),
            kill: Kill::new(site.control.clone(), site.table.clone(), aimed.to_vec()),
            disks,
            words: self.words,
            tearing: (!self.words.whole).then(|| draw.random()),
            last,
            returned: String::new(),
            cut: false,
            lost: Loss::default(),
        }))
    }

    fn disk(&self) -> Option<DiskTrouble> {
        let fault = history::DiskFault::PowerLoss;
        Some(DiskTrouble { fault, delay_ms: 0 })
    }
}

/// Some nodes that lose power together.
pub struct PowerLoss {
    site: Site,
    kill: Kill,
    disks: Vec<(Node, Arc<Disk>)>,
    words: Words,
    tearing: Option<u64>,
    last: Option<Node>,
    /// Which nodes returned before it.
    returned: String,
    cut: bool,
    lost: Loss,
}

impl PowerLoss {
    fn trouble(&self, trouble: Option<SyncTrouble>) {
        for (node, disk) in &self.disks {
            if !(self.words.slow && self.last == Some(*node)) {
                disk.set_sync_trouble(trouble);
            }
        }
    }

    async fn down(&mut self) -> Result<(), FaultError> {
        let trouble = match (self.words.slow, self.words.lying) {
            (true, _) => Some(SyncTrouble::Late(LATE)),
            (_, true) => Some(SyncTrouble::Lie),
            _ => None,
        };
        if trouble.is_some() {
            self.trouble(trouble);
            sleep(BEFORE).await;
        }
        let (kill, disks) = (&mut self.kill, &self.disks);
        // All at one moment, and before anybody is killed: a sync that is under way must not come to its end.
        tokio::task::block_in_place(|| disks.iter().for_each(|(_, disk)| disk.hold()));
        let release = async {
            sleep(SIGNALLED).await;
            disks.iter().for_each(|(_, disk)| disk.release());
        };
        let (killed, ()) = join(kill.begin(), release).await;
        if killed.is_err() {
            disks.iter().for_each(|(_, disk)| disk.restore());
        }
        killed
    }

    async fn lose(&mut self) -> Result<String, FaultError> {
        let mut text = self.kill.verify().await?;
        for (node, disk) in &self.disks {
            // Another part of each disk is torn.
            let tearing = self.tearing.map(|seed| seed ^ u64::from(node.number()));
            let cut = tokio::task::block_in_place(|| disk.cut(tearing));
            let loss =
                cut.map_err(|error| FaultError::Other(Cause::from(format!("{node}: {error}"))))?;
            self.lost.files += loss.files;
            self.lost.bytes += loss.bytes;
            self.lost.pages += loss.pages;
            self.lost.names += loss.names;
            text += &format!("; {node}: {loss}");
        }
        self.cut = true;
        Ok(text)
    }

    /// Waits, and starts the others when the last node has still some time to wait.
    async fn wait(&mut self, duration: Duration) -> Result<(), FaultError> {
        if self.last.is_none() {
            sleep(duration).await;
            return Ok(());
        }
        let all_down = duration / ALL_DOWN;
        sleep(all_down).await;
        let nodes = self.disks.iter().map(|(node, _)| *node);
        let first: Vec<Node> = nodes.filter(|node| self.last != Some(*node)).collect();
        self.returned = start_together(&*self.site.control, &first).await?;
        sleep(duration - all_down).await;
        Ok(())
    }

    /// Starts the nodes that do not run.
    async fn up(&mut self) -> Result<String, FaultError> {
        let nodes = self.disks.iter().map(|(node, _)| *node);
        let down = nodes.filter(|node| self.site.control.group(*node).is_none());
        let down: Vec<Node> = down.collect();
        let started = start_together(&*self.site.control, &down).await?;
        Ok(match self.returned.is_empty() {
            true => format!("started again: {started}"),
            false => format!("started again: {}; and last {started}", self.returned),
        })
    }
}

impl Fault for PowerLoss {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>> {
        self.down().boxed()
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        self.lose().boxed()
    }

    fn hold(&mut self, duration: Duration) -> BoxFuture<'_, Result<(), FaultError>> {
        self.wait(duration).boxed()
    }

    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        self.up().boxed()
    }

    fn counters(&self) -> Counters {
        let mut counters = Counters::default();
        counters.add("files_changed", self.lost.files);
        counters.add("bytes_lost", self.lost.bytes);
        counters.add("pages_lost", self.lost.pages);
        counters.add("names_lost", self.lost.names as u64);
        counters
    }
}

impl Drop for PowerLoss {
    fn drop(&mut self) {
        if !self.cut {
            self.trouble(None);
            self.disks.iter().for_each(|(_, disk)| disk.restore());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_a_part_of_the_name() {
        let kind: Kind = "power-loss=slow+leader-last".parse().expect("a kind");
        assert_eq!(kind.name(), "power-loss=slow+leader-last");
        let why = |word: &str| word.parse::<Kind>().expect_err(word).to_string();
        assert!(why("power-loss=fast").contains("`leader-last`"));
        assert!(why("power-loss=slow+lying").contains("exclude"));
        let needs = |word: &str| word.parse::<Kind>().expect(word).needs();
        assert_eq!(needs("power-loss"), Needs::Disk(Durability::Journal));
        assert_eq!(
            needs("power-loss=whole+posix"),
            Needs::Disk(Durability::Posix)
        );
    }

    #[test]
    fn the_leader_is_the_last_of_all() {
        let kind: Kind = "power-loss=leader-last".parse().expect("a kind");
        for leader in [0, 1, 2].map(|at| Node::from_index(at).expect("a node")) {
            for value in 0..20 {
                let aimed = kind.aim(Role::All, Nodes::THREE, Draw::new(value), Some(leader));
                assert_eq!(aimed.expect("three").last(), Some(&leader));
            }
        }
    }
}
