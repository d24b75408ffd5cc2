//! What goes wrong: drawn from the seed, some of it at the worst moment (a leader just elected, a write under way).

use std::time::Duration;

use broker::disk::simulated::Survival;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Something that goes wrong. Times are how long it lasts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// A node ends and comes back.
    Crash(u64, Survival, Duration),
    /// All nodes end and come back.
    CrashAll(Survival, Duration),
    /// A node does not run.
    Pause(u64, Duration),
    /// Messages of one direction vanish.
    Cut(u64, u64, Duration),
    /// All messages to or from a node vanish.
    Isolate(u64, Duration),
    /// Packets of a pair are cut: both directions stall.
    Stall(u64, u64, Duration),
    /// One direction gets slower.
    Slow(u64, u64, Duration),
    /// A node's disk gets slower.
    SlowDisk(u64, Duration),
}

/// How bad a run is.
pub(crate) struct Weather {
    nodes: u64,
    /// Time between faults, at most.
    pub(crate) calm_max: Duration,
    /// Whether nodes may lose what they did not sync.
    pub(crate) power_loss: bool,
    /// One in this many writes ends in a crash, 0 for none.
    pub(crate) crash_in_write: u32,
    /// One in this many elections is followed by a fault to the new leader, 0 for none.
    pub(crate) fault_after_election: u32,
}

impl Weather {
    pub(crate) fn new(nodes: u64, random: &mut ChaCha8Rng) -> Weather {
        Weather {
            nodes,
            calm_max: Duration::from_millis([200, 600, 2_000][random.random_range(0..3)]),
            power_loss: random.random_ratio(3, 4),
            crash_in_write: [0, 30, 200][random.random_range(0..3)],
            fault_after_election: [0, 1, 3][random.random_range(0..3)],
        }
    }

    pub(crate) fn survival(&self, random: &mut ChaCha8Rng) -> Survival {
        match random.random_range(0..4) {
            _ if !self.power_loss => Survival::Everything,
            0 => Survival::Everything,
            1 => Survival::Synced,
            _ => Survival::AnyPart,
        }
    }

    pub(crate) fn fault(&self, random: &mut ChaCha8Rng) -> Fault {
        let node = random.random_range(1..=self.nodes);
        let other = (node + random.random_range(0..self.nodes - 1)) % self.nodes + 1;
        let short = Duration::from_millis(random.random_range(1..100));
        let long = Duration::from_millis(random.random_range(50..1_500));
        match random.random_range(0..17) {
            // Long enough that the others have trimmed what this node lacks.
            16 => Fault::Crash(node, self.survival(random), long * 3),
            0..4 => Fault::Crash(
                node,
                self.survival(random),
                if random.random() { short } else { long },
            ),
            4 => Fault::CrashAll(self.survival(random), long),
            5 | 6 => Fault::Pause(node, long),
            7 | 8 => Fault::Cut(node, other, long),
            9 | 10 => Fault::Isolate(node, long),
            11 | 12 => Fault::Stall(node, other, long),
            13 => Fault::Slow(node, other, long),
            _ => Fault::SlowDisk(node, long),
        }
    }

    /// What befalls a leader at once, or a little later.
    pub(crate) fn after_election(
        &self,
        leader: u64,
        random: &mut ChaCha8Rng,
    ) -> Option<(Duration, Fault)> {
        if self.fault_after_election == 0 || !random.random_ratio(1, self.fault_after_election) {
            return None;
        }
        let after = Duration::from_micros(random.random_range(0..20_000));
        let long = Duration::from_millis(random.random_range(50..1_500));
        let fault = match random.random_range(0..3) {
            0 => Fault::Isolate(leader, long),
            _ => Fault::Crash(leader, self.survival(random), long),
        };
        Some((after, fault))
    }
}
