//! What the probes of a legal run see: every node's belief, and the acknowledgements of the produce probe.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{LOAD, LOAD_END, NODES, Probe, Run, Says};

impl Run {
    /// Asks every node ten times a second, and sends fifty records a second.
    pub(super) fn observe(&mut self, random: &mut ChaCha8Rng) {
        for called in (50..LOAD_END + 1_500).step_by(100) {
            for node in 1..=NODES {
                let called = called + random.random_range(0..40);
                let paused = self
                    .pauses()
                    .iter()
                    .any(|(from, to, n)| *n == node && called + 5 >= *from && called < *to);
                // A node learns of a new leader a little later than it was elected.
                let lag = if node == self.leader(called).0 { 0 } else { 30 };
                let known = self.leader(called.saturating_sub(lag));
                for quorum in [false, true] {
                    let says = (!paused).then_some(known);
                    self.says.push(Says {
                        called,
                        node,
                        quorum,
                        says,
                    });
                }
            }
        }
        for called in (LOAD..LOAD_END + 1_500).step_by(20) {
            let acknowledged = self.stalled(called).is_none() && self.stalled(called + 5).is_none();
            self.probes.push(Probe {
                called,
                acknowledged,
            });
        }
    }
}
