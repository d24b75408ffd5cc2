//! The lives of transactional ids: the answers to InitProducerId, by epoch and by call, so that the first one that fenced a producer
//! is found at once.

use crate::history::Moment;

/// The answers to InitProducerId of one transactional id and producer id.
#[derive(Debug, Default)]
pub(super) struct Life {
    pub(super) by_epoch: Earliest,
    pub(super) by_call: Earliest,
}

/// Ascending keys, each with the earliest answer of all from it on, and whose it is.
#[derive(Debug, Default)]
pub(super) struct Earliest(pub(super) Vec<(u64, Moment, usize)>);

impl Earliest {
    pub(super) fn arrange(&mut self) {
        self.0.sort_unstable();
        for at in (1..self.0.len()).rev() {
            if self.0[at].1 < self.0[at - 1].1 {
                (self.0[at - 1].1, self.0[at - 1].2) = (self.0[at].1, self.0[at].2);
            }
        }
    }

    /// The earliest of those above a key.
    pub(super) fn first_after(&self, key: u64) -> Option<usize> {
        let above = self.0.partition_point(|one| one.0 <= key);
        self.0.get(above).map(|one| one.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer that came late does not hide an earlier one of a higher key.
    #[test]
    fn the_earliest_answer_above_a_key_is_found() {
        let mut all = Earliest(vec![(3, 50, 0), (1, 10, 1), (2, 90, 2)]);
        all.arrange();
        let after = [0, 1, 2, 3].map(|key| all.first_after(key));
        assert_eq!(after, [Some(1), Some(0), Some(0), None]);
    }
}
