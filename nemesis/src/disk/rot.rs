//! Bits that rot: a drawn share of a disk's pages, each with one flipped bit, always the same while it lasts. Only what is
//! read is flipped, so that the disk is right again afterwards.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::undo::PAGE;

/// Which pages are rotten.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rot {
    seed: u64,
    share: f64,
}

impl Rot {
    /// This share of all pages, from 0 to 1.
    pub(super) fn new(seed: u64, share: f64) -> Rot {
        Rot { seed, share }
    }

    /// Flips what is rotten of bytes that were read from here in a file; returns how many bits.
    pub(super) fn flip(&self, file: u64, from: u64, bytes: &mut [u8]) -> u64 {
        let end = from + bytes.len() as u64;
        let mut flipped = 0;
        for page in from / PAGE..end.div_ceil(PAGE) {
            let mut draw = self.page(file, page);
            if !draw.random_bool(self.share) {
                continue;
            }
            let place = page * PAGE + draw.random_range(0..PAGE);
            let Some(within) = place.checked_sub(from) else {
                continue;
            };
            if let Some(byte) = usize::try_from(within)
                .ok()
                .and_then(|within| bytes.get_mut(within))
            {
                *byte ^= 1 << draw.random_range(0..8);
                flipped += 1;
            }
        }
        flipped
    }

    fn page(&self, file: u64, page: u64) -> ChaCha8Rng {
        let mut seed = [0; 32];
        for (at, number) in [self.seed, file, page].into_iter().enumerate() {
            seed[at * 8..(at + 1) * 8].copy_from_slice(&number.to_le_bytes());
        }
        ChaCha8Rng::from_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_rots_in_the_same_place_however_it_is_read() {
        let rot = Rot::new(7, 0.3);
        let mut whole = vec![0; 400_000];
        let flipped = rot.flip(3, 0, &mut whole);
        assert!((10..60).contains(&flipped), "{flipped}");
        assert_eq!(
            whole.iter().filter(|byte| **byte != 0).count() as u64,
            flipped
        );
        let mut parts = vec![0; 400_000];
        for (at, part) in parts.chunks_mut(1_000).enumerate() {
            rot.flip(3, at as u64 * 1_000, part);
        }
        assert!(parts == whole);
        let mut other = vec![0; 400_000];
        rot.flip(4, 0, &mut other);
        assert!(other != whole);
    }
}
