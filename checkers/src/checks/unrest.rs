//! Which faults may move leaders, or keep clients from them: what waits and gaps near them are held to another limit.

use super::prepared::Prepared;
use crate::history::Window;

/// Whether gaps in it are judged as fail-over or after its heal.
pub(super) fn explains(check: &Prepared<'_>, window: &Window) -> bool {
    let broken = || window.breaks_majority(check.nodes());
    if window.moves_clocks() {
        return !window.skipped && !window.is_tolerated(check.history().promises());
    }
    !window.skipped
        && (window.affects_leader || !window.role_held || broken() || hides_leader(window))
}

/// Whether it keeps the clients from a node that may lead.
pub(super) fn hides_leader(window: &Window) -> bool {
    window.role != "follower" && window.targets.iter().any(|node| window.hides(node))
}
