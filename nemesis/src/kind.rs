//! A kind of fault: what lists, plans and the engine need to know of it, built in or your own.
//!
//! A fault of your own is one file in your crate: a type that implements [`Fault`], and a static
//! that implements [`FaultKind`] and makes it. [`Catalogue::with`](crate::catalogue::Catalogue::with)
//! makes its name known to selections and stored plans. `examples/own_fault.rs` shows one.

use std::fmt;
use std::hash::{Hash, Hasher};

use checkers::history::DiskTrouble;
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, FaultError};
use crate::link::Link;
pub use crate::needs::Needs;
use crate::network::partition;
use crate::node::{Node, Nodes};
use crate::process::Client;
use crate::site::Site;
use crate::target::{Draw, Leading, Role};

/// What a kind acts on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Class {
    /// Links.
    Network,
    /// Processes.
    Process,
    /// Disks.
    Disk,
    /// Wall clocks.
    Clock,
}

/// What a kind of fault is. Only the first five methods have to be written.
pub trait FaultKind: Send + Sync {
    /// The name on the command line, in a plan and in a history: lower-case words with hyphens.
    fn name(&self) -> &'static str;

    /// One line for a list.
    fn description(&self) -> &'static str;

    /// What it acts on.
    fn class(&self) -> Class;

    /// The roles that it can be aimed at.
    fn roles(&self) -> &'static [Role];

    /// The fault, before it begins, for the nodes that [`FaultKind::aim`] names.
    ///
    /// # Errors
    /// If it cannot run here: the window is then reported as without effect.
    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError>;

    /// The fault, before it begins, for clients: what a role of clients means. A kind that has none never makes any.
    ///
    /// # Errors
    /// As [`FaultKind::make`].
    fn make_for_clients(
        &self,
        _site: &Site,
        _clients: &[Client],
    ) -> Result<Box<dyn Fault>, FaultError> {
        Err(FaultError::NotForClients)
    }

    /// What it needs.
    fn needs(&self) -> Needs {
        match self.class() {
            Class::Network => Needs::PrivateNetwork,
            Class::Process | Class::Disk => Needs::Nothing,
            Class::Clock => Needs::WallClock,
        }
    }

    /// The nodes of a cluster that a fault of this kind at this role means, in the order in which
    /// the role names them. Nothing if the role needs a leader and there is none, or if the cluster
    /// is too small.
    fn aim(
        &self,
        role: Role,
        nodes: Nodes,
        mut draw: Draw,
        leader: Option<Node>,
    ) -> Option<Vec<Node>> {
        role.resolve(nodes, &mut draw, leader)
    }

    /// The links that it cuts in a cluster, for the nodes that [`FaultKind::aim`] names.
    fn links(&self, _nodes: Nodes, _aimed: &[Node]) -> Vec<Link> {
        Vec::new()
    }

    /// The links that it makes worse without cutting them, for the nodes that [`FaultKind::aim`] names.
    fn disturbs(&self, _nodes: Nodes, _aimed: &[Node]) -> Vec<Link> {
        Vec::new()
    }

    /// What it does to the disks of the nodes that [`FaultKind::aim`] names.
    fn disk(&self) -> Option<DiskTrouble> {
        None
    }

    /// What the setting behind its name means (`lossy-link=5%`), and what it is if absent; none if it takes none.
    fn setting(&self) -> Option<&'static str> {
        None
    }

    /// This kind with another setting, which is a part of its name.
    ///
    /// # Errors
    /// If it takes none, or not this one; the text says what it takes.
    fn set(&self, _setting: &str) -> Result<Kind, String> {
        Err("it takes no setting".to_owned())
    }

    /// Whether it lasts as long as it takes, for example until the cluster is whole again. The windows after it then move
    /// with its end.
    fn waits_for_evidence(&self) -> bool {
        false
    }

    /// Whether a fault of this kind at these nodes affects this leader: it is among them, or is cut
    /// from others, in some direction, or disturbed, until no sound majority is left to it. What a wrong
    /// clock does depends on the target, so a history tells it apart.
    fn affects(&self, nodes: Nodes, aimed: &[Node], leader: Node) -> bool {
        match self.class() {
            Class::Process | Class::Disk => aimed.contains(&leader),
            Class::Clock => false,
            Class::Network => {
                let mut links = self.links(nodes, aimed);
                links.extend(self.disturbs(nodes, aimed));
                partition::takes_majority_from(nodes, &links, leader)
            }
        }
    }

    /// Whether a fault at this role affects the leader, whichever node that is.
    fn always_affects_leader(&self, role: Role) -> bool {
        self.class() != Class::Clock && matches!(role, Role::Leader | Role::All)
    }
}

/// A kind of fault, by its name. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Kind(&'static dyn FaultKind);

impl Kind {
    /// The kind that this value defines.
    pub const fn of(definition: &'static dyn FaultKind) -> Kind {
        Kind(definition)
    }

    /// See [`FaultKind::name`].
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// See [`FaultKind::description`].
    pub fn description(self) -> &'static str {
        self.0.description()
    }

    /// See [`FaultKind::class`].
    pub fn class(self) -> Class {
        self.0.class()
    }

    /// See [`FaultKind::needs`].
    pub fn needs(self) -> Needs {
        self.0.needs()
    }

    /// See [`FaultKind::roles`].
    pub fn roles(self) -> &'static [Role] {
        self.0.roles()
    }

    /// The roles that a plan draws from if only the kind is named. The controller has to be named: where one node leads
    /// everything it is the leader, which would then be drawn twice as often. So have members, which few workloads have.
    pub fn drawn_roles(self) -> impl Iterator<Item = Role> {
        let roles = self.0.roles().iter().copied();
        let named = |role: &Role| matches!(role, Role::Controller | Role::Coordinator);
        roles.filter(move |role| !named(role) && !role.is_of_clients())
    }

    /// See [`FaultKind::make`].
    pub(crate) fn make(self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        self.0.make(site, aimed)
    }

    /// See [`FaultKind::make_for_clients`].
    pub(crate) fn make_for_clients(
        self,
        site: &Site,
        clients: &[Client],
    ) -> Result<Box<dyn Fault>, FaultError> {
        self.0.make_for_clients(site, clients)
    }

    /// See [`FaultKind::aim`].
    pub fn aim(
        self,
        role: Role,
        nodes: Nodes,
        draw: Draw,
        leader: Option<Node>,
    ) -> Option<Vec<Node>> {
        self.0.aim(role, nodes, draw, leader)
    }

    /// See [`FaultKind::links`].
    pub fn links(self, nodes: Nodes, aimed: &[Node]) -> Vec<Link> {
        self.0.links(nodes, aimed)
    }

    /// See [`FaultKind::disturbs`].
    pub fn disturbs(self, nodes: Nodes, aimed: &[Node]) -> Vec<Link> {
        self.0.disturbs(nodes, aimed)
    }

    /// See [`FaultKind::disk`].
    pub fn disk(self) -> Option<DiskTrouble> {
        self.0.disk()
    }

    /// See [`FaultKind::setting`].
    pub fn setting(self) -> Option<&'static str> {
        self.0.setting()
    }

    /// See [`FaultKind::set`].
    ///
    /// # Errors
    /// As [`FaultKind::set`].
    pub fn set(self, setting: &str) -> Result<Kind, String> {
        self.0.set(setting)
    }

    /// See [`FaultKind::waits_for_evidence`].
    pub fn waits_for_evidence(self) -> bool {
        self.0.waits_for_evidence()
    }

    /// See [`FaultKind::affects`].
    pub fn affects(self, nodes: Nodes, aimed: &[Node], leader: Node) -> bool {
        self.0.affects(nodes, aimed, leader)
    }

    /// See [`FaultKind::always_affects_leader`].
    pub fn always_affects_leader(self, role: Role) -> bool {
        self.0.always_affects_leader(role)
    }

    /// Whether it affects any node that leads: a partition's leader or the quorum's; and a
    /// partition's leader also when it is cut from the quorum's, because the quorum's leader
    /// fences a node that it does not hear (seen on Apache Kafka 4.4: the leader is replaced though it still has a healthy
    /// follower).
    pub fn affects_any(self, nodes: Nodes, aimed: &[Node], leading: &Leading) -> bool {
        let mut links = self.links(nodes, aimed);
        links.extend(self.disturbs(nodes, aimed));
        let cut_from = |leader: Node, quorum: Node| {
            leader != quorum
                && Link::both_ways(leader, quorum)
                    .iter()
                    .any(|link| links.contains(link))
        };
        let fenced = |leader: &Node| {
            leading
                .quorum
                .is_some_and(|quorum| cut_from(*leader, quorum))
        };
        let leaders = leading.partitions.iter().chain(&leading.quorum);
        leaders
            .clone()
            .any(|leader| self.affects(nodes, aimed, *leader))
            || leading.partitions.iter().any(fenced)
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Kind) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Kind {}

impl Hash for Kind {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Kind").field(&self.name()).finish()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
