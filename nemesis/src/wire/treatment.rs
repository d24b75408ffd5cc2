//! What the switch does to a diverted link.

use std::time::Duration;

/// What happens to the frames of one directed link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Treatment {
    /// Messages vanish, acknowledgements pass. After the heal the sender's messages arrive late and in order.
    MessageCut {
        /// Connections that lost a message are reset at the heal, so that their messages never arrive.
        reset: bool,
    },
    /// Frames pass, but worse than before.
    Worse(Worse),
}

/// How a link carries frames. The default carries them as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Worse {
    /// Added to each frame.
    pub delay: Duration,
    /// At most this much more, drawn for each segment; the order stays.
    pub jitter: Duration,
    /// Lost segments of a million.
    pub lost: u32,
    /// Segments of a million that are sent twice.
    pub duplicated: u32,
    /// Segments of a million that do not wait for the delay, and so overtake others.
    pub reordered: u32,
    /// Bits a second, with a queue of [`QUEUE`] before it.
    pub bandwidth: Option<u64>,
    /// Nothing passes for this long, everything for as long, and so on; it begins with nothing.
    pub flapping: Option<Duration>,
}

/// How long a segment may wait for its turn on a narrow link before it is dropped.
pub const QUEUE: Duration = Duration::from_millis(200);

/// Shares are counted in millionths.
pub const MILLION: u32 = 1_000_000;
