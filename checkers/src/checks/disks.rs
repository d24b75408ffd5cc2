//! `synced-before-acknowledged` and `stops-on-failed-disk`: what nodes make of worse disks; and which ends of processes
//! follow from them.
//!
//! Both judge promises of the target. A record that is sent while a majority of disks is late cannot be durable on a
//! majority earlier than that: whoever acknowledges it earlier has not waited. A node whose sync failed does not know what
//! is on its disk, so it may only end.

use super::Check;
use super::claims::MS;
use crate::history::{DiskFault, Moment, NodeHappening, NodeName, Window};
use crate::verdict::{Anomaly, Doubt, Evidence, Finding, Verdict};

/// An end that a failed call caused is seen up to this long after the heal, in ns.
const END_MARGIN: Moment = 2_000 * MS;

/// An acknowledgement counts as too early below this share of the delay, in percent.
const EARLY_PERCENT: u64 = 90;

/// What was read before the heal may be served so much later, in ns.
pub(super) const ROT_MARGIN: Moment = 2_000 * MS;

/// The windows in which some disk returned flipped bits, or they may still be served, between these two times.
pub(super) fn rotten<'c>(
    check: &'c Check<'_>,
    from: Moment,
    to: Moment,
) -> impl Iterator<Item = &'c Window> {
    let windows = check.windows().iter();
    windows.filter(move |window| {
        window.disk_fault() == Some(DiskFault::BitRot) && window.overlaps(from, to, ROT_MARGIN)
    })
}

/// Whether the target states that a node ends when this fails.
fn ends_by_promise(check: &Check<'_>, window: &Window) -> bool {
    let promises = check.history().promises();
    match window.disk_fault() {
        Some(DiskFault::FailingSync) => promises.stops_on_failed_sync,
        Some(DiskFault::FailingWrite) => promises.stops_on_failed_write,
        _ => false,
    }
}

/// Whether a node's end at a moment is what the target states of a disk that failed then.
pub(super) fn explains_end(check: &Check<'_>, node: &NodeName, at: Moment) -> bool {
    let mut windows = check.windows().iter();
    windows.any(|window| {
        ends_by_promise(check, window)
            && window.stops(node)
            && window.called <= at
            && at <= window.end(END_MARGIN)
    })
}

/// No record is acknowledged earlier than a majority can have synced it. The produce probe's records are judged: their
/// number is limited and they come all the time.
pub(super) fn synced(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if !check.history().promises().acknowledged_is_synced {
        let promise = "acknowledged_is_synced".to_owned();
        verdict.not_applicable(Doubt::NotPromised { promise });
        return verdict;
    }
    let slow = |window: &&Window| {
        window.took_effect()
            && window.disk_fault() == Some(DiskFault::SlowSync)
            && window.breaks_majority(check.nodes())
    };
    let mut seen = 0;
    let mut windows = 0;
    for window in check.windows().iter().filter(slow) {
        windows += 1;
        seen += early(check, window, &mut verdict);
    }
    if windows == 0 {
        let what = "windows in which a majority synced late".to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
        return verdict;
    }
    check.saw(
        seen,
        "records acknowledged while a majority synced late",
        &mut verdict,
    );
    verdict
}

/// Judges one window; returns how many records were acknowledged in it.
fn early(check: &Check<'_>, window: &Window, verdict: &mut Verdict) -> u64 {
    let delay_ms = window.disk.map_or(0, |disk| disk.delay_ms);
    let (Some(begun), ended) = (window.begun, window.heal_called.unwrap_or(Moment::MAX)) else {
        return 0;
    };
    let acknowledged = &check.probe().acknowledged;
    let within = acknowledged
        .iter()
        .filter(|a| a.sent >= begun && a.at <= ended);
    let took_ms: Vec<(u64, Moment)> = within
        .map(|a| (a.at.saturating_sub(a.sent) / MS, a.at))
        .collect();
    let limit_ms = delay_ms.saturating_mul(EARLY_PERCENT) / 100;
    let early: Vec<&(u64, Moment)> = took_ms
        .iter()
        .filter(|(took, _)| *took < limit_ms)
        .collect();
    if let Some((took, at)) = early.first() {
        verdict.found(Anomaly {
            kind: Finding::AcknowledgedUnsynced {
                took_ms: *took,
                delay_ms,
                nodes: window.targets.clone(),
                records: early.len() as u64,
            },
            certain: true,
            evidence: of_window(window, *at),
        });
    }
    took_ms.len() as u64
}

/// A node ends when its sync or its write fails, where the target states it.
pub(super) fn stops(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let failing = |window: &&Window| {
        window.took_effect()
            && window.calls_failed > 0
            && window.healed.is_some()
            && ends_by_promise(check, window)
    };
    let mut seen = 0;
    for window in check.windows().iter().filter(failing) {
        seen += 1;
        // Several targets: the first that ends may leave the others without work.
        let ended = check.history().happenings().any(|(_, at, happening)| {
            happening.what == NodeHappening::Exited
                && window.targets.contains(&happening.node)
                && window.overlaps(at, at, END_MARGIN)
        });
        if !ended && let Some(fault) = window.disk_fault() {
            verdict.found(Anomaly {
                kind: Finding::WentOnAfterFailure {
                    nodes: window.targets.clone(),
                    fault,
                    failed: window.calls_failed,
                },
                certain: true,
                evidence: of_window(window, window.end(0)),
            });
        }
    }
    verdict.saw("windows with failed calls", seen);
    if seen == 0 {
        let promises = check.history().promises();
        let promised = promises.stops_on_failed_sync || promises.stops_on_failed_write;
        verdict.not_applicable(match promised {
            true => Doubt::NotInRun {
                what: "windows with failed calls".to_owned(),
            },
            false => Doubt::NotPromised {
                promise: "stops_on_failed_sync, stops_on_failed_write".to_owned(),
            },
        });
    }
    verdict
}

fn of_window(window: &Window, to: Moment) -> Evidence {
    Evidence {
        nodes: window.targets.clone(),
        window: Some((window.called, to)),
        ..Evidence::default()
    }
}
