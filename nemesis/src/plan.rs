//! A plan: when which kind of fault is aimed at which role, and for how long. Pure: the same seed,
//! selection and timing give the same plan, and a stored plan is executed as it is. Which nodes a
//! role means is decided in each run.

mod mix;
mod stored;
mod timing;

use std::fmt;
use std::time::Duration;

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

pub use timing::Timing;

use crate::calls::Calls;
use crate::catalogue::{Catalogue, Kind, Needs, Selection, UnknownWord};
use crate::disk::Durability;
use crate::target::{Draw, Role};

/// The version of a stored plan.
pub const PLAN_VERSION: u32 = 1;

/// A seeded sequence of windows. Times count from the start of the load phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// [`PLAN_VERSION`].
    pub version: u32,
    /// The seed that it was drawn from.
    pub seed: u64,
    /// The length of the load phase that it was drawn for.
    pub time_limit_ms: u64,
    /// The windows, in order, one at a time.
    pub windows: Vec<Window>,
}

/// One fault of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Window {
    /// Its name in the history: `k1`.
    pub id: String,
    /// When it begins.
    pub at_ms: u64,
    /// What happens.
    pub kind: Kind,
    /// To which nodes.
    pub role: Role,
    /// Makes the choices that a role leaves: which follower, which node. See [`Plan::draw`].
    pub draw: u8,
    /// How long it lasts, from having taken effect to its heal.
    pub duration_ms: u64,
}

/// Why a stored plan cannot be executed.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// It is not a plan.
    #[error("not a fault schedule: {0}")]
    Json(#[from] serde_json::Error),
    /// A newer program wrote it.
    #[error("the fault schedule has version {0}; this program reads version {PLAN_VERSION}")]
    Version(u32),
    /// It names a kind that the catalogue does not have.
    #[error("{id}: {unknown}")]
    Kind {
        /// The window.
        id: String,
        /// What it names.
        unknown: UnknownWord,
    },
    /// A kind is aimed at a role that it cannot have.
    #[error("{id}: {kind} cannot be aimed at {role}; its roles are in `jepsen list`")]
    Role {
        /// The window.
        id: String,
        /// Its kind.
        kind: Kind,
        /// Its role.
        role: Role,
    },
    /// Windows overlap or are out of order.
    #[error("{id} begins before the window ahead of it has ended")]
    Order {
        /// The later window.
        id: String,
    },
}

impl Plan {
    /// Draws a plan for a load phase.
    pub fn for_time_limit(
        time_limit: Duration,
        seed: u64,
        selection: &Selection,
        timing: &Timing,
    ) -> Plan {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let slots = timing.slots(time_limit, &mut random);
        let faults = mix::draw(slots.len(), selection, &mut random);
        let windows = slots.into_iter().zip(faults).enumerate();
        let windows = windows
            .map(|(index, ((at_ms, duration_ms), (kind, role)))| Window {
                id: format!("k{}", index + 1),
                at_ms,
                kind,
                role,
                draw: random.random_range(0..DRAWS),
                duration_ms,
            })
            .collect();
        Plan {
            version: PLAN_VERSION,
            seed,
            time_limit_ms: millis(time_limit),
            windows,
        }
    }

    /// A plan without faults.
    pub fn empty(time_limit: Duration) -> Plan {
        let time_limit_ms = millis(time_limit);
        Plan {
            version: PLAN_VERSION,
            seed: 0,
            time_limit_ms,
            windows: Vec::new(),
        }
    }

    /// Reads a stored plan of built-in kinds and checks it. Unknown fields are ignored.
    ///
    /// # Errors
    /// If it is not a plan of this version, or cannot be executed.
    pub fn from_json(text: &str) -> Result<Plan, PlanError> {
        Plan::from_json_with(text, &Catalogue::built_in())
    }

    /// The same for a plan whose kinds are in this catalogue.
    ///
    /// # Errors
    /// As [`Plan::from_json`].
    pub fn from_json_with(text: &str, catalogue: &Catalogue) -> Result<Plan, PlanError> {
        let plan = stored::read(text, catalogue)?;
        if plan.version != PLAN_VERSION {
            return Err(PlanError::Version(plan.version));
        }
        let mut free_from_ms = 0;
        for window in &plan.windows {
            let Window { id, kind, role, .. } = window;
            if !kind.roles().contains(role) {
                return Err(PlanError::Role {
                    id: id.clone(),
                    kind: *kind,
                    role: *role,
                });
            }
            if window.at_ms < free_from_ms {
                return Err(PlanError::Order { id: id.clone() });
            }
            free_from_ms = window.at_ms.saturating_add(window.duration_ms);
        }
        Ok(plan)
    }

    /// The plan as it is stored.
    pub fn to_json(&self) -> String {
        // A plan is plain data with text keys: that always serialises.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Whether any window needs the private network.
    pub fn needs_network(&self) -> bool {
        self.windows
            .iter()
            .any(|window| window.kind.needs().namespaces())
    }

    /// The system calls that must be supervised from the nodes' start.
    pub fn calls(&self) -> Calls {
        let needed = self.windows.iter().map(|window| match window.kind.needs() {
            Needs::Supervision(calls) => calls,
            _ => Calls::default(),
        });
        needed.fold(Calls::default(), Calls::and)
    }

    /// What must be durable on disks of the nodes' own, if any window needs such disks: the least that one asks for.
    pub fn disks(&self) -> Option<Durability> {
        let needed = self
            .windows
            .iter()
            .filter_map(|window| match window.kind.needs() {
                Needs::Disk(durability) => Some(durability),
                _ => None,
            });
        needed.max()
    }

    /// What every plan of this selection should have and this one has no room for, in words: *the
    /// leader killed*.
    pub fn lacks(&self, selection: &Selection) -> Vec<String> {
        let faults: Vec<(Kind, Role)> = self.windows.iter().map(|w| (w.kind, w.role)).collect();
        mix::lacking(&faults, selection)
    }

    /// A load phase that is long enough for everything that a plan of this selection should have.
    pub fn time_for_everything(timing: &Timing, selection: &Selection) -> Duration {
        let windows = mix::wanted(selection).len();
        timing.to_hold(u32::try_from(windows).unwrap_or(u32::MAX))
    }

    /// What makes the choices of a window. The stored number alone is too small for the choices in
    /// a large cluster; the seed gives the rest, in multiples of what two followers and three nodes
    /// take, so that a cluster of three sees the stored number alone.
    pub fn draw(&self, at: usize) -> Draw {
        let stored = self.windows.get(at).map_or(0, |window| window.draw);
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        // The plan itself is drawn from stream 0.
        random.set_stream(at as u64 + 1);
        let more = u64::from(random.random::<u32>());
        Draw::new(u64::from(stored) + u64::from(DRAWS) * more)
    }

    /// How many windows affect the leader, whichever node that is.
    pub fn leader_windows(&self) -> usize {
        self.windows
            .iter()
            .filter(|window| window.kind.always_affects_leader(window.role))
            .count()
    }
}

/// A common multiple of the numbers of choices that roles leave in a cluster of three (2 followers,
/// 3 nodes), so that all are equally likely.
const DRAWS: u8 = 6;

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Display for Plan {
    /// A table, one window a line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit_s = self.time_limit_ms as f64 / 1e3;
        writeln!(formatter, "seed {}, {limit_s:.1} s of load", self.seed)?;
        writeln!(
            formatter,
            "{:<4} {:>8} {:>8}  {:<16} role",
            "id", "at", "for", "fault"
        )?;
        for window in &self.windows {
            let Window { id, kind, role, .. } = window;
            let (at_s, for_s) = (window.at_ms as f64 / 1e3, window.duration_ms as f64 / 1e3);
            writeln!(
                formatter,
                "{id:<4} {at_s:>6.1} s {for_s:>6.1} s  {kind:<16} {role}"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
