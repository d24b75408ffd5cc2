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

/// A transaction lasts for a few sends with pauses of up to half a second, so that some are open when the clock jumps.
pub(super) const WALL_CLOCK_TRANSACTIONS: Row = Row {
    name: "wall-clock-transactions",
    trigger: &["clock-jump=+120s:leader", "clock-jump", "clock-strobe"],
    workload: "transactions",
    load: &[("pause", "500"), ("protocol", "v1")],
    promises: READS_IT,
    caught_by: &["false-fence"],
    findings: &["falsely-fenced"],
    plant: "wall-clock-transactions",
    faults: "clock-jump=+120s:leader",
    seconds: 30,
    when: When::Provoked,
    ..USUAL
};
