//! The kinds that make links worse without cutting them: slow, lossy, doubling, reordering, narrow, flapping. A row for
//! each, for the links between nodes and for those with clients; the number behind a name sets how much worse.
//!
//! A leader whose links to a majority are worse may lose an election, so such a window explains one. A follower's may
//! not.

use std::time::Duration;

use crate::catalogue::DivertedFault;
use crate::fault::{Fault, FaultError};
use crate::kind::{Class, FaultKind, Kind};
use crate::link::Link;
use crate::network::partition;
use crate::node::{Node, Nodes};
use crate::site::Site;
use crate::target::{Draw, Role};
use crate::wire::{Treatment, Worse};

use super::roles::{ONE_NODE, ONE_OR_TWO};
use super::setting::{bandwidth, duration, share, with_setting};

/// A kind that makes links worse.
#[derive(Clone, Copy)]
pub(super) struct WorseKind {
    name: &'static str,
    description: &'static str,
    /// The links with clients, not those between nodes.
    of_clients: bool,
    how: How,
    worse: Worse,
}

/// What a setting means.
#[derive(Clone, Copy)]
struct How {
    setting: &'static str,
    read: fn(&str) -> Result<Worse, String>,
}

const fn worse() -> Worse {
    Worse {
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        lost: 0,
        duplicated: 0,
        reordered: 0,
        bandwidth: None,
        flapping: None,
    }
}

const SLOW: How = How {
    setting: "the delay of each direction, or delay/jitter; 100ms/20ms if absent",
    read: |text| {
        let (delay, jitter) = match text.split_once('/') {
            Some((delay, jitter)) => (delay, duration(jitter)?),
            None => (text, Duration::ZERO),
        };
        let delay = duration(delay)?;
        Ok(Worse {
            delay,
            jitter,
            ..worse()
        })
    },
};

const LOSSY: How = How {
    setting: "the share of segments that are lost; 5% if absent",
    read: |text| {
        Ok(Worse {
            lost: share(text)?,
            ..worse()
        })
    },
};

const DUPLICATING: How = How {
    setting: "the share of segments that come twice; 5% if absent",
    read: |text| {
        Ok(Worse {
            duplicated: share(text)?,
            ..worse()
        })
    },
};

/// How long a segment waits that others overtake.
const OVERTAKEN_AFTER: Duration = Duration::from_millis(10);

const REORDERING: How = How {
    setting: "the share of segments that overtake others, which wait 10 ms; 25% if absent",
    read: |text| {
        let reordered = share(text)?;
        Ok(Worse {
            delay: OVERTAKEN_AFTER,
            reordered,
            ..worse()
        })
    },
};

const NARROW: How = How {
    setting: "bits a second; 1mbit if absent",
    read: |text| {
        Ok(Worse {
            bandwidth: Some(bandwidth(text)?),
            ..worse()
        })
    },
};

const FLAPPING: How = How {
    setting: "how long it is silent, and how long it carries; 300ms if absent",
    read: |text| {
        Ok(Worse {
            flapping: Some(duration(text)?),
            ..worse()
        })
    },
};

/// Between a node and all others both ways, or from one node to another.
const fn of_nodes(
    name: &'static str,
    description: &'static str,
    how: How,
    worse: Worse,
) -> WorseKind {
    WorseKind {
        name,
        description,
        of_clients: false,
        how,
        worse,
    }
}

/// Between a node and all clients, both ways.
const fn of_clients(
    name: &'static str,
    description: &'static str,
    how: How,
    worse: Worse,
) -> WorseKind {
    WorseKind {
        name,
        description,
        of_clients: true,
        how,
        worse,
    }
}

const SLOW_WORSE: Worse = Worse {
    delay: Duration::from_millis(100),
    jitter: Duration::from_millis(20),
    ..worse()
};
const LOSSY_WORSE: Worse = Worse {
    lost: 50_000,
    ..worse()
};
const DUPLICATING_WORSE: Worse = Worse {
    duplicated: 50_000,
    ..worse()
};
const REORDERING_WORSE: Worse = Worse {
    delay: OVERTAKEN_AFTER,
    reordered: 250_000,
    ..worse()
};
const NARROW_WORSE: Worse = Worse {
    bandwidth: Some(1_000_000),
    ..worse()
};
const FLAPPING_WORSE: Worse = Worse {
    flapping: Some(Duration::from_millis(300)),
    ..worse()
};

pub(super) static SLOW_LINK: WorseKind = of_nodes(
    "slow-link",
    "packets between nodes arrive later",
    SLOW,
    SLOW_WORSE,
);
pub(super) static LOSSY_LINK: WorseKind = of_nodes(
    "lossy-link",
    "packets between nodes are lost",
    LOSSY,
    LOSSY_WORSE,
);
pub(super) static DUPLICATING_LINK: WorseKind = of_nodes(
    "duplicating-link",
    "packets between nodes come twice",
    DUPLICATING,
    DUPLICATING_WORSE,
);
pub(super) static REORDERING_LINK: WorseKind = of_nodes(
    "reordering-link",
    "packets between nodes overtake each other",
    REORDERING,
    REORDERING_WORSE,
);
pub(super) static NARROW_LINK: WorseKind = of_nodes(
    "narrow-link",
    "links between nodes carry few bits, behind a queue of 200 ms",
    NARROW,
    NARROW_WORSE,
);
pub(super) static FLAPPING_LINK: WorseKind = of_nodes(
    "flapping-link",
    "links between nodes carry nothing and everything in turn",
    FLAPPING,
    FLAPPING_WORSE,
);
pub(super) static SLOW_CLIENTS: WorseKind = of_clients(
    "slow-clients",
    "packets between a node and clients arrive later",
    SLOW,
    SLOW_WORSE,
);
pub(super) static LOSSY_CLIENTS: WorseKind = of_clients(
    "lossy-clients",
    "packets between a node and clients are lost",
    LOSSY,
    LOSSY_WORSE,
);
pub(super) static NARROW_CLIENTS: WorseKind = of_clients(
    "narrow-clients",
    "links between a node and clients carry few bits",
    NARROW,
    NARROW_WORSE,
);
pub(super) static FLAPPING_CLIENTS: WorseKind = of_clients(
    "flapping-clients",
    "links between a node and clients carry nothing and everything in turn",
    FLAPPING,
    FLAPPING_WORSE,
);

impl FaultKind for WorseKind {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.description
    }

    fn class(&self) -> Class {
        Class::Network
    }

    fn roles(&self) -> &'static [Role] {
        match self.of_clients {
            true => ONE_NODE,
            false => ONE_OR_TWO,
        }
    }

    fn setting(&self) -> Option<&'static str> {
        Some(self.how.setting)
    }

    fn set(&self, setting: &str) -> Result<Kind, String> {
        let worse = (self.how.read)(setting)?;
        Ok(with_setting(self.name, setting, |name| WorseKind {
            name,
            worse,
            ..*self
        }))
    }

    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        let treatment = Treatment::Worse(self.worse);
        DivertedFault::on(site, self.disturbs(site.nodes(), aimed), treatment)
    }

    fn aim(
        &self,
        role: Role,
        nodes: Nodes,
        mut draw: Draw,
        leader: Option<Node>,
    ) -> Option<Vec<Node>> {
        let aimed = role.resolve(nodes, &mut draw, leader)?;
        (!self.disturbs(nodes, &aimed).is_empty()).then_some(aimed)
    }

    fn disturbs(&self, nodes: Nodes, aimed: &[Node]) -> Vec<Link> {
        match aimed {
            [node] if self.of_clients => partition::clients(*node),
            _ => partition::between(nodes, aimed),
        }
    }

    fn always_affects_leader(&self, role: Role) -> bool {
        !self.of_clients && role == Role::Leader
    }
}

#[cfg(test)]
mod tests;
