//! Plants of consumer groups. They need members that come and go, zombies among them; groups without static members show more
//! of it, because a static one keeps its generation.

use super::{NEW_LEADER, Row, USUAL, When};

/// Members that are not static.
pub(super) const DYNAMIC: &[(&str, &str)] = &[("static", "false"), ("groups", "1")];

/// Offsets are gone with the coordinator's memory.
pub(super) const OFFSETS_IN_MEMORY: Row = Row {
    name: "offsets-in-memory",
    trigger: NEW_LEADER,
    workload: "offsets",
    caught_by: &["offset-register", "commit-lost", "commit-backwards"],
    findings: &[
        "offsets-not-linearizable",
        "commit-lost",
        "commit-went-back",
    ],
    plant: "offsets-in-memory",
    faults: "isolate:leader,kill:leader",
    seconds: 30,
    when: When::Provoked,
    ..USUAL
};

/// Commits go back and forth in this workload.
pub(super) const OFFSET_REGRESS: Row = Row {
    name: "offset-regress",
    workload: "offsets",
    caught_by: &["offset-register", "commit-lost", "commit-backwards"],
    findings: &[
        "offsets-not-linearizable",
        "commit-lost",
        "commit-went-back",
    ],
    plant: "offset-regress",
    seconds: 20,
    ..USUAL
};

/// A zombie commits after its silence.
pub(super) const OLD_GENERATION_COMMITS: Row = Row {
    name: "old-generation-commits",
    workload: "group",
    load: DYNAMIC,
    caught_by: &["fenced-commit", "zombie-member"],
    findings: &["fenced-commit", "zombie-member"],
    plant: "old-generation-commits",
    seconds: 60,
    ..USUAL
};

/// A worker falls silent with inputs in its hands, and goes on when others have processed them.
pub(super) const ZOMBIE_COMMITS_OFFSETS: Row = Row {
    name: "zombie-commits-offsets",
    workload: "exactly-once",
    load: &[("static", "false")],
    caught_by: &["processed-once", "output-order", "fenced-commit"],
    findings: &["input-twice", "output-reordered", "fenced-commit"],
    plant: "zombie-commits-offsets",
    seconds: 60,
    ..USUAL
};

/// Each member asks the node that it reached first, and finds a group there.
pub(super) const GROUP_SPLIT_BRAIN: Row = Row {
    name: "group-split-brain",
    workload: "group",
    load: DYNAMIC,
    caught_by: &[
        "coordinator-agreement",
        "one-owner",
        "generation-reused",
        "offset-register",
    ],
    findings: &[
        "two-coordinators",
        "two-owners",
        "generation-reused",
        "offsets-not-linearizable",
    ],
    plant: "group-split-brain",
    seconds: 30,
    ..USUAL
};

/// Transactions are aborted after they have sent their offsets.
pub(super) const OFFSETS_BEFORE_COMMIT: Row = Row {
    name: "offsets-before-commit",
    workload: "exactly-once",
    load: &[("static", "false")],
    caught_by: &[
        "offsets-early",
        "offsets-of-aborted",
        "offsets-torn",
        "processed-once",
    ],
    findings: &["offsets-uncommitted", "offsets-torn", "input-lost"],
    plant: "offsets-before-commit",
    seconds: 60,
    ..USUAL
};

/// A coordinator must change while a transaction that has sent its offsets is open.
pub(super) const OFFSETS_OF_TRANSACTION_FORGOTTEN: Row = Row {
    name: "offsets-of-transaction-forgotten",
    trigger: NEW_LEADER,
    workload: "exactly-once",
    load: &[("static", "false")],
    caught_by: &[
        "processed-once",
        "nothing-beyond",
        "offsets-torn",
        "offset-register",
        "commit-lost",
    ],
    findings: &[
        "input-twice",
        "output-beyond",
        "offsets-torn",
        "offsets-not-linearizable",
        "commit-lost",
    ],
    plant: "offsets-of-transaction-forgotten",
    faults: "isolate:leader,kill:leader",
    seconds: 60,
    when: When::Provoked,
    ..USUAL
};

/// A coordinator must change between the answers to JoinGroup and the assignment.
pub(super) const GENERATION_REUSED: Row = Row {
    name: "generation-reused",
    trigger: NEW_LEADER,
    workload: "group",
    load: DYNAMIC,
    caught_by: &["generation-reused", "generation-backwards", "one-owner"],
    findings: &["generation-reused", "generation-went-back", "two-owners"],
    plant: "generation-reused",
    faults: "isolate:leader,kill:leader",
    seconds: 60,
    when: When::Provoked,
    ..USUAL
};

/// Followers are answered before the leader's assignment has come.
pub(super) const EARLY_SYNC: Row = Row {
    name: "early-sync",
    workload: "group",
    load: DYNAMIC,
    caught_by: &["sync-faithful", "one-owner"],
    findings: &["assignment-altered", "two-owners"],
    plant: "early-sync",
    seconds: 40,
    ..USUAL
};

/// Every change of coordinator is a storm of rebalances.
pub(super) const MEMBERS_FORGOTTEN: Row = Row {
    name: "members-forgotten",
    trigger: NEW_LEADER,
    workload: "group",
    load: DYNAMIC,
    caught_by: &["wrong-eviction", "unexplained-rebalance"],
    findings: &["wrong-eviction", "unexplained-rebalance"],
    plant: "members-forgotten",
    faults: "isolate:leader,kill:leader",
    seconds: 30,
    when: When::Provoked,
    ..USUAL
};

/// A member that nobody answers for longer than its session is silent for the coordinator, and the coordinator for the member:
/// both may give up then.
pub(super) const STANDSTILL_EVICTS: Row = Row {
    name: "standstill-evicts",
    not_seen_because: Some(
        "a member whose heartbeats found no answer for longer than its session may be removed, whoever stood still",
    ),
    ..USUAL
};
