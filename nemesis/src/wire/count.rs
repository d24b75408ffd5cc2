//! What the switch did on one directed link.

use crate::evidence::Counters;

/// Counted frame by frame, in segments on the wire where a frame stands for many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Frames that came in.
    pub frames: u64,
    /// Segments for which they stood.
    pub segments: u64,
    /// Segments with a message that were sent on.
    pub messages_passed: u64,
    /// Segments whose message was taken out.
    pub stripped: u64,
    /// Segments and datagrams that a message cut or a flapping link kept.
    pub dropped: u64,
    /// Segments that were drawn to be lost.
    pub lost: u64,
    /// Segments that were sent twice.
    pub duplicated: u64,
    /// Segments that did not wait for others.
    pub reordered: u64,
    /// Segments that were sent later than they came.
    pub delayed: u64,
    /// Segments for which the queue before a narrow link was too long.
    pub overflowed: u64,
    /// Messages that were sent at the heal.
    pub released: u64,
    /// Connections that were reset at the heal.
    pub reset: u64,
    /// Frames that the kernel did not take.
    pub failed: u64,
}

impl Count {
    /// Adds these to a fault's counters: how much came in and was said in any case, the others if there were any.
    pub(crate) fn add_to(&self, counters: &mut Counters) {
        counters.add("frames", self.frames);
        counters.add("messages_passed", self.messages_passed);
        for (name, value) in [
            ("segments", self.segments),
            ("stripped", self.stripped),
            ("dropped", self.dropped),
            ("lost", self.lost),
            ("duplicated", self.duplicated),
            ("reordered", self.reordered),
            ("delayed", self.delayed),
            ("overflowed", self.overflowed),
            ("released", self.released),
            ("reset", self.reset),
            ("failed", self.failed),
        ] {
            if value > 0 {
                counters.add(name, value);
            }
        }
    }
}
