//! The time axis that all drawings of a scenario share, so that lanes, timelines and charts line up.

/// Logical width of every drawing; scaled to the page by the style.
pub(crate) const WIDTH: u32 = 1800;
/// Left margin: names of lanes, labels of values.
pub(crate) const LEFT: u32 = 130;
/// Right margin.
pub(crate) const RIGHT: u32 = 24;

/// Maps time to horizontal position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Axis {
    /// Its begin.
    pub(crate) begin_ns: u64,
    /// Its end; always after the begin.
    pub(crate) end_ns: u64,
}

impl Axis {
    /// An axis over this time range; an empty range gets a length.
    pub(crate) fn new(begin_ns: u64, end_ns: u64) -> Axis {
        const LENGTH_NS_MIN: u64 = 1_000_000;
        // Stored values may have any time.
        let begin_ns = begin_ns.min(u64::MAX - LENGTH_NS_MIN);
        Axis {
            begin_ns,
            end_ns: end_ns.max(begin_ns + LENGTH_NS_MIN),
        }
    }

    /// The position of this moment, clipped to the axis.
    pub(crate) fn x(&self, at_ns: u64) -> f64 {
        let at = at_ns.clamp(self.begin_ns, self.end_ns) - self.begin_ns;
        let share = at as f64 / (self.end_ns - self.begin_ns) as f64;
        f64::from(LEFT) + share * f64::from(WIDTH - LEFT - RIGHT)
    }

    /// Whether any of this time range is on the axis.
    pub(crate) fn shows(&self, begin_ns: u64, end_ns: u64) -> bool {
        begin_ns <= self.end_ns && end_ns >= self.begin_ns
    }

    /// Round moments, about ten of them, however long the axis is.
    pub(crate) fn ticks(&self) -> Vec<u64> {
        let length = self.end_ns - self.begin_ns;
        let powers = (8..=18).map(|power| 10u64.pow(power));
        let mut steps = powers.flat_map(|power| [1, 2, 5].map(|n| n * power));
        let step = steps
            .find(|step| length / step <= 12)
            .unwrap_or(length.max(1));
        let first = self.begin_ns.div_ceil(step);
        (first..=self.end_ns / step).map(|n| n * step).collect()
    }
}
