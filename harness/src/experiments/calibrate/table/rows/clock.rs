//! Plants that count time by the wall clock. The reference broker reads none and says so, which is not true of a node with such a
//! plant.

use super::groups::DYNAMIC;
use super::{Row, USUAL, When};

/// What is true of a node with the plant.
const READS_IT: &[&str] = &["reads_wall_clock"];

/// The coordinator is the leader. All its members are silent for a minute at once.
pub(super) const WALL_CLOCK_SESSIONS: Row = Row {
    name: "wall-clock-sessions",
    trigger: &["clock-jump=+60s:leader", "clock-jump", "clock-strobe"],
    workload: "group",
    load: DYNAMIC,
    promises: READS_IT,
    caught_by: &["wrong-eviction", "unexplained-rebalance"],
    findings: &["wrong-eviction", "unexplained-rebalance"],
    plant: "wall-clock-sessions",
    faults: "clock-jump=+60s:leader",
    seconds: 30,
    when: When::Provoked,
    ..USUAL
};

/// Transactions are short, and the coordinator looks at their time once a second. So the clock jumps often.
pub(super) const WALL_CLOCK_TRANSACTIONS: Row = Row {
    name: "wall-clock-transactions",
    trigger: &[
        "clock-strobe=+120s/100ms:leader",
        "clock-jump",
        "clock-strobe",
    ],
    workload: "transactions",
    promises: READS_IT,
    caught_by: &["false-fence"],
    findings: &["false-fence"],
    plant: "wall-clock-transactions",
    faults: "clock-strobe=+120s/100ms:leader",
    seconds: 30,
    when: When::Provoked,
    ..USUAL
};
