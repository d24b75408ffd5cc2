//! Plant `slow-commit`: every sync takes longer by a share of its time. Correct, but slower: for
//! trying whether a comparison of two builds sees the difference that it should.

use std::time::Duration;

use super::{Plant, Plants};

/// How much longer something has to take that took `took`.
pub(crate) fn delay(plants: &Plants, took: Duration) -> Option<Duration> {
    let percent = plants.value(Plant::SlowCommit)?;
    Some(took * percent / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_share_of_what_was_taken_and_nothing_when_off() {
        let ten = Duration::from_millis(10);
        assert_eq!(delay(&Plants::default(), ten), None);
        let plants = Plants::of(&[Plant::SlowCommit]);
        assert_eq!(delay(&plants, ten), Some(Duration::from_millis(4)));
    }
}
