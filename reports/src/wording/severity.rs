//! Which of several failing checks a reader must see first: lost and wrong data before answers that come late.

/// Checks whose findings mean that data was lost, changed or invented, the worst first. All others follow.
const WORST: &[&str] = &[
    "lost-write",
    "lost-transaction",
    "commit-lost",
    "replicas-agree",
    "inconsistent-offset",
    "one-leader-per-epoch",
    "altered-record",
    "value-intact",
    "phantom-value",
    "torn-transaction",
    "one-outcome",
    "processed-once",
    "duplicate",
    "failed-write-seen",
    "aborted-read",
    "zombie-published",
    "outcome-contradiction",
    "unseen",
    "poll-skip",
];

/// The rank of a check among those of its class: the lower, the worse.
pub(crate) fn severity(check: &str) -> usize {
    let place = WORST.iter().position(|name| *name == check);
    place.unwrap_or(WORST.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_check_and_a_lost_record_comes_before_a_stale_end_offset() {
        for name in WORST {
            assert!(checkers::checks::named(name).is_ok(), "{name}");
        }
        assert!(severity("lost-write") < severity("log-recency"));
    }
}
