//! How a clock is wrong: what it adds to the time from a moment on.

use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::clock::Shift;
use crate::node::Node;

/// Offsets that the seed draws: from 4 ms to 262 s, as many up to each power of two.
const DRAWN_LEAST_MS: f64 = 4.0;
const DRAWN_POWER: f64 = 16.0;

/// How much a clock that is slewed back gains or loses; chrony's default is at most 8 %.
pub(super) const SLEW_PPM: i64 = 100_000;

/// What happens to a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Motion {
    /// It jumps; by what the seed draws if nothing is said. At the end it jumps back, or is slewed.
    Jump { by_ms: Option<i64>, slewed: bool },
    /// It gains, or loses if negative. At the end it jumps back.
    Drift { ppm: i64 },
    /// It jumps and jumps back, again and again.
    Strobe { by_ms: i64, period: Duration },
}

impl Motion {
    /// The shift of a node's clock from this moment on. Each node draws its own.
    pub(super) fn shift(self, seed: u64, node: Node, now_ns: i64) -> Shift {
        let ns = |ms: i64| ms.saturating_mul(1_000_000);
        match self {
            Motion::Jump {
                by_ms: Some(ms), ..
            } => Shift::jump(ns(ms)),
            Motion::Jump { by_ms: None, .. } => {
                let mut random = ChaCha8Rng::seed_from_u64(seed);
                random.set_stream(node.index() as u64);
                let ms = DRAWN_LEAST_MS * random.random_range(0.0..DRAWN_POWER).exp2();
                let sign = if random.random() { 1 } else { -1 };
                Shift::jump(sign * ns(ms as i64))
            }
            Motion::Drift { ppm } => Shift::drift(ppm, now_ns),
            Motion::Strobe { by_ms, period } => Shift::strobe(ns(by_ms), period, now_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many short ones as long ones, both ways, and another one for each node.
    #[test]
    fn drawn_jumps_are_spread_over_all_powers_of_two() {
        let nodes = [0, 1].map(|at| Node::from_index(at).expect("a node"));
        let drawn = Motion::Jump {
            by_ms: None,
            slewed: false,
        };
        let offset = |seed, node| drawn.shift(seed, node, 0).at(0);
        let all: Vec<i64> = (0..1_000).map(|seed| offset(seed, nodes[0])).collect();
        assert!(
            all.iter()
                .all(|ns| (4_000_000..=262_144_000_000).contains(&ns.abs()))
        );
        let below_a_second = all.iter().filter(|ns| ns.abs() < 1_000_000_000).count();
        assert!((400..600).contains(&below_a_second), "{below_a_second}");
        let forward = all.iter().filter(|ns| **ns > 0).count();
        assert!((400..600).contains(&forward), "{forward}");
        assert_eq!(offset(7, nodes[0]), offset(7, nodes[0]));
        assert_ne!(offset(7, nodes[0]), offset(7, nodes[1]));
    }
}
