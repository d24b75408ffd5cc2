//! What each check asks, in one sentence, for the check table. A check that this table does not know yet is shown by
//! its name.

/// A check in plain words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CheckWords {
    /// The check's name, as verdicts carry it.
    pub(crate) name: &'static str,
    /// What it asks.
    pub(crate) asks: &'static str,
}

/// The words for a check, if they are known.
pub(crate) fn check(name: &str) -> Option<&'static CheckWords> {
    CHECKS.iter().find(|c| c.name == name)
}

const fn words(name: &'static str, asks: &'static str) -> CheckWords {
    CheckWords { name, asks }
}

const CHECKS: &[CheckWords] = &[
    words(
        "log-order",
        "Do offsets follow real time, and is nothing read before it was sent?",
    ),
    words(
        "log-recency",
        "Does an end offset include everything acknowledged before?",
    ),
    words(
        "linearizable-register",
        "Is the last record of a partition what was written last, in one order for everybody?",
    ),
    words("lost-write", "Is every acknowledged record still there?"),
    words("duplicate", "Is every record written once?"),
    words(
        "inconsistent-offset",
        "Does an offset name one record for every reader?",
    ),
    words("phantom-value", "Was everything that was read also sent?"),
    words("failed-write-seen", "Are refused records never read?"),
    words(
        "outcome-contradiction",
        "Does every acknowledgement say where its record stands?",
    ),
    words("poll-skip", "Is a consumer given every record?"),
    words("nonmonotonic-poll", "Does a consumer never go back?"),
    words(
        "send-order",
        "Do a producer's records stand in the order of their sends?",
    ),
    words(
        "replicas-agree",
        "Do all nodes hold the same records in the end?",
    ),
    words(
        "unseen",
        "Was every acknowledged record served by somebody?",
    ),
    words(
        "metadata-agreement",
        "Does every node show every acknowledged change of topics?",
    ),
    words(
        "one-leader-per-epoch",
        "Does at most one node lead in an epoch?",
    ),
    words("epochs-go-forward", "Does no node's epoch go back?"),
    words("coverage", "Did the run see enough to judge?"),
    words("formation", "Do the nodes agree on a first leader in time?"),
    words(
        "unexplained-election",
        "Does the leader change only when a fault calls for it?",
    ),
    words(
        "terms-burned",
        "Does one fault cost a few elections at most?",
    ),
    words(
        "stale-leader",
        "Does a deposed leader stop claiming to lead?",
    ),
    words(
        "disagreement",
        "Do nodes that can talk agree on the leader?",
    ),
    words(
        "recovery",
        "Do all nodes agree again in time after the last heal?",
    ),
    words(
        "node-responds",
        "Does every node without a fault answer in time?",
    ),
    words(
        "unprovoked-exit",
        "Does no process end without being told to?",
    ),
    words(
        "resource-growth",
        "Do memory and descriptors of the nodes stay bounded?",
    ),
    words("availability", "Do writes go on, or go on again in time?"),
    words(
        "served-after-heal",
        "Does everything work again after the last heal?",
    ),
];
