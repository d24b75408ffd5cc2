//! Numbers from a seed (SplitMix64, Steele, Lea, Flood 2014): the same seed chooses the same place on every machine.

/// A sequence of numbers.
#[derive(Clone, Debug)]
pub(super) struct Draw(u64);

impl Draw {
    /// The sequence of a seed and a name, so that two mutants with one seed choose different places.
    pub(super) fn new(seed: u64, name: &str) -> Draw {
        // FNV-1a: any hash that does not change between builds will do.
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let start = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xcbf2_9ce4_8422_2325;
        Draw(name.bytes().fold(start, hash))
    }

    /// The next number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a count; 0 if the count is 0.
    pub(super) fn below(&mut self, count: usize) -> usize {
        (self.next() % (count.max(1) as u64)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_sequence() {
        let of = |seed, name| {
            let mut draw = Draw::new(seed, name);
            [draw.next(), draw.next()]
        };
        assert_eq!(of(1, "a"), of(1, "a"));
        assert_ne!(of(1, "a"), of(2, "a"));
        assert_ne!(of(1, "a"), of(1, "b"));
        let mut draw = Draw::new(7, "");
        assert!((0..100).all(|_| draw.below(3) < 3));
        assert_eq!(draw.below(0), 0);
    }
}
