//! The table of checks: what each rules out, and on whose authority.

use crate::verdict::Class;

/// One row of the table of checks.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its stable name.
    pub name: &'static str,
    /// What kind of promise it is about.
    pub class: Class,
    /// What it rules out.
    pub rules_out: &'static str,
    /// On whose authority.
    pub authority: &'static str,
}

const fn about(
    name: &'static str,
    class: Class,
    rules_out: &'static str,
    authority: &'static str,
) -> About {
    About {
        name,
        class,
        rules_out,
        authority,
    }
}

/// All checks, in the order of their verdicts.
pub const TABLE: &[About] = &[
    about(
        "log-order",
        Class::Safety,
        "offsets against real time, reads before sends",
        "linearizability of a log (Herlihy, Wing 1990)",
    ),
    about(
        "log-recency",
        Class::Safety,
        "an end offset behind what was known",
        "linearizability of a log",
    ),
    about(
        "linearizable-register",
        Class::Safety,
        "a last record that is stale, lost or never written, as a register",
        "linearizability (Herlihy, Wing 1990); Jepsen",
    ),
    about(
        "lost-write",
        Class::Safety,
        "an acknowledged record that is gone",
        "Jepsen kafka: lost-write",
    ),
    about(
        "duplicate",
        Class::Safety,
        "one value at several offsets",
        "Jepsen kafka: duplicate",
    ),
    about(
        "inconsistent-offset",
        Class::Safety,
        "several values at one offset",
        "Jepsen kafka: inconsistent-offsets",
    ),
    about(
        "phantom-value",
        Class::Safety,
        "a value that nobody sent",
        "no creation",
    ),
    about(
        "failed-write-seen",
        Class::Safety,
        "a value whose append surely failed",
        "Adya: G1a",
    ),
    about(
        "outcome-contradiction",
        Class::Safety,
        "an acknowledgement without an offset",
        "Kafka protocol: Produce",
    ),
    about(
        "poll-skip",
        Class::Safety,
        "a consumer that jumps over records",
        "Jepsen kafka: poll-skip",
    ),
    about(
        "nonmonotonic-poll",
        Class::Safety,
        "a consumer that goes back",
        "Jepsen kafka: nonmonotonic-poll",
    ),
    about(
        "send-order",
        Class::Safety,
        "a producer's later record at the lower offset",
        "Jepsen kafka: nonmonotonic-send",
    ),
    about(
        "replicas-agree",
        Class::Safety,
        "nodes that hold different records",
        "Raft: state machine safety",
    ),
    about(
        "unseen",
        Class::Safety,
        "an acknowledged record that nobody ever served",
        "Jepsen kafka: unseen",
    ),
    about(
        "metadata-agreement",
        Class::Safety,
        "an acknowledged change of topics that a node does not show",
        "KIP-4: CreateTopics, DeleteTopics; limits of the target",
    ),
    about(
        "one-leader-per-epoch",
        Class::Safety,
        "two leaders of one epoch",
        "Raft: election safety",
    ),
    about(
        "epochs-go-forward",
        Class::Safety,
        "a node whose epoch goes back",
        "Raft: terms are monotone",
    ),
    about(
        "coverage",
        Class::Safety,
        "a run that saw too little to judge",
        "undecided is not valid",
    ),
    about(
        "formation",
        Class::Leadership,
        "a slow or stormy start",
        "limits of the target",
    ),
    about(
        "unexplained-election",
        Class::Leadership,
        "a change of leader without a cause",
        "limits of the target",
    ),
    about(
        "terms-burned",
        Class::Leadership,
        "more terms than faults explain",
        "limits of the target; Raft thesis 9.6",
    ),
    about(
        "stale-leader",
        Class::Leadership,
        "an old leader that goes on claiming",
        "limits of the target; Raft thesis 6.2",
    ),
    about(
        "disagreement",
        Class::Leadership,
        "healthy nodes that name different leaders",
        "limits of the target",
    ),
    about(
        "recovery",
        Class::Leadership,
        "no agreement in time after the last heal",
        "limits of the target",
    ),
    about(
        "node-responds",
        Class::Liveness,
        "a frozen node",
        "limits of the target",
    ),
    about(
        "unprovoked-exit",
        Class::Liveness,
        "a process that ended by itself",
        "no process ends unasked",
    ),
    about(
        "resource-growth",
        Class::Liveness,
        "memory or descriptors that grow without end",
        "limits of the target",
    ),
    about(
        "availability",
        Class::Liveness,
        "gaps in acknowledgements",
        "limits of the target",
    ),
    about(
        "served-after-heal",
        Class::Liveness,
        "a cluster that stays down after the last heal",
        "limits of the target",
    ),
];
