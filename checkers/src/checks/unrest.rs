//! Which faults may move leaders, or keep clients from them: what waits and gaps near them are held to another limit.

use super::claims::CONNECT_MS;
use super::prepared::Prepared;
use crate::history::{DiskFault, Window};

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

/// Whether its clients may give up (after 1 s) before the broker can answer. An acknowledgement waits for the sync that is under
/// way and for its own, where a target promises to sync first: with syncs that are 1 s late it comes after 1 to 2 s, and a gap of
/// the harness's own making was a violation of the limit of a fail-over.
pub(super) fn outlasts_clients(check: &Prepared<'_>, window: &Window) -> bool {
    let delay_ms = window.disk.map_or(0, |disk| disk.delay_ms);
    window.took_effect()
        && window.affects_leader
        && window.disk_fault() == Some(DiskFault::SlowSync)
        && check.history().promises().acknowledged_is_synced
        && delay_ms.saturating_mul(2) > CONNECT_MS
}
